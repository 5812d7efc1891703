"""DescribeStream: the state of a stream, and its shards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException
from tablewright.local.streams import find_shard, find_stream
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 100


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeStream request."""
    request = check_request("describe_stream", request)
    with engine.store.reading:
        stream = find_stream(engine, request["StreamArn"])
    shards = list(stream.shards)
    if "ShardFilter" in request:
        parent = request["ShardFilter"].get("ShardId")
        if parent is None:
            raise ValidationException("ShardId is required with ShardFilter of type CHILD_SHARDS")
        find_shard(stream, parent)
        shards = [shard for shard in shards if shard.parent == parent]
    if "ExclusiveStartShardId" in request:
        after = find_shard(stream, request["ExclusiveStartShardId"])
        shards = [shard for shard in shards if shard.first > after.first]
    limit = request.get("Limit", PAGE)
    description: dict[str, Any] = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.is_enabled else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created,
        "TableName": stream.table,
        "KeySchema": stream.key_schema,
        "Shards": [shard.described() for shard in shards[:limit]],
    }
    if len(shards) > limit:
        description["LastEvaluatedShardId"] = shards[limit - 1].id
    return {"StreamDescription": description}
