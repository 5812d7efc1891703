"""Say in three sentences what to start with, when to move, and on which assumption that rests.

In: a decision, the growth path, assumptions. Out: sentences; every figure in them is one of the
tables. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.compare.decision import RULES, Candidates, DeploymentDecision
from tablewright.compare.growth import path_usd
from tablewright.compare.sensitivity import AssumedFigure, GivenUp
from tablewright.compare.values import Phase, WeakPrices


def answer_of(
    candidates: Candidates,
    decision: DeploymentDecision,
    phases: Sequence[Phase],
    assumptions: Sequence[AssumedFigure],
    without: Sequence[GivenUp],
    weak: Sequence[WeakPrices] = (),
) -> tuple[str, ...]:
    """Return the rule that decided, then three sentences: start, move, what it rests on.

    Args:
        candidates: what there was to decide between.
        decision: for the reviewed number of users.
        phases: the growth path, empty where no option is allowed anywhere.
        assumptions: the one that turns the answer soonest first.
        without: what each hard need costs.
        weak: what of the options' bills is at prices that are old or a third party's.
    """
    if not phases:
        return (
            "No deployment option carries the load at any number of users; the table says what "
            "is missing for each.",
        )
    ruled = (
        _ruled(decision, phases),
        _dear(candidates, decision, without),
        _weak(decision, weak),
    )
    return (
        " ".join(filter(None, ruled)),
        _start(candidates, phases[0]),
        _moves(candidates, phases),
        _rests(assumptions),
    )


def money(amount: Decimal) -> str:
    """Return an amount with its currency.

    Example:
        >>> money(Decimal("1234.5"))
        '1,234.50 USD'
    """
    return f"{amount:,.2f} USD"


def _ruled(decision: DeploymentDecision, phases: Sequence[Phase]) -> str:
    """Return which rule decided at the reviewed number of users, and between how many."""
    if not decision.chosen:
        return f"At {decision.users:,} users no option carries the load."
    number = RULES.index(decision.decided_by) + 1
    ruling = next((r for r in decision.rulings if r.rule == decision.decided_by), None)
    of = len(decision.rulings[0].stays) + len(decision.rulings[0].leaves)
    if ruling is None:
        text = f"At {decision.users:,} users there is one option: `{decision.chosen}`"
    else:
        text = (
            f"At {decision.users:,} users rule {number} of {len(RULES)}, {decision.decided_by}, "
            f"decides between {len(ruling.stays) + len(ruling.leaves)} of {of} options: "
            f"`{decision.chosen}`"
        )
    on_path = next((p.name for p in reversed(phases) if p.users <= decision.users), "")
    if on_path and on_path != decision.chosen:
        text += f" for who stays at that size; for who grows on, `{on_path}`"
    text += "."
    lacks = " and ".join(f"{n.title} ({n.how})" for n in decision.missing if n.result != "unknown")
    if lacks:
        text += f" It does not have {lacks}, and no other has."
    unknown = " and ".join(n.title for n in decision.missing if n.result == "unknown")
    if unknown:
        text += f" Nothing is known here of {unknown}."
    return text


def _dear(candidates: Candidates, decision: DeploymentDecision, without: Sequence[GivenUp]) -> str:
    """Return by how much the choice is over the budget, and the need that would bring it in."""
    budget = candidates.budget(decision.users)
    if budget is None or not decision.chosen:
        return ""
    board = candidates.board
    architecture = candidates.result(decision.chosen).architecture
    usd = board.spent(architecture, decision.users)
    if usd <= budget:
        return ""
    words = board.spent_words(architecture)
    text = f"Its {money(usd)} a month {words}are over the budget of {budget:,.2f}"
    within = [
        row
        for row in without
        if row.saves > 0
        and board.spent(candidates.result(row.chosen).architecture, decision.users) <= budget
    ]
    if within:
        least = min(within, key=lambda row: (row.usd, row.need))
        result = candidates.result(least.chosen)
        gap = next(n for n in candidates.missed(result, decision.users) if n.need == least.need)
        text += (
            f"; without {gap.title} ({gap.how}) `{least.chosen}` would do for {money(least.usd)}"
        )
    return f"{text}."


WORTH_SAYING = Decimal("0.1")
"""The share of a bill at weak prices from which the answer says so."""


def _weak(decision: DeploymentDecision, weak: Sequence[WeakPrices]) -> str:
    """Return what of the chosen option's bill is at weak prices, where that is much of it."""
    mine = next((price for price in weak if price.option == decision.chosen), None)
    if mine is None or mine.share < WORTH_SAYING:
        return ""
    return (
        f"Of its bill before free allowances {mine.share:.0%} are at prices "
        f"{' or '.join(mine.reasons)}; `tablewright prices --refresh` renews them."
    )


def _start(candidates: Candidates, first: Phase) -> str:
    architecture = candidates.result(first.name).architecture
    engine = candidates.board.comparing.get(architecture.engine)
    on = (
        f" on {engine.title}"
        if engine is not None and engine.title not in architecture.title
        else ""
    )
    return (
        f"Start with `{first.name}` ({architecture.title}{on}) at {money(first.usd)} a month for "
        f"{first.users:,} users."
    )


def _moves(candidates: Candidates, phases: Sequence[Phase]) -> str:
    last = candidates.board.scales[-1]
    end = candidates.result(phases[-1].name).architecture
    usd = candidates.board.total(end, last)
    path_cost = (
        f"{path_usd(phases):,.0f} USD over {candidates.terms.months:.0f} months, work included"
    )
    alone = phases[0].alone_usd
    if len(phases) > 1 and alone is not None:
        path_cost += f", against {alone:,.0f} without a move"
    if len(phases) == 1:
        return (
            f"Stay with it: no other is worth the move up to {last:,} users, where it costs "
            f"{money(usd)} a month ({path_cost})."
        )
    steps = "; then ".join(
        f"move to `{phase.name}` at {phase.users:,} users "
        f"({money(phase.before_usd)} becomes {money(phase.usd)}) because {phase.why}"
        for phase in phases[1:]
    )
    return (
        f"{steps[0].upper()}{steps[1:]}; at {last:,} users it costs {money(usd)} a month "
        f"({path_cost})."
    )


def _rests(assumptions: Sequence[AssumedFigure]) -> str:
    first = next(iter(assumptions), None)
    if first is None:
        return "It rests on no assumed figure."
    value = f"`{first.name}` ({first.what}"
    value += f", {figure(first.value)})" if first.value is not None else ")"
    if first.decides:
        return (
            f"This rests on {value}: at half the answer is {_answer(first, first.half)}, at twice "
            f"{_answer(first, first.twice)}; it turns at {_times(first.turns_at)} the figure."
        )
    text = f"It rests on no single figure: half or twice each of {len(assumptions)} changes nothing"
    if first.turns_at is None:
        return f"{text}, nor does a tenth or ten times of `use`, `requests` or `hour_usd`."
    return (
        f"{text}; the nearest is {value}, at {_times(first.turns_at)} the figure the answer is "
        f"{path_words(first.turned)}."
    )


def _answer(assumption: AssumedFigure, path: tuple[str, ...]) -> str:
    return "the same" if path == assumption.path else path_words(path)


def path_words(path: Sequence[str]) -> str:
    """Return the options of a path at the scales, each once, in words.

    Example:
        >>> path_words(("a", "a", "b"))
        '`a`, then `b`'
    """
    names = [name or "none" for name in path]
    steps = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    return ", then ".join(f"`{name}`" for name in steps)


def _times(factor: Decimal | None) -> str:
    return "no factor of" if factor is None else f"{float(factor):.2g} times"


def figure(value: Decimal) -> str:
    """Return a figure of any unit in few digits.

    Example:
        >>> figure(Decimal("0.2")), figure(Decimal("21886312.50"))
        ('0.2', '21,886,312')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value.normalize():f}"[:6]
