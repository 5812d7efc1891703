"""CreateBackup: copy a table, to be restored under any name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.backups import details, make_backup, source_table
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a CreateBackup request."""
    request = check_request("create_backup", request)
    with engine.store.writing:
        table = source_table(engine, request["TableName"])
        return {"BackupDetails": details(make_backup(engine, table, request["BackupName"]))}
