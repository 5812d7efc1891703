"""Values as text that is the same whatever stored them, and digests that no swap deceives."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tablewright.migrate import canonical

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-999, max_value=999),
    st.text(max_size=8),
    st.binary(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_comes_back_equal(value):
    assert canonical.decode(canonical.encode(value)) == value


def test_equal_numbers_have_one_text_and_a_text_of_digits_another():
    assert canonical.encode(5) == canonical.encode(Decimal("5.00")) == '{"n":"5"}'
    assert canonical.encode("5") == '"5"'


def test_thirty_eight_digits_survive():
    number = Decimal("12345678901234567890123456789.012345678")

    assert canonical.decode(canonical.encode(number)) == number


def test_true_is_not_one():
    assert canonical.encode(True) != canonical.encode(1)


def test_an_empty_text_null_and_absence_differ_in_content_but_absence_is_not_counted():
    assert canonical.digest("E", {"a": ""}) != canonical.digest("E", {})
    assert canonical.digest("E", {"a": None}) == canonical.digest("E", {})


def test_a_pair_of_equal_instances_does_not_cancel_out():
    digest = canonical.digest("E", {"a": 1})

    assert canonical.total([digest, digest]) == 2 * digest % (1 << 128) != 0


def test_the_total_does_not_depend_on_order():
    digests = [canonical.digest("E", {"a": n}) for n in range(5)]

    assert canonical.total(digests) == canonical.total(reversed(digests))


def test_something_that_is_no_value_is_refused():
    with pytest.raises(TypeError, match="object"):
        canonical.encode(object())
