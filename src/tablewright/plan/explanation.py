"""Why a plan is what it is, as values: choices, runners-up, break-evens, fronts.

In: nothing. Out: `Explanation`; the engine's planning fills it.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.plan.breakevens import Breakeven, TargetFlip
from tablewright.plan.fronts import FrontPoint


@frozen
class PartChoice:
    """One choice about how an entity is kept, and the best plan without it."""

    what: str
    """Such as `key customer_id` or `preferences apart`."""
    instead: tuple[str, ...]
    extra_usd: Decimal
    """USD a month."""
    flips: tuple[Breakeven, ...] = ()


@frozen
class EntityChoice:
    """How one entity is kept, what that costs, and the best other way to keep it."""

    entity: str
    chosen: str
    usd: Decimal
    placements: int
    runner_up: str = ""
    """Empty where there is no other way."""
    runner_up_usd: Decimal = ZERO
    flips: tuple[Breakeven, ...] = ()
    parts: tuple[PartChoice, ...] = ()
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def extra_usd(self) -> Decimal:
        """What the runner-up costs more, in USD a month."""
        return self.runner_up_usd - self.usd


@frozen
class IndexChoice:
    """One index: what it costs by itself, what it serves, and the best design without it."""

    resource: str
    projection: str
    keys: tuple[str, ...]
    usd: Decimal
    serves: tuple[str, ...]
    without_usd: Decimal | None
    """What the month costs more without it; None where something could not be answered."""
    instead: tuple[str, ...] = ()
    flips: tuple[Breakeven, ...] = ()


@frozen
class QuestionChoice:
    """How one question is answered, and the next best way in the tables that were chosen."""

    pattern: str
    way: str
    usd: Decimal
    """Of the reads, a month."""
    next_best: str = ""
    """Empty where no other way is correct and allowed."""
    extra_usd: Decimal = ZERO
    """Of the whole plan, indexes that come or go included."""


@frozen(slots=False)
class Explanation:
    """Everything that can be asked of a plan."""

    entities: tuple[EntityChoice, ...] = ()
    indexes: tuple[IndexChoice, ...] = ()
    questions: tuple[QuestionChoice, ...] = ()
    targets: tuple[TargetFlip, ...] = ()
    by_structures: tuple[FrontPoint, ...] = ()
    by_round_trips: tuple[FrontPoint, ...] = ()
