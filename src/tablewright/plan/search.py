"""The search: have every placement priced, let the solver choose among what may be best.

In: a model, the engine's planning, settings. Out: a `Plan`: the design, what each entity's choice
beat and by how much, how far from optimal it may be. It does not run or create anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import ZERO
from tablewright.design.values import Design
from tablewright.model.values import Model
from tablewright.plan.protocol import Planning
from tablewright.plan.settings import Settings
from tablewright.plan.solving import solve
from tablewright.plan.values import Choice, Considered, Plan, Solution


def search(
    model: Model,
    planning: Planning,
    settings: Settings,
    *,
    current: Design | None = None,
    name: str = "planned",
) -> Plan:
    """Return the cheapest design of a model, paid by the request.

    Args:
        model: what has to be served.
        planning: the engine's: it makes and prices what is chosen among.
        settings: scales, limits and preferences.
        current: names and table settings are taken over from it where they fit.
        name: of the new design.

    Raises:
        UnsupportedError: no design can serve the model; every reason is in the message. Or the
            solver is not installed.
    """
    priced = planning.priced(settings, current)
    considered = priced.considered
    if settings.most_structures is not None:  # what costs more by itself may keep the limit
        considered = tuple(replace(entry, options=entry.all_options) for entry in considered)
    solution = choose(considered, settings)
    return Plan(
        design=planning.assemble(considered, solution, current, name),
        model=model,
        settings=settings,
        planning=planning,
        considered=considered,
        solution=solution,
        pruned=priced.pruned,
        quoted=priced.quoted,
        warnings=tuple(text for entry in considered for text in entry.warnings),
    )


def without_scans(plan: Plan, current: Design | None, name: str) -> Plan | None:
    """Return the cheapest plan that scans nothing, None where the plan given scans nothing itself.

    It costs more, but not where its tables are joined: a scan would read the items of all.

    Raises:
        UnsupportedError: as `search`.
    """
    if not plan.settings.bounded_scans or "scan" not in _operations(plan):
        return None
    settings = replace(plan.settings, bounded_scans=False)
    return search(plan.model, plan.planning, settings, current=current, name=name)


def _operations(plan: Plan) -> frozenset[str]:
    """Return the operations by which a plan answers what is asked."""
    chosen = [plan.choice(entry.entity) for entry in plan.considered]
    paths = [
        slot.cheapest(frozenset(choice.indexes))
        for _, option, choice in chosen
        for slot in option.slots
    ]
    return frozenset(path.operation for path in paths if path is not None)


def families(considered: Sequence[Considered]) -> list[list[int]]:
    """Return the positions of entities that are chosen together: parents and what they may hold."""
    places = {entry.entity: position for position, entry in enumerate(considered)}
    lead = list(range(len(considered)))
    for position, entity_options in enumerate(considered):
        for parent in dict.fromkeys(
            o.placement.within for o in entity_options.options if o.placement.within
        ):
            ours, theirs = lead[position], lead[places[parent]]
            lead = [min(ours, theirs) if own_key in (ours, theirs) else own_key for own_key in lead]
    return [
        [position for position, own_key in enumerate(lead) if own_key == entry]
        for entry in dict.fromkeys(lead)
    ]


def choose(considered: Sequence[Considered], settings: Settings) -> Solution:
    """Let the solver choose; each entity by itself where nothing binds them together.

    Raises:
        UnsupportedError: no choice keeps within the limits given.
    """
    if settings.most_structures is None:
        choices: dict[int, Choice] = {}
        usd = bound = ZERO
        for family in families(considered):
            options = [considered[position].options for position in family]
            part = solve(options, seconds=settings.seconds)
            if part is None:
                raise UnsupportedError("the solver found no choice that answers every question")
            choices.update(zip(family, part.choices, strict=True))
            usd, bound = usd + part.usd, bound + part.bound
        return Solution(
            choices=tuple(choices[position] for position in range(len(considered))),
            usd=usd,
            bound=bound,
        )
    together = solve(
        [entry.options for entry in considered],
        most_structures=settings.most_structures,
        seconds=settings.seconds,
    )
    if together is None:
        raise UnsupportedError(
            f"no design keeps within {settings.most_structures} tables and indexes",
            remedy="allow more",
        )
    return together
