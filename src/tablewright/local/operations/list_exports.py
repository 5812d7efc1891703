"""ListExports: the exports of all tables or of one, by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.exports import KIND
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter

PAGE = 25


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListExports request."""
    request = check_request("list_exports", request)
    with engine.store.reading:
        rows = register.rows(engine, KIND)
    after, table = request.get("NextToken", ""), request.get("TableArn")
    found = [
        one
        for one in (row["description"] for row in rows)
        if one["ExportArn"] > after and table in (None, one["TableArn"])
    ]
    limit = request.get("MaxResults", PAGE)
    members = ("ExportArn", "ExportStatus", "ExportType")
    reply: dict[str, Any] = {
        "ExportSummaries": [{name: one[name] for name in members} for one in found[:limit]]
    }
    if len(found) > limit:
        reply["NextToken"] = found[limit - 1]["ExportArn"]
    return reply
