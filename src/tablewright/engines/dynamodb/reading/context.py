"""What routing one design at one scale needs to know: where entities are, and how large.

In: a model, a design, the sizes of its shapes, a number of users. Out: look-ups that reads and
writes share. It does not know prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from tablewright.core.frozen import frozen
from tablewright.core.memo import Memo
from tablewright.core.quantities import ZERO
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.access import Selectivity
from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, Table
from tablewright.engines.dynamodb.metering import ColumnMeter
from tablewright.engines.dynamodb.populations import DesignSizes
from tablewright.engines.dynamodb.sizing import ShapeSizes, depends_on
from tablewright.engines.dynamodb.steps import KeyParts, Step
from tablewright.evaluation.values import Request
from tablewright.model.values import Condition, Entity, Model, Pattern

OBJECTS = "objects"
"""What a table keeps in object storage is the resource "table/objects" in routes and bills."""
T = TypeVar("T")


class Context:
    """What routing one design at one scale needs to know; shared by reads and writes."""

    def __init__(self, model: Model, design: DynamoDesign, sizes: DesignSizes, users: int) -> None:
        self.model = model
        self.design = design
        self.sizes = sizes
        self.users = users
        self._sizes: Memo[ShapeSizes] = Memo()  # asked for very often
        self._whole_sizes: Memo[ShapeSizes] = Memo()
        self._held: Memo[frozenset[str]] = Memo()
        self._plainly_held: Memo[frozenset[str]] = Memo()
        self._matching: Memo[Decimal] = Memo()
        self.meter = ColumnMeter(sizes.shared.measures, sizes.shared.runs)
        self.selectivity = Selectivity(
            model, users, sizes.share_of_value if sizes.is_population else None
        )
        self.stated = Selectivity(model, users)
        """Shares as the model states them: what a program that knows no instances goes by."""
        self._scanned_bytes: dict[tuple[str, str | None], Decimal] = {}
        self.homes: dict[str, list[tuple[Table, ItemShape]]] = {}
        self.embeds: dict[str, list[tuple[Table, ItemShape, Embed]]] = {}
        for table in design.tables:
            for shape in table.shapes:
                self.homes.setdefault(shape.entity, []).append((table, shape))
                for embed in shape.embeds:
                    self.embeds.setdefault(embed.entity, []).append((table, shape, embed))

    def shapes(self, entity: str) -> list[tuple[Table, ItemShape]]:
        """Return where the items of an entity are, uniqueness guards left out."""
        return [(t, s) for t, s in self.homes.get(entity, ()) if not s.guards]

    def guards(self, entity: str) -> list[tuple[Table, ItemShape]]:
        """Return the uniqueness guards of an entity."""
        return [(t, s) for t, s in self.homes.get(entity, ()) if s.guards]

    def size_of(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape, found by identity: it is asked for very often."""
        return self._sizes.get((table, shape), (), lambda: self.sizes.of(table, shape))

    def whole(self, table: Table, shape: ItemShape) -> ShapeSizes:
        """Return the sizes of one shape, for what reads all its items."""
        return self._whole_sizes.get((table, shape), (), lambda: self.sizes.whole(table, shape))

    def held(self, table: Table, shape: ItemShape, index: Index | None = None) -> frozenset[str]:
        """Return the model attributes an item (or an entry of an index) tells."""
        return self._held.get((table, shape, index), (), lambda: self._told(table, shape, index))

    def _told(self, table: Table, shape: ItemShape, index: Index | None) -> frozenset[str]:
        sizes = self.size_of(table, shape)
        names = sizes.attributes if index is None else sizes.projected(index)
        known: set[str] = set()
        for name in names:
            template = shape.template(name)
            if template is not None:
                known.update(a for a in template.attributes if "." not in a)
            elif name in shape.attributes:
                known.add(name)
        return frozenset(known)

    def plainly_held(self, table: Table, shape: ItemShape, index: Index | None) -> frozenset[str]:
        """Return the model attributes a filter finds in an item (or an entry of an index)."""

        def find() -> frozenset[str]:
            sizes = self.size_of(table, shape)
            names = sizes.attributes if index is None else sizes.projected(index)
            plainly = {name for name in names if name in shape.attributes}
            for name in names:
                template = shape.template(name)
                if template is not None and len(template.parts) == 1:
                    plainly.update(template.attributes)
            return frozenset(plainly.difference(shape.offload))

        return self._plainly_held.get((table, shape, index), (), find)

    def matching(self, pattern: Pattern) -> Decimal:
        """Return how many instances meet the conditions of a pattern, whatever its limit."""
        entity = self.model.entity(pattern.entity)
        return self._matching.get(
            (pattern,), (), lambda: self.selectivity.matching(entity, pattern.where)
        )

    def table_bytes(self, table: Table, index: Index | None = None) -> Decimal:
        """Return the bytes a scan of a table or index evaluates."""
        place = (table.name, None if index is None else index.name)
        if place not in self._scanned_bytes:
            self._scanned_bytes[place] = self._bytes_of(table, index)
        return self._scanned_bytes[place]

    def _bytes_of(self, table: Table, index: Index | None) -> Decimal:
        total = ZERO
        for shape in table.shapes:
            count = self.sizes.instances(shape.entity)
            if count is None:
                count = self.selectivity.instances(shape.entity)
            count *= shape.copies
            sizes = self.whole(table, shape)
            column = sizes.items() if index is None else sizes.entries(index)
            listed = [size for size in column if size is not None]
            if listed:
                total += count * sum(listed) / len(column)
        return total

    def by_child(self, child: str, sizes: ShapeSizes, column: Sequence[T]) -> list[T]:
        """Return a column of parents with each one as often as it has children.

        Who is asked for, or changed, is a child taken evenly among all: a parent with more of them
        is met more often.
        """
        groups = self.sizes.sample.group_sizes(child, sizes.n)
        repeated = [
            entry for entry, count in zip(column, groups, strict=True) for _ in range(count)
        ]
        return repeated or list(column)

    def key_parts(self, table: Table, shape: ItemShape) -> KeyParts:
        """Return the templates of a shape's primary key."""
        parts = []
        for key in table.keys:
            template = shape.template(key)
            if template is not None:
                parts.append((key, template))
        return tuple(parts)


@frozen
class ReadOption:
    """One correct way to read what a pattern asks for."""

    target: str
    operation: str
    steps: tuple[Step, ...]
    requests: tuple[Request, ...]
    matched: Decimal
    returned: Decimal
    held: frozenset[str] = frozenset()
    filtered: tuple[str, ...] = ()
    fetches: bool = False
    sorts_in_code: bool = False
    depth: int = 1
    warnings: tuple[str, ...] = ()

    @property
    def read_units(self) -> Decimal:
        """Mean read units of one call."""
        return sum(
            (u.units.mean for r in self.requests for u in r.uses if u.dimension == "read"), ZERO
        )

    @property
    def rank(self) -> tuple[Decimal, int, int, str]:
        """What decides between correct routes: units, round trips, requests, then the name."""
        return (self.read_units, self.depth, len(self.requests), self.target)


def key_is_known(context: Context, table: Table, shape: ItemShape, known: frozenset[str]) -> bool:
    """Whether the primary key of a shape follows from these attributes."""
    for key in table.keys:
        template = shape.template(key)
        is_spread = template is not None and template.shards > 1 and not shape.counters
        if template is None or is_spread or not template.sources <= known:
            return False
    return True


def with_known(entity: Entity, pattern: Pattern) -> tuple[Condition, ...]:
    """Return the pattern's conditions, and one for each further attribute the caller holds."""
    attributes = {condition.attribute for condition in pattern.where}
    more = [name for name in pattern.known if name not in attributes and entity.has(name)]
    return pattern.where + tuple(Condition(attribute=name) for name in more)


def touched_shapes(
    context: Context, entity: str, touched: frozenset[str]
) -> list[tuple[Table, ItemShape]]:
    """Return the shapes (guards included) an update of these attributes changes."""
    touched_shapes = []
    for table, shape in context.homes.get(entity, ()):
        sizes = context.size_of(table, shape)
        for name in sizes.attributes:
            template = shape.template(name)
            if template is not None and touched & depends_on(template, name):
                touched_shapes.append((table, shape))
                break
    return touched_shapes
