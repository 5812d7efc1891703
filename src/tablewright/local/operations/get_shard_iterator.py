"""GetShardIterator: a place in a shard, from which GetRecords reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.streams import find_shard, find_stream, position_in
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a GetShardIterator request."""
    request = check_request("get_shard_iterator", request)
    with engine.store.reading:
        stream = find_stream(engine, request["StreamArn"])
        shard = find_shard(stream, request["ShardId"])
        kind, number = request["ShardIteratorType"], request.get("SequenceNumber")
        moment = request.get("Timestamp")
        return {"ShardIterator": position_in(engine, stream, shard, kind, number, moment).text()}
