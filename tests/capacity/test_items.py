"""Item sizes, from the rules of the Developer Guide; each expectation is added up by hand."""

from __future__ import annotations

import pytest

from tablewright.capacity.items import entry_bytes, item_bytes, number_bytes, value_bytes


def test_names_and_values_both_count():
    # "id" 2 + "a1" 2, "name" 4 + "Zoë" 4 (ë takes two bytes in UTF-8)
    assert item_bytes({"id": {"S": "a1"}, "name": {"S": "Zoë"}}) == 12


def test_binaries_count_raw_and_not_as_base64():
    # "hello" is five bytes, though its base64 has eight characters
    assert value_bytes({"B": "aGVsbG8="}) == 5


def test_null_and_boolean_take_one_byte():
    assert value_bytes({"NULL": True}) == 1
    assert value_bytes({"BOOL": False}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 1),
        ("0.00", 1),
        ("5", 2),  # 05: 1 + 1
        ("27", 2),  # 27: 1 + 1
        ("127", 3),  # 01 27: 1 + 2
        ("-127", 4),  # and one for the sign
        ("10", 2),  # 10
        ("100", 2),  # 01 00: the trailing pair of zeros does not count
        ("120", 3),  # 01 20: its zero shares a pair with 2
        ("-120", 4),
        ("480", 3),  # 04 80
        ("4800", 2),  # 48 00
        ("1230", 3),  # 12 30
        ("48000", 3),  # 04 80 00
        ("1000000", 2),  # 01 00 00 00
        ("0.0001", 2),  # .00 01: nor does the leading pair
        ("0.012", 3),  # .01 20
        ("1.5", 3),  # 01 .50
        ("12.5", 3),  # 12 .50
        ("3.14159", 5),  # 03 .14 15 90
        ("1e6", 2),  # 01 00 00 00
        ("1E125", 2),  # 10 and 62 pairs of zeros
        ("12e1", 3),  # 120
        ("1.20E+2", 3),  # 120
        ("99999999999999999999999999999999999999", 20),  # 38 digits: 1 + 19
        ("9999999999999999999999999999999999999.9", 21),  # 37 digits and 1: 1 + 19 + 1
        ("-9999999999999999999999999999999999999.9", 21),  # never more than 21
    ],
)
def test_a_number_takes_a_byte_for_each_pair_of_digits_aligned_at_the_point(text, expected):
    assert number_bytes(text) == expected


def test_lists_and_maps_take_three_bytes_and_one_for_each_element():
    # 3 + ("a" 1 + "xy" 2 + 1) + ("b" 1 + list: 3 + (2 + 1) + 1)
    value = {"M": {"a": {"S": "xy"}, "b": {"L": [{"N": "7"}]}}}
    assert value_bytes(value) == 3 + 4 + (1 + 6 + 1)


def test_an_empty_map_takes_three_bytes():
    assert value_bytes({"M": {}}) == 3


def test_sets_have_no_overhead():
    assert value_bytes({"SS": ["ab", "c"]}) == 3


def test_an_index_entry_counts_only_what_it_holds():
    item = {"pk": {"S": "a"}, "email": {"S": "x@y.z"}, "photo": {"S": "p" * 1000}}
    assert entry_bytes(item, ["pk", "email", "missing"]) == 3 + 10
