"""The Pareto fronts of a plan: cost against tables and indexes, and against round trips.

In: a Plan with everything that was priced for it. Out: points, each solved for again. Structure is
priced on demand, as the search does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.plan.alternatives import cost_of
from tablewright.plan.pruning import prune, without_useless_indexes
from tablewright.plan.search import families
from tablewright.plan.solving import solve
from tablewright.plan.values import PlacementOption, Plan


@frozen
class FrontPoint:
    """The cheapest design with at most this many tables and indexes, or round trips."""

    limit: int
    usd: Decimal | None


def front_by_structures(plan: Plan) -> tuple[FrontPoint, ...]:
    """Return the cheapest cost for each number of tables and indexes up to the plan's.

    Families do not meet, so the front of the whole is put together from theirs.
    """
    whole_number: dict[int, Decimal] = {0: ZERO}
    for family in families(plan.considered):
        small, used, usd = [], 0, ZERO
        for position in family:
            entry, choice = plan.considered[position], plan.solution.choices[position]
            tables = entry.options[choice.option].placement.table_names
            used += len(tables) + len(choice.indexes)
            usd += cost_of(entry, choice)
            small.append([without_useless_indexes(o) for o in entry.all_options])
        own_key: dict[int, Decimal] = {used: usd}
        for limit in range(used - 1, 0, -1):
            cheapest_within = _cheapest_within(small, limit)
            if cheapest_within is None:
                break
            own_key[limit] = cheapest_within
        joined: dict[int, Decimal] = {}
        for count, cost in whole_number.items():
            for more, extra in own_key.items():
                total = cost + extra
                if count + more not in joined or total < joined[count + more]:
                    joined[count + more] = total
        whole_number = joined
    best: list[FrontPoint] = []
    for count in sorted(whole_number):
        if not best or (best[-1].usd is not None and whole_number[count] < best[-1].usd):
            best.append(FrontPoint(limit=count, usd=whole_number[count]))
    return tuple(best)


def _cheapest_within(family: Sequence[Sequence[PlacementOption]], limit: int) -> Decimal | None:
    possible = [[o for o in options if len(o.placement.table_names) <= limit] for options in family]
    result = solve(possible, most_structures=limit) if all(possible) else None
    return None if result is None else result.usd


def front_by_round_trips(plan: Plan) -> tuple[FrontPoint, ...]:
    """Return the cheapest cost if no question may take more than one, two, … round trips."""
    deepest = max(
        (
            p.depth
            for entry in plan.considered
            for o in entry.options
            for s in o.slots
            for p in s.paths
        ),
        default=1,
    )
    front_points: list[FrontPoint] = []
    for limit in range(1, deepest + 1):
        total: Decimal | None = ZERO
        for family in families(plan.considered):
            options = [plan.considered[position].all_options for position in family]
            best = _cheapest_at_depth(options, limit)
            total = None if best is None or total is None else total + best
        front_points.append(FrontPoint(limit=limit, usd=total))
        if total is not None and total <= plan.solution.usd:
            break
    return tuple(front_points)


def _cheapest_at_depth(family: Sequence[Sequence[PlacementOption]], limit: int) -> Decimal | None:
    lists: list[list[PlacementOption]] = []
    for options in family:
        able: list[PlacementOption] = []
        for option in options:
            slots = tuple(
                replace(s, paths=tuple(p for p in s.paths if p.depth <= limit))
                for s in option.slots
            )
            if all(s.paths for s in slots):
                able.append(replace(option, slots=slots))
        if not able:
            return None
        lists.append(prune(able)[0])
    result = solve(lists)
    return None if result is None else result.usd
