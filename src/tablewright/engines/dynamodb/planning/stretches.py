"""Stretches of time that keys may be made of, and keys under which all instances lie.

In: a workload and one of its questions. Out: derived attributes such as `created_at.day`, of a
length that a call asks for few of; templates of partition keys that gather what nothing binds.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.dynamodb.buckets import DAYS
from tablewright.engines.dynamodb.design import KeyTemplate, TemplatePart
from tablewright.engines.dynamodb.planning.queries import Ask, EntityWorkload, is_always_there
from tablewright.model.moments import TIMES
from tablewright.model.values import Entity, Kind

MOST_QUERIES = 32
"""Stretches that one call asks for at most, each a query of its own."""
FEWEST_STRETCHES = 2
"""In the age of the data; with fewer a stretch is as good as no division at all."""


def ranged_stretches(work: EntityWorkload, ask: Ask) -> tuple[str, ...]:
    """Return the stretches of the times that a question binds to a range."""
    age = work.model.age_days(work.entity)
    shares = dict(ask.range_shares)
    return tuple(
        f"{name}.{unit}"
        for name in ask.ranges
        for unit in _units(work.entity, name, age)
        if age * shares[name] / DAYS[unit] + 1 <= MOST_QUERIES
    )


def gathering_stretches(work: EntityWorkload, ask: Ask) -> tuple[str, ...]:
    """Return the stretches that a question about all instances could be answered by.

    Beside those of its ranges that of the time it sorts by: until there is enough, or all of them.
    """
    result = dict.fromkeys(ranged_stretches(work, ask))
    age = work.model.age_days(work.entity)
    name = ask.sort[0] if ask.sort else ""
    if name and name not in ask.ranges:
        users = max(work.model.scales)
        a_day = work.model.instances(work.entity.name, users) / age if age else ZERO
        for unit in _units(work.entity, name, age):
            queries = age / DAYS[unit]
            if ask.limit is not None and a_day:
                queries = min(queries, ask.limit / (a_day * DAYS[unit]))
            if queries + 1 <= MOST_QUERIES:
                result[f"{name}.{unit}"] = None
    return tuple(result)


def _units(entity: Entity, name: str, age_days: Decimal) -> Iterator[str]:
    """Yield the units of a time of which there are several in the age of the data."""
    kind = entity.attribute(name).kind
    if kind not in TIMES or not is_always_there(entity, name):
        return
    for unit, days in DAYS.items():
        is_in_it = unit != "hour" or kind is not Kind.DATE
        if is_in_it and age_days / days >= FEWEST_STRETCHES:
            yield unit


def asks_for_all_in_order(ask: Ask) -> bool:
    """Whether a question binds nothing, and wants an order or a range of all instances.

    Such as the latest of all posts. Only a key that all items share brings them in order.
    """
    return not ask.given and not ask.fixed and not ask.near and bool(ask.sort or ask.ranges)


def constant(literal: str, shards: int = 1) -> KeyTemplate:
    """Return the key that all instances share, spread over shards where one takes too much."""
    if shards == 1:
        return KeyTemplate(parts=(TemplatePart(literal=literal),))
    return KeyTemplate(parts=(TemplatePart(literal=literal + "#"), TemplatePart(shards=shards)))


def stretch(name: str, shards: int = 1) -> KeyTemplate:
    """Return the key of what belongs to one stretch of time, spread over shards."""
    parts: tuple[TemplatePart, ...] = (TemplatePart(attribute=name),)
    if shards > 1:
        parts = (*parts, TemplatePart(literal="#"), TemplatePart(shards=shards))
    return KeyTemplate(parts=parts)


def largest_share(work: EntityWorkload, template: KeyTemplate) -> Decimal:
    """Return the share of all instances that lie under one value of a key that gathers them."""
    share = ONE / template.shards
    if template.bucket:
        unit = template.bucket.partition(".")[2]
        share *= min(ONE, DAYS[unit] / work.model.age_days(work.entity))
    return share
