"""Decide between deployment options: one rule after the other, each with what leaves and why.

In: the board, architectures, what is known of them. Out: a Decision. The rules, in order: who
carries the load; who has every hard need; who is within the budget; what costs least to own; what
has most headroom, least effort and risk. A rule that nobody passes decides nothing, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tablewright.compare.board import Board, unserved
from tablewright.compare.needs import NeedCheck, need_checks
from tablewright.compare.ownership import Ownership, Terms, ownership_at
from tablewright.compare.scoring import fit_scores, is_priced_around, weights_of
from tablewright.compare.values import ArchitectureResult, OfferingResult
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO

LOAD, NEEDS, BUDGET, OWNERSHIP, REST = RULES = (
    "the load",
    "the hard needs",
    "the budget",
    "the total cost of ownership",
    "headroom, effort and risk",
)
"""The rules in the order in which they decide."""
GATES = (LOAD, NEEDS, BUDGET)
"""What an option has to pass before its cost is weighed."""
ALIKE = Decimal("1.05")
"""Costs of ownership within this factor of the least are alike; the next rule decides."""
MOST_NAMED = 3
"""Access patterns that a reason names."""


@frozen
class Ruling:
    """One rule applied: who stays, who leaves and why; `note` where it decides nothing."""

    rule: str
    stays: tuple[str, ...]
    leaves: tuple[tuple[str, str], ...] = ()
    note: str = ""


@frozen
class DeploymentDecision:
    """The option for a number of users, and which rule decided."""

    users: int
    chosen: str
    """Empty if no option carries the load."""
    decided_by: str
    """The rule after which one option was left."""
    rulings: tuple[Ruling, ...]
    ownership: tuple[tuple[str, Ownership], ...] = ()
    """Of each option that reached the rule of ownership."""
    missing: tuple[NeedCheck, ...] = ()
    """Hard needs that the chosen option does not meet, as nobody does."""

    def why_not(self, name: str) -> str:
        """Return why an option is not chosen, empty for the chosen one."""
        return next((why for r in self.rulings for left, why in r.leaves if left == name), "")

    def cost(self, name: str) -> Ownership | None:
        """Return the cost of owning an option, where it came to that."""
        return dict(self.ownership).get(name)


@frozen(slots=False)
class Candidates:
    """What there is to decide between, and on what terms."""

    board: Board
    results: tuple[ArchitectureResult, ...]
    offerings: tuple[OfferingResult, ...]
    terms: Terms
    waived: frozenset[str] = frozenset()
    """Needs that are given up, to see what they cost."""

    def result(self, name: str) -> ArchitectureResult:
        """Return an option by name (KeyError if there is none)."""
        return {result.architecture.name: result for result in self.results}[name]

    def needs(self, result: ArchitectureResult, users: int) -> tuple[NeedCheck, ...]:
        """Return the needs of the model compared with an option."""
        return need_checks(self.board, result.architecture, users, self.offerings)

    def missed(self, result: ArchitectureResult, users: int) -> tuple[NeedCheck, ...]:
        """Return the hard needs that an option does not meet."""
        return tuple(
            need
            for need in self.needs(result, users)
            if need.is_required and not need.is_met and need.need not in self.waived
        )

    def ownership(self, result: ArchitectureResult, users: int) -> Ownership:
        """Return what owning an option costs."""
        needs = tuple(n for n in self.needs(result, users) if n.need not in self.waived)
        return ownership_at(self.board, result.architecture, users, self.terms, needs)

    def budget(self, users: int) -> Decimal | None:
        """Return the budget for a number of users: that of the next scale with one."""
        budgets = sorted(self.board.model.targets.monthly_cost)
        return next((usd for scale, usd in budgets if scale >= users), None)


def decide(candidates: Candidates, users: int) -> DeploymentDecision:
    """Return the option for a number of users by the first rule that leaves one."""
    rulings = _rulings(candidates, users, RULES)
    candidates_left = [candidates.result(name) for name in rulings[-1].stays]
    decided = next((ruling.rule for ruling in reversed(rulings) if ruling.leaves), "")
    return DeploymentDecision(
        users=users,
        chosen=candidates_left[0].architecture.name if candidates_left else "",
        decided_by=decided or REST,
        rulings=tuple(rulings),
        ownership=tuple(
            (result.architecture.name, candidates.ownership(result, users))
            for result in _owned(candidates, rulings)
        ),
        missing=candidates.missed(candidates_left[0], users) if candidates_left else (),
    )


def allowed_at(candidates: Candidates, users: int) -> tuple[str, ...]:
    """Return the options that carry the load, have the needs and are within the budget."""
    return _rulings(candidates, users, GATES)[-1].stays


def least_with(candidates: Candidates, engine: str, users: int) -> ArchitectureResult | None:
    """Return the cheapest option with a database of an engine, None if no option has one.

    It carries the load, and of those that do it misses the fewest hard needs.
    """
    carriers = [
        result
        for result in candidates.results
        if result.architecture.engine == engine
        and not cannot_carry(candidates.board, result, users)
    ]

    def order(result: ArchitectureResult) -> tuple[int, Decimal, str]:
        total = candidates.board.total(result.architecture, users)
        return len(candidates.missed(result, users)), total, result.architecture.name

    return min(carriers, key=order, default=None)


def _rulings(candidates: Candidates, users: int, rules: Sequence[str]) -> list[Ruling]:
    """Return the rules applied one after the other, until one option is left."""
    rulings: list[Ruling] = []
    left = candidates.results
    for rule in rules:
        if len(left) < 2 and rulings:
            break
        reasons, note = _SIFTS[rule](candidates, left, users)
        left = tuple(result for result in left if result.architecture.name not in reasons)
        rulings.append(
            Ruling(
                rule=rule,
                stays=tuple(result.architecture.name for result in left),
                leaves=tuple(reasons.items()),
                note=note,
            )
        )
    return rulings


def _owned(candidates: Candidates, rulings: Sequence[Ruling]) -> tuple[ArchitectureResult, ...]:
    """Return the options whose cost of ownership is worth a word: those that carry the load."""
    return tuple(candidates.result(name) for name in rulings[0].stays)


_Sifted = tuple[Mapping[str, str], str]
_Sift = Callable[[Candidates, Sequence[ArchitectureResult], int], _Sifted]


def _by_load(
    candidates: Candidates, remaining: Sequence[ArchitectureResult], users: int
) -> _Sifted:
    reasons = {}
    for result in remaining:
        why = cannot_carry(candidates.board, result, users)
        if why:
            reasons[result.architecture.name] = why
    return reasons, "" if len(reasons) < len(remaining) else "no option carries the load"


def cannot_carry(board: Board, result: ArchitectureResult, users: int) -> str:
    """Return why an option does not serve everything at a number of users, empty if it does."""
    architecture = result.architecture
    if not architecture.engine and any(part.serial for part in architecture.components):
        return "no design is evaluated for its database: which access patterns it serves is unknown"
    if architecture.engine:
        ranked = board.ranked(architecture.engine, board.around(users)[1])
        lost = unserved(ranked[0]) if ranked else ()
        if lost and not architecture.serves(lost):
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            return f"it cannot serve {', '.join(lost[:MOST_NAMED])}{more}"
        if ranked and ranked[0].refuses:
            return ranked[0].shortcoming
    if not is_priced_around(result, users):
        needs = next((price.needs for price in result.prices if price.needs), ())
        return f"it has no price: {needs[0]}" if needs else "it has no price"
    reach = next((reach for reach in result.reaches if users > reach.users), None)
    return f"beyond its limit of {reach.users:,} users: {reach.what}" if reach else ""


def _by_needs(
    candidates: Candidates, remaining: Sequence[ArchitectureResult], users: int
) -> _Sifted:
    """Sift by hard needs; those that nobody has decide nothing, and are said."""
    missed = {r.architecture.name: candidates.missed(r, users) for r in remaining}
    names = [{need.need for need in needs} for needs in missed.values()]
    nobody = set.intersection(*names) if names else set()
    rest = {
        name: tuple(need for need in needs if need.need not in nobody)
        for name, needs in missed.items()
    }
    fewest = min((len(needs) for needs in rest.values()), default=0)
    reasons = {
        name: "; ".join(f"no {need.title}: {need.how}" for need in needs)
        for name, needs in rest.items()
        if len(needs) > fewest
    }
    notes = []
    if nobody:
        words = " and ".join(sorted(need.replace("_", " ") for need in nobody))
        notes.append(f"no option is known to have {words}, so that decides nothing")
    if fewest:
        notes.append(f"no option has all the others; those that miss {fewest} stay")
    return reasons, "; ".join(notes)


def _by_budget(
    candidates: Candidates, remaining: Sequence[ArchitectureResult], users: int
) -> _Sifted:
    budget = candidates.budget(users)
    if budget is None:
        return {}, "no budget is stated"
    board = candidates.board
    costs = {r.architecture.name: board.spent(r.architecture, users) for r in remaining}
    over = {
        r.architecture.name: f"{usd:,.2f} USD a month {board.spent_words(r.architecture)}is over "
        f"the budget of {budget:,.2f}"
        for r in remaining
        if (usd := costs[r.architecture.name]) > budget
    }
    if len(over) == len(remaining):
        name, usd = min(costs.items(), key=lambda entry: (entry[1], entry[0]))
        return {}, (
            f"no option is within the budget of {budget:,.2f} USD a month: the least is `{name}` "
            f"with {usd:,.2f}"
        )
    return over, ""


def _by_ownership(
    candidates: Candidates, remaining: Sequence[ArchitectureResult], users: int
) -> _Sifted:
    owned = {r.architecture.name: candidates.ownership(r, users) for r in remaining}
    least = min(cost.total for cost in owned.values())
    return {
        name: f"owning it for {cost.months:.0f} months costs {cost.total:,.0f} USD, "
        f"{cost.total - least:,.0f} more"
        for name, cost in owned.items()
        if cost.total > least * ALIKE
    }, ""


def _by_rest(
    candidates: Candidates, remaining: Sequence[ArchitectureResult], users: int
) -> _Sifted:
    """Sift by the score of preferred needs, headroom, effort and risk; then by cost and name."""
    weights = {name: w for name, w in weights_of(candidates.board.model).items() if name != "cost"}
    weight_sum = sum(weights.values()) or Decimal(1)

    def score(result: ArchitectureResult) -> Decimal:
        scores = fit_scores(result, users, candidates.offerings)
        return sum((scores[name] * weight for name, weight in weights.items()), ZERO) / weight_sum

    def order(result: ArchitectureResult) -> tuple[Decimal, Decimal, str]:
        owned = candidates.ownership(result, users).total
        return -score(result), owned, result.architecture.name

    best, *runners_up = sorted(remaining, key=order)
    return {
        runner_up.architecture.name: f"it scores {score(runner_up):.1f} against {score(best):.1f}"
        for runner_up in runners_up
    }, ""


_SIFTS: Mapping[str, _Sift] = {
    LOAD: _by_load,
    NEEDS: _by_needs,
    BUDGET: _by_budget,
    OWNERSHIP: _by_ownership,
    REST: _by_rest,
}
