"""Predicates about isolation; what each rule means is in `rules/security.yaml`."""

from __future__ import annotations

from collections.abc import Iterable

from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.key_changes import ChangeProjection
from tablewright.engines.dynamodb.rules.projections import projecting
from tablewright.engines.dynamodb.usage_facts import TableOrIndex
from tablewright.model.values import Attribute, Entity, Kind, Pattern
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Missing, Verdict

SECRETS = frozenset({Kind.TOKEN, Kind.DIGITS})
"""Kinds of a sensitive attribute that is a secret: a token, a PIN, the digits of a card."""


def any_sec_001(f: DynamoFacts, entity: Entity, attribute: Attribute) -> Verdict:
    """Something sensitive is copied to where nobody asks for it, or is in a key as it is."""
    if not attribute.sensitive or not f.homes(entity.name):
        return None
    is_hash = "hash" in attribute.name.lower()
    is_secret = attribute.kind in SECRETS and not is_hash
    copies, keys = _copies(f, entity, attribute), _keys(f, entity, attribute) if is_secret else []
    if not copies and not keys:
        return CLEAR
    told = [f"copied into {place.name}, where no pattern asks for it" for place in copies]
    told += [f"a part of the key of {place.name} as it is" for place in keys]
    return Hit(
        evidence=f"{attribute.name} of {entity.name} is sensitive and is {'; '.join(told)}",
        values={"secret": is_secret},
        options=lambda: _without(f, copies, attribute.name),
        covers=tuple(place.name for place in copies),
    )


def _copies(f: DynamoFacts, entity: Entity, attribute: Attribute) -> list[TableOrIndex]:
    """Return the indexes that hold an attribute beside their keys, and whose readers want none."""
    copies = []
    for place in f.places:
        if place.index is None:
            continue
        readers = [p for p in f.serves(place) if entity.name in {q.entity for q in _leaves(p)}]
        if any(attribute.name in f.wanted(q) for p in readers for q in _leaves(p)):
            continue
        for shape, templates in f.templates(place, place.index.keys):
            keys = {name for template in templates for name in template.sources}
            is_beside = shape.entity == entity.name and attribute.name not in keys
            if is_beside and attribute.name in f.projected(place, shape):
                copies.append(place)
                break
    return copies


def _keys(f: DynamoFacts, entity: Entity, attribute: Attribute) -> list[TableOrIndex]:
    """Return the tables and indexes in whose keys an attribute stands."""
    return [
        place
        for place in f.places
        for shape, templates in f.templates(place, (*place.partition_keys, *place.sort_keys))
        if shape.entity == entity.name and any(attribute.name in t.sources for t in templates)
    ]


def _leaves(pattern: Pattern) -> tuple[Pattern, ...]:
    return pattern.parts or (pattern,)


def _without(f: DynamoFacts, places: Iterable[TableOrIndex], name: str) -> Iterable[FixOption]:
    """Offer the same indexes without an attribute."""
    changes = []
    for place in places:
        assert place.index is not None
        keys = {*place.table.keys, *place.index.keys}
        stored = frozenset[str]().union(
            *(f.projected(place, s) for s, _ in f.templates(place, place.index.keys))
        )
        changes.append(
            ChangeProjection(
                table=place.table.name,
                index=place.index.name,
                projection=projecting(stored - keys - {name}),
            )
        )
    if changes:
        yield FixOption(changes=tuple(changes))


def ddb_sec_001(f: DynamoFacts, pattern: Pattern) -> Verdict:
    """The owner of data is not in the key it is asked by."""
    if not pattern.scope:
        if f.model.need("multi_tenant").is_required and pattern.purpose == "online":
            return Missing("which tenant or owner attribute bounds each access pattern (`scope`)")
        return None
    route = f.route(pattern)
    if route is None or not route.is_served:
        return None
    target = route.target or next((r.target for r in route.requests), "")
    place = f.place(target)
    if place is None:
        return None
    for part in pattern.parts or (pattern,):
        if part.entity != pattern.entity:
            continue
        created = [
            t for s, t in f.templates(place, place.partition_keys) if s.entity == part.entity
        ]
        if created and all(
            pattern.scope in {n for template in templates for n in template.attributes}
            for templates in created
        ):
            return CLEAR
    names = {w.attribute for w in pattern.where} | set(pattern.condition_on)
    return Hit(
        evidence=(
            f"{pattern.name} belongs to {pattern.scope}, but the partition key of {place.name} is "
            f"{', '.join(place.partition_keys)}"
        ),
        values={"checked": pattern.scope in names},
        covers=(place.name,),
    )
