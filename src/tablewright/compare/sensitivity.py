"""Which assumption the answer rests on: what it would be at half and at twice each of them.

In: candidates. Out: for every assumed figure the path at half and at twice, and how far the figure
may move before the answer changes. The path is weighed at the scales of the model and halfway
between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from tablewright.compare.board import USE
from tablewright.compare.decision import Candidates, decide
from tablewright.compare.growth import phases_of
from tablewright.compare.ownership import Terms
from tablewright.compare.pricing import reaches
from tablewright.compare.reader import figures
from tablewright.compare.scoring import FAR
from tablewright.compare.values import Architecture
from tablewright.core.frozen import frozen
from tablewright.core.quantities import SECONDS_PER_MONTH

HALF, TWICE = Decimal("0.5"), Decimal(2)
TENTH, TENFOLD = Decimal("0.1"), Decimal(10)
"""How far figures are moved where neither half nor twice of any changes the answer."""
HALVINGS = 5
"""How often the range in which an answer turns is halved."""
TRIED_FURTHER = (USE, "requests", "hour_usd")
"""The figures that are moved so far: those that everything else hangs on."""
ASSUMED = "assumed"
PEAK = "peak_per_second"
TERMS = {
    "hour_usd": "USD for an hour of work",
    "months": "the horizon in months",
    "part_hours": "hours to set up one part",
    "pattern_hours": "hours to rewrite one access pattern for another engine",
}
_Changed = Callable[[Decimal], Candidates]


@frozen
class AssumedFigure:
    """An assumed figure, and what becomes of the answer when it moves.

    A path is the options at the scales of the model, the smallest first.
    """

    name: str
    what: str
    value: Decimal | None
    """At the reviewed number of users, in the unit that `what` says; None where each option has
    its own."""
    path: tuple[str, ...]
    half: tuple[str, ...]
    twice: tuple[str, ...]
    turns_at: Decimal | None = None
    """The factor nearest to 1 at which the answer changes, None if none was found."""
    turned: tuple[str, ...] = ()
    """The path at that factor."""

    @property
    def decides(self) -> bool:
        """Whether half or twice of it changes the answer."""
        return self.path != self.half or self.path != self.twice

    @property
    def distance(self) -> Decimal:
        """How many times the figure may be wrong before the answer changes; 0 if it never does."""
        if self.turns_at is None:
            return Decimal(0)
        return max(self.turns_at, 1 / self.turns_at)


def assumptions_of(candidates: Candidates) -> tuple[AssumedFigure, ...]:
    """Return every assumed figure, the one that turns the answer soonest first."""
    base = path_at_scales(candidates)
    rows = [*_figures(candidates), *_lets(candidates), *_terms(candidates)]
    tested = [_tested(name, what, value, base, change) for name, what, value, change in rows]
    if base and not any(test.decides for test in tested):
        tested = [
            _further(test, row[3]) if test.name in TRIED_FURTHER else test
            for test, row in zip(tested, rows, strict=True)
        ]
    return tuple(sorted(tested, key=lambda a: (a.turns_at is None, a.distance, a.name)))


def _further(assumption: AssumedFigure, change: _Changed) -> AssumedFigure:
    """Return an assumption that does not decide with where it would, to ten times either way."""
    turns = [
        _turning(assumption.path, factor, change)
        for factor in (TENTH, TENFOLD)
        if path_at_scales(change(factor)) != assumption.path
    ]
    return _turned(assumption, turns, change)


def _turned(assumption: AssumedFigure, turns: Sequence[Decimal], change: _Changed) -> AssumedFigure:
    nearest = min(turns, key=lambda f: max(f, 1 / f), default=None)
    if nearest is None:
        return assumption
    return replace(assumption, turns_at=nearest, turned=path_at_scales(change(nearest)))


def path_at_scales(candidates: Candidates) -> tuple[str, ...]:
    """Return the option at each scale of the model, of the path that is weighed at them alone."""
    scales = candidates.board.scales
    between = (int((Decimal(low) * high).sqrt()) for low, high in pairwise(scales))
    phases = phases_of(candidates, sorted({*scales, *between}))
    return tuple(
        next((p.name for p in reversed(phases) if p.users <= users), "") for users in scales
    )


def _tested(
    name: str, what: str, value: Decimal | None, base: tuple[str, ...], change: _Changed
) -> AssumedFigure:
    half, twice = path_at_scales(change(HALF)), path_at_scales(change(TWICE))
    turns = [
        _turning(base, factor, change)
        for factor, path in ((HALF, half), (TWICE, twice))
        if path != base
    ]
    assumption = AssumedFigure(name=name, what=what, value=value, path=base, half=half, twice=twice)
    return _turned(assumption, turns, change)


def _turning(base: tuple[str, ...], far: Decimal, change: _Changed) -> Decimal:
    """Return the factor between 1 and another at which the path changes, by halving."""
    near = Decimal(1)
    for _ in range(HALVINGS):
        middle = (near * far).sqrt()
        if path_at_scales(change(middle)) == base:
            near = middle
        else:
            far = middle
    return far


_Rows = Iterable[tuple[str, str, Decimal | None, _Changed]]


def _figures(candidates: Candidates) -> _Rows:
    board = candidates.board
    said = {name: (value, why) for name, value, why in board.stated()}
    names = [figure.name for figure in figures() if said[figure.name][1].startswith(ASSUMED)]
    yield USE, "how much each user does and stores", None, _with_figure(candidates, USE)
    for name in (PEAK, *names):
        value, why = said[name]
        if not board.is_used(name, (result.architecture for result in candidates.results)):
            continue
        yield name, why.removeprefix(f"{ASSUMED}: "), value, _with_figure(candidates, name)


def _with_figure(candidates: Candidates, name: str) -> _Changed:
    def change(factor: Decimal) -> Candidates:
        board = candidates.board.with_factor(name, factor)
        most = board.scales[-1] * FAR
        workload = board.figures(board.users)
        return replace(
            candidates,
            board=board,
            results=tuple(
                replace(result, reaches=reaches(result.architecture, workload, most))
                for result in candidates.results
            ),
        )

    return change


def _lets(candidates: Candidates) -> _Rows:
    """Yield the figures that options state for themselves as plain numbers."""
    permissions: dict[str, str] = {}
    for result in candidates.results:
        for name, expression in result.architecture.let:
            if expression.replace(".", "", 1).isdigit():
                permissions.setdefault(name, expression)
    for name, expression in permissions.items():
        yield name, f"{ASSUMED} by an option", Decimal(expression), _with_let(candidates, name)


def _with_let(candidates: Candidates, name: str) -> _Changed:
    def changed(architecture: Architecture, factor: Decimal) -> Architecture:
        let = tuple((n, f"{e} * {factor}" if n == name else e) for n, e in architecture.let)
        return replace(architecture, let=let)

    def change(factor: Decimal) -> Candidates:
        board = candidates.board.with_own(name)
        most = board.scales[-1] * FAR
        workload = board.figures(board.users)
        results = []
        for result in candidates.results:
            architecture = changed(result.architecture, factor)
            limits = reaches(architecture, workload, most)
            results.append(replace(result, architecture=architecture, reaches=limits))
        return replace(candidates, board=board, results=tuple(results))

    return change


def _terms(candidates: Candidates) -> _Rows:
    for name, what in TERMS.items():
        yield name, what, getattr(candidates.terms, name), _with_term(candidates, name)


def _with_term(candidates: Candidates, name: str) -> _Changed:
    def change(factor: Decimal) -> Candidates:
        terms: Terms = replace(candidates.terms, **{name: getattr(candidates.terms, name) * factor})
        return replace(candidates, terms=terms, board=candidates.board.with_terms())

    return change


@frozen
class PeakChoice:
    """The option for an unevenness of the day, for who stays at a number of users."""

    ratio: Decimal
    """Calls in the busiest hour over those of a mean one."""
    chosen: str
    decided_by: str
    is_given: bool
    """Whether it is the ratio of the model."""


PEAKS = (1, 3, 10, 30, 100)
"""How many times the mean the busiest hour is tried at."""
NEAR = Decimal("0.1")
"""A ratio this near that of the model, as a share of it, is not tried beside it."""


def by_peak(candidates: Candidates, users: int) -> tuple[PeakChoice, ...]:
    """Return the decision by how uneven the day is; the databases stay those of the model's peaks.

    The load that instances, tasks and functions are counted by is changed, and the limits on it.
    """
    board = candidates.board
    figures = board.figures(users)
    mean = figures["calls"] / SECONDS_PER_MONTH
    if mean <= 0:
        return ()
    own = figures["peak_per_second"] / mean
    change = _with_figure(candidates, PEAK)
    rows = []
    others = (Decimal(peak) for peak in PEAKS if abs(peak - own) > NEAR * own)
    for ratio in sorted({*others, own}):
        decision = decide(change(ratio / own) if ratio != own else candidates, users)
        rows.append(
            PeakChoice(
                ratio=ratio,
                chosen=decision.chosen,
                decided_by=decision.decided_by,
                is_given=ratio == own,
            )
        )
    return tuple(rows)


@frozen
class GivenUp:
    """A hard need, and what the deployment would be without it, at the reviewed scale."""

    need: str
    why: str
    chosen: str
    usd: Decimal
    """USD a month without the need."""
    saves: Decimal
    """USD a month that the need costs; 0 where the same option is chosen."""


def given_up(candidates: Candidates, users: int) -> tuple[GivenUp, ...]:
    """Return what each hard need costs: the choice without it, the most expensive need first."""
    now = decide(candidates, users).chosen
    if not now:
        return ()
    board = candidates.board
    usd = board.total(candidates.result(now).architecture, users)
    needs = {
        need.need: need.why
        for result in candidates.results
        for need in candidates.needs(result, users)
        if need.is_required
    }
    rows = []
    for need, why in needs.items():
        without = replace(candidates, waived=frozenset({need}))
        chosen = decide(without, users).chosen
        cost = board.total(candidates.result(chosen).architecture, users)
        rows.append(GivenUp(need=need, why=why, chosen=chosen, usd=cost, saves=usd - cost))
    return tuple(sorted(rows, key=lambda row: (-row.saves, row.need)))
