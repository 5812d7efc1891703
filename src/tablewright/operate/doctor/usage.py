"""Consumed units and throttled requests by table, and day or hour.

In: series of a monitoring service, or what was metered here. Out: a `PeriodUsage` for each table
and period that is on record. A period without one was not seen, which is not the same as idle.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.health import MetricSeries

METRICS = (
    "ConsumedReadCapacityUnits",
    "ConsumedWriteCapacityUnits",
    "ReadThrottleEvents",
    "WriteThrottleEvents",
)
HOUR_SECONDS = 3600


@frozen
class PeriodUsage:
    """What a table with its indexes consumed in a day or an hour."""

    table: str
    since: str
    """When the period began, in UTC."""
    read_units: Decimal
    write_units: Decimal
    read_throttles: Decimal | None = None
    """Throttled reads; None where throttles are not on record."""
    write_throttles: Decimal | None = None


def usage_of(series: Sequence[MetricSeries], *, is_hourly: bool) -> tuple[PeriodUsage, ...]:
    """Return usage by table and day or hour, in order."""
    form = "%Y-%m-%dT%H:00Z" if is_hourly else "%Y-%m-%d"
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for each in series:
        if each.metric not in METRICS:
            continue
        for moment, value in each.points:
            since = datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime(form)
            row = sums.setdefault((each.table, since), {})
            row[each.metric] = row.get(each.metric, ZERO) + value
    # CloudWatch has no value of a throttle metric for a period without throttles
    has_throttles = {each.table for each in series if each.metric in METRICS[2:]}
    return tuple(
        PeriodUsage(
            table=table,
            since=since,
            read_units=row.get(METRICS[0], ZERO),
            write_units=row.get(METRICS[1], ZERO),
            read_throttles=row.get(METRICS[2], ZERO) if table in has_throttles else None,
            write_throttles=row.get(METRICS[3], ZERO) if table in has_throttles else None,
        )
        for (table, since), row in sorted(sums.items())
    )


def metered_here(
    hours: Mapping[str, Mapping[str, Mapping[str, str]]], since: datetime.datetime
) -> Iterator[MetricSeries]:
    """Yield what the verbs have consumed, as series; throttles are not on record.

    Args:
        hours: units by hour, table or index, and dimension: as the workspace keeps them.
        since: older hours are left out.
    """
    points: dict[tuple[str, str], list[tuple[int, Decimal]]] = {}
    for hour, resources in sorted(hours.items()):
        moment = datetime.datetime.fromisoformat(hour)
        if moment < since:
            continue
        for resource, units in resources.items():
            for metric, dimension in zip(METRICS[:2], ("read", "write"), strict=True):
                value = Decimal(units.get(dimension, "0"))
                points.setdefault((resource, metric), []).append((int(moment.timestamp()), value))
    for (resource, metric), listed in points.items():
        table, _, index = resource.partition("/")
        yield MetricSeries(
            metric=metric,
            table=table,
            index=index,
            period_seconds=HOUR_SECONDS,
            points=tuple(listed),
        )
