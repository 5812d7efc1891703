"""CloudWatch metrics and alarms of DynamoDB tables: asked live, or saved replies.

In: tables with their indexes; a session of boto3, or files. Out: `Observations`. Names, dimensions
and statistics: Amazon DynamoDB Developer Guide, "DynamoDB metrics and dimensions", read 2026-11.
Throttles by cause exist since September 2025. A saved reply of GetMetricData is labelled
`TABLE METRIC` or `TABLE/INDEX METRIC`, for requests `TABLE OPERATION`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from tablewright.core.errors import DataError, EngineError
from tablewright.evaluation.health import MetricSeries, Observations, ObservedAlarm

NAMESPACE = "AWS/DynamoDB"
CONSUMED = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
THROTTLES = ("ReadThrottleEvents", "WriteThrottleEvents")
CAUSES = tuple(
    f"{word}{cause}ThrottleEvents"
    for word in ("Read", "Write")
    for cause in (
        "ProvisionedThroughput",
        "MaxOnDemandThroughput",
        "KeyRangeThroughput",
        "AccountLimit",
    )
)
SUMS = (*CONSUMED, *THROTTLES, *CAUSES)
LATENCY = "SuccessfulRequestLatency"
OPERATIONS = (
    "GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "PutItem", "UpdateItem",
    "DeleteItem", "BatchWriteItem", "TransactWriteItems",
)  # fmt: skip
PERIOD_SECONDS = 3600
METRICS_RIGHT, ALARMS_RIGHT = "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
QUERIES_AT_ONCE = 500
"""Of GetMetricData: API reference."""


def read_files(paths: Sequence[str]) -> Observations:
    """Return what saved replies of CloudWatch say: GetMetricData and DescribeAlarms.

    Raises:
        DataError: a file is neither.
    """
    series: list[MetricSeries] = []
    alarms: list[ObservedAlarm] | None = None
    for name in paths:
        try:
            content = json.loads(Path(name).read_text(encoding="utf-8"), parse_float=Decimal)
            if "MetricDataResults" in content:
                series += _series(content["MetricDataResults"])
            elif "MetricAlarms" in content:
                alarms = [*(alarms or ()), *_alarms(content["MetricAlarms"])]
            else:
                raise ValueError("neither MetricDataResults nor MetricAlarms is in it")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise DataError(
                f"{name} is no reply of CloudWatch: {problem}",
                remedy="save the JSON of `aws cloudwatch get-metric-data` or `describe-alarms`",
            ) from problem
    return Observations(
        series=tuple(series) if series else None,
        alarms=None if alarms is None else tuple(alarms),
        source=", ".join(paths),
    )


def ask(
    session: Any, endpoint: str, tables: Mapping[str, Sequence[str]], days: int
) -> Observations:
    """Return what CloudWatch knows of tables and their indexes.

    Args:
        session: of boto3.
        endpoint: of a server of its API; "" for Amazon's.
        tables: names, each with those of its indexes.
        days: how far back.

    Raises:
        EngineError: it cannot be asked.
    """
    client = session.client("cloudwatch", endpoint_url=endpoint or None)
    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    queries = list(_queries(tables))
    results: dict[str, dict[str, Any]] = {}
    alarms: list[dict[str, Any]] = []

    def ask_metrics() -> None:
        for start in range(0, len(queries), QUERIES_AT_ONCE):
            pages = client.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries[start : start + QUERIES_AT_ONCE],
                StartTime=end - dt.timedelta(days=days),
                EndTime=end,
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    kept = results.setdefault(
                        result["Id"], {"Label": result["Label"], "Timestamps": [], "Values": []}
                    )
                    kept["Timestamps"] += result["Timestamps"]
                    kept["Values"] += result["Values"]

    def ask_alarms() -> None:
        for page in client.get_paginator("describe_alarms").paginate():
            alarms.extend(page.get("MetricAlarms", ()))

    has_metrics, has_alarms = _allowed(ask_metrics), _allowed(ask_alarms)
    missing = ((METRICS_RIGHT, has_metrics), (ALARMS_RIGHT, has_alarms))
    labels = {query["Id"]: query["Label"] for query in queries}
    named = [{**result, "Label": labels[name]} for name, result in results.items()]
    return Observations(
        series=tuple(_series(named)) if has_metrics else None,
        alarms=tuple(_alarms(alarms)) if has_alarms else None,
        source=f"CloudWatch, {days} days",
        refused=tuple((right, "the right is missing") for right, given in missing if not given),
    )


def _allowed(ask_service: Callable[[], None]) -> bool:
    """Ask; return False where the caller has no right to.

    Raises:
        EngineError: it cannot be asked for another reason.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        ask_service()
    except ClientError as problem:
        if problem.response.get("Error", {}).get("Code") in DENIED:
            return False
        raise _unasked(problem) from problem
    except BotoCoreError as problem:
        raise _unasked(problem) from problem
    return True


def _unasked(problem: Exception) -> EngineError:
    return EngineError(
        f"CloudWatch cannot be asked: {problem}",
        remedy="check the address and the credentials, or say --no-cloudwatch",
    )


def commands(tables: Iterable[str], region: str) -> Iterator[tuple[str, str]]:
    """Yield what asks CloudWatch for the units a table consumed in each hour of the last day.

    The table alone: its indexes report theirs under a dimension of their own.
    """
    for table in tables:
        for metric in (*CONSUMED, *THROTTLES):
            yield (
                table,
                f"aws cloudwatch get-metric-statistics --region {region} --namespace {NAMESPACE} "
                f"--metric-name {metric} --dimensions Name=TableName,Value={table} "
                f"--statistics Sum --period {PERIOD_SECONDS} "
                '--start-time "$(date -u -d yesterday +%FT%TZ)" --end-time "$(date -u +%FT%TZ)"',
            )


def _queries(tables: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    number = 0
    for table, indexes in tables.items():
        dimensions = [{"Name": "TableName", "Value": table}]
        for index in ("", *indexes):
            of_index = [{"Name": "GlobalSecondaryIndexName", "Value": index}] if index else []
            for metric in SUMS:
                label = f"{table}/{index} {metric}" if index else f"{table} {metric}"
                yield _query(number, label, metric, [*dimensions, *of_index], "Sum")
                number += 1
        for operation in OPERATIONS:
            of_operation = [*dimensions, {"Name": "Operation", "Value": operation}]
            yield _query(number, f"{table} {operation}", LATENCY, of_operation, "SampleCount")
            number += 1


def _query(
    number: int, label: str, metric: str, dimensions: list[dict[str, str]], statistic: str
) -> dict[str, Any]:
    return {
        "Id": f"q{number}",
        "Label": label,
        "MetricStat": {
            "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
            "Period": PERIOD_SECONDS,
            "Stat": statistic,
        },
    }


def _series(results: Iterable[Mapping[str, Any]]) -> Iterator[MetricSeries]:
    for result in results:
        words = re.split(r"[\s,;|]+", str(result["Label"]).strip())
        what = next((word for word in words if word in SUMS or word in OPERATIONS), "")
        place = next((word for word in words if word not in ("", what, NAMESPACE, LATENCY)), "")
        if not what or not place:
            continue
        table, _, index = place.partition("/")
        pairs = zip(result["Timestamps"], result["Values"], strict=True)
        points = sorted((_moment(when), Decimal(str(value))) for when, value in pairs)
        yield MetricSeries(
            metric=LATENCY if what in OPERATIONS else what,
            table=table,
            index=index,
            operation=what if what in OPERATIONS else "",
            period_seconds=_period(points),
            points=tuple(points),
        )


def _period(points: Sequence[tuple[int, Decimal]]) -> int:
    gaps = [after - before for (before, _), (after, _) in pairwise(points) if after > before]
    return min(gaps, default=PERIOD_SECONDS)


def _moment(value: Any) -> int:
    if isinstance(value, dt.datetime):
        return int(value.timestamp())
    if isinstance(value, str):
        return int(dt.datetime.fromisoformat(value).timestamp())
    return int(value)


def _alarms(described: Iterable[Mapping[str, Any]]) -> Iterator[ObservedAlarm]:
    for alarm in described:
        metrics = [alarm] if alarm.get("MetricName") else []
        metrics += [
            entry["MetricStat"]["Metric"]
            for entry in alarm.get("Metrics") or ()
            if "MetricStat" in entry
        ]
        metrics = [each for each in metrics if each.get("Namespace") == NAMESPACE]
        yield ObservedAlarm(
            name=alarm["AlarmName"],
            metrics=tuple(dict.fromkeys(each["MetricName"] for each in metrics)),
            tables=tuple(
                dict.fromkeys(
                    dimension["Value"]
                    for each in metrics
                    for dimension in each.get("Dimensions", ())
                    if dimension["Name"] == "TableName"
                )
            ),
            has_actions=bool(alarm.get("ActionsEnabled", True) and alarm.get("AlarmActions")),
            state=str(alarm.get("StateValue", "")),
        )
