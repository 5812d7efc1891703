"""How a write changes storage: the item, its index entries, counters; and what the indexes cost.

In: a table, a key, the stored item and the new one. Out: the changed storage and the units of each
index arm. The table's own units depend on the operation, so each operation counts them itself.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import item_bytes, string_bytes
from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.capacity.units import index_write_blocks
from tablewright.capacity.values import after_prefix
from tablewright.core.quantities import GB
from tablewright.local.faults import ValidationException
from tablewright.local.vectors.writing import write_vectors, written_bytes

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import TableMeter
    from tablewright.local.tables import Index, Table

WireItem = dict[str, Any]


class Image:
    """An item as stored: its size in DynamoDB's bytes, its JSON, and the item when asked."""

    __slots__ = ("_item", "raw", "size")

    def __init__(self, size: int, raw: bytes, item: WireItem | None = None) -> None:
        self.size = size
        self.raw = raw
        self._item = item

    @classmethod
    def of(cls, item: WireItem) -> Image:
        """Return the image of an item in canonical form."""
        return cls(item_bytes(item), orjson.dumps(item), item)

    @property
    def item(self) -> WireItem:
        """The item. Do not change it."""
        if self._item is None:
            self._item = orjson.loads(self.raw)
        return self._item


def stored_image(engine: LocalEngine, table: Table, key: bytes) -> Image | None:
    """Return what is stored under a key."""
    row = engine.store.get(table.space, key)
    return None if row is None else Image(*row)


def size_of(image: Image | None) -> int | None:
    """Return the size of an image, None if there is none."""
    return None if image is None else image.size


def item_of(image: Image | None) -> WireItem | None:
    """Return the item of an image, None if there is none."""
    return None if image is None else image.item


UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"
_LONGEST_NAME_BYTES = 65_535
"""Developer Guide, "Quotas", attribute names: at most 64 KB long."""


def check_item_size(image: Image, *, is_update: bool = False) -> None:
    """Refuse an item of more than 400 KB, or with a name of an attribute of 64 KB or more."""
    if image.size > MAX_ITEM_BYTES:
        raise ValidationException(
            UPDATE_TOO_LARGE if is_update else "Item size has exceeded the maximum allowed size"
        )
    if image.size > _LONGEST_NAME_BYTES and any(
        string_bytes(name) > _LONGEST_NAME_BYTES for name in image.item
    ):
        raise ValidationException(
            "One or more parameter values were invalid: Attribute name is too large, must be at "
            f"most {_LONGEST_NAME_BYTES} bytes"
        )


def write(
    engine: LocalEngine,
    table: Table,
    key: bytes,
    old: Image | None,
    new: Image | None,
    meter: TableMeter | None,
    *,
    by_service: bool = False,
) -> None:
    """Store a new image (None deletes) in place of the old one, with its index entries.

    Call it inside a write, after everything that may refuse the request.

    Args:
        engine: where the table lives.
        table: the table written.
        key: the key bytes of the item.
        old: what is stored now.
        new: what is to be stored.
        meter: counts the units of the index arms; None for writes nobody pays for.
        by_service: whether the service itself writes (expired items), as streams report.
    """
    store = engine.store
    if new is None:
        if old is None:
            return
        store.delete(table.space, key)
    else:
        store.put(table.space, key, new.size, new.raw)
    if table.written:
        for index in table.written:
            _write_entry(engine, index, old, new, meter)
    if table.vectors:
        write_vectors(engine, table, key, old, new, meter)
    if table.expiry is not None:
        table.expiry.change(store, key, item_of(old), item_of(new))
    table.held.change(written_bytes(table, old), written_bytes(table, new))
    engine.note_write()
    if table.is_watched:
        engine.on_change(table, item_of(old), item_of(new), by_service)


def _write_entry(
    engine: LocalEngine,
    index: Index,
    old: Image | None,
    new: Image | None,
    meter: TableMeter | None,
) -> None:
    keys = index.keys
    before = old if old is not None and keys.has(old.item) else None
    after = new if new is not None and keys.has(new.item) else None
    if before is None and after is None:
        return
    if index.projected is not None:
        before = before and Image.of(index.entry(before.item))
        after = after and Image.of(index.entry(after.item))
    key_before = index.entry_key(old.item) if before and old else None
    key_after = index.entry_key(new.item) if after and new else None
    is_changed = (
        before is None or after is None or (before.raw != after.raw and before.item != after.item)
    )
    if key_before is not None and key_before != key_after:
        engine.store.delete(index.space, key_before)
    if key_after is not None and after is not None and (is_changed or key_before != key_after):
        engine.store.put(index.space, key_after, after.size, after.raw)
    index.held.change(size_of(before), size_of(after))
    if meter is not None:
        units = index_write_blocks(
            size_of(before),
            size_of(after),
            key_moved=key_before != key_after,
            changed=is_changed,
        )
        if units:
            meter.add(index.name, writes=Decimal(units), is_local=index.is_local)


def collection_metrics(engine: LocalEngine, table: Table, item: WireItem) -> dict[str, Any]:
    """Return the ItemCollectionMetrics of the collection an item belongs to. Inside a read.

    The estimate is a range of one gigabyte around the collection's size, indexes included.
    """
    values = [item[name] for name, _ in table.keys.partition]
    prefix = table.keys.partition_prefix(values)
    high = after_prefix(prefix)
    size = engine.store.range_bytes(table.space, prefix, high)
    size += sum(
        engine.store.range_bytes(index.space, prefix, high)
        for index in table.written
        if index.is_local
    )
    low = size // GB
    return {
        "ItemCollectionKey": {name: item[name] for name, _ in table.keys.partition},
        "SizeEstimateRangeGB": [float(low), float(low + 1)],
    }
