"""A copy of a database that lags behind it: what eventually consistent reads may see.

In: the requests that changed the database, as they were. Out: an engine in which those older than
the lag have been carried out, in the same order, so that it is the database as it was. It does not
know which requests read from it.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.local import operations
from tablewright.local.faults import Fault
from tablewright.local.metering import Meter
from tablewright.local.vectors.definitions import restored_vector_indexes

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine

_CHANGES_ITEMS = frozenset(
    {
        "BatchExecuteStatement",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "PutItem",
        "TransactWriteItems",
        "UpdateItem",
    }
)
_CHANGES_TABLES = frozenset({"CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive"})
_REPLACES_DATA = frozenset(
    {"ImportTable", "RestoreTableFromBackup", "RestoreTableToPointInTime", "StartBulkPutItems"}
)


class Replica:
    """An in-memory copy that follows a database at a distance.

    Args:
        primary: the engine that is copied now and followed from now on.
        lag_seconds: how far behind the copy stays.
    """

    def __init__(self, primary: LocalEngine, lag_seconds: float) -> None:
        self._primary = primary
        self._lag = lag_seconds
        self._waiting: deque[tuple[float, str, bytes]] = deque()
        self._engine = _copied(primary)
        self._is_stale = False

    def note(self, operation: str, body: bytes) -> None:
        """Be told of a request that the database has carried out."""
        if operation in _CHANGES_ITEMS:
            self._waiting.append((self._primary.clock() + self._lag, operation, body))
        elif operation in _CHANGES_TABLES:
            self._catch_up(float("inf"))
            self._apply(operation, body)
        elif operation in _REPLACES_DATA:
            self._is_stale = True  # copied again when next asked: this may be another thread

    def engine(self) -> LocalEngine:
        """Return the copy as it is to be seen now."""
        if self._is_stale:
            self._is_stale = False
            self._waiting.clear()
            self._engine.close()
            self._engine = _copied(self._primary)
        self._catch_up(self._primary.clock())
        return self._engine

    def close(self) -> None:
        """Drop the copy."""
        self._engine.close()

    def _catch_up(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            _, operation, body = self._waiting.popleft()
            self._apply(operation, body)

    def _apply(self, operation: str, body: bytes) -> None:
        # What the database accepted the copy accepts too; a statement that only read changes
        # nothing, and a request that found the table gone finds it gone here.
        with contextlib.suppress(Fault):
            operations.find(operation)(self._engine, orjson.loads(body), Meter(operation, None))


def _copied(primary: LocalEngine) -> LocalEngine:
    """Return a new engine in memory with the tables and items of another."""
    from tablewright.local.engine import LocalEngine

    copy = LocalEngine(None, durable=False, clock=primary.clock)
    for table in tuple(primary.tables.values()):
        _run(copy, "CreateTable", _as_created(table.definition))
        start: dict[str, Any] = {}
        while True:
            page = _run(primary, "Scan", {"TableName": table.name, **start})
            items = page["Items"]
            for first in range(0, len(items), 25):
                puts = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
                _run(copy, "BatchWriteItem", {"RequestItems": {table.name: puts}})
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return copy


def _run(engine: LocalEngine, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    reply = operations.find(operation)(engine, request, Meter(operation, None))
    parsed: dict[str, Any] = orjson.loads(orjson.dumps(reply))
    return parsed


def _as_created(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the CreateTable request that makes such a table, on demand."""
    request: dict[str, Any] = {
        "TableName": definition["TableName"],
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "KeySchema": definition["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if definition.get(member):
            request[member] = [
                {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                for index in definition[member]
            ]
    vectors = restored_vector_indexes(definition.get("VectorIndexes") or (), None)
    if vectors:
        request["VectorIndexes"] = vectors
    return request
