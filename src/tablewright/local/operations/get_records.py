"""GetRecords: the records of a shard, from an iterator on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.streams import MAX_RECORDS, ShardPosition, read_records
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a GetRecords request."""
    request = check_request("get_records", request)
    position = ShardPosition.of(request["ShardIterator"])
    with engine.store.reading:
        records, following = read_records(engine, position, request.get("Limit", MAX_RECORDS))
    reply: dict[str, Any] = {"Records": records}
    if following is not None:
        reply["NextShardIterator"] = following.text()
    return reply
