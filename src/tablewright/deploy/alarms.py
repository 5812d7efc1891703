"""Alarms whose thresholds come from the estimate, a dashboard, a budget.

In: a site, and what the estimate expects each table and index to consume. Out: resources. Names of
metrics, their dimensions and statistics are those of the vendor's lists: Amazon DynamoDB Developer
Guide, "DynamoDB metrics and dimensions"; throttles by cause since September 2025.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import plain
from tablewright.deploy.compute import FUNCTION, TASKS, kind_of
from tablewright.deploy.functions import function_names
from tablewright.deploy.option import Site
from tablewright.deploy.resources import ParameterRef, Ref, Resource, Text, logical_name

PERIOD_SECONDS = 300
OVER_EXPECTED = Decimal(3)
"""An alarm goes off at three times the units that the estimate expects at the modelled peak."""
THROTTLE_CAUSES = {
    "ProvisionedThroughputThrottleEvents": "capacity is set too low",
    "MaxOnDemandThroughputThrottleEvents": "the maximum that was set for on-demand is reached",
    "KeyRangeThroughputThrottleEvents": "one key or key range is hot",
    "AccountLimitThrottleEvents": "the account's quota is reached",
}
"""Amazon DynamoDB metrics by cause; each exists for reads and for writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
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


def alarms(site: Site, expected: Sequence[Expected]) -> Iterator[Resource]:
    """Yield the topic that tells people, every alarm, the dashboard and the budget."""
    yield Resource(
        name="AlarmTopic",
        kind="AWS::SNS::Topic",
        properties={"TopicName": f"{site.stack_name}-alarms"},
        reason="every alarm is told here; with the key alias/aws/sns no alarm could write to it",
    )
    yield Resource(
        name="AlarmAddress",
        kind="AWS::SNS::Subscription",
        properties={
            "TopicArn": Ref("AlarmTopic"),
            "Protocol": "email",
            "Endpoint": ParameterRef("AlarmEmail"),
        },
    )
    for place in expected:
        yield from _of_table(site, place)
    yield from _of_compute(site)
    yield _dashboard(site, expected)
    yield from _budget(site)
    yield from _anomalies(site)


def _alarm(name: str, text: str, properties: dict[str, Any], reason: str = "") -> Resource:
    return Resource(
        name=f"{name}Alarm",
        kind="AWS::CloudWatch::Alarm",
        properties={
            "AlarmDescription": text,
            "AlarmActions": [Ref("AlarmTopic")],
            "OKActions": [Ref("AlarmTopic")],
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **properties,
        },
        reason=reason,
        price_keys=("aws.cloudwatch.alarm",),
    )


def _dimensions(place: Expected) -> list[dict[str, Any]]:
    dimensions: list[dict[str, Any]] = [{"Name": "TableName", "Value": Ref(place.table)}]
    if place.index:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": place.index})
    return dimensions


def _of_table(site: Site, place: Expected) -> Iterator[Resource]:
    name = logical_name(place.table.removesuffix("Table"), place.index)
    shown = place.table.removesuffix("Table") + (f" / {place.index}" if place.index else "")
    yield _throttles(name, shown, place)
    for word, rate in (("Read", place.reads_per_second), ("Write", place.writes_per_second)):
        if not rate:
            continue
        expected_units = rate * PERIOD_SECONDS
        threshold = max(
            Decimal(PERIOD_SECONDS), (expected_units * OVER_EXPECTED).quantize(Decimal(1))
        )
        yield _alarm(
            f"{name}{word}Units",
            f"{shown}: {word.lower()} units are over {OVER_EXPECTED} times what the estimate "
            "expects at its peak: the bill grows with them",
            {
                "Namespace": "AWS/DynamoDB",
                "MetricName": f"Consumed{word}CapacityUnits",
                "Dimensions": _dimensions(place),
                "Statistic": "Sum",
                "Period": PERIOD_SECONDS,
                "EvaluationPeriods": 3,
                "DatapointsToAlarm": 3,
                "Threshold": int(threshold),
            },
            reason=f"expected at the peak: {plain(round(rate, 2))} units a second, "
            f"{plain(expected_units.quantize(Decimal(1)))} in five minutes",
        )
    if not place.index:
        yield _system_errors(name, shown, place)
    for region in place.replicas:
        yield _alarm(
            f"{name}Lag{logical_name(region)}",
            f"{shown}: changes take over a minute to reach {region}",
            {
                "Namespace": "AWS/DynamoDB",
                "MetricName": "ReplicationLatency",
                "Dimensions": [
                    {"Name": "TableName", "Value": Ref(place.table)},
                    {"Name": "ReceivingRegion", "Value": region},
                ],
                "Statistic": "Average",
                "Period": PERIOD_SECONDS,
                "EvaluationPeriods": 3,
                "Threshold": 60_000,
            },
        )


def _throttles(name: str, shown: str, place: Expected) -> Resource:
    """Return one alarm over the causes that can occur: an alarm takes ten metrics at the most."""
    causes = [
        cause
        for cause in THROTTLE_CAUSES
        if cause.startswith("Provisioned") == place.is_provisioned
        or not cause.startswith(("Provisioned", "MaxOnDemand"))
    ]
    causes = [c for c in causes if not (place.is_provisioned and c.startswith("MaxOnDemand"))]
    metrics: list[dict[str, Any]] = []
    for word in ("Read", "Write"):
        for cause in causes:
            metrics.append(
                {
                    "Id": f"m{len(metrics) + 1}",
                    "ReturnData": False,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/DynamoDB",
                            "MetricName": f"{word}{cause}",
                            "Dimensions": _dimensions(place),
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                }
            )
    terms = "+".join(f"FILL(m{number},0)" for number in range(1, len(metrics) + 1))
    metrics.append({"Id": "throttled", "Expression": terms, "Label": "throttled requests"})
    reasons = "; ".join(f"{cause}: {THROTTLE_CAUSES[cause]}" for cause in causes)
    return _alarm(
        f"{name}Throttled",
        f"{shown}: requests are throttled. {reasons}",
        {"Metrics": metrics, "EvaluationPeriods": 2, "Threshold": 0},
    )


def _system_errors(name: str, shown: str, place: Expected) -> Resource:
    """Return an alarm on errors of the service: the metric exists by operation only."""
    operations = ("GetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems")
    metrics: list[dict[str, Any]] = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": "SystemErrors",
                    "Dimensions": [
                        {"Name": "TableName", "Value": Ref(place.table)},
                        {"Name": "Operation", "Value": operation},
                    ],
                },
                "Period": PERIOD_SECONDS,
                "Stat": "Sum",
            },
        }
        for number, operation in enumerate(operations, start=1)
    ]
    terms = "+".join(f"FILL(m{number},0)" for number in range(1, len(operations) + 1))
    metrics.append({"Id": "errors", "Expression": terms, "Label": "errors of the service"})
    return _alarm(
        f"{name}SystemErrors",
        f"{shown}: DynamoDB answers with errors of its own; look at the AWS health dashboard",
        {"Metrics": metrics, "EvaluationPeriods": 2, "Threshold": 5},
    )


def _of_compute(site: Site) -> Iterator[Resource]:
    kind = kind_of(site)
    if kind == FUNCTION:
        names = function_names(site)
        yield _alarm(
            "FunctionErrors",
            "a function fails: read its log",
            {**_of_functions("Errors", names), "EvaluationPeriods": 2, "Threshold": 5},
        )
        yield _alarm(
            "FunctionThrottled",
            "the account's concurrency is used up: raise its quota, or find what holds functions",
            {**_of_functions("Throttles", names), "EvaluationPeriods": 2, "Threshold": 0},
        )
        yield _alarm(
            "DeadLetters",
            "asynchronous calls failed for good: their messages wait in the queue",
            {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": Ref("DeadLetters", "QueueName")}],
                "Statistic": "Maximum",
                "Period": PERIOD_SECONDS,
                "EvaluationPeriods": 1,
                "Threshold": 0,
            },
        )
        yield _api_errors(site)
    elif site.has("aws.elb"):
        balancer = [{"Name": "LoadBalancer", "Value": Ref("Balancer", "LoadBalancerFullName")}]
        yield _alarm(
            "BalancerErrors",
            "the application answers with 5xx",
            {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "HTTPCode_Target_5XX_Count",
                "Dimensions": balancer,
                "Statistic": "Sum",
                "Period": PERIOD_SECONDS,
                "EvaluationPeriods": 2,
                "Threshold": 5,
            },
        )
        yield _alarm(
            "Unhealthy",
            f"{'a task' if kind == TASKS else 'an instance'} is not healthy",
            {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "UnHealthyHostCount",
                "Dimensions": [
                    *balancer,
                    {"Name": "TargetGroup", "Value": Ref("Targets", "TargetGroupFullName")},
                ],
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 5,
                "Threshold": 0,
            },
        )


def _api_errors(site: Site) -> Resource:
    """Return the alarm on 5xx; REST and HTTP APIs name the metric and its dimension differently."""
    rest = site.has("aws.api-gateway.rest")
    dimension: dict[str, Any] = {"Name": "ApiName", "Value": site.stack_name}
    if not rest:
        dimension = {"Name": "ApiId", "Value": Ref("Api")}
    return _alarm(
        "ApiErrors",
        "the API answers with 5xx",
        {
            "Namespace": "AWS/ApiGateway",
            "MetricName": "5XXError" if rest else "5xx",
            "Dimensions": [dimension],
            "Statistic": "Sum",
            "Period": PERIOD_SECONDS,
            "EvaluationPeriods": 2,
            "Threshold": 5,
        },
    )


METRICS_OF_AN_ALARM = 10
"""Metrics that an alarm may take: Amazon CloudWatch User Guide, "CloudWatch service quotas"."""


def _of_functions(metric: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the sum of a metric over all functions, or of the account's where they are too many.

    Lambda reports the sum over every function of the account and region where no name is given.
    """
    if len(names) == 1 or len(names) > METRICS_OF_AN_ALARM:
        one = [{"Name": "FunctionName", "Value": Ref(names[0])}]
        return {
            "Namespace": "AWS/Lambda",
            "MetricName": metric,
            "Dimensions": one if len(names) == 1 else [],
            "Statistic": "Sum",
            "Period": PERIOD_SECONDS,
        }
    metrics: list[dict[str, Any]] = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": Ref(name)}],
                },
                "Period": PERIOD_SECONDS,
                "Stat": "Sum",
            },
        }
        for number, name in enumerate(names, start=1)
    ]
    terms = "+".join(f"FILL(m{number},0)" for number in range(1, len(names) + 1))
    metrics.append({"Id": "total", "Expression": terms, "Label": f"{metric.lower()} of functions"})
    return {"Metrics": metrics}


def _dashboard(site: Site, expected: Sequence[Expected]) -> Resource:
    """Return a dashboard with what is consumed beside what is expected, table by table."""
    parts: list[Any] = ['{"widgets":[']
    for position, place in enumerate(expected):
        if position:
            parts.append(",")
        parts.extend(_widget(site, place, position))
    parts.append("]}")
    return Resource(
        name="Dashboard",
        kind="AWS::CloudWatch::Dashboard",
        properties={"DashboardName": site.stack_name, "DashboardBody": Text(tuple(parts))},
        reason="units in five minutes; the lines are what the estimate expects at the peak",
        price_keys=("aws.cloudwatch.dashboard",),
    )


def _widget(site: Site, place: Expected, position: int) -> list[Any]:
    index = f',"GlobalSecondaryIndexName",{json.dumps(place.index)}' if place.index else ""
    title = json.dumps(
        place.table.removesuffix("Table") + (f" / {place.index}" if place.index else "")
    )
    lines = ",".join(
        json.dumps({"label": f"expected {word}", "value": float(round(rate * PERIOD_SECONDS, 1))})
        for word, rate in (
            ("reads", place.reads_per_second),
            ("writes", place.writes_per_second),
        )
    )
    x, y = 12 * (position % 2), 6 * (position // 2)
    return [
        f'{{"type":"metric","x":{x},"y":{y},"width":12,"height":6,"properties":{{"title":{title},'
        f'"region":"{site.region}","stat":"Sum","period":{PERIOD_SECONDS},"metrics":['
        '["AWS/DynamoDB","ConsumedReadCapacityUnits","TableName","',
        Ref(place.table),
        f'"{index}],["AWS/DynamoDB","ConsumedWriteCapacityUnits","TableName","',
        Ref(place.table),
        f'"{index}]],"annotations":{{"horizontal":[{lines}]}}}}}}',
    ]


def _budget(site: Site) -> Iterator[Resource]:
    amount = max(Decimal(1), site.usd_per_month.quantize(Decimal("0.01")))
    yield Resource(
        name="MonthlyBudget",
        kind="AWS::Budgets::Budget",
        properties={
            "Budget": {
                "BudgetName": site.stack_name,
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": float(amount), "Unit": "USD"},
                "CostFilters": {"TagKeyValue": [f"user:app${site.app}"]},
            },
            "NotificationsWithSubscribers": [
                {
                    "Notification": {
                        "NotificationType": kind,
                        "ComparisonOperator": "GREATER_THAN",
                        "Threshold": threshold,
                        "ThresholdType": "PERCENTAGE",
                    },
                    "Subscribers": [
                        {"SubscriptionType": "EMAIL", "Address": ParameterRef("AlarmEmail")}
                    ],
                }
                for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 120))
            ],
        },
        reason=f"the priced bill of this option at {site.users:,} users: {amount} USD a month",
    )


def _anomalies(site: Site) -> Iterator[Resource]:
    """Yield a watch over charges that are unlike those of the days before; free of charge."""
    if not site.tags:
        return
    tag = {"Tags": {"Key": "app", "Values": [site.app]}}
    yield Resource(
        name="CostMonitor",
        kind="AWS::CE::AnomalyMonitor",
        properties={
            "MonitorName": site.stack_name,
            "MonitorType": "CUSTOM",
            "MonitorSpecification": json.dumps(tag),
        },
        reason="charges of what carries the application's tag",
    )
    least = max(Decimal(1), (site.usd_per_month / 10).quantize(Decimal(1)))
    threshold = {
        "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": [str(least)],
        }
    }
    yield Resource(
        name="CostAnomalies",
        kind="AWS::CE::AnomalySubscription",
        properties={
            "SubscriptionName": site.stack_name,
            "Frequency": "DAILY",
            "MonitorArnList": [Ref("CostMonitor")],
            "Subscribers": [{"Type": "EMAIL", "Address": ParameterRef("AlarmEmail")}],
            "ThresholdExpression": json.dumps(threshold),
        },
        reason=f"from a tenth of the priced bill: {least} USD",
    )
