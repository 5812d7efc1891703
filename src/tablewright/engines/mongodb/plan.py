"""A sensible MongoDB design for a model: what somebody who knows the engine would begin with.

In: a model. Out: a design. Children whose number is bounded and that are read with their parent are
embedded, the rest is referenced; each pattern gets a compound index in the order equality, sort,
range; unique attributes get unique indexes, what is not kept for ever a TTL index.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from tablewright.design.values import Embed
from tablewright.engines.mongodb.design import AtlasVectorIndex, Collection, MongoDesign, MongoIndex
from tablewright.engines.mongodb.layout import key_field
from tablewright.engines.servers.candidate_index import (
    asked_ignoring_case,
    index_keys,
    is_served_by_key,
    without_prefixes,
)
from tablewright.model.values import Entity, Kind, Model, Pattern, Verb

MOST_EMBEDDED = Decimal(50)
"""Children of one parent up to which they are kept inside it."""


def plan(model: Model, name: str = "planned-mongodb") -> MongoDesign:
    """Return a design."""
    inside = {entity.name for entity in model.entities if _embeds(model, entity)}
    collections = tuple(
        _collection(model, entity, inside) for entity in model.entities if entity.name not in inside
    )
    return MongoDesign(
        name=name,
        engine="mongodb",
        title="Planned: embedded where bounded, an index for each pattern",
        database=model.app.replace("-", "_"),
        collections=collections,
    )


def collection_for(model: Model, entity: Entity) -> Collection:
    """Return a collection of one entity, nothing embedded, an index for each pattern."""
    return _collection(model, entity, set())


def _embeds(model: Model, entity: Entity) -> bool:
    """Whether instances are best kept inside their parent."""
    count = entity.count
    if entity.parent is None or model.children_of(entity.name):
        return False
    if count.inflow_per_day is not None or not count.bounded or count.per != "parent":
        return False
    if count.mean > MOST_EMBEDDED or entity.retention_days is not None:
        return False
    keys = set(model.entity(entity.parent).key)
    patterns = [part for pattern in model.patterns for part in (pattern, *pattern.parts)]
    return all(
        keys <= {condition.attribute for condition in entry.where}
        for entry in patterns
        if entry.entity == entity.name and entry.verb is not Verb.PUT
    )


def _collection(model: Model, entity: Entity, inside: set[str]) -> Collection:
    embeds = tuple(
        Embed(entity=child.name, attribute=plural(child.name))
        for child in model.children_of(entity.name)
        if child.name in inside
    )
    mongo_indexes: list[MongoIndex] = []
    own_key = key_field(entity)
    if not own_key:
        keys = tuple((name, "1") for name in entity.key)
        mongo_indexes.append(MongoIndex(name="key", keys=keys, unique=True))
    for attribute in entity.attributes:
        if attribute.unique and attribute.name != own_key:
            mongo_indexes.append(
                MongoIndex(
                    name=attribute.name,
                    keys=((attribute.name, "1"),),
                    unique=True,
                    sparse=attribute.presence < 1,
                    ignore_case=asked_ignoring_case(model, entity, attribute.name),
                )
            )
    for pattern in model.patterns:
        for part in (pattern, *pattern.parts):
            if part.entity == entity.name:
                mongo_indexes += _for(entity, part, own_key)
    mongo_indexes += _ttl(entity)
    vectors = _vector_indexes(model, entity)
    return Collection(
        name=plural(entity.name),
        entity=entity.name,
        attributes=entity.names,
        embeds=embeds,
        indexes=_merged(mongo_indexes),
        vector_indexes=vectors,
    )


def _vector_indexes(model: Model, entity: Entity) -> tuple[AtlasVectorIndex, ...]:
    """Return one for each vector that is searched, filtered by all that its searches give."""
    filters: dict[str, list[str]] = {}
    for pattern in model.patterns:
        for part in (pattern, *pattern.parts):
            if part.verb is Verb.SIMILAR and part.entity == entity.name:
                asked_by = filters.setdefault(part.to or "", [])
                asked_by += [c.attribute for c in part.where if c.attribute not in asked_by]
    return tuple(
        AtlasVectorIndex(name=f"{vector}_search", vector=vector, filters=tuple(names))
        for vector, names in filters.items()
    )


def _for(entity: Entity, pattern: Pattern, own: str) -> list[MongoIndex]:
    if pattern.verb is Verb.NEAR:
        place = next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")
        if not place:
            return []
        equal = [name for name in pattern.equalities if name != place]
        keys = (*((name, "1") for name in equal), (place, "2dsphere"))
        return [MongoIndex(name=_named(keys), keys=keys)]
    if pattern.verb is Verb.SIMILAR:
        return []
    if pattern.verb is Verb.SEARCH:
        texts = [a.name for a in entity.attributes if a.kind is Kind.TEXT]
        keys = tuple((name, "text") for name in texts[:1])
        return [MongoIndex(name=_named(keys), keys=keys)] if keys else []
    required = index_keys(entity, pattern, own)
    if not own and not pattern.ignore_case and is_served_by_key(entity, pattern, required):
        return []
    keys = tuple((name, "-1" if down else "1") for name, down in required)
    if not keys:
        return []
    return [MongoIndex(name=_named(keys), keys=keys, ignore_case=bool(pattern.ignore_case))]


def _named(keys: tuple[tuple[str, str], ...]) -> str:
    return "_".join(f"{path}_{kind}" for path, kind in keys)


def _ttl(entity: Entity) -> list[MongoIndex]:
    if entity.retention_days is None:
        return []
    times = [a for a in entity.attributes if a.kind is Kind.TIMESTAMP]
    times.sort(key=lambda a: (a.role != "time", not a.immutable))
    if not times:
        return []
    keys = ((times[0].name, "1"),)
    return [MongoIndex(name=_named(keys), keys=keys, expire_days=entity.retention_days)]


def _merged(found: list[MongoIndex]) -> tuple[MongoIndex, ...]:
    mongo_indexes: dict[tuple[tuple[str, str], ...], MongoIndex] = {}
    for index in found:
        stored = mongo_indexes.get(index.keys)
        if stored is None:
            mongo_indexes[index.keys] = index
        elif index.expire_days is not None:
            mongo_indexes[index.keys] = replace(stored, expire_days=index.expire_days)
    special = [index for index in mongo_indexes.values() if _is_special(index)]
    plain = [
        (index.keys, index.unique or index.expire_days is not None)
        for index in mongo_indexes.values()
        if not _is_special(index)
    ]
    return (*(mongo_indexes[keys] for keys in without_prefixes(plain)), *special)


def _is_special(index: MongoIndex) -> bool:
    return any(kind not in ("1", "-1") for _, kind in index.keys)


def plural(name: str) -> str:
    """Return the name of the collection of an entity.

    Example:
        >>> plural("ServiceRequest"), plural("Summary")
        ('serviceRequests', 'summaries')
    """
    first = name[0].lower() + name[1:]
    if re.search(r"[^aeiou]y$", first):
        return first[:-1] + "ies"
    return first + ("es" if re.search(r"(s|x|ch|sh)$", first) else "s")
