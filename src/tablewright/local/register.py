"""Rows of the catalogue beside the tables: backups, exports, imports, each under its ARN.

In: a kind, an ARN and a row that JSON can hold. Out: the same, in the order of the ARNs. The row of
a job (an export or import) holds its `request` and its `description`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.faults import Fault

TOKEN_SECONDS = 8 * 3600

_CATALOGUE = 0
_SNAPSHOT = "snapshot"

Row = dict[str, Any]


def keep(engine: LocalEngine, kind: str, arn: str, row: Row) -> None:
    """Store a row, in place of the one with its ARN. Inside a write."""
    engine.store.put(_CATALOGUE, _key(kind, arn), 0, orjson.dumps(row))


def find(engine: LocalEngine, kind: str, arn: str) -> Row | None:
    """Return a row by its ARN, None if there is none. Inside a read."""
    stored = engine.store.get(_CATALOGUE, _key(kind, arn))
    row: Row | None = None if stored is None else orjson.loads(stored[1])
    return row


def forget(engine: LocalEngine, kind: str, arn: str) -> None:
    """Remove a row. Inside a write."""
    engine.store.delete(_CATALOGUE, _key(kind, arn))


def rows(engine: LocalEngine, kind: str) -> list[Row]:
    """Return all rows of a kind. Inside a read."""
    first = _key(kind, "")
    return [
        orjson.loads(raw) for _, _, raw in engine.store.range(_CATALOGUE, first, first + b"\xff")
    ]


def open_snapshot(engine: LocalEngine) -> int:
    """Create a space for the time of a job. Inside a write.

    It is registered, so that one left behind by a killed process is dropped at the next start.
    """
    space = engine.new_space()
    keep(engine, _SNAPSHOT, str(space), {"space": space})
    return space


def drop_snapshot(engine: LocalEngine, space: int) -> None:
    """Drop a space that a job no longer needs."""
    with engine.store.writing:
        forget(engine, _SNAPSHOT, str(space))
        engine.store.drop(space)


def drop_left_snapshots(engine: LocalEngine) -> None:
    """Drop the spaces of jobs that a process did not live to finish."""
    with engine.store.reading:
        spaces = [row["space"] for row in rows(engine, _SNAPSHOT)]
    for space in spaces:
        drop_snapshot(engine, space)


def same_job(
    engine: LocalEngine, kind: str, request: Mapping[str, Any], conflict: Fault
) -> Row | None:
    """Return the description of the job that a request with the same token has done already.

    Inside a read. A token is good for eight hours (API reference, "ClientToken").

    Raises:
        Fault: `conflict`, if that request had other parameters.
    """
    token = request.get("ClientToken")
    if token is None:
        return None
    for row in rows(engine, kind):
        description: Row = row["description"]
        is_recent = engine.clock() - description["StartTime"] <= TOKEN_SECONDS
        if description.get("ClientToken") == token and is_recent:
            if row["request"] != dict(request):
                raise conflict
            return description
    return None


def keep_job(
    engine: LocalEngine, kind: str, arn: str, request: Mapping[str, Any], job: Row
) -> None:
    """Store the row of a job."""
    with engine.store.writing:
        keep(engine, kind, arn, {"request": dict(request), "description": job})


def page_of_jobs(
    engine: LocalEngine, kind: str, request: Mapping[str, Any], arn: str, limit: int
) -> tuple[list[Row], str | None]:
    """Return descriptions of jobs, of all tables or one, and the token of the next page.

    Args:
        engine: where the jobs were done.
        kind: of which kind they are.
        request: the request to list them, with `TableArn` and `NextToken`.
        arn: the member that holds the ARN of a job of this kind.
        limit: how many at the most.
    """
    after, table = request.get("NextToken", ""), request.get("TableArn")
    with engine.store.reading:
        jobs = [
            job
            for job in (row["description"] for row in rows(engine, kind))
            if job[arn] > after and table in (None, job["TableArn"])
        ]
    return jobs[:limit], jobs[limit - 1][arn] if len(jobs) > limit else None


def _key(kind: str, arn: str) -> bytes:
    return f"\x00{kind}\x00{arn}".encode()
