"""From a design that exists to the planned one: steps, each a change that can be made by itself.

In: both designs and a way to evaluate. Out: ordered steps with what each saves a month, what moving
the data costs once, and when that is paid back. Changes are one step only where they need each
other. After every step every pattern that was served still is; each saving is the difference of
two bills, so the savings add up to what lies between the two designs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.core.errors import UsageError
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.changes import (
    AddIndex,
    AddTable,
    Change,
    ChangeProjection,
    DropShape,
    RekeyIndex,
    RekeyTable,
    ReplaceIndex,
    SetShape,
    ShapeChange,
)
from tablewright.engines.dynamodb.design import DynamoDesign, ItemShape, ProjectionKind, Table
from tablewright.engines.dynamodb.differences import (
    Piece,
    is_whole,
    pieces,
    table_of,
    tidied,
    words,
)
from tablewright.evaluation.values import Evaluation, ResourceFacts, ShapeFacts
from tablewright.plan.pricing import Tariff

Price = Callable[[DynamoDesign], Evaluation]
Findings = Callable[[DynamoDesign], frozenset[tuple[str, str]]]
"""Rule and subject of what is found in a design."""
Faults = Callable[[DynamoDesign], frozenset[str]]
"""What the service would refuse in a design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a step reads and writes once."""

    read_units: Decimal = ZERO
    write_units: Decimal = ZERO
    bytes: Decimal = ZERO
    """Written, indexes included."""
    usd: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change, or changes that need each other, and what they are worth."""

    what: tuple[str, ...]
    """In words."""
    entities: tuple[str, ...]
    changes: tuple[Change, ...]
    saves: Decimal
    """USD a month, beside the steps before; negative where it costs more."""
    move: Move
    usd: Decimal
    """The bill of a month after it."""
    mends: tuple[str, ...] = ()
    """Ids of the findings that are gone after it, as on the report card."""
    serves: tuple[str, ...] = ()
    """Patterns that could not be served before it."""
    payback_months: Decimal | None = None
    """Until the move is paid for; None where the step saves nothing."""


def steps(
    current: DynamoDesign,
    planned: DynamoDesign,
    price: Price,
    tariff: Tariff,
    *,
    known: frozenset[tuple[str, str]] = frozenset(),
    fires: Findings | None = None,
    faults: Faults | None = None,
) -> tuple[Step, ...]:
    """Return the steps from one design to another.

    Of what can be made next, first what lets a pattern be served that is not, then what pays back
    soonest, last what saves nothing, the least dear first. Two changes that save only together
    stand beside single ones.

    Args:
        current: what exists.
        planned: what is wanted.
        price: evaluates a design at the planned scale.
        tariff: prices of reading and writing, for the move.
        known: what the report card finds in the current design: rule and subject.
        fires: what still fires on a design; without it no ids are given.
        faults: what the service would refuse; a step adds nothing to it.
    """
    way = _Way(planned=planned, price=price, tariff=tariff, faults=faults)
    todo = list(pieces(current, planned))
    now = _State(design=current, evaluation=price(current))
    known = known & fires(current) if fires else frozenset()
    found: list[Step] = []
    families = _families(current, planned, todo)
    while todo:
        chosen, then = way.next(now, todo, families)
        for piece in chosen:
            todo.remove(piece)
        changes = _changes(chosen, then.tidying)
        saves = now.evaluation.bill.total - then.evaluation.bill.total
        move = moved(changes, now.design, now.evaluation, then.evaluation, tariff)
        left = known & fires(then.design) if fires else known
        found.append(
            Step(
                what=words(changes),
                entities=_entities(changes, now.design, then.design),
                changes=changes,
                saves=saves,
                move=move,
                usd=then.evaluation.bill.total,
                mends=tuple(sorted({rule for rule, _ in known - left})),
                serves=tuple(sorted(now.unserved - then.unserved)),
                payback_months=move.usd / saves if saves > 0 else None,
            )
        )
        now, known = then, left
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _State:
    """A design on the way, and what it costs."""

    design: DynamoDesign
    evaluation: Evaluation
    tidying: tuple[Change, ...] = ()

    @property
    def unserved(self) -> frozenset[str]:
        return self.evaluation.unserved


class Worth(NamedTuple):
    """How soon a change should be made; less is sooner."""

    serves: int
    """Less the number of patterns it lets be served."""
    kind: int
    """0 where it saves, 1 where it does not."""
    payback: Decimal
    """Months, of what saves; USD a month that it costs, of the others."""
    costs: Decimal
    """USD a month, negative where it saves."""

    @property
    def is_wanted(self) -> bool:
        """Whether it saves, or lets a pattern be served."""
        return not self.kind or self.serves < 0


def _needs(pair: Worth, first: Worth, second: Worth | None) -> bool:
    """Whether two changes pay together and neither does alone, beyond what each brings."""
    apart = first.costs + (min(second.costs, ZERO) if second is not None else ZERO)
    return pair.costs <= LEAST_USD and pair.costs < min(apart, first.costs - LEAST_USD)


LEAST_USD = Decimal("0.000001")
"""A month: what two changes have to gain by being made together."""


@dataclass(kw_only=True)
class _Way:
    """Tries changes; what a change saves depends on those to the same tables and entities only."""

    planned: DynamoDesign
    price: Price
    tariff: Tariff
    faults: Faults | None
    _worth: dict[tuple[object, ...], Worth | None] = field(default_factory=dict)

    def next(
        self, now: _State, todo: Sequence[Piece], families: dict[int, int]
    ) -> tuple[tuple[Piece, ...], _State]:
        """Return the changes to be made next, and what comes of them."""
        ranked: list[tuple[Worth, int, tuple[Piece, ...]]] = []
        for place, piece in enumerate(todo):
            worth = self._worth_of(now, [piece], _family(todo, families, piece))
            if worth is not None:
                ranked.append((worth, place, (piece,)))
        ranked += self._pairs(now, todo, families)
        ranked.sort(key=lambda one: one[:2])
        for _, _, chosen in ranked:
            then = self.after(now, chosen)
            if then is not None:
                return chosen, then
        least = tuple(self._least(now, todo))
        then = self.after(now, least)
        assert then is not None, "all changes together lead to the planned design"
        return least, then

    def _worth_of(
        self, now: _State, chosen: Sequence[Piece], left: Sequence[Piece]
    ) -> Worth | None:
        """Return what changes are worth beside those left of their family; None: not possible."""
        key = (tuple(id(p) for p in chosen), tuple(id(p) for p in left))
        if key not in self._worth:
            then = self.after(now, chosen)
            self._worth[key] = None if then is None else self._rank(now, then, chosen)
        return self._worth[key]

    def _pairs(
        self, now: _State, todo: Sequence[Piece], families: dict[int, int]
    ) -> Iterable[tuple[Worth, int, tuple[Piece, ...]]]:
        """Yield pairs of changes that only pay together.

        Such as an index that costs more than it saves until the one it replaces is dropped. What
        pays alone, or lets a pattern be served, is a step of its own and in no pair.
        """
        for place, first in enumerate(todo):
            left = _family(todo, families, first)
            alone = self._worth_of(now, [first], left)
            if alone is None or alone.is_wanted:
                continue
            for second in left:
                other = self._worth_of(now, [second], left)
                if second is first or (other is not None and other.is_wanted):
                    continue
                worth = self._worth_of(now, [first, second], left)
                if worth is not None and _needs(worth, alone, other):
                    yield worth, place, (first, second)

    def _rank(self, now: _State, then: _State, chosen: Sequence[Piece]) -> Worth:
        served = len(now.unserved - then.unserved)
        saves = now.evaluation.bill.total - then.evaluation.bill.total
        changes = _changes(chosen, then.tidying)
        if saves <= 0:
            return Worth(-served, 1, -saves, -saves)
        usd = moved(changes, now.design, now.evaluation, then.evaluation, self.tariff).usd
        return Worth(-served, 0, usd / saves, -saves)

    def after(self, now: _State, chosen: Sequence[Piece]) -> _State | None:
        """Return what comes of changes, None where they cannot be made by themselves."""
        design = now.design
        try:
            for piece in chosen:
                design = piece.apply(design)
        except UsageError:
            return None
        design, tidying = tidied(design, self.planned)
        if not is_whole(design):
            return None
        if self.faults is not None and not self.faults(design) <= self.faults(now.design):
            return None
        then = _State(design=design, evaluation=self.price(design), tidying=tidying)
        return then if then.unserved <= now.unserved else None

    def _least(self, now: _State, todo: Sequence[Piece]) -> list[Piece]:
        """Return few changes that can be made together, where none can be made alone."""
        kept = list(todo)
        for piece in todo:
            fewer = [p for p in kept if p is not piece]
            if fewer and self.after(now, fewer) is not None:
                kept = fewer
        return kept


def _changes(chosen: Sequence[Piece], tidying: Iterable[Change]) -> tuple[Change, ...]:
    return (*(change for piece in chosen for change in piece.changes), *tidying)


def _families(
    current: DynamoDesign, planned: DynamoDesign, todo: Sequence[Piece]
) -> dict[int, int]:
    """Return, for each piece, the first of those that change the same tables or entities."""
    held: dict[str, set[str]] = {}
    for design in (current, planned):
        for table in design.tables:
            names = {f"table {table.name}"}
            names |= {f"entity {e}" for e in _held(table)}
            held.setdefault(table.name, set()).update(names)
    marks = [set().union(*(held.get(t, {t}) for t in p.tables)) for p in todo]
    family = list(range(len(todo)))
    is_growing = True
    while is_growing:
        is_growing = False
        for a in range(len(todo)):
            for b in range(a + 1, len(todo)):
                if family[a] != family[b] and marks[a] & marks[b]:
                    first, last = sorted((family[a], family[b]))
                    family = [first if one == last else one for one in family]
                    is_growing = True
    return {id(piece): family[at] for at, piece in enumerate(todo)}


def _family(todo: Sequence[Piece], families: dict[int, int], piece: Piece) -> list[Piece]:
    return [p for p in todo if families[id(p)] == families[id(piece)]]


def _held(table: Table) -> set[str]:
    names = {shape.entity for shape in table.shapes}
    return names | {embed.entity for shape in table.shapes for embed in shape.embeds}


def _entities(
    changes: Sequence[Change], before: DynamoDesign, after: DynamoDesign
) -> tuple[str, ...]:
    """Return the entities whose items a step is about: of the tables it names."""
    added = [c.table for c in changes if isinstance(c, AddTable)]
    names = {entity for table in added for entity in _held(table)}
    if not names:
        touched = {table_of(change) for change in changes}
        tables = [t for d in (before, after) for t in d.tables if t.name in touched]
        names = {entity for table in tables for entity in _held(table)}
    return tuple(sorted(names))


# --------------------------------------------------------------------------- the move


def moved(
    changes: Sequence[Change],
    design: DynamoDesign,
    before: Evaluation,
    after: Evaluation,
    tariff: Tariff,
) -> Move:
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

    def add(self, change: Change) -> None:
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
        wanted = {name for shape in shapes for name in shape.attributes}
        holding = [
            t
            for t in tables
            if any(wanted & set(s.attributes) for s in t.shapes if not s.guards)
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
        for one in facts.shapes if facts else ():
            if shape in ("", one.name):
                self._note(resource, one, one.sizes.mean.mean)

    def _rewrite(self, change: ShapeChange) -> None:
        """Note the items that change, each charged for the larger of before and after."""
        table = next((t for t in self.design.tables if t.name == change.table), None)
        if table is None:
            return
        self.read.add(table.name)
        for resource in (table.name, *self._whole_indexes(table)):
            old = _shape(self.before, resource, change.shape)
            new = _shape(self.after, resource, change.shape)
            larger = max((old, new), key=lambda one: one.sizes.mean.mean if one else ZERO)
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
        held = self.written.get(key, (ZERO, ZERO))
        self.written[key] = max(held, (units, stored))

    def total(self, tariff: Tariff) -> Move:
        """Return the sum."""
        reads = sum((_read_units(self.before, name) for name in sorted(self.read)), ZERO)
        writes = sum((units for units, _ in self.written.values()), ZERO)
        if not writes:
            reads = ZERO
        return Move(
            read_units=reads,
            write_units=writes,
            bytes=sum((size for _, size in self.written.values()), ZERO),
            usd=reads * tariff.read + writes * tariff.write,
        )


def _facts(evaluation: Evaluation, name: str) -> ResourceFacts | None:
    return next((r for r in evaluation.resources if r.name == name), None)


def _shape(evaluation: Evaluation, resource: str, shape: str) -> ShapeFacts | None:
    facts = _facts(evaluation, resource)
    return next((one for one in facts.shapes if one.name == shape), None) if facts else None


def _read_units(evaluation: Evaluation, table: str) -> Decimal:
    """Return what scanning a table once takes: half a unit for each 4 KB."""
    facts = _facts(evaluation, table)
    return ZERO if facts is None else facts.item_bytes / READ_UNIT_BYTES / 2
