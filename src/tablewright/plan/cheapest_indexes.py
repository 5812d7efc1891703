"""The cheapest indexes of one placement, exactly: branch and bound over its questions.

In: a placement option. Out: the paths' indexes that cost least, with the small charges that decide
between designs of one price. A question takes one path, an index is paid once however many paths
read it. Where too many combinations would have to be looked at it gives up, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.plan.values import PlacementOption

SIMPLER_USD = Decimal("1E-7")
"""What an index, a table or a made key is taken to cost where two designs cost the same."""
MOST_STEPS = 20_000
"""Paths tried for one placement before the integer programme is asked instead."""


@frozen
class CheapestIndexes:
    """The indexes to have, by position, and USD a month with the charges for simplicity."""

    indexes: tuple[int, ...]
    charged: Decimal


class TooManyPaths(Exception):
    """More combinations than are looked at one by one."""


def simplicity_charge(option: PlacementOption, place: int) -> Decimal:
    """Return what a placement is charged for being less simple, or later among its like."""
    weight = sum(
        (Decimal(part) / 4**position for position, part in enumerate(option.placement.simplicity)),
        ZERO,
    )
    return SIMPLER_USD * (weight + Decimal(place) / 10_000)


def path_charge(depth: int) -> Decimal:
    """Return what a path is charged for its round trips after the first."""
    return SIMPLER_USD * (depth - 1) / 4


def cheapest_indexes(
    option: PlacementOption,
    place: int,
    *,
    most_gsis: int,
    most_indexes: int | None = None,
    below: Decimal | None = None,
) -> CheapestIndexes | None:
    """Return the cheapest indexes of an option, None where no choice answers every question.

    Args:
        option: a placement with its indexes and the paths of its questions.
        place: of the option among those of its entity.
        most_gsis: global indexes of one table.
        most_indexes: indexes in all, where limited.
        below: only what costs less is of interest; None is returned for the rest.

    Raises:
        TooManyPaths: after `MOST_STEPS`.
    """
    start = option.usd + simplicity_charge(option, place)
    if not all(slot.paths for slot in option.slots):
        return None
    search = _Search(option=option, most_gsis=most_gsis, most_indexes=most_indexes, best=below)
    search.visit(0, (), start)
    if search.found is None:
        return None
    assert search.best is not None
    return CheapestIndexes(indexes=tuple(sorted(search.found)), charged=search.best)


@dataclass(slots=True, kw_only=True)
class _Search:
    """The search through the questions of one placement, most constrained first."""

    option: PlacementOption
    most_gsis: int
    most_indexes: int | None
    best: Decimal | None
    found: tuple[int, ...] | None = None
    steps: int = 0
    paths: list[list[tuple[Decimal, tuple[int, ...]]]] = field(default_factory=list)
    """Of each question its ways, the cheapest first."""
    rest: list[Decimal] = field(default_factory=list)
    """What the questions from here on cost at least, if every index were there."""
    index_usd: list[Decimal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.index_usd = [usd + SIMPLER_USD for usd in self.option.index_usd]
        self.paths = [
            sorted((path.usd + path_charge(path.depth), path.needs) for path in slot.paths)
            for slot in self.option.slots
        ]
        # a question with few ways, or ways far apart, decides more: ask it first
        self.paths.sort(key=lambda ways: (len(ways), -(ways[-1][0] - ways[0][0])))
        total = ZERO
        self.rest = [ZERO]
        for ways in reversed(self.paths):
            total += ways[0][0]
            self.rest.append(total)
        self.rest.reverse()

    def visit(self, question: int, chosen: tuple[int, ...], usd: Decimal) -> None:
        """Try every way to answer the questions from one on, with what is chosen so far."""
        if self.best is not None and usd + self.rest[question] >= self.best:
            return
        if question == len(self.paths):
            self.best, self.found = usd, chosen
            return
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooManyPaths
        for way, needs in self.paths[question]:
            added = tuple(need for need in needs if need not in chosen)
            if not added:
                self.visit(question + 1, chosen, usd + way)
                return  # what follows costs more and may need more
            more = (*chosen, *added)
            if self._is_allowed(more):
                cost = sum((self.index_usd[need] for need in added), usd + way)
                self.visit(question + 1, more, cost)

    def _is_allowed(self, chosen: tuple[int, ...]) -> bool:
        if self.most_indexes is not None and len(chosen) > self.most_indexes:
            return False
        if len(chosen) <= self.most_gsis:
            return True
        by_table: dict[str, int] = {}
        for position in chosen:
            index = self.option.indexes[position]
            if not index.is_local:
                by_table[index.table] = by_table.get(index.table, 0) + 1
        return all(count <= self.most_gsis for count in by_table.values())


__all__ = [
    "SIMPLER_USD",
    "CheapestIndexes",
    "TooManyPaths",
    "cheapest_indexes",
    "path_charge",
    "simplicity_charge",
]
