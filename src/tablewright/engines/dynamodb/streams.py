"""What changed in the tables of a design: DynamoDB Streams, read from a position on.

In: a transport, tables. Out: changes in the order per key, each with a position behind it. A
position is the moment of following and, of every shard, the last record that was read; a shard is
read after the one it came from. Sources: API reference, "Amazon DynamoDB Streams", and Developer
Guide, "Change data capture for DynamoDB Streams", read 2026-11.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.engines.dynamodb.transport import RequestFailedError, Transport
from tablewright.evaluation.doors import ChangeRecord

BOTH_IMAGES = "NEW_AND_OLD_IMAGES"
MARGIN_SECONDS = 120
"""Records tell their moment to the minute: so much earlier is read again, which changes nothing."""
MOST_EMPTY_PAGES = 20
"""An open shard may give empty pages; after so many in a row there is nothing new in it."""
DONE = "done"


@dataclass
class _Place:
    """How far the stream of one table was read."""

    arn: str
    since: float
    shards: dict[str, str] = field(default_factory=dict)
    """Of each shard the sequence number of the last record, or `DONE`."""


def position_of_now(transport: Transport, containers: Sequence[str]) -> str:
    """Return the position of now.

    Raises:
        UnsupportedError: a table has no stream, or one without old images.
    """
    places: dict[str, _Place] = {}
    for table in containers:
        described = transport.send("DescribeTable", {"TableName": table}).body["Table"]
        specification = described.get("StreamSpecification") or {}
        if not specification.get("StreamEnabled"):
            raise UnsupportedError(
                f"{table} has no stream: its changes cannot be followed",
                remedy="write `stream: new-and-old-images` in the table of the design and run "
                "`tablewright up`, or stop writes and migrate without --follow",
            )
        view = specification.get("StreamViewType")
        if view != BOTH_IMAGES:
            raise UnsupportedError(
                f"the stream of {table} has {view} only: what was removed cannot be told",
                remedy=f"switch it off and on again with {BOTH_IMAGES}",
            )
        arn = described["LatestStreamArn"]
        shards = {
            shard["ShardId"]: DONE
            for shard in _shards(transport, arn)
            if "EndingSequenceNumber" in shard["SequenceNumberRange"]
        }
        places[table] = _Place(arn, time.time() - MARGIN_SECONDS, shards)
    return _text(places)


def changes(transport: Transport, containers: Sequence[str], after: str) -> Iterator[ChangeRecord]:
    """Yield the changes since a position until none is left.

    Raises:
        EngineError: records since then are gone.
    """
    places = {name: _Place(**stored) for name, stored in json.loads(after).items()}
    for table in containers:
        for shard in _in_order(_shards(transport, places[table].arn)):
            if places[table].shards.get(shard["ShardId"]) == DONE:
                continue
            yield from _changes_of_shard(transport, table, shard, places)


def _changes_of_shard(
    transport: Transport, table: str, shard: Mapping[str, Any], places: dict[str, _Place]
) -> Iterator[ChangeRecord]:
    place, shard_id = places[table], shard["ShardId"]
    iterator: str | None = _iterator(transport, place, shard_id)
    empty = 0
    while iterator is not None and empty < MOST_EMPTY_PAGES:
        body = transport.send("GetRecords", {"ShardIterator": iterator}).body
        records = body.get("Records", [])
        iterator = body.get("NextShardIterator")
        empty = 0 if records else empty + 1
        for record in records:
            stored = record["dynamodb"]
            place.shards[shard_id] = stored["SequenceNumber"]
            moment = _seconds(stored.get("ApproximateCreationDateTime"))
            if moment is not None and moment < place.since:
                continue
            yield ChangeRecord(
                container=table,
                before=stored.get("OldImage"),
                after=stored.get("NewImage"),
                position=_text(places),
                seconds=moment,
            )
        if not records and "EndingSequenceNumber" not in shard["SequenceNumberRange"]:
            return
    if iterator is None:
        place.shards[shard_id] = DONE


def _iterator(transport: Transport, place: _Place, shard_id: str) -> str:
    parameters: dict[str, Any] = {"StreamArn": place.arn, "ShardId": shard_id}
    last = place.shards.get(shard_id)
    if last is None:
        parameters["ShardIteratorType"] = "TRIM_HORIZON"
    else:
        parameters |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last}
    try:
        return str(transport.send("GetShardIterator", parameters).body["ShardIterator"])
    except RequestFailedError as failed:
        if failed.code not in ("TrimmedDataAccessException", "ResourceNotFoundException"):
            raise
        raise EngineError(
            f"changes since the last position are gone: {failed.message}",
            remedy="a stream keeps them for 24 hours: begin again with --abort, then --follow",
        ) from failed


def _shards(transport: Transport, arn: str) -> list[dict[str, Any]]:
    shards: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"StreamArn": arn}
    while True:
        described = transport.send("DescribeStream", parameters).body["StreamDescription"]
        shards += described["Shards"]
        last = described.get("LastEvaluatedShardId")
        if last is None:
            return shards
        parameters["ExclusiveStartShardId"] = last


def _in_order(shards: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield shards with each parent before its children."""
    by_id = {shard["ShardId"]: shard for shard in shards}
    seen: set[str] = set()

    def line(shard: dict[str, Any]) -> list[dict[str, Any]]:
        ancestors = [shard]
        while (parent := ancestors[-1].get("ParentShardId")) in by_id:
            ancestors.append(by_id[parent])
        return ancestors[::-1]

    for shard in shards:
        for each in line(shard):
            if each["ShardId"] not in seen:
                seen.add(each["ShardId"])
                yield each


def _seconds(moment: Any) -> float | None:
    if moment is None:
        return None
    return float(moment.timestamp() if hasattr(moment, "timestamp") else moment)


def _text(places: Mapping[str, _Place]) -> str:
    return json.dumps(
        {
            name: {"arn": place.arn, "since": place.since, "shards": place.shards}
            for name, place in places.items()
        },
        sort_keys=True,
    )
