"""The provisioned capacity of tables beside what was consumed of it, and what would have fitted.

In: tables as described, consumed units over time. Out: a `CapacityUse` for reads and writes of each
table and index. Pure. Peaks within a period are not seen: whoever has bursts wants more than this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tablewright.engines.dynamodb.health.metrics import CONSUMED
from tablewright.engines.dynamodb.observation import ObservedTable
from tablewright.evaluation.health import CapacityUse, Observations

TARGET_UTILIZATION = Decimal("0.7")
"""The default of Application Auto Scaling for DynamoDB: Amazon DynamoDB Developer Guide, "Managing
throughput capacity automatically with DynamoDB auto scaling"."""


def capacity_use(
    tables: Mapping[str, ObservedTable], observations: Observations
) -> Iterator[CapacityUse]:
    """Yield every provisioned table and index whose consumption is on record."""
    for name, table in tables.items():
        yield from _of_place(name, "", table.description, observations)
        for index, description in table.indexes.items():
            yield from _of_place(name, index, description, observations)


def _of_place(
    table: str, index: str, description: Mapping[str, Any], observations: Observations
) -> Iterator[CapacityUse]:
    throughput = description.get("ProvisionedThroughput") or {}
    for metric, dimension, name in zip(
        CONSUMED,
        ("read", "write"),
        ("ReadCapacityUnits", "WriteCapacityUnits"),
        strict=True,
    ):
        provisioned = int(throughput.get(name) or 0)
        series = [each for each in observations.of(metric, table, index) if each.points]
        if not provisioned or not series:
            continue
        busiest = max(each.largest / each.period_seconds for each in series)
        fitting = (busiest / TARGET_UTILIZATION).to_integral_value("ROUND_CEILING")
        yield CapacityUse(
            place=f"{table}/{index}" if index else table,
            dimension=dimension,
            provisioned=provisioned,
            busiest=busiest,
            suggested=max(1, int(fitting)),
            target=TARGET_UTILIZATION,
        )
