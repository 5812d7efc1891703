from __future__ import annotations

import base64
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tablewright.capacity.values import (
    NumberError,
    after_prefix,
    canonical_number,
    compare_numbers,
    escape,
    key_part,
    number_key,
    partition_bytes,
    raw_bytes,
)

decimals = st.builds(
    lambda digits, exponent: Decimal(f"{digits}E{exponent}"),  # scaleb would round to 28 digits
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-130, 88),
)
# rounding to the context's 28 digits may carry the largest numbers out of range
decimals = decimals.filter(lambda number: number.is_zero() or number.adjusted() <= 125)


@given(decimals)
def test_canonical_text_is_the_same_number_without_exponent(number: Decimal):
    text = canonical_number(str(number))
    assert Decimal(text) == number
    assert "E" not in text
    assert canonical_number(text) == text


@given(decimals, decimals)
def test_number_keys_sort_as_numbers_do(left: Decimal, right: Decimal):
    a, b = canonical_number(str(left)), canonical_number(str(right))
    assert (number_key(a) < number_key(b)) == (left < right)
    assert (number_key(a) == number_key(b)) == (left == right)
    assert compare_numbers(a, b) == (left > right) - (left < right)


@given(st.text(), st.text())
def test_text_keys_sort_as_utf8_bytes_do(left: str, right: str):
    assert (key_part("S", left) < key_part("S", right)) == (left.encode() < right.encode())


@given(st.binary(), st.binary())
def test_binary_keys_sort_as_unsigned_bytes_do(left: bytes, right: bytes):
    a, b = (key_part("B", base64.b64encode(raw).decode()) for raw in (left, right))
    assert (a < b) == (left < right)


@given(st.lists(st.binary(), min_size=2, max_size=2, unique=True), st.binary(), st.binary())
def test_no_key_part_is_a_prefix_of_another(parts: list[bytes], tail: bytes, other: bytes):
    first, second = (key_part("B", base64.b64encode(raw).decode()) for raw in parts)
    assert not first.startswith(second)
    # so that what follows a part never changes the order of the parts
    assert (first + tail < second + other) == (first < second)


@given(st.text(max_size=4), st.text(max_size=6))
def test_begins_with_is_a_range_of_keys(prefix: str, text: str):
    low = escape(raw_bytes("S", prefix))
    high = after_prefix(low)
    key = key_part("S", text)
    inside = low <= key and (high is None or key < high)
    assert inside == text.startswith(prefix)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a number"),
        ("abc", "not a number"),
        ("1 ", "not a number"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("\uff11\uff12", "not a number"),  # full-width digits
        ("1E126", "overflow"),
        ("-1e126", "overflow"),
        ("1E-131", "underflow"),
        ("1" * 39, "too many digits"),
        ("0." + "3" * 39, "too many digits"),
    ],
)
def test_what_is_not_a_number_of_the_service_is_refused(text: str, problem: str):
    with pytest.raises(NumberError) as caught:
        canonical_number(text)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0.00", "0"),
        ("-0.0", "0"),
        ("0E125", "0"),  # zero is zero, whatever its exponent within the range
        ("9.99E+2", "999"),
        ("1E125", "1" + "0" * 125),
        ("1E-130", "0." + "0" * 129 + "1"),
        ("1" + "0" * 60, "1" + "0" * 60),  # one significant digit
        ("00012.3400", "12.34"),
        ("-.5", "-0.5"),
        ("5.", "5"),
    ],
)
def test_canonical_text_of_unusual_forms(text: str, canonical: str):
    assert canonical_number(text) == canonical


def test_partitions_are_spread_by_their_hash():
    # crc32 of b"a\0\0" decides the first four bytes; the parts follow unchanged
    assert partition_bytes([key_part("S", "a")])[4:] == b"a\x00\x00"
    first_bytes = {partition_bytes([key_part("S", f"user{i}")])[0] for i in range(1000)}
    assert len(first_bytes) > 200
