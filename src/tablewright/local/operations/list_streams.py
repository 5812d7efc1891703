"""ListStreams: the streams of all tables, or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.streams import streams
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 100


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListStreams request."""
    request = check_request("list_streams", request)
    table_name, after = request.get("TableName"), request.get("ExclusiveStartStreamArn", "")
    with engine.store.reading:
        listed = [
            stream
            for stream in streams(engine)
            if stream.arn > after and table_name in (None, stream.table, engine.arn(stream.table))
        ]
    limit = request.get("Limit", PAGE)
    reply: dict[str, Any] = {
        "Streams": [
            {"StreamArn": each.arn, "TableName": each.table, "StreamLabel": each.label}
            for each in listed[:limit]
        ]
    }
    if len(listed) > limit:
        reply["LastEvaluatedStreamArn"] = listed[limit - 1].arn
    return reply
