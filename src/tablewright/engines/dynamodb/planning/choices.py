"""What may be chosen for one entity: a table key, a made key, a placement, an index.

Values only: a `DynamoPlacement` says where the items of an entity are (table keys, attribute
groups, compressed attributes, guards, made keys carried), an `IndexCandidate` one index it could
have. How they are found is told in the modules beside this one.
"""

from __future__ import annotations

from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.design import Index, KeyTemplate, Table
from tablewright.plan.values import PlacementOption


@frozen
class TableKey:
    """The primary key of a table: the partition attribute, then the parts of the sort key."""

    partition: str
    sort: tuple[str, ...] = ()
    gathers: KeyTemplate | None = None
    """How the partition key is made where it gathers what no attribute does: all instances under
    one value or a few shards, or those of a stretch of time. Its name is then no attribute's."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """All attributes it is made of."""
        if self.gathers is None:
            return (self.partition, *self.sort)
        made_of = (name.partition(".")[0] for name in self.gathers.attributes)
        return tuple(dict.fromkeys((*made_of, *self.sort)))

    def __str__(self) -> str:
        first = self.partition if self.gathers is None else f"`{self.gathers}`"
        return " + ".join((first, "#".join(self.sort))) if self.sort else first


@frozen
class MadeKey:
    """A key attribute made for an index: sparse, of several attributes, a cell, or sharded."""

    name: str
    template: KeyTemplate

    @property
    def meaning(self) -> str:
        """What it holds, and of which items, in words."""
        only = " and ".join(f"{name} is {' or '.join(of)}" for name, of in self.template.when)
        stored = [n.replace(".", " ") for n in self.template.attributes] or ["the same for all"]
        return f"only if {only}" if only else " and ".join(stored)

    @property
    def needs(self) -> frozenset[str]:
        """The model attributes it is made of."""
        names = {name.partition(".")[0] for name in self.template.attributes}
        return frozenset(names | {name for name, _ in self.template.when})


@frozen
class DynamoPlacement:
    """Where the items of one entity are: tables without indexes, the core first."""

    entity: str
    key: TableKey
    tables: tuple[Table, ...]
    sides: tuple[tuple[str, ...], ...] = ()
    """Attributes kept in items of their own, one tuple for each side."""
    compressed: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """Attributes kept in object storage."""
    guards: tuple[tuple[str, ...], ...] = ()
    counters: tuple[str, ...] = ()
    """Attributes that are sums over shards in items of their own."""
    made: tuple[MadeKey, ...] = ()
    """Keys made for indexes, which its items carry."""
    embeds: tuple[str, ...] = ()
    """Children kept inside its items."""
    within: str = ""
    """The parent whose items hold it; it has no tables then."""

    @property
    def table_names(self) -> tuple[str, ...]:
        """Its tables."""
        return tuple(table.name for table in self.tables)

    @property
    def label(self) -> str:
        """What tells it from the others, in words."""
        if self.within:
            return f"inside the items of {self.within}"
        words = [f"key {self.key}"]
        words += [f"{' and '.join(side[:3])} apart" for side in self.sides]
        if self.compressed:
            words.append(f"{' and '.join(self.compressed)} compressed")
        if self.outside:
            words.append(f"{' and '.join(self.outside)} in object storage")
        words += [f"{' and '.join(guard)} guarded" for guard in self.guards]
        for table in self.tables:
            if table.shapes[0].counters:
                spread = f"spread over {table.shapes[0].copies} items"
                words.append(f"{' and '.join(self.counters)} {spread}")
        words += [f"carries {created.name} ({created.meaning})" for created in self.made]
        for table in self.tables:
            for embed in table.shapes[0].embeds:
                how = "map" if embed.as_map else "list"
                where = "" if table is self.tables[0] else " in an item of its own"
                words.append(f"{embed.entity} inside as a {how}{where}")
        return ", ".join(words)

    @property
    def simplicity(self) -> tuple[int, int, int, int]:
        """What decides between placements of equal cost; less is simpler."""
        return (
            len(self.tables),
            len(self.key.sort),
            len(self.made) + len(self.guards),
            len(self.compressed) + 2 * len(self.outside),
        )


@frozen
class IndexCandidate:
    """An index that one table of a placement could have."""

    table: str
    index: Index
    serves: tuple[str, ...] = ()
    """The patterns it was made for."""

    @property
    def is_local(self) -> bool:
        """Whether it is a local secondary index."""
        return self.index.is_local

    @property
    def resource(self) -> str:
        """Its name in bills and routes."""
        return f"{self.table}/{self.index.name}"


def placement_of(option: PlacementOption) -> DynamoPlacement:
    """Return an option's placement as DynamoDB's own."""
    placement = option.placement
    assert isinstance(placement, DynamoPlacement)
    return placement


def candidate_of(option: PlacementOption, place: int) -> IndexCandidate:
    """Return one of an option's indexes as DynamoDB's own."""
    candidate = option.indexes[place]
    assert isinstance(candidate, IndexCandidate)
    return candidate
