"""Re-cost a fixed design on servers: the difference of two bills, and what gets headroom.

In: facts of a design, an `evaluate` function and changes. Out: a `FixOutcome`. A server is paid by
its size, so most fixes leave the bill as it is; then the outcome says which resource they relieve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.errors import PriceUnknownError, UnsupportedError, UsageError
from tablewright.core.quantities import GB, ONE, ZERO, format_bytes, format_number, format_usd
from tablewright.design.changes import Change, apply_all
from tablewright.design.values import Design
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.model.values import Model
from tablewright.review.catalogue import Catalogue
from tablewright.review.findings import Level
from tablewright.review.recosting import Budget, FixOutcome
from tablewright.review.runner import Pair, Run, run
from tablewright.review.verdicts import FixOption

Evaluate = Callable[[Model, Design, int], ServerEvaluation]
NOTICED = Decimal("0.01")
"""The change of a resource from which on it is told, as a share of what it was."""
MOST_TOLD = 3
CENT = Decimal("0.01")


class ServerRecoster:
    """Evaluates changes to one design at one scale; remembers what it has evaluated."""

    def __init__(
        self,
        facts: ServerFacts,
        found: Run,
        rules: Catalogue,
        evaluate: Evaluate,
        budget: Budget | None = None,
    ) -> None:
        self.facts, self.rules, self.evaluate = facts, rules, evaluate
        self.budget = budget or Budget(int(facts.k["recost_patterns"]))
        self.skipped: set[Pair] = set()
        self._levels = {c.pair: c.level() for c in found.candidates}
        self._done: dict[tuple[Change, ...], FixOutcome] = {}

    def outcome(self, option: FixOption, pair: Pair) -> FixOutcome:
        """Return what an option brings; `pair` is the finding it is meant to fix."""
        outcome = self._done.get(option.changes)
        if outcome is None:
            outcome = self._done[option.changes] = self._outcome(option, pair)
        return replace(outcome, option=option)

    def touched(self, changes: Sequence[Change]) -> frozenset[str]:
        """Return all of the design: every change touches the one server."""
        return frozenset({"server"})

    def _outcome(self, option: FixOption, pair: Pair) -> FixOutcome:
        facts = self.facts
        effort = max(change.effort for change in option.changes)
        self.budget.spend(len(facts.model.patterns))
        try:
            model, design = apply_all(facts.model, facts.evaluation.design, option.changes)
            changed = self.evaluate(model, design, facts.users)
        except (UsageError, UnsupportedError, PriceUnknownError) as problem:
            return FixOutcome(option=option, saves=None, reject=problem.message, effort=effort)
        after = ServerFacts(changed, dict(facts.k), facts.words)
        was, now = _usd(facts.evaluation), _usd(changed)
        saves = was - now if option.has_saving and was is not None and now is not None else None
        return FixOutcome(
            option=option,
            saves=saves,
            reject=self._reason_against(after, pair),
            effort=effort,
            effect=effect_of(facts.evaluation, changed)
            if option.has_saving
            else "no saving computed: the figures take it as done",
        )

    def _reason_against(self, after: ServerFacts, pair: Pair) -> str:
        for pattern in after.model.patterns:
            if self.facts.route(pattern).is_served and not after.route(pattern).is_served:
                return f"{pattern.name} could not be served any more: {after.route(pattern).cannot}"
        for candidate in run(after, self.rules).candidates:
            level, before = candidate.level(), self._levels.get(candidate.pair, Level.INFO)
            if candidate.pair == pair and level >= before:
                return f"it would not fix {pair[0]} of {pair[1]}"
            if level < Level.HIGH or level <= before or self._is_meant(candidate.pair, pair):
                continue
            return (
                f"it would raise {candidate.rule.id} ({level}) on {candidate.subject}: "
                f"{candidate.hit.evidence}"
            )
        return ""

    def _is_meant(self, raised: Pair, fixed: Pair) -> bool:
        """Whether a report may scan: doing without its index is the point of ANY-IDX-002."""
        if fixed[0] != "ANY-IDX-002" or raised[0] not in ("SRV-IDX-001", "PG-IDX-001"):
            return False
        return any(p.name == raised[1] and p.purpose != "online" for p in self.facts.asked)


def _usd(evaluation: ServerEvaluation) -> Decimal | None:
    return evaluation.chosen.usd if evaluation.chosen is not None else None


def effect_of(before: ServerEvaluation, after: ServerEvaluation) -> str:
    """Return what a change does to the server: another offer or the same, and what is relieved."""
    was, now = before.chosen, after.chosen
    if was is None or now is None:
        if was is None and now is not None:
            head = f"{now.name} holds it then, {format_usd(now.usd or ZERO)} USD a month"
        else:
            head = "no saving computed: no offer of the price book holds it, as before"
    elif was.name != now.name:
        head = f"{now.name} instead of {was.name}"
    elif abs((was.usd or ZERO) - (now.usd or ZERO)) < CENT:
        head = f"no saving computed: {was.name} stays, and so does its bill"
    else:
        head = f"{was.name} stays"
    offer = (now or was).offer if (now or was) is not None else None  # type: ignore[union-attr]
    memory = offer.memory_gb if offer is not None else None
    return "; ".join([head, *_relieved(before, after, memory)])


def _relieved(
    before: ServerEvaluation, after: ServerEvaluation, memory_gb: Decimal | None
) -> list[str]:
    """Return the resources that change by a per cent or more, those that change most first."""
    cache = (memory_gb or ZERO) * before.figures["cache_share"] * GB
    result = []
    for name, figure, shown in _FIGURES:
        was, now = figure(before.load, cache, before), figure(after.load, cache, after)
        if not was and not now:
            continue
        change = (now - was) / was if was else ONE
        if abs(change) >= NOTICED and shown(was) != shown(now):
            result.append((abs(change), f"{name} {shown(was)} to {shown(now)}"))
    result.sort(key=lambda one: -one[0])
    return [text for _, text in result[:MOST_TOLD]]


def _bytes(value: Decimal) -> str:
    return format_bytes(int(value))


def _number(value: Decimal) -> str:
    return format_number(value, 0 if value >= 10 else 2 if value >= 1 else 4)


_Figure = Callable[[Load, Decimal, ServerEvaluation], Decimal]
_FIGURES: tuple[tuple[str, _Figure, Callable[[Decimal], str]], ...] = (
    ("bytes on disk", lambda load, cache, e: load.disk_bytes, _bytes),
    ("hot pages in memory", lambda load, cache, e: load.hot_bytes, _bytes),
    (
        "disk operations a second at the peak",
        lambda load, cache, e: load.iops(cache, e.figures) if cache else ZERO,
        _number,
    ),
    ("processors at the peak", lambda load, cache, e: load.processors_peak, _number),
)
