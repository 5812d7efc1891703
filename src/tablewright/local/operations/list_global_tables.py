"""ListGlobalTables: the global tables with a replica in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import global_tables
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListGlobalTables request."""
    request = check_request("list_global_tables", request)
    with engine.store.reading:
        return global_tables.listed(engine, request)
