"""What every change to a DynamoDB design has: how it is made and taken back, and whole tables.

In: a design and a change. Out: another design. It does not know the changes inside a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Protocol, TypeVar

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.design.changes import INDEX, REBUILD, SETTING, DesignChange
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    Table,
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


@frozen
class AddTable(DynamoChange):
    """A new table; `at` is its place in the design, None for the end."""

    kind: ClassVar[str] = "add_table"
    effort: ClassVar[int] = INDEX
    table: Table
    at: int | None = None

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design with the table."""
        refuse_twice(design.tables, self.table.name, "table")
        return replace(design, tables=inserted(design.tables, self.table, self.at))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that drops it."""
        return DropTable(table=self.table.name)

    def __str__(self) -> str:
        return f"add table {self.table.name}"


@frozen
class DropTable(DynamoChange):
    """A table goes, with its data."""

    kind: ClassVar[str] = "drop_table"
    effort: ClassVar[int] = INDEX
    table: str

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design without the table."""
        gone = table_of(design, self.table)
        return replace(design, tables=tuple(t for t in design.tables if t is not gone))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that adds it where it was."""
        gone = table_of(design, self.table)
        return AddTable(table=gone, at=design.tables.index(gone))

    def __str__(self) -> str:
        return f"drop table {self.table}"


@frozen
class TableChange(DynamoChange):
    """A change to one table; subclasses say what becomes of it."""

    table: str

    def rewrite(self, table: Table) -> Table:
        """Return the table with the change made."""
        raise NotImplementedError

    def apply(self, design: DynamoDesign) -> DynamoDesign:
        """Return the design with the changed table."""
        return with_table(design, self.rewrite(table_of(design, self.table)))

    def inverse(self, design: DynamoDesign) -> DynamoChange | None:
        """Return the change that puts the table back as it was."""
        return RestoreTable(table=self.table, before=table_of(design, self.table))


@frozen
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


def table_of(design: DynamoDesign, name: str) -> Table:
    """Return a table of the design; a UsageError names it where there is none."""
    try:
        return design.table(name)
    except KeyError:
        raise UsageError(f"the design has no table `{name}`") from None


def index_of(table: Table, name: str) -> Index:
    """Return an index of the table; a UsageError names it where there is none."""
    try:
        return table.index(name)
    except KeyError:
        raise UsageError(f"table `{table.name}` has no index `{name}`") from None


def shape_of(table: Table, name: str) -> ItemShape:
    """Return a kind of item of the table; a UsageError names it where there is none."""
    for shape in table.shapes:
        if shape.name == name:
            return shape
    raise UsageError(f"table `{table.name}` holds no `{name}`")


def with_table(design: DynamoDesign, table: Table) -> DynamoDesign:
    """Return the design with the table in the place of its namesake."""
    tables = tuple(table if t.name == table.name else t for t in design.tables)
    return replace(design, tables=tables)


def inserted(items: tuple[N, ...], item: N, at: int | None) -> tuple[N, ...]:
    """Return the items with another at a position, None for the end."""
    place = len(items) if at is None else at
    return (*items[:place], item, *items[place:])


def refuse_twice(items: Iterable[_Named], name: str, what: str) -> None:
    """Raise a UsageError where an item has the name already."""
    if any(item.name == name for item in items):
        raise UsageError(f"there is a {what} called `{name}` already")


def templated(shape: ItemShape, made: dict[tuple[str, str], KeyTemplate]) -> ItemShape:
    """Return a shape with the templates that are meant for it."""
    mine = {key: template for (name, key), template in made.items() if name == shape.name}
    if not mine:
        return shape
    retained = tuple((key, template) for key, template in shape.keys if key not in mine)
    return replace(shape, keys=(*retained, *mine.items()))
