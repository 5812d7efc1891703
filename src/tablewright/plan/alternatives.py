"""The best plan without one of the choices that were made: solved for, not guessed.

In: a Plan and what an entity may not have. Out: the cheapest plan then, as a design, with what it
costs more and what it does otherwise, in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.plan.pruning import prune
from tablewright.plan.search import families
from tablewright.plan.solving import solve
from tablewright.plan.values import Alternative, Choice, Considered, PlacementOption, Plan, Solution


def restricted(plan: Plan, one: Considered, options: Sequence[PlacementOption]) -> Plan | None:
    """Return the best plan in which an entity has one of some options; None where there is none.

    Only its family is solved again: what its parent or children do depends on it.
    """
    if not options:
        return None
    retained, _ = prune(list(options))
    place = plan.considered.index(one)
    family = next(f for f in families(plan.considered) if place in f)
    lists = [
        retained if position == place else plan.considered[position].options for position in family
    ]
    part = solve(lists, seconds=plan.settings.seconds)
    if part is None:
        return None
    choices = list(plan.solution.choices)
    before = ZERO
    for offset, choice in zip(family, part.choices, strict=True):
        before += cost_of(plan.considered[offset], choices[offset])
        choices[offset] = choice
    narrowed = replace(one, options=tuple(retained))
    considered = tuple(narrowed if each is one else each for each in plan.considered)
    solution: Solution = replace(
        plan.solution, choices=tuple(choices), usd=plan.solution.usd - before + part.usd
    )
    design = plan.planning.assemble(considered, solution, plan.design, plan.design.name)
    return replace(plan, considered=considered, solution=solution, design=design)


def alternative(
    plan: Plan, considered: Considered, options: Sequence[PlacementOption]
) -> Alternative | None:
    """Return what the best plan costs in which an entity has one of some options."""
    other_restricted = restricted(plan, considered, options)
    if other_restricted is None:
        return None
    place = plan.considered.index(considered)
    choice = other_restricted.solution.choices[place]
    return Alternative(
        extra_usd=other_restricted.solution.usd - plan.solution.usd,
        option=other_restricted.considered[place].options[choice.option],
        choice=choice,
        design=other_restricted.design,
        instead=plan.planning.differences(
            plan.planning.as_searched(plan.design), other_restricted.design
        ),
    )


def cost_of(considered: Considered, choice: Choice) -> Decimal:
    """Return USD a month of what was chosen for an entity."""
    usd = considered.options[choice.option].total(frozenset(choice.indexes))
    assert usd is not None, "what was chosen answers every question"
    return usd
