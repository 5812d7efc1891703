"""The growth path: which option to start with, when to move, and what that costs in all.

In: candidates. Out: phases with what each switch costs and when it is earned back, and the numbers
of users at which the chosen option and another cross. Users grow evenly on a logarithmic scale
from the smallest to the largest in the months of the terms. Of all paths whose options pass the
first three rules of a decision, the one is taken that costs least to own, with every switch paid
for; so it does not go back and forth for a few dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, zip_longest
from math import log

from tablewright.compare.board import Board
from tablewright.compare.decision import Candidates, allowed_at, decide
from tablewright.compare.ownership import (
    existing_engine,
    parts_of,
    rewriting_hours,
    switching_hours,
)
from tablewright.compare.pricing import crossing
from tablewright.compare.values import Architecture, ArchitectureResult, Flip, Phase
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, ZERO

STEPS = 32
"""Numbers of users, evenly spaced on a logarithmic scale, at which options are weighed."""
CENT = Decimal("0.01")


def weighed_at(scales: Sequence[int], results: Sequence[ArchitectureResult]) -> list[int]:
    """Return the numbers of users at which options are weighed: the grid, and where limits end."""
    limits = {reach.users for result in results for reach in result.reaches}
    beside = {n for end in limits for n in (end, end + 1) if scales[0] < n < scales[-1]}
    return sorted({*grid_of(scales), *beside})


def grid_of(scales: Sequence[int], steps: int = STEPS) -> list[int]:
    """Return numbers of users of two digits from the least to the most, with every scale.

    Example:
        >>> grid_of([100, 1000], 4)
        [100, 170, 310, 560, 1000]
    """
    low, high = scales[0], scales[-1]
    if low >= high:
        return [low]
    ratio = (Decimal(high) / low) ** (Decimal(1) / steps)
    between = (int(low * ratio**step) for step in range(1, steps))
    return sorted({*scales, *(n for x in between if low < (n := _two_digits(x)) < high)})


def _two_digits(users: int) -> int:
    size = int("1" + "0" * max(0, len(str(users)) - 2))
    return users // size * size


@frozen(slots=False)
class _Way:
    """A path up to some number of users: what it cost so far, and the option at each step."""

    usd: Decimal
    names: tuple[str, ...]


def phases_of(candidates: Candidates, grid: Sequence[int]) -> tuple[Phase, ...]:
    """Return the path that costs least to own over the horizon, empty if nothing is allowed."""
    steps = [(users, allowed) for users in grid if (allowed := allowed_at(candidates, users))]
    names = _least(candidates, [users for users, _ in steps], [allowed for _, allowed in steps])
    phases: list[Phase] = []
    for place, (users, _) in enumerate(steps):
        name, before = names[place], names[place - 1] if place else ""
        if name == before:
            continue
        if not phases:
            phases.append(first_phase(candidates, candidates.result(name).architecture, users))
            continue
        phase = moved_phase(candidates, before, name, users)
        rest = [later for later, _ in steps[place:]]
        barred = next((n for n, allowed in steps[place:] if before not in allowed), None)
        phases.append(_with_reason(candidates, phase, before, rest, barred))
    return with_ends(candidates, phases, [users for users, _ in steps], names)


def months_at(candidates: Candidates, grid: Sequence[int]) -> list[Decimal]:
    """Return how many months are spent around each number of users.

    The whole horizon at one number of users where there is one alone; else each step has half of
    the way to its neighbours.
    """
    months = candidates.terms.months
    if len(grid) < 2:
        return [months] * len(grid)
    places = [log(users) for users in grid]
    edges = [places[0], *((a + b) / 2 for a, b in pairwise(places)), places[-1]]
    growth = places[-1] - places[0]
    return [months * Decimal((b - a) / growth) for a, b in pairwise(edges)]


def _least(
    candidates: Candidates, grid: Sequence[int], allowed: Sequence[Sequence[str]]
) -> tuple[str, ...]:
    """Return the option at each number of users, of the path that costs least in all."""
    ways: dict[str, _Way] = {}
    for users, months, names in zip(grid, months_at(candidates, grid), allowed, strict=True):
        further: dict[str, _Way] = {}
        for name in names:
            result = candidates.result(name)
            architecture = result.architecture
            owned = candidates.ownership(result, users)
            here = owned.monthly * months
            if not ways:
                start = owned.setup_hours * owned.hour_usd
                further[name] = _Way(usd=start + here, names=(name,))
                continue
            came = min(
                (
                    (way.usd + _switch_usd(candidates, old, architecture, users), old != name, old)
                    for old, way in ways.items()
                ),
            )
            further[name] = _Way(usd=came[0] + here, names=(*ways[came[2]].names, name))
        ways = further
    if not ways:
        return ()
    return min(ways.values(), key=lambda way: (way.usd, way.names)).names


def _switch_usd(candidates: Candidates, old: str, new: Architecture, users: int) -> Decimal:
    """Return what moving from one option to another costs, work included."""
    if old == new.name:
        return ZERO
    past = candidates.result(old).architecture
    board, terms = candidates.board, candidates.terms

    def compute() -> Decimal:
        days = board.figures(users)["overlap_days"]
        move = board.move(past, new, users)
        return (
            switching_hours(board, past, new, terms) * terms.hour_usd
            + board.total(past, users) * days / DAYS_PER_MONTH
            + (move.usd if move is not None else ZERO)
        )

    return board.keep(f"switch to {new.name}", old, users, compute)


def first_phase(candidates: Candidates, architecture: Architecture, users: int) -> Phase:
    """Return the phase that a path begins with: what setting it up takes."""
    board, terms = candidates.board, candidates.terms
    hours = terms.part_hours * len(parts_of(architecture))
    hours += rewriting_hours(board, existing_engine(board), architecture.engine, terms)
    return Phase(
        users=users,
        name=architecture.name,
        usd=board.total(architecture, users),
        work_hours=hours,
        work_usd=hours * terms.hour_usd,
    )


def moved_phase(candidates: Candidates, before: str, name: str, users: int) -> Phase:
    """Return the phase that a move begins: what the move takes, without why it is made."""
    board, terms = candidates.board, candidates.terms
    past, next_ = candidates.result(before).architecture, candidates.result(name).architecture
    days = board.figures(users)["overlap_days"]
    hours = switching_hours(board, past, next_, terms)
    return Phase(
        users=users,
        name=name,
        usd=board.total(next_, users),
        before_usd=board.total(past, users),
        switch=next_.switch,
        days=days,
        overlap_usd=board.total(past, users) * days / DAYS_PER_MONTH,
        work_hours=hours,
        work_usd=hours * terms.hour_usd,
        move=board.move(past, next_, users),
    )


def _with_reason(
    candidates: Candidates,
    phase: Phase,
    before: str,
    rest: Sequence[int],
    barred: int | None,
) -> Phase:
    """Return a phase with why it begins, and when the switch is earned back as users grow.

    `barred` is the number of users from which the old option may not be taken, None if it may.
    """
    payback = _payback(candidates, before, phase, rest)
    if barred is not None:
        why = decide(candidates, barred).why_not(before)
        if barred > phase.users:
            why = f"from {barred:,} users on {why}, and a later move costs more"
        return replace(phase, why=why, payback_months=payback)
    last = rest[-1]
    old, new = (
        candidates.board.total(candidates.result(name).architecture, last)
        for name in (before, phase.name)
    )
    why = f"staying would cost {old:,.2f} USD a month at {last:,} users against {new:,.2f}"
    if payback is not None:
        why += f", and the move is earned back in {_months(payback)}"
    return replace(phase, why=why, payback_months=payback)


def _months(months: Decimal) -> str:
    return "a month" if months <= 1 else f"{months:.0f} months"


def _payback(
    candidates: Candidates, before: str, phase: Phase, rest: Sequence[int]
) -> Decimal | None:
    """Return the months until a switch is earned back, as users grow; None if it never is."""
    old, new = candidates.result(before), candidates.result(phase.name)
    scales = candidates.board.scales
    span = log(scales[-1]) - log(scales[0])
    months, earned = ZERO, -phase.switch_usd
    for users, following in pairwise([*rest, rest[-1]]):
        grown = Decimal((log(following) - log(users)) / span) if span else ZERO
        time = candidates.terms.months * grown
        saves = candidates.ownership(old, users).monthly - candidates.ownership(new, users).monthly
        if users == following:  # grown out: the rest of the time at the last number
            return months - earned / saves if saves > 0 else None
        if saves > 0 and earned + saves * time >= 0:
            return months - earned / saves
        earned += saves * time
        months += time
    return None


def with_ends(
    candidates: Candidates,
    phases: Sequence[Phase],
    grid: Sequence[int],
    names: Sequence[str],
) -> tuple[Phase, ...]:
    """Return phases with the months each lasts and what is paid in them."""
    months = months_at(candidates, grid)
    ended = []
    for phase, following in zip_longest(phases, phases[1:]):
        inside = [
            (users, spent)
            for users, spent in zip(grid, months, strict=True)
            if users >= phase.users and (following is None or users < following.users)
        ]
        result = candidates.result(phase.name)
        owned = [(candidates.ownership(result, users), spent) for users, spent in inside]
        ended.append(
            replace(
                phase,
                months=sum((spent for _, spent in inside), ZERO),
                bills_usd=sum((cost.bill * spent for cost, spent in owned), ZERO),
                running_usd=sum((cost.hours * cost.hour_usd * s for cost, s in owned), ZERO),
            )
        )
    if ended:
        ended[0] = replace(ended[0], alone_usd=_alone(candidates, ended[0], grid, months))
    return tuple(ended)


def _alone(
    candidates: Candidates, first: Phase, grid: Sequence[int], months: Sequence[Decimal]
) -> Decimal | None:
    """Return what owning one option for the whole horizon costs, None where it has no price."""
    result = candidates.result(first.name)
    if not result.is_priced:
        return None
    owned = (candidates.ownership(result, users).monthly for users in grid)
    spent = sum((usd * time for usd, time in zip(owned, months, strict=True)), ZERO)
    return first.work_usd + spent


def path_usd(phases: Sequence[Phase]) -> Decimal:
    """Return what a path costs in all, over the horizon."""
    return sum((p.bills_usd + p.running_usd + p.switch_usd for p in phases), ZERO)


def flips_of(board: Board, results: Sequence[ArchitectureResult], best: str) -> tuple[Flip, ...]:
    """Return the users at which the bills of the chosen option and of another cross."""
    chosen = next((r.architecture for r in results if r.architecture.name == best), None)
    if chosen is None:
        return ()
    mine = chosen
    flips: list[Flip] = []
    grid = grid_of(board.scales)
    for result in results:
        yours = result.architecture
        if yours is mine or not result.is_priced:
            continue
        # Where they are alike their order means nothing.
        apart = [n for n in grid if abs(board.total(mine, n) - board.total(yours, n)) >= CENT]
        for low, high in pairwise(apart):
            position = crossing(
                lambda n: board.total(mine, n),
                lambda n, yours=yours: board.total(yours, n),  # type: ignore[misc]
                low,
                high,
            )
            if position is not None:
                cheaper = board.total(mine, position) < board.total(yours, position)
                below, above = (yours.name, mine.name) if cheaper else (mine.name, yours.name)
                flips.append(Flip(users=position, below=below, above=above))
    return tuple(sorted(flips, key=lambda flip: (flip.users, flip.below, flip.above)))
