"""The throughput limits of the service: who would have been throttled, and why.

In: which keys a request touches, then what it consumed, and the time. Out: nothing, or the
service's throttling error with its reason. It does not know how requests are carried out.

Simplified where the service does not tell: a request is let in while its bucket is not empty, and
its true cost may then overdraw the bucket, since the cost is known only afterwards. An index is
limited by the partition of a written key only when a put names that key.

Sources: AWS Developer Guide, "Burst and adaptive capacity" (300 seconds), "On-demand capacity mode"
(initial throughput, twice the previous peak within 30 minutes), "DynamoDB maximum throughput for
on-demand tables", "Understanding DynamoDB warm throughput", "Designing partition keys" (1,000 write
and 3,000 read units a partition), "Diagnosing throttling" (reasons), read 2026-11.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import (
    BURST_SECONDS,
    NEW_TABLE_READ_UNITS,
    NEW_TABLE_WRITE_UNITS,
    PARTITION_READ_UNITS,
    PARTITION_WRITE_UNITS,
    PEAK_WINDOW_SECONDS,
)
from tablewright.local.faults import (
    Fault,
    ProvisionedThroughputExceededException,
    ThrottlingException,
)
from tablewright.local.metering import REPLICATED_WRITE

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Metered
    from tablewright.local.tables import Index, Table

PARTITION_UNITS = {"Read": float(PARTITION_READ_UNITS), "Write": float(PARTITION_WRITE_UNITS)}
ON_DEMAND_START = {"Read": float(NEW_TABLE_READ_UNITS), "Write": float(NEW_TABLE_WRITE_UNITS)}
SPLIT_AFTER = 100  # throttled requests of a partition until it is split for heat
HASHES = 1 << 32

READS = {
    "BatchGetItem",
    "ExecuteStatement",
    "GetItem",
    "Query",
    "Scan",
    "TransactGetItems",
}
_EQUALITY = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")


@dataclass
class Bucket:
    """Units that flow in at a rate and are taken out by requests; it may be overdrawn."""

    rate: float
    capacity: float
    level: float
    filled_at: float

    def fill(self, now: float) -> float:
        """Let units flow in until now, and return how many there are."""
        passed = max(0.0, now - self.filled_at)
        self.level = min(self.capacity, self.level + passed * self.rate)
        self.filled_at = now
        return self.level


@dataclass
class Partition:
    """A range of key hashes with its own limits."""

    first: int
    last: int
    buckets: dict[str, Bucket]
    throttled: int = 0


@dataclass
class CapacityLimit:
    """The limits of one table or one of its indexes."""

    name: str
    arn: str
    is_index: bool
    is_on_demand: bool
    buckets: dict[str, Bucket]
    partitions: list[Partition]
    ceilings: dict[str, Bucket] = field(default_factory=dict)
    """The on-demand maximum that the owner set, by kind, where there is one."""
    peak: dict[str, float] = field(default_factory=dict)
    window: dict[str, list[float]] = field(default_factory=dict)

    def partition(self, key: str) -> Partition:
        """Return the partition that holds a key."""
        place = zlib.crc32(key.encode())
        return next(p for p in self.partitions if p.first <= place <= p.last)


class Throttling:
    """Keeps the limits of every table and index of a database."""

    def __init__(self, *, throughput: bool, partitions: bool) -> None:
        self._has_throughput = throughput
        self._has_partitions = partitions
        self._arms: dict[tuple[str, str | None], CapacityLimit] = {}
        self._signatures: dict[tuple[str, str | None], Any] = {}
        self._touched: list[tuple[CapacityLimit, str, list[str]]] = []

    def check(
        self, engine: LocalEngine, operation: str, request: dict[str, Any], now: float
    ) -> None:
        """Refuse a request that finds a limit used up.

        Raises:
            ProvisionedThroughputExceededException: of a provisioned table, or a hot partition.
            ThrottlingException: of an on-demand table that grows too quickly.
        """
        kind = "Read" if operation in READS else "Write"
        self._touched = []
        for table_name, index_name, keys in touched(engine, operation, request):
            table = engine.tables.get(table_name)
            if table is None:
                continue
            arm = self._arm(engine, table, table.indexes.get(index_name or ""), now)
            self._touched.append((arm, kind, keys))
            if self._has_throughput:
                ceiling = arm.ceilings.get(kind)
                if ceiling is not None and ceiling.fill(now) <= 0:
                    raise _over_maximum(arm, kind)
                if arm.buckets[kind].fill(now) <= 0:
                    raise _refusal(arm, kind, is_partition=False)
            if self._has_partitions:
                self._check_partitions(arm, kind, keys, now)

    def _check_partitions(self, arm: CapacityLimit, kind: str, keys: list[str], now: float) -> None:
        for key in keys:
            partition = arm.partition(key)
            if partition.buckets[kind].fill(now) <= 0:
                partition.throttled += 1
                if partition.throttled >= SPLIT_AFTER:
                    _split(arm, partition, now)
                raise _refusal(arm, kind, is_partition=True)

    def charge(self, record: Metered, now: float) -> None:
        """Take what a request, or a write from another region, consumed out of its limits."""
        if record.operation == REPLICATED_WRITE:
            self._touched = []  # no request named its keys: they are spread evenly
        for index, reads, writes in record.arms:
            # A local index lives on the capacity of its table.
            arm = self._arms.get((record.table, index)) or self._arms.get((record.table, None))
            if arm is None:
                continue
            for kind, units in (("Read", float(reads)), ("Write", float(writes))):
                if not units:
                    continue
                if self._has_throughput:
                    arm.buckets[kind].level -= units
                    if kind in arm.ceilings:
                        arm.ceilings[kind].level -= units
                    if arm.is_on_demand:
                        _grow(arm, kind, units, now)
                if self._has_partitions:
                    self._charge_partitions(arm, kind, units)

    def _charge_partitions(self, arm: CapacityLimit, kind: str, units: float) -> None:
        keys = [
            key for touched, _, part_keys in self._touched if touched is arm for key in part_keys
        ]
        for key in keys:
            arm.partition(key).buckets[kind].level -= units / len(keys)
        if not keys:  # a scan, or an index write whose key the request does not name: spread evenly
            for partition in arm.partitions:
                partition.buckets[kind].level -= units / len(arm.partitions)

    def _arm(
        self, engine: LocalEngine, table: Table, index: Index | None, now: float
    ) -> CapacityLimit:
        place = (table.name, index.name if index is not None else None)
        definition = index.definition if index is not None else table.definition
        mode = table.definition.get("BillingMode")
        throughput = definition.get("ProvisionedThroughput") or {}
        warm = definition.get("WarmThroughput") or {}
        maximum = definition.get("OnDemandThroughput") or {}
        signature = (
            mode,
            throughput.get("ReadCapacityUnits"),
            throughput.get("WriteCapacityUnits"),
            tuple(sorted(warm.items())),
            tuple(sorted(maximum.items())),
        )
        arm = self._arms.get(place)
        if arm is None or self._signatures[place] != signature:
            arn = engine.arn(table.name)
            arm = _new_arm(
                name=place[1] or place[0],
                arn=f"{arn}/index/{index.name}" if index is not None else arn,
                is_index=index is not None,
                is_on_demand=mode == "PAY_PER_REQUEST",
                rates={
                    "Read": float(throughput.get("ReadCapacityUnits") or 0),
                    "Write": float(throughput.get("WriteCapacityUnits") or 0),
                },
                warm={
                    "Read": float(warm.get("ReadUnitsPerSecond") or 0),
                    "Write": float(warm.get("WriteUnitsPerSecond") or 0),
                },
                now=now,
            )
            if arm.is_on_demand:
                arm.ceilings = _ceilings(maximum, now)
            self._arms[place] = arm
            self._signatures[place] = signature
        return arm


def _new_arm(
    *,
    name: str,
    arn: str,
    is_index: bool,
    is_on_demand: bool,
    rates: dict[str, float],
    warm: dict[str, float],
    now: float,
) -> CapacityLimit:
    if is_on_demand:
        rates = {kind: max(rate, warm[kind]) for kind, rate in ON_DEMAND_START.items()}
        seconds = 1
    else:
        seconds = BURST_SECONDS
    count = max(1, *(-(-int(rates[kind]) // int(PARTITION_UNITS[kind])) for kind in rates))
    step = HASHES // count
    partitions = [
        Partition(
            number * step,
            HASHES - 1 if number == count - 1 else (number + 1) * step - 1,
            _partition_buckets(now),
        )
        for number in range(count)
    ]
    # A provisioned table begins without burst credit; its first second is its own rate.
    buckets = {
        kind: Bucket(rate, max(1.0, rate * seconds), max(1.0, rate), now)
        for kind, rate in rates.items()
    }
    return CapacityLimit(name, arn, is_index, is_on_demand, buckets, partitions)


def _ceilings(maximum: dict[str, Any], now: float) -> dict[str, Bucket]:
    """Return the buckets of an on-demand maximum; -1 and absence mean that there is none."""
    units = {
        "Read": maximum.get("MaxReadRequestUnits", -1),
        "Write": maximum.get("MaxWriteRequestUnits", -1),
    }
    return {
        kind: Bucket(float(rate), float(rate), float(rate), now)
        for kind, rate in units.items()
        if rate > 0
    }


def _partition_buckets(now: float) -> dict[str, Bucket]:
    return {kind: Bucket(rate, rate, rate, now) for kind, rate in PARTITION_UNITS.items()}


def _split(arm: CapacityLimit, partition: Partition, now: float) -> None:
    """Split a hot partition in two; a range of one hash (a hot key) cannot be split further."""
    partition.throttled = 0
    if partition.first == partition.last:
        return
    middle = (partition.first + partition.last) // 2
    place = arm.partitions.index(partition)
    halves = [
        Partition(partition.first, middle, _partition_buckets(now)),
        Partition(middle + 1, partition.last, _partition_buckets(now)),
    ]
    for half in halves:
        for kind, bucket in half.buckets.items():  # what was used up stays used up
            bucket.level = partition.buckets[kind].level
    arm.partitions[place : place + 1] = halves


def _grow(arm: CapacityLimit, kind: str, units: float, now: float) -> None:
    """Note the traffic of an on-demand table: it may take twice the peak of earlier half hours."""
    # began at, units of this second, the second, the peak within this window
    window = arm.window.setdefault(kind, [now, 0.0, now, 0.0])
    if int(now) != int(window[2]):
        window[1], window[2] = 0.0, now
    window[1] += units
    window[3] = max(window[3], window[1])
    if now - window[0] >= PEAK_WINDOW_SECONDS:
        peak = arm.peak[kind] = max(arm.peak.get(kind, 0.0), window[3])
        bucket = arm.buckets[kind]
        bucket.rate = bucket.capacity = max(bucket.rate, 2 * peak)
        arm.window[kind] = [now, 0.0, now, 0.0]


def _over_maximum(arm: CapacityLimit, kind: str) -> Fault:
    scope = "Index" if arm.is_index else "Table"
    reason = f"{scope}{kind}MaxOnDemandThroughputExceeded"
    return ThrottlingException(
        "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
        extra={"ThrottlingReasons": [{"reason": reason, "resource": arm.arn}]},
    )


def _refusal(arm: CapacityLimit, kind: str, *, is_partition: bool) -> Fault:
    scope = "Index" if arm.is_index else "Table"
    if is_partition or arm.is_on_demand:
        reason = f"{scope}{kind}KeyRangeThroughputExceeded"
    else:
        reason = f"{scope}{kind}ProvisionedThroughputExceeded"
    extra = {"ThrottlingReasons": [{"reason": reason, "resource": arm.arn}]}
    if arm.is_on_demand:
        return ThrottlingException(
            "Throughput exceeds the current capacity of your table or index. DynamoDB is "
            "automatically scaling your table or index so please try again shortly. If exceptions "
            "persist, check if you have a hot key.",
            extra=extra,
        )
    what = "the table or one or more global secondary indexes" if arm.is_index else "the table"
    return ProvisionedThroughputExceededException(
        f"The level of configured provisioned throughput for {what} was exceeded. Consider "
        "increasing your provisioning level with the UpdateTable API.",
        extra=extra,
    )


def touched(
    engine: LocalEngine, operation: str, request: dict[str, Any]
) -> Iterator[tuple[str, str | None, list[str]]]:
    """Yield (table, index or None, partition key texts) for what a request will touch.

    Requests that are not well-formed yield what can be read of them; the engine refuses them.
    """
    for table_name, part in parts_of(operation, request):
        table = engine.tables.get(table_name) if isinstance(table_name, str) else None
        if table is None or not isinstance(part, dict):
            continue
        index = table.indexes.get(str(part.get("IndexName")))
        own_name = index.name if index is not None and not index.is_local else None
        if "KeyConditionExpression" in part:
            names = [name for name, _ in (index.keys if index else table.keys).partition]
            yield table.name, own_name, _queried(part, names)
        elif operation in ("Query", "Scan"):
            yield table.name, own_name, []
        else:
            image = part.get("Item") or part.get("Key") or {}
            yield table.name, None, _key_texts(image, table.keys.partition)
            if operation not in READS:
                for written in table.written:
                    if not written.is_local:
                        yield table.name, written.name, _key_texts(image, written.keys.partition)


def parts_of(operation: str, request: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the name of a table and what a request says of it, for each item or query."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        for table, entry in _mapping(request.get("RequestItems")).items():
            if operation == "BatchGetItem":
                for key in _list(_mapping(entry).get("Keys")):
                    yield table, {"Key": key}
            else:
                for write in _list(entry):
                    for part in _mapping(write).values():
                        yield table, part
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for action in _list(request.get("TransactItems")):
            for part in _mapping(action).values():
                yield _mapping(part).get("TableName"), part
    elif "TableName" in request and operation in (
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
    ):
        yield request["TableName"], request


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _key_texts(image: Any, partition: tuple[tuple[str, str], ...]) -> list[str]:
    values = [_mapping(image).get(name) for name, _ in partition]
    return [repr(values)] if all(isinstance(value, dict) for value in values) else []


def _queried(request: dict[str, Any], names: list[str]) -> list[str]:
    """Return the partition key a query names, as `_key_texts` would write it."""
    values = queried_values(request, names)
    return [repr(values)] if all(isinstance(value, dict) for value in values) else []


def queried_values(request: dict[str, Any], names: list[str]) -> list[Any]:
    """Return the values that a query's key condition demands of attributes, None if not plainly."""
    placeholders = _mapping(request.get("ExpressionAttributeNames"))
    by_placeholder = _mapping(request.get("ExpressionAttributeValues"))
    keys = {
        str(placeholders.get(name, name)): by_placeholder.get(value)
        for name, value in _EQUALITY.findall(str(request["KeyConditionExpression"]))
    }
    return [keys.get(name) for name in names]
