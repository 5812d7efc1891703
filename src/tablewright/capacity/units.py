"""How many request units an operation consumes. Sizes in bytes in, units as Decimal out.

Read units: one strongly consistent read of up to 4 KB; half for an eventually consistent read,
twice for a transactional one. Write units: one write of up to 1 KB; twice in a transaction. It does
not know prices, tables or time.

Sources: AWS Developer Guide, "DynamoDB read and write operations" (rounding of each operation) and
"Using Global Secondary Indexes" (index writes). What the guide leaves open (unchanged index entries
are free; a transaction does not double the index arm; a missing item costs one unit) is as captured
from the service and published by other engines.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from decimal import Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES


class Consistency(enum.Enum):
    """How fresh a read must be."""

    EVENTUAL = "eventual"
    STRONG = "strong"
    TRANSACTIONAL = "transactional"

    @property
    def factor(self) -> Decimal:
        """What one 4 KB block costs, in read units."""
        return _FACTORS[self]


_FACTORS = {
    Consistency.EVENTUAL: Decimal("0.5"),
    Consistency.STRONG: Decimal(1),
    Consistency.TRANSACTIONAL: Decimal(2),
}


def read_blocks(item_bytes: int) -> int:
    """Return how many 4 KB blocks this many bytes fill, at least one.

    Example:
        >>> read_blocks(0), read_blocks(4096), read_blocks(4097)
        (1, 1, 2)
    """
    return max(1, -(-item_bytes // READ_UNIT_BYTES))


def write_blocks(item_bytes: int) -> int:
    """Return how many 1 KB blocks this many bytes fill, at least one.

    Example:
        >>> write_blocks(0), write_blocks(1024), write_blocks(1025)
        (1, 1, 2)
    """
    return max(1, -(-item_bytes // WRITE_UNIT_BYTES))


def read_units(item_bytes: int, consistency: Consistency = Consistency.EVENTUAL) -> Decimal:
    """Return the read units of one GetItem; a missing item has 0 bytes and still costs one block.

    Example:
        >>> read_units(4_097, Consistency.STRONG), read_units(1)
        (Decimal('2'), Decimal('0.5'))
    """
    return read_blocks(item_bytes) * consistency.factor


def read_block_column(sizes: Iterable[int]) -> list[int]:
    """Return `read_blocks` of each size.

    Example:
        >>> read_block_column([0, 4096, 4097])
        [1, 1, 2]
    """
    return [-(-size // READ_UNIT_BYTES) or 1 for size in sizes]


def write_block_column(sizes: Iterable[int]) -> list[int]:
    """Return `write_blocks` of each size.

    Example:
        >>> write_block_column([0, 1024, 1025])
        [1, 1, 2]
    """
    return [-(-size // WRITE_UNIT_BYTES) or 1 for size in sizes]


def query_units(evaluated_bytes: int, consistency: Consistency = Consistency.EVENTUAL) -> Decimal:
    """Return the read units of one page of a Query or Scan: bytes evaluated, rounded once.

    Example:
        >>> query_units(40 * 200, Consistency.STRONG)  # the guide's example
        Decimal('2')
    """
    return read_blocks(evaluated_bytes) * consistency.factor


def batch_get_units(
    item_sizes: Iterable[int], consistency: Consistency = Consistency.EVENTUAL
) -> Decimal:
    """Return the read units of a BatchGetItem: every item is rounded by itself.

    Example:
        >>> batch_get_units([200] * 40, Consistency.STRONG)
        Decimal('40')
    """
    return sum((read_units(size, consistency) for size in item_sizes), Decimal(0))


def write_units(
    before_bytes: int | None, after_bytes: int | None, *, transactional: bool = False
) -> Decimal:
    """Return the write units of one put, update or delete: the larger image counts.

    Args:
        before_bytes: the stored item, None if there was none.
        after_bytes: the item afterwards, None if it is gone (or never was).
        transactional: whether it is part of a transaction, which costs double.

    Example:
        >>> write_units(1500, 500), write_units(None, None)
        (Decimal('2'), Decimal('1'))
        >>> write_units(None, 600, transactional=True)
        Decimal('2')
    """
    blocks = write_blocks(max(before_bytes or 0, after_bytes or 0))
    return Decimal(2 * blocks if transactional else blocks)


def index_write_blocks(
    before_bytes: int | None,
    after_bytes: int | None,
    *,
    key_moved: bool = False,
    changed: bool = True,
) -> int:
    """Return the write units an index entry costs when its item is written.

    Args:
        before_bytes: the entry before, None if the item was not in the index.
        after_bytes: the entry afterwards, None if the item is not in the index.
        key_moved: whether a key attribute of the index has another value than before.
        changed: whether anything in the entry differs.

    Example:
        >>> index_write_blocks(None, 700), index_write_blocks(1100, None)  # added, removed
        (1, 2)
        >>> index_write_blocks(600, 600, changed=False)                    # untouched: free
        0
        >>> index_write_blocks(600, 1100), index_write_blocks(600, 1100, key_moved=True)
        (2, 3)
    """
    if before_bytes is None and after_bytes is None:
        return 0
    if before_bytes is None:
        assert after_bytes is not None
        return write_blocks(after_bytes)
    if after_bytes is None:
        return write_blocks(before_bytes)
    if key_moved:
        return write_blocks(before_bytes) + write_blocks(after_bytes)
    return write_blocks(max(before_bytes, after_bytes)) if changed else 0


def index_write_block_column(
    before: Iterable[int | None],
    after: Iterable[int | None],
    *,
    key_moved: bool = False,
    changed: bool = True,
) -> list[int]:
    """Return `index_write_blocks` of each pair of entries.

    Example:
        >>> index_write_block_column([None, None, 600, 1100], [None, 700, 1100, None])
        [0, 1, 2, 2]
        >>> index_write_block_column([600, 600], [1100, None], key_moved=True)
        [3, 1]
    """
    pairs = zip(before, after, strict=True)
    if key_moved:
        return [
            (0 if old is None else -(-old // WRITE_UNIT_BYTES) or 1)
            + (0 if new is None else -(-new // WRITE_UNIT_BYTES) or 1)
            for old, new in pairs
        ]
    if changed:
        return [
            0
            if old is None and new is None
            else -(-max(old or 0, new or 0) // WRITE_UNIT_BYTES) or 1
            for old, new in pairs
        ]
    return [
        0 if (old is None) == (new is None) else -(-(old or new or 0) // WRITE_UNIT_BYTES) or 1
        for old, new in pairs
    ]
