"""DescribeBulkOperation: how a bulk operation is getting on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import bulk
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeBulkOperation request."""
    request = check_request("describe_bulk_operation", request)
    with engine.store.reading:
        row = bulk.find(engine, request["BulkOperationArn"])
    return {"BulkOperationDescription": row["description"]}
