"""The phases of a migration: its steps beside a calendar, with the hours that machines take.

In: the steps of a plan, the phases that a model file states. Out: `PlanPhase` values. Where none
are stated the steps are grouped as they depend on each other, and no weeks are invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.design.migrations import StatedPhase

SECONDS_OF_AN_HOUR = 3600
USUAL = (
    StatedPhase(name="prepare", does=("create", "read")),
    StatedPhase(name="copy", does=("copy", "follow", "files")),
    StatedPhase(name="switch over", does=("compare", "switch")),
    StatedPhase(name="both running", does=("keep",)),
)


@frozen
class PlanStep:
    """One step that the tool takes or asks for."""

    word: str
    """How the model file calls it."""
    text: str
    seconds: Decimal | None = None
    """How long it takes; None where that is not for a machine to say."""


@frozen
class PlanPhase:
    """Some steps, and when they are due."""

    name: str
    weeks: tuple[int, int] | None
    """As the file states them."""
    hours: Decimal | None
    """That machines take; None where no step has a duration."""
    steps: tuple[str, ...]


def phases_of(steps: Sequence[PlanStep], stated: Sequence[StatedPhase]) -> tuple[PlanPhase, ...]:
    """Return the phases; steps that none of the stated ones names come last.

    Example:
        >>> copy = PlanStep(word="copy", text="copy", seconds=Decimal(7200))
        >>> mine = StatedPhase(name="move", weeks=(2, 3), does=("copy",), steps=("test",))
        >>> phase, = phases_of([copy], [mine])
        >>> phase.weeks, phase.hours, phase.steps
        ((2, 3), Decimal('2'), ('copy', 'test'))
    """
    return tuple(_phases(steps, stated or USUAL))


def _phases(steps: Sequence[PlanStep], stated: Sequence[StatedPhase]) -> Iterator[PlanPhase]:
    named = {word for phase in stated for word in phase.does}
    for phase in stated:
        own = [step for step in steps if step.word in phase.does]
        if own or phase.steps:
            yield _phase(phase, own)
    rest = [step for step in steps if step.word not in named]
    if rest:
        yield _phase(StatedPhase(name="in no phase of the file"), rest)


def _phase(phase: StatedPhase, own: Sequence[PlanStep]) -> PlanPhase:
    known = [step.seconds for step in own if step.seconds is not None]
    return PlanPhase(
        name=phase.name,
        weeks=phase.weeks,
        hours=sum(known, ZERO) / SECONDS_OF_AN_HOUR if known else None,
        steps=(*(step.text for step in own), *phase.steps),
    )
