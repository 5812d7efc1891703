"""Changes of keys and indexes of a DynamoDB table.

In: a table. Out: the table with other keys or indexes. It does not know when that pays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.design.changes import INDEX, REBUILD
from tablewright.engines.dynamodb.change_base import (
    DynamoChange,
    TableChange,
    index_of,
    inserted,
    refuse_twice,
    table_of,
    templated,
)
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    Projection,
    Table,
    TemplatePart,
)


@frozen
class RekeyTable(TableChange):
    """Another primary key: parent and child key, or a tie-breaker; indexes it makes needless go.

    `templates` say how the new key attributes are made in shapes where they are no attributes.
    """

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    partition_key: str
    sort_key: str | None = None
    templates: tuple[tuple[str, str, KeyTemplate], ...] = ()
    """Shape, key attribute, template."""
    drops: tuple[str, ...] = ()

    def rewrite(self, table: Table) -> Table:
        """Return the table under its new key."""
        for name in self.drops:
            index_of(table, name)
        created = {(shape, key): template for shape, key, template in self.templates}
        shapes = tuple(templated(shape, created) for shape in table.shapes)
        return replace(
            table,
            partition_key=self.partition_key,
            sort_key=self.sort_key,
            shapes=shapes,
            indexes=tuple(i for i in table.indexes if i.name not in self.drops),
        )

    def __str__(self) -> str:
        key = " + ".join(k for k in (self.partition_key, self.sort_key) if k)
        dropped = f", drop {' and '.join(self.drops)}" if self.drops else ""
        return f"key {self.table} by {key}{dropped}"


@frozen
class AddIndex(TableChange):
    """A new index; `templates` make its key attributes where shapes do not hold them."""

    kind: ClassVar[str] = "add_index"
    effort: ClassVar[int] = INDEX
    index: Index
    templates: tuple[tuple[str, str, KeyTemplate], ...] = ()
    at: int | None = None

    def rewrite(self, table: Table) -> Table:
        """Return the table with the index."""
        refuse_twice(table.indexes, self.index.name, f"index of {table.name}")
        created = {(shape, key): template for shape, key, template in self.templates}
        return replace(
            table,
            indexes=inserted(table.indexes, self.index, self.at),
            shapes=tuple(templated(shape, created) for shape in table.shapes),
        )

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that drops it."""
        if self.templates:
            return TableChange.inverse(self, design)
        return DropIndex(table=self.table, index=self.index.name)

    def __str__(self) -> str:
        keys = " + ".join(self.index.keys)
        return f"add index {self.index.name} on {self.table} by {keys} ({self.index.projection})"


@frozen
class DropIndex(TableChange):
    """An index goes."""

    kind: ClassVar[str] = "drop_index"
    effort: ClassVar[int] = INDEX
    index: str

    def rewrite(self, table: Table) -> Table:
        """Return the table without the index."""
        gone = index_of(table, self.index)
        return replace(table, indexes=tuple(i for i in table.indexes if i is not gone))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that adds it where it was."""
        table = table_of(design, self.table)
        gone = index_of(table, self.index)
        return AddIndex(table=self.table, index=gone, at=table.indexes.index(gone))

    def __str__(self) -> str:
        return f"drop index {self.index} of {self.table}"


@frozen
class RekeyIndex(TableChange):
    """Other key attributes of an index: built as a new index, switched to, the old one dropped."""

    kind: ClassVar[str] = "rekey_index"
    effort: ClassVar[int] = INDEX
    index: str
    partition_keys: tuple[str, ...]
    sort_keys: tuple[str, ...] = ()
    templates: tuple[tuple[str, str, KeyTemplate], ...] = ()

    def rewrite(self, table: Table) -> Table:
        """Return the table with the index under its new key."""
        old = index_of(table, self.index)
        created = {(shape, key): template for shape, key, template in self.templates}
        new = replace(old, partition_keys=self.partition_keys, sort_keys=self.sort_keys)
        return replace(
            table,
            indexes=tuple(new if i is old else i for i in table.indexes),
            shapes=tuple(templated(shape, created) for shape in table.shapes),
        )

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that restores the old key."""
        if self.templates:
            return TableChange.inverse(self, design)
        old = index_of(table_of(design, self.table), self.index)
        return replace(self, partition_keys=old.partition_keys, sort_keys=old.sort_keys)

    def __str__(self) -> str:
        keys = " + ".join((*self.partition_keys, *self.sort_keys))
        return f"key index {self.index} of {self.table} by {keys}"


@frozen
class MakeSparse(RekeyIndex):
    """An index on an attribute that only qualifying items have, so that others cost nothing."""

    kind: ClassVar[str] = "make_sparse"

    def __str__(self) -> str:
        when = next((t.when for _, _, t in self.templates if t.when), ())
        only = " and ".join(f"{name} is {' or '.join(values)}" for name, values in when)
        return f"make index {self.index} of {self.table} sparse: only items whose {only}"


@frozen
class ChangeProjection(TableChange):
    """What an index's entries hold. A projection is fixed, so the index is rebuilt."""

    kind: ClassVar[str] = "change_projection"
    effort: ClassVar[int] = INDEX
    index: str
    projection: Projection

    def rewrite(self, table: Table) -> Table:
        """Return the table with the index holding something else."""
        old = index_of(table, self.index)
        new = replace(old, projection=self.projection)
        return replace(table, indexes=tuple(new if i is old else i for i in table.indexes))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old projection."""
        old = index_of(table_of(design, self.table), self.index)
        return replace(self, projection=old.projection)

    def __str__(self) -> str:
        return f"project {self.projection} into index {self.index} of {self.table}"


@frozen
class ShardKey(TableChange):
    """A partition key spread on purpose: its value gets one of N shard numbers.

    For an index whose partition key is a plain attribute, a new key attribute is made of it.
    """

    kind: ClassVar[str] = "shard_key"
    effort: ClassVar[int] = REBUILD
    shards: int
    index: str = ""
    """Empty for the table's own key."""

    def rewrite(self, table: Table) -> Table:
        """Return the table with the key spread."""
        if self.shards < 2:
            raise UsageError("a key is spread over at least 2 shards")
        if self.index:
            old = index_of(table, self.index)
            key = old.partition_keys[0]
            name, shapes = self._spread(table, key)
            new = replace(old, partition_keys=(name, *old.partition_keys[1:]))
            indexes = tuple(new if i is old else i for i in table.indexes)
            return replace(table, indexes=indexes, shapes=shapes)
        name, shapes = self._spread(table, table.partition_key)
        return replace(table, partition_key=name, shapes=shapes)

    def _spread(self, table: Table, key: str) -> tuple[str, tuple[ItemShape, ...]]:
        """Return the key attribute's name, and the shapes with its value and a shard number."""
        is_plain = any(key in shape.attributes for shape in table.shapes)
        name = f"{key}_shard" if is_plain else key
        return name, tuple(self._sharded(shape, key, name) for shape in table.shapes)

    def _sharded(self, shape: ItemShape, key: str, name: str) -> ItemShape:
        template = shape.template(key)
        if template is None:
            return shape
        tail = (TemplatePart(literal="#"), TemplatePart(shards=self.shards))
        spread = replace(template, parts=(*template.parts, *tail))
        keys = tuple((k, t) for k, t in shape.keys if k != name)
        return replace(shape, keys=(*keys, (name, spread)))

    def __str__(self) -> str:
        where = f"index {self.index} of {self.table}" if self.index else self.table
        return f"spread the partition key of {where} over {self.shards} shards"


@frozen
class ReplaceIndex(TableChange):
    """An index of the same name, rebuilt: a local one becomes global or the other way."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    index: Index

    def rewrite(self, table: Table) -> Table:
        """Return the table with the new index in the place of the old."""
        old = index_of(table, self.index.name)
        return replace(table, indexes=tuple(self.index if i is old else i for i in table.indexes))

    def __str__(self) -> str:
        kind = "local" if self.index.is_local else "global"
        return f"rebuild {self.index.name} of {self.table} as a {kind} index"
