"""ListImports: the imports of all tables or of one, by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.imports import KIND
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 25

_MEMBERS = (
    "ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime",
    "EndTime",
)  # fmt: skip


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListImports request."""
    request = check_request("list_imports", request)
    limit = request.get("PageSize", PAGE)
    jobs, token = register.page_of_jobs(engine, KIND, request, "ImportArn", limit)
    reply: dict[str, Any] = {
        "ImportSummaryList": [{name: job[name] for name in _MEMBERS} for job in jobs]
    }
    if token is not None:
        reply["NextToken"] = token
    return reply
