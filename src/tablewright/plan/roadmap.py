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

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.changes import Change
from tablewright.design.values import Design
from tablewright.evaluation.values import Evaluation
from tablewright.plan.protocol import MoveUnits, Pairs, Piece, Steps

Price = Callable[[Design], Evaluation]


@frozen
class Step:
    """A change, or changes that need each other, and what they are worth."""

    what: tuple[str, ...]
    """In words."""
    entities: tuple[str, ...]
    changes: tuple[Change, ...]
    saves: Decimal
    """USD a month, beside the steps before; negative where it costs more."""
    move: MoveUnits
    usd: Decimal
    """The bill of a month after it."""
    fixes: tuple[str, ...] = ()
    """Ids of the findings that are gone after it, as on the report card."""
    serves: tuple[str, ...] = ()
    """Patterns that could not be served before it."""
    payback_months: Decimal | None = None
    """Until the move is paid for; None where the step saves nothing."""


def steps(
    current: Design,
    planned: Design,
    price: Price,
    changing: Steps,
    *,
    known: frozenset[tuple[str, str]] = frozenset(),
    fires: Pairs | None = None,
) -> tuple[Step, ...]:
    """Return the steps from one design to another.

    Of what can be made next, first what lets a pattern be served that is not, then what pays back
    soonest, last what saves nothing, the least expensive first. Two changes that save only together
    stand beside single ones.

    Args:
        current: what exists.
        planned: what is wanted.
        price: evaluates a design at the planned scale.
        changing: how designs of the engine are changed, and what moving data takes.
        known: what the report card finds in the current design: rule and subject.
        fires: what still fires on a design; without it no ids are given.
    """
    way = _Way(planned=planned, price=price, changing=changing)
    todo = list(changing.pieces(current, planned))
    now = _State(design=current, evaluation=price(current))
    known = known & fires(current) if fires else frozenset()
    steps: list[Step] = []
    families = _families(changing, current, planned, todo)
    while todo:
        chosen, then = way.next(now, todo, families)
        for piece in chosen:
            todo.remove(piece)
        changes = _changes(chosen, then.tidying)
        saves = now.evaluation.bill.total - then.evaluation.bill.total
        move = changing.moved(changes, now.design, now.evaluation, then.evaluation)
        remaining = known & fires(then.design) if fires else known
        steps.append(
            Step(
                what=changing.words(changes),
                entities=_entities(changing, changes, now.design, then.design),
                changes=changes,
                saves=saves,
                move=move,
                usd=then.evaluation.bill.total,
                fixes=tuple(sorted({rule for rule, _ in known - remaining})),
                serves=tuple(sorted(now.unserved - then.unserved)),
                payback_months=move.usd / saves if saves > 0 else None,
            )
        )
        now, known = then, remaining
    return tuple(steps)


@frozen(slots=False)
class _State:
    """A design on the way, and what it costs."""

    design: Design
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

    planned: Design
    price: Price
    changing: Steps
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
        ranked.sort(key=lambda ranking: ranking[:2])
        for _, _, chosen in ranked:
            then = self.after(now, chosen)
            if then is not None:
                return chosen, then
        least = tuple(self._least(now, todo))
        then = self.after(now, least)
        assert then is not None, "all changes together lead to the planned design"
        return least, then

    def _worth_of(
        self, now: _State, chosen: Sequence[Piece], pieces: Sequence[Piece]
    ) -> Worth | None:
        """Return what changes are worth beside those left of their family; None: not possible."""
        key = (tuple(id(p) for p in chosen), tuple(id(p) for p in pieces))
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
            family = _family(todo, families, first)
            alone = self._worth_of(now, [first], family)
            if alone is None or alone.is_wanted:
                continue
            for second in family:
                other_worth = self._worth_of(now, [second], family)
                if second is first or (other_worth is not None and other_worth.is_wanted):
                    continue
                worth = self._worth_of(now, [first, second], family)
                if worth is not None and _needs(worth, alone, other_worth):
                    yield worth, place, (first, second)

    def _rank(self, now: _State, then: _State, chosen: Sequence[Piece]) -> Worth:
        served = len(now.unserved - then.unserved)
        saves = now.evaluation.bill.total - then.evaluation.bill.total
        changes = _changes(chosen, then.tidying)
        if saves <= 0:
            return Worth(-served, 1, -saves, -saves)
        usd = self.changing.moved(changes, now.design, now.evaluation, then.evaluation).usd
        return Worth(-served, 0, usd / saves, -saves)

    def after(self, now: _State, chosen: Sequence[Piece]) -> _State | None:
        """Return what comes of changes, None where they cannot be made by themselves."""
        design = now.design
        try:
            for piece in chosen:
                design = self.changing.apply(design, piece)
        except UsageError:
            return None
        design, tidying = self.changing.tidied(design, self.planned)
        if not self.changing.is_whole(design):
            return None
        if not self.changing.faults(design) <= self.changing.faults(now.design):
            return None
        then = _State(design=design, evaluation=self.price(design), tidying=tidying)
        return then if then.unserved <= now.unserved else None

    def _least(self, now: _State, todo: Sequence[Piece]) -> list[Piece]:
        """Return few changes that can be made together, where none can be made alone."""
        pieces = list(todo)
        for piece in todo:
            fewer = [p for p in pieces if p is not piece]
            if fewer and self.after(now, fewer) is not None:
                pieces = fewer
        return pieces


def _changes(chosen: Sequence[Piece], tidying: Iterable[Change]) -> tuple[Change, ...]:
    return (*(change for piece in chosen for change in piece.changes), *tidying)


def _families(
    changing: Steps, current: Design, planned: Design, todo: Sequence[Piece]
) -> dict[int, int]:
    """Return, for each piece, the first of those that change the same tables or entities."""
    stored: dict[str, set[str]] = {}
    for design in (current, planned):
        for name, entities in changing.held(design).items():
            marks_of = stored.setdefault(name, set())
            marks_of.add(f"table {name}")
            marks_of.update(f"entity {entity}" for entity in entities)
    marks = [set().union(*(stored.get(t, {t}) for t in p.tables)) for p in todo]
    family = list(range(len(todo)))
    is_growing = True
    while is_growing:
        is_growing = False
        for a in range(len(todo)):
            for b in range(a + 1, len(todo)):
                if family[a] != family[b] and marks[a] & marks[b]:
                    first, last = sorted((family[a], family[b]))
                    family = [first if entry == last else entry for entry in family]
                    is_growing = True
    return {id(piece): family[position] for position, piece in enumerate(todo)}


def _family(todo: Sequence[Piece], families: dict[int, int], piece: Piece) -> list[Piece]:
    return [p for p in todo if families[id(p)] == families[id(piece)]]


def _entities(
    changing: Steps, changes: Sequence[Change], before: Design, after: Design
) -> tuple[str, ...]:
    """Return the entities whose items a step is about: of the tables it names."""
    added = {changing.tables_of(c) for c in changes if changing.is_new_table(c)}
    now, then = changing.held(before), changing.held(after)
    names: set[str] = set()
    for table in sorted(added):
        names |= then.get(table, frozenset())
    if not names:
        for table in sorted({changing.tables_of(change) for change in changes}):
            names |= now.get(table, frozenset()) | then.get(table, frozenset())
    return tuple(sorted(names))
