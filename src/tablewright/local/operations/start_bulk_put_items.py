"""StartBulkPutItems: write the items of a bucket into an existing table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import bulk, bulk_run
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a StartBulkPutItems request."""
    request = check_request("start_bulk_put_items", request)
    return {"BulkOperationDescription": bulk.start(engine, request, bulk_run.run)}
