"""Where the values of calls come from, and small rules of choosing them; worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tablewright import read_model
from tablewright.model.values import Attribute, Condition, Kind
from tablewright.sample.calls import Call, typed
from tablewright.sample.parameters import (
    Domain,
    ValueSource,
    another,
    domains,
    in_range,
    is_fixed,
    most_telling,
    names_one,
    ref_target,
    spread_evenly,
)

MODEL = read_model("""
app: t
scales: [10]
entities:
  User: {key: user_id, attributes: {user_id: uuid, mail: {type: email, unique: yes}, town: text}}
  Order:
    of: User
    key: [user_id, order_id]
    count: 2
    attributes:
      order_id: id
      product: ref(Product)
      rebate: {type: ref, to: Product, distinct: 3}
      maker: ref(Product)
      state: enum(open, paid)
      paid: bool
      pieces: {type: int, min: 1, max: 3}
  Line: {of: Order, key: [user_id, order_id, n], count: 3, attributes: {n: int}}
  Product: {key: [maker, number], count: 5 total, attributes: {maker: id, number: id}}
patterns:
  p: {scan: User, rate: 1/day}
  both:
    read:
      - {list: Order, where: {user_id: given, state: open}}
      - {list: Line, where: {user_id: given, order_id: given}}
    rate: 1/day
  count: {update: Order, by: [user_id, order_id], increment: {pieces: 2}, rate: 1/day}
""").model
USER, ORDER, LINE, PRODUCT = (MODEL.entity(name) for name in ("User", "Order", "Line", "Product"))


def told(entity: Any, *names: str) -> list[tuple[str, tuple[str, ...], str, tuple[str, ...]]]:
    return [(d.source.value, d.names, d.entity, d.keys) for d in domains(MODEL, entity, names)]


def test_names_that_tell_one_instance_take_their_values_from_one() -> None:
    key = ("user_id", "order_id")
    assert told(ORDER, *key) == [("instance", key, "Order", key)]
    assert told(ORDER, "state", *key) == [
        ("instance", ("state", *key), "Order", ("state", *key)),
    ]
    assert told(USER, "mail") == [("instance", ("mail",), "User", ("mail",))]
    assert domains(MODEL, ORDER, []) == ()


def test_the_key_of_a_parent_comes_from_the_parent_and_the_rest_alone() -> None:
    assert told(ORDER, "state", "user_id", "state") == [
        ("owner", ("user_id",), "User", ("user_id",)),
        ("value", ("state",), "Order", ("state",)),
    ]
    # Of a line both: its order has the whole key, so the user is not asked.
    assert told(LINE, "order_id", "user_id") == [
        ("owner", ("user_id", "order_id"), "Order", ("user_id", "order_id"))
    ]
    # A part of the order's key is none: the user above it is the owner.
    assert told(LINE, "user_id", "n") == [
        ("owner", ("user_id",), "User", ("user_id",)),
        ("value", ("n",), "Line", ("n",)),
    ]


def test_a_reference_comes_from_what_it_points_to_unless_it_has_few_values() -> None:
    assert told(ORDER, "product") == [("owner", ("product",), "Product", ("number",))]
    assert told(ORDER, "maker") == [("owner", ("maker",), "Product", ("maker",))]
    assert told(ORDER, "rebate") == [("value", ("rebate",), "Order", ("rebate",))]
    assert domains(MODEL, ORDER, ["nowhere"]) == (
        Domain(source=ValueSource.VALUE, names=("nowhere",), entity="Order", keys=("nowhere",)),
    )


def test_a_reference_is_the_attribute_of_its_name_or_the_last_of_the_key() -> None:
    assert ref_target(MODEL, ORDER, ORDER.attribute("product")) == (PRODUCT, "number")
    same = Attribute(name="maker", kind=Kind.REF, to="Product")
    assert ref_target(MODEL, ORDER, same) == (PRODUCT, "maker")
    stated = Attribute(name="x", kind=Kind.REF, to="User.mail")
    assert ref_target(MODEL, ORDER, stated) == (USER, "mail")


def test_whether_names_tell_one_instance() -> None:
    assert names_one(ORDER, ["order_id", "user_id", "state"])
    assert not names_one(ORDER, ["order_id"])
    assert names_one(USER, ["town", "mail"])
    assert not names_one(USER, ["town", "nowhere"])


def test_the_part_with_most_values_to_give_is_chosen_first() -> None:
    # The orders are asked for by one value, their state being stated; the lines by two.
    assert most_telling(MODEL.pattern("both")).entity == "Line"


@pytest.mark.parametrize(
    ("share", "count", "expected"),
    [("0.05", 200, 10), ("0.05", 3, 1), ("1", 0, 0), ("1", 7, 7), ("2", 7, 7), ("0.5", 5, 2)],
)
def test_a_range_holds_its_share_and_at_least_one(share: str, count: int, expected: int) -> None:
    assert in_range(Decimal(share), count) == expected


STATE, PAID, PIECES = (ORDER.attribute(name) for name in ("state", "paid", "pieces"))
PLAIN = Attribute(name="n", kind=Kind.INT)


@pytest.mark.parametrize(
    ("attribute", "old", "new", "written"),
    [
        (STATE, "open", "paid", "paid"),
        (STATE, "open", "open", "paid"),
        (STATE, "paid", "paid", "open"),
        (STATE, "gone", "gone", "gone"),
        (STATE, "open", None, "paid"),
        (PAID, True, True, False),
        (PAID, False, False, True),
        (PAID, None, None, None),
        (PIECES, 2, 2, 3),
        (PIECES, 3, 3, 2),
        (PLAIN, 3, 3, 4),
        (PLAIN, Decimal("1.5"), Decimal("1.5"), Decimal("2.5")),
        (PLAIN, 3, None, 3),
        (USER.attribute("town"), "Lund", "Lund", "Lund"),
        (USER.attribute("town"), "Lund", None, "Lund"),
    ],
)
def test_an_update_writes_another_value_where_there_is_one(
    attribute: Attribute, old: Any, new: Any, written: Any
) -> None:
    assert another(attribute, old, new) == written


def test_an_enum_of_one_value_stays_as_it_is() -> None:
    alone = Attribute(name="a", kind=Kind.ENUM, values=(("x", Decimal(1)),))
    assert another(alone, "x", "x") == "x"


def test_only_a_stated_value_of_an_equality_is_fixed() -> None:
    assert is_fixed(Condition(attribute="a", value="x"))
    assert not is_fixed(Condition(attribute="a"))
    assert not is_fixed(Condition(attribute="a", operator="lt", value="5"))


def test_steps_of_the_golden_section_visit_all() -> None:
    # 0.618 x 5 is 3 steps: 0, 3, 1, 4, 2; from a fifth of the way: 1, 4, 2, 0, 3.
    assert spread_evenly([10, 20, 30, 40, 50], 0.0) == [10, 40, 20, 50, 30]
    assert spread_evenly([10, 20, 30, 40, 50], 0.2) == [20, 50, 30, 10, 40]
    # 0.618 x 6 is 4 steps, which have 2 in common with 6; 5 have nothing.
    assert spread_evenly(range(6), 0.0) == [0, 5, 4, 3, 2, 1]
    assert spread_evenly([1, 2], 0.9) == [1, 2]
    # Of three 0.618 x 3 is 2 steps.
    assert spread_evenly([1, 2, 3], 0.0) == [1, 3, 2]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("paid", "true", True),
        ("paid", "false", False),
        ("pieces", "5", 5),
        ("state", "5", "5"),
        ("nowhere", "5", "5"),
    ],
)
def test_a_stated_value_has_the_type_of_its_attribute(name: str, text: str, value: Any) -> None:
    result = typed(ORDER, name, text)
    assert (result, type(result)) == (value, type(value))


def test_a_call_counts_up_by_what_the_caller_says_or_the_pattern() -> None:
    pattern = MODEL.pattern("count")
    plain = Call(pattern=pattern, row={})
    assert (plain.amount("pieces"), type(plain.amount("pieces"))) == (2, int)
    stated = Call(pattern=pattern, row={}, amounts={"pieces": Decimal("1.5")})
    assert stated.amount("pieces") == Decimal("1.5")
    whole = Call(pattern=pattern, row={}, amounts={"pieces": Decimal("3.0")})
    assert (whole.amount("pieces"), type(whole.amount("pieces"))) == (3, int)


def test_a_call_is_one_for_each_instance() -> None:
    pattern = MODEL.pattern("count")
    second, third = (Call(pattern=pattern, row={"n": n}) for n in (2, 3))
    first = Call(pattern=pattern, row={"n": 1}, more=(second,))
    assert first.all == (first, second)
    together = Call(pattern=pattern, row={}, parts=(first, third))
    assert together.instances == (first, second, third)
    assert first.instances == (first, second)
    assert list(first.children("Line")) == []
    assert (first.parent(), first.place(), first.seeded("Line", {}, "n")) == ({}, 0, None)
