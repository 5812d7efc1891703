"""Changes to MongoDB and PostgreSQL designs, as data: what fixes of their findings are made of.

In: a design and a change. Out: another design. Nothing here knows sizes or prices.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.design.changes import INDEX, REBUILD, DesignChange
from tablewright.design.values import Design
from tablewright.engines.mongodb.design import Collection, MongoDesign, MongoIndex
from tablewright.engines.postgresql.design import PgIndex, PgTable, PostgresDesign

Home = Collection | PgTable
AnyIndex = MongoIndex | PgIndex


@frozen
class ServerChange(DesignChange[Design]):
    """A change to a MongoDB or PostgreSQL design."""

    kind: str
    effort: int


@frozen
class AddServerIndex(ServerChange):
    """A new index."""

    kind: str = "add_index"
    effort: int = INDEX
    home: str
    index: AnyIndex

    def apply(self, design: Design) -> Design:
        """Return the design with the index."""
        home = home_of(design, self.home)
        if any(index.name == self.index.name for index in home.indexes):
            raise UsageError(f"`{self.home}` has an index called `{self.index.name}` already")
        return _with(design, _indexed(home, (*home.indexes, self.index)))

    def __str__(self) -> str:
        return f"add index {described(self.index)} to {self.home}"


@frozen
class DropServerIndex(ServerChange):
    """An index goes."""

    kind: str = "drop_index"
    effort: int = INDEX
    home: str
    index: str

    def apply(self, design: Design) -> Design:
        """Return the design without the index."""
        home = home_of(design, self.home)
        indexes = tuple(index for index in home.indexes if index.name != self.index)
        if len(indexes) == len(home.indexes):
            raise UsageError(f"`{self.home}` has no index `{self.index}`")
        return _with(design, _indexed(home, indexes))

    def __str__(self) -> str:
        return f"drop index {self.index} of {self.home}"


@frozen
class SwapServerIndex(ServerChange):
    """One index in the place of another: other keys, or the same ones unique, partial, expiring."""

    kind: str = "rekey_index"
    effort: int = INDEX
    home: str
    old: str
    index: AnyIndex

    def apply(self, design: Design) -> Design:
        """Return the design with the new index where the old one was."""
        home = home_of(design, self.home)
        if all(index.name != self.old for index in home.indexes):
            raise UsageError(f"`{self.home}` has no index `{self.old}`")
        swapped = tuple(self.index if index.name == self.old else index for index in home.indexes)
        return _with(design, _indexed(home, swapped))

    def __str__(self) -> str:
        return f"rebuild index {self.old} of {self.home} as {described(self.index)}"


@frozen
class SetHome(ServerChange):
    """A collection or table as it is to be; `text` says what changes."""

    kind: str
    effort: int = INDEX
    text: str
    after: Home

    def apply(self, design: Design) -> Design:
        """Return the design with the changed collection or table."""
        home_of(design, self.after.name)
        return _with(design, self.after)

    def __str__(self) -> str:
        return self.text


@frozen
class AddHome(ServerChange):
    """A new collection or table."""

    kind: str = "add_table"
    effort: int = INDEX
    home: Home

    def apply(self, design: Design) -> Design:
        """Return the design with it."""
        if self.home.name in {home.name for home in _homes(design)}:
            raise UsageError(f"the design has a `{self.home.name}` already")
        match design, self.home:
            case MongoDesign(), Collection() as added:
                return replace(design, collections=(*design.collections, added))
            case PostgresDesign(), PgTable() as added:
                return replace(design, tables=(*design.tables, added))
        raise UsageError(f"`{self.home.name}` is not for a design of {design.engine}")

    def __str__(self) -> str:
        what = "collection" if isinstance(self.home, Collection) else "table"
        return f"add {what} {self.home.name}"


@frozen
class DropCollection(ServerChange):
    """A collection goes, because its documents are kept elsewhere."""

    kind: str = "drop_table"
    effort: int = REBUILD
    home: str

    def apply(self, design: Design) -> Design:
        """Return the design without it."""
        assert isinstance(design, MongoDesign)
        home_of(design, self.home)
        collections = tuple(
            collection for collection in design.collections if collection.name != self.home
        )
        return replace(design, collections=collections)

    def __str__(self) -> str:
        return f"drop collection {self.home}"


@frozen
class SetVersion(ServerChange):
    """Another major version of the database."""

    kind: str = "upgrade_version"
    effort: int = INDEX
    version: str

    def apply(self, design: Design) -> Design:
        """Return the design with the version."""
        assert isinstance(design, MongoDesign | PostgresDesign)
        return replace(design, version=self.version)

    def __str__(self) -> str:
        return f"upgrade to version {self.version}"


def home_of(design: Design, name: str) -> Home:
    """Return a collection or table by name.

    Raises:
        UsageError: the design has none of that name.
    """
    for home in _homes(design):
        if home.name == name:
            return home
    raise UsageError(f"the design has no collection or table `{name}`")


def _homes(design: Design) -> tuple[Home, ...]:
    assert isinstance(design, MongoDesign | PostgresDesign)
    return design.collections if isinstance(design, MongoDesign) else design.tables


def described(index: AnyIndex) -> str:
    """Return an index as people write it.

    Example:
        >>> described(MongoIndex(name="a", keys=(("a", "1"), ("b", "-1")), unique=True))
        '{a: 1, b: -1}, unique'
        >>> described(PgIndex(name="i", columns=(("a", True),), where=(("s", ("x",)),)))
        '(a DESC) WHERE s IN (x)'
    """
    if isinstance(index, MongoIndex):
        words = ["{" + ", ".join(f"{path}: {kind}" for path, kind in index.keys) + "}"]
        words += [f"{path} in {'/'.join(values)} only" for path, values in index.partial]
        days = index.expire_days
        if days is not None:
            words.append(f"expiring after {days.normalize():f} days")
    else:
        keys = ", ".join(name + (" DESC" if down else "") for name, down in index.columns)
        using = f"using {index.using} " if index.using != "btree" else ""
        text = f"{using}({keys})"
        if index.include:
            text += f" INCLUDE ({', '.join(index.include)})"
        for name, values in index.where:
            text += f" WHERE {name} IN ({', '.join(values)})"
        words = [text]
        if index.prefixes:
            words.append("in the order of bytes")
    if index.unique:
        words.append("unique")
    if index.ignore_case:
        words.append("case-insensitive")
    return ", ".join(words)


def _indexed(home: Home, indexes: tuple[AnyIndex, ...]) -> Home:
    if isinstance(home, Collection):
        return replace(home, indexes=tuple(i for i in indexes if isinstance(i, MongoIndex)))
    return replace(home, indexes=tuple(i for i in indexes if isinstance(i, PgIndex)))


def _with(design: Design, home: Home) -> Design:
    match design, home:
        case MongoDesign(), Collection():
            retained = tuple(
                home if collection.name == home.name else collection
                for collection in design.collections
            )
            return replace(design, collections=retained)
        case PostgresDesign(), PgTable():
            return replace(
                design,
                tables=tuple(home if table.name == home.name else table for table in design.tables),
            )
    raise UsageError(f"`{home.name}` is not for a design of {design.engine}")
