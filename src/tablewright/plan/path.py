"""From a design that exists to the planned one: steps, each a group of changes that fits together.

In: both designs and a way to evaluate. Out: ordered steps with what each saves a month, what moving
the data costs once, and when that is paid back. After every step every pattern that was served
still is: entities that share a table move together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.design.changes import Change, apply, diff
from tablewright.design.values import DynamoDesign, Index, Table
from tablewright.engines.base import Evaluation, ResourceFacts
from tablewright.plan.pricing import Tariff

Price = Callable[[DynamoDesign], Evaluation]
Findings = Callable[[DynamoDesign], frozenset[tuple[str, str]]]
"""The rule and subject of everything a review finds in a design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Changes that are made together, and what they are worth."""

    entities: tuple[str, ...]
    changes: tuple[Change, ...]
    saves: Decimal
    """USD a month, beside the steps before; negative where it costs more."""
    move_usd: Decimal
    """What reading the old and writing the new items costs once."""
    mends: tuple[str, ...] = ()
    """Ids of the findings that are gone after it."""
    serves: tuple[str, ...] = ()
    """Patterns that could not be served before it."""

    @property
    def payback_months(self) -> Decimal | None:
        """Months until the move is paid for; None where it saves nothing."""
        return self.move_usd / self.saves if self.saves > 0 else None


def steps(
    current: DynamoDesign,
    planned: DynamoDesign,
    price: Price,
    tariff: Tariff,
    findings: Findings | None = None,
) -> tuple[Step, ...]:
    """Return the steps from one design to another, what saves most first.

    Args:
        current: what exists.
        planned: what is wanted.
        price: evaluates a design at the planned scale.
        tariff: prices of reading and writing, for the move.
        findings: what a review finds in a design; without it no ids are given.
    """
    groups = _groups(current, planned)
    todo = [g for g in groups if _changes(current, planned, [g])]
    done: list[frozenset[str]] = []
    now = price(current)
    known = findings(current) if findings else frozenset()
    found: list[Step] = []
    while todo:
        trials = []
        for place, group in enumerate(todo):
            evaluation = price(_hybrid(current, planned, [*done, group]))
            newly = _unserved(now) - _unserved(evaluation)
            trials.append((-len(newly), evaluation.bill.total, place, evaluation, newly))
        _, _, place, after, newly = min(trials, key=lambda t: t[:3])
        group = todo.pop(place)
        left = findings(_hybrid(current, planned, [*done, group])) if findings else frozenset()
        found.append(
            Step(
                entities=tuple(sorted(group)),
                changes=_changes(current, planned, [group]),
                saves=now.bill.total - after.bill.total,
                move_usd=_move(current, planned, group, now, after, tariff),
                mends=tuple(sorted({rule for rule, _ in known - left})),
                serves=tuple(sorted(newly)),
            )
        )
        done.append(group)
        now, known = after, left
    return tuple(found)


def _unserved(evaluation: Evaluation) -> frozenset[str]:
    return frozenset(route.pattern for route in evaluation.routes if not route.is_served)


def _groups(current: DynamoDesign, planned: DynamoDesign) -> list[frozenset[str]]:
    """Return the entities that have to move together: those that meet in a table's name."""
    links: list[set[str]] = []
    names = dict.fromkeys(t.name for d in (current, planned) for t in d.tables)
    for name in names:
        tables = [t for d in (current, planned) for t in d.tables if t.name == name]
        links.append(set().union(*(_entities(t) for t in tables)))
    groups: list[set[str]] = []
    for link in links:
        joined = set(link)
        for group in [g for g in groups if g & joined]:
            joined |= group
            groups.remove(group)
        groups.append(joined)
    # Entities that one design keeps inside others count as of the table that holds them.
    return [frozenset(g) for g in _merged(groups)]


def _merged(groups: Iterable[set[str]]) -> list[set[str]]:
    found: list[set[str]] = []
    for group in groups:
        joined = set(group)
        for other in [g for g in found if g & joined]:
            joined |= other
            found.remove(other)
        found.append(joined)
    return found


def _entities(table: Table) -> set[str]:
    names = {shape.entity for shape in table.shapes}
    return names | {embed.entity for shape in table.shapes for embed in shape.embeds}


def _part(design: DynamoDesign, groups: Sequence[frozenset[str]]) -> DynamoDesign:
    wanted = frozenset().union(*groups) if groups else frozenset()
    return replace(design, tables=tuple(t for t in design.tables if _entities(t) & wanted))


def _hybrid(
    current: DynamoDesign, planned: DynamoDesign, moved: Sequence[frozenset[str]]
) -> DynamoDesign:
    """Return the current design with some groups as planned."""
    gone = frozenset().union(*moved) if moved else frozenset()
    stay = tuple(t for t in current.tables if not _entities(t) & gone)
    new = _part(planned, moved).tables
    return replace(current, name=f"{current.name} on the way", tables=(*stay, *new))


def _changes(
    current: DynamoDesign, planned: DynamoDesign, groups: Sequence[frozenset[str]]
) -> tuple[Change, ...]:
    before, after = _part(current, groups), _part(planned, groups)
    changes = diff(before, after)
    assert apply(before, *changes).tables == after.tables, "the changes lead to the planned tables"
    return changes


def _move(
    current: DynamoDesign,
    planned: DynamoDesign,
    group: frozenset[str],
    before: Evaluation,
    after: Evaluation,
    tariff: Tariff,
) -> Decimal:
    """Return what it costs once: new tables and indexes are written, old tables read.

    Sizes are means; a table whose keys or items change is written anew as a whole.
    """
    old = {t.name: t for t in _part(current, [group]).tables}
    total, rebuilt = ZERO, False
    for table in _part(planned, [group]).tables:
        was = old.get(table.name)
        same = was is not None and (was.keys, _content(was)) == (table.keys, _content(table))
        kept = {_kept(i) for i in was.indexes} if same and was is not None else set()
        if not same:
            rebuilt = True
            total += _written(after, table.name) * tariff.write
        for index in table.indexes:
            if _kept(index) not in kept:
                total += _written(after, f"{table.name}/{index.name}") * tariff.write
                if same:
                    total += _read(after, table.name) * tariff.read
    if rebuilt:
        total += sum((_read(before, name) * tariff.read for name in old), ZERO)
    return total


def _content(table: Table) -> tuple[object, ...]:
    return tuple(sorted(repr(replace(shape, span=None)) for shape in table.shapes))


def _kept(index: Index) -> str:
    return repr(replace(index, span=None, mode=None))


def _facts(evaluation: Evaluation, name: str) -> ResourceFacts | None:
    return next((r for r in evaluation.resources if r.name == name), None)


def _written(evaluation: Evaluation, name: str) -> Decimal:
    facts = _facts(evaluation, name)
    if facts is None:
        return ZERO
    return sum((s.count * -(-int(s.sizes.mean.mean) // 1024) for s in facts.shapes), ZERO)


def _read(evaluation: Evaluation, name: str) -> Decimal:
    facts = _facts(evaluation, name)
    return ZERO if facts is None else facts.item_bytes / 4096 / 2
