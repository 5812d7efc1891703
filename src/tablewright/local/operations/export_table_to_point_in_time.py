"""ExportTableToPointInTime: write a table, or what changed in it, to a bucket's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.exports import export
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an ExportTableToPointInTime request."""
    request = check_request("export_table_to_point_in_time", request)
    description = export(engine, request)
    # It is done by now; the reply tells of its beginning, as the service's does.
    shown = {name: value for name, value in description.items() if name not in _AT_THE_END}
    return {"ExportDescription": {**shown, "ExportStatus": "IN_PROGRESS"}}


_AT_THE_END = ("EndTime", "ExportManifest", "BilledSizeBytes", "ItemCount")
