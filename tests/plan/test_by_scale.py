"""How the best design changes with scale: the same search, with quotations used again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.apps import read
from tablewright.core.processes import SETTING, can_share
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.planning.index_candidates import indexes
from tablewright.engines.dynamodb.planning.placements import placements
from tablewright.engines.dynamodb.planning.queries import workloads
from tablewright.engines.dynamodb.planning.tried import design_of
from tablewright.plan.by_scale import WORTH_TWO_PROCESSES, Requoting
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

# A report looks for the tasks of a topic. A scan for it reads all tasks, and the more users there
# are the more often; an index costs a write for each new task.
MODEL = """\
app: tasks
region: us-east-1
scales: [1000, 10000, 1000000]
options: {{capacity: {capacity}}}
entities:
  Task:
    key: id
    count: 1
    attributes:
      id: uuid
      topic: digits(10)
      text: text(900)
patterns:
  add: {{put: Task, rate: 1/user/day}}
  read: {{get: Task, by: id, rate: 1/user/day}}
  find:
    list: Task
    where: topic
    select: [id]
    limit: 10
    rate: 0.001/user/day
    purpose: report
"""


def planned(capacity: str = "on-demand", users: int | None = None) -> PlanResult:
    file = read_model(MODEL.format(capacity=capacity), "tasks.yaml")
    return plan(Session(file=file, options=Options(sample_items=64)), users=users)


def test_an_index_that_pays_only_where_there_are_many_users_is_not_there_for_few():
    # At 10,000 users 10 scans a day read 10,000 of 957 bytes (id 38, topic 15, text 904), half
    # a unit for each 4 KB. The index takes 10,000 write units a day, half a unit for each of 10
    # questions, and stores 10,000 entries of 53 bytes and 100 of overhead. Scans cost the square of
    # the users, so from about 43,000 users on the index is cheaper.
    days = Decimal(730) / 24
    scans = 10 * days * Decimal(10_000 * 957) / 4096 / 2 * Decimal("0.000000125")
    index = 10_000 * days * Decimal("0.000000625") + 5 * days * Decimal("0.000000125")
    index += Decimal(10_000 * 153) / 1024**3 * Decimal("0.25")
    result = planned()
    assert (result.users, result.patterns[-1].operation) == (1_000_000, "query")
    by = {one.users: one for one in result.by_scale}
    assert by[1_000_000].differs == ()
    assert by[10_000].differs == ("drop index topic-index of tasks",)
    assert abs(by[10_000].saves - (index - scans)) < Decimal("0.0001")
    assert by[1000].differs == ("drop index topic-index of tasks",)


@pytest.mark.parametrize("users", [1000, 10_000])
def test_the_best_design_at_a_scale_costs_what_planning_for_that_scale_finds(users):
    by = {one.users: one for one in planned("cheapest").by_scale}
    other = planned("cheapest", users).usd("planned", users)
    assert other is not None
    assert abs(by[users].usd - other) < Decimal("0.000001")


def test_at_no_scale_is_the_best_design_more_expensive_than_the_planned_one():
    result = planned("safe")
    assert [one.users for one in result.by_scale] == [1000, 10_000, 1_000_000]
    assert all(one.usd <= one.planned_usd for one in result.by_scale)
    assert all(bool(one.differs) == (one.saves > 0) for one in result.by_scale)


def test_a_scale_that_was_asked_for_is_shown_beside_those_of_the_model():
    assert 5000 in [one.users for one in planned(users=5000).by_scale]


@pytest.mark.parametrize(("app", "between"), [("poafix", 1000), ("auxeira", 1000)])
def test_a_quotation_in_between_is_the_one_the_engine_would_give(app, between):
    model = read_model(read(app), f"{app}.yaml").model
    engine = DynamoEngine()
    ends = frozenset({min(model.scales), max(model.scales)})
    requoting = Requoting(engine=engine, exact=ends)
    compared = 0
    for work in workloads(model):
        for placement in placements(work, "t")[:2]:
            design = design_of(placement, indexes(work, placement))
            ours = requoting.quote(work.model, design, between, sample_items=16)
            truth = engine.quote(work.model, design, between, sample_items=16)
            assert replace(ours, stored=()) == replace(truth, stored=())
            for (name, size), (other, right) in zip(ours.stored, truth.stored, strict=True):
                assert name == other
                assert abs(size - right) <= Decimal("1E-12") * max(right, Decimal(1))
            compared += len(truth.slots)
    assert compared > 10


def test_quotations_at_the_ends_are_asked_for_once():
    model = read_model(read("mongocollectibles"), "m.yaml").model
    requoting = Requoting(engine=DynamoEngine(), exact=frozenset({500, 50_000}))
    work = workloads(model)[0]
    placement = placements(work, "t")[0]
    design = design_of(placement, indexes(work, placement))
    for _ in range(2):
        for users in (500, 5000, 50_000):
            requoting.quote(work.model, design, users, sample_items=16)
    assert requoting.asked == 2


def test_quotations_asked_for_ahead_are_those_of_the_engine():
    model = read_model(read("mongocollectibles"), "m.yaml").model
    engine = DynamoEngine()
    requoting = Requoting(engine=engine, exact=frozenset({500, 5000, 50_000}))
    asked = [
        (work.model, design_of(placement, indexes(work, placement)), users)
        for work in workloads(model)
        for placement in placements(work, "t")[:2]
        for users in (500, 5000, 50_000)
    ]
    assert len(asked) > WORTH_TWO_PROCESSES
    requoting.quote_ahead(asked, sample_items=16)
    mine = requoting.asked
    for work_model, design, users in asked:
        ours = requoting.quote(work_model, design, users, sample_items=16)
        assert ours == engine.quote(work_model, design, users, sample_items=16)
    if can_share():
        assert mine < len(asked)  # the second process asked for the others
        assert requoting.asked == mine  # and all were at hand


def test_a_plan_made_in_one_process_is_that_made_in_two(monkeypatch):
    def planned_afresh() -> PlanResult:
        file = read_model(read("mongocollectibles"), "m.yaml")
        return plan(Session(file=file, options=Options()))

    shared = planned_afresh()
    monkeypatch.setenv(SETTING, "1")
    alone = planned_afresh()
    assert [best.usd for best in shared.by_scale] == [best.usd for best in alone.by_scale]
    assert shared.explanation == alone.explanation
    assert shared == alone
