"""ListBulkOperations: the bulk operations of the last 90 days, by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import bulk
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListBulkOperations request."""
    request = check_request("list_bulk_operations", request)
    with engine.store.reading:
        return bulk.page(engine, request)
