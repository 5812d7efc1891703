"""ListTables: the names of all tables, a page at a time."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 100


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListTables request."""
    request = check_request("list_tables", request)
    limit = request.get("Limit", PAGE)
    with engine.store.reading:
        names = sorted(engine.tables)
    start = bisect_right(names, request.get("ExclusiveStartTableName", ""))
    page = names[start : start + limit]
    reply: dict[str, Any] = {"TableNames": page}
    if start + limit < len(names):
        reply["LastEvaluatedTableName"] = page[-1]
    return reply
