"""Stretches of time, and keys that gather all instances, as the planner proposes them.

Half an event a user and day: in a year 182.5 for each of 100,000 users are 18.25 million. In the
table an event is `eid` 3 + 26, `made` 4 + 24, `level` 5 + 3 at most, `txt` 3 + 719, and its key:
about 850 B with `sk` 2 + 51 and `made_month` 10 + 7, which is one write unit.
"""

from __future__ import annotations

import os
from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from plan_models import history_text, planning_of
from tablewright import read_model
from tablewright.design.values import Design
from tablewright.engines.dynamodb.buckets import busiest_share
from tablewright.engines.dynamodb.design import DynamoDesign, Table
from tablewright.engines.dynamodb.planning.queries import workloads
from tablewright.engines.dynamodb.planning.stretches import ranged_stretches
from tablewright.engines.dynamodb.planning.table_keys import table_keys
from tablewright.plan.search import search
from tablewright.plan.settings import Settings
from tablewright.plan.values import Plan
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan
from tablewright.verbs.prove import ProofRequest

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
PROVED = range(24) if FULL else (6, 15)
MODEL = """\
app: logs
region: us-east-1
scales: [USERS]
horizon: 365d
entities:
  Event:
    key: eid
    append_only: true
    count: 0.5/user/day
    attributes: {eid: ulid, made: timestamp, level: int(0..999), txt: {type: text, bytes: 719}}
patterns:
  write: {put: Event, rate: 0.5/user/day}
"""
LATEST = "  latest: {list: Event, sort: -made, limit: 20, rate: 1/user/day}\n"
BETWEEN = "  between: {list: Event, where: {made: {between: 2%}}, limit: 4, rate: RATE/user/day}\n"
LOUD = (
    "  loud: {list: Event, where: {made: {between: 2%}, level: {ge: 1%}}, all: true, "
    "select: [eid, level], rate: 2000/day}\n"
)
GET = "  event: {get: Event, by: eid, rate: RATE/user/day}\n"


def planned(patterns: str, users: int = 1_000, rate: str = "1") -> Plan:
    text = (MODEL + patterns).replace("USERS", str(users)).replace("RATE", rate)
    model = read_model(text, "logs.yaml").model
    return search(model, planning_of(model), Settings.of(model, users))


def keys(table: Table) -> list[str]:
    return [str(table.shapes[0].template(key)) for key in table.keys]


def the_table(design: Design) -> Table:
    assert isinstance(design, DynamoDesign)
    (table,) = design.tables
    return table


def test_a_table_under_one_key_in_the_order_of_a_list_needs_no_index():
    # 182,500 events of 850 B are 155 MB, far below 10 GB. An index would write each event twice.
    result = planned(LATEST)
    table = the_table(result.design)
    assert keys(table) == ["events", "{made}#{eid}"]
    assert table.indexes == ()
    # five blocks of 4 KB for 20 events of 850 B are 2.5 units; of a stretch they are now and then
    # two queries, and never less


def test_the_saving_has_to_matter_before_events_leave_the_key_of_their_own():
    # 0.5 writes less for each of 1,000 users a day are 15,250 units a month, 0.0095 USD: not enough
    # for another key than the generated one; of 100,000 users they are 0.95 USD, and as much again
    # is saved by what an index would store
    assert named(plan(session_of(LATEST, 1_000), explained=False).design) == "{eid}"
    assert named(plan(session_of(LATEST, 50_000), explained=False).design) == "events"


def named(design: Design) -> str:
    return keys(the_table(design))[0]


def session_of(patterns: str, users: int) -> Session:
    text = (MODEL + patterns).replace("USERS", str(users)).replace("RATE", "1")
    return Session(file=read_model(text, "logs.yaml"), options=Options(sample_items=128))


def test_what_is_more_than_a_partition_holds_is_filed_by_stretches():
    # 18.25 million events of 850 B are 15.5 GB under one key; a month has a twelfth of them
    result = planned(LATEST, users=100_000)
    table = the_table(result.design)
    assert keys(table) == ["{made:month}", "{made}#{eid}"]
    assert table.indexes == ()
    refused = dict(result.considered[0].refused)
    why = refused["key `events` + made#eid"]
    assert why[0].startswith("one `all_events` would hold 1")


def test_what_ranges_of_time_read_is_spread_over_stretches():
    # a range of 20 days begins anywhere in the first 80 of 100: a day in the middle is in 20 of 80
    # of them, of each the twentieth part: 1/80. One as long as all there is reads all days alike.
    assert busiest_share("day", Decimal(100), Decimal("0.2")) == 1 / Decimal(80)
    assert busiest_share("month", Decimal(365), Decimal(1)) == 1
    # Four events of 850 B are one block, 0.5 units. 20,000 users x 300 a day are 69 calls a second,
    # which one key answers.
    assert keys(the_table(planned(BETWEEN, users=20_000, rate="300").design))[0] == "events"
    # 100 times as many are 6,944 x 0.5 = 3,472 units on one key, more than 70 % of 3,000; shards
    # are each read by every call, so that they do not help; of 357.7 calls a month is read by 30.4.
    result = planned(BETWEEN, users=20_000, rate="30000")
    table = the_table(result.design)
    assert keys(table)[0] in ("{made:day}", "{made:month}")


@pytest.mark.parametrize(("users", "unit"), [(1_000, "month"), (100_000, "day")])
def test_two_ranges_are_met_by_stretches_of_one_in_the_order_of_the_other(users, unit):
    # 2 % of a year are 7.3 days. An entry is `eid` 29, `made` 28, `level` 8 and its key, 85 B.
    # 1,000 users: a month of 15,219 events has 152 loud ones, 12.9 KB, 2 units x 1.24 queries; a
    # day has 5, half a unit x 8.3 queries = 4.2. Of 100,000 users a month has 15,219 loud ones,
    # 1.3 MB, 158 units x 1.24; a day 500, 42.5 KB, 5.5 units x 8.3 = 46. By the level alone it
    # would be 365 days of 500, by the time 7.3 of 50,000.
    result = planned(LOUD, users=users)
    table = the_table(result.design)
    (index,) = table.indexes
    created = [str(table.shapes[0].template(key)) for key in index.keys]
    assert created == [f"{{made:{unit}}}", "{level}"]


def test_stretches_are_of_a_length_that_a_call_asks_for_few_of():
    # 2 % of 365 days: 176 hours are too many queries, 7.3 + 1 days and 1.24 months are not; of a
    # year there is only one
    model = read_model((MODEL + LOUD).replace("USERS", "10"), "logs.yaml").model
    (work,) = workloads(model)
    ask = next(ask for ask in work.asks if ask.pattern == "loud")
    assert set(ranged_stretches(work, ask)) == {"made.day", "made.month"}


@pytest.mark.parametrize(
    ("stated", "becomes"),
    [
        ("append_only: true", "append_only: false"),  # then nothing says that `made` never changes
        ("put: Event, rate", "put: Event, if: absent, rate"),  # the id has to be the whole key
    ],
)
def test_no_key_gathers_what_could_move_or_be_replaced(stated, becomes):
    text = (MODEL + LATEST).replace("USERS", "10").replace(stated, becomes)
    (work,) = workloads(read_model(text, "logs.yaml").model)
    assert all(key.gathers is None for key in table_keys(work))


def test_a_number_within_a_text_is_no_range():
    # 1000 comes before 501 in a text, so that `{level}#{eid}` cannot be asked for 501 and more
    text = (MODEL + LOUD).replace("USERS", "40") + FILED
    session = Session(file=read_model(text, "logs.yaml"), options=Options())
    route = session.evaluate("filed").route("loud")
    assert set(route.filtered) == {"made", "level"}
    assert is_proved(session, session.design("filed"))


def test_a_stretch_ordered_by_something_else_is_read_from_end_to_end():
    # 2 % of 365 days are 7.3 days and both ends of 500 events of 1,000 users; 1 % are loud
    text = (MODEL + LOUD).replace("USERS", "1000") + FILED
    session = Session(file=read_model(text, "logs.yaml"), options=Options(sample_items=128))
    (query,) = session.evaluate("by-day").route("loud").requests
    assert round(query.calls, 2) == Decimal("8.30")
    assert round(query.items * query.calls, 1) == Decimal("41.5")


FILED = """\
designs:
  filed:
    engine: dynamodb
    tables:
      events:
        key: [pk, sk]
        items: {Event: {keys: {pk: "{made:month}", sk: "{level}#{eid}"}}}
  by-day:
    engine: dynamodb
    tables:
      events:
        key: eid
        items: {Event: {keys: {day: "{made:day}"}}}
        indexes: {by-day: {key: [day, level], project: all}}
"""


@pytest.mark.parametrize("seed", PROVED)
def test_planned_stretches_are_proved(seed):
    model = read_model(history_text(seed).replace("[5000]", "[20]"), "made.yaml")
    session = Session(file=model, options=Options())
    found = search(model.model, planning_of(model.model), Settings.of(model.model, 20))
    assert is_proved(session, found.design)


def is_proved(session: Session, design: Design) -> bool:
    wanted = ProofRequest(users=20, requests=200)
    proof = proof_in_memory(session, design, wanted, lambda text: None)
    return proof.is_right and proof.agrees
