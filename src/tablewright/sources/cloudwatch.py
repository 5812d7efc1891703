"""Import rates from CloudWatch: saved get-metric-data or get-metric-statistics replies, or live.

In: JSON files, or `cloudwatch://` with --profile and --region (for the tables that other sources
name). Out: requests by operation (the SampleCount of SuccessfulRequestLatency), of indexes the
requests that consumed their units, and where only units are known an estimate from those. What a
metric does not say, such as which keys were asked by, stays open.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

from tablewright.core.quantities import SECONDS_PER_DAY, ZERO
from tablewright.sources.facts import DYNAMODB, ObservedAccess, SourceFacts
from tablewright.sources.source import ReadOptions, Source

TITLE = "CloudWatch metrics"
PERIOD_SECONDS = 3600
OPERATIONS = {
    "GetItem": "get", "BatchGetItem": "get", "TransactGetItems": "get", "Query": "list",
    "Scan": "scan", "PutItem": "put", "BatchWriteItem": "put", "TransactWriteItems": "put",
    "UpdateItem": "update", "DeleteItem": "delete",
}  # fmt: skip
UNITS = {"ConsumedReadCapacityUnits": "read", "ConsumedWriteCapacityUnits": "write"}
LEAST_UNITS = {"read": Decimal("0.5"), "write": Decimal(1)}
"""Units of the smallest request: an eventually consistent read of up to 4 KB, a write of 1 KB."""
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
        from tablewright.sources.cloudwatch_live import asked

        replies = asked(stores, options, notes)
        facts = _facts(replies.metrics, source.shown, notes)
        return replace(facts, busiest=replies.busiest)
    try:
        document = json.loads(source.document(), parse_float=Decimal)
    except (ValueError, RecursionError):
        notes.append(f"{source.shown}: not valid JSON; no rate was read")
        return SourceFacts(notes=tuple(notes), sources=(source.shown,))
    results = document.get("MetricDataResults") if isinstance(document, Mapping) else ()
    if isinstance(results, list):
        results = [result for result in results if isinstance(result, Mapping)]
    elif results is not None:
        results = ()
    else:
        results = _of_statistics(document, source, notes)
    return _facts(results, source.shown, notes)


def _of_statistics(
    document: Mapping[str, Any], source: Source, notes: list[str]
) -> list[dict[str, Any]]:
    """Return a get-metric-statistics reply in the form of get-metric-data.

    The reply does not name its table: the file is named after it. Sums are units, sample counts are
    requests; other statistics say nothing of how often something is asked.
    """
    label = f"{source.path.stem} {document.get('Label', '')}"
    points = [p for p in document.get("Datapoints") or () if isinstance(p, Mapping)]
    results = []
    for statistic in ("Sum", "SampleCount"):
        measured = [p for p in points if statistic in p]
        is_time = statistic == "Sum" and "Latency" in label  # milliseconds, no requests
        if measured and not is_time:
            results.append(
                {
                    "Label": f"{label} {statistic}",
                    "Timestamps": [p.get("Timestamp") for p in measured],
                    "Values": [p[statistic] for p in measured],
                }
            )
    if points and not results:
        notes.append(
            f"{source.shown}: it has neither Sum nor SampleCount; ask with "
            "--statistics Sum SampleCount"
        )
    return results


@dataclass(slots=True)
class _Observed:
    """What the metrics of one table say, a day."""

    operations: dict[str, Decimal] = field(default_factory=dict)
    """Requests by operation; those to indexes are among them."""
    units: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """By index ("" for the table itself), and read or write."""
    requests: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """Requests that consumed units, likewise."""
    by_index: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """Where a label names one: requests of an operation to an index."""

    def calls(self, index: str, kind: str) -> tuple[Decimal, bool]:
        """Return the requests to an index, and whether they are estimated from units alone.

        No request takes less than its least units: minutes without any, which count as samples of
        zero, can be told from requests by that.
        """
        most = self.units.get((index, kind), ZERO) / LEAST_UNITS[kind]
        counted = self.requests.get((index, kind))
        return (most, True) if counted is None else (min(counted, most), False)


def _facts(results: Iterable[Mapping[str, Any]], shown: str, notes: list[str]) -> SourceFacts:
    tables: dict[str, _Observed] = {}
    throttled: list[str] = []
    single: list[str] = []
    days_seen = ZERO
    count = 0
    for result in results:
        label = f"{result.get('Label', '')} {result.get('Id', '')}"
        values = _numbers(result.get("Values"))
        if not values:
            continue
        table, index, operation = _named(str(result.get("Label", "")), label)
        moments = result.get("Timestamps") or ()
        days = _days(moments, len(values))
        if len(values) == 1:
            single.append(table)
        days_seen = max(days_seen, days)
        per_day = sum(values, ZERO) / days
        observed = tables.setdefault(table, _Observed())
        count += 1
        if "Throttle" in label:
            if per_day:
                throttled.append(table)
        elif operation in UNITS:
            is_count = "SampleCount" in label
            known = observed.requests if is_count else observed.units
            known[(index, UNITS[operation])] = per_day
        elif operation and index:
            observed.by_index[(index, operation)] = per_day
        elif operation:
            observed.operations[operation] = observed.operations.get(operation, ZERO) + per_day
        else:
            count -= 1
    accesses = [a for name, table in tables.items() for a in _accesses(name, table, shown, notes)]
    for table in dict.fromkeys(throttled):
        notes.append(f"{shown}: requests to {table} were throttled in that time")
    for table in dict.fromkeys(name for name in single if name in tables):
        notes.append(
            f"{shown}: of {table} there is one point in time, which is taken for an hour; ask for "
            "more, such as 14 days with --period 3600"
        )
    if not accesses:
        notes.append(
            f"{shown}: no operation of DynamoDB is named in the labels; label each query "
            "`TABLE OPERATION`, such as `orders Query`"
        )
    return SourceFacts(
        accesses=tuple(accesses),
        notes=tuple(notes),
        sources=(f"{count} metrics over {_span(days_seen)} of {shown}",),
    )


def _accesses(
    table: str, observed: _Observed, shown: str, notes: list[str]
) -> Iterable[ObservedAccess]:
    """Yield how often a table and its indexes are asked."""
    access = partial(ObservedAccess, store=table)
    for (index, operation), per_day in observed.by_index.items():
        if per_day:
            yield access(
                operation=OPERATIONS[operation],
                index=index,
                per_day=per_day,
                place=f"{shown}: {operation}",
            )
    indexes = dict.fromkeys(index for index, _ in observed.units if index)
    reads = {index: observed.calls(index, "read") for index in indexes}
    queries = observed.operations.get("Query")
    through = sum((calls for calls, _ in reads.values()), ZERO)
    if queries is not None and through > queries:
        # Scans of an index are rare: what its units stand for are at most all queries there were.
        reads = {index: (calls * queries / through, True) for index, (calls, _) in reads.items()}
        through = queries
    for index, (calls, is_estimate) in reads.items():
        if calls:
            yield access(
                operation="list",
                index=index,
                per_day=calls,
                is_estimate=is_estimate,
                place=f"{shown}: units of {index}",
            )
    for operation, per_day in observed.operations.items():
        remaining = per_day - through if operation == "Query" else per_day
        if remaining > 0:
            yield access(
                operation=OPERATIONS[operation], per_day=remaining, place=f"{shown}: {operation}"
            )
    if observed.operations or observed.by_index:
        return
    for kind, operation in (("read", "get"), ("write", "put")):
        calls, is_estimate = observed.calls("", kind)
        if calls:
            yield access(
                operation=operation,
                per_day=calls,
                is_estimate=is_estimate,
                place=f"{shown}: units of {kind}s",
            )
    if observed.units:
        notes.append(
            f"{shown}: of {table} only consumed units are known: reads are taken for GetItem, "
            "writes for PutItem"
        )


def _numbers(values: Any) -> list[Decimal]:
    """Return the numbers among values; what is none is left out."""
    numbers = []
    for value in values if isinstance(values, list) else ():
        try:
            numbers.append(Decimal(str(value)))
        except ArithmeticError:
            continue
    return [number for number in numbers if number.is_finite() and number >= 0]


def _span(days: Decimal) -> str:
    """Return a time in words.

    Example:
        >>> _span(Decimal("1.5")), _span(Decimal(10) / 1440)
        ('1.5 days', '10 minutes')
    """
    if days >= Decimal("0.1"):
        return f"{days.quantize(Decimal('0.1')):f}".removesuffix(".0") + " days"
    return f"{round(days * 1440)} minutes"


def _named(label: str, both: str) -> tuple[str, str, str]:
    """Return table, index and operation of a label.

    Example:
        >>> _named("orders Query", "orders Query")
        ('orders', '', 'Query')
        >>> _named("orders/by-status Query", "")
        ('orders', 'by-status', 'Query')
        >>> _named("orders/by-status ConsumedReadCapacityUnits Sum", "")
        ('orders', 'by-status', 'ConsumedReadCapacityUnits')
    """
    words = re.split(r"[\s,;|:]+", label.strip())
    known = (*UNITS, *OPERATIONS)
    operation = next((w for w in words if w in known), "")
    if not operation:
        low = both.lower()
        hits = [name for name in known if name.lower() in low]
        operation = max(hits, key=len, default="")
    noise = {operation, "SuccessfulRequestLatency", "ThrottledRequests", "AWS/DynamoDB", "Sum",
             "SampleCount", ""}  # fmt: skip
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
