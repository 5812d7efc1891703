"""Ask CloudWatch for the metrics of tables, and Contributor Insights where it is on.

In: the tables and indexes that other sources name. Out: metrics in the form of get-metric-data,
labelled `TABLE OPERATION` or `TABLE/INDEX METRIC STATISTIC`, and what share of the requests the
busiest key takes. It asks for sums and counts only; the keys in a report of Contributor Insights
are users' data and are not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.sources.cloudwatch import OPERATIONS, PERIOD_SECONDS, UNITS
from tablewright.sources.facts import ObservedKey, SourceTable
from tablewright.sources.source import ReadOptions

DAYS = 14
INSIGHT_DAYS = 1
"""A report of Contributor Insights covers at most a day."""
QUERIES_AT_ONCE = 500
"""GetMetricData takes at most 500 queries (CloudWatch API Reference, read 2026-11)."""
_RULE = "DynamoDBContributorInsights-PKC-"
"""Rules of the most accessed partition keys begin so (DynamoDB Developer Guide, "Contributor
Insights", read 2026-11)."""


@frozen
class Replies:
    """What CloudWatch says."""

    metrics: tuple[Mapping[str, Any], ...]
    busiest: tuple[ObservedKey, ...]


def asked(stores: Sequence[SourceTable], options: ReadOptions, notes: list[str]) -> Replies:
    """Return the metrics of tables.

    Raises:
        EngineError: CloudWatch cannot be asked.
    """
    import boto3

    session = boto3.Session(
        profile_name=options.profile or None, region_name=options.region or None
    )
    where = {"endpoint_url": options.endpoint or None}
    return replies(
        session.client("cloudwatch", **where), session.client("dynamodb", **where), stores, notes
    )


def replies(
    cloudwatch: Any, dynamodb: Any, stores: Sequence[SourceTable], notes: list[str]
) -> Replies:
    """Return what two clients say of tables.

    Raises:
        EngineError: metrics cannot be asked for.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    try:
        metrics = tuple(_metrics(cloudwatch, _queries(stores), end))
    except (BotoCoreError, ClientError) as problem:
        raise EngineError(
            f"CloudWatch cannot be asked: {_reason(problem)}",
            remedy="allow the action cloudwatch:GetMetricData, or leave cloudwatch:// out",
        ) from problem
    busiest: list[ObservedKey] = []
    for store in stores:
        for index in ("", *(i.name for i in store.indexes if not i.is_local)):
            try:
                rule = _rule(dynamodb, store.name, index)
                share = _top_share(cloudwatch, rule, end) if rule else None
            except (BotoCoreError, ClientError) as problem:
                action = getattr(problem, "operation_name", "GetInsightRuleReport")
                reason = _reason(problem)
                note = f"Contributor Insights cannot be read ({reason}): the busiest keys are not "
                note += "known"
                if reason.startswith("AccessDenied"):
                    note += f"; it takes the action {_service(action)}:{action}"
                notes.append(note)
                return Replies(metrics=metrics, busiest=tuple(busiest))
            if share is not None:
                busiest.append(ObservedKey(store=store.name, index=index, share=share))
    return Replies(metrics=metrics, busiest=tuple(busiest))


def _service(action: str) -> str:
    return "dynamodb" if "Contributor" in action else "cloudwatch"


def _reason(problem: Exception) -> str:
    response = getattr(problem, "response", None)
    if isinstance(response, Mapping):
        return str(response.get("Error", {}).get("Code", type(problem).__name__))
    return type(problem).__name__


def _metrics(client: Any, queries: list[dict[str, Any]], end: dt.datetime) -> Iterable[Any]:
    results: dict[str, dict[str, Any]] = {}
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        token: dict[str, Any] = {}
        while True:
            reply = client.get_metric_data(
                MetricDataQueries=queries[start : start + QUERIES_AT_ONCE],
                StartTime=end - dt.timedelta(days=DAYS),
                EndTime=end,
                **token,
            )
            _add(results, reply.get("MetricDataResults", ()))
            if not reply.get("NextToken"):
                break
            token = {"NextToken": reply["NextToken"]}
    return results.values()


def _queries(stores: Sequence[SourceTable]) -> list[dict[str, Any]]:
    queries: list[dict[str, Any]] = []

    def add(label: str, metric: str, statistic: str, **dimensions: str) -> None:
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        queries.append(
            {
                "Id": f"q{len(queries)}",
                "Label": label,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/DynamoDB",
                        "MetricName": metric,
                        "Dimensions": named,
                    },
                    "Period": PERIOD_SECONDS,
                    "Stat": statistic,
                },
            }
        )

    for store in stores:
        table = store.name
        for operation in OPERATIONS:
            label = f"{table} {operation}"
            add(label, "SuccessfulRequestLatency", "SampleCount", TableName=table,
                Operation=operation)  # fmt: skip
        for operation in ("GetItem", "Query", "PutItem", "UpdateItem"):
            label = f"{table} {operation} ThrottledRequests"
            add(label, "ThrottledRequests", "Sum", TableName=table, Operation=operation)
        for metric in UNITS:
            add(f"{table} {metric} Sum", metric, "Sum", TableName=table)
            add(f"{table} {metric} SampleCount", metric, "SampleCount", TableName=table)
        for index in store.indexes:
            if index.is_local:
                continue  # its units are the table's
            metric = "ConsumedReadCapacityUnits"
            for statistic in ("Sum", "SampleCount"):
                add(f"{table}/{index.name} {metric} {statistic}", metric, statistic,
                    TableName=table, GlobalSecondaryIndexName=index.name)  # fmt: skip
    return queries


def _add(results: dict[str, dict[str, Any]], page: Iterable[Mapping[str, Any]]) -> None:
    for result in page:
        known = results.setdefault(
            result["Id"],
            {"Id": result["Id"], "Label": result["Label"], "Timestamps": [], "Values": []},
        )
        known["Timestamps"] += result.get("Timestamps", ())
        known["Values"] += result.get("Values", ())


# ---------------------------------------------------------------- Contributor Insights


def _rule(client: Any, table: str, index: str) -> str:
    """Return the rule that counts accesses by partition key; "" where it is not on."""
    where = {"TableName": table} | ({"IndexName": index} if index else {})
    reply = client.describe_contributor_insights(**where)
    if reply.get("ContributorInsightsStatus") != "ENABLED":
        return ""
    rules = reply.get("ContributorInsightsRuleList") or ()
    return next((str(rule) for rule in rules if str(rule).startswith(_RULE)), "")


def _top_share(client: Any, rule: str, end: dt.datetime) -> Decimal | None:
    """Return what share of a day's accesses the busiest key takes; None where there were none."""
    reply = client.get_insight_rule_report(
        RuleName=rule,
        StartTime=end - dt.timedelta(days=INSIGHT_DAYS),
        EndTime=end,
        Period=PERIOD_SECONDS,
        MaxContributorCount=1,
    )
    return share_of(reply)


def share_of(report: Mapping[str, Any]) -> Decimal | None:
    """Return the share of the first contributor of a report; its key is not looked at."""
    total = Decimal(str(report.get("AggregateValue") or 0))
    values = [
        Decimal(str(c.get("ApproximateAggregateValue") or 0))
        for c in report.get("Contributors") or ()
        if isinstance(c, Mapping)
    ]
    most = max(values, default=ZERO)
    return min(Decimal(1), most / total) if total and most else None
