"""The key attributes that indexes may need made: sparse, joined, cells, shards, constants.

In: a workload. Out: `MadeKey`s, each with the template that makes its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tablewright.engines.dynamodb.design import KeyTemplate, TemplatePart
from tablewright.engines.dynamodb.planning.choices import MadeKey
from tablewright.engines.dynamodb.planning.queries import Ask, EntityWorkload, can_be_key
from tablewright.engines.dynamodb.planning.stretches import (
    asks_for_all_in_order,
    constant,
    ranged_stretches,
    stretch,
)
from tablewright.engines.dynamodb.planning.tables import joined_key, plural
from tablewright.model.values import Entity

CELL_KM = {
    length: Decimal(side)
    for length, side in ((1, "4992"), (2, "624"), (3, "156"), (4, "19.5"), (5, "4.9"), (6, "0.61"))
}
"""The smaller side of a geohash cell by its length; nine cells must cover the circle."""


def made_keys(work: EntityWorkload, shards: int = 1) -> tuple[MadeKey, ...]:
    """Return the key attributes that indexes may need made: sparse, joined, cells, shards."""
    entity = work.entity
    made_keys: dict[KeyTemplate, MadeKey] = {}
    for ask in work.asks:
        for template in _templates(work, ask, shards):
            if template not in made_keys:
                names = {key.name for key in made_keys.values()}
                name = _made_name(entity, template, names)
                made_keys[template] = MadeKey(name=name, template=template)
    return tuple(made_keys.values())


def _made_name(entity: Entity, template: KeyTemplate, used_names: set[str]) -> str:
    """Return the name of a made key: what it is made of, or what it gathers."""
    words = [name.replace(".", "_") for name in template.attributes]
    for name, values in template.when:
        words += [word for word in (name, *values[:1]) if word not in words]
    name = re.sub(r"\W+", "_", "_".join(words)) or f"all_{plural(entity.name)}"
    if len(template.attributes) == 1 and not template.when:
        name += "_key"
    if template.shards > 1:
        name += "_shard"
    base, number = name, 1
    while entity.has(name) or name in used_names:
        number += 1
        name = f"{base}_{number}"
    return name


def _templates(work: EntityWorkload, ask: Ask, shards: int) -> Iterator[KeyTemplate]:
    entity = work.entity
    when = tuple(sorted(ask.fixed))
    if ask.near:
        length = _cell_length(ask.radius_km)
        cell = f"{ask.near}.geohash{length}"
        yield KeyTemplate(parts=(TemplatePart(attribute=cell),), when=when)
        if when:
            yield KeyTemplate(parts=(TemplatePart(attribute=cell),))
        return
    plain = [n for n in ask.given if can_be_key(entity.attribute(n))]
    for spread in dict.fromkeys((1, shards)):
        if asks_for_all_in_order(ask):
            yield constant(plural(entity.name), spread)
        if ask.fixed:
            yield _sparse(ask, when, spread)
        # Booleans can be part of a key only as text; a sharded key is text as well.
        if ask.given and (len(plain) < len(ask.given) or (spread > 1 and not ask.fixed)):
            yield joined_key(ask.given, (), spread)
        if asks_for_all_in_order(ask) or len(ask.ranges) > 1:
            for name in ranged_stretches(work, ask):
                yield stretch(name, spread)


def _sparse(ask: Ask, when: tuple[tuple[str, tuple[str, ...]], ...], shards: int) -> KeyTemplate:
    """Return the key that only instances with the fixed values have."""
    if ask.given:
        return joined_key(ask.given, when, shards)
    literal = "#".join(value for _, values in ask.fixed for value in values[:1])
    return replace(constant(literal, shards), when=when)


def _cell_length(radius_km: Decimal | None) -> int:
    """Return the longest geohash whose nine cells cover a circle of this radius."""
    radius = radius_km if radius_km is not None else Decimal(10)
    fitting = [length for length, side in CELL_KM.items() if side >= radius]
    return max(fitting, default=1)
