"""What changed in the collections of a database: change streams, read from a token on.

In: a database of PyMongo, collections. Out: changes in the order per key. A document is looked up
as it is when its change is read, which may be newer than the change: replaying ends in the same.
Sources: MongoDB manual, "Change Streams", read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.engines.mongodb.bson_values import from_bson
from tablewright.evaluation.doors import ChangeRecord

WAIT_MS = 300
EMPTY_ROUNDS = 2
"""Questions without an answer in a row after which there is nothing new."""
NOT_A_REPLICA_SET = 40573
LOST_HISTORY = (286, 280)
"""ChangeStreamHistoryLost, ChangeStreamFatalError."""


def position_of_now(database: Any) -> str:
    """Return the token of now.

    Raises:
        UnsupportedError: the server is no replica set.
    """
    from pymongo.errors import OperationFailure

    try:
        with database.watch(max_await_time_ms=WAIT_MS) as stream:
            stream.try_next()
            token = stream.resume_token
    except OperationFailure as problem:
        if problem.code == NOT_A_REPLICA_SET or "replica set" in str(problem):
            raise UnsupportedError(
                "the server is no replica set: it tells nobody what changes",
                remedy="make it one (`--replSet`, then rs.initiate(); Atlas always is), or stop "
                "writes and migrate without --follow",
            ) from problem
        raise
    if token is None:
        raise UnsupportedError(
            "the server gives no token to resume a change stream from",
            remedy="stop writes and migrate without --follow",
        )
    return json.dumps(token)


def changes(database: Any, containers: Sequence[str], after: str) -> Iterator[ChangeRecord]:
    """Yield the changes since a token, until none is left.

    Raises:
        EngineError: changes since then are gone, or the server is.
    """
    from pymongo.errors import OperationFailure, PyMongoError

    chosen = [{"$match": {"ns.coll": {"$in": list(containers)}}}]
    try:
        with database.watch(
            chosen,
            full_document="updateLookup",
            resume_after=json.loads(after),
            max_await_time_ms=WAIT_MS,
        ) as stream:
            empty = 0
            while empty < EMPTY_ROUNDS:
                event = stream.try_next()
                if event is None:
                    empty += 1
                    continue
                empty = 0
                change = _change(event)
                if change is not None:
                    yield change
    except OperationFailure as problem:
        if problem.code in LOST_HISTORY:
            raise EngineError(
                "changes since the last position are gone from the log of operations",
                remedy="begin again with --abort, then --follow; a larger oplog keeps more",
            ) from problem
        raise EngineError(f"the change stream ended: {problem}") from problem
    except PyMongoError as problem:
        raise EngineError(
            f"the change stream ended: {problem}",
            remedy="check that the server runs, then repeat: it goes on where it stopped",
        ) from problem


def _change(event: dict[str, Any]) -> ChangeRecord | None:
    """Return a change of a document; None of what was lost again, or concerns none.

    Raises:
        EngineError: a collection was dropped or renamed.
    """
    kind = event["operationType"]
    position = json.dumps(event["_id"])
    if kind in ("drop", "rename", "dropDatabase", "invalidate"):
        place = event.get("ns", {}).get("coll", "the database")
        raise EngineError(
            f"{place} met a {kind}: it cannot be followed",
            remedy="begin again with --abort once the source is as it should be",
        )
    if kind not in ("insert", "update", "replace", "delete"):
        return None
    key = from_bson(dict(event["documentKey"]))
    document = event.get("fullDocument")
    moment = event.get("clusterTime")
    return ChangeRecord(
        container=event["ns"]["coll"],
        before=None if kind == "insert" else key,
        after=None if kind == "delete" or document is None else from_bson(document),
        position=position,
        seconds=float(moment.time) if moment is not None else None,
    )
