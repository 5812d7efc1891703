"""A vector index of a table: which items it holds, what their entries are, and its vectors.

In: the definition the engine stores for the index, and items. Out: entries, positions in storage,
and the matrices that searches read. It does not know requests.

Storage has a row for each entry: under the partition of the index and the key of the item, its
size, the vector as packed floats and the values of the inline filters. Projected attributes are
not stored twice: they are read from the item when a search returns it. A database in memory keeps
the vectors only where they are searched; rows are then empty, and read again from the items if
they have to be (after a write that was undone).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import item_bytes, value_bytes
from tablewright.capacity.values import key_part, partition_bytes
from tablewright.capacity.vectors import entry_bytes, vector_bytes
from tablewright.local.vectors.values import stored_vector

if TYPE_CHECKING:
    from tablewright.local.storage import KeyValueStore
    from tablewright.local.tables import Held, Keys
    from tablewright.local.vectors.matrix import Matrix

WireItem = Mapping[str, Any]
LOAD_ROWS = 512

_HASH_BYTES = 4
"""The hash that keys of items begin with; equal scores come in the order of what follows."""


@dataclass(slots=True, kw_only=True)
class VectorIndex:
    """A vector index of a table."""

    name: str
    space: int
    attribute: str
    dimensions: int
    metric: str
    hash_key: tuple[str, str] | None
    """The partition key of the index, name and type, if it has one."""
    filters: tuple[tuple[str, str], ...]
    """The attributes a search may filter by, names and types."""
    projected: frozenset[str] | None
    """The attributes of an entry, keys and vector included; None if it has all of the item."""
    definition: dict[str, Any]
    held: Held
    matrices: dict[bytes, Matrix] = field(default_factory=dict)
    """The vectors in memory by partition, each read when it is first searched."""

    @property
    def status(self) -> str:
        """The lifecycle state: CREATING or ACTIVE."""
        status: str = self.definition["IndexStatus"]
        return status

    @property
    def is_backfilling(self) -> bool:
        """Whether existing items are being added."""
        return bool(self.definition.get("Backfilling"))

    @property
    def search_attributes(self) -> tuple[str, ...]:
        """The attributes a search condition may mention: partition key first, then filters."""
        names = tuple(name for name, _ in self.filters)
        return names if self.hash_key is None else (self.hash_key[0], *names)

    def vector(self, item: WireItem | None) -> bytes | None:
        """Return the packed vector of an item that the index holds, None for others."""
        if item is None:
            return None
        if self.hash_key is not None:
            name, kind = self.hash_key
            value = item.get(name)
            if value is None or not value.get(kind):
                return None
        return stored_vector(item.get(self.attribute), self.dimensions)

    def partition(self, item: WireItem) -> bytes:
        """Return what the positions of an item's partition of the index begin with."""
        if self.hash_key is None:
            return b""
        name, kind = self.hash_key
        return partition_bytes((key_part(kind, item[name][kind]),))

    def filter_values(self, item: WireItem) -> dict[str, str]:
        """Return the values of an item's inline filters, as type and text."""
        return {
            name: kind + item[name][kind]
            for name, kind in self.filters
            if name in item and kind in item[name]
        }

    def entry(self, item: WireItem) -> WireItem:
        """Return the projected part of an item, its vector as the item has it."""
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}

    def bytes_of(self, item: WireItem, *, stored_bytes: int | None = None) -> int:
        """Return the bytes of an item's entry.

        Args:
            item: an item the index holds.
            stored_bytes: the bytes of the item, if the caller knows them.
        """
        name_bytes = len(self.attribute.encode())
        value = value_bytes(item[self.attribute])
        if self.projected is None:
            size = item_bytes(item) if stored_bytes is None else stored_bytes
        else:
            size = item_bytes(self.entry(item))
        return entry_bytes(name_bytes, self.dimensions, size - name_bytes - value)

    def stored(self, vector: bytes, item: WireItem, *, in_memory: bool) -> bytes:
        """Return what storage keeps of an entry."""
        return b"" if in_memory else vector + orjson.dumps(self.filter_values(item))

    def matrix(self, store: KeyValueStore, table_space: int, partition: bytes) -> Matrix:
        """Return the vectors of a partition, read from storage if need be. Inside a read."""
        matrix = self.matrices.get(partition)
        if matrix is None:
            matrix = self._load(store, table_space, partition)
            self.matrices[partition] = matrix
        return matrix

    def _load(self, store: KeyValueStore, table_space: int, partition: bytes) -> Matrix:
        from tablewright.capacity.values import after_prefix
        from tablewright.local.vectors.matrix import Matrix

        names = [name for name, _ in self.filters]
        matrix = Matrix(self.dimensions, self.metric, names, skipped=_HASH_BYTES)
        high = after_prefix(partition) if partition else None
        rows = store.range(self.space, partition, high)
        while chunk := rows.fetchmany(LOAD_ROWS):
            matrix.extend(list(self._entries(store, table_space, len(partition), chunk)))
        return matrix

    def _entries(
        self,
        store: KeyValueStore,
        table_space: int,
        prefix: int,
        rows: list[tuple[bytes, int, bytes]],
    ) -> Iterator[tuple[bytes, bytes, Mapping[str, Any]]]:
        size = vector_bytes(self.dimensions)
        for position, _, raw in rows:
            key = position[prefix:]
            if raw:
                yield key, raw[:size], orjson.loads(raw[size:])
                continue
            image = store.get(table_space, key)
            item = orjson.loads(image[1]) if image is not None else {}
            vector = self.vector(item)
            if vector is not None:
                yield key, vector, self.filter_values(item)


def vector_indexes(
    definition: Mapping[str, Any], types: Mapping[str, str], table_keys: Keys
) -> dict[str, VectorIndex]:
    """Return the vector indexes of a stored table definition, by name."""
    from tablewright.local.tables import Held

    out = {}
    for described in definition.get("VectorIndexes") or ():
        schema = described.get("SearchSchema") or ()
        names = {kind: [] for kind in ("HASH", "INLINE_FILTER")}  # type: dict[str, list[str]]
        for element in schema:
            names[element["SearchSchemaElementType"]].append(element["AttributeName"])
        attribute = described["VectorAttribute"]["AttributeName"]
        projection = described["Projection"]
        projected = None
        if projection["ProjectionType"] != "ALL":
            extra = projection.get("NonKeyAttributes") or ()
            every = (*table_keys.names, attribute, *names["HASH"], *names["INLINE_FILTER"], *extra)
            projected = frozenset(every)
        out[described["IndexName"]] = VectorIndex(
            name=described["IndexName"],
            space=described["Space"],
            attribute=attribute,
            dimensions=described["Dimensions"],
            metric=described["DistanceFunction"],
            hash_key=next(((name, types[name]) for name in names["HASH"]), None),
            filters=tuple((name, types[name]) for name in names["INLINE_FILTER"]),
            projected=projected,
            definition=described,
            held=Held(),
        )
    return out
