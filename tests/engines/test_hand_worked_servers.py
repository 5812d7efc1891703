"""Limits and bills of server offers, each figure worked out beside the test.

Planting a wrong constant in the formula that a test is about makes that test fail.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from server_loads import a_load
from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.mongodb.offers import offers as mongodb_offers
from tablewright.engines.postgresql.offers import offers as postgresql_offers
from tablewright.engines.servers.constants import figures
from tablewright.engines.servers.load import Hurried
from tablewright.engines.servers.sizing import OfferLimit, costs_range, limits_of, times_held

GB = 1024**3
BOOK = PriceBook()


def limit_of(engine: str, name: str, resource: str, **load: Any) -> OfferLimit:
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
        "postgresql",
        "db.t4g.large, one zone",
        "memory for hot pages",
        connections=Decimal(512),
        hurried=HURRIED,
    )
    assert limit.available == Decimal("2.975")


def test_documents_and_index_entries_take_memory_and_disk_as_the_storage_engine_was_measured():
    text = """
app: notes
region: us-east-1
scales: [1000]
entities: {Note: {key: id, count: 1/user, attributes: {id: uuid, shop: uuid}}}
patterns: {get: {get: Note, by: id, rate: 1/user/day}}
designs: {m: {engine: mongodb, collections: {notes: {holds: Note, indexes: {INDEXES}}}}}
"""

    def evaluated(indexes: str) -> Any:
        file = read_model(text.replace("INDEXES", indexes))
        return MongoEngine().evaluate(
            file.model, file.designs[0], 1000, BOOK, sample_items=32, cases=("value",)
        )

    with_index, without = evaluated("shop: {shop: 1}"), evaluated("")
    # BSON: 5 bytes, `_id` 2 + 3 + 21, `shop` 2 + 4 + 21: 58. Pages are 0.9 full:
    # 58,000 / 0.9 = 64,444. An entry: 3 + 4 for the record and its id, 1 for the type, 21: 29.
    # In memory 29,000 x 1.09 = 31,610; in a file 29,000 x 0.76, of which 0.95 holds something:
    # 23,200.
    (home,) = with_index.homes
    assert round(home.stored_bytes) == 64_444
    assert [round(index.stored_bytes) for index in home.indexes] == [31_610, 31_610]
    assert round(with_index.load.disk_bytes - without.load.disk_bytes) == 23_200
    # of 10 writes a second with none of the pages missing: 10 x 2.53 operations
    calm = a_load(writes_peak=Decimal(10), hot_bytes=Decimal(0), memory_bytes=Decimal(0))
    assert calm.iops(Decimal(GB), figures("mongodb")) == Decimal("25.3")


HURRIED = Hurried(pattern="list", pages=Decimal(11), target_ms=Decimal(12))


def resources_of(engine: str, name: str, **load: Any) -> dict[str, OfferLimit]:
    offers = mongodb_offers(BOOK) if engine == "mongodb" else postgresql_offers(BOOK)
    offer = next(offer for offer in offers if offer.name == name)
    return {limit.resource: limit for limit in limits_of(offer, a_load(**load), figures(engine))}


def test_a_miss_is_counted_as_a_disk_operation_and_not_as_missing_memory_too():
    # M30: half of 8 - 1 GB and a tenth of 8 GB are 4.3 GB, less ten connections of 1 MB:
    # 4.290234375 GB of 12 GB of hot pages are in memory, 0.642480469 of the touches are not:
    # of 2,000 a second 1,284.960938. Of 3,000 operations of the volume 0.7 may be used.
    load = {
        "hot_bytes": Decimal(12 * GB),
        "memory_bytes": Decimal(4 * GB),
        "touches_peak": Decimal(2000),
    }
    resources = resources_of("mongodb", "M30", **load)
    assert "memory for hot pages" not in resources
    assert round(resources["disk operations"].needed, 6) == Decimal("1284.960938")
    assert resources["disk operations"].available == 2100


@pytest.mark.parametrize(
    ("touches", "times"),
    [
        # all 2 GB of hot pages are in the 4.290 GB of an M30: the disk does nothing until the users
        # are 2.145 times as many. At n times as many 1 - 4.290234375 / 2n of 500n touches a second
        # miss: 500n - 1,072.558594 = 2,100 where n = 6.345117
        (500, "6.345"),
        # 3,000n - 6,435.351563 = 2,100 where n = 2.845117
        (3000, "2.845"),
    ],
)
def test_room_for_growth_takes_in_that_pages_stop_fitting(touches, times):
    offer = next(offer for offer in mongodb_offers(BOOK) if offer.name == "M30")
    load = a_load(hot_bytes=Decimal(2 * GB), touches_peak=Decimal(touches))
    held = times_held(offer, load, figures("mongodb"))
    assert held is not None
    assert float(held) == pytest.approx(float(times), rel=1e-3)


def test_what_does_not_hold_at_all_holds_no_part_of_the_users():
    offer = next(offer for offer in mongodb_offers(BOOK) if offer.name == "Free (M0)")
    # ten connections stay open however few the users are, and two are stated of such an offer
    few = replace(offer, connections=Decimal(2))
    assert times_held(few, a_load(), figures("mongodb")) == 0


def test_connections_leave_less_memory_and_so_more_reads_from_disk():
    # 2,048 connections of 1 MB are 2 GB: 2.3 of 9.2 GB of hot pages are in memory, a quarter
    resources = resources_of(
        "mongodb",
        "M30",
        hot_bytes=Decimal("9.2") * GB,
        touches_peak=Decimal(1000),
        connections=Decimal(2048),
    )
    assert resources["disk operations"].needed == 750


@pytest.mark.parametrize(
    ("engine", "offer", "hurried"),
    [
        ("mongodb", "M30", HURRIED),  # it states its disk operations, but there is no time
        ("postgresql", "db.r6g.large", None),  # Aurora states none
    ],
)
def test_hot_pages_have_to_fit_where_the_disk_is_too_slow_or_not_stated(engine, offer, hurried):
    resources = resources_of(engine, offer, hot_bytes=Decimal(12 * GB), hurried=hurried)
    assert resources["memory for hot pages"].needed == 12


def test_the_pattern_without_time_for_the_disk_is_named_with_its_pages():
    # 20,000 bytes are more than a page: ten documents are ten pages and the entries of a user lie
    # on one: 11 reads of 1 ms and 5 ms for the way are 16 ms. `read` takes 2 + 5 = 7 ms.
    text = """
app: steady
region: us-east-1
scales: [1000]
entities:
  User: {key: user_id, attributes: {user_id: uuid}}
  Note: {of: User, key: id, count: 100/parent, attributes: {id: uuid, body: text(20000)}}
patterns:
  read: {get: Note, by: [user_id, id], rate: 5000/user/day, latency_p99_ms: 8}
  list: {list: Note, by: user_id, limit: 10, rate: 10/user/day, latency_p99_ms: LIST}
designs:
  m:
    engine: mongodb
    collections: {notes: {holds: Note, indexes: {by_user: {user_id: 1}}}, users: {holds: User}}
"""

    def hurried(list_ms: int) -> Hurried | None:
        file = read_model(text.replace("LIST", str(list_ms)))
        load = MongoEngine().evaluate(file.model, file.designs[0], 1000, BOOK, sample_items=32).load
        return load.hurried

    named = hurried(15)
    assert named is not None
    assert (named.pattern, named.target_ms) == ("list", 15)
    assert float(named.pages) == pytest.approx(11, abs=0.1)
    assert hurried(17) is None


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
