"""DescribeBackup: a backup, and the table it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.backups import described, find_backup
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeBackup request."""
    request = check_request("describe_backup", request)
    with engine.store.reading:
        return {"BackupDescription": described(engine, find_backup(engine, request["BackupArn"]))}
