"""Moments that a model file names: `now`, `now + 90d`, `now - 1h`.

In: the text, an attribute's kind, the time. Out: the moment as a value of that kind: ISO 8601 in
UTC with milliseconds, a day, or whole seconds since 1970. It reads no clock.
"""

from __future__ import annotations

import datetime as dt
import re

from tablewright.model.scalars import DURATION_SECONDS
from tablewright.model.values import Kind

TIMES = frozenset({Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH})
MOMENT_PATTERN = r"now(\s*[+-]\s*\d{1,6}\s*[smhdwy])?"
_MOMENT = re.compile(r"now(?:\s*([+-])\s*(\d{1,6})\s*([smhdwy]))?")


def is_moment(text: str) -> bool:
    """Whether a text names a moment by the clock.

    Example:
        >>> is_moment("now"), is_moment("now + 90d"), is_moment("2026-11-30"), is_moment("now 3")
        (True, True, False, False)
    """
    return _MOMENT.fullmatch(text) is not None


def moment_value(text: str, kind: Kind, now: dt.datetime) -> str | int:
    """Return a moment as an attribute of some kind stores it.

    Args:
        text: `now`, or `now` and a duration.
        kind: timestamp, date or epoch.
        now: the time, with its zone.

    Example:
        >>> noon = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
        >>> moment_value("now + 1d", Kind.TIMESTAMP, noon), moment_value("now", Kind.DATE, noon)
        ('2026-12-01T12:00:00.000Z', '2026-11-30')
        >>> moment_value("now - 1h", Kind.EPOCH, dt.datetime(1970, 1, 1, 2, tzinfo=dt.UTC))
        3600
    """
    match = _MOMENT.fullmatch(text)
    assert match is not None
    sign, amount, unit = match.groups()
    seconds = int(amount) * DURATION_SECONDS[unit] if amount else 0
    return time_value(now + dt.timedelta(seconds=-seconds if sign == "-" else seconds), kind)


def time_value(moment: dt.datetime, kind: Kind) -> str | int:
    """Return a time as an attribute of some kind stores it."""
    moment = moment.astimezone(dt.UTC)
    if kind is Kind.EPOCH:
        return int(moment.timestamp())
    if kind is Kind.DATE:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
