"""Re-cost a fixed design: what it saves, what it breaks, what moving there costs once.

In: model, design, an `evaluate` function and changes. Out: a `FixOutcome`. A saving is always the
difference of two bills, never a percentage. Only the part of the design that the changes can touch
is evaluated again: tables that share an access pattern belong together, others do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.core.errors import PriceUnknownError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, format_usd
from tablewright.design.changes import (
    BACKFILLS,
    REBUILDS,
    Change,
    ModelChange,
    PatternChange,
    apply_all,
)
from tablewright.engines.dynamodb.change_base import DynamoChange
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.item_changes import AddGuardItem
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Model, Pattern
from tablewright.plan.values import LEAST_SAVING_SHARE, LEAST_SAVING_USD
from tablewright.review.catalogue import Catalogue
from tablewright.review.findings import Level
from tablewright.review.recosting import Budget, FixOutcome
from tablewright.review.runner import Pair, Run, run
from tablewright.review.verdicts import FixOption

Evaluate = Callable[[Model, DynamoDesign, int], Evaluation]

ONLY_TO_SAVE = frozenset({"change_projection", "split_entity"})
"""What is done for nothing but the bill."""
MOVES = REBUILDS | BACKFILLS | {"shard_key", "move_blob", "add_guard_item"}


@frozen
class _Part:
    """A part of model and design that stands by itself, evaluated and reviewed."""

    model: Model
    design: DynamoDesign
    facts: DynamoFacts
    run: Run


class Recoster:
    """Evaluates changes to one design at one scale; remembers what it has evaluated."""

    def __init__(
        self,
        facts: DynamoFacts,
        catalogue: Catalogue,
        evaluate: Evaluate,
        budget: Budget | None = None,
    ) -> None:
        self.budget = budget or Budget(int(facts.k["recost_patterns"]))
        self.skipped: set[Pair] = set()
        """Findings whose fixes were not costed, because the budget was spent."""
        self.facts = facts
        self.catalogue = catalogue
        self.evaluate = evaluate
        self.tariff = facts.tariff
        self._patterns_by_table = _patterns_by_table(facts)
        self._groups = _components(facts, self._patterns_by_table)
        self._parts: dict[frozenset[str], _Part] = {}
        self._done: dict[tuple[Change, ...], FixOutcome] = {}

    def outcome(self, option: FixOption, pair: Pair) -> FixOutcome:
        """Return what an option brings; `pair` is the finding it is meant to fix."""
        outcome = self._done.get(option.changes)
        if outcome is None:
            outcome = self._outcome(option, pair)
            self._done[option.changes] = outcome
        return replace(outcome, option=option)

    def _outcome(self, option: FixOption, pair: Pair) -> FixOutcome:
        effort = max(change.effort for change in option.changes)
        try:
            before = self._part(self.touched(option.changes))
            model, design = apply_all(before.model, before.design, option.changes)
            after = self._facts(model, design)
        except (UsageError, UnsupportedError, PriceUnknownError) as problem:
            return FixOutcome(option=option, saves=None, reject=problem.message, effort=effort)
        once, hours = migration(option.changes, after, self.tariff)
        saves = _saved(before.facts, after) if option.has_saving else None
        return FixOutcome(
            option=option,
            saves=saves,
            reject=self._reason_against(before, after, pair)
            or self._too_little_for_a_round_trip(before, after, option, saves),
            cost_once=once,
            hours=hours,
            effort=effort,
        )

    def _facts(self, model: Model, design: DynamoDesign) -> DynamoFacts:
        self.budget.spend(routing_effort(model, design))
        evaluation = self.evaluate(model, design, self.facts.users)
        entities = {part.entity for p in model.patterns for part in (p.parts or (p,))}
        stored = {shape.entity for table in design.tables for shape in table.shapes}
        return DynamoFacts(
            evaluation,
            self.facts.k,
            self.tariff,
            default_skew=self.facts.default_skew,
            only=frozenset(entities | stored),
        )

    def touched(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return the tables that changes can have an effect on."""
        tables: set[str] = set()
        for change in changes:
            if isinstance(change, PatternChange):
                pattern = self.facts.model.pattern(change.pattern)
                tables |= self.facts.tables_of(pattern) or _candidates(self.facts, pattern)
            elif isinstance(change, DynamoChange):
                name = getattr(change, "table", "")
                tables.add(name if isinstance(name, str) else name.name)
        touched = frozenset(t.name for t in self.facts.design.tables)
        known = tables & touched
        if not known:
            return touched
        return frozenset().union(*(self._groups[name] for name in sorted(known)))

    def _part(self, tables: frozenset[str]) -> _Part:
        part = self._parts.get(tables)
        if part is None:
            part = self._parts[tables] = self._make_part(tables)
        return part

    def _make_part(self, tables: frozenset[str]) -> _Part:
        facts = self.facts
        names = {name for table in tables for name in self._patterns_by_table.get(table, ())}
        patterns = tuple(p for p in facts.model.patterns if p.name in names)
        model = replace(facts.model, patterns=patterns)
        design = replace(
            facts.design, tables=tuple(t for t in facts.design.tables if t.name in tables)
        )
        part = self._facts(model, design)
        return _Part(model=model, design=design, facts=part, run=run(part, self.catalogue))

    def _reason_against(self, before: _Part, after: DynamoFacts, pair: Pair) -> str:
        for pattern in after.model.patterns:
            was, now = before.facts.route(pattern), after.route(pattern)
            if was is not None and was.is_served and now is not None and not now.is_served:
                return f"{pattern.name} could not be served any more: {now.cannot}"
            reason = _slower(before.facts, after, pattern)
            if reason:
                return reason
        return self._worse(before, after, pair)

    def _too_little_for_a_round_trip(
        self, before: _Part, after: DynamoFacts, option: FixOption, saves: Decimal | None
    ) -> str:
        """Say what people wait for longer for a saving so small that no plan would take it."""
        if saves is None or any(change.kind not in ONLY_TO_SAVE for change in option.changes):
            return ""
        if saves >= max(LEAST_SAVING_USD, self.facts.cost * LEAST_SAVING_SHARE):
            return ""
        for pattern in after.model.patterns:
            was, now = before.facts.route(pattern), after.route(pattern)
            if was is None or now is None or pattern.purpose != "online":
                continue
            if was.is_served and now.depth > was.depth:
                return (
                    f"{pattern.name} would take {now.depth} round trips instead of {was.depth}, "
                    f"for {format_usd(saves)} USD a month"
                )
        return ""

    def _worse(self, before: _Part, after: DynamoFacts, pair: Pair) -> str:
        levels = {c.pair: c.level() for c in before.run.candidates}
        known = {name for name, _ in before.facts.subjects("resource")}
        fired = {rule for rule, _ in levels}
        for candidate in run(after, self.catalogue).candidates:
            level = candidate.level()
            if candidate.pair == pair and level >= levels.get(pair, Level.INFO):
                return f"it would not fix {pair[0]} of {pair[1]}"
            if level < Level.HIGH or level <= levels.get(candidate.pair, Level.INFO):
                continue
            is_new_place = "/" in candidate.subject or candidate.subject not in known
            if is_new_place and candidate.subject not in known and candidate.rule.id in fired:
                continue  # it moved along with the data
            return (
                f"it would raise {candidate.rule.id} ({level}) on {candidate.subject}: "
                f"{candidate.hit.evidence}"
            )
        return ""


def _slower(before: DynamoFacts, after: DynamoFacts, pattern: Pattern) -> str:
    limit = after.slo(pattern)
    if limit is None:
        return ""
    was, now = latency(before, pattern), latency(after, pattern)
    if now > limit and now > was:
        return f"{pattern.name} would take about {now:.0f} ms, more than its {limit:.0f} ms"
    return ""


def latency(facts: DynamoFacts, pattern: Pattern) -> Decimal:
    """Return about how many milliseconds a call takes: round trips, and pages that are read."""
    route = facts.route(pattern)
    if route is None or not route.is_served:
        return ZERO
    pages = sum((r.calls * max(Decimal(1), r.pages) for r in route.requests), ZERO)
    extra = max(ZERO, pages - max(1, len(route.requests)))
    page_ms = facts.k["scan_page_ms"] if route.operation == "scan" else facts.k["call_ms"]
    return route.depth * facts.k["call_ms"] + (extra * page_ms if _is_drained(pattern) else ZERO)


def _is_drained(pattern: Pattern) -> bool:
    return pattern.complete or pattern.limit is None


def migration(
    changes: Iterable[Change], after: DynamoFacts, tariff: Tariff
) -> tuple[Decimal | None, Decimal | None]:
    """Return USD and hours of moving existing data once; (0, 0) where nothing is moved.

    A rebuild reads every item once and writes it with all its index entries; an index is
    backfilled by its own writes. The rate is half of what a new on-demand table takes.
    """
    writes = reads = ZERO
    for change in changes:
        if isinstance(change, ModelChange) or change.kind not in MOVES:
            continue
        table = getattr(change, "table", "")
        name = table if isinstance(table, str) else table.name
        if change.kind in BACKFILLS:
            index = getattr(change, "index", "")
            label = index if isinstance(index, str) else index.name
            writes += _writes(after, f"{name}/{label}")
            continue
        reads += after.item_bytes(name) / READ_UNIT_BYTES / 2
        if isinstance(change, AddGuardItem):
            guards = after.shape_facts(name, change.shape_name)
            writes += guards.count if guards is not None else ZERO
        else:
            targets = [p.name for p in after.places if p.table.name == name]
            targets += [p for p in (getattr(change, "into", ""),) if p]
            writes += sum((_writes(after, target) for target in targets), ZERO)
    if tariff.wru is None or tariff.rru is None:
        return None, None
    allowed = after.k["od_new_wru"] / 2
    return writes * tariff.wru + reads * tariff.rru, writes / allowed / 3600


def _writes(facts: DynamoFacts, resource: str) -> Decimal:
    entries = facts.entries(resource)
    return entries * math.ceil(facts.mean_size(resource) / WRITE_UNIT_BYTES) if entries else ZERO


def _candidates(facts: DynamoFacts, pattern: Pattern) -> frozenset[str]:
    """Return the tables that might serve a pattern which no route serves."""
    return frozenset(
        table.name
        for part in (pattern.parts or (pattern,))
        for table, _ in facts.homes(part.entity)
    )


def routing_effort(model: Model, design: DynamoDesign) -> int:
    """Return how much of a budget an evaluation takes: patterns, more where tables hold much."""
    patterns = len(model.patterns)
    shapes = max((len(table.shapes) for table in design.tables), default=0)
    return patterns + patterns * shapes // 50


def _patterns_by_table(facts: DynamoFacts) -> dict[str, list[str]]:
    """Return the access patterns that touch each table, or might."""
    patterns: dict[str, list[str]] = {}
    for pattern in facts.model.patterns:
        for name in facts.tables_of(pattern) | _candidates(facts, pattern):
            patterns.setdefault(name, []).append(pattern.name)
    return patterns


def _components(
    facts: DynamoFacts, patterns_by_table: Mapping[str, list[str]]
) -> dict[str, frozenset[str]]:
    """Return, for each table, the tables that share access patterns with it, itself included."""
    leader = {table.name: table.name for table in facts.design.tables}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    first: dict[str, str] = {}
    for table in sorted(leader):
        for pattern in patterns_by_table.get(table, ()):
            other = first.setdefault(pattern, table)
            leader[find(table)] = find(other)
    groups: dict[str, set[str]] = {}
    for name in leader:
        groups.setdefault(find(name), set()).add(name)
    return {name: frozenset(groups[find(name)]) for name in leader}


def _saved(before: DynamoFacts, after: DynamoFacts) -> Decimal | None:
    """Return USD a month less; None where nobody can say what one of them costs."""
    was, now = before.evaluation.bill.figure, after.evaluation.bill.figure
    return None if was is None or now is None else was - now
