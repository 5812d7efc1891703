"""How many entries of a partial index a row has, by what a write tells of the row.

In: an index, what is known of the row's attributes, the shares of values. Out: entries of the row,
as a mean. It knows neither bytes nor time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.evaluation.known_values import Known, KnownValue, known_after, known_before
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Condition, Entity, Pattern
from tablewright.sample.calls import typed

Told = Mapping[str, KnownValue]
"""What is known, by attribute."""


def told_before(entity: Entity, pattern: Pattern) -> Told:
    """Return what is known of the row that a write finds, or of what a put begins with."""
    return dict(known_before(entity, pattern))


def told_after(entity: Entity, pattern: Pattern) -> Told:
    """Return what is known of the row once it is updated: what it was, but for what is written."""
    before: Known = known_before(entity, pattern)
    kept = {name: known for name, known in before if name not in pattern.touched}
    return {**kept, **dict(known_after(entity, pattern))}


def share_of(index: Ordered, home: Home) -> Decimal:
    """Return how many entries a row has, whatever it is: of a text one for each word."""
    return index.entries / home.rows if home.rows else ONE


def share_within(
    index: Ordered, entity: Entity, selectivity: Selectivity, told: Told | None = None
) -> Decimal:
    """Return with which probability a row meets the condition of an index; 1 of a whole one."""
    share = ONE
    for path, values in index.partial:
        known = (told or {}).get(path)
        share *= _within(entity, selectivity, path, values, known)
    return share


def entries_of(
    index: Ordered, home: Home, entity: Entity, selectivity: Selectivity, told: Told
) -> Decimal:
    """Return how many entries of an index a row has of which something is known."""
    share = share_of(index, home)
    if not any(path in told for path, _ in index.partial):
        return share
    within = share_within(index, entity, selectivity, told)
    at_large = share_within(index, entity, selectivity)
    return share / at_large * within if at_large else within


def _within(
    entity: Entity,
    selectivity: Selectivity,
    path: str,
    values: Sequence[str],
    known: KnownValue | None,
) -> Decimal:
    def together(texts: Sequence[str]) -> Decimal:
        shares = (selectivity.share(entity, Condition(attribute=path, value=t)) for t in texts)
        return min(ONE, sum(shares, ZERO))

    if known is None:
        return together(values)
    if known.operator == "absent":
        return ZERO
    inside = {typed(entity, path, text) for text in values}
    if known.operator == "eq":
        return ONE if typed(entity, path, known.values[0]) in inside else ZERO
    if known.operator == "in":
        fitting = [text for text in known.values if typed(entity, path, text) in inside]
        some = together(known.values)
        return together(fitting) / some if some else Decimal(len(fitting)) / len(known.values)
    excluded = {typed(entity, path, text) for text in known.values}
    left = together([text for text in values if typed(entity, path, text) not in excluded])
    presence = entity.attribute(path).presence
    among = (ONE if known.operator == "other" else presence) - together(known.values)
    return min(ONE, left / among) if among > 0 else together(values)
