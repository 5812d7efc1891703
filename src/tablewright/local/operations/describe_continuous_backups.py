"""DescribeContinuousBackups: whether a table can be restored to a point in time, and to which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.backups import source_table
from tablewright.local.history import window
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeContinuousBackups request."""
    request = check_request("describe_continuous_backups", request)
    with engine.store.reading:
        return described(engine, source_table(engine, request["TableName"]))


def described(engine: LocalEngine, table: Table) -> dict[str, Any]:
    """Return the reply: ContinuousBackupsStatus is always ENABLED, recovery as it was set."""
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if table.history is not None:
        earliest, latest = window(engine, table)
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": table.definition["Recovery"]["Days"],
            "EarliestRestorableDateTime": round(earliest, 3),
            "LatestRestorableDateTime": round(latest, 3),
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }
