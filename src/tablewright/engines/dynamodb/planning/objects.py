"""What of an entity may lie in object storage, and what may be compressed.

In: a workload. Out: tuples of attributes. It does not know prices.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.planning.choices import DynamoPlacement
from tablewright.engines.dynamodb.planning.queries import EntityWorkload
from tablewright.engines.dynamodb.rules import dynamodb_rules
from tablewright.engines.dynamodb.rules.item_size import COMPRESSIBLE
from tablewright.model.attribute_reader import stated_bytes
from tablewright.model.values import Attribute

WORTH_COMPRESSING_BYTES = 512
WORTH_OFFLOADING_BYTES = 4096
"""A put into object storage costs as much as eight write units, a get as three read units."""
LARGEST_KEPT_BYTES = MAX_ITEM_BYTES * 7 // 10
"""70 % of the largest item: what may be larger has to lie in object storage."""


def outsides(work: EntityWorkload, objects: str) -> tuple[tuple[str, ...], ...]:
    """Return what may lie in object storage: what has to and, if allowed, what is large.

    Only what is read or replaced as a whole, and not where somebody looks for it.
    """
    if objects == "avoid":
        return ((),)
    looked = {name for ask in work.asks for name in (*ask.conditions, *ask.sort)}
    looked |= {*work.entity.key, *work.entity.identity}
    for part in work.writes:
        looked |= {*part.condition_on, *part.increments, *part.appends}
    able = [a for a in work.entity.attributes if a.name not in looked and not a.unique]
    must = [a.name for a in able if _largest(a) > LARGEST_KEPT_BYTES]
    large = [a.name for a in able if stated_bytes(a) >= WORTH_OFFLOADING_BYTES]
    result = [tuple(must)]
    if objects == "allow":
        result += [tuple(dict.fromkeys((*must, name))) for name in large]
        result.append(tuple(dict.fromkeys((*must, *large))))
    return tuple(dict.fromkeys(result))


def _largest(attribute: Attribute) -> Decimal:
    """Return the most bytes a value may have as far as the model says."""
    spread = attribute.bytes
    if spread is None:
        return stated_bytes(attribute)
    return max(spread.mean, spread.high or ZERO, spread.p99 or ZERO)


def with_objects(base: DynamoPlacement, outside: tuple[str, ...]) -> DynamoPlacement:
    """Return a placement with these attributes in object storage, in every table that has them."""
    if not outside:
        return base
    tables = []
    for table in base.tables:
        shape = table.shapes[0]
        own_key = tuple(name for name in outside if name in shape.attributes and not shape.guards)
        tables.append(replace(table, shapes=(replace(shape, offload=own_key), *table.shapes[1:])))
    return replace(base, tables=tuple(tables), outside=outside)


def compressions(
    work: EntityWorkload, outside: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], ...]:
    """Return what may be compressed: nothing, and everything that gains and is not looked into.

    Where nobody measured how well a value compresses, only what the reviewer would compress too.
    """
    conditions = {name for ask in work.asks for name in (*ask.conditions, *ask.sort)}
    counted = {n for part in work.writes for n in (*part.increments, *part.appends)}
    looked = {n for part in work.writes for n in part.condition_on}
    able = tuple(
        a.name
        for a in work.entity.attributes
        if _gains(a)
        and a.name not in conditions | counted | looked
        and a.name not in outside
        and a.name not in work.entity.key
    )
    return ((), able) if able else ((),)


def _gains(attribute: Attribute) -> bool:
    if attribute.compressible is not None:
        worth = stated_bytes(attribute) >= WORTH_COMPRESSING_BYTES
        return worth and ZERO < attribute.compressible < 1
    if _largest(attribute) > LARGEST_KEPT_BYTES:
        return False  # what is assumed must not be what makes an item fit
    worth = stated_bytes(attribute) >= dynamodb_rules().k["compress_bytes"]
    return worth and attribute.kind in COMPRESSIBLE


def compressed_to(attribute: Attribute) -> Decimal:
    """Return the share of its bytes that a value is compressed to: as stated, else assumed.

    Example:
        >>> from tablewright.model.values import Kind
        >>> compressed_to(Attribute(name="history", kind=Kind.MAP))
        Decimal('0.35')
    """
    return attribute.compressible or dynamodb_rules().k["compress_ratio"]
