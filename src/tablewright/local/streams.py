"""Streams: what changed in a table, in order, for a day.

In: changes as they are written, then questions about streams. Out: stream descriptions, shards and
records. A record is stored in the same atomic write as the change it tells of.

Each stream has a row in the catalogue, made with its first record, and a space of its own: sequence
number → record. Its shards are stretches of the sequence: a new one begins every four hours, as on
the service, so that consumers meet shards that are closed and have a successor. A stream that was
switched off, or whose table was dropped, stays readable until its records are a day old.

Sources: API reference, "Amazon DynamoDB Streams", and Developer Guide, "Change data capture for
DynamoDB Streams": 24 hours, no record for a write that changes nothing, the identity of the service
on records of expired items, iterators good for 15 minutes, 1 MB or 1,000 records a reply.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import item_bytes
from tablewright.core.frozen import frozen
from tablewright.core.quantities import MB
from tablewright.local.faults import (
    ExpiredIteratorException,
    ResourceNotFoundException,
    TrimmedDataAccessException,
    ValidationException,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

RETENTION_SECONDS = 24 * 3600
SHARD_SECONDS = 4 * 3600
ITERATOR_SECONDS = 15 * 60
PAGE_BYTES = MB
MAX_RECORDS = 1000
MAX_NUMBER = 2**63

SERVICE = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
"""Who deletes expired items (Developer Guide, "DynamoDB Streams and TTL")."""

_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[^:]+:\d+:table/[\w.-]+/stream/[\w.:-]+")

_CATALOGUE = 0
_ROWS = b"\x00stream\x00"
_TRIM_EVERY = 256

Item = dict[str, Any]


@frozen
class Shard:
    """A stretch of a stream: from `first` to `last` (None: still open)."""

    id: str
    first: int
    last: int | None
    created: float
    parent: str | None

    def described(self) -> dict[str, Any]:
        """Return the shard as DescribeStream shows it."""
        sequence = {"StartingSequenceNumber": sequence_text(self.first)}
        if self.last is not None:
            sequence["EndingSequenceNumber"] = sequence_text(self.last)
        out: dict[str, Any] = {"ShardId": self.id, "SequenceNumberRange": sequence}
        if self.parent is not None:
            out["ParentShardId"] = self.parent
        return out


@frozen
class Stream:
    """One stream of a table: there is another each time streaming is switched on."""

    arn: str
    table: str
    label: str
    view: str
    key_schema: list[dict[str, str]]
    created: float
    shards: tuple[Shard, ...]
    space: int | None = None
    """Where its records are; None as long as it never had one."""
    is_enabled: bool = True


def sequence_text(number: int) -> str:
    """Return a sequence number as the API shows it: digits, at least 21 of them.

    Example:
        >>> sequence_text(7)
        '000000000000000000007'
    """
    return f"{number:021d}"


# Streams


def stream_of(engine: LocalEngine, table: Table) -> Stream | None:
    """Return the stream that a table writes to now, None if it has none. Inside a read."""
    if not table.has_stream:
        return None
    definition = table.definition
    label = definition["StreamLabel"]
    arn = f"{engine.arn(table.name)}/stream/{label}"
    stored = engine.store.get(_CATALOGUE, _ROWS + arn.encode())
    if stored is not None:
        return _loaded(stored[1])
    created = definition.get("StreamSince", definition["CreationDateTime"])
    return Stream(
        arn=arn,
        table=table.name,
        label=label,
        view=definition["StreamSpecification"]["StreamViewType"],
        key_schema=definition["KeySchema"],
        created=created,
        shards=(_shard(arn, first=1, created=created, parent=None),),
    )


def streams(engine: LocalEngine) -> list[Stream]:
    """Return all streams, open and closed, by their ARN. Inside a read."""
    by_arn: dict[str, Stream] = {}
    for table in engine.tables.values():
        stream = stream_of(engine, table)
        if stream is not None:
            by_arn[stream.arn] = stream
    for _, _, raw in engine.store.range(_CATALOGUE, _ROWS, _ROWS + b"\xff"):
        stream = _loaded(raw)
        if stream.arn not in by_arn:
            by_arn[stream.arn] = _closed(engine, stream)
    return [by_arn[arn] for arn in sorted(by_arn)]


def find_stream(engine: LocalEngine, arn: str) -> Stream:
    """Return a stream by its ARN. Inside a read.

    Raises:
        ValidationException: it is not the ARN of a stream.
        ResourceNotFoundException: there is none.
    """
    if not _STREAM_ARN.fullmatch(arn):
        raise ValidationException(f"Invalid StreamArn: {arn}")
    for stream in streams(engine):
        if stream.arn == arn:
            return stream
    raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")


def find_shard(stream: Stream, shard_id: str) -> Shard:
    """Return a shard of a stream.

    Raises:
        ResourceNotFoundException: it has no such shard.
    """
    for shard in stream.shards:
        if shard.id == shard_id:
            return shard
    raise ResourceNotFoundException(
        f"Requested resource not found: Shard: {shard_id} in Stream: {stream.arn} not found"
    )


def _closed(engine: LocalEngine, stream: Stream) -> Stream:
    *earlier, last = stream.shards
    last = replace(last, last=max(_last_number(engine, stream), last.first))
    return replace(stream, is_enabled=False, shards=(*earlier, last))


def _shard(arn: str, *, first: int, created: float, parent: str | None) -> Shard:
    tail = zlib.crc32(f"{arn}{first}".encode())
    shard_id = f"shardId-{int(created * 1000):020d}-{tail:08x}"
    return Shard(id=shard_id, first=first, last=None, created=created, parent=parent)


def _stored(stream: Stream) -> bytes:
    shards = [
        [shard.id, shard.first, shard.last, shard.created, shard.parent] for shard in stream.shards
    ]
    members = ("arn", "table", "label", "view", "key_schema", "created", "space")
    return orjson.dumps({**{name: getattr(stream, name) for name in members}, "shards": shards})


@lru_cache(maxsize=256)
def _loaded(raw: bytes) -> Stream:
    """Return the stream that a row of the catalogue describes; the same row is read once."""
    stored = orjson.loads(raw)
    shards = tuple(
        Shard(id=shard_id, first=first, last=last, created=created, parent=parent)
        for shard_id, first, last, created, parent in stored.pop("shards")
    )
    return Stream(**stored, shards=shards)


def _last_number(engine: LocalEngine, stream: Stream) -> int:
    if stream.space is None:
        return 0
    for key, _, _ in engine.store.range(stream.space, is_reverse=True, limit=1):
        return int.from_bytes(key, "big")
    return 0


# Recording


def record(
    engine: LocalEngine, table: Table, old: Item | None, new: Item | None, *, by_service: bool
) -> None:
    """Add the record of a change to the table's stream. Inside the write of the change."""
    stream = stream_of(engine, table)
    if stream is None:
        return
    now = engine.clock()
    if stream.space is None:
        stream = replace(stream, space=engine.new_space())
        _save(engine, stream)
    space = stream.space
    assert space is not None
    number = _last_number(engine, stream) + 1
    shard = stream.shards[-1]
    if now - shard.created >= SHARD_SECONDS and number > shard.first:
        stream = _with_new_shard(stream, number, now)
        _save(engine, stream)
    stored = orjson.dumps(_record(engine, table, stream, number, old, new, by_service=by_service))
    engine.store.put(space, number.to_bytes(8, "big"), len(stored), stored)
    if number % _TRIM_EVERY == 0:
        trim(engine, stream)
        forget_closed(engine)


def _save(engine: LocalEngine, stream: Stream) -> None:
    engine.store.put(_CATALOGUE, _ROWS + stream.arn.encode(), 0, _stored(stream))


def _with_new_shard(stream: Stream, first: int, now: float) -> Stream:
    """Return a stream whose last shard is closed and has a successor.

    Shards whose records have all expired are forgotten; the oldest one left then has no parent.
    """
    *earlier, last = stream.shards
    fresh = _shard(stream.arn, first=first, created=now, parent=last.id)
    shards = [*earlier, replace(last, last=first - 1), fresh]
    while shards[1].created < now - RETENTION_SECONDS:
        del shards[0]
        shards[0] = replace(shards[0], parent=None)
    return replace(stream, shards=tuple(shards))


def _record(
    engine: LocalEngine,
    table: Table,
    stream: Stream,
    number: int,
    old: Item | None,
    new: Item | None,
    *,
    by_service: bool,
) -> dict[str, Any]:
    image = new if new is not None else old
    assert image is not None
    images: dict[str, Item] = {"Keys": {name: image[name] for name in table.keys.names}}
    if new is not None and stream.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        images["NewImage"] = new
    if old is not None and stream.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        images["OldImage"] = old
    event = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    out: dict[str, Any] = {
        "eventID": f"{zlib.crc32(stream.arn.encode()):08x}{number:024x}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": engine.region,
        "dynamodb": {
            "ApproximateCreationDateTime": int(engine.clock()),
            **images,
            "SequenceNumber": sequence_text(number),
            "SizeBytes": sum(map(item_bytes, images.values())),
            "StreamViewType": stream.view,
        },
    }
    if by_service:
        out["userIdentity"] = SERVICE
    return out


def trim(engine: LocalEngine, stream: Stream) -> None:
    """Remove the records that are more than a day old, except the last. Inside a write.

    The last one stays, so that the numbers go on from it; nobody is shown it.
    """
    if stream.space is None:
        return
    horizon = engine.clock() - RETENTION_SECONDS
    expired: list[bytes] = []
    for key, _, raw in engine.store.range(stream.space, limit=4 * _TRIM_EVERY):
        if _moment(orjson.loads(raw)) >= horizon:
            break
        expired.append(key)
    else:
        del expired[-1:]
    for key in expired:
        engine.store.delete(stream.space, key)


def forget_closed(engine: LocalEngine) -> None:
    """Drop the streams that were closed and have no record left to read. Inside a write."""
    horizon = engine.clock() - RETENTION_SECONDS
    for stream in streams(engine):
        if stream.is_enabled or stream.space is None:
            continue
        last = next(engine.store.range(stream.space, is_reverse=True, limit=1), None)
        if last is None or _moment(orjson.loads(last[2])) < horizon:
            engine.store.drop(stream.space)
            engine.store.delete(_CATALOGUE, _ROWS + stream.arn.encode())


def _moment(stored: dict[str, Any]) -> float:
    moment: float = stored["dynamodb"]["ApproximateCreationDateTime"]
    return moment


# Reading


@frozen
class ShardPosition:
    """A place in a shard: the next record to read is `next` or the first one after it."""

    arn: str
    shard: str
    next: int
    made: float

    def text(self) -> str:
        """Return the position as the iterator that the API hands out."""
        content = orjson.dumps([self.shard, self.next, self.made])
        return f"{self.arn}|1|{base64.urlsafe_b64encode(content).decode()}"

    @classmethod
    def of(cls, iterator: str) -> ShardPosition:
        """Return the position that an iterator stands for.

        Raises:
            ValidationException: it is not one of ours.
        """
        arn, _, content = iterator.rpartition("|1|")
        try:
            shard, following, created = orjson.loads(base64.urlsafe_b64decode(content))
            position = cls(arn=arn, shard=str(shard), next=int(following), made=float(created))
        except (ValueError, TypeError, OverflowError):
            raise ValidationException("Invalid ShardIterator") from None
        if not 0 < position.next < MAX_NUMBER:
            raise ValidationException("Invalid ShardIterator")
        return position


def position_in(
    engine: LocalEngine,
    stream: Stream,
    shard: Shard,
    kind: str,
    sequence: str | None,
    moment: float | None = None,
) -> ShardPosition:
    """Return where an iterator of this kind begins. Inside a read.

    Raises:
        ValidationException: the kind needs a sequence number and has none, or the other way round,
            or the number is not in the shard.
        TrimmedDataAccessException: the record was there, and is more than a day old.
    """
    needs_number = kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    if needs_number != (sequence is not None):
        verb = "required" if needs_number else "not allowed"
        raise ValidationException(
            f"Invalid request. SequenceNumber is {verb} with ShardIteratorType {kind}"
        )
    if (kind == "AT_TIMESTAMP") != (moment is not None):
        verb = "required" if moment is None else "not allowed"
        raise ValidationException(
            f"Invalid request. Timestamp is {verb} with ShardIteratorType {kind}"
        )
    if moment is not None:
        following = _first_since(engine, stream, shard, moment)
    elif sequence is not None:
        number = int(sequence)
        last = shard.last if shard.last is not None else _last_number(engine, stream)
        if not shard.first <= number <= max(last, shard.first):
            raise ValidationException(
                f"Invalid SequenceNumber: {sequence} is not in shard {shard.id}"
            )
        first = next(
            (number_kept for number_kept, _ in _records(engine, stream, shard.first)), None
        )
        if first is not None and number < first:
            raise TrimmedDataAccessException(
                "The requested sequence number is beyond the trim horizon"
            )
        following = number if kind == "AT_SEQUENCE_NUMBER" else number + 1
    elif kind == "LATEST":
        following = max(_last_number(engine, stream) + 1, shard.first)
    else:
        following = shard.first
    return ShardPosition(arn=stream.arn, shard=shard.id, next=following, made=engine.clock())


def _first_since(engine: LocalEngine, stream: Stream, shard: Shard, moment: float) -> int:
    """Return the number of the first record of a shard at or after a moment.

    Records tell whole seconds. A moment before all of them means the oldest one; one after the
    last record means the next that comes.

    Raises:
        ValidationException: the moment is in the future.
    """
    if moment > engine.clock():
        raise ValidationException("Invalid request. Timestamp must not be in the future")
    for number, raw in _records(engine, stream, shard.first):
        if shard.last is not None and number > shard.last:
            break
        if _moment(orjson.loads(raw)) >= int(moment):
            return number
    last = shard.last if shard.last is not None else _last_number(engine, stream)
    return max(last + 1, shard.first)


def read_records(
    engine: LocalEngine, position: ShardPosition, limit: int
) -> tuple[list[Any], ShardPosition | None]:
    """Return records from a position on, and where to go on: None at the end of a closed shard.

    Raises:
        ExpiredIteratorException: the position is more than 15 minutes old.
        ResourceNotFoundException: the stream or the shard is gone.
    """
    now = engine.clock()
    stream = find_stream(engine, position.arn)
    shard = find_shard(stream, position.shard)
    if now - position.made > ITERATOR_SECONDS:
        raise ExpiredIteratorException(
            "The shard iterator has expired: an iterator is valid for 15 minutes"
        )
    records: list[Any] = []
    size = 0
    following = position.next
    for number, raw in _records(engine, stream, position.next):
        is_full = len(records) == limit or (bool(records) and size + len(raw) > PAGE_BYTES)
        if is_full or (shard.last is not None and number > shard.last):
            break
        records.append(orjson.Fragment(raw))
        size += len(raw)
        following = number + 1
    if shard.last is not None and following > shard.last:
        return records, None
    return records, ShardPosition(arn=stream.arn, shard=shard.id, next=following, made=now)


def _records(engine: LocalEngine, stream: Stream, first: int) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers and records from `first` on that are not more than a day old."""
    if stream.space is None:
        return
    horizon = engine.clock() - RETENTION_SECONDS
    is_fresh = False
    for key, _, raw in engine.store.range(stream.space, first.to_bytes(8, "big")):
        is_fresh = is_fresh or _moment(orjson.loads(raw)) >= horizon
        if is_fresh:
            yield int.from_bytes(key, "big"), raw
