"""A sensible PostgreSQL design for a model: what somebody who knows the engine would begin with.

In: a model. Out: a design. A table for each entity, foreign keys to parents and to what a `ref`
names, a B-tree for each pattern in the order equality, sort, range, unique indexes for unique
attributes, GiST for places, GIN for words, an index on each foreign key that has none.
"""

from __future__ import annotations

import re

from tablewright.engines.postgresql.design import (
    ForeignKey,
    PgIndex,
    PgTable,
    PostgresDesign,
    planned_columns,
)
from tablewright.engines.postgresql.vectors import (
    MAX_HALFVEC_DIMENSIONS,
    MAX_VECTOR_DIMENSIONS,
)
from tablewright.engines.servers.candidate_index import (
    asked_by_beginning,
    asked_ignoring_case,
    index_keys,
    is_served_by_key,
    without_prefixes,
)
from tablewright.model.values import Entity, Kind, Model, Pattern, Verb


def plan(model: Model, name: str = "planned-postgresql") -> PostgresDesign:
    """Return a design."""
    tables = tuple(table_for(model, entity) for entity in model.entities)
    return PostgresDesign(
        name=name,
        engine="postgresql",
        title="Planned: a table for each entity, an index for each pattern",
        tables=tables,
    )


def table_for(model: Model, entity: Entity) -> PgTable:
    """Return a table of one entity, with its keys and an index for each pattern."""
    name = table_name(entity.name)
    keys = _foreign_keys(model, entity)
    found: list[tuple[tuple[tuple[str, bool], ...], bool]] = []
    special: list[PgIndex] = []
    own = entity.key[0] if len(entity.key) == 1 else ""
    for attribute in entity.attributes:
        if attribute.unique and attribute.name != own:
            found.append((((attribute.name, False),), True))
    for pattern in model.patterns:
        for one in (pattern, *pattern.parts):
            if one.entity != entity.name:
                continue
            wanted = index_keys(entity, one, own)
            if wanted and not is_served_by_key(entity, one, wanted):
                found.append((wanted, False))
            special += _special(entity, one, name)
    for reference in keys:
        if len(reference.columns) > 1:  # one that begins so serves its first columns as well
            found.append((tuple((column, False) for column in reference.columns), False))
    unique = {keys for keys, is_unique in found if is_unique}
    primary = tuple((column, False) for column in entity.key)
    kept = [k for k in without_prefixes([*found, (primary, True)]) if k != primary]
    kept = [k for k in kept if k in unique or k != primary[: len(k)]]
    led = {k[0][0] for k in kept} | {entity.key[0]}
    for key in keys:
        if key.columns[0] not in led:
            kept.append(((key.columns[0], False),))
            led.add(key.columns[0])
    indexes = [
        PgIndex(
            name=_index_name(name, [c for c, _ in k]),
            columns=k,
            unique=k in unique,
            ignore_case=any(asked_ignoring_case(model, entity, column) for column, _ in k),
            prefixes=asked_by_beginning(model, entity, [column for column, _ in k]),
        )
        for k in kept
    ]
    distinct = {index.name: index for index in (*indexes, *special)}
    return PgTable(
        name=name,
        entity=entity.name,
        columns=planned_columns(entity, model),
        primary_key=entity.key,
        foreign_keys=keys,
        indexes=tuple(distinct.values()),
    )


def _foreign_keys(model: Model, entity: Entity) -> tuple[ForeignKey, ...]:
    found = []
    if entity.parent is not None:
        parent = model.entity(entity.parent)
        if all(entity.has(name) for name in parent.key):
            found.append(
                ForeignKey(columns=parent.key, table=table_name(parent.name), to=parent.key)
            )
    for attribute in entity.attributes:
        if attribute.kind is not Kind.REF or attribute.to is None or "." in attribute.to:
            continue
        target = model.entity(attribute.to)
        if len(target.key) == 1:
            found.append(
                ForeignKey(columns=(attribute.name,), table=table_name(target.name), to=target.key)
            )
    return tuple(found)


def _special(entity: Entity, pattern: Pattern, table: str) -> list[PgIndex]:
    if pattern.verb is Verb.NEAR:
        place = next((a.name for a in entity.attributes if a.kind is Kind.GEO), "")
        if not place:
            return []
        where = tuple(
            (one.attribute, (one.value,))
            for one in pattern.where
            if one.operator == "eq" and one.value is not None
        )
        name = _index_name(table, [place, "near", *([pattern.name] if where else [])])
        return [PgIndex(name=name, columns=((place, False),), using="gist", where=where)]
    if pattern.verb is Verb.SIMILAR:
        dimensions = entity.attribute(pattern.to).dimensions or 0
        if pattern.exact or dimensions > MAX_HALFVEC_DIMENSIONS:
            return []
        return [
            PgIndex(
                name=_index_name(table, [pattern.to]),
                columns=((pattern.to, False),),
                using="hnsw",
                halfvec=dimensions > MAX_VECTOR_DIMENSIONS,
                metric=entity.attribute(pattern.to).metric,
            )
        ]
    if pattern.verb is Verb.SEARCH:
        texts = [a.name for a in entity.attributes if a.kind is Kind.TEXT]
        return [
            PgIndex(name=_index_name(table, [text, "words"]), columns=((text, False),), using="gin")
            for text in texts[:1]
        ]
    return []


def _index_name(table: str, columns: list[str]) -> str:
    return "_".join((table, *columns, "idx"))[:63]


def table_name(entity: str) -> str:
    """Return the name of the table of an entity.

    Example:
        >>> table_name("ServiceRequest"), table_name("User")
        ('service_request', 'app_user')
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entity).lower()
    return f"app_{snake}" if snake in _RESERVED else snake


_RESERVED = frozenset({"user", "order", "group", "table", "check", "grant", "limit", "select"})
