"""Limits and bills of server offers, each figure worked out beside the test.

Planting a wrong constant in the formula that a test is about makes that test fail.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from server_loads import a_load
from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.mongodb.offers import offers as mongodb_offers
from tablewright.engines.postgresql.offers import offers as postgresql_offers
from tablewright.engines.servers.constants import figures
from tablewright.engines.servers.sizing import OfferLimit, costs_range, limits_of

GB = 1024**3
BOOK = PriceBook()


def limit_of(engine: str, name: str, resource: str, **load: Decimal) -> OfferLimit:
    offers = mongodb_offers(BOOK) if engine == "mongodb" else postgresql_offers(BOOK)
    offer = next(offer for offer in offers if offer.name == name)
    limits = limits_of(offer, a_load(**load), figures(engine))
    return next(limit for limit in limits if limit.resource == resource)


def test_the_range_of_a_bill_takes_both_causes_to_the_same_end():
    # Independent errors: the logarithms of the ratios are squared and added. A half twice is 2 to
    # the power of -sqrt(2) = 0.37521; three times and no change is three times.
    costs = {
        "value": Decimal(100),
        "server-light": Decimal(50),
        "habits-light": Decimal(50),
        "server-heavy": Decimal(300),
        "habits-heavy": Decimal(100),
    }
    assert costs_range(costs) == (Decimal("37.52"), Decimal("300.00"))


def test_the_range_of_an_evaluation_is_that_of_its_own_cases():
    text = """
app: steady
region: us-east-1
scales: [1000]
entities: {Note: {key: id, count: 100/user, attributes: {id: uuid, body: text(20000)}}}
patterns: {get: {get: Note, by: id, rate: 5000/user/day}, add: {put: Note, rate: 10/user/day}}
designs: {m: {engine: mongodb, collections: {notes: {holds: Note}}}}
"""
    file = read_model(text)
    evaluation = MongoEngine().evaluate(file.model, file.designs[0], 1000, BOOK, sample_items=32)

    def cheapest(case: str) -> Decimal:
        return min(o.usd for o in evaluation.ends[case] if o.holds and o.usd is not None)

    middle = cheapest("value")
    assert middle == evaluation.bill.total
    for end, usd in (("light", evaluation.light), ("heavy", evaluation.heavy)):
        server, habits = cheapest(f"server-{end}"), cheapest(f"habits-{end}")
        # the same rule by another road: hypot of the two logarithms
        logs = [float(cost / middle) for cost in (server, habits)]
        far = sum(_ln(ratio) ** 2 for ratio in logs) ** 0.5
        sign = 1 if end == "heavy" else -1
        assert float(usd) == pytest.approx(float(middle) * 2.718281828459045 ** (sign * far), 1e-4)
    assert evaluation.light < middle < evaluation.heavy


def _ln(ratio: float) -> float:
    import math

    return math.log(ratio)


@pytest.mark.parametrize(
    ("gb_a_month", "gb_in_seven_days", "holds"),
    [
        # a month has 730 hours = 30.41667 days: 40 x 7 / 30.41667 = 9.2055, of 10 GB
        (40, "9.2055", True),
        (45, "10.3562", False),  # 45 x 7 / 30.41667
    ],
)
def test_the_free_tier_of_atlas_sends_10_gb_in_any_7_days(gb_a_month, gb_in_seven_days, holds):
    limit = limit_of("mongodb", "Free (M0)", "transfer out", returned_gb=Decimal(gb_a_month))
    assert round(limit.needed, 4) == Decimal(gb_in_seven_days)
    assert limit.available == 10
    assert (limit.use <= 1) == holds


@pytest.mark.parametrize(
    ("engine", "offer", "vcpu", "share", "room"),
    [
        ("mongodb", "M30", 2, "0.75", "1.5"),  # Atlas takes the next tier at 75 per cent
        ("postgresql", "db.t4g.micro, one zone", 2, "0.6", "1.2"),
    ],
)
def test_processors_may_be_busy_to_their_share_in_the_busiest_hour(
    engine, offer, vcpu, share, room
):
    assert Decimal(vcpu) * Decimal(share) == Decimal(room)
    for needed, holds in ((room, True), (Decimal(room) + Decimal("0.01"), False)):
        limit = limit_of(engine, offer, "processors at the peak", processors_peak=Decimal(needed))
        assert limit.available == Decimal(room)
        assert (limit.use <= 1) == holds


def test_connections_take_memory_from_hot_pages():
    # 512 connections of 2.05 MB are 1.025 GB; half of 8 GB holds data: 4 - 1.025 = 2.975 GB
    limit = limit_of(
        "postgresql", "db.t4g.large, one zone", "memory for hot pages", connections=Decimal(512)
    )
    assert limit.available == Decimal("2.975")


@pytest.mark.parametrize(
    ("rate", "connections"),
    [
        ("500/s", 10),  # 2 x 500 calls x 5 ms = 5 busy, twice that open: 10, the least there are
        ("1500/s", 30),  # 2 x 1,500 x 0.005 x 2
    ],
)
def test_connections_follow_the_calls_of_the_busiest_hour(rate, connections):
    text = f"""
app: calls
region: us-east-1
scales: [1]
entities: {{Note: {{key: id, count: 10, attributes: {{id: uuid}}}}}}
patterns: {{get: {{get: Note, by: id, rate: {rate}, peak: 2}}}}
designs: {{m: {{engine: mongodb, collections: {{notes: {{holds: Note}}}}}}}}
"""
    file = read_model(text)
    evaluation = MongoEngine().evaluate(
        file.model, file.designs[0], 1, BOOK, sample_items=8, cases=("value",)
    )
    assert evaluation.load.connections == connections


@pytest.mark.parametrize(
    ("instance", "connections"),
    [
        # LEAST(memory in bytes / 9531392, 5000), and a quotient is cut off: 1 GB 112.65, 2 GB
        # 225.3, 4 GB 450.6, 8 GB 901.2
        ("db.t4g.micro", 112),
        ("db.t4g.small", 225),
        ("db.t4g.medium", 450),
        ("db.t4g.large", 901),
    ],
)
def test_rds_allows_connections_by_memory(instance, connections):
    limit = limit_of("postgresql", f"{instance}, one zone", "connections")
    assert limit.available == connections
