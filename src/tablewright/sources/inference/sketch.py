"""Summaries of values in constant memory: moments, quantiles, distinct counts, overlaps.

In: numbers and hashes, one by one. Out: means, deviations, percentiles, estimated counts of
distinct values and how much of one set lies in another. No value can be got back from a summary.
"""

from __future__ import annotations

import heapq
import math
from decimal import Decimal
from zlib import crc32

SKETCH_SIZE = 1024
"""Hashes kept by a sketch: a distinct count is then right within about 3 per cent."""
EXACT_BELOW = 64
"""Quantities below this have a bucket each; above, sixteen buckets for each doubling."""


class Moments:
    """Count, mean, deviation, extremes and approximate percentiles of whole numbers."""

    __slots__ = ("buckets", "count", "high", "low", "squares", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0
        self.squares = 0
        self.low = 0
        self.high = 0
        self.buckets: dict[int, int] = {}

    def add(self, number: int, weight: int = 1) -> None:
        """Note a number that is not negative, `weight` times."""
        if not self.count:
            self.low = self.high = number
        elif number < self.low:
            self.low = number
        elif number > self.high:
            self.high = number
        self.count += weight
        self.total += number * weight
        self.squares += number * number * weight
        bucket = number if number < EXACT_BELOW else _bucket(number)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + weight

    def merge(self, more: Moments) -> None:
        """Note all that another summary has seen."""
        if not more.count:
            return
        self.low = min(self.low, more.low) if self.count else more.low
        self.high = max(self.high, more.high) if self.count else more.high
        self.count += more.count
        self.total += more.total
        self.squares += more.squares
        for bucket, count in more.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    @property
    def mean(self) -> Decimal:
        """The mean, 0 of nothing."""
        return Decimal(self.total) / self.count if self.count else Decimal(0)

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        if self.count < 2:
            return 0.0
        mean = self.total / self.count
        return math.sqrt(max(0.0, self.squares / self.count - mean * mean))

    def quantile(self, share: float) -> int:
        """Return the number below which this share lies (to about 3 per cent).

        Example:
            >>> sizes = Moments()
            >>> for size in range(1, 101):
            ...     sizes.add(size)
            >>> sizes.quantile(0.5)
            50
        """
        passed, target = 0, share * self.count
        for bucket in sorted(self.buckets):
            passed += self.buckets[bucket]
            if passed >= target:
                return min(self.high, max(self.low, _middle(bucket)))
        return self.high


def _bucket(number: int) -> int:
    octave = number.bit_length() - 1
    return EXACT_BELOW + (octave - 6) * 16 + ((number >> (octave - 4)) & 15)


def _middle(bucket: int) -> int:
    if bucket < EXACT_BELOW:
        return bucket
    octave, part = divmod(bucket - EXACT_BELOW, 16)
    width = 1 << (octave + 2)
    return (16 + part) * width + width // 2


_SPAN = 2**64


def hashed(text: str) -> int:
    """Return a number below 2**64 that stands for a text; the same in every run.

    A checksum of 32 bits, spread: of a million values about a hundred pairs fall together.
    """
    code = crc32(text.encode("utf-8", "replace")) * 0x9E3779B97F4A7C15
    return (code ^ (code >> 29)) % _SPAN


class Sketch:
    """The smallest hashes of a set: how many members it has, and how much of it lies in another."""

    __slots__ = ("_heap", "_members", "limit")

    def __init__(self) -> None:
        self.limit = _SPAN
        """Hashes from here on need not be added: there are enough smaller ones."""
        self._heap: list[int] = []  # negated: the largest kept hash first
        self._members: set[int] = set()

    def add(self, code: int) -> None:
        """Note a member by its hash."""
        members = self._members
        if len(members) < SKETCH_SIZE:
            if code not in members:
                members.add(code)
                heapq.heappush(self._heap, -code)
                if len(members) == SKETCH_SIZE:
                    self.limit = -self._heap[0]
        elif code < self.limit and code not in members:
            members.add(code)
            members.discard(-heapq.heappushpop(self._heap, -code))
            self.limit = -self._heap[0]

    def merge(self, more: Sketch) -> None:
        """Note the members of another sketch."""
        for code in sorted(more._members):
            self.add(code)

    @property
    def is_exact(self) -> bool:
        """Whether every member is kept."""
        return len(self._members) < SKETCH_SIZE

    @property
    def distinct(self) -> int:
        """About how many different members there are; exact below the sketch's size."""
        if self.is_exact:
            return len(self._members)
        largest = -self._heap[0]
        return int((SKETCH_SIZE - 1) * _SPAN / (largest + 1))

    def share_in(self, superset: Sketch) -> float:
        """Return about what share of the members lies in another set.

        Example:
            >>> few, many = Sketch(), Sketch()
            >>> for number in range(100):
            ...     many.add(hashed(str(number)))
            ...     if number < 25:
            ...         few.add(hashed(str(number)))
            >>> few.share_in(many), many.share_in(few)
            (1.0, 0.25)
        """
        limit = _SPAN
        if not superset.is_exact:
            limit = -superset._heap[0] + 1
        comparable = [code for code in self._members if code < limit]
        if not comparable:
            return 0.0
        return sum(code in superset._members for code in comparable) / len(comparable)
