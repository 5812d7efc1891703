"""DeleteBackup: drop a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.backups import KIND, described, find_backup
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DeleteBackup request."""
    request = check_request("delete_backup", request)
    with engine.store.writing:
        row = find_backup(engine, request["BackupArn"])
        register.forget(engine, KIND, row["arn"])
        engine.store.drop(row["space"])
        return {"BackupDescription": described(engine, row, "DELETED")}
