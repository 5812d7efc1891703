"""PostgreSQL rows, heaps and B-trees by hand, from the documented layout of pages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.capacity.rows import (
    RowField,
    StoredRow,
    btree_pages,
    field_of,
    heap_pages,
    index_tuple_bytes,
    jsonb_bytes,
    numeric_bytes,
    row_of,
    toast_pages,
)


def row(*pairs: tuple[object, str]) -> StoredRow:
    return row_of([field_of(value, kind) for value, kind in pairs])


def test_a_row_adds_up_by_hand():
    # header 23 → 24; integer 4; text "abc" 1 + 3; bigint aligned to 8: offset 8 + 8 = 16
    assert row((1, "integer"), ("abc", "text"), (2, "bigint")).heap == 24 + 16


def test_padding_depends_on_the_order_of_columns():
    # bool 1, padding 7, bigint 8, bool 1 = 17, against bigint 8, bool 1, bool 1 = 10
    assert row((True, "boolean"), (1, "bigint"), (True, "boolean")).heap == 24 + 17
    assert row((1, "bigint"), (True, "boolean"), (True, "boolean")).heap == 24 + 10


def test_a_null_takes_no_bytes_but_a_bit_of_the_header():
    # eight columns: the bitmap of one byte fits the 24; nine: 23 + 2 = 25 → 32
    assert row(*[(1, "integer")] * 7, (None, "text")).heap == 24 + 28
    assert row(*[(1, "integer")] * 8, (None, "text")).heap == 32 + 32


def test_text_of_more_than_126_bytes_has_a_header_of_four_and_is_aligned():
    assert row((True, "boolean"), ("x" * 126, "text")).heap == 24 + 1 + 127
    assert row((True, "boolean"), ("x" * 127, "text")).heap == 24 + 4 + 4 + 127


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 2), ("1", 4), ("9999", 4), ("10000", 4), ("10001", 6), ("0.5", 4), ("12345.6789", 8)],
)
def test_a_numeric_has_two_bytes_for_four_digits(text, size):
    assert numeric_bytes(Decimal(text)) == size


def test_a_json_object_adds_up_by_hand():
    # container 4; four entries of 4; keys "a", "bb" 3; "xyz" 3; number at 8: 4 + 2 + 2
    assert jsonb_bytes({"a": "xyz", "bb": 5}) == 4 + 16 + 3 + 3 + 2 + 8


def test_seventy_five_rows_of_a_hundred_bytes_fill_a_page():
    # 8,192 - 24 = 8,168; 104 + 4 = 108 each: 75
    assert heap_pages([StoredRow(100)] * 75) == 1
    assert heap_pages([StoredRow(100)] * 76) == 2


def test_a_fillfactor_leaves_room_on_each_page():
    # 819 bytes of 8,168 stay free at 90: 7,349 / 108 = 68
    assert heap_pages([StoredRow(100)] * 68, 90) == 1
    assert heap_pages([StoredRow(100)] * 69, 90) == 2


def test_a_value_too_long_for_the_row_is_cut_in_chunks():
    found = row_of([RowField(5000)], ratio=1.0)
    # a pointer of 18 bytes in the row; 5,000 = 1,996 + 1,996 + 1,008
    assert found == StoredRow(24 + 18, (5000,))
    assert toast_pages([found])[1] == 3


def test_a_value_that_shrinks_enough_stays_in_the_row():
    # 3,000 x 0.5 = 1,500, with 4 bytes of its own and 4 of header
    assert row_of([RowField(3000)], ratio=0.5) == StoredRow(24 + 4 + 4 + 1500)


def test_an_index_entry_of_eight_bytes_takes_sixteen():
    assert index_tuple_bytes([field_of(1, "bigint")]) == 16
    assert index_tuple_bytes([field_of(1, "integer")]) == 16
    assert index_tuple_bytes([field_of("x" * 20, "text")]) == 32


def test_a_leaf_at_ninety_per_cent_holds_366_entries_of_sixteen_bytes():
    # (8,192 - 24 - 16 - 8 - 819) / 20 = 366; 367 need two leaves, a root and the meta page
    assert btree_pages(366, 16) == 2
    assert btree_pages(367, 16) == 4


def test_equal_keys_share_an_entry():
    assert btree_pages(100_000, 16, duplicates=1000) < btree_pages(100_000, 16) / 2
