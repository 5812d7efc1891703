"""DescribeExport: how an export went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.exports import find_export
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeExport request."""
    request = check_request("describe_export", request)
    with engine.store.reading:
        return {"ExportDescription": find_export(engine, request["ExportArn"])}
