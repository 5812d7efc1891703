"""Queries with a filter and a limit: how many entries a request asks for, and how often it is sent.

DynamoDB applies `Limit` before the filter (API Reference, "Query"): a request that wants twenty
results has to ask for more entries, and to be sent again while fewer have passed. In: the number
wanted and the share that passes. Out: the `Limit`, the mean number of requests, and for items at
hand the entries and bytes they read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from tablewright.capacity.limits import READ_UNIT_BYTES
from tablewright.core.quantities import ONE

SPARE_DEVIATIONS = Decimal(2)
"""Standard deviations of the number that passes by which a `Limit` exceeds its mean."""


def limit_with_filter(count: int, share: Decimal) -> int:
    """Return the `Limit` that brings so many results through a filter in one request, mostly.

    Of n entries n x share pass, with a standard deviation of sqrt(n x share x (1 - share)).

    Example:
        >>> limit_with_filter(20, Decimal("0.95")), limit_with_filter(20, Decimal(1))
        (24, 20)
    """
    spare = SPARE_DEVIATIONS * (count * (ONE - share)).sqrt()
    return int(((count + spare) / share).to_integral_value(ROUND_CEILING))


@lru_cache(maxsize=1024)
def rounds_until(count: int, share: Decimal, limit: int, matched: Decimal) -> Decimal:
    """Return how many requests of this `Limit` it takes, a mean, until so many have passed.

    A request is sent again while fewer have passed and more entries match.

    Args:
        count: results wanted.
        share: of the entries, those that pass.
        limit: entries of one request.
        matched: entries there are.

    Example:
        >>> round(rounds_until(20, Decimal("0.95"), 24, Decimal(2000)), 3)
        Decimal('1.006')
    """
    most = max(1, int((matched / limit).to_integral_value(ROUND_CEILING)))
    rounds = ONE
    for sent in range(1, most):
        again = _share_with_fewer(count, sent * limit, float(share))
        if again < 1e-6:
            break
        rounds += Decimal(repr(round(again, 9)))
    return rounds


def _share_with_fewer(count: int, entries: int, share: float) -> float:
    """Return the chance that fewer than `count` of so many entries pass: a binomial tail."""
    if entries < count:
        return 1.0
    if share >= 1:
        return 0.0
    yes, no = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(
            math.lgamma(entries + 1)
            - math.lgamma(passed + 1)
            - math.lgamma(entries - passed + 1)
            + passed * yes
            + (entries - passed) * no
        )
        for passed in range(count)
    )


def evenly_passing(share: Decimal, length: int) -> list[bool]:
    """Return for each of so many entries whether it passes, where only the share is known.

    Example:
        >>> evenly_passing(Decimal("0.5"), 4)
        [False, True, False, True]
    """
    return [int((n + 1) * share) > int(n * share) for n in range(length)]


def read_in_rounds(
    sizes: Sequence[int], passes: Sequence[bool], count: int, limit: int
) -> tuple[int, int]:
    """Return how many entries are read until enough have passed, and their bytes.

    Each request rounds up to whole read units by itself: the bytes of all but the last are.

    Example:
        >>> read_in_rounds([1000] * 9, [True, False] * 4 + [True], 2, 3)
        (3, 3000)
        >>> read_in_rounds([1000] * 9, [True, False, False] * 3, 2, 3)
        (6, 7096)
    """
    passed, start, read = 0, 0, 0
    while start < len(sizes):
        if start:
            read = -(-read // READ_UNIT_BYTES) * READ_UNIT_BYTES
        stop = min(len(sizes), start + limit)
        read += sum(sizes[start:stop])
        passed += sum(passes[start:stop])
        start = stop
        if passed >= count:
            break
    return start, read
