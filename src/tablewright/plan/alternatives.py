"""The best plan without one of the choices that were made: solved for, not guessed.

In: a Plan and what an entity may not have. Out: the cheapest plan then, as a design, with what it
costs more and what it does otherwise, in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign
from tablewright.engines.dynamodb.differences import named_alike, pieces, short
from tablewright.plan.pricing import Option
from tablewright.plan.programme import Choice, Solution, solve
from tablewright.plan.pruning import prune
from tablewright.plan.search import Considered, Plan, assemble, families


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """The cheapest plan without something."""

    dearer: Decimal
    """USD a month, on demand."""
    option: Option
    choice: Choice
    """What it takes for the entity."""
    design: DynamoDesign
    instead: tuple[str, ...]
    """What it does otherwise than the plan, in words."""


def alternative(plan: Plan, one: Considered, options: Sequence[Option]) -> Alternative | None:
    """Return the best plan in which an entity has one of some options; None where there is none.

    Only its family is solved anew: what its parent or children do depends on it.
    """
    if not options:
        return None
    kept, _ = prune(list(options))
    place = plan.considered.index(one)
    family = next(f for f in families(plan.considered) if place in f)
    lists = [kept if at == place else plan.considered[at].options for at in family]
    part = solve(lists, seconds=plan.settings.seconds)
    if part is None:
        return None
    choices = list(plan.solution.choices)
    before = ZERO
    for at, choice in zip(family, part.choices, strict=True):
        before += cost_of(plan.considered[at], choices[at])
        choices[at] = choice
    other = replace(one, options=tuple(kept))
    considered = [other if each is one else each for each in plan.considered]
    solution: Solution = replace(
        plan.solution, choices=tuple(choices), usd=plan.solution.usd - before + part.usd
    )
    design = assemble(plan.model, considered, solution, plan.design, "alternative")
    ours = on_demand(plan.design)
    changes = [c for piece in pieces(ours, named_alike(ours, design)) for c in piece.changes]
    return Alternative(
        dearer=part.usd - before,
        option=kept[choices[place].option],
        choice=choices[place],
        design=design,
        instead=short(changes, len(design.tables)),
    )


def cost_of(one: Considered, choice: Choice) -> Decimal:
    """Return USD a month of what was chosen for an entity."""
    usd = one.options[choice.option].total(frozenset(choice.indexes))
    assert usd is not None, "what was chosen answers every question"
    return usd


def on_demand(design: DynamoDesign) -> DynamoDesign:
    """Return a design with every table on demand and of the Standard class."""
    return replace(
        design,
        tables=tuple(
            replace(t, mode=CapacityMode(), infrequent_access=False) for t in design.tables
        ),
    )
