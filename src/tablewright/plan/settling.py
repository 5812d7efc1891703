"""From the cheapest plan to the one to take: keys that stay put, and rules that are kept.

In: a Plan, and what a review finds in a design. Out: a Plan that costs little more. A saving too
small to matter does not change the key of an entity; a finding that a reviewer calls critical or
high rules a choice out as long as another choice avoids it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import format_usd
from tablewright.design.values import Design
from tablewright.plan.alternatives import restricted
from tablewright.plan.protocol import Pairs
from tablewright.plan.pruning import greedy
from tablewright.plan.values import (
    LEAST_SAVING_SHARE,
    LEAST_SAVING_USD,
    Considered,
    PlacementOption,
    Plan,
)

MOST_TRIALS = 8
"""Other choices of one entity that are tried to avoid a finding, the cheapest first."""


def with_lasting_keys(plan: Plan, current: Design | None) -> Plan:
    """Return a plan in which no entity is keyed otherwise for a saving that does not matter.

    Preferred, in this order: the key the current design has, a generated identity, the key of the
    parent; any other key has to save 1 USD a month and one per cent of the bill.
    """
    for place in range(len(plan.considered)):
        entry = plan.considered[place]
        chosen = entry.options[plan.solution.choices[place].option]
        rank = plan.planning.key_rank(chosen, current)
        by_rank: dict[int, list[PlacementOption]] = {}
        for option in entry.all_options:
            if _keeps_inside(option) != _keeps_inside(chosen):
                continue  # whether children lie inside their parent is another question
            by_rank.setdefault(plan.planning.key_rank(option, current), []).append(option)
        for better in sorted(r for r in by_rank if r < rank):
            other_restricted = restricted(plan, entry, by_rank[better])
            if other_restricted is not None and _is_small(
                other_restricted.solution.usd - plan.solution.usd, plan
            ):
                worse = [o for r in by_rank if r > better for o in by_rank[r]]
                lasting = tuple(o for o in entry.all_options if o not in worse)
                plan = _among(other_restricted, place, lasting)
                break
    return plan


def with_worthwhile_splits(plan: Plan, current: Design | None) -> Plan:
    """Return a plan that keeps nothing apart for a saving that is not worth a round trip.

    What people wait for may take a round trip more because an entity's attributes are stored
    separately: only where that saves 1 USD a month and one per cent of the bill, or where the
    current design does so already. All that is given up together is as little.
    """
    planning, divided_usd = plan.planning, plan.solution.usd
    for place in range(len(plan.considered)):
        entry = plan.considered[place]
        chosen = entry.options[plan.solution.choices[place].option]
        if not planning.is_newly_divided(chosen, current):
            continue
        rank = planning.key_rank(chosen, current)
        undivided = tuple(
            option
            for option in entry.all_options
            if not planning.is_newly_divided(option, current)
            and _keeps_inside(option) == _keeps_inside(chosen)
            and planning.key_rank(option, current) <= rank
        )
        other = restricted(plan, entry, undivided)
        if other is None or not _is_small(other.solution.usd - divided_usd, plan):
            continue
        if _waits_longer(plan, other, place):
            plan = _among(other, place, undivided)
    return plan


def _waits_longer(plan: Plan, other: Plan, place: int) -> bool:
    """Whether something that people wait for takes more round trips than in another plan."""
    theirs = _depths(other, place)
    return any(depth > theirs.get(slot, depth) for slot, depth in _depths(plan, place).items())


def _depths(plan: Plan, place: int) -> dict[tuple[str, int], int]:
    """Return the round trips of each question about an entity that people wait for."""
    choice = plan.solution.choices[place]
    option, chosen = plan.considered[place].options[choice.option], frozenset(choice.indexes)
    paths = {(slot.pattern, slot.part): slot.cheapest(chosen) for slot in option.slots}
    waited_for = {p.name for p in plan.model.patterns if p.purpose == "online"}
    return {
        slot: path.depth
        for slot, path in paths.items()
        if path is not None and slot[0] in waited_for
    }


def _keeps_inside(option: PlacementOption) -> tuple[str, tuple[str, ...]]:
    return option.placement.within, option.placement.embeds


def _among(plan: Plan, place: int, options: tuple[PlacementOption, ...]) -> Plan:
    """Return a plan whose alternatives for one entity are these options only."""
    entry = replace(plan.considered[place], all_options=options)
    considered = (*plan.considered[:place], entry, *plan.considered[place + 1 :])
    return replace(plan, considered=considered)


def _is_small(saving: Decimal, plan: Plan) -> bool:
    weight = sum((scale.weight for scale in plan.settings.scales), Decimal(0))
    return saving < LEAST_SAVING_USD * weight or saving < plan.solution.usd * LEAST_SAVING_SHARE


def within_rules(plan: Plan, severe: Pairs) -> tuple[Plan, tuple[str, ...]]:
    """Return a plan with as few critical and high findings as its choices allow, and notes.

    Args:
        plan: the cheapest.
        severe: rule and subject of what a review calls critical or high in a design.
    """
    notes: list[str] = []
    findings = severe(plan.design)
    for place in range(len(plan.considered)):
        entity = plan.considered[place].entity
        while True:
            mine = _about(plan, findings, entity)
            if not mine:
                break
            better = _better(plan, place, findings, severe)
            if better is None:
                break
            extra = better[0].solution.usd - plan.solution.usd
            avoided = ", ".join(sorted({rule for rule, _ in findings - better[1]}))
            notes.append(f"`{entity}`: {avoided} avoided for {format_usd(extra)} USD a month")
            plan, findings = better
    remaining = sorted(findings)
    if remaining:
        named = ", ".join(f"{rule} of {subject}" for rule, subject in remaining)
        notes.append(f"no choice avoids {named}")
    return plan, tuple(notes)


def _about(
    plan: Plan, findings: frozenset[tuple[str, str]], entity: str
) -> frozenset[tuple[str, str]]:
    entities = plan.planning.entities_of
    return frozenset(f for f in findings if entity in entities(plan.design, f[1]))


def _better(
    plan: Plan, place: int, findings: frozenset[tuple[str, str]], severe: Pairs
) -> tuple[Plan, frozenset[tuple[str, str]]] | None:
    """Return the cheapest of a few plans with fewer findings and none that is new, if any."""
    entry = plan.considered[place]
    for options in _trials(plan, entry, place):
        other_restricted = restricted(plan, entry, options)
        if other_restricted is None:
            continue
        result = severe(other_restricted.design)
        if len(result) < len(findings) and not _new(plan, other_restricted, findings, result):
            return _without_cheaper(other_restricted, place), result
    return None


def _without_cheaper(plan: Plan, place: int) -> Plan:
    """Return a plan without what is cheaper for an entity than its choice: it breaks a rule."""
    entry, choice = plan.considered[place], plan.solution.choices[place]
    usd = entry.options[choice.option].total(frozenset(choice.indexes))
    assert usd is not None
    costs = [(option, greedy(option)[1]) for option in entry.all_options]
    able = [option for option, cost in costs if cost is not None and cost >= usd]
    return _among(plan, place, (*entry.options, *(o for o in able if o not in entry.options)))


def _new(
    plan: Plan,
    earlier: Plan,
    findings: frozenset[tuple[str, str]],
    known: frozenset[tuple[str, str]],
) -> bool:
    """Whether a plan has a finding of a rule that the other had not for the same entities."""
    before = {
        (rule, name)
        for rule, subject in findings
        for name in plan.planning.entities_of(plan.design, subject)
    }
    after = {
        (rule, name)
        for rule, subject in known
        for name in earlier.planning.entities_of(earlier.design, subject)
    }
    return bool(after - before)


def _trials(plan: Plan, considered: Considered, place: int) -> Iterator[list[PlacementOption]]:
    """Yield other choices for an entity: without each index, then each other placement."""
    choice = plan.solution.choices[place]
    chosen = considered.options[choice.option]
    for index in choice.indexes:
        without = plan.planning.without_index(considered, chosen, index)
        if without:
            yield without
    all_options = [
        option for option in considered.all_options if option.placement != chosen.placement
    ]
    priced = [(greedy(option)[1], position, option) for position, option in enumerate(all_options)]
    possible = sorted((usd, position) for usd, position, _ in priced if usd is not None)
    for _, position in possible[:MOST_TRIALS]:
        yield [all_options[position]]
