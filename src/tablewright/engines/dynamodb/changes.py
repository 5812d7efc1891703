"""Changes to a DynamoDB design, as data: what planner, reviewer and users' edits all speak.

In: a design and a change. Out: another design (`apply`), the change that takes it back (`inverse`),
the changes between two designs (`diff`). Nothing here knows a price.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, Protocol, TypeVar

from tablewright.core.errors import UsageError
from tablewright.core.quantities import plain
from tablewright.design.changes import INDEX, REBUILD, SETTING, DesignChange
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.design import (
    CapacityMode,
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    ModeKind,
    Projection,
    Table,
    TemplatePart,
)


class DynamoChange(DesignChange[DynamoDesign]):
    """A change to a DynamoDB design."""

    __slots__ = ()
    kind: ClassVar[str] = ""
    effort: ClassVar[int] = SETTING

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return what takes the change back, given the design before it; None if nothing does."""
        return None


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def apply(design: DynamoDesign, *changes: DynamoChange) -> DynamoDesign:
    """Return a design with changes made, in order.

    Raises:
        UsageError: a change names something that the design does not have.
    """
    for change in changes:
        design = change.apply(design)
    return design


def inverse(design: DynamoDesign, change: DynamoChange) -> DynamoChange | None:
    """Return the change that takes `change` back; `design` is the one before the change."""
    return change.inverse(design)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTable(DynamoChange):
    """A new table; `at` is its place in the design, None for the end."""

    kind: ClassVar[str] = "add_table"
    effort: ClassVar[int] = INDEX
    table: Table
    at: int | None = None

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design with the table."""
        _refuse_twice(design.tables, self.table.name, "table")
        return replace(design, tables=_inserted(design.tables, self.table, self.at))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that drops it."""
        return DropTable(table=self.table.name)

    def __str__(self) -> str:
        return f"add table {self.table.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(DynamoChange):
    """A table goes, with its data."""

    kind: ClassVar[str] = "drop_table"
    effort: ClassVar[int] = INDEX
    table: str

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design without the table."""
        gone = _table(design, self.table)
        return replace(design, tables=tuple(t for t in design.tables if t is not gone))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that adds it where it was."""
        gone = _table(design, self.table)
        return AddTable(table=gone, at=design.tables.index(gone))

    def __str__(self) -> str:
        return f"drop table {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChange(DynamoChange):
    """A change to one table; subclasses say what becomes of it."""

    table: str

    def rewrite(self, table: Table) -> Table:
        """Return the table with the change made."""
        raise NotImplementedError

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design with the changed table."""
        return _with(design, self.rewrite(_table(design, self.table)))

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that puts the table back as it was."""
        return RestoreTable(table=self.table, before=_table(design, self.table))


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTable(TableChange):
    """A table as it was before: the inverse of changes that have no smaller one."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    before: Table

    def rewrite(self, table: Table) -> Table:
        """Return the table as it was."""
        return self.before

    def __str__(self) -> str:
        return f"put table {self.table} back as it was"


@dataclass(frozen=True, slots=True, kw_only=True)
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
            _index(table, name)
        created = {(shape, key): template for shape, key, template in self.templates}
        shapes = tuple(_templated(shape, created) for shape in table.shapes)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIndex(TableChange):
    """A new index; `templates` make its key attributes where shapes do not hold them."""

    kind: ClassVar[str] = "add_index"
    effort: ClassVar[int] = INDEX
    index: Index
    templates: tuple[tuple[str, str, KeyTemplate], ...] = ()
    at: int | None = None

    def rewrite(self, table: Table) -> Table:
        """Return the table with the index."""
        _refuse_twice(table.indexes, self.index.name, f"index of {table.name}")
        created = {(shape, key): template for shape, key, template in self.templates}
        return replace(
            table,
            indexes=_inserted(table.indexes, self.index, self.at),
            shapes=tuple(_templated(shape, created) for shape in table.shapes),
        )

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that drops it."""
        if self.templates:
            return TableChange.inverse(self, design)
        return DropIndex(table=self.table, index=self.index.name)

    def __str__(self) -> str:
        keys = " + ".join(self.index.keys)
        return f"add index {self.index.name} on {self.table} by {keys} ({self.index.projection})"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(TableChange):
    """An index goes."""

    kind: ClassVar[str] = "drop_index"
    effort: ClassVar[int] = INDEX
    index: str

    def rewrite(self, table: Table) -> Table:
        """Return the table without the index."""
        gone = _index(table, self.index)
        return replace(table, indexes=tuple(i for i in table.indexes if i is not gone))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that adds it where it was."""
        table = _table(design, self.table)
        gone = _index(table, self.index)
        return AddIndex(table=self.table, index=gone, at=table.indexes.index(gone))

    def __str__(self) -> str:
        return f"drop index {self.index} of {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
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
        old = _index(table, self.index)
        created = {(shape, key): template for shape, key, template in self.templates}
        new = replace(old, partition_keys=self.partition_keys, sort_keys=self.sort_keys)
        return replace(
            table,
            indexes=tuple(new if i is old else i for i in table.indexes),
            shapes=tuple(_templated(shape, created) for shape in table.shapes),
        )

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that restores the old key."""
        if self.templates:
            return TableChange.inverse(self, design)
        old = _index(_table(design, self.table), self.index)
        return replace(self, partition_keys=old.partition_keys, sort_keys=old.sort_keys)

    def __str__(self) -> str:
        keys = " + ".join((*self.partition_keys, *self.sort_keys))
        return f"key index {self.index} of {self.table} by {keys}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeSparse(RekeyIndex):
    """An index on an attribute that only qualifying items have, so that others cost nothing."""

    kind: ClassVar[str] = "make_sparse"

    def __str__(self) -> str:
        when = next((t.when for _, _, t in self.templates if t.when), ())
        only = " and ".join(f"{name} is {' or '.join(values)}" for name, values in when)
        return f"make index {self.index} of {self.table} sparse: only items whose {only}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProjection(TableChange):
    """What an index's entries hold. A projection is fixed, so the index is built anew."""

    kind: ClassVar[str] = "change_projection"
    effort: ClassVar[int] = INDEX
    index: str
    projection: Projection

    def rewrite(self, table: Table) -> Table:
        """Return the table with the index holding something else."""
        old = _index(table, self.index)
        new = replace(old, projection=self.projection)
        return replace(table, indexes=tuple(new if i is old else i for i in table.indexes))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old projection."""
        old = _index(_table(design, self.table), self.index)
        return replace(self, projection=old.projection)

    def __str__(self) -> str:
        return f"project {self.projection} into index {self.index} of {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetShape(TableChange):
    """A kind of item of a table as a whole: a new one, or the one of that name replaced."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    shape: ItemShape
    at: int | None = None

    def rewrite(self, table: Table) -> Table:
        """Return the table with the shape."""
        names = [s.name for s in table.shapes]
        if self.shape.name not in names:
            return replace(table, shapes=_inserted(table.shapes, self.shape, self.at))
        shapes = tuple(self.shape if s.name == self.shape.name else s for s in table.shapes)
        return replace(table, shapes=shapes)

    def __str__(self) -> str:
        return f"store {self.shape.name} in {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropShape(TableChange):
    """A kind of item goes from a table."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    shape: str

    def rewrite(self, table: Table) -> Table:
        """Return the table without the shape."""
        gone = _shape(table, self.shape)
        return replace(table, shapes=tuple(s for s in table.shapes if s is not gone))

    def __str__(self) -> str:
        return f"store {self.shape} in {self.table} no more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeChange(TableChange):
    """A change to one kind of item of one table."""

    shape: str

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with the change made."""
        raise NotImplementedError

    def rewrite(self, table: Table) -> Table:
        """Return the table with the changed shape."""
        old = _shape(table, self.shape)
        new = self.reshape(old)
        return replace(table, shapes=tuple(new if s is old else s for s in table.shapes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compress(ShapeChange):
    """An attribute is stored as gzip; `ratio` is bytes after over before, None to stop doing so."""

    kind: ClassVar[str] = "move_blob"
    effort: ClassVar[int] = INDEX
    attribute: str
    ratio: Decimal | None

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with the attribute compressed."""
        rest = tuple((name, r) for name, r in shape.compress if name != self.attribute)
        if self.ratio is None:
            return replace(shape, compress=rest)
        return replace(shape, compress=(*rest, (self.attribute, self.ratio)))

    def __str__(self) -> str:
        if self.ratio is None:
            return f"store {self.attribute} of {self.shape} uncompressed"
        return f"store {self.attribute} of {self.shape} compressed (to {plain(self.ratio * 100)} %)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offload(ShapeChange):
    """An attribute moves to object storage; the item keeps a pointer. Or it comes back."""

    kind: ClassVar[str] = "move_blob"
    effort: ClassVar[int] = REBUILD
    attribute: str
    keep: bool = True
    """False: back into the item."""

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with the attribute outside."""
        rest = tuple(name for name in shape.offload if name != self.attribute)
        return replace(shape, offload=(*rest, self.attribute) if self.keep else rest)

    def __str__(self) -> str:
        if self.keep:
            return f"keep {self.attribute} of {self.shape} in object storage, a pointer in the item"
        return f"keep {self.attribute} of {self.shape} in the item"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAttributes(ShapeChange):
    """Attributes that a kind of item holds from now on, or no more."""

    kind: ClassVar[str] = "split_entity"
    effort: ClassVar[int] = REBUILD
    attributes: tuple[str, ...]
    keep: bool = True
    """False: the items hold them no more."""

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with or without the attributes."""
        rest = tuple(name for name in shape.attributes if name not in self.attributes)
        if self.keep:
            return replace(shape, attributes=(*rest, *self.attributes))
        return replace(
            shape,
            attributes=rest,
            compress=tuple(c for c in shape.compress if c[0] not in self.attributes),
            offload=tuple(name for name in shape.offload if name not in self.attributes),
        )

    def __str__(self) -> str:
        verb = "store" if self.keep else "no longer store"
        return f"{verb} {', '.join(self.attributes)} in {self.shape} of {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEmbed(ShapeChange):
    """Children kept inside their parent's item from now on, or no more."""

    kind: ClassVar[str] = "explode_list"
    effort: ClassVar[int] = REBUILD
    embed: Embed
    keep: bool = True

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with or without the children."""
        rest = tuple(e for e in shape.embeds if e.attribute != self.embed.attribute)
        return replace(shape, embeds=(*rest, self.embed) if self.keep else rest)

    def __str__(self) -> str:
        verb = "keep" if self.keep else "no longer keep"
        what = f"each {self.embed.entity} in {self.embed.attribute}"
        return f"{verb} {what} of {self.shape} of {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetKeyTemplate(ShapeChange):
    """How a key attribute of a table or index is made in a kind of item; None: no more."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    key: str
    template: KeyTemplate | None

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with the key attribute made so."""
        rest = tuple(key for key in shape.keys if key[0] != self.key)
        if self.template is None:
            return replace(shape, keys=rest)
        return replace(shape, keys=(*rest, (self.key, self.template)))

    @property
    def made(self) -> str:
        """What the key attribute is, in words."""
        if self.template is None:
            return f"{self.key} is gone"
        only = " and ".join(f"{name} is {' or '.join(of)}" for name, of in self.template.when)
        return f"{self.key} = {self.template}" + (f" if {only}" if only else "")

    def __str__(self) -> str:
        if self.template is None:
            return f"no longer store {self.key} in {self.shape} of {self.table}"
        return f"store {self.made} in {self.shape} of {self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitEntity(DynamoChange):
    """Attributes move into a kind of item of their own: in the same table, or in one of theirs.

    In the same table the new item has the same partition key and the sort key `suffix`; where the
    table has no sort key, or `into` names another table, that table gets the new items.
    """

    kind: ClassVar[str] = "split_entity"
    effort: ClassVar[int] = REBUILD
    table: str
    shape: str
    attributes: tuple[str, ...]
    part: str
    """Name of the new shape, and of its sort key in the same table."""
    into: str = ""
    """The new table; empty for the same one."""

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design with the entity in two parts."""
        table = _table(design, self.table)
        shape = _shape(table, self.shape)
        missing = [a for a in self.attributes if a not in shape.attributes]
        if missing:
            raise UsageError(f"{self.shape} of {self.table} does not hold {', '.join(missing)}")
        core = replace(
            shape,
            attributes=tuple(a for a in shape.attributes if a not in self.attributes),
            compress=tuple(c for c in shape.compress if c[0] not in self.attributes),
            offload=tuple(a for a in shape.offload if a not in self.attributes),
        )
        part = ItemShape(
            name=self.part,
            entity=shape.entity,
            attributes=self.attributes,
            compress=tuple(c for c in shape.compress if c[0] in self.attributes),
            offload=tuple(a for a in shape.offload if a in self.attributes),
        )
        stored = [core if s is shape else s for s in table.shapes]
        if self.into:
            design = _with(design, replace(table, shapes=tuple(stored)))
            part = _keyed_like(part, shape, table.keys)
            home = replace(table, name=self.into, shapes=(part,), indexes=(), stream=None, ttl=None)
            return apply(design, AddTable(table=home))
        if table.sort_key is None:
            raise UsageError(f"{self.table} has no sort key: a part needs a table of its own")
        part = _keyed_like(part, shape, (table.partition_key,))
        part = replace(part, keys=(*part.keys, (table.sort_key, KeyTemplate.parse(self.part))))
        return _with(design, replace(table, shapes=(*stored, part)))

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that puts the table back, where no table was added."""
        if self.into:
            return None
        return RestoreTable(table=self.table, before=_table(design, self.table))

    def __str__(self) -> str:
        where = f"a table {self.into}" if self.into else f"items {self.part} under the same key"
        return f"move {', '.join(self.attributes)} of {self.shape} to {where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplodeList(DynamoChange):
    """Embedded children become items of their own, under their parent's key."""

    kind: ClassVar[str] = "explode_list"
    effort: ClassVar[int] = REBUILD
    table: str
    shape: str
    embed: str
    """Attribute that holds the children."""
    child_key: tuple[str, ...]
    parent_key: str
    """Attribute of the child that holds the parent's key."""
    attributes: tuple[str, ...]
    into: str
    """Name of the table that takes the children."""

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design with the children in a table of their own."""
        table = _table(design, self.table)
        parent = _shape(table, self.shape)
        entity = next((e.entity for e in parent.embeds if e.attribute == self.embed), None)
        if entity is None:
            raise UsageError(f"{self.shape} of {self.table} embeds nothing as {self.embed}")
        remaining = replace(
            parent, embeds=tuple(e for e in parent.embeds if e.attribute != self.embed)
        )
        design = _with(
            design,
            replace(table, shapes=tuple(remaining if s is parent else s for s in table.shapes)),
        )
        child = ItemShape(name=entity, entity=entity, attributes=self.attributes)
        child_key = [k for k in self.child_key if k != self.parent_key]
        home = replace(
            table,
            name=self.into,
            partition_key=self.parent_key,
            sort_key=child_key[-1] if child_key else None,
            shapes=(child,),
            indexes=(),
            stream=None,
            ttl=None,
        )
        return apply(design, AddTable(table=home))

    def __str__(self) -> str:
        return f"store each element of {self.embed} of {self.shape} as an item of {self.into}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddGuardItem(TableChange):
    """Items that make attributes of an entity unique, written in one transaction with it."""

    kind: ClassVar[str] = "add_guard_item"
    effort: ClassVar[int] = INDEX
    entity: str
    attributes: tuple[str, ...]

    @property
    def shape_name(self) -> str:
        """What the new kind of item is called."""
        return self.entity + "".join(a[:1].upper() + a[1:] for a in self.attributes)

    def rewrite(self, table: Table) -> Table:
        """Return the table with guard items."""
        prefix = "_".join(self.attributes).upper()
        values = "#".join(f"{{{a}}}" for a in self.attributes)
        keys = [(table.partition_key, KeyTemplate.parse(f"{prefix}#{values}"))]
        if table.sort_key is not None:
            keys.append((table.sort_key, KeyTemplate.parse(prefix)))
        guard = ItemShape(
            name=self.shape_name, entity=self.entity, keys=tuple(keys), guards=self.attributes
        )
        _refuse_twice(table.shapes, guard.name, f"kind of item of {table.name}")
        return replace(table, shapes=(*table.shapes, guard))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that drops them."""
        return DropShape(table=self.table, shape=self.shape_name)

    def __str__(self) -> str:
        what = " with ".join(self.attributes)
        return f"guard items in {self.table} that make {what} of {self.entity} unique"


@dataclass(frozen=True, slots=True, kw_only=True)
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
            old = _index(table, self.index)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTtl(TableChange):
    """The attribute by which items expire, None for none."""

    kind: ClassVar[str] = "set_ttl"
    attribute: str | None

    def rewrite(self, table: Table) -> Table:
        """Return the table with that setting."""
        return replace(table, ttl=self.attribute)

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old setting."""
        return replace(self, attribute=_table(design, self.table).ttl)

    def __str__(self) -> str:
        if self.attribute is None:
            return f"no expiry on {self.table}"
        return f"expire items of {self.table} by {self.attribute}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCapacity(TableChange):
    """How throughput is paid: of a table, or of one of its indexes (None: as the table)."""

    kind: ClassVar[str] = "set_capacity"
    mode: CapacityMode | None
    index: str = ""

    def rewrite(self, table: Table) -> Table:
        """Return the table with that mode."""
        if not self.index:
            if self.mode is None:
                raise UsageError("a table needs a capacity mode")
            return replace(table, mode=self.mode)
        old = _index(table, self.index)
        new = replace(old, mode=self.mode)
        return replace(table, indexes=tuple(new if i is old else i for i in table.indexes))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old mode."""
        table = _table(design, self.table)
        return replace(self, mode=_index(table, self.index).mode if self.index else table.mode)

    def __str__(self) -> str:
        where = f"index {self.index} of {self.table}" if self.index else self.table
        return f"{_mode_text(self.mode)} for {where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTableClass(TableChange):
    """Standard or infrequent access."""

    kind: ClassVar[str] = "set_table_class"
    infrequent_access: bool

    def rewrite(self, table: Table) -> Table:
        """Return the table in that class."""
        return replace(table, infrequent_access=self.infrequent_access)

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old class."""
        return replace(self, infrequent_access=_table(design, self.table).infrequent_access)

    def __str__(self) -> str:
        name = "Standard-IA" if self.infrequent_access else "Standard"
        return f"table class {name} for {self.table}"


Setting = bool | int | str | Decimal | tuple[str, ...] | None


OPTIONS = (
    "pitr_days",
    "deletion_protection",
    "backups_kept",
    "exports_per_month",
    "restores_per_year",
    "stream",
    "stream_readers",
    "replicas",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOption(TableChange):
    """One setting of a table: recovery, deletion protection, stream, replicas, backups."""

    kind: ClassVar[str] = "set_option"
    option: str
    value: Setting

    def rewrite(self, table: Table) -> Table:
        """Return the table with that setting."""
        if self.option not in OPTIONS:
            raise UsageError(f"no option `{self.option}` of a table: {', '.join(OPTIONS)}")
        return replace(table, **{self.option: self.value})  # type: ignore[arg-type]

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old setting."""
        return replace(self, value=getattr(_table(design, self.table), self.option))

    def __str__(self) -> str:
        if self.option == "pitr_days" and self.value:
            return f"point-in-time recovery of {self.value} days for {self.table}"
        if self.option == "deletion_protection" and self.value:
            return f"deletion protection for {self.table}"
        return f"{self.option} = {_setting_text(self.value)} for {self.table}"


def diff(before: DynamoDesign, after: DynamoDesign) -> tuple[DynamoChange, ...]:
    """Return changes that turn `before` into `after` (its name, title and note aside)."""
    changes: list[DynamoChange] = []
    _edit(
        [t.name for t in before.tables],
        [t.name for t in after.tables],
        drop=lambda name: changes.append(DropTable(table=name)),
        add=lambda name, position: changes.append(AddTable(table=after.table(name), at=position)),
    )
    retained = {t.name for t in before.tables} - {
        c.table for c in changes if isinstance(c, DropTable)
    }
    for table in after.tables:
        if table.name in retained:
            changes.extend(_table_changes(before.table(table.name), table))
    return tuple(changes)


def _table_changes(before: Table, after: Table) -> list[DynamoChange]:
    name = before.name
    changes: list[DynamoChange] = []
    _edit(
        [i.name for i in before.indexes],
        [i.name for i in after.indexes],
        drop=lambda index: changes.append(DropIndex(table=name, index=index)),
        add=lambda index, position: changes.append(
            AddIndex(table=name, index=after.index(index), at=position)
        ),
    )
    touched = {c.index for c in changes if isinstance(c, DropIndex)}
    for index in after.indexes:
        old = next((i for i in before.indexes if i.name == index.name), None)
        if old is not None and index.name not in touched:
            changes.extend(index_changes(name, old, index))
    changes.extend(_shape_changes(before, after))
    if before.keys != after.keys:
        changes.append(
            RekeyTable(table=name, partition_key=after.partition_key, sort_key=after.sort_key)
        )
    changes.extend(setting_changes(before, after))
    return changes


def index_changes(table: str, before: Index, after: Index) -> list[DynamoChange]:
    """Return what turns one index into another of the same name."""
    changes: list[DynamoChange] = []
    if before.is_local != after.is_local:  # fixed at creation: another index of the same name
        return [_rebuilt(table, after)]
    if before.keys != after.keys or before.partition_keys != after.partition_keys:
        changes.append(
            RekeyIndex(
                table=table,
                index=after.name,
                partition_keys=after.partition_keys,
                sort_keys=after.sort_keys,
            )
        )
    if before.projection != after.projection:
        changes.append(ChangeProjection(table=table, index=after.name, projection=after.projection))
    if before.mode != after.mode:
        changes.append(SetCapacity(table=table, index=after.name, mode=after.mode))
    return changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceIndex(TableChange):
    """An index of the same name, built anew: a local one becomes global or the other way."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    index: Index

    def rewrite(self, table: Table) -> Table:
        """Return the table with the new index in the place of the old."""
        old = _index(table, self.index.name)
        return replace(table, indexes=tuple(self.index if i is old else i for i in table.indexes))

    def __str__(self) -> str:
        kind = "local" if self.index.is_local else "global"
        return f"build {self.index.name} of {self.table} anew as a {kind} index"


def _rebuilt(table: str, index: Index) -> DynamoChange:
    return ReplaceIndex(table=table, index=index)


def _shape_changes(before: Table, after: Table) -> list[DynamoChange]:
    name = before.name
    changes: list[DynamoChange] = []
    new = {s.name: s for s in after.shapes}
    _edit(
        [s.name for s in before.shapes],
        [s.name for s in after.shapes],
        drop=lambda shape: changes.append(DropShape(table=name, shape=shape)),
        add=lambda shape, position: changes.append(
            SetShape(table=name, shape=new[shape], at=position)
        ),
    )
    done = {c.shape.name for c in changes if isinstance(c, SetShape)}
    old = {s.name: s for s in before.shapes}
    for shape in after.shapes:
        if shape.name in old and shape.name not in done and old[shape.name] != shape:
            changes.append(SetShape(table=name, shape=shape))
    return changes


def setting_changes(before: Table, after: Table) -> list[DynamoChange]:
    """Return the settings of a table that differ: capacity, class, expiry, recovery."""
    name = before.name
    changes: list[DynamoChange] = []
    if before.mode != after.mode:
        changes.append(SetCapacity(table=name, mode=after.mode))
    if before.infrequent_access != after.infrequent_access:
        changes.append(SetTableClass(table=name, infrequent_access=after.infrequent_access))
    if before.ttl != after.ttl:
        changes.append(SetTtl(table=name, attribute=after.ttl))
    for option in OPTIONS:
        value = getattr(after, option)
        if getattr(before, option) != value:
            changes.append(SetOption(table=name, option=option, value=value))
    return changes


def _edit(
    before: Sequence[str],
    after: Sequence[str],
    *,
    drop: Callable[[str], None],
    add: Callable[[str, int], None],
) -> None:
    """Turn one order of names into another by dropping and adding; what stays is not touched."""
    now = [name for name in before if name in set(after)]
    for name in before:
        if name not in set(after):
            drop(name)
    for position, name in enumerate(after):
        if position < len(now) and now[position] == name:
            continue
        if name in now:
            now.remove(name)
            drop(name)
        now.insert(position, name)
        add(name, position)


def _table(design: DynamoDesign, name: str) -> Table:
    try:
        return design.table(name)
    except KeyError:
        raise UsageError(f"the design has no table `{name}`") from None


def _index(table: Table, name: str) -> Index:
    try:
        return table.index(name)
    except KeyError:
        raise UsageError(f"table `{table.name}` has no index `{name}`") from None


def _shape(table: Table, name: str) -> ItemShape:
    for shape in table.shapes:
        if shape.name == name:
            return shape
    raise UsageError(f"table `{table.name}` holds no `{name}`")


def _with(design: DynamoDesign, table: Table) -> DynamoDesign:
    tables = tuple(table if t.name == table.name else t for t in design.tables)
    return replace(design, tables=tables)


def _inserted(items: tuple[N, ...], item: N, at: int | None) -> tuple[N, ...]:
    place = len(items) if at is None else at
    return (*items[:place], item, *items[place:])


def _refuse_twice(items: Iterable[_Named], name: str, what: str) -> None:
    if any(item.name == name for item in items):
        raise UsageError(f"there is a {what} called `{name}` already")


def _templated(shape: ItemShape, made: dict[tuple[str, str], KeyTemplate]) -> ItemShape:
    """Return a shape with the templates that are meant for it."""
    mine = {key: template for (name, key), template in made.items() if name == shape.name}
    if not mine:
        return shape
    retained = tuple((key, template) for key, template in shape.keys if key not in mine)
    return replace(shape, keys=(*retained, *mine.items()))


def _keyed_like(part: ItemShape, whole: ItemShape, keys: tuple[str, ...]) -> ItemShape:
    """Return a part with the key attributes of the whole it was taken from."""
    templates = tuple((key, t) for key, t in whole.keys if key in keys)
    stored = tuple(k for k in keys if k in whole.attributes and k not in part.attributes)
    return replace(part, keys=templates, attributes=(*stored, *part.attributes))


def _mode_text(mode: CapacityMode | None) -> str:
    if mode is None:
        return "the table's capacity mode"
    if mode.kind is ModeKind.ON_DEMAND:
        return "on-demand capacity"
    if mode.kind is ModeKind.AUTO_SCALING:
        return f"provisioned capacity scaled automatically at {plain(mode.target * 100)} %"
    units = f"{plain(mode.rcu or Decimal(0))} read and {plain(mode.wcu or Decimal(0))} write units"
    return f"provisioned capacity of {units}"


def _setting_text(value: Setting) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, Decimal):
        return plain(value)
    return "none" if value is None else str(value)
