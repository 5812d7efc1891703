"""RestoreTableToPointInTime: a new table with the items another had at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.backups import fill_indexes, restored_table, source_table
from tablewright.local.definitions import describe_restored
from tablewright.local.faults import (
    InvalidRestoreTimeException,
    PointInTimeRecoveryUnavailableException,
    ValidationException,
)
from tablewright.local.history import undo_into, window
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a RestoreTableToPointInTime request."""
    request = check_request("restore_table_to_point_in_time", request)
    name = request.get("SourceTableArn") or request.get("SourceTableName")
    if name is None:
        raise ValidationException("One of SourceTableName and SourceTableArn is required")
    uses_latest = request.get("UseLatestRestorableTime", False)
    if uses_latest == ("RestoreDateTime" in request):
        raise ValidationException(
            "Exactly one of RestoreDateTime and UseLatestRestorableTime is required"
        )
    with engine.store.writing:
        source = source_table(engine, name)
        if source.history is None:
            raise PointInTimeRecoveryUnavailableException(
                f"Point in time recovery is not enabled for table '{source.name}'"
            )
        earliest, latest = window(engine, source)
        moment = latest if uses_latest else request["RestoreDateTime"]
        if not int(earliest) <= moment <= latest:
            raise InvalidRestoreTimeException(
                f"RestoreDateTime must be between {earliest:.3f} and {latest:.3f}"
            )
        summary = {
            "SourceTableArn": engine.arn(source.name),
            "RestoreDateTime": round(moment, 3),
        }
        table = restored_table(engine, source.definition, request, summary)
        undo_into(engine, source, moment, table.space)
        fill_indexes(engine, table)
        return {"TableDescription": describe_restored(engine, table)}
