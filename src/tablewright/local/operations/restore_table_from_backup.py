"""RestoreTableFromBackup: a new table with the items of a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.backups import fill_indexes, find_backup, restored_table
from tablewright.local.definitions import describe_restored
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a RestoreTableFromBackup request."""
    request = check_request("restore_table_from_backup", request)
    with engine.store.writing:
        row = find_backup(engine, request["BackupArn"])
        summary = {
            "SourceBackupArn": row["arn"],
            "SourceTableArn": engine.arn(row["table"]["TableName"]),
            "RestoreDateTime": row["created"],
        }
        table = restored_table(engine, row["table"], request, summary)
        engine.store.copy(row["space"], table.space)
        fill_indexes(engine, table)
        return {"TableDescription": describe_restored(engine, table)}
