"""The cheapest choice of placements and indexes: exact, by what has to be decided together.

In: for each entity of a family its options. Out: one option and its indexes for each, with the
cost, a proven lower bound and the gap between them. What an option costs with its cheapest indexes
hangs on nothing else, so each is solved by itself; parents and the children they hold are then
chosen together. Only a limit on tables and indexes in all needs everything in one programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.capacity.limits import MAX_GLOBAL_INDEXES
from tablewright.plan.cheapest_indexes import CheapestIndexes, TooManyPaths, cheapest_indexes
from tablewright.plan.programme import choose_placements, solve_together
from tablewright.plan.values import Choice, PlacementOption, Solution


def solve(
    entities: Sequence[Sequence[PlacementOption]],
    *,
    most_structures: int | None = None,
    most_gsis: int = MAX_GLOBAL_INDEXES,
    seconds: float = 60.0,
) -> Solution | None:
    """Return the cheapest choice, None where there is none.

    A placement that keeps a child inside is taken together with the child's place in it; so the
    options of both have to be given, or neither of the two is taken.

    Args:
        entities: the options of each entity.
        most_structures: tables and indexes in all, where limited.
        most_gsis: global indexes of one table.
        seconds: after which the best found so far is taken, with its gap.

    Raises:
        UnsupportedError: HiGHS is needed, and not installed.
    """
    try:
        if len(entities) == 1:
            return _cheapest(entities[0], most_structures, most_gsis)
        if most_structures is None:
            indexes = [
                [
                    cheapest_indexes(option, place, most_gsis=most_gsis)
                    for place, option in enumerate(options)
                ]
                for options in entities
            ]
            return choose_placements(entities, indexes, seconds=seconds)
    except TooManyPaths:
        pass
    return solve_together(
        entities, most_structures=most_structures, most_gsis=most_gsis, seconds=seconds
    )


def _cheapest(
    options: Sequence[PlacementOption], most_structures: int | None, most_gsis: int
) -> Solution | None:
    """Return the cheapest option of one entity, those first that can cost least."""
    best: tuple[int, CheapestIndexes] | None = None
    below: Decimal | None = None
    floors = [option.floor if all(s.paths for s in option.slots) else None for option in options]
    able = [place for place, floor in enumerate(floors) if floor is not None]
    for place in sorted(able, key=lambda each: (floors[each], each)):
        option, floor = options[place], floors[place]
        if below is not None and floor is not None and floor >= below:
            break
        if option.placement.embeds or option.placement.within:
            continue  # the other side is not among the options
        most_indexes = None
        if most_structures is not None:
            most_indexes = most_structures - len(option.placement.table_names)
            if most_indexes < 0:
                continue
        choice = cheapest_indexes(
            option, place, most_gsis=most_gsis, most_indexes=most_indexes, below=below
        )
        if choice is not None:
            best, below = (place, choice), choice.charged
    if best is None:
        return None
    place, choice = best
    usd = options[place].total(frozenset(choice.indexes))
    assert usd is not None, "the indexes of an option answer every question"
    return Solution(choices=(Choice(option=place, indexes=choice.indexes),), usd=usd, bound=usd)


__all__ = ["solve"]
