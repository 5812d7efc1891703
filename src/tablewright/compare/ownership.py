"""What it costs to own an option: its bill, the hours it takes to run, the work of setting it up.

In: the model's `options: {ownership: …}`, the tasks of an option, its parts. Out: hours and USD.
Every figure here is an assumption that a team replaces by its own; docs/compare.md lists them.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from tablewright.compare.board import Board, given_options
from tablewright.compare.needs import NeedCheck
from tablewright.compare.reader import operation_hours
from tablewright.compare.values import Architecture
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.model.values import Model

TRAFFIC = ("data-transfer", "logs", "cloudfront", "egress", "bandwidth", "transfer")
"""Words in the keys of prices that are paid for what flows, and are no part to set up."""
EXISTING = ("current", "before")
"""Names of a first design that say: this exists today."""


@frozen
class Terms:
    """What the total cost of ownership is computed with."""

    months: Decimal = Decimal(24)
    """The horizon; users grow from the smallest to the largest scale in this time."""
    hour_usd: Decimal = Decimal(50)
    """USD for an hour of the team's work."""
    part_hours: Decimal = Decimal(2)
    """Hours to set up one part of an option."""
    pattern_hours: Decimal = Decimal(2)
    """Hours to rewrite and test one access pattern for another engine."""


def terms_of(model: Model) -> Terms:
    """Return the terms of a model: the defaults, or what its file says.

    Raises:
        UsageError: a figure that is no number of at least 0, a horizon of none.
    """
    terms = Terms()
    names = tuple(terms.__dataclass_fields__)
    for name, text in given_options(model, "ownership", names).items():
        try:
            figure = Decimal(text)
        except InvalidOperation:
            figure = Decimal(-1)
        least = Decimal(1) if name == "months" else ZERO
        if not figure.is_finite() or figure < least:
            raise UsageError(
                f"`options: {{ownership: {{{name}: {text}}}}}` is no usable figure",
                remedy=f"write a number of at least {least}",
            )
        terms = replace(terms, **{name: figure})
    return terms


@frozen
class Ownership:
    """What owning an option costs at a number of users, over the horizon."""

    users: int
    bill: Decimal
    """USD a month."""
    hours: Decimal
    """Of running it, a month."""
    setup_hours: Decimal
    """Of setting it up, and of rewriting what exists for its engine, once."""
    months: Decimal
    hour_usd: Decimal

    @property
    def monthly(self) -> Decimal:
        """USD a month, with the hours of running it."""
        return self.bill + self.hours * self.hour_usd

    @property
    def total(self) -> Decimal:
        """USD over the horizon."""
        return self.months * self.monthly + self.setup_hours * self.hour_usd


def hours_of(architecture: Architecture, needs: tuple[NeedCheck, ...]) -> Decimal:
    """Return the hours a month of running an option: its tasks, and what meets a need by work."""
    known, default_hours = operation_hours()
    tasks = sum((known.get(task, default_hours) for task in architecture.operations), ZERO)
    stated_hours = dict(architecture.operation_hours)
    tasks += sum(
        (
            stated_hours[d] - known.get(d, default_hours)
            for d in architecture.operations
            if d in stated_hours
        ),
        ZERO,
    )
    return tasks + sum((need.hours for need in needs), ZERO)


def parts_of(architecture: Architecture) -> frozenset[str]:
    """Return what has to be set up: the prices of an option that are not for what flows."""
    keys = {
        part.price
        for part in architecture.components
        if part.price and not part.optional and not any(word in part.price for word in TRAFFIC)
    }
    return frozenset({*keys, *([architecture.engine] if architecture.engine else [])})


def _parts(board: Board, architecture: Architecture) -> frozenset[str]:
    return board.keep("parts", architecture.name, 0, lambda: parts_of(architecture))


def rewriting_hours(board: Board, old: str, new: str, terms: Terms) -> Decimal:
    """Return the hours of rewriting every access pattern from one engine for another."""
    if not old or not new or old == new:
        return ZERO
    return terms.pattern_hours * len(board.model.patterns)


def existing_engine(board: Board) -> str:
    """Return the engine of what exists today: of a first design called current or before."""
    first = board.evaluations[0].design if board.evaluations else None
    return first.engine if first is not None and first.name in EXISTING else ""


def ownership_at(
    board: Board,
    architecture: Architecture,
    users: int,
    terms: Terms,
    needs: tuple[NeedCheck, ...],
) -> Ownership:
    """Return what owning an option costs at a number of users, set up from what exists today."""
    setup = terms.part_hours * len(_parts(board, architecture))
    setup += rewriting_hours(board, existing_engine(board), architecture.engine, terms)
    return Ownership(
        users=users,
        bill=board.total(architecture, users),
        hours=hours_of(architecture, needs),
        setup_hours=setup,
        months=terms.months,
        hour_usd=terms.hour_usd,
    )


def switching_hours(board: Board, old: Architecture, new: Architecture, terms: Terms) -> Decimal:
    """Return the hours of moving from one option to another: parts that are new, and rewriting."""
    parts = _parts(board, new) - _parts(board, old)
    return terms.part_hours * len(parts) + rewriting_hours(board, old.engine, new.engine, terms)
