"""Lines and their sums."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.bill.bill import Bill, Line, charge
from tablewright.bill.prices import PriceBook

BOOK = PriceBook()
KEYS = (
    "aws.dynamodb.ondemand.wru.standard",
    "aws.dynamodb.provisioned.rcu.standard",
    "aws.dynamodb.storage.standard",
    "aws.dynamodb.streams.read",
)


def line(key: str, quantity: Decimal | int, pattern: str = "", where: str = "t") -> Line:
    price = BOOK.price(key, "us-east-1")
    return charge(price, quantity, where=where, what=key, pattern=pattern)


def test_amount_is_quantity_times_unit_price_over_per() -> None:
    # The example of the house: 12 million write units at 0.625 a million.
    orders = line(KEYS[0], 12_000_000)
    assert orders.amount == Decimal("7.5")
    assert (orders.unit, orders.per, orders.unit_price) == ("WRU", 1_000_000, Decimal("0.625"))


def test_sums_by_pattern_and_by_place_open_to_the_same_total() -> None:
    bill = Bill(
        lines=(line(KEYS[0], 1_000_000, "save"), line(KEYS[0], 3_000_000, "load", "u")),
        region="us-east-1",
        prices_as_of="2026-09-28",
    )
    assert bill.sum_by("pattern") == {"save": Decimal("0.625"), "load": Decimal("1.875")}
    assert bill.sum_by("where") == {"t": Decimal("0.625"), "u": Decimal("1.875")}
    assert bill.total == Decimal("2.5")
    assert bill.units_by("what") == {(KEYS[0], "WRU"): Decimal(4_000_000)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(KEYS),
            st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False),
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_lines_re_add_to_the_last_digit_in_any_order(
    rows: list[tuple[str, Decimal]], shuffler: random.Random
) -> None:
    lines = [line(key, quantity / 3) for key, quantity in rows]
    for one in lines:
        assert one.amount == one.quantity * one.unit_price / one.per
    bill = Bill(lines=tuple(lines), region="us-east-1", prices_as_of="")
    shuffler.shuffle(lines)
    assert sum((one.amount for one in lines), Decimal(0)) == bill.total
    assert sum(bill.sum_by("what").values()) == bill.total
