"""At which rates, sizes and targets a choice flips, held against hand-made sums and new plans."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from tablewright import read_model
from tablewright.plan.breakevens import Breakeven, TargetFlip, crossing
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

# 100,000 tasks of 957 bytes: id 2 + 36, topic 5 + 10, text 4 + 900. 100 reports a day look for a
# topic: by a scan, or by an index that takes a write for each new task.
MODEL = """\
app: tasks
region: us-east-1
scales: [100000]
options: {{capacity: on-demand}}
entities:
  Task:
    key: id
    count: 1
    attributes: {{id: uuid, topic: digits(10), text: text({text})}}
patterns:
  add: {{put: Task, rate: {add}/user/day}}
  read: {{get: Task, by: id, rate: 1/user/day}}
  find:
    list: Task
    where: topic
    select: [id]
    limit: 10
    rate: {find}/user/day
    purpose: report
"""
DAYS = Decimal(730) / 24
WRITE, READ = Decimal("0.000000625"), Decimal("0.000000125")
SCAN = Decimal(100_000 * 957) / 4096 / 2 * READ  # one scan
ASK = READ / 2  # one question to the index
ADD = WRITE  # the entry of a new task
STORED = Decimal(100_000 * 153) / 1024**3 * Decimal("0.25") / DAYS  # a day; entries of 53 + 100 B


@cache
def planned(add: str = "1", find: str = "0.001", text: str = "900") -> PlanResult:
    file = read_model(MODEL.format(add=add, find=find, text=text), "tasks.yaml")
    return plan(Session(file=file, options=Options(sample_items=64)))


def flip(subject: str) -> Breakeven:
    (index,) = planned().explanation.indexes
    return next(f for f in index.flips if f.subject == subject)


def test_a_choice_flips_at_the_rate_of_questions_at_which_scanning_costs_what_the_index_does():
    # Questions a day x (scan - ask) = new tasks a day x write + storage.
    questions = (100_000 * ADD + STORED) / (SCAN - ASK)
    assert abs(flip("find").figure - questions / 100_000) < Decimal("0.0000001")
    assert flip("find").factor < 1
    assert (flip("find").kind, flip("find").per) == ("rate", "user")


def test_a_choice_flips_at_the_rate_of_writes_at_which_scanning_costs_what_the_index_does():
    writes = (100 * (SCAN - ASK) - STORED) / ADD
    assert abs(flip("add").figure - writes / 100_000) < Decimal("0.0001")
    assert flip("add").factor > 1


def test_a_choice_flips_at_the_size_at_which_scanning_costs_what_the_index_does():
    # The bytes of a task at which 100 scans cost the same; its text is all but 57 of them.
    item = (100_000 * ADD + STORED + 100 * ASK) / 100 / READ * 2 * 4096 / 100_000
    found = flip("text")
    assert found.kind == "size"
    assert Decimal("0.97") < found.figure / (item - 57) < Decimal("1.03")


@pytest.mark.parametrize(
    ("beyond", "within"),
    [
        ({"find": "0.00042"}, {"find": "0.00044"}),
        ({"add": "2.35"}, {"add": "2.30"}),
        ({"text": "330"}, {"text": "375"}),
    ],
)
def test_a_plan_made_beyond_the_figure_has_no_index_and_one_made_before_it_has(beyond, within):
    # By the sums above: find at 0.000429, add at 2.33, text at about 353 bytes.
    assert planned(**within).explanation.indexes
    assert not planned(**beyond).explanation.indexes


def test_a_crossing_is_the_one_closest_to_now_on_either_side():
    assert crossing(lambda f: Decimal(3) - f, Decimal("0.01"), Decimal(100)) == pytest.approx(
        Decimal(3), rel=Decimal("0.02")
    )
    below = crossing(lambda f: f - Decimal("0.25"), Decimal("0.01"), Decimal(100))
    assert below == pytest.approx(Decimal("0.25"), rel=Decimal("0.02"))
    assert crossing(lambda f: Decimal(1), Decimal("0.01"), Decimal(100)) is None
    # Cheaper both above 50 and below a half: a half is closer.
    both = crossing(lambda f: min(50 - f, f - Decimal("0.5")), Decimal("0.01"), Decimal(100))
    assert both == pytest.approx(Decimal("0.5"), rel=Decimal("0.02"))


# --------------------------------------------------------------------------- targets

SHOP = """\
app: shop
region: us-east-1
scales: [10000]
options: {{capacity: on-demand{options}}}
entities:
  Customer:
    key: id
    attributes: {{id: uuid, email: {{type: email, unique: true}}, bio: text(3000)}}
  Visit:
    of: Customer
    key: [id, visitId]
    count: 5
    attributes: {{visitId: ulid, page: text(50)}}
patterns:
  save: {{update: Customer, by: id, set: [bio], rate: 5/user/day}}
  join: {{put: Customer, if: absent, rate: 0.001/user/day}}
  profile: {{get: Customer, by: id, rate: 5/user/day}}
  byEmail: {{get: Customer, by: email, rate: 0.5/user/day{by_email}}}
  visit: {{put: Visit, rate: 5/user/day}}
  visits: {{list: Visit, where: id, rate: 1/user/day}}
"""


# As many instances as the search draws, so that nothing but the target makes a difference.
@cache
def shop(by_email: str = "", options: str = "") -> PlanResult:
    file = read_model(SHOP.format(by_email=by_email, options=options), "shop.yaml")
    return plan(Session(file=file, options=Options(sample_items=128)))


def target(kind: str, subject: str = "") -> TargetFlip:
    flips = shop().explanation.targets
    return next(f for f in flips if (f.kind, f.subject) == (kind, subject))


def extra(other: PlanResult) -> Decimal:
    ours, theirs = shop().usd("planned", 10_000), other.usd("planned", 10_000)
    assert ours is not None
    assert theirs is not None
    return theirs - ours


def test_a_stricter_latency_costs_at_least_what_is_said():
    # By e-mail: the index, then the item: two round trips, 20 ms as assumed.
    found = target("latency_p99_ms", "byEmail")
    assert found.below == 20
    assert found.extra_usd is not None
    assert found.extra_usd > 0
    # The plan with that target keeps the rules too: it does not key accounts by an address.
    strict = shop(by_email=", latency_p99_ms: 19")
    assert extra(strict) >= found.extra_usd
    kept = shop(by_email=", latency_p99_ms: 20")
    assert abs(extra(kept)) < Decimal("0.000001")


def test_strong_consistency_costs_no_more_than_said():
    found = target("consistency", "byEmail")
    assert found.extra_usd is not None
    strong = extra(shop(by_email=", consistency: strong"))
    assert Decimal(0) < strong <= found.extra_usd + Decimal("0.000001")


def test_one_table_less_costs_what_a_plan_with_that_many_costs():
    found = target("max_tables")
    tables = len(shop().design.tables)
    assert found.below == tables - 1
    assert found.extra_usd is not None
    fewer = shop(options=f", max_tables: {tables - 1}")
    assert len(fewer.design.tables) == tables - 1
    assert abs(extra(fewer) - found.extra_usd) < Decimal("0.000001")


def test_a_rate_flips_where_the_weighed_bills_meet():
    # One tenth of the users counts as much as it did: every sum above is one tenth as well, but a
    # scan reads a tenth of the tasks. Weighed half and half the two scales add up.
    text = MODEL.replace(
        "capacity: on-demand", "capacity: on-demand, weights: {{10000: 1, 100000: 1}}"
    )
    file = read_model(text.format(add="1", find="0.001", text="900"), "tasks.yaml")
    (index,) = plan(Session(file=file, options=Options(sample_items=64))).explanation.indexes
    found = next(f for f in index.flips if f.subject == "find")
    # Questions of both scales for each one a user asks a day, and what the index costs for both.
    scans = 100_000 * (SCAN - ASK) + 10_000 * (SCAN / 10 - ASK)
    costs = (100_000 + 10_000) * ADD + STORED * Decimal("1.1")
    assert abs(found.figure - costs / scans) < Decimal("0.0000001")
