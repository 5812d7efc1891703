"""How one DynamoDB design becomes another: the changes, and what moving the data takes once.

In: designs, changes, evaluations before and after. Out: pieces, and the `MoveUnits` of making
changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.changes import Change
from tablewright.design.values import Design
from tablewright.engines.dynamodb.change_base import AddTable, DynamoChange
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    ItemShape,
    ProjectionKind,
    Table,
    dynamo,
)
from tablewright.engines.dynamodb.design_checker import check_design
from tablewright.engines.dynamodb.differences import (
    DynamoPiece,
    is_whole,
    pieces,
    table_of,
    tidied,
    words,
)
from tablewright.engines.dynamodb.item_changes import DropShape, SetShape, ShapeChange
from tablewright.engines.dynamodb.key_changes import (
    AddIndex,
    ChangeProjection,
    RekeyIndex,
    RekeyTable,
    ReplaceIndex,
)
from tablewright.engines.dynamodb.planning.pricing import OnDemandRates
from tablewright.evaluation.values import Evaluation, ResourceFacts, ShapeFacts
from tablewright.model.values import Model
from tablewright.plan import protocol
from tablewright.plan.protocol import MoveUnits


def _own(changes: Sequence[Change]) -> list[DynamoChange]:
    return [change for change in changes if isinstance(change, DynamoChange)]


@frozen(slots=False)
class DynamoSteps:
    """How DynamoDB designs of a model are changed, at one set of prices."""

    tariff: OnDemandRates
    model: Model | None = None
    """Of the designs; without it none is checked for what the service would refuse."""

    def pieces(self, current: Design, planned: Design) -> Sequence[DynamoPiece]:
        """Return the smallest changes that together lead from one design to the other."""
        return pieces(dynamo(current), dynamo(planned))

    def apply(self, design: Design, piece: protocol.Piece) -> Design:
        """Return a design with changes made."""
        assert isinstance(piece, DynamoPiece)
        return piece.apply(dynamo(design))

    def tidied(self, design: Design, planned: Design) -> tuple[Design, tuple[Change, ...]]:
        """Return a design without what nothing needs any more on the way to another."""
        return tidied(dynamo(design), dynamo(planned))

    def is_whole(self, design: Design) -> bool:
        """Whether a design can be created as it is."""
        return is_whole(dynamo(design))

    def faults(self, design: Design) -> frozenset[str]:
        """Return what the service would refuse in a design."""
        if self.model is None:
            return frozenset()
        problems = check_design(dynamo(design), self.model)
        return frozenset(f"{p.id} {p.message}" for p in problems if p.severity.is_error)

    def held(self, design: Design) -> Mapping[str, frozenset[str]]:
        """Return the entities that each table of a design holds."""
        return {table.name: frozenset(_held(table)) for table in dynamo(design).tables}

    def tables_of(self, change: Change) -> str:
        """Return the name of the table a change is about."""
        assert isinstance(change, DynamoChange)
        return table_of(change)

    def is_new_table(self, change: Change) -> bool:
        """Whether a change adds a table."""
        return isinstance(change, AddTable)

    def words(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Return changes in words."""
        return words(_own(changes))

    def moved(
        self,
        changes: Sequence[Change],
        design: Design,
        before: Evaluation,
        after: Evaluation,
    ) -> MoveUnits:
        """Return what making changes to a design reads and writes once."""
        return moved(_own(changes), dynamo(design), before, after, self.tariff)


def _held(table: Table) -> set[str]:
    names = {shape.entity for shape in table.shapes}
    return names | {embed.entity for shape in table.shapes for embed in shape.embeds}


def moved(
    changes: Sequence[DynamoChange],
    design: DynamoDesign,
    before: Evaluation,
    after: Evaluation,
    tariff: OnDemandRates,
) -> MoveUnits:
    """Return what making changes to a design reads and writes once, with sizes as means.

    A new table, and one with another key, is written item by item with its index entries, and what
    it is made of is read. Items whose content changes are read and written again, with the entries
    that hold all of them. An index is filled by its own writes; DynamoDB reads the table for it
    without charge. Items that go one by one are deleted. Dropping tables and indexes, and settings,
    move nothing. Entities that are not stored yet have nothing to move.
    """
    work = _Work(design=design, before=before, after=after)
    for change in changes:
        work.add(change)
    return work.total(tariff)


@dataclass(kw_only=True)
class _Work:
    design: DynamoDesign
    before: Evaluation
    after: Evaluation
    read: set[str] = field(default_factory=set)
    """Tables that are read as a whole."""
    written: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    """Units and bytes by table or index and kind of item."""

    def add(self, change: DynamoChange) -> None:
        """Note what one change reads and writes."""
        if isinstance(change, AddTable):
            if self._source(change.table.shapes):
                self._write_whole(change.table.name)
        elif isinstance(change, RekeyTable):
            self.read.add(change.table)
            self._write_whole(change.table)
        elif isinstance(change, SetShape):
            if self._source([change.shape]):
                self._write(change.table, change.shape.name)
        elif isinstance(change, ShapeChange):
            self._rewrite(change)
        elif isinstance(change, AddIndex | ReplaceIndex):
            self._write(f"{change.table}/{change.index.name}")
        elif isinstance(change, RekeyIndex | ChangeProjection):
            self._write(f"{change.table}/{change.index}")
        elif isinstance(change, DropShape):
            self._delete(change)

    def _source(self, shapes: Sequence[ItemShape]) -> bool:
        """Note the tables that hold what new items are made of; False if nothing does."""
        entities = {shape.entity for shape in shapes}
        tables = [t for t in self.design.tables if entities & _held(t)]
        required = {name for shape in shapes for name in shape.attributes}
        holding = [
            t
            for t in tables
            if any(required & set(s.attributes) for s in t.shapes if not s.guards)
            or any(e.entity in entities for s in t.shapes for e in s.embeds)
        ]
        self.read.update(t.name for t in (holding or tables))
        return bool(tables)

    def _write_whole(self, table: str) -> None:
        for facts in self.after.resources:
            if facts.name == table or facts.name.startswith(f"{table}/"):
                self._write(facts.name)

    def _write(self, resource: str, shape: str = "") -> None:
        facts = _facts(self.after, resource)
        for each_shape in facts.shapes if facts else ():
            if shape in ("", each_shape.name):
                self._note(resource, each_shape, each_shape.sizes.mean.mean)

    def _rewrite(self, change: ShapeChange) -> None:
        """Note the items that change, each charged for the larger of before and after."""
        table = next((t for t in self.design.tables if t.name == change.table), None)
        if table is None:
            return
        self.read.add(table.name)
        for resource in (table.name, *self._whole_indexes(table)):
            old = _shape(self.before, resource, change.shape)
            new = _shape(self.after, resource, change.shape)
            larger = max(
                (old, new),
                key=lambda size_of_entity: (
                    size_of_entity.sizes.mean.mean if size_of_entity else ZERO
                ),
            )
            if larger is not None:
                self._note(resource, larger, larger.sizes.mean.mean)

    def _whole_indexes(self, table: Table) -> list[str]:
        return [
            f"{table.name}/{index.name}"
            for index in table.indexes
            if index.projection.kind is ProjectionKind.ALL
        ]

    def _delete(self, change: DropShape) -> None:
        if any(r.name == change.table for r in self.after.resources):
            facts = _shape(self.before, change.table, change.shape)
            if facts is not None:
                self.read.add(change.table)
                self._note(change.table, facts, facts.sizes.mean.mean, is_kept=False)

    def _note(
        self, resource: str, facts: ShapeFacts, size: Decimal, *, is_kept: bool = True
    ) -> None:
        units = facts.count * -(-int(size) // WRITE_UNIT_BYTES)
        stored = facts.count * size if is_kept else ZERO
        key = (resource, facts.name)
        existing = self.written.get(key, (ZERO, ZERO))
        self.written[key] = max(existing, (units, stored))

    def total(self, tariff: OnDemandRates) -> MoveUnits:
        """Return the sum."""
        reads = sum((_read_units(self.before, name) for name in sorted(self.read)), ZERO)
        writes = sum((units for units, _ in self.written.values()), ZERO)
        if not writes:
            reads = ZERO
        return MoveUnits(
            read_units=reads,
            write_units=writes,
            bytes=sum((size for _, size in self.written.values()), ZERO),
            usd=reads * tariff.read + writes * tariff.write,
        )


def _facts(evaluation: Evaluation, name: str) -> ResourceFacts | None:
    return next((r for r in evaluation.resources if r.name == name), None)


def _shape(evaluation: Evaluation, resource: str, shape: str) -> ShapeFacts | None:
    facts = _facts(evaluation, resource)
    return (
        next((each_shape for each_shape in facts.shapes if each_shape.name == shape), None)
        if facts
        else None
    )


def _read_units(evaluation: Evaluation, table: str) -> Decimal:
    """Return what scanning a table once takes: half a unit for each 4 KB."""
    facts = _facts(evaluation, table)
    return ZERO if facts is None else facts.item_bytes / READ_UNIT_BYTES / 2
