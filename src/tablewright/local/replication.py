"""Replication: what a write of a global table sends to the other regions, and how it arrives.

In: changes of a table with replicas, as they are written. Out: rows of an outbox for each region,
stored in the write itself, so that a killed process loses none; and their application elsewhere.

Every item of such a table has a version: a moment in microseconds, never before that of the item it
replaces, and a region. A replicated change is applied if its version is later than the item's (the
last writer wins; of two at the same moment the region whose name comes last), so that applying one
twice changes nothing. Deleted items keep their version.

Sources: Developer Guide, "Global tables: multi-Region replication" (last writer wins, replication
item by item, transactions only within a region), "Global tables billing" (a replicated write unit
in each region for the table, ordinary write units for global indexes), "Using time to live" (the
deletion of an expired item is free where it happens and a replicated write elsewhere, where stream
records do not name the service). A write that changes nothing is not replicated, like in streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from tablewright.capacity.units import write_units
from tablewright.local.metering import Meter
from tablewright.local.vectors.writing import written_bytes
from tablewright.local.writing import Image, stored_image, write

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

CHUNK = 200
_CATALOGUE = 0
_OUTBOX = b"\x00outbox"
_MICROS = 1_000_000

Item = dict[str, Any]


class Version(NamedTuple):
    """When and where an item was last written."""

    micros: int
    region: str


class QueuedWrite(NamedTuple):
    """One change on its way to another region; `item` is None if it was deleted."""

    number: bytes
    table: str
    keys: Item
    version: Version
    item: Item | None


NO_VERSION = Version(0, "")


def record(engine: LocalEngine, table: Table, old: Item | None, new: Item | None) -> None:
    """Put a change into the outboxes of the table's replicas. Inside the write of the change."""
    if engine.is_applying:
        return
    image = new if new is not None else old
    assert image is not None
    keys = {name: image[name] for name in table.keys.names}
    key = table.keys.encode(image)
    now = int(engine.clock() * _MICROS)
    version = Version(max(now, _version(engine, table, key).micros + 1), engine.region)
    _keep_version(engine, table, key, version)
    row = orjson.dumps([now, table.name, keys, version.micros, new])
    space = _outbox(engine)
    for region in table.replicas:
        prefix = region.encode() + b"\x00"
        number = 1
        last = engine.store.range(space, prefix, prefix + b"\xff", is_reverse=True, limit=1)
        for stored, _, _ in last:
            number = int.from_bytes(stored[len(prefix) :], "big") + 1
        engine.store.put(space, prefix + number.to_bytes(8, "big"), 0, row)
        engine.outboxes.add(region)


def due(engine: LocalEngine, region: str) -> list[QueuedWrite]:
    """Return the next changes that have been under way to a region long enough."""
    with engine.store.reading:
        stored = engine.store.get(_CATALOGUE, _OUTBOX)
        if stored is None:
            engine.outboxes.discard(region)
            return []
        prefix = region.encode() + b"\x00"
        rows = list(engine.store.range(int(stored[1]), prefix, prefix + b"\xff", limit=CHUNK))
        if not rows:
            engine.outboxes.discard(region)
    latest = int((engine.clock() - engine.replica_lag_seconds) * _MICROS)
    changes = []
    for number, _, raw in rows:
        sent, table, keys, micros, item = orjson.loads(raw)
        if sent > latest:
            break
        version = Version(micros, engine.region)
        changes.append(QueuedWrite(number, table, keys, version, item))
    return changes


def forget(engine: LocalEngine, changes: list[QueuedWrite]) -> None:
    """Take changes that have arrived out of the outbox."""
    with engine.store.writing:
        space = _outbox(engine)
        for change in changes:
            engine.store.delete(space, change.number)


def load_outboxes(engine: LocalEngine) -> set[str]:
    """Return the regions that changes of an earlier process are under way to. Inside a read."""
    stored = engine.store.get(_CATALOGUE, _OUTBOX)
    if stored is None:
        return set()
    rows = engine.store.range(int(stored[1]))
    return {key.partition(b"\x00")[0].decode() for key, _, _ in rows}


def apply(engine: LocalEngine, changes: list[QueuedWrite], meter: Meter) -> list[QueuedWrite]:
    """Write changes from another region; return those that took effect.

    A change that arrives too late is charged, too: it was sent and compared.
    """
    applied = []
    with engine.store.writing:
        engine.is_applying = True
        try:
            for change in changes:
                table = engine.tables.get(change.table)
                if table is None or table.versions is None:
                    continue  # the replica was deleted meanwhile
                if _apply_one(engine, table, change, meter):
                    applied.append(change)
        finally:
            engine.is_applying = False
    return applied


def page_of_items(
    engine: LocalEngine, table: Table, low: bytes
) -> list[tuple[bytes, int, bytes, Version]]:
    """Return the next items of a table from a key on: key, size, content and version."""
    with engine.store.reading:
        rows = list(engine.store.range(table.space, low, None, limit=CHUNK))
        return [(key, size, raw, _version(engine, table, key)) for key, size, raw in rows]


def copy_in(
    engine: LocalEngine, table: Table, rows: list[tuple[bytes, int, bytes, Version]]
) -> None:
    """Write items of another region into a new replica, where nothing later has arrived."""
    with engine.store.writing:
        engine.is_applying = True
        try:
            for key, size, raw, version in rows:
                if _version(engine, table, key) == NO_VERSION:
                    old = stored_image(engine, table, key)
                    write(engine, table, key, old, Image(size, raw), None)
                    _keep_version(engine, table, key, version)
        finally:
            engine.is_applying = False


def _apply_one(engine: LocalEngine, table: Table, change: QueuedWrite, meter: Meter) -> bool:
    key = table.keys.encode(change.keys)
    known = _version(engine, table, key)
    if known == change.version:
        return False  # it was applied before
    old = stored_image(engine, table, key)
    new = None if change.item is None else Image.of(change.item)
    units = meter.table(table.name)
    units.add(writes=write_units(written_bytes(table, old), written_bytes(table, new)))
    if known > change.version:
        return False
    write(engine, table, key, old, new, units)
    _keep_version(engine, table, key, change.version)
    return True


def _version(engine: LocalEngine, table: Table, key: bytes) -> Version:
    assert table.versions is not None
    stored = engine.store.get(table.versions, key)
    return NO_VERSION if stored is None else Version(*orjson.loads(stored[1]))


def _keep_version(engine: LocalEngine, table: Table, key: bytes, version: Version) -> None:
    assert table.versions is not None
    engine.store.put(table.versions, key, 0, orjson.dumps(list(version)))


def _outbox(engine: LocalEngine) -> int:
    """Return the space of the outbox, made when first needed. Inside a write."""
    stored = engine.store.get(_CATALOGUE, _OUTBOX)
    if stored is not None:
        return int(stored[1])
    space = engine.new_space()
    engine.store.put(_CATALOGUE, _OUTBOX, 0, b"%d" % space)
    return space


def as_request(change: QueuedWrite) -> tuple[str, bytes]:
    """Return the operation and body that a change amounts to, for copies that lag."""
    if change.item is not None:
        return "PutItem", orjson.dumps({"TableName": change.table, "Item": change.item})
    return "DeleteItem", orjson.dumps({"TableName": change.table, "Key": change.keys})
