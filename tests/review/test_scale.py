"""The scale advisory, held to the worked example of the grading rules.

Five sensors a user, a reading of 120 bytes from each every minute, flat load, kept for 90 days,
keyed by device and time: 5/60 = 0.08333 writes a second and user.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.advisory import advise, smallest
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.review.advisory import Advisory, Stop, judged
from tablewright.review.findings import Level

SENSORS = """
app: sensors
region: us-east-1
scales: [100, 1000, 10000, 50000, 100000, 1000000]
growth: 10%
daily_load: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
entities:
  Customer:
    key: customer_id
    count: 50 total
    attributes: {customer_id: id(10)}
  Device:
    key: device_id
    count: 5/user
    attributes: {device_id: id(10), model: text(20)}
  Reading:
    key: [device_id, at]
    count: 7200/day/user
    retention: 90d
    append_only: true
    attributes:
      device_id: {type: ref, to: Device, skew: 0}
      at: {type: timestamp, role: time}
      customer_id: {type: ref, to: Customer, top_share: 2%}
      value: {type: text, bytes: 40}
patterns:
  write: {put: Reading, rate: 7200/user/day}
  read: {list: Reading, where: {device_id: given, at: {between: 1%}}, rate: 1/user/day, limit: 10}
designs:
  plain:
    engine: dynamodb
    tables:
      readings:
        key: [device_id, at]
        items: Reading
        pitr: 35d
        deletion_protection: true
        PLUS
"""


def evaluations(plus=""):
    file = read_model(SENSORS.replace("PLUS", plus))
    engine, book = DynamoEngine(), PriceBook()
    return [
        engine.evaluate(file.model, file.designs[0], users, book, sample_items=32)
        for users in file.model.scales
    ]


@pytest.fixture(scope="module")
def advisory():
    return advise(evaluations(), PriceBook())


@pytest.fixture(scope="module")
def advisory_with_index():
    index = "indexes: {by_customer: {key: [customer_id, at], project: all}}"
    return advise(evaluations(index), PriceBook())


def users(advisory, rule, level, subject=None):
    found = [
        t
        for t in advisory.triggers
        if (t.rule, t.level) == (rule, level) and subject in (None, t.subject)
    ]
    assert len(found) == 1, [str(t) for t in advisory.triggers]
    return found[0].users


def test_provisioned_capacity_pays_from_125_users(advisory):
    # on-demand 0.08333 * 2,628,000 * 0.625e-6 = 0.136875 a user and month; provisioned at 70 %:
    # 0.08333/0.7 * 0.00065 * 730 = 0.056488; the difference reaches 10 USD at 10/0.080387 = 124.4.
    # The reads, 1 a user and day at half a unit, add 1e-6 of that.
    assert users(advisory, "DDB-CAP-001", Level.MEDIUM) == 125


def test_batching_is_worth_a_look_from_600_users(advisory):
    # 50 writes a second / 0.08333 = 600; eight to an item save far more than a tenth of the bill
    assert users(advisory, "DDB-TSR-005", Level.HIGH) == 600


def test_a_launch_needs_warm_throughput_from_48_000_users(advisory):
    # 4,000 write units a second / 0.08333 = 48,000; more than that from the next user on
    assert users(advisory, "DDB-HOT-005", Level.MEDIUM) == 48_001


def test_the_quota_of_a_table_is_reached_at_480_000_users(advisory):
    # 40,000 / 0.08333 = 480,000
    assert users(advisory, "DDB-HOT-005", Level.HIGH) == 480_001


def test_the_index_by_customer_is_hot_at_480_000_users(advisory_with_index):
    # 2 % of 40,000 units is 800 of 1,000 on the largest customer
    hot = users(advisory_with_index, "DDB-HOT-003", Level.HIGH, "readings/by_customer")
    assert hot == 480_001


def test_the_index_cannot_be_divided_and_is_critical_at_600_000_users(advisory_with_index):
    # sorted by time, so the newest end takes all: 1,000 / (0.08333 * 0.02) = 600,000
    assert users(advisory_with_index, "DDB-HOT-003", Level.CRITICAL) == 600_001


def test_a_hundred_users_need_nothing_but_ttl(advisory):
    first = advisory.stops[0]
    due = {d.trigger.rule for d in first.due if d.when == "now" and d.trigger.level > Level.LOW}
    assert due <= {"DDB-TSR-001"}


def test_provisioned_capacity_saves_100_dollars_from_1_244_users(advisory):
    # 100/0.080387 = 1,243.98
    assert users(advisory, "DDB-CAP-001", Level.HIGH) == 1_244


def test_nothing_new_is_due_between_50_000_and_100_000_users(advisory):
    stop = next(s for s in advisory.stops if s.users == 100_000)
    assert not [d for d in stop.due if d.when == "now" and d.is_new]
    assert stop.due_now == ""
    assert stop.outlook.startswith("the next limit is DDB-HOT-005")


K = {"min_save": Decimal(1), "big_save_share": Decimal("0.1")}


def stop_of(usd: str, due_now: str = "") -> Stop:
    return Stop(
        users=1000,
        usd_per_month=Decimal(usd),
        usd_per_user=Decimal(usd) / 1000,
        usd_marginal=Decimal(0),
        drivers=(),
        due=(),
        headroom=(),
        busiest=(),
        due_now=due_now,
        outlook="no limit grows with the users",
    )


@pytest.mark.parametrize(
    ("usd", "fixed", "budget", "due", "verdict", "sentence"),
    [
        # 40 - 36.10 = 3.90 is less than a tenth of 40
        (
            "40",
            "36.10",
            "40",
            "",
            "sufficient",
            "No change needed at this scale; no limit grows with the users.",
        ),
        (
            "40",
            "36",
            "40",
            "",
            "works, costs more than needed",
            "The improvement path saves 4.00 USD a month (10 %). No limit grows with the users.",
        ),
        # 0.99 of 2 is nearly half, and less than a dollar
        (
            "2",
            "1.01",
            "1",
            "",
            "works, costs more than needed",
            "The budget of 1.00 USD is missed. No limit grows with the users.",
        ),
        (
            "40",
            "30",
            None,
            "Due since 900 users: X.",
            "change due",
            "The improvement path saves 10.00 USD a month (25 %). Due since 900 users: X.",
        ),
    ],
)
def test_a_design_is_sufficient_where_nothing_is_due_the_budget_holds_and_fixes_save_little(
    usd, fixed, budget, due, verdict, sentence
):
    is_missed = budget is not None and Decimal(usd) > Decimal(budget)
    missed = {1000: Decimal(budget)} if is_missed else {}
    advisory = Advisory(stops=(stop_of(usd, due),), triggers=())
    (stop,) = judged(advisory, {1000: Decimal(fixed)}, missed, K).stops
    assert (stop.verdict, stop.sentence) == (verdict, sentence)


def test_the_busiest_key_of_a_table_and_of_an_index_is_known_with_its_share(advisory_with_index):
    stop = advisory_with_index.stops[0]
    table, index = stop.busiest
    # 500 devices of equal load at 100 users; one customer of 50 has 2 % by the model
    assert table.resource == "readings"
    assert table.write_share == pytest.approx(Decimal("0.002"))
    assert index.resource == "readings/by_customer"
    assert index.write_share == pytest.approx(Decimal("0.02"))
    # 100 users x 5/60 writes a second x 2 %
    assert index.writes == pytest.approx(Decimal("0.16667"), abs=Decimal("0.0001"))


def test_what_lies_ahead_is_later_or_beyond(advisory):
    stop = next(s for s in advisory.stops if s.users == 10_000)
    when = {
        (d.trigger.rule, d.trigger.level): d.when
        for d in stop.due
        if d.trigger.rule == "DDB-HOT-005"
    }
    # 48,001 is within ten times 10,000, 480,001 is not
    assert when == {
        ("DDB-HOT-005", Level.MEDIUM): "later",
        ("DDB-HOT-005", Level.HIGH): "beyond",
    }


def test_headroom_says_when_a_limit_is_used_up(advisory):
    stop = next(s for s in advisory.stops if s.users == 10_000)
    quota = next(h for h in stop.headroom if h.limit.startswith("write units a second before"))
    # 833.3 of 4,000 a second: 4.8 times, at 48,000 users; ln 4.8 / ln 1.1 = 16.5 months
    assert quota.times is not None
    assert round(quota.times, 2) == Decimal("4.80")
    assert quota.users == pytest.approx(48_000, abs=1)
    assert quota.months == Decimal("16.5")


def test_cost_per_user_and_the_next_user_agree_where_cost_is_linear(advisory):
    stop = next(s for s in advisory.stops if s.users == 50_000)
    assert abs(stop.usd_marginal / stop.usd_per_user - 1) < Decimal("0.001")


def test_a_variant_moves_the_triggers():
    base = evaluations()
    half = [replace(e, users=e.users) for e in base]
    found = advise(base, PriceBook(), varied=(half, half))
    assert all(t.if_halved == t.users for t in found.triggers)


def test_bisection_finds_the_first_number():
    assert smallest(0, 7, lambda n: n >= 7) == 7
    assert smallest(1, 10**9, lambda n: n >= 123_456) == 123_456
