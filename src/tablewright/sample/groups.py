"""Number the children of numbered parents, so that any of them is found without the ones before.

In: the mean number of children and its spread. Out: which children a parent has, and whose child a
child is. Within each block of parents the numbers of children are drawn, then fitted to a total
that is known without drawing; so the first child of any block is plain arithmetic.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from random import Random

from tablewright.model.values import Spread
from tablewright.sample.spreads import QUANTILES, fixed_value, quantiles

BLOCK = 512
_CACHED_BLOCKS = 32


class Groups:
    """The children of one entity under the instances of its parent entity."""

    def __init__(
        self,
        mean: Decimal,
        spread: Spread | None,
        rng_of_block: Callable[[int], Random],
        most: int | None = None,
    ) -> None:
        """Number children.

        Args:
            mean: How many a parent has.
            spread: How unevenly they are spread, None where they are even.
            rng_of_block: The random numbers of a block of parents.
            most: How many a parent can have, whatever mean and spread say, None for no bound.
        """
        self._most = most
        ratio = Fraction(mean if most is None else min(mean, Decimal(most)))
        self._numerator, self._denominator = ratio.numerator, ratio.denominator
        self._spread = None if spread is None or fixed_value(spread) is not None else spread
        self._scale = 1.0
        if self._spread is not None and self._spread.mean:
            self._scale = float(mean / self._spread.mean)
        self._rng_of_block = rng_of_block
        self._blocks: OrderedDict[int, list[int]] = OrderedDict()

    @property
    def has_any(self) -> bool:
        """Whether there is any child at all."""
        return self._numerator > 0

    def first(self, parent: int) -> int:
        """Return the number of the first child of a parent, or of where it would be."""
        if self._spread is None:
            return self._even(parent)
        block, position = divmod(parent, BLOCK)
        if position == 0:
            return self._even(parent)
        return self._even(block * BLOCK) + self._offsets(block)[position]

    def children(self, parent: int) -> range:
        """Return the numbers of a parent's children."""
        return range(self.first(parent), self.first(parent + 1))

    def parent(self, child: int) -> int:
        """Return the number of a child's parent."""
        if not self._numerator:
            raise IndexError("there are no children")
        if self._spread is None:
            # The largest parent with floor(parent * mean) <= child.
            return ((child + 1) * self._denominator - 1) // self._numerator
        block = ((child + 1) * self._denominator - 1) // (self._numerator * BLOCK)
        offsets = self._offsets(block)
        return block * BLOCK + bisect_right(offsets, child - self._even(block * BLOCK)) - 1

    def _even(self, parent: int) -> int:
        return parent * self._numerator // self._denominator

    def _offsets(self, block: int) -> list[int]:
        offsets = self._blocks.get(block)
        if offsets is None:
            total = self._even((block + 1) * BLOCK) - self._even(block * BLOCK)
            counts = self._counts(self._rng_of_block(block), total)
            offsets = self._blocks[block] = [0, *accumulate(counts)]
            if len(self._blocks) > _CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        return offsets

    def _counts(self, rng: Random, total: int) -> list[int]:
        """Draw one count for each parent of a block.

        The draws step through the quantiles in van der Corput's order, so that even the first few
        parents of a block have few and many children in the right proportion.
        """
        assert self._spread is not None
        table, shift, scale = quantiles(self._spread), rng.random(), self._scale
        steps = (int((_REVERSED[position] + shift) % 1.0 * QUANTILES) for position in range(BLOCK))
        counts = [int(table[step] * scale + 0.5) for step in steps]
        low = int((self._spread.low or 0) if scale == 1.0 else 0)
        high = int(self._spread.high) if self._spread.high is not None and scale == 1.0 else None
        _fit(counts, total, low, high, rng)
        if self._most is not None and max(counts) > self._most:
            counts = [min(count, self._most) for count in counts]
            _fit(counts, total, min(low, self._most), self._most, rng)
        return counts


_REVERSED = [int(f"{position:09b}"[::-1], 2) / BLOCK for position in range(BLOCK)]


def _fit(counts: list[int], total: int, low: int, high: int | None, rng: Random) -> None:
    """Change counts by one, in random order and within their limits, until they add up."""
    missing = total - sum(counts)
    step = 1 if missing > 0 else -1
    order = list(range(len(counts)))
    rng.shuffle(order)
    while missing:
        if abs(missing) >= 2 * len(counts) and high is None and (step > 0 or not low):
            each = abs(missing) // len(
                counts
            )  # far from it: move all at once, then the rest by one
            moved = [max(0, count + step * each) for count in counts]
            missing += sum(counts) - sum(moved)
            counts[:] = moved
            continue
        before = missing
        for position in order:
            changed = counts[position] + step
            if missing and changed >= low and (high is None or changed <= high):
                counts[position] = changed
                missing -= step
        if missing == before:  # the limits cannot be kept: the total is what must hold
            low, high = 0, None
