"""Numbers kept as sums over several items, so that no one item takes all increments.

In: a workload. Out: which numbers may be spread, and a placement with them apart.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.engines.dynamodb.design import ItemShape, Table
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement
from tablewright.engines.dynamodb.planning.queries import EntityWorkload, expiry_of
from tablewright.engines.dynamodb.planning.tables import capitalised, free_name, joined_key
from tablewright.model.values import Entity


def countable(work: EntityWorkload) -> tuple[str, ...]:
    """Return the numbers that are only ever incremented and never looked at by a condition.

    Such a number may be a sum over several items: nobody sets it, sorts or chooses by it, or makes
    a write depend on it or on something beside it.
    """
    looked = {name for ask in work.asks for name in (*ask.conditions, *ask.sort)}
    looked |= {*work.entity.key, *work.entity.identity}
    if expiry_of(work.entity):
        return ()  # the items of a counter are made by increments, which know no time of expiry
    counted: dict[str, None] = {}
    for part in work.writes:
        looked |= {*part.condition_on, *part.sets, *part.appends, *part.removes}
        if part.condition:
            looked |= set(part.increments)
        counted.update(dict.fromkeys(part.increments))
    return tuple(
        name
        for name in counted
        if name not in looked and work.entity.attribute(name).kind.is_number
    )


def with_counters(
    entity: Entity, base: DynamoPlacement, table_name: str, counters: tuple[str, ...], spread: int
) -> DynamoPlacement:
    """Return a placement with counters in items of their own, as many as there are shards."""
    core = base.tables[0]
    shape = core.shapes[0]
    rest = replace(shape, attributes=tuple(n for n in shape.attributes if n not in counters))
    name = free_name(entity, "pk")
    item_shape = ItemShape(
        name=f"{entity.name}{capitalised(counters[0])}",
        entity=entity.name,
        keys=((name, joined_key(entity.key, (), spread)),),
        attributes=tuple(n for n in entity.names if n in (*entity.key, *counters)),
        counters=counters,
    )
    table = Table(name=f"{table_name}_{counters[0]}", partition_key=name, shapes=(item_shape,))
    first = replace(core, shapes=(rest, *core.shapes[1:]))
    return replace(base, tables=(first, *base.tables[1:], table), counters=counters)
