"""What the model's figures say of its data, by hand-worked values and beside the sampler."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.model.statistics import (
    LoadCurve,
    Selectivity,
    busiest_hour,
    harmonic,
    load_curve,
    percentile,
    pool,
)
from tablewright.model.values import Condition, Kind, Model
from tablewright.sample.sample import Sample

D = Decimal

TEXT = """
app: t
region: us-east-1
scales: [1000]
entities:
  User:
    key: user_id
    attributes:
      user_id: uuid
      email: {type: email, unique: true}
      country: country
      active: {type: bool, top_share: 0.3}
  Order:
    of: User
    count: 4
    key: order_id
    attributes:
      order_id: uuid
      email: email
      status: {type: enum, values: {open: 0.2, paid: 0.5, sent: 0.3}}
      country: country
      level: int(1..7)
      day: date
      price: {type: money, min: 1, max: 2}
      note: map
      product: {type: ref, to: Product}
      town: {type: text, distinct: 40}
    retention: 30d
  Product: {key: sku, count: {mean: 50, per: total}, attributes: {sku: id}}
patterns:
  a: {get: User, by: user_id, rate: 1/user/day}
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model(TEXT).model


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("user_id", 1000),  # the parent's key: one value for each user
        ("email", 1000),  # a copy of what is unique to the parent, as the sampler copies it
        ("status", 3),
        ("level", 7),
        ("day", 30),  # as many days as are kept
        ("price", 101),  # 1.00, 1.01 … 2.00
        ("product", 50),
        ("town", 40),
        ("order_id", 4000),
    ],
)
def test_distinct_values_follow_from_what_the_file_states(
    model: Model, name: str, values: int
) -> None:
    order = model.entity("Order")
    assert Selectivity(model, 1000).distinct(order, name) == values


def test_a_map_has_an_unknown_number_of_values(model: Model) -> None:
    statistics = Selectivity(model, 1000)
    assert statistics.known_distinct(model.entity("Order"), "note") is None
    assert statistics.distinct(model.entity("Order"), "note") == 4000


def test_countries_are_as_many_as_the_sampler_draws(model: Model) -> None:
    drawn = set(Sample(model).values("Order", "country", 4000))
    assert drawn == set(pool(Kind.COUNTRY))
    assert Selectivity(model, 1000).distinct(model.entity("Order"), "country") == len(drawn)


def test_fewer_instances_than_values_have_no_more_values_than_instances(model: Model) -> None:
    # 10 users have 40 orders, fewer than the 50 products that they may name.
    assert Selectivity(model, 10).distinct(model.entity("Order"), "product") == 40


def test_orders_of_a_product_are_counted_over_all_products(model: Model) -> None:
    # 10 users, 40 orders, 50 products: a product taken evenly has 40 / 50 orders.
    order = model.entity("Order")
    conditions = (Condition(attribute="product"),)
    assert Selectivity(model, 10).matching(order, conditions) == D("0.8")


@pytest.mark.parametrize(
    ("entity", "name", "share"),
    [
        ("Order", "status", "0.5"),
        ("User", "active", "0.7"),  # 0.3 are true, so 0.7 have the most common value
        ("Order", "level", str(D(1) / 7)),
    ],
)
def test_the_most_common_value_has_the_stated_share(
    model: Model, entity: str, name: str, share: str
) -> None:
    top = Selectivity(model, 1000).top_share(model.entity(entity), name)
    assert top is not None
    assert top.share == D(share)
    assert not top.is_default


def test_references_follow_the_default_exponent(model: Model) -> None:
    # 50 products: 1 / (1 + 2^-0.8 + ... + 50^-0.8). By Euler and Maclaurin the sum is about
    # 5 * 50^0.2 + zeta(0.8) + 50^-0.8 / 2 = 10.934 - 4.438 + 0.022 = 6.518.
    top = Selectivity(model, 1000).top_share(model.entity("Order"), "product")
    assert top is not None
    assert top.is_default
    assert abs(top.share - 1 / D("6.518")) < D("0.0005")


def test_the_integral_beyond_the_first_thousand_terms_agrees_with_the_sum() -> None:
    exact = sum(k**-0.8 for k in range(1, 20_001))
    assert abs(harmonic(20_000, 0.8) / exact - 1) < 1e-6


def test_a_percentile_lies_above_that_share_of_the_values() -> None:
    values = list(range(100))
    assert [percentile(values, p) for p in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7], 99) == 7


def test_a_declared_day_is_taken_before_any_peak_factor(model: Model) -> None:
    # 12 hours at 1 and 12 at 3: the mean is 2, the busiest hour 1.5 times that.
    day = replace(model, daily_load=(D(1),) * 12 + (D(3),) * 12)
    assert busiest_hour(day) == load_curve(day, D(9)).peak == D("1.5")
    assert busiest_hour(model) == 1
    assert load_curve(model).is_flat
    assert round(load_curve(model, D(3)).peak, 2) == 3
    assert LoadCurve.of([1] * 24).is_flat


@pytest.mark.parametrize(
    ("entity", "condition", "share"),
    [
        ("Order", Condition(attribute="status", value="open"), D("0.2")),
        # What is no value of the enum is one of its three, as far as anyone knows.
        ("Order", Condition(attribute="status", value="lost"), D(1) / 3),
        ("Order", Condition(attribute="status"), D(1) / 3),
        ("User", Condition(attribute="active", value="true"), D("0.3")),
        ("User", Condition(attribute="active", value="false"), D("0.7")),
        ("Order", Condition(attribute="level", value="3"), D(1) / 7),
        ("Order", Condition(attribute="town", value="Lund"), D(1) / 40),
        ("Order", Condition(attribute="product"), D(1) / 50),
        ("Order", Condition(attribute="status", operator="ne", value="paid"), D("0.5")),
        ("Order", Condition(attribute="status", operator="in", values=("open", "sent")), D("0.5")),
        ("Order", Condition(attribute="status", operator="in", values=("open", "lost")), D("0.2")),
        ("Order", Condition(attribute="town", operator="in", values=("a", "b")), D("0.05")),
        (
            "Order",
            Condition(attribute="level", operator="in", values=tuple("123456789")),
            D(1),
        ),
        ("Order", Condition(attribute="day", operator="gt"), D("0.3")),
        ("Order", Condition(attribute="day", operator="gt", share=D("0.1")), D("0.1")),
        ("Order", Condition(attribute="note", operator="exists"), D(1)),
        ("Order", Condition(attribute="note", operator="absent"), D(0)),
        ("Order", Condition(attribute="note.inner"), D(1) / 4000),
    ],
)
def test_a_condition_is_met_by_its_share(
    model: Model, entity: str, condition: Condition, share: Decimal
) -> None:
    assert Selectivity(model, 1000).share(model.entity(entity), condition) == share


def test_a_population_at_hand_is_counted_instead() -> None:
    model = read_model(TEXT).model
    asked = []

    def counted(entity: str, name: str, value: str) -> Decimal:
        asked.append((entity, name, value))
        return D("0.25")

    statistics = Selectivity(model, 1000, counted)
    order = model.entity("Order")
    assert statistics.share(order, Condition(attribute="status", value="open")) == D("0.25")
    assert statistics.share(order, Condition(attribute="status")) == D(1) / 3
    assert asked == [("Order", "status", "open")]


def test_as_many_match_as_the_product_of_the_shares_and_one_by_a_whole_key(model: Model) -> None:
    statistics = Selectivity(model, 1000)
    order, user = model.entity("Order"), model.entity("User")
    level, town = Condition(attribute="level"), Condition(attribute="town")
    assert statistics.matching(order, ()) == 4000
    assert statistics.matching(order, (level, town)) == D(4000) * (D(1) / 7) * (D(1) / 40)
    assert statistics.matching(order, (Condition(attribute="order_id"), level)) == 1
    assert statistics.matching(user, (Condition(attribute="email"),)) == 1
    above = Condition(attribute="email", operator="gt")
    assert statistics.matching(user, (above,)) == 300


@pytest.mark.parametrize(("name", "matched"), [("customer_id", 2), ("device_id", 1)])
def test_a_part_of_the_parents_key_has_as_many_values_as_its_own_owner(
    name: str, matched: int
) -> None:
    text = """
app: t
region: us-east-1
scales: [1000]
entities:
  Customer: {key: customer_id, attributes: {customer_id: uuid}}
  Device: {of: Customer, key: [customer_id, device_id], count: 2, attributes: {device_id: id}}
  Pin: {of: Device, key: pin_id, identity: [customer_id, device_id], attributes: {pin_id: id}}
patterns:
  a: {get: Customer, by: customer_id, rate: 1/user/day}
"""
    model = read_model(text).model
    pin = model.entity("Pin")
    # 1,000 customers with two devices of one pin each: two of 2,000 pins for a customer.
    condition = Condition(attribute=name)
    assert Selectivity(model, 1000).matching(pin, (condition,)) == matched


def test_an_owner_is_found_where_keys_refer_to_each_other_in_a_circle() -> None:
    text = """
app: t
region: us-east-1
scales: [1000]
entities:
  Folder:
    key: [parent_id, name]
    count: 50 total
    attributes: {parent_id: {type: ref, to: Folder}, name: text(9)}
patterns:
  a: {list: Folder, where: parent_id, rate: 1/user/day}
"""
    model = read_model(text).model
    folder = model.entity("Folder")
    owner = Selectivity(model, 1000).owner(folder, "parent_id")
    assert owner is not None
    assert owner.name == "Folder"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("status", 3),
        ("level", 7),
        ("day", 30),
        ("price", 101),
        ("product", 50),
        ("town", 40),
        ("note", None),
        ("order_id", None),
    ],
)
def test_possible_values_are_bounded_where_the_file_says_so(
    model: Model, name: str, values: int | None
) -> None:
    assert Selectivity(model, 1000).possible(model.entity("Order"), name) == values


def test_rates_are_per_user_per_instance_or_in_all() -> None:
    text = TEXT.replace(
        "  a: {get: User, by: user_id, rate: 1/user/day}",
        "  a: {get: User, by: user_id, rate: 2/user/day, latency_p99_ms: 5}\n"
        "  b: {get: User, by: user_id, rate: 3/Product/day}\n"
        "  c: {scan: User, rate: 1/s, purpose: report}",
    )
    model = read_model(text + "targets: {latency_p99_ms: 80}\n").model
    a, b, c = (model.pattern(name) for name in "abc")
    assert [model.calls_per_day(p, 1000) for p in (a, b, c)] == [2000, 150, 86_400]
    assert model.calls_per_second(c, 1000) == 1
    assert model.calls_per_second(a, 86_400) == 2
    assert [model.latency_target_ms(p) for p in (a, b, c)] == [5, 80, None]


def test_instances_follow_parents_inflow_and_retention() -> None:
    model = read_model("""
app: t
scales: [10]
horizon: 100d
entities:
  User: {key: id, attributes: {id: uuid}}
  Visit: {of: User, key: at, count: 2/day, retention: 30d, attributes: {at: timestamp}}
  Step: {of: Visit, key: n, count: 3, attributes: {n: int(1..9)}}
  Log: {key: at, count: 5/day/total, retention: 1y, attributes: {at: timestamp}}
  Thing: {key: id, count: 7 total, attributes: {id: uuid}}
patterns: {p: {scan: User, rate: 1/day}}
""").model
    # Of a user 2 a day for 30 days are 60 visits, of 3 steps each; a log of 100 days.
    counts = {entity.name: model.instances(entity.name, 10) for entity in model.entities}
    assert counts == {"User": 10, "Visit": 600, "Step": 1800, "Log": 500, "Thing": 7}
    assert [child.name for child in model.children_of("User")] == ["Visit"]
    assert model.age_days(model.entity("Log")) == 100
    assert model.age_days(model.entity("User")) == 100


def test_distinct_values_may_be_as_many_as_there_are_users() -> None:
    text = """
app: t
region: us-east-1
scales: [1000]
entities:
  Rental:
    key: id
    count: 5
    attributes: {id: uuid, email: {type: email, distinct: 1/user}}
patterns:
  a: {list: Rental, where: email, rate: 1/user/day}
"""
    rental = (model := read_model(text).model).entity("Rental")
    assert Selectivity(model, 1000).distinct(rental, "email") == 1000
    assert Selectivity(model, 200).distinct(rental, "email") == 200
    # 5 rentals for each user over as many addresses as users.
    assert Selectivity(model, 200).matching(rental, (Condition(attribute="email"),)) == 5
    drawn = Sample(model).values("Rental", "email", 1000, users=200)
    # Of 200 addresses drawn 1,000 times, 200 x (1 - 0.995**1000) = 198.7 are expected to appear.
    assert 190 <= len(set(drawn)) <= 200
