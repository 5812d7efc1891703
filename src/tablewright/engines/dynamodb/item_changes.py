"""Changes of what the items of a DynamoDB table hold.

In: a table. Out: the table with other kinds of items. It does not know when that pays.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.design.changes import INDEX, REBUILD
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.change_base import (
    AddTable,
    DynamoChange,
    RestoreTable,
    TableChange,
    apply,
    inserted,
    refuse_twice,
    shape_of,
    table_of,
    with_table,
)
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    ItemShape,
    KeyTemplate,
    Table,
)


@frozen
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
            return replace(table, shapes=inserted(table.shapes, self.shape, self.at))
        shapes = tuple(self.shape if s.name == self.shape.name else s for s in table.shapes)
        return replace(table, shapes=shapes)

    def __str__(self) -> str:
        return f"store {self.shape.name} in {self.table}"


@frozen
class DropShape(TableChange):
    """A kind of item goes from a table."""

    kind: ClassVar[str] = "rekey_table"
    effort: ClassVar[int] = REBUILD
    shape: str

    def rewrite(self, table: Table) -> Table:
        """Return the table without the shape."""
        gone = shape_of(table, self.shape)
        return replace(table, shapes=tuple(s for s in table.shapes if s is not gone))

    def __str__(self) -> str:
        return f"store {self.shape} in {self.table} no more"


@frozen
class ShapeChange(TableChange):
    """A change to one kind of item of one table."""

    shape: str

    def reshape(self, shape: ItemShape) -> ItemShape:
        """Return the shape with the change made."""
        raise NotImplementedError

    def rewrite(self, table: Table) -> Table:
        """Return the table with the changed shape."""
        old = shape_of(table, self.shape)
        new = self.reshape(old)
        return replace(table, shapes=tuple(new if s is old else s for s in table.shapes))


@frozen
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


@frozen
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


@frozen
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


@frozen
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


@frozen
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


@frozen
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
        table = table_of(design, self.table)
        shape = shape_of(table, self.shape)
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
            design = with_table(design, replace(table, shapes=tuple(stored)))
            part = _keyed_like(part, shape, table.keys)
            home = replace(table, name=self.into, shapes=(part,), indexes=(), stream=None, ttl=None)
            return apply(design, AddTable(table=home))
        if table.sort_key is None:
            raise UsageError(f"{self.table} has no sort key: a part needs a table of its own")
        part = _keyed_like(part, shape, (table.partition_key,))
        part = replace(part, keys=(*part.keys, (table.sort_key, KeyTemplate.parse(self.part))))
        return with_table(design, replace(table, shapes=(*stored, part)))

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that puts the table back, where no table was added."""
        if self.into:
            return None
        return RestoreTable(table=self.table, before=table_of(design, self.table))

    def __str__(self) -> str:
        where = f"a table {self.into}" if self.into else f"items {self.part} under the same key"
        return f"move {', '.join(self.attributes)} of {self.shape} to {where}"


@frozen
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
        table = table_of(design, self.table)
        parent = shape_of(table, self.shape)
        entity = next((e.entity for e in parent.embeds if e.attribute == self.embed), None)
        if entity is None:
            raise UsageError(f"{self.shape} of {self.table} embeds nothing as {self.embed}")
        remaining = replace(
            parent, embeds=tuple(e for e in parent.embeds if e.attribute != self.embed)
        )
        design = with_table(
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


@frozen
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
        refuse_twice(table.shapes, guard.name, f"kind of item of {table.name}")
        return replace(table, shapes=(*table.shapes, guard))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that drops them."""
        return DropShape(table=self.table, shape=self.shape_name)

    def __str__(self) -> str:
        what = " with ".join(self.attributes)
        return f"guard items in {self.table} that make {what} of {self.entity} unique"


def _keyed_like(part: ItemShape, whole: ItemShape, keys: tuple[str, ...]) -> ItemShape:
    """Return a part with the key attributes of the whole it was taken from."""
    templates = tuple((key, t) for key, t in whole.keys if key in keys)
    stored = tuple(k for k in keys if k in whole.attributes and k not in part.attributes)
    return replace(part, keys=templates, attributes=(*stored, *part.attributes))
