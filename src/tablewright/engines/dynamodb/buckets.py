"""Stretches of time as parts of keys: `{created_at:month}` is the month of a time.

In: times as instances hold them (ISO text, or seconds since 1970), the ends of a range. Out: the
names of the buckets that the range touches. Pure.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import ONE

LENGTHS = {"year": 4, "month": 7, "day": 10, "hour": 13}
"""How many characters of an ISO time name the bucket: 2026, 2026-03, 2026-03-09, 2026-03-09T17."""

DAYS = {"year": Decimal("365.25"), "month": Decimal("30.4375"), "day": ONE, "hour": ONE / 24}
"""Days in a bucket, a mean."""


def unit_of(name: str) -> str:
    """Return the unit of a derived attribute, "" of any other.

    Example:
        >>> unit_of("created_at.month"), unit_of("created_at"), unit_of("place.geohash5")
        ('month', '', '')
    """
    unit = name.partition(".")[2]
    return unit if unit in LENGTHS else ""


def bucket_of(value: Any, unit: str) -> str:
    """Return the bucket of a time.

    Example:
        >>> bucket_of("2026-03-09T17:00:00Z", "month"), bucket_of(1772323200, "day")
        ('2026-03', '2026-03-01')
    """
    return _text(value)[: LENGTHS[unit]]


def buckets_between(low: Any, high: Any, unit: str) -> list[str]:
    """Return every bucket from that of one time to that of another, the earliest first.

    Example:
        >>> buckets_between("2025-11-30", "2026-02-01", "month")
        ['2025-11', '2025-12', '2026-01', '2026-02']
        >>> buckets_between("2026-02-28T22", "2026-03-01T00", "hour")
        ['2026-02-28T22', '2026-02-28T23', '2026-03-01T00']
    """
    last = bucket_of(high, unit)
    bucket = bucket_of(low, unit)
    buckets: list[str] = []
    while bucket <= last:
        buckets.append(bucket)
        bucket = _after(bucket, unit)
    return buckets


def busiest_share(unit: str, age_days: Decimal, share: Decimal) -> Decimal:
    """Return which part of what ranges of time read lies in the bucket they read most.

    Ranges begin anywhere from the oldest time to as long before now as they are. A bucket in the
    middle is in as many of them as a stretch of its length is of all these beginnings; a range that
    is as long as all there is reads every bucket.

    Args:
        unit: of the buckets.
        age_days: how old the oldest instance is.
        share: of all instances, how many lie in one range.

    Example:
        >>> busiest_share("day", Decimal(100), Decimal("0.2"))
        Decimal('0.0125')
    """
    beginnings = age_days * (1 - share)
    return DAYS[unit] / max(DAYS[unit], beginnings)


def _after(bucket: str, unit: str) -> str:
    if unit == "year":
        return f"{int(bucket) + 1:04}"
    if unit == "month":
        year, month = int(bucket[:4]), int(bucket[5:7])
        return f"{year + month // 12:04}-{month % 12 + 1:02}"
    step = dt.timedelta(days=1) if unit == "day" else dt.timedelta(hours=1)
    first = dt.datetime.fromisoformat(bucket if unit == "day" else f"{bucket}:00")
    return (first + step).isoformat()[: LENGTHS[unit]]


def _text(value: Any) -> str:
    if isinstance(value, int | Decimal):
        moment = dt.datetime.fromtimestamp(int(value), dt.UTC)
        return moment.isoformat()
    return str(value)
