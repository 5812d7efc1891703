"""DescribeTable: what a table looks like, its state and how much it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.definitions import check_table_name, describe
from tablewright.local.faults import ResourceNotFoundException
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.tables import Table


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeTable request."""
    check_table_name(request)
    request = check_request("describe_table", request)
    with engine.store.reading:
        return {"Table": describe(engine, existing(engine, request["TableName"]))}


def existing(engine: LocalEngine, name: str) -> Table:
    """Return a table by name or ARN; the refusal names it, as control-plane operations do."""
    try:
        return engine.table(name)
    except ResourceNotFoundException:
        raise ResourceNotFoundException(
            f"Requested resource not found: Table: {name} not found"
        ) from None
