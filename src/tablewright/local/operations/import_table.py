"""ImportTable: create a table and fill it from a bucket's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import imports
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an ImportTable request."""
    request = check_request("import_table", request)
    description = imports.import_table(engine, request)
    # It is done by now; the reply tells of its beginning, as the service's does.
    shown = {name: value for name, value in description.items() if name not in _AT_THE_END}
    return {"ImportTableDescription": {**shown, "ImportStatus": "IN_PROGRESS"}}


_AT_THE_END = (
    "EndTime", "ErrorCount", "FailureCode", "FailureMessage", "ImportedItemCount",
    "ProcessedItemCount", "ProcessedSizeBytes",
)  # fmt: skip
