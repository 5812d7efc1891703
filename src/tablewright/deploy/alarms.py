"""Alarms on tables, whose thresholds come from the estimate; the topic that everything is told to.

In: a site, and what the estimate expects each table and index to consume. Out: resources. Names of
metrics, their dimensions and statistics are those of the vendor's lists: Amazon DynamoDB Developer
Guide, "DynamoDB metrics and dimensions"; throttles by cause since September 2025.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import plain
from tablewright.deploy.alarm_values import (
    ALARM_TOPIC,
    METRICS_OF_AN_ALARM,
    PERIOD_SECONDS,
    Expected,
    alarm,
    summed,
    watched,
)
from tablewright.deploy.budget import anomalies, budget
from tablewright.deploy.dashboard import THROTTLE_CAUSES, causes_of, dashboard
from tablewright.deploy.option import Site
from tablewright.deploy.program_alarms import program_alarms, server_alarms
from tablewright.deploy.resources import ParameterRef, Ref, Resource, logical_name

TABLES = "AWS/DynamoDB"
OVER_EXPECTED = Decimal(3)
"""An alarm goes off at three times the units that the estimate expects at the modelled peak."""
LARGEST_LAG_MS = 60_000
NEAR_LIMIT_PERCENT = 80


def alarms(site: Site, expected: Sequence[Expected]) -> Iterator[Resource]:
    """Yield the topic that tells people, every alarm, the dashboard and the budget."""
    yield Resource(
        name=ALARM_TOPIC,
        kind="AWS::SNS::Topic",
        properties={"TopicName": f"{site.stack_name}-alarms"},
        reason="every alarm is told here; with the key alias/aws/sns no alarm could write to it",
    )
    yield Resource(
        name="AlarmAddress",
        kind="AWS::SNS::Subscription",
        properties={
            "TopicArn": Ref(ALARM_TOPIC),
            "Protocol": "email",
            "Endpoint": ParameterRef("AlarmEmail"),
        },
    )
    for place in expected:
        yield from _of_table(site, place)
    if any(place.is_provisioned for place in expected):
        yield from _account_limits()
    yield from program_alarms(site)
    yield from server_alarms(site)
    yield dashboard(site, expected)
    yield from budget(site)
    yield from anomalies(site)


def _dimensions(place: Expected) -> list[dict[str, Any]]:
    dimensions: list[dict[str, Any]] = [{"Name": "TableName", "Value": Ref(place.table)}]
    if place.index:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": place.index})
    return dimensions


def _of_table(site: Site, place: Expected) -> Iterator[Resource]:
    name = logical_name(place.table.removesuffix("Table"), place.index)
    shown = place.table.removesuffix("Table") + (f" / {place.index}" if place.index else "")
    yield _throttles(site, name, shown, place)
    for word, rate in (("Read", place.reads_per_second), ("Write", place.writes_per_second)):
        if rate:
            yield _units(name, shown, word, rate, place)
    if not place.index:
        yield _system_errors(name, shown, place)
    if place.failed_conditions_per_second:
        yield _failed_conditions(name, shown, place)
    for region in place.replicas:
        dimensions: list[dict[str, Any]] = [
            {"Name": "TableName", "Value": Ref(place.table)},
            {"Name": "ReceivingRegion", "Value": region},
        ]
        lag = watched(TABLES, "ReplicationLatency", dimensions, statistic="Average")
        yield alarm(
            f"{name}Lag{logical_name(region)}",
            f"{shown}: changes take over a minute to reach {region}",
            {**lag, "EvaluationPeriods": 3, "Threshold": LARGEST_LAG_MS},
        )


def units_threshold(rate: Decimal) -> int:
    """Return the units in a period over which an alarm goes off: one a second at the least.

    Example:
        >>> units_threshold(Decimal(2)), units_threshold(Decimal("0.001"))
        (1800, 300)
    """
    expected = rate * PERIOD_SECONDS
    return int(max(Decimal(PERIOD_SECONDS), (expected * OVER_EXPECTED).quantize(Decimal(1))))


def _units(name: str, shown: str, word: str, rate: Decimal, place: Expected) -> Resource:
    expected, limit = rate * PERIOD_SECONDS, units_threshold(rate)
    return alarm(
        f"{name}{word}Units",
        f"{shown}: {word.lower()} units are over {OVER_EXPECTED} times what the estimate "
        "expects at its peak: the bill grows with them",
        {
            **watched(TABLES, f"Consumed{word}CapacityUnits", _dimensions(place)),
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 3,
            "Threshold": limit,
        },
        reason=f"expected at the peak: {plain(round(rate, 2))} units a second, "
        f"{plain(expected.quantize(Decimal(1)))} in five minutes",
    )


def _throttles(site: Site, name: str, shown: str, place: Expected) -> Resource:
    """Return one alarm on throttled reads and writes.

    Every metric of an alarm is charged: it watches the two totals, and the dashboard shows the
    causes. Where the program wants the causes in the alarm, it watches each that can occur.
    """
    names = [f"{word}ThrottleEvents" for word in ("Read", "Write")]
    causes = causes_of(place)
    if site.program.alarms_by_cause:
        names = [f"{word}{cause}" for word in ("Read", "Write") for cause in causes]
    dimensions = _dimensions(place)
    reasons = "; ".join(f"{cause}: {THROTTLE_CAUSES[cause]}" for cause in causes)
    return alarm(
        f"{name}Throttled",
        f"{shown}: requests are throttled; the dashboard shows by which cause. {reasons}",
        {
            **summed(TABLES, [(n, dimensions) for n in names], "throttled requests", period=60),
            "EvaluationPeriods": 2,
            "Threshold": 0,
        },
    )


def _system_errors(name: str, shown: str, place: Expected) -> Resource:
    """Return an alarm on errors of the service: the metric exists by operation only."""
    operations = place.operations or ("GetItem", "Query", "PutItem", "UpdateItem")
    metrics: list[tuple[str, list[dict[str, Any]]]] = [
        (
            "SystemErrors",
            [
                {"Name": "TableName", "Value": Ref(place.table)},
                {"Name": "Operation", "Value": operation},
            ],
        )
        for operation in operations[:METRICS_OF_AN_ALARM]
    ]
    return alarm(
        f"{name}SystemErrors",
        f"{shown}: DynamoDB answers with errors of its own; look at the AWS health dashboard",
        {
            **summed(TABLES, metrics, "errors of the service"),
            "EvaluationPeriods": 2,
            "Threshold": 5,
        },
    )


def _failed_conditions(name: str, shown: str, place: Expected) -> Resource:
    rate = place.failed_conditions_per_second
    expected, limit = rate * PERIOD_SECONDS, units_threshold(rate)
    dimensions: list[dict[str, Any]] = [{"Name": "TableName", "Value": Ref(place.table)}]
    return alarm(
        f"{name}FailedConditions",
        f"{shown}: conditions fail over {OVER_EXPECTED} times as often as modelled; each is billed",
        {
            **watched(TABLES, "ConditionalCheckFailedRequests", dimensions),
            "EvaluationPeriods": 3,
            "Threshold": limit,
        },
        reason=f"expected at the peak: {plain(round(expected, 1))} in five minutes",
    )


def _account_limits() -> Iterator[Resource]:
    """Yield alarms on the account's own limit of provisioned capacity."""
    for word in ("Read", "Write"):
        metric = f"AccountProvisioned{word}CapacityUtilization"
        yield alarm(
            f"Account{word}Limit",
            f"provisioned {word.lower()} capacity of all tables nears the account's quota",
            {
                **watched(TABLES, metric, (), statistic="Maximum"),
                "EvaluationPeriods": 1,
                "Threshold": NEAR_LIMIT_PERCENT,
            },
        )
