"""Collections and tables with their indexes, as routing over ordered indexes sees them.

Values only, at one scale. It does not know bytes on disk, prices or hardware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO


@frozen
class Ordered:
    """An index as routing sees it: paths with True where they sort downwards."""

    name: str
    keys: tuple[tuple[str, bool], ...]
    kind: str = "btree"
    """btree, hash, geo, text, json or vector."""
    unique: bool = False
    partial: tuple[tuple[str, tuple[str, ...]], ...] = ()
    includes: tuple[str, ...] = ()
    geo: str = ""
    """The place of a compound index that begins or continues with one."""
    entries: Decimal = ZERO
    entry_bytes: Decimal = ZERO
    stored_bytes: Decimal = ZERO
    is_primary: bool = False
    ignores_case: bool = False
    """Texts in it are compared case-insensitively: it serves just such conditions."""
    prefixes: bool = True
    """It serves the beginnings of texts; in PostgreSQL only one in the order of bytes does."""
    by_time: bool = False
    """Its entries lie in the order of time, in all or for each leading key: the newest together."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its keys."""
        return tuple(path for path, _ in self.keys)


@frozen
class Home:
    """A collection or a table at one scale."""

    name: str
    entity: str
    rows: Decimal
    row_bytes: Decimal
    """Of one row or document, a mean, uncompressed."""
    stored_bytes: Decimal
    """Of all of them, as they lie in memory: pages with their overhead."""
    page_bytes: int
    indexes: tuple[Ordered, ...] = ()
    vector_indexes: tuple[Ordered, ...] = ()
    """Indexes of vectors on search nodes beside the server, in whose memory they lie."""
    embeds: tuple[tuple[str, str], ...] = ()
    """Child entities and the attribute they are embedded under."""
    embedded_bytes: Decimal = ZERO
    """Of the row's bytes, those of the children that are embedded in it."""
    child_bytes: Mapping[str, Decimal] = field(default_factory=dict)
    """Of one embedded child, by entity."""
    attribute_bytes: Mapping[str, Decimal] = field(default_factory=dict)
    covers: bool = True
    days: Decimal = ZERO
    """Over how many days its rows came in; zero where they do not pile up with time."""
    outside_bytes: Decimal = ZERO
    """Of the stored bytes, those of long values that are kept apart from their rows."""
    partition: str = ""
    """The time by whose months it is partitioned."""
    partitions: Decimal = ONE
    shard_key: tuple[str, ...] = ()
    shards: int = 1
    """Over how many it is spread, evenly."""

    @property
    def bare_bytes(self) -> Decimal:
        """The bytes of a row in which nothing is embedded yet."""
        return self.row_bytes - self.embedded_bytes

    def on_one_shard(self) -> Home:
        """Return the part of it that lies on one shard."""
        n = Decimal(self.shards)
        return replace(
            self,
            rows=self.rows / n,
            stored_bytes=self.stored_bytes / n,
            indexes=tuple(
                replace(index, entries=index.entries / n, stored_bytes=index.stored_bytes / n)
                for index in self.indexes
            ),
            vector_indexes=tuple(
                replace(index, entries=index.entries / n, stored_bytes=index.stored_bytes / n)
                for index in self.vector_indexes
            ),
        )
