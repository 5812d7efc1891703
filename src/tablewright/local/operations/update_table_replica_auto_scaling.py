"""UpdateTableReplicaAutoScaling: refused, because a table has no replicas here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException
from tablewright.local.operations.describe_table import existing

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateTableReplicaAutoScaling request."""
    name = request.get("TableName")
    if not isinstance(name, str):
        raise ValidationException(
            "1 validation error detected: Value null at 'tableName' failed to satisfy "
            "constraint: Member must not be null"
        )
    with engine.store.reading:
        table = existing(engine, name)
    raise ValidationException(
        f"Replica auto scaling needs a global table: {table.name} has no replicas here"
    )
