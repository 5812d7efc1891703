"""The growth path: which architecture is the cheapest that fits, from which number of users on.

In: the board and results. Out: phases with what each switch costs, and the numbers of users at
which the chosen architecture and another cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from tablewright.compare.board import Board
from tablewright.compare.pricing import crossing
from tablewright.compare.scoring import fits, lacking
from tablewright.compare.values import ArchitectureResult, Flip, OfferingResult, Phase
from tablewright.core.quantities import DAYS_PER_MONTH

STEPS = 64
"""Numbers of users, evenly spaced on a logarithmic scale, at which the cheapest is looked for."""
CENT = Decimal("0.01")


def _grid(low: int, high: int) -> list[int]:
    """Return numbers of users from low to high, evenly spaced on a logarithmic scale."""
    if low >= high:
        return [low]
    ratio = (Decimal(high) / low) ** (Decimal(1) / STEPS)
    return sorted({int(low * ratio**step) for step in range(STEPS)} | {high})


def phases_of(
    board: Board, results: Sequence[ArchitectureResult], offerings: Sequence[OfferingResult]
) -> tuple[Phase, ...]:
    """Return which option is the cheapest that fits, from which number of users on.

    Options that have every hard need come first; others only where none of those fits.
    """
    phases: list[Phase] = []
    now: ArchitectureResult | None = None
    before = 0
    for users in _grid(board.scales[0], board.scales[-1]):
        fitting = [result for result in results if fits(result, users)]
        fitting = [entry for entry in fitting if not lacking(entry, offerings)] or fitting
        best = min(
            fitting,
            key=lambda r: (board.total(r.architecture, users), r.architecture.name),
            default=None,
        )
        if best is None or (now is not None and best.architecture.name == now.architecture.name):
            before = users
            continue
        phases.append(_phase(board, now, best, before, users))
        now, before = best, users
    return tuple(phases)


def _phase(
    board: Board,
    old: ArchitectureResult | None,
    new: ArchitectureResult,
    before: int,
    users: int,
) -> Phase:
    architecture = new.architecture
    if old is None:
        usd = board.total(architecture, users)
        return Phase(users=users, name=architecture.name, usd=usd)
    past = old.architecture
    position = crossing(
        lambda n: board.total(past, n), lambda n: board.total(architecture, n), before, users
    )
    ends = [reach.users + 1 for reach in old.reaches if before <= reach.users < users]
    start = min([*ends, *([position] if position else [])], default=users)
    days = board.figures(start)["overlap_days"]
    return Phase(
        users=start,
        name=architecture.name,
        usd=board.total(architecture, start),
        switch=architecture.switch,
        days=days,
        overlap_usd=board.total(past, start) * days / DAYS_PER_MONTH,
        move=board.move(past, architecture, start),
    )


def flips_of(
    board: Board, results: Sequence[ArchitectureResult], best: ArchitectureResult | None
) -> tuple[Flip, ...]:
    """Return the users at which the chosen option and another cross, over the whole range."""
    if best is None:
        return ()
    mine = best.architecture
    flips: list[Flip] = []
    grid = _grid(board.scales[0], board.scales[-1])
    for result in results:
        yours = result.architecture
        if yours is mine or not result.is_priced:
            continue
        for low, high in pairwise(grid):
            gaps = [abs(board.total(mine, n) - board.total(yours, n)) for n in (low, high)]
            if min(gaps) < CENT:  # alike: their order means nothing
                continue
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
