"""The roadmap: each step once, at the scale where it is due, with what it saves there."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from applications import session_of
from tablewright.session import open_model
from tablewright.verbs.assess import assess
from tablewright.verbs.plan import plan
from tablewright.verbs.roadmap import RoadmapStep, RoadmapStop, RoadmapView, roadmap


@cache
def planned(app: str) -> RoadmapView:
    return roadmap(session_of(app))


@pytest.fixture(scope="module")
def journey() -> RoadmapView:
    return planned("screen-time-journey")


def at(view: RoadmapView, users: int) -> RoadmapStop:
    return next(stop for stop in view.stops if stop.users == users)


def test_there_is_a_stop_for_every_scale_with_when_it_is_reached(journey: RoadmapView) -> None:
    # 24 months from 100 to 100,000 users, three powers of ten: eight months for each
    assert [(stop.users, round(stop.month)) for stop in journey.stops] == [
        (100, 0),
        (1000, 8),
        (10_000, 16),
        (50_000, 22),
        (100_000, 24),
    ]


def test_what_is_wrong_at_any_number_of_users_is_due_at_once(journey: RoadmapView) -> None:
    first = at(journey, 100)
    guards = next(step for step in first.steps if "DDB-KEY-010" in step.rules)
    assert guards.level == "critical"
    assert "guard items" in guards.what.lower()
    assert first.steps[0].level == "critical"  # the worst comes first
    assert first.status == "change due"


def test_a_limit_is_due_at_the_scale_that_it_comes_before(journey: RoadmapView) -> None:
    # One status is one partition key: its reads grow with the square of the users, until one
    # partition's 3,000 units a second are in sight
    limits = {
        (stop.users, step.rules[0]): step
        for stop in journey.stops
        for step in stop.steps
        if step.kind == "limit"
    }
    hot = limits[50_000, "DDB-HOT-002"]
    assert hot.since is not None
    assert 10_000 < hot.since <= 50_000


def test_no_step_is_said_twice(journey: RoadmapView) -> None:
    said = [(step.what, step.why) for stop in journey.stops for step in stop.steps]
    assert len(said) == len(set(said))


def test_every_step_of_the_improvement_path_is_on_the_roadmap_once(journey: RoadmapView) -> None:
    session = session_of("screen-time-journey")
    card = assess(session, designs=["current"], influences=False, claims=False).designs[0].card
    assert card is not None
    fixes = [s.what for stop in journey.stops for s in stop.steps if s.kind == "fix"]
    fixes += [step.what for step in journey.when_wanted]
    assert sorted(fixes) == sorted(step.text for step in card.path)
    # and with all of them done the bill is that of the path at every scale
    then = {stop.users: stop.usd_then for stop in journey.stops}
    assert then == dict(card.path[-1].usd_at)


def test_a_move_of_the_growth_path_is_a_step_with_its_reason(journey: RoadmapView) -> None:
    moves = [(stop.users, s) for stop in journey.stops for s in stop.steps if s.kind == "move"]
    (start, first), (when, second) = moves
    assert (start, first.what) == (100, "deploy `http-api-lambda`")
    assert when == 10_000
    assert second.what.startswith("move to `group-dynamodb`: Build an image")
    assert "earned back in" in second.why


def test_large_items_are_watched_and_have_an_alarm_at_300_kb(journey: RoadmapView) -> None:
    stop = at(journey, 10_000)
    assert "sizes of items" in {watched.what for watched in stop.watch}
    alarm = next(alarm for alarm in stop.alarms if alarm.what == "size of an item")
    assert (alarm.where, alarm.threshold) == (
        "Subscriber",
        "over 300 KB, of 400 that an item may have",
    )


def test_alarms_on_units_grow_with_the_users_from_one_a_second(journey: RoadmapView) -> None:
    def words(users: int) -> str:
        return next(a.threshold for a in at(journey, users).alarms if a.where == "StjSystem")

    assert words(100) == "any throttled; 300 read units in five minutes"
    # 25 reads of a unit a user and day: 10,000 x 25 / 86,400 x 300 s x 3
    assert words(10_000) == "any throttled; 2,604 read units in five minutes"


def test_the_checklist_has_every_step_with_a_date_and_a_command(journey: RoadmapView) -> None:
    for stop in journey.stops:
        assert len(stop.checklist) == len(stop.steps) + 2  # alarms, and the monthly look
        assert all(item.command.startswith("tablewright ") for item in stop.checklist)
    assert at(journey, 100).checklist[0].by == "now"
    assert at(journey, 50_000).checklist[0].by == "before 50,000 users (month 22)"
    assert at(journey, 1000).checklist[-1].by == "monthly at 1,000 users"


def test_a_fix_for_few_users_says_from_where_on_it_costs_more() -> None:
    first = planned("auxeira").stops[0]
    # on-demand is cheaper at 100 users; at 100,000 the provisioned units would be used
    mode = next(step for step in first.steps if "DDB-CAP-004" in step.rules)
    assert mode.saves is not None
    assert mode.saves > Decimal(11)
    assert mode.until == 100_000


@pytest.mark.parametrize(
    "app", ["auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey"]
)
def test_no_scale_is_called_sufficient_while_something_severe_is_due(app: str) -> None:
    for stop in planned(app).stops:
        if any(step.level in ("critical", "high", "medium") for step in stop.steps):
            assert stop.status == "change due"


def test_a_kind_that_is_kept_for_a_time_is_archived_from_a_gigabyte_on(
    journey: RoadmapView,
) -> None:
    # 0.2 events a user and day for 365 days: 7.3 million at 100,000 users, 3.65 million at half;
    # at some 200 bytes each that is 1.5 GB, and 0.7 GB before.
    old = [(s.users, step) for s in journey.stops for step in s.steps if step.kind == "archive"]
    assert [(users, step.entity) for users, step in old] == [(100_000, "Event")]
    item = next(i for i in at(journey, 100_000).checklist if "Event" in i.what)
    assert "--entity Event --to archive --dry-run" in item.command


def test_a_scale_at_which_nothing_is_due_says_so_in_its_checklist() -> None:
    view = roadmap(session_of("screen-time-journey"), "recommended")
    # Now there is the deployment that the growth path begins with, and no fix of the design.
    assert [step.kind for step in view.stops[0].steps] == ["move"]
    assert at(view, 1000).steps == ()
    assert at(view, 1000).checklist[0].what == "Nothing is due"


def test_the_steps_to_the_planned_design_are_on_one_roadmap_with_the_limits() -> None:
    view = roadmap(session_of("auxeira"), "current", planned=True)
    assert view.leads_to == "planned"
    fixes = [step for stop in view.stops for step in stop.steps if step.kind == "fix"]
    steps = [*fixes, *view.when_wanted]
    assert len({step.what for step in steps}) == len(steps) > 1
    # What all steps together leave is the bill of the planned design, whoever reckons it.
    last = view.stops[-1]
    session = session_of("auxeira")
    result = plan(session, start="current", explained=False)
    evaluator = session.evaluator("dynamodb")
    assert last.usd_then == evaluator.full(result.design, last.users).bill.total
    assert last.usd is not None
    assert last.usd_then < last.usd


ORDERS = """
app: orders
scales: [100]
needs: {history: {level: preferred, why: once an audit log is asked for}}
entities:
  Order: {key: id, attributes: {id: uuid, status: {type: enum, values: [open, sent], role: status}}}
patterns:
  order: {get: Order, by: id, rate: 1/user/day}
  place: {put: Order, rate: 1/user/day}
  send: {update: Order, by: id, set: [status], rate: 1/user/day}
designs:
  current: {engine: dynamodb, tables: {orders: {key: id, items: Order, pitr: 35d}}}
"""


def test_what_the_model_lacks_is_a_step_for_when_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "tablewright.yaml").write_text(ORDERS)
    (history,) = roadmap(open_model(tmp_path)).when_wanted

    assert (history.rules, history.level) == (("ANY-MDL-003",), "low")
    assert history.why.endswith("the history is preferred: once an audit log is asked for")


def test_a_step_of_many_changes_is_named_by_the_first_of_them() -> None:
    step = RoadmapStep(kind="fix", what="drop a; drop b; drop c; drop d", why="")
    assert step.name == "drop a; drop b; and 2 more of the kind"
    assert RoadmapStep(kind="fix", what="drop a; drop b", why="").name == "drop a; drop b"
