"""DeleteTable: drop a table with its indexes and everything they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.definitions import check_table_name, describe
from tablewright.local.faults import ResourceInUseException, ValidationException
from tablewright.local.operations.describe_table import existing
from tablewright.local.replicas import leave_group
from tablewright.local.validation import check_request
from tablewright.local.vectors.updating import check_table_deletion

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DeleteTable request."""
    check_table_name(request)
    request = check_request("delete_table", request)
    with engine.store.writing:
        table = existing(engine, request["TableName"])
        if table.status != "ACTIVE":
            raise ResourceInUseException(
                f"Attempt to change a resource which is still in use: Table is being "
                f"{table.status.lower()}: {table.name}"
            )
        if table.definition.get("DeletionProtectionEnabled"):
            raise ValidationException(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        check_table_deletion(table)
        description = describe(engine, table, status="DELETING")
        for member in ("AttributeDefinitions", "KeySchema", "CreationDateTime"):
            del description[member]
        for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            description.pop(member, None)
        engine.remove(table)
    leave_group(engine, table)
    return {"TableDescription": description}
