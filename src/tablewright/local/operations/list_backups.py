"""ListBackups: the backups of all tables or of one, by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.backups import KIND, details
from tablewright.local.engine import table_name
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 100


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListBackups request."""
    request = check_request("list_backups", request)
    with engine.store.reading:
        rows = register.rows(engine, KIND)
    matching = [row for row in rows if _is_wanted(row, request)]
    limit = request.get("Limit", PAGE)
    reply: dict[str, Any] = {"BackupSummaries": [_summary(engine, row) for row in matching[:limit]]}
    if len(matching) > limit:
        reply["LastEvaluatedBackupArn"] = matching[limit - 1]["arn"]
    return reply


def _is_wanted(row: dict[str, Any], request: dict[str, Any]) -> bool:
    name = request.get("TableName")
    return (
        request.get("BackupType", "USER") in ("USER", "ALL")
        and (name is None or row["table"]["TableName"] == table_name(name))
        and row["created"] >= request.get("TimeRangeLowerBound", 0)
        and row["created"] < request.get("TimeRangeUpperBound", float("inf"))
        and row["arn"] > request.get("ExclusiveStartBackupArn", "")
    )


def _summary(engine: LocalEngine, row: dict[str, Any]) -> dict[str, Any]:
    name = row["table"]["TableName"]
    return {
        "TableName": name,
        "TableId": row["table"]["TableId"],
        "TableArn": engine.arn(name),
        **details(row),
    }
