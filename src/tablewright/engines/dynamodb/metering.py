"""What requests consume, as means over the sample: columns of bytes in, measures of units out.

The arithmetic of one request is in `capacity.units`; here it is laid over sampled items, with the
groups of items a query returns and the shares with which things happen.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import ROUND_FLOOR, Decimal

from tablewright.capacity.limits import PAGE_BYTES, READ_UNIT_BYTES
from tablewright.capacity.units import (
    Consistency,
    index_write_block_column,
    index_write_blocks,
    read_block_column,
    read_blocks,
    write_block_column,
)
from tablewright.core.memo import Memo
from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.dynamodb.sizing import measure
from tablewright.evaluation.values import Measure

PAGE_BLOCKS = PAGE_BYTES // READ_UNIT_BYTES
Weighted = list[tuple[Decimal, list[int]]]
"""Samples of bytes, each list with its weight; the weights add up to 1."""


def page_blocks(evaluated_bytes: int) -> int:
    """Return the 4 KB blocks of a query or scan, each page of 1 MB rounded by itself.

    Example:
        >>> page_blocks(0), page_blocks(4097), page_blocks(1024 * 1024 + 1)
        (1, 2, 257)
    """
    if evaluated_bytes <= PAGE_BYTES:
        return read_blocks(evaluated_bytes)
    pages, rest = divmod(evaluated_bytes, PAGE_BYTES)
    return pages * PAGE_BLOCKS + (read_blocks(rest) if rest else 0)


def get_units(sizes: Sequence[int], consistency: Consistency, hit: Decimal = ONE) -> Measure:
    """Return the read units of one GetItem; a miss costs one block."""
    result = measure(read_block_column(sizes))
    return _with_misses(result, hit).times(consistency.factor)


def _with_misses(measured: Measure, hit: Decimal) -> Measure:
    if hit == 1:
        return measured
    return measured.times(hit) + Measure(mean=ONE - hit)


def grouped(sizes: Sequence[int], count: Decimal) -> list[tuple[Decimal, list[int]]]:
    """Return the bytes of runs of `count` entries, as (weight, sums) for each whole run length.

    A fractional count is a mix of the two whole counts around it.

    Example:
        >>> grouped([10, 20, 30, 40], Decimal("1.5"))
        [(Decimal('0.5'), [10, 20, 30, 40]), (Decimal('0.5'), [30, 70])]
    """
    total = int(count.to_integral_value(rounding=ROUND_FLOOR))
    rest = count - total
    runs = [(ONE - rest, _runs(sizes, total))]
    if rest:
        runs.append((rest, _runs(sizes, total + 1)))
    return runs


def _runs(sizes: Sequence[int], length: int) -> list[int]:
    available = len(sizes)
    if length == 0 or available == 0:
        return [0]
    if length >= available:  # longer than the sample: scale its sum
        return [sum(sizes) * length // available]
    runs = available // length
    return [sum(sizes[position * length : (position + 1) * length]) for position in range(runs)]


def query_measure(
    weighted: Sequence[tuple[Decimal, list[int]]], consistency: Consistency, hit: Decimal = ONE
) -> Measure:
    """Return the read units of a query whose evaluated bytes are these weighted samples."""
    total = Measure()
    for weight, sums in weighted:
        total = total + measure([page_blocks(size) for size in sums]).times(weight)
    return _with_misses(total, hit).times(consistency.factor)


def share_of(weighted: Weighted, extra: int, parts: int = 1) -> Weighted:
    """Return what each of some queries reads of samples of bytes, and of others on its way.

    Example:
        >>> share_of([(Decimal(1), [100, 200])], 10, 2)
        [(Decimal('1'), [55, 105])]
    """
    if extra == 0 and parts == 1:
        return weighted
    return [(weight, [(size + extra) // parts for size in sums]) for weight, sums in weighted]


def mean_bytes(weighted: Sequence[tuple[Decimal, list[int]]]) -> Decimal:
    """Return the mean of weighted samples of bytes."""
    return sum((weight * Decimal(sum(sums)) / max(1, len(sums)) for weight, sums in weighted), ZERO)


def write_measure(before: Sequence[int] | None, after: Sequence[int] | None) -> Measure:
    """Return the write units of a put (before None), delete (after None) or update."""
    if before is None or after is None:
        return measure(write_block_column(before or after or ()))
    if before is after:
        return measure(write_block_column(before))
    return measure(write_block_column(map(max, before, after)))


def index_measure(
    before: Sequence[int | None],
    after: Sequence[int | None],
    *,
    moved: Sequence[bool] | bool,
    changed: bool,
) -> Measure:
    """Return the write units one index takes for one write of each sampled item."""
    if moved is False and not changed and before is after:
        return Measure()
    if None not in before and None not in after and isinstance(moved, bool):
        old: Sequence[int] = before  # type: ignore[assignment]
        new: Sequence[int] = after  # type: ignore[assignment]
        if not moved:
            return write_measure(old, new) if changed else Measure()
        both = zip(write_block_column(old), write_block_column(new), strict=True)
        return measure([removed + added for removed, added in both])
    if isinstance(moved, bool):
        return measure(index_write_block_column(before, after, key_moved=moved, changed=changed))
    return measure(
        [
            index_write_blocks(entry, added, key_moved=flag, changed=changed)
            for entry, added, flag in zip(before, after, moved, strict=True)
        ]
    )


class ColumnMeter:
    """Measures of columns that designs of one model share, each taken once.

    Columns are told apart by their identity: what is handed in is kept and may not change.
    """

    def __init__(self, measures: Memo[Measure], runs: Memo[Weighted]) -> None:
        self._measures = measures
        self._runs = runs

    def size(self, column: list[int]) -> Measure:
        """Return the bytes of an item."""
        return self._measures.get((column,), ("size",), lambda: measure(column))

    def get(self, column: Sequence[int], consistency: Consistency, hit: Decimal = ONE) -> Measure:
        """Return what `get_units` does."""
        return self._measures.get(
            (column, consistency), ("get", hit), lambda: get_units(column, consistency, hit)
        )

    def write(self, before: Sequence[int] | None, after: Sequence[int] | None) -> Measure:
        """Return what `write_measure` does."""
        return self._measures.get((before, after), ("write",), lambda: write_measure(before, after))

    def entry(
        self,
        before: Sequence[int | None],
        after: Sequence[int | None],
        *,
        moved: bool,
        changed: bool,
    ) -> Measure:
        """Return what `index_measure` does."""
        return self._measures.get(
            (before, after),
            ("entry", moved, changed),
            lambda: index_measure(before, after, moved=moved, changed=changed),
        )

    def runs(
        self, column: Sequence[int | None], how: tuple[Hashable, ...], make: Callable[[], Weighted]
    ) -> Weighted:
        """Return weighted samples that are made of a column and of what `how` says."""
        return self._runs.get((column,), how, make)

    def present(self, column: Sequence[int | None]) -> list[int]:
        """Return the bytes of the entries there are."""

        def found() -> Weighted:
            return [(ONE, [size for size in column if size is not None])]

        [(_, present)] = self.runs(column, ("present",), found)
        return present

    def grouped(self, column: Sequence[int | None], count: Decimal) -> Weighted:
        """Return what `grouped` does, of the entries there are."""
        how = ("grouped", count)
        return self.runs(column, how, lambda: grouped(self.present(column), count))

    def query(
        self,
        weighted: Weighted,
        consistency: Consistency,
        hit: Decimal,
        *,
        extra: int = 0,
        parts: int = 1,
    ) -> Measure:
        """Return the read units of one of the queries that share out runs of entries.

        Args:
            weighted: the bytes of the entries that a call meets.
            consistency: of the read.
            hit: the share of the calls that find anything.
            extra: bytes of other items that are read on the way.
            parts: how many queries a call is made of.
        """
        how = ("query", hit, extra, parts)
        return self._measures.get(
            (weighted, consistency),
            how,
            lambda: query_measure(share_of(weighted, extra, parts), consistency, hit),
        )


def expected(
    shares: Sequence[tuple[str, Decimal]], evaluate: Callable[[frozenset[str]], Measure]
) -> Measure:
    """Return the mean of a measure over the attributes that really change.

    Args:
        shares: attributes touched, each with the share of the writes that change it.
        evaluate: the measure when exactly these attributes change.
    """
    certain = frozenset(name for name, share in shares if share >= 1)
    open_ones = [(name, share) for name, share in shares if 0 < share < 1][:4]
    total = Measure()
    for mask in range(1 << len(open_ones)):
        weight = ONE
        names = set(certain)
        for bit, (name, share) in enumerate(open_ones):
            if mask >> bit & 1:
                weight *= share
                names.add(name)
            else:
                weight *= ONE - share
        if weight:
            total = total + evaluate(frozenset(names)).times(weight)
    return total
