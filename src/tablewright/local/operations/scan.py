"""Scan: read all of a table or index, or one of several segments of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException
from tablewright.local.reading import PageRequest, read_page, start_position
from tablewright.local.requests import bind_projection, check_all_used_in
from tablewright.local.selecting import (
    bind_filter,
    check_select,
    index_read,
    must_fetch,
    read_consistency,
    with_capacity,
)
from tablewright.local.validation import check_expression_parameters, check_item, check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

_HASHES = 1 << 32  # how many values the hash has that all keys begin with


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a Scan request."""
    request = check_request("scan", request)
    check_expression_parameters(
        request,
        ("ProjectionExpression", "FilterExpression"),
        ("AttributesToGet", "ScanFilter", "ConditionalOperator"),
    )
    _check_segments(request)
    check_select(request, "Scanning")
    projection = bind_projection(request)
    filter_ = bind_filter(request, "ScanFilter")
    check_all_used_in(request, projection, filter_)
    if "ExclusiveStartKey" in request:
        check_item(request["ExclusiveStartKey"])
    table = engine.table(request["TableName"])
    index = index_read(table, request)
    keys = table.keys if index is None else index.keys
    fetches = must_fetch(index, request, projection, None)
    low, high = segment_range(request.get("Segment", 0), request.get("TotalSegments", 1))
    start = None
    if "ExclusiveStartKey" in request:
        start = start_position(keys, table, index, request["ExclusiveStartKey"], is_query=False)
        if start < low or (high is not None and start >= high):
            raise ValidationException(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                "ExclusiveStartKey with correct Segment. "
                f"TotalSegments: {request['TotalSegments']} Segment: {request['Segment']}"
            )
    reply = read_page(
        engine,
        PageRequest(
            table=table,
            index=index,
            low=low,
            high=high,
            start=start,
            limit=request.get("Limit"),
            filter=filter_,
            projection=projection,
            counts_only=request.get("Select") == "COUNT",
            fetches=fetches,
            consistency=read_consistency(request),
            is_joined=True,
        ),
        meter.table(table.name),
    )
    return with_capacity(reply, request, table, meter)


def segment_range(segment: int, segments: int) -> tuple[bytes, bytes | None]:
    """Return the first key of a segment, and the first key after it (None: the end).

    Example:
        >>> segment_range(1, 4)[0].hex(), segment_range(3, 4)[1]
        ('40000000', None)
    """
    low = segment * _HASHES // segments
    high = (segment + 1) * _HASHES // segments
    return low.to_bytes(4, "big"), None if high == _HASHES else high.to_bytes(4, "big")


def _check_segments(request: dict[str, Any]) -> None:
    segment, segments = request.get("Segment"), request.get("TotalSegments")
    if segment is not None and segments is None:
        raise ValidationException(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present"
        )
    if segments is None:
        return
    if segment is None:
        raise ValidationException(
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present"
        )
    if segment >= segments:
        raise ValidationException(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {segments}"
        )
