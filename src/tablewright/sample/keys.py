"""Places of instances within a key, so that no two of them get the same value.

In: an entity, one of the attributes that tell its instances apart, and how many values each of
those can have. Out: for each instance a `SiblingPlace` whose position stands for another value of
that attribute, in combination with the rest of the key. It draws no values; generators do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

AMPLE = 4
"""An attribute with so many times the values of a mean family tells its members apart alone."""


class SiblingPlace(NamedTuple):
    """Position in a group of siblings, their number, and the number of the group."""

    position: int
    among: int
    group: int


def carriers(values: Mapping[str, int | None], family: float) -> tuple[str, ...]:
    """Return which attributes of a key must tell its instances apart, the one with most first.

    Args:
        values: how many values each attribute can have, None for no bound.
        family: how many instances there are to tell apart.

    Example:
        >>> carriers({"day": 365, "slot": 3}, 40), carriers({"row": 5, "seat": 9}, 40)
        (('day',), ('seat', 'row'))
        >>> carriers({"day": 365, "id": None}, 40)
        ('id',)
    """
    free = [name for name, count in values.items() if count is None]
    if free:
        return tuple(free)
    ordered = sorted(values, key=lambda name: -(values[name] or 0))
    if ordered and (values[ordered[0]] or 0) >= AMPLE * family:
        return (ordered[0],)
    return tuple(ordered)


def placed(
    places: Sequence[SiblingPlace],
    name: str,
    order: Sequence[str],
    values: Mapping[str, int | None],
) -> list[SiblingPlace]:
    """Return the places with positions that count the values of one attribute.

    Positions are written as numbers whose digits are the attributes of `order`, so all
    combinations differ as long as there are enough.

    Example:
        >>> two = [SiblingPlace(at, 4, 0) for at in range(4)]
        >>> [p.position for p in placed(two, "b", ("a", "b"), {"a": 3, "b": 2})]
        [0, 0, 0, 1]
    """
    count = values[name]
    if count is None:
        return list(places)
    factor = math.prod(values[other] or 1 for other in order[: order.index(name)])
    return [
        SiblingPlace(position // factor % count, min(count, -(-among // factor)), group)
        for position, among, group in places
    ]


def spread_out(places: Sequence[SiblingPlace], among: int, rng: Random) -> list[int]:
    """Return one number below `among` for each place, different within a group if it can be."""
    random = rng.random
    out = []
    for position, size, _ in places:
        place = position % size  # what comes after all there are begins again
        low, high = place * among // size, (place + 1) * among // size
        out.append(min(among - 1, low + int(random() * (high - low))))
    return out


def weighted_order(weights: Sequence[float], rng: Random) -> list[int]:
    """Return all positions of `weights`, heavy ones earlier as often as their weight says.

    Each is drawn from what is left with a chance in proportion to its weight.
    Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006.
    """
    marks = [rng.random() ** (1 / weight) if weight > 0 else 0.0 for weight in weights]
    return sorted(range(len(weights)), key=lambda position: -marks[position])
