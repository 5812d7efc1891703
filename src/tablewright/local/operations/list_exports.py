"""ListExports: the exports of all tables or of one, by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.exports import KIND
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 25

_MEMBERS = ("ExportArn", "ExportStatus", "ExportType")


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListExports request."""
    request = check_request("list_exports", request)
    limit = request.get("MaxResults", PAGE)
    jobs, token = register.page_of_jobs(engine, KIND, request, "ExportArn", limit)
    reply: dict[str, Any] = {
        "ExportSummaries": [{name: job[name] for name in _MEMBERS} for job in jobs]
    }
    if token is not None:
        reply["NextToken"] = token
    return reply
