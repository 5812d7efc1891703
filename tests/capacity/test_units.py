"""Request units: the worked examples of the vendor's documentation, as literal numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.capacity.units import (
    Consistency,
    batch_get_units,
    index_write_block_column,
    index_write_blocks,
    query_units,
    read_units,
    write_units,
)

KB = 1024
STRONG, EVENTUAL, TRANSACTIONAL = (
    Consistency.STRONG,
    Consistency.EVENTUAL,
    Consistency.TRANSACTIONAL,
)


@pytest.mark.parametrize(
    ("size_kb", "consistency", "expected"),
    [
        # Developer Guide, "read-write-operations": an 8 KB item takes 2 units strongly, 1
        # eventually, 4 in a transaction
        (8, STRONG, "2"),
        (8, EVENTUAL, "1"),
        (8, TRANSACTIONAL, "4"),
        # "if your item is 3.5 KB, it is rounded up to 4 KB; 10 KB rounds up to 12 KB"
        (3.5, STRONG, "1"),
        (10, STRONG, "3"),
        (10, EVENTUAL, "1.5"),
    ],
)
def test_reading_one_item(size_kb, consistency, expected):
    assert read_units(int(size_kb * KB), consistency) == Decimal(expected)


def test_a_missing_item_costs_the_smallest_read():
    assert read_units(0, STRONG) == 1
    assert read_units(0, EVENTUAL) == Decimal("0.5")


def test_a_query_adds_sizes_before_it_rounds():
    # the guide: 40 items of 200 bytes are 8,000 bytes, two blocks
    assert query_units(40 * 200, STRONG) == 2
    assert query_units(40 * 200, EVENTUAL) == 1


def test_a_batch_get_rounds_every_item():
    # the guide: a 1.5 KB and a 6.5 KB item are read as 4 KB and 8 KB, 12 KB and not 8
    assert batch_get_units([1536, 6656], STRONG) == 3
    assert batch_get_units([200] * 40, EVENTUAL) == 20


def test_a_write_counts_the_larger_image():
    # the guide: an item of 1.5 KB takes two units; shrinking it is billed by what it was
    assert write_units(None, 1536) == 2
    assert write_units(1536, 200) == 2
    assert write_units(200, 1536) == 2


def test_a_transactional_write_costs_double():
    # the guide: three 500-byte items in a transaction take six units
    assert sum(write_units(None, 500, transactional=True) for _ in range(3)) == 6


def test_deleting_what_is_not_there_costs_one_unit():
    assert write_units(None, None) == 1


@pytest.mark.parametrize(
    ("before", "after", "moved", "changed", "expected"),
    [
        (None, None, False, True, 0),  # never in a sparse index
        (None, 700, False, True, 1),  # enters
        (2500, None, False, True, 3),  # leaves: by what it was
        (600, 600, False, False, 0),  # nothing projected changed
        (600, 1100, False, True, 2),  # same key, larger
        (1100, 600, False, True, 2),  # same key, smaller: by what it was
        (1100, 600, True, True, 3),  # key moved: 2 out, 1 in
    ],
)
def test_what_an_index_costs_for_one_write(before, after, moved, changed, expected):
    assert index_write_blocks(before, after, key_moved=moved, changed=changed) == expected


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("changed", [False, True])
def test_a_column_of_index_entries_costs_what_its_entries_cost_one_by_one(
    moved: bool, changed: bool
) -> None:
    sizes = (None, 0, 1, 1024, 1025, 5000)
    before = [old for old in sizes for _ in sizes]
    after = [new for _ in sizes for new in sizes]
    assert index_write_block_column(before, after, key_moved=moved, changed=changed) == [
        index_write_blocks(old, new, key_moved=moved, changed=changed)
        for old, new in zip(before, after, strict=True)
    ]
