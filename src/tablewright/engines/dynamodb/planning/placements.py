"""The placements of an entity: every combination of what its modules offer.

In: a workload. Out: `DynamoPlacement`s, the simplest first. Everything here is correct by
construction or refused; nothing here knows what anything costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from tablewright.engines.dynamodb.planning.choices import DynamoPlacement, MadeKey
from tablewright.engines.dynamodb.planning.counters import with_counters
from tablewright.engines.dynamodb.planning.made_keys import made_keys
from tablewright.engines.dynamodb.planning.objects import compressions, outsides, with_objects
from tablewright.engines.dynamodb.planning.queries import EntityWorkload
from tablewright.engines.dynamodb.planning.splitting import splits
from tablewright.engines.dynamodb.planning.table_keys import table_keys
from tablewright.engines.dynamodb.planning.tables import plain_placement
from tablewright.model.values import Entity

MOST_SPARSE = 2
"""Sparse keys that one item carries at most, beside those nobody needs to choose."""


def placements(
    work: EntityWorkload,
    table_name: str,
    shards: int = 1,
    counters: tuple[str, ...] = (),
    spread: int = 1,
    objects: str = "needed",
) -> tuple[DynamoPlacement, ...]:
    """Return the placements of an entity, the simplest first; never none.

    Args:
        work: the entity's workload.
        table_name: the name of its table.
        shards: over how many keys an index with few values has to be spread.
        counters: what is kept as sums over shards.
        spread: over how many items.
        objects: what may lie in object storage: what is "needed" there, "allow" anything large, or
            "avoid" it.
    """
    placements: list[DynamoPlacement] = []
    keys = table_keys(work, shards)
    created = made_keys(work, shards)
    for key in keys:
        for outside in outsides(work, objects):
            if work.searched & set(outside):
                continue
            for sides in splits(work, key, outside):
                if any((work.searched | set(counters)) & set(side) for side in sides):
                    continue
                for compressed in compressions(work, outside):
                    if work.searched & set(compressed):
                        continue
                    base = plain_placement(work, table_name, key, sides, compressed)
                    base = with_objects(base, outside)
                    if counters:
                        base = with_counters(work.entity, base, table_name, counters, spread)
                    placements += _with_made(base, created, work.entity)
    return tuple(dict.fromkeys(placements))


def _with_made(
    base: DynamoPlacement, made_keys: Sequence[MadeKey], entity: Entity
) -> Iterator[DynamoPlacement]:
    """Yield a placement with no made key, with each one, and with every few of them."""
    yield base
    fitting = [entry for entry in made_keys if _carrier(base, entry, entity) is not None]
    sizes = range(1, min(MOST_SPARSE, len(fitting)) + 1)
    groups = [group for size in sizes for group in combinations(fitting, size)]
    if len(fitting) > MOST_SPARSE:
        groups.append(tuple(fitting))
    for group in groups:
        tables = list(base.tables)
        for made_key in group:
            carrier = _carrier(base, made_key, entity)
            assert carrier is not None
            table = tables[carrier]
            core = table.shapes[0]
            carrying = replace(core, keys=(*core.keys, (made_key.name, made_key.template)))
            tables[carrier] = replace(table, shapes=(carrying, *table.shapes[1:]))
        yield replace(base, tables=tuple(tables), made=group)


def _carrier(base: DynamoPlacement, made_key: MadeKey, entity: Entity) -> int | None:
    """Return which table's items hold everything a key is made of."""
    for carrier, table in enumerate(base.tables):
        shape = table.shapes[0]
        if not shape.guards and not shape.counters and made_key.needs <= set(shape.attributes):
            if made_key.needs & {name for name, _ in shape.compress}:
                continue
            return carrier
    return None
