"""Settings, explanations, steps, joined tables: what surrounds the search."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError, UsageError
from tablewright.plan.result import PlanResult
from tablewright.plan.settings import Settings
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

SMALL = Options(sample_items=64)
MODEL = """\
app: tasks
region: us-east-1
scales: [1000, 100000]
{extra}
entities:
  Account:
    key: id
    attributes:
      id: uuid
      email: {{type: email, unique: true}}
      plan: {{type: enum, values: {{free: 90%, paid: 10%}}}}
      photo: text(20KB)
  Task:
    of: Account
    key: [id, taskId]
    count: 20
    attributes:
      taskId: ulid
      state: {{type: enum, values: {{open: 5%, done: 95%}}}}
      due: timestamp
      text: text(300)
patterns:
  register: {{put: Account, if: absent, rate: 0.01/user/day}}
  signIn: {{get: Account, by: email, select: [id], rate: 1/user/day}}
  account: {{get: Account, by: id, select: [id, email, plan], rate: 10/user/day}}
  photo: {{get: Account, by: id, select: [photo], rate: 0.1/user/day}}
  upgrade: {{update: Account, by: id, set: [plan], rate: 0.1/user/day}}
  tasks: {{list: Task, where: id, rate: 5/user/day}}
  openTasks:
    list: Task
    where: {{state: open}}
    sort: due
    limit: 25
    select: [taskId, due]
    rate: 0.1/user/day
  add: {{put: Task, rate: 2/user/day}}
  finish: {{update: Task, by: [id, taskId], set: {{state: done}}, rate: 2/user/day}}
designs:
  current:
    engine: dynamodb
    tables:
      accounts: {{key: id, items: Account, indexes: {{email-index: {{key: email, project: all}}}}}}
      tasks:
        key: [id, taskId]
        items: Task
        indexes: {{state-index: {{key: [state, due], project: all}}}}
"""


def session(extra: str = "") -> Session:
    text = MODEL.format(extra=extra)
    return Session(file=read_model(text, "tasks.yaml"), options=Options(sample_items=64))


def planned(extra: str = "", **how: object) -> PlanResult:
    return plan(session(extra), **{"explained": False, **how})  # type: ignore[arg-type]


def test_the_largest_scale_is_planned_for_unless_told_otherwise():
    assert planned().users == 100_000
    assert planned(users=1000).users == 1000


def test_settings_come_from_the_options_of_the_model():
    model = session("options: {max_tables: 2, weights: {1000: 0.25, 100000: 0.75}}").model
    settings = Settings.of(model, 1000)
    assert settings.most_tables == 2
    assert [(s.users, s.weight) for s in settings.scales] == [
        (1000, Decimal("0.25")),
        (100_000, Decimal("0.75")),
    ]


@pytest.mark.parametrize(
    "extra",
    [
        "weights: {many: 1}",
        "round_trip_ms: 0",
    ],
)
def test_an_option_that_makes_no_sense_is_refused(extra):
    with pytest.raises(UsageError, match=extra.partition(":")[0]):
        planned(f"options: {{{extra}}}")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("single_table", "perhaps", "must be prefer or avoid, not `perhaps`"),
        ("capacity", "cheap", "must be safe, cheapest or on-demand, not `cheap`"),
        ("max_tables", "few", "must be a whole number of 1 or more, not `few`"),
        ("object_storage", "some", "must be needed, allow or avoid, not `some`"),
        ("max_table", "3", "the mapping of options has no field `max_table`"),
        ("weights", "4", "`options.weights` must be a mapping such as"),
    ],
)
def test_a_mistake_in_an_option_is_shown_with_its_place(option, value, says):
    with pytest.raises(ModelError) as caught:
        planned(f"options: {{{option}: {value}}}")
    (found,) = caught.value.diagnostics
    assert says in found.message
    place = caught.value.source.splitlines()[found.span.line - 1]
    assert place.startswith(f"options: {{{option}")


def test_tables_are_named_as_the_team_wants():
    result = planned("options: {names: {Task: work-items}}")
    assert "work-items" in [t.name for t in result.design.tables]


def test_a_unique_attribute_that_is_written_is_guarded_and_the_photo_is_kept_apart():
    design = planned().design
    assert [s.guards for t in design.tables for s in t.shapes if s.guards] in ([("email",)], [])
    assert any(t.shapes[0].attributes[-1] == "photo" for t in design.tables[1:])


def test_as_many_tables_are_left_as_are_allowed_and_all_is_served():
    chosen = session("options: {max_tables: 1}")
    result = plan(chosen, explained=False)
    assert len(result.design.tables) == 1
    assert all(r.is_served for r in chosen.evaluate(result.design, 100_000).routes)
    separate = planned().usd("planned", 100_000)
    joined = result.usd("planned", 100_000)
    assert separate is not None
    assert joined is not None
    assert joined >= separate


def test_joined_tables_are_written_and_read_back_alike():
    from tablewright.design.sections import with_section

    result = planned("options: {single_table: prefer}")
    text = with_section(MODEL.format(extra=""), "planned", result.section)
    assert read_model(text, "again.yaml").design("planned") == result.design


def with_a_search(extra: str = "") -> Session:
    search = "  find: {{search: Task, by: text, limit: 9, rate: 3/user/day}}\n  tasks:"
    text = MODEL.replace("  tasks:", search, 1).format(extra=extra)
    return Session(file=read_model(text, "tasks.yaml"), options=Options(sample_items=64))


def test_a_search_for_words_is_named_and_the_rest_is_planned_as_without_it():
    found, without = plan(with_a_search(), explained=False), planned()
    assert found.design == without.design
    (note,) = (note for note in found.notes if "cannot be served" in note)
    assert note.startswith("`find` cannot be served and is left out: ")
    assert {c.unserved for c in found.costs if c.design == "planned"} == {1}
    assert found.usd("planned", 100_000) == without.usd("planned", 100_000)


def test_a_search_for_words_does_not_keep_tables_from_being_joined():
    assert len(plan(with_a_search("options: {max_tables: 1}"), explained=False).design.tables) == 1


def test_every_entity_has_a_runner_up_that_is_no_cheaper():
    result = planned(explained=True)
    # Keyed by its address an account needs no guard for it; without the sparse key open tasks are
    # found among all.
    assert {e.entity: e.runner_up for e in result.explanation.entities} == {
        "Account": "key email, photo apart, photo compressed",
        "Task": "key id + taskId",
    }
    for one in result.explanation.entities:
        assert one.extra_usd > 0
    for index in result.explanation.indexes:
        assert index.without_usd is None or index.without_usd >= Decimal("-1E-9")


def test_fewer_tables_and_indexes_never_cost_less():
    points = planned(explained=True).explanation.by_structures
    costs = [p.usd for p in points if p.usd is not None]
    assert len(costs) > 1
    assert costs == sorted(costs, reverse=True)


def test_a_pattern_in_a_hurry_is_answered_in_one_round_trip():
    chosen = session()
    hurried = MODEL.replace(
        "signIn: {{get: Account, by: email, select: [id], ",
        ("signIn: {{get: Account, by: email, latency_p99_ms: 10, "),
    )
    file = read_model(hurried.format(extra=""), "tasks.yaml")
    other = Session(file=file, options=Options(sample_items=64))
    design = plan(other, explained=False).design
    assert other.evaluate(design, 100_000).route("signIn").depth == 1
    assert plan(chosen, explained=False).design.tables


def test_a_question_that_only_a_scan_answers_is_served_and_pointed_out():
    # A strong read of an attribute that is in no possible table key.
    text = MODEL.format(extra="").replace(
        "  tasks: {list: Task,",
        "  due: {list: Task, where: text, consistency: strong, rate: 1/day}\n  tasks: {list: Task,",
    )
    found = Session(file=read_model(text, "tasks.yaml"), options=Options(sample_items=64))
    result = plan(found, explained=False)
    assert any("`Task`" in note and "whole table" in note for note in result.notes)
    assert found.evaluate(result.design, 1000).route("due").operation == "scan"
