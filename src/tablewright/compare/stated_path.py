"""A path of deployment options that somebody stated, priced and dated beside the computed one.

In: candidates and `options: {phases: {OPTION: MONTH, …}}` of the model, the month from which each
option is to run, the first being 1. Out: its phases with users, bills and switches, what it costs
in all, and the number of users up to which each option passes the rules that a decision asks of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.compare.board import given_options
from tablewright.compare.decision import Candidates, allowed_at, decide
from tablewright.compare.growth import first_phase, grid_of, moved_phase, with_ends
from tablewright.compare.ownership import terms_of
from tablewright.compare.values import LimitReached, Phase
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.model.values import Model

SECTION = "phases"


@frozen
class PathPhase:
    """An option of a stated path, from a month on."""

    month: int
    """The first is 1."""
    phase: Phase
    """`why` says up to where the option before it would do."""
    stated: str
    """What the description of the option states that it costs."""
    lasts_to: int | None
    """The number of users up to which it passes the first three rules; None: to the largest; 0: not
    even where it begins."""
    ends_by: str
    """Why it does not pass them beyond, or not even where it begins; empty if it does."""
    first_limit: LimitReached | None = None
    """The first limit of the option, also beyond the scales of the model; None if it has none."""
    command: str = ""
    """What plans the move of the data, where the engine is another one."""


def stated_path(candidates: Candidates) -> tuple[PathPhase, ...]:
    """Return the phases that the model states, empty if it states none.

    Users grow evenly on a logarithmic scale over the horizon, as on the computed path.

    Raises:
        UsageError: an option that does not exist or has no price, a month that is none.
    """
    starts = _starts(candidates)
    if not starts:
        return ()
    begins = [(users_in(candidates, month), month, name) for name, month in starts]
    grid = sorted({*grid_of(candidates.board.scales), *(users for users, _, _ in begins)})
    names = [
        next(name for users, _, name in reversed(begins) if users <= number) for number in grid
    ]
    phases: list[Phase] = []
    for place, (users, _, name) in enumerate(begins):
        if not place:
            phases.append(first_phase(candidates, candidates.result(name).architecture, users))
            continue
        phases.append(moved_phase(candidates, begins[place - 1][2], name, users))
    stated: list[PathPhase] = []
    for phase, (users, month, name) in zip(
        with_ends(candidates, phases, grid, names), begins, strict=True
    ):
        lasts_to, ends_by = _lasts(candidates, name, [n for n in grid if n >= users])
        stated.append(
            PathPhase(
                month=month,
                phase=phase,
                stated=candidates.result(name).architecture.stated,
                lasts_to=lasts_to,
                ends_by=ends_by,
                first_limit=next(iter(candidates.result(name).reaches), None),
                command=_command(candidates, stated[-1].phase.name, name, users) if stated else "",
            )
        )
    return tuple(stated)


def _command(candidates: Candidates, before: str, name: str, users: int) -> str:
    """Return the command that plans the move of the data, empty where its engine stays."""
    board = candidates.board
    engines = [candidates.result(option).architecture.engine for option in (before, name)]
    ranked = [board.ranked(engine, board.around(users)[1]) for engine in engines if engine]
    if engines[0] == engines[1] or len(ranked) < 2 or not all(ranked):
        return ""
    old, new = (evaluations[0].design.name for evaluations in ranked)
    return f"tablewright migrate --from {old} --to {new} --plan"


def users_in(candidates: Candidates, month: int) -> int:
    """Return the users at the beginning of a month, the first being 1, growing evenly."""
    low, high = candidates.board.scales[0], candidates.board.scales[-1]
    part = min(Decimal(1), Decimal(month - 1) / candidates.terms.months)
    return int(low * (Decimal(high) / low) ** part)


def stated_months(model: Model, names: Sequence[str]) -> list[tuple[str, int]]:
    """Return each option of the path that a model states with its month, in order.

    Args:
        model: with or without `options: {phases: …}`.
        names: the deployment options there are.

    Raises:
        UsageError: an option that does not exist, a month that is none, a path without a beginning.
    """
    horizon = terms_of(model).months
    starts = []
    for name, text in given_options(model, SECTION, names).items():
        if not text.isdigit() or not 1 <= int(text) <= horizon:
            raise UsageError(
                f"{_place(name, text)} is no month of the horizon of {horizon:.0f}",
                remedy="write a whole number, the first month being 1",
            )
        starts.append((name, int(text)))
    ordered = sorted(starts, key=lambda entry: entry[1])
    if ordered and ordered[0][1] != 1:
        raise UsageError(
            f"`options: {{{SECTION}: …}}` begins with month {ordered[0][1]}",
            remedy="say which option runs from month 1 on",
        )
    return ordered


def _starts(candidates: Candidates) -> list[tuple[str, int]]:
    """Return each option with its month, in order.

    Raises:
        UsageError: see `stated_path`.
    """
    names = [result.architecture.name for result in candidates.results]
    ordered = stated_months(candidates.board.model, names)
    for name, month in ordered:
        if not candidates.result(name).is_priced:
            raise UsageError(
                f"{_place(name, month)}: `{name}` has no price at every scale",
                remedy="`tablewright compare` says what is missing",
            )
    return ordered


def _place(name: str, month: object) -> str:
    return f"`options: {{{SECTION}: {{{name}: {month}}}}}`"


def _lasts(candidates: Candidates, name: str, users: Sequence[int]) -> tuple[int | None, str]:
    """Return up to how many users an option passes the gates from its start on, and what ends it.

    0 where it does not pass them at its start, None where it does up to the largest number.
    """
    last = 0
    for number in users:
        if name not in allowed_at(candidates, number):
            return last, decide(candidates, number).why_not(name)
        last = number
    return None, ""
