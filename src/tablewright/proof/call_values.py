"""Values of calls that follow from a pattern and an instance alone.

In: a pattern, an instance. Out: what its caller expects, the times at which a condition may hold,
the beginning of a text that a share of all texts have. It draws nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tablewright.model.values import Attribute, Kind, Pattern
from tablewright.sample.calls import LONG_AGO, Call
from tablewright.sample.world import Row


def amount_of(pattern: Pattern, name: str) -> Any:
    """Return by how much an attribute is counted up: a whole number as int."""
    return Call(pattern=pattern, row={}).amount(name)


def expected_of(pattern: Pattern, row: Row) -> Row:
    """Return values of the caller with which the comparisons of a condition hold, if any do."""
    expected: Row = {}
    for test in pattern.condition_tests:
        value = row.get(test.attribute)
        if test.other or test.value is not None or test.values or value is None:
            continue
        if test.operator in ("lt", "gt", "ne"):
            is_above = test.operator == "lt"
            if isinstance(value, int | Decimal):
                value = value + 1 if is_above else value - 1
            else:
                value = f"{value}~" if test.operator != "gt" else ""
        expected[test.attribute] = value
    return expected


def moments_of(row: Row) -> list[dt.datetime]:
    """Return times at which a condition on an instance may hold: before, after, among its own."""
    moments: list[dt.datetime] = []
    for value in row.values():
        if isinstance(value, str) and value[-1:] == "Z":
            try:
                moment = dt.datetime.fromisoformat(value)
            except ValueError:
                continue
            moments += [moment - dt.timedelta(seconds=1), moment + dt.timedelta(seconds=1)]
    return [*moments, LONG_AGO, dt.datetime(2900, 1, 1, tzinfo=dt.UTC)]


def beyond(value: Any, step: int) -> Any:
    """Return a value just above another, or just below with a step of -1.

    Of numbers, days and times; of another text, of which nothing is known, that text.

    Example:
        >>> beyond(7, 1), beyond("2026-03-01", -1), beyond("2026-03-01T00:00:00.000Z", 1)
        (8, '2026-02-28', '2026-03-01T00:00:01.000Z')
    """
    if isinstance(value, int | Decimal):
        return value + step
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    if len(value) == len("2026-03-01"):
        return (moment + dt.timedelta(days=step)).date().isoformat()
    later = (moment + dt.timedelta(seconds=step)).isoformat()
    seconds = len("2026-03-01T00:00:00")
    return later[:seconds] + value[seconds:]


def stand_in(attribute: Attribute) -> Any:
    """Return some value of an attribute that no instance has: what is asked for is not there.

    Example:
        >>> from tablewright.model.values import Kind
        >>> stand_in(Attribute(name="stars", kind=Kind.INT)), stand_in(
        ...     Attribute(name="day", kind=Kind.DATE)
        ... )
        (0, '1970-01-01')
    """
    if attribute.kind.is_number:
        return int(attribute.low or 0)
    times = {Kind.TIMESTAMP: "1970-01-01T00:00:00.000Z", Kind.DATE: "1970-01-01"}
    return times.get(attribute.kind, "-")


def beginning(text: str, ordered: Sequence[str], share: Decimal) -> str:
    """Return the beginning of a text that about this share of sorted texts have too.

    Example:
        >>> days = [f"2026-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]
        >>> beginning("2026-03-09", days, Decimal("0.083"))
        '2026-03'
        >>> beginning("2026-03-09", days, Decimal("0.003"))
        '2026-03-09'
    """
    best, least = text[:1], math.inf
    for length in range(1, len(text) + 1):
        start = text[:length]
        having = bisect_left(ordered, start + "\U0010ffff") - bisect_left(ordered, start)
        distance = abs(math.log(max(having, 1) / (float(share) * len(ordered))))
        # Of equally good ones that which ends at a whole number, as `2026-03` and not `2026-`.
        if distance < least or (distance == least and text[length - 1].isdigit()):
            best, least = start, distance
    return best
