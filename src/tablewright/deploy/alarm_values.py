"""Alarms as resources: one metric, or the sum of several.

In: names of metrics and their dimensions. Out: a resource, or the part of its properties that says
what is watched. Sources: Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.deploy.resources import Ref, Resource

ALARM_TOPIC = "AlarmTopic"
"""The topic where people are told of alarms."""
PERIOD_SECONDS = 300
METRICS_OF_AN_ALARM = 10
"""Metrics that an alarm may take: Amazon CloudWatch User Guide, "CloudWatch service quotas"."""


@frozen
class Expected:
    """What the estimate expects of one table or index at the modelled peak, a second."""

    table: str
    """Logical name of the table's resource."""
    index: str = ""
    reads_per_second: Decimal = Decimal(0)
    writes_per_second: Decimal = Decimal(0)
    is_provisioned: bool = False
    streams: bool = False
    replicas: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    """Operations that access patterns send to the table, such as `GetItem`."""
    failed_conditions_per_second: Decimal = Decimal(0)
    """Conditions that the model expects to fail."""


def alarm(name: str, text: str, properties: dict[str, Any], reason: str = "") -> Resource:
    """Return an alarm that tells the topic; a period without data is fine unless said."""
    return Resource(
        name=f"{name}Alarm",
        kind="AWS::CloudWatch::Alarm",
        properties={
            "AlarmDescription": text,
            "AlarmActions": [Ref(ALARM_TOPIC)],
            "OKActions": [Ref(ALARM_TOPIC)],
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **properties,
        },
        reason=reason,
        price_keys=("aws.cloudwatch.alarm",),
    )


def watched(
    namespace: str,
    metric: str,
    dimensions: Sequence[dict[str, Any]],
    *,
    statistic: str = "Sum",
    period: int = PERIOD_SECONDS,
) -> dict[str, Any]:
    """Return the properties that watch one metric; `p99` and its like are extended statistics."""
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": list(dimensions),
        kind: statistic,
        "Period": period,
    }


def summed(
    namespace: str,
    metrics: Sequence[tuple[str, Sequence[dict[str, Any]]]],
    label: str,
    *,
    period: int = PERIOD_SECONDS,
) -> dict[str, Any]:
    """Return the properties that watch the sum of metrics: each a name and its dimensions."""
    if len(metrics) == 1:
        return watched(namespace, metrics[0][0], metrics[0][1], period=period)
    queries: list[dict[str, Any]] = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": name,
                    "Dimensions": list(dimensions),
                },
                "Period": period,
                "Stat": "Sum",
            },
        }
        for number, (name, dimensions) in enumerate(metrics, start=1)
    ]
    terms = "+".join(f"FILL(m{number},0)" for number in range(1, len(metrics) + 1))
    return {"Metrics": [*queries, {"Id": "total", "Expression": terms, "Label": label}]}


def metrics_watched(resource: Resource) -> int:
    """Return how many metrics an alarm watches: each is charged (Amazon CloudWatch pricing)."""
    return sum("MetricStat" in query for query in resource.properties.get("Metrics", ())) or 1
