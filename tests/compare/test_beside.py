"""What stands beside the decision: cheaper variants, the fit of each pattern, minutes away."""

from __future__ import annotations

from decimal import Decimal

import pytest

from applications import compared
from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.compare.fit import kind_of
from tablewright.compare.needs import minutes_away
from tablewright.compare.pricing import price_at
from tablewright.compare.reader import read_architectures
from tablewright.compare.variants import with_variant
from tablewright.core.errors import DataError


def test_an_http_api_saves_two_dollars_and_a_half_a_million_requests() -> None:
    shop = compared("mongocollectibles")
    (variant,) = (v for v in shop.variants if v.title == "HTTP API instead of REST API")
    requests = {name: value for name, value, _ in shop.workload}["requests"]
    # 3.50 USD a million of the REST API less 1.00 of the HTTP API
    assert round(variant.saves_at(50_000), 6) == round(requests * Decimal("2.5") / 10**6, 6)
    assert Decimal(54) < variant.saves_at(50_000) < Decimal(56)
    assert variant.option == "serverless"
    assert "usage plans" in variant.gives_up


def test_a_way_out_through_an_instance_is_cheaper_than_a_nat_gateway() -> None:
    proxy = compared("llm-proxy")
    (variant,) = (v for v in proxy.variants if v.title.startswith("an instance for NAT"))
    # 730 x (0.045 - 0.0104) and 0.045 for each GB of answers, twice
    gb_out = {name: value for name, value, _ in proxy.workload}["gb_out"]
    by_hand = 730 * Decimal("0.0346") + gb_out * 2 * Decimal("0.045")
    assert round(variant.saves_at(50_000), 6) == round(by_hand, 6)


def test_functions_on_instances_cost_three_of_them_at_least_and_a_fee() -> None:
    proxy = compared("llm-proxy")
    results = {result.architecture.name: result.architecture for result in proxy.architectures}
    option = results["native-aws"]
    variant = next(v for v in option.variants if v.name == "managed-instances")
    workload = {name: value for name, value, _ in proxy.workload}
    priced = price_at(with_variant(option, variant), workload, PriceBook(), "us-east-1")
    lines = {line.resource: line for line in priced.lines}
    # three m7g.large for 730 h at 0.0816 USD, 15 % of that, and 0.20 USD a million requests
    assert round(lines["instances"].amount, 3) == Decimal("178.704")
    assert round(lines["fee"].amount, 4) == Decimal("26.8056")
    by_hand = workload["requests"] * Decimal("0.2") / 10**6
    assert round(lines["functions"].amount, 6) == round(by_hand, 6)


def test_the_quota_of_functions_is_that_of_the_price_book() -> None:
    for app in ("llm-proxy", "mongocollectibles", "screen-time-journey", "auxeira"):
        limits = [
            limit for result in compared(app).architectures for limit in result.architecture.limits
        ]
        quota = next(limit for limit in limits if limit.source == "aws.lambda.limit.concurrency")
        assert quota.most == "1000"
        assert "a new account fewer" in quota.what


def test_a_variant_that_replaces_what_is_not_there_is_an_error() -> None:
    raw = {"mine": {"components": {}, "variants": {"less": {"instead_of": ["engine"]}}}}
    with pytest.raises(DataError, match="there is no component `engine` to replace"):
        read_architectures(raw, "architectures")


MODEL = """
app: kinds
scales: [10]
entities:
  Event: {key: [owner, at], count: 1/user, attributes: {owner: uuid, at: timestamp, n: int, tag: text(5)}}
patterns:
  one: {get: Event, by: [owner, at], rate: 1/user/day}
  recent: {list: Event, where: owner, sort: -at, limit: 10, rate: 1/user/day}
  tagged: {list: Event, where: tag, rate: 1/user/day}
  count: {update: Event, by: [owner, at], increment: n, rate: 1/user/day}
  rename: {update: Event, by: [owner, at], set: tag, rate: 1/user/day}
  words: {search: Event, where: tag, rate: 1/user/day}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("one", "key-value"),
        ("recent", "time series"),
        ("tagged", "list"),
        ("count", "counter"),
        ("rename", "write"),
        ("words", "search by words"),
    ],
)
def test_patterns_are_told_apart_by_what_they_ask(pattern: str, kind: str) -> None:
    model = read_model(MODEL).model
    assert kind_of(model, next(p for p in model.patterns if p.name == pattern)) == kind


def test_the_fit_is_ten_for_one_request_and_nothing_for_what_cannot_be_served() -> None:
    fits = {fit.pattern: fit for fit in compared("poafix").fits}
    near = {one.engine: one for one in fits["usersNear"].engines}
    assert near["mongodb"].score == 10  # by its 2dsphere index
    by_key = {one.engine: one.score for one in fits["getUser"].engines}
    assert by_key["mongodb"] == by_key["postgresql"] == 10
    means = dict(compared("poafix").mean_fits)
    assert all(0 < score <= 10 for score in means.values())


def test_a_promise_is_shown_with_the_minutes_it_leaves() -> None:
    # 43,800 minutes in a month of 730 hours
    assert minutes_away(Decimal("99.95")) == Decimal("21.9")
    assert minutes_away(Decimal("99.995")) == Decimal("2.19")


def test_where_nothing_decides_a_tenth_and_ten_times_are_tried() -> None:
    found = compared("mongocollectibles")
    first = found.sensitivity[0]
    assert not first.decides
    assert first.turns_at is not None
    assert not Decimal("0.5") <= first.turns_at <= 2
    assert found.advice[3].startswith("It rests on no single figure: half or twice each of ")


def test_prices_that_are_old_or_a_third_partys_are_named_with_their_share() -> None:
    weak = {one.option: one for one in compared("mongocollectibles").weak}
    droplet = weak["digitalocean"]
    # a droplet of 12, a database of 15 and files of 5: all of it from a third party's page
    assert (droplet.usd, droplet.share) == (32, 1)
    assert droplet.reasons == ("stated by a third party",)
    answer = compared("mongocollectibles").advice[0]
    assert "are at prices read in 2024; `tablewright prices --refresh` renews them." in answer


def test_a_list_that_leaves_out_what_it_has_read_reads_more_than_it_returns() -> None:
    """On DynamoDB the bookings of a client lie in the order of time, their states among them."""
    fits = {fit.pattern: fit for fit in compared("poafix").fits}
    hows = {each.engine: each.how for each in fits["bookingsByClient"].engines}
    assert hows == {
        "mongodb": "query",
        "dynamodb": "reads more than it returns",
        "postgresql": "query",
    }
