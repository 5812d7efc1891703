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
        ("5", 2),  # one digit: 1 + 1
        ("27", 2),  # two digits: 1 + 1
        ("127", 3),  # three digits: 1 + 2
        ("-127", 4),  # and one for the sign
        ("1000000", 2),  # trailing zeros do not count
        ("0.0001", 2),  # nor leading ones
        ("12.5", 3),  # 1 + 1 + 1: whole part and fraction apart
        ("1e6", 2),
        ("99999999999999999999999999999999999999", 20),  # 38 digits: 1 + 19
    ],
)
def test_a_number_takes_a_byte_for_two_significant_digits_and_one_more(text, expected):
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
