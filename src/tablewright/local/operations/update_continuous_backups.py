"""UpdateContinuousBackups: switch point-in-time recovery of a table on or off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.backups import source_table
from tablewright.local.history import DEFAULT_DAYS
from tablewright.local.operations.describe_continuous_backups import described
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateContinuousBackups request."""
    request = check_request("update_continuous_backups", request)
    specification = request["PointInTimeRecoverySpecification"]
    with engine.store.writing:
        table = source_table(engine, request["TableName"])
        definition = dict(table.definition)
        known = definition.pop("Recovery", None)
        if specification["PointInTimeRecoveryEnabled"]:
            days = specification.get("RecoveryPeriodInDays", DEFAULT_DAYS)
            if known is None:
                known = {"Since": round(engine.clock(), 3), "Space": engine.new_space()}
            definition["Recovery"] = {**known, "Days": days}
        elif known is not None:
            engine.store.drop(known["Space"])
        engine.save(definition)
        return described(engine, table)
