"""Queries with a filter and a limit: how many entries a request asks for, and how often it is sent.

DynamoDB applies `Limit` before the filter (API Reference, "Query"): a request that wants twenty
results has to ask for more entries, and to be sent again while fewer have passed. In: the number
wanted and the share that passes. Out: the `Limit`, the mean number of requests, and for items at
hand the entries and bytes they read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES
from tablewright.core.quantities import ONE
from tablewright.engines.dynamodb.populations import CallGroups
from tablewright.model.values import Condition
from tablewright.sample.parameters import is_fixed

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Which entries of a population pass a filter: those counted, or an even share of them."""

    numbers: frozenset[int] | None
    share: Decimal

    @classmethod
    def of_groups(cls, filters: Sequence[Condition], of_all: CallGroups, share: Decimal) -> Passing:
        """Return what is known: who passes fixed conditions, or else only how many do."""
        if all(is_fixed(condition) or condition.operator == "in" for condition in filters):
            return cls(numbers=frozenset(n for g in of_all.met for n in g), share=share)
        return cls(numbers=None, share=share)

    def of(self, group: Sequence[int], length: int) -> list[bool]:
        """Return for each of so many entries of a group whether it passes."""
        if self.numbers is not None and len(group) == length:
            return [number in self.numbers for number in group]
        return [int((n + 1) * self.share) > int(n * self.share) for n in range(length)]


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
