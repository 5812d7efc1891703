"""Import rates from CloudWatch: saved get-metric-data or get-metric-statistics replies, or live.

In: JSON files, or `cloudwatch://` with --profile and --region (for the tables that other sources
name). Out: requests by operation (the SampleCount of SuccessfulRequestLatency), and where only
consumed units are known those. What a metric does not say, such as which keys were asked by, stays
open.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.core.quantities import SECONDS_PER_DAY, ZERO
from tablewright.sources.facts import DYNAMODB, ObservedAccess, SourceFacts, SourceTable
from tablewright.sources.source import ReadOptions, Source

TITLE = "CloudWatch metrics"
DAYS = 14
PERIOD_SECONDS = 3600
_OPERATIONS = {
    "GetItem": "get", "BatchGetItem": "get", "TransactGetItems": "get", "Query": "list",
    "Scan": "scan", "PutItem": "put", "BatchWriteItem": "put", "TransactWriteItems": "put",
    "UpdateItem": "update", "DeleteItem": "delete",
}  # fmt: skip
_LABELLED = re.compile(r'"(MetricDataResults|Datapoints)"\s*:')


def recognises(source: Source) -> bool:
    """Whether it is a saved reply of CloudWatch, or CloudWatch itself."""
    if source.scheme == "cloudwatch":
        return True
    return source.is_file and _LABELLED.search(source.head_text) is not None


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the rates that metrics tell.

    Raises:
        EngineError: CloudWatch cannot be asked.
    """
    notes: list[str] = []
    if source.scheme == "cloudwatch":
        stores = [s for s in options.known.stores if s.engine == DYNAMODB]
        if not stores:
            notes.append(
                "cloudwatch:// tells of tables that other sources name: add --from dynamodb:// or "
                "a template"
            )
        results = _asked(stores, options)
        return _facts(results, source.shown, notes)
    try:
        document = json.loads(source.document(), parse_float=Decimal)
    except (ValueError, RecursionError):
        notes.append(f"{source.shown}: not valid JSON; no rate was read")
        return SourceFacts(notes=tuple(notes), sources=(source.shown,))
    results = document.get("MetricDataResults")
    if results is None:
        results = [_of_statistics(document, source)]
    return _facts(results, source.shown, notes)


def _of_statistics(document: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Return a get-metric-statistics reply in the form of get-metric-data."""
    points = document.get("Datapoints") or ()
    return {
        "Label": f"{document.get('Label', '')} {source.path.stem}",
        "Timestamps": [p.get("Timestamp") for p in points],
        "Values": [p.get("SampleCount", p.get("Sum", 0)) for p in points],
    }


def _facts(results: Iterable[Mapping[str, Any]], shown: str, notes: list[str]) -> SourceFacts:
    accesses: list[ObservedAccess] = []
    throttled: list[str] = []
    days_seen = ZERO
    for result in results:
        label = f"{result.get('Label', '')} {result.get('Id', '')}"
        values = [Decimal(str(v)) for v in result.get("Values") or ()]
        if not values:
            continue
        table, index, operation = _named(str(result.get("Label", "")), label)
        days = _days(result.get("Timestamps") or (), len(values))
        days_seen = max(days_seen, days)
        per_day = sum(values, ZERO) / days
        if "Throttle" in label and sum(values, ZERO):
            throttled.append(table)
            continue
        if operation in _OPERATIONS and per_day:
            accesses.append(
                ObservedAccess(
                    store=table,
                    operation=_OPERATIONS[operation],
                    index=index,
                    per_day=per_day,
                    place=f"{shown}: {operation} over {_figure(days)} days",
                )
            )
    for table in dict.fromkeys(throttled):
        notes.append(f"{shown}: requests to {table} were throttled in that time")
    if not accesses:
        notes.append(
            f"{shown}: no operation of DynamoDB is named in the labels; label each query "
            "`TABLE OPERATION`, such as `orders Query`"
        )
    return SourceFacts(
        accesses=tuple(accesses),
        notes=tuple(notes),
        sources=(f"{len(accesses)} metrics over {_figure(days_seen)} days of {shown}",),
    )


def _figure(days: Decimal) -> str:
    return f"{days.quantize(Decimal('0.1')):f}".removesuffix(".0")


def _named(label: str, both: str) -> tuple[str, str, str]:
    """Return table, index and operation of a label.

    Example:
        >>> _named("orders Query", "orders Query")
        ('orders', '', 'Query')
        >>> _named("orders/by-status Query", "")
        ('orders', 'by-status', 'Query')
    """
    words = re.split(r"[\s,;|:]+", label.strip())
    operation = next((w for w in words if w in _OPERATIONS), "")
    if not operation:
        low = both.lower()
        hits = [name for name in _OPERATIONS if name.lower() in low]
        operation = max(hits, key=len, default="")
    noise = {operation, "SuccessfulRequestLatency", "ThrottledRequests", "AWS/DynamoDB", ""}
    names = [word for word in words if word not in noise]
    table, _, index = (names[0] if names else "").partition("/")
    return table, index, operation


def _days(timestamps: Iterable[Any], count: int) -> Decimal:
    """Return how many days the values cover: from the first to one period after the last."""
    moments = sorted(m for m in (_moment(t) for t in timestamps) if m is not None)
    if len(moments) < 2:
        return Decimal(max(1, count)) * PERIOD_SECONDS / SECONDS_PER_DAY
    gaps = sorted(b - a for a, b in pairwise(moments) if b > a)
    period = gaps[0] if gaps else PERIOD_SECONDS
    return Decimal(str(moments[-1] - moments[0] + period)) / SECONDS_PER_DAY


def _moment(value: Any) -> float | None:
    if isinstance(value, dt.datetime):
        return value.timestamp()
    try:
        return dt.datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
    except ValueError:
        try:
            return float(str(value))
        except ValueError:
            return None


# ---------------------------------------------------------------- live


def _asked(stores: list[SourceTable], options: ReadOptions) -> list[dict[str, Any]]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.Session(
        profile_name=options.profile or None, region_name=options.region or None
    )
    client = session.client("cloudwatch", endpoint_url=options.endpoint or None)
    queries = _queries(stores)
    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    results: dict[str, dict[str, Any]] = {}
    try:
        for start in range(0, len(queries), 500):
            token: dict[str, Any] = {}
            while True:
                reply = client.get_metric_data(
                    MetricDataQueries=queries[start : start + 500],
                    StartTime=end - dt.timedelta(days=DAYS),
                    EndTime=end,
                    **token,
                )
                _add(results, reply.get("MetricDataResults", ()))
                if not reply.get("NextToken"):
                    break
                token = {"NextToken": reply["NextToken"]}
    except (BotoCoreError, ClientError) as problem:
        raise EngineError(
            f"CloudWatch cannot be asked: {problem}",
            remedy="allow the action cloudwatch:GetMetricData, or leave cloudwatch:// out",
        ) from problem
    return list(results.values())


def _queries(stores: list[SourceTable]) -> list[dict[str, Any]]:
    queries = []
    for number, store in enumerate(stores):
        for operation in _OPERATIONS:
            queries.append(
                {
                    "Id": f"q{number}_{operation.lower()}",
                    "Label": f"{store.name} {operation}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/DynamoDB",
                            "MetricName": "SuccessfulRequestLatency",
                            "Dimensions": [
                                {"Name": "TableName", "Value": store.name},
                                {"Name": "Operation", "Value": operation},
                            ],
                        },
                        "Period": PERIOD_SECONDS,
                        "Stat": "SampleCount",
                    },
                }
            )
    return queries


def _add(results: dict[str, dict[str, Any]], page: Iterable[Mapping[str, Any]]) -> None:
    for result in page:
        known = results.setdefault(
            result["Id"],
            {"Id": result["Id"], "Label": result["Label"], "Timestamps": [], "Values": []},
        )
        known["Timestamps"] += result.get("Timestamps", ())
        known["Values"] += result.get("Values", ())
