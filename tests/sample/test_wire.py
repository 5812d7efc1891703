"""Plain values in wire form, what they weigh by the rules of DynamoDB, and as text of a key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tablewright.sample.wire import item_to_wire, key_text, plain_bytes, to_wire

# DynamoDB: text by its UTF-8 bytes; a number 1 byte and one for each two digits; 3 bytes for a map
# or list and 1 for each of its entries; names count too; a Boolean or null is 1 byte.
VALUES: list[tuple[Any, dict[str, Any], int]] = [
    ("är", {"S": "är"}, 3),
    ("", {"S": ""}, 0),
    (True, {"BOOL": True}, 1),
    (None, {"NULL": True}, 1),
    (12345, {"N": "12345"}, 4),
    (Decimal("2.50"), {"N": "2.5"}, 3),
    (b"\x00\x01\x02", {"B": "AAEC"}, 3),
    ({}, {"M": {}}, 3),
    ({"ab": "c", "d": 7}, {"M": {"ab": {"S": "c"}, "d": {"N": "7"}}}, 3 + 2 + 3 + 1 + 2),
    (["ab", None], {"L": [{"S": "ab"}, {"NULL": True}]}, 3 + 2 + 2 + 1),
    ({"b", "a"}, {"SS": ["a", "b"]}, 2),
    ({3, 10}, {"NS": ["3", "10"]}, 4),
    ({b"b", b"a"}, {"BS": ["YQ==", "Yg=="]}, 2),
]


@pytest.mark.parametrize(("value", "wire", "size"), VALUES, ids=[str(w) for _, w, _ in VALUES])
def test_a_plain_value_has_its_wire_form_and_its_bytes(
    value: Any, wire: dict[str, Any], size: int
) -> None:
    assert to_wire(value) == wire
    assert plain_bytes(value) == size


def test_tuples_are_lists_and_frozen_sets_are_sets() -> None:
    assert to_wire((1,)) == {"L": [{"N": "1"}]}
    assert to_wire(frozenset({"x"})) == {"SS": ["x"]}


def test_what_dynamodb_has_no_type_for_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match=r"^no DynamoDB type for float$"):
        to_wire(1.5)
    with pytest.raises(TypeError, match=r"^no DynamoDB type for float$"):
        plain_bytes(1.5)
    with pytest.raises(TypeError, match=r"^DynamoDB has no empty sets$"):
        to_wire(set())


def test_an_item_leaves_out_what_is_absent() -> None:
    assert item_to_wire({"a": "x", "b": None, "c": 5, "d": ""}) == {
        "a": {"S": "x"},
        "c": {"N": "5"},
        "d": {"S": ""},
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (Decimal("2.50"), "2.5"),
        (Decimal("1E+2"), "100"),
        ("a", "a"),
        (7, "7"),
    ],
)
def test_a_value_as_text_of_a_key(value: Any, text: str) -> None:
    assert key_text(value) == text
