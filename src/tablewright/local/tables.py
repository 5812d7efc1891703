"""Tables and indexes as the operations use them: keys, projections, positions in storage.

In: a table's definition (the JSON object the engine stores for it). Out: `Table` and `Index`, which
turn items into key bytes and index entries. It does not know storage or requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tablewright.capacity.limits import MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES
from tablewright.capacity.values import key_part, number_key, partition_bytes, raw_bytes
from tablewright.core.frozen import frozen
from tablewright.local.vectors.index import VectorIndex, vector_indexes

if TYPE_CHECKING:
    from tablewright.local.storage import KeyValueStore

WireItem = dict[str, Any]
KeyAttribute = tuple[str, str]
"""A key attribute: its name and its type, S, N or B."""


@frozen
class Keys:
    """The key of a table or an index: one to four partition and up to four sort attributes."""

    partition: tuple[KeyAttribute, ...]
    sort: tuple[KeyAttribute, ...] = ()

    @property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        """All key attributes, in the order of the schema."""
        return self.partition + self.sort

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all key attributes, in the order of the schema."""
        return tuple(name for name, _ in self.attributes)

    @property
    def types(self) -> dict[str, str]:
        """The type of each key attribute."""
        return dict(self.attributes)

    def partition_prefix(self, values: Sequence[Mapping[str, Any]]) -> bytes:
        """Return what the keys of a partition begin with; one value per partition attribute."""
        pairs = zip(self.partition, values, strict=True)
        return partition_bytes([key_part(kind, value[kind]) for (_, kind), value in pairs])

    def encode(self, item: Mapping[str, Mapping[str, Any]]) -> bytes:
        """Return the key of an item that has all key attributes, as bytes in key order."""
        partition = self.partition
        if len(partition) == 1:
            name, kind = partition[0]
            encoded = partition_bytes((key_part(kind, item[name][kind]),))
        else:
            encoded = self.partition_prefix([item[name] for name, _ in partition])
        for name, kind in self.sort:
            encoded += key_part(kind, item[name][kind])
        return encoded

    def has(self, item: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether an item has every key attribute as a key may be: typed, not empty, not too long.

        An item stored before an index was created may have anything else there; it is then left
        out of the index.
        """
        for name, kind in self.partition:
            if not _can_be_key(item.get(name), kind, MAX_PARTITION_KEY_BYTES):
                return False
        return all(
            _can_be_key(item.get(name), kind, MAX_SORT_KEY_BYTES) for name, kind in self.sort
        )


def _can_be_key(value: Mapping[str, Any] | None, kind: str, limit_bytes: int) -> bool:
    content = value.get(kind) if value is not None else None
    if not content:
        return False
    # A character has up to four bytes: short contents need not be measured.
    return (
        kind == "N"
        or len(content) * 4 <= limit_bytes
        or (len(raw_bytes(kind, content)) <= limit_bytes)
    )


class TokenRecord(NamedTuple):
    """What is kept of a transaction under its ClientRequestToken."""

    digest: str
    """Of its parameters."""
    moment: float
    """When it was carried out, in seconds since the epoch."""
    sizes: tuple[int, ...]
    """The larger image of each of its items, before or after, in bytes."""


@dataclass(slots=True)
class Held:
    """How much a table or an index holds, kept up to date by every write."""

    count: int | None = 0
    """How many items; None if they have to be counted (after a crash, or when just filled)."""
    bytes: int = 0

    def change(self, old_bytes: int | None, new_bytes: int | None) -> None:
        """Note a write: the sizes before and after, None for nothing."""
        if self.count is not None:
            self.count += (new_bytes is not None) - (old_bytes is not None)
            self.bytes += (new_bytes or 0) - (old_bytes or 0)


@dataclass(slots=True, kw_only=True)
class Index:
    """A local or global index of a table."""

    name: str
    space: int
    is_local: bool
    keys: Keys
    projected: frozenset[str] | None
    """The attributes of an entry, keys included; None if it has all of the item."""
    table_keys: Keys
    definition: dict[str, Any]
    held: Held = field(default_factory=Held)

    @property
    def status(self) -> str:
        """The lifecycle state of a global index; a local one is always ACTIVE."""
        status: str = self.definition.get("IndexStatus", "ACTIVE")
        return status

    def entry_key(self, item: WireItem) -> bytes:
        """Return the position of an item's entry: the index key, then the table key."""
        encoded = self.keys.encode(item)
        for name, kind in self.table_keys.attributes:
            encoded += key_part(kind, item[name][kind])
        return encoded

    def entry(self, item: WireItem) -> WireItem:
        """Return the projected part of an item that is in the index."""
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


@frozen
class Expiry:
    """Which attribute of a table's items tells when they expire, and where that is ordered.

    The space holds a row for each item that has the attribute as a number: the number's key bytes
    and the item's key bytes, so that expired items are found without reading the others.
    """

    attribute: str
    space: int

    def position(self, key: bytes, item: Mapping[str, Any] | None) -> bytes | None:
        """Return the place of an item in the order of expiry, None if it does not expire."""
        seconds = item.get(self.attribute, {}).get("N") if item is not None else None
        return None if seconds is None else number_key(seconds) + key

    def change(
        self,
        store: KeyValueStore,
        key: bytes,
        old: Mapping[str, Any] | None,
        new: Mapping[str, Any] | None,
    ) -> None:
        """Move an item in the order of expiry. Inside a write."""
        before, after = self.position(key, old), self.position(key, new)
        if before == after:
            return
        if before is not None:
            store.delete(self.space, before)
        if after is not None:
            store.put(self.space, after, 0, key)


@dataclass(slots=True, kw_only=True)
class Table:
    """A table: its definition, keys, indexes and the counters shown by DescribeTable."""

    name: str
    space: int
    keys: Keys
    definition: dict[str, Any]
    indexes: dict[str, Index] = field(default_factory=dict)
    written: tuple[Index, ...] = ()
    """The indexes that writes maintain."""
    indexes_by_name: tuple[Index, ...] = ()
    """All indexes, sorted by name: the order in which their keys are checked."""
    vectors: dict[str, VectorIndex] = field(default_factory=dict)
    """The vector indexes, which writes maintain too."""
    held: Held = field(default_factory=Held)
    expiry: Expiry | None = None
    """Which attribute tells when items expire, if any does."""
    has_stream: bool = False
    """Whether changes are recorded in a stream."""
    history: int | None = None
    """The space that keeps what changes undo, for point-in-time recovery; None without it."""
    is_sending: bool = False
    """Whether changes are sent to a Kinesis destination."""
    replicas: tuple[str, ...] = ()
    """The other regions that hold the table."""
    versions: int | None = None
    """The space with the version of each item, for replication; None before the first replica."""
    is_watched: bool = False
    """Whether anybody is to be told of changes."""

    @property
    def status(self) -> str:
        """The lifecycle state: CREATING, UPDATING, ACTIVE or DELETING."""
        status: str = self.definition["TableStatus"]
        return status

    @property
    def has_local_indexes(self) -> bool:
        """Whether any index is local, so that item collections are limited and measured."""
        return any(index.is_local for index in self.written)

    @classmethod
    def of(cls, definition: dict[str, Any]) -> Table:
        """Return the table a stored definition describes."""
        types = {
            entry["AttributeName"]: entry["AttributeType"]
            for entry in definition["AttributeDefinitions"]
        }
        keys = _keys(definition["KeySchema"], types)
        table = cls(
            name=definition["TableName"],
            space=definition["Space"],
            keys=keys,
            definition=definition,
        )
        for member, is_local in (
            ("LocalSecondaryIndexes", True),
            ("GlobalSecondaryIndexes", False),
        ):
            for stored in definition.get(member) or ():
                index_keys = _keys(stored["KeySchema"], types)
                table.indexes[stored["IndexName"]] = Index(
                    name=stored["IndexName"],
                    space=stored["Space"],
                    is_local=is_local,
                    keys=index_keys,
                    projected=_projected(stored["Projection"], index_keys, keys),
                    table_keys=keys,
                    definition=stored,
                )
        table.written = tuple(table.indexes.values())
        table.vectors = vector_indexes(definition, types, keys)
        expiry = definition.get("Expiry")
        if expiry:
            table.expiry = Expiry(attribute=expiry["AttributeName"], space=expiry["Space"])
        stream = definition.get("StreamSpecification")
        table.has_stream = bool(stream and stream["StreamEnabled"])
        recovery = definition.get("Recovery")
        table.history = recovery["Space"] if recovery else None
        table.is_sending = any(
            each["Status"] == "ACTIVE"
            for each in definition.get("KinesisDestinations", {}).values()
        )
        table.replicas = tuple(each["RegionName"] for each in definition.get("Replicas", ()))
        table.versions = definition.get("Versions")
        table.is_watched = (
            table.has_stream
            or table.history is not None
            or table.is_sending
            or bool(table.replicas)
        )
        table.indexes_by_name = tuple(sorted(table.indexes.values(), key=lambda index: index.name))
        return table

    def redefine(self, changed: Table) -> None:
        """Take over the definition of the same table after a change."""
        for name, index in changed.indexes.items():
            known = self.indexes.get(name)
            if known is not None and known.space == index.space:
                index.held = known.held
        for name, vector in changed.vectors.items():
            old = self.vectors.get(name)
            if old is not None and old.space == vector.space:
                vector.held, vector.matrices = old.held, old.matrices
        self.vectors = changed.vectors
        self.definition = changed.definition
        self.indexes = changed.indexes
        self.written = changed.written
        self.indexes_by_name = changed.indexes_by_name
        self.expiry = changed.expiry
        self.has_stream = changed.has_stream
        self.history = changed.history
        self.is_sending = changed.is_sending
        self.replicas = changed.replicas
        self.versions = changed.versions
        self.is_watched = changed.is_watched

    @property
    def counted(self) -> tuple[Table | Index | VectorIndex, ...]:
        """What keeps count of what it holds: the table, then its indexes."""
        return (self, *self.indexes.values(), *self.vectors.values())

    def forget_vectors(self) -> None:
        """Drop the vectors in memory: they are read from storage when next searched."""
        for index in self.vectors.values():
            index.matrices.clear()

    @property
    def spaces(self) -> tuple[int, ...]:
        """The spaces that belong to the table."""
        spaces = [self.space, *(index.space for index in self.indexes.values())]
        spaces += [index.space for index in self.vectors.values()]
        if self.expiry is not None:
            spaces.append(self.expiry.space)
        if self.history is not None:
            spaces.append(self.history)
        if self.versions is not None:
            spaces.append(self.versions)
        return tuple(spaces)

    def key_item(self, item: WireItem) -> WireItem:
        """Return the key attributes of an item."""
        return {name: item[name] for name, _ in self.keys.attributes}


def _keys(schema: Sequence[Mapping[str, str]], types: Mapping[str, str]) -> Keys:
    def of(kind: str) -> tuple[KeyAttribute, ...]:
        names = (entry["AttributeName"] for entry in schema if entry["KeyType"] == kind)
        return tuple((name, types[name]) for name in names)

    return Keys(partition=of("HASH"), sort=of("RANGE"))


def _projected(
    projection: Mapping[str, Any], keys: Keys, table_keys: Keys
) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    extra = projection.get("NonKeyAttributes") or ()
    return frozenset((*keys.names, *table_keys.names, *extra))
