"""The way from one design to another: which changes are steps, what they move, what they save."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from tablewright import read_model
from tablewright.apps import read
from tablewright.engines.dynamodb.change_base import apply
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.differences import is_same, pieces, words
from tablewright.engines.dynamodb.planning.moving import DynamoSteps, moved
from tablewright.engines.dynamodb.planning.pricing import OnDemandRates
from tablewright.evaluation.values import Evaluation
from tablewright.plan.result import PlanResult
from tablewright.plan.roadmap import Step, steps
from tablewright.session import Options, Session
from tablewright.verbs.grading import report_card
from tablewright.verbs.plan import plan

USERS = 1000
# us-east-1: 0.625 USD for a million write units, 0.125 for a million read units.
TARIFF = OnDemandRates(
    read=Decimal("0.000000125"),
    write=Decimal("0.000000625"),
    stored_byte=Decimal(0),
    recovered_byte=Decimal(0),
)
MODEL = """\
app: notes
region: us-east-1
scales: [1000]
entities:
  Note:
    key: id
    count: 10
    attributes:
      id: uuid
      owner: uuid
      text: text(3000)
      tag: text(10)
patterns:
  read: {{get: Note, by: id, rate: 10/user/day}}
  mine: {{list: Note, where: owner, select: [id], rate: 1/user/day}}
  move: {{update: Note, by: id, set: [owner], rate: 1/user/day}}
designs:
  before: {{engine: dynamodb, tables: {{{before}}}}}
  after: {{engine: dynamodb, tables: {{{after}}}}}
"""
NOTES = "notes: {{key: id, items: {{Note: {{attributes: {held}}}}}{indexes}}}"
ALL_HELD = "[id, owner, text, tag]"
# An item: id 2 + 36, owner 5 + 36, text 4 + 3,000, tag 3 + 10 = 3,096 bytes: 4 write units.


def notes(held: str = ALL_HELD, indexes: str = "") -> str:
    return NOTES.format(held=held, indexes=f", indexes: {{{indexes}}}" if indexes else "")


def session(before: str, after: str) -> Session:
    text = MODEL.format(before=before, after=after)
    return Session(file=read_model(text, "notes.yaml"), options=Options(sample_items=16))


def designs(chosen: Session) -> tuple[DynamoDesign, DynamoDesign]:
    before, after = chosen.design("before"), chosen.design("after")
    assert isinstance(before, DynamoDesign)
    assert isinstance(after, DynamoDesign)
    return before, after


def way(before: str, after: str) -> tuple[Step, ...]:
    chosen = session(before, after)
    engine, book = chosen.engines["dynamodb"], chosen.book()

    def price(design: DynamoDesign) -> Evaluation:
        return engine.evaluate(chosen.model, design, USERS, book, sample_items=16)

    return steps(*designs(chosen), price, DynamoSteps(tariff=TARIFF))


def test_a_narrower_index_is_filled_by_one_write_unit_for_each_entry():
    wide = "owner-index: {key: owner, project: all}"
    narrow = "owner-index: {key: owner, project: keys-only}"
    (step,) = way(notes(indexes=wide), notes(indexes=narrow))
    assert step.what == ("project KEYS_ONLY into index owner-index of notes",)
    assert (step.move.read_units, step.move.write_units) == (0, 10_000)
    assert step.move.usd == Decimal("0.00625")  # 10,000 units at 0.625 a million
    # An entry: id 38, owner 41 bytes.
    assert step.move.bytes == 790_000
    # Moving a note wrote the old and the new entry of 4 units each, now of 1 unit each: 6 units
    # less on 1,000 calls a day. An entry is 3,017 bytes smaller, at 0.25 USD a GB. A page of one
    # entry takes half a unit either way.
    writes = 6 * Decimal(1000) * 730 / 24 * TARIFF.write
    stored = Decimal(10_000 * 3_017) / 1024**3 * Decimal("0.25")
    assert abs(step.saves - (writes + stored)) < Decimal("1E-9")


def test_a_part_that_is_split_off_is_read_once_and_written_twice():
    apart = (
        notes("[id, owner, tag]")
        + ", texts: {key: id, items: {Text: {of: Note, attributes: [text]}}}"
    )
    index = "owner-index: {key: owner, project: keys-only}"
    (step,) = way(
        notes(indexes=index), apart.replace("}}}, texts", "}}, indexes: {" + index + "}}, texts")
    )
    assert step.what == ("move text of Note to a table texts",)
    # Read: 10,000 x 3,096 B / 4 KB, half a unit each. Written: the part of 2 + 36 + 4 + 3,000 =
    # 3,042 bytes, 3 units; and the rest, charged as it was before: 4 units.
    assert step.move.read_units == Decimal(10_000 * 3_096) / 4096 / 2
    assert step.move.write_units == 10_000 * (3 + 4)


def test_a_table_under_another_key_is_written_anew_with_its_indexes():
    keyed = (
        "notes: {key: [owner, id], items: Note, indexes: {id-index: {key: id, project: keys-only}}}"
    )
    chosen = session(notes(indexes="id-index: {key: id, project: keys-only}"), keyed)
    before, after = designs(chosen)
    old, new = chosen.evaluate(before, USERS), chosen.evaluate(after, USERS)
    changes = [change for piece in pieces(before, after) for change in piece.changes]
    move = moved(changes, before, old, new, TARIFF)
    assert move.write_units == 10_000 * (4 + 1)  # the item, its entry in the index
    assert move.read_units == Decimal(10_000 * 3_096) / 4096 / 2


def test_settings_and_indexes_that_go_move_nothing():
    index = "owner-index: {key: owner, project: keys-only}, spare-index: {key: tag, project: all}"
    left = "owner-index: {key: owner, project: keys-only}"
    with_class = notes(indexes=left).replace("notes: {", "notes: {class: infrequent-access, ")
    found = way(notes(indexes=index), with_class)
    assert len(found) == 2
    assert all(step.move.usd == 0 and step.move.write_units == 0 for step in found)


def test_an_index_that_only_pays_once_the_other_is_dropped_is_one_step_with_it():
    before = notes(indexes="owner-index: {key: owner, project: all}")
    after = notes(indexes="mine-index: {key: owner, project: [text]}")
    (step,) = way(before, after)
    assert [type(c).__name__ for c in step.changes] == ["AddIndex", "DropIndex"]


def test_changes_to_different_things_are_different_steps_the_soonest_paid_back_first():
    before = "notes: {key: id, items: Note, indexes: {owner-index: {key: owner, project: all}}}"
    apart = (
        "notes: {key: id, items: {Note: {attributes: [id, owner, tag]}}, "
        "indexes: {owner-index: {key: owner, project: keys-only}}}, "
        "texts: {key: id, items: {Text: {of: Note, attributes: [text]}}}"
    )
    found = way(before, apart)
    assert len(found) == 2
    paid = [step.payback_months for step in found if step.payback_months is not None]
    assert paid == sorted(paid)


def test_what_is_only_written_in_another_order_is_no_change():
    one = "a-index: {key: owner, project: keys-only}, b-index: {key: tag, project: keys-only}"
    other = "b-index: {key: tag, project: keys-only}, a-index: {key: owner, project: keys-only}"
    chosen = session(notes(indexes=one), notes("[tag, text, owner, id]", other))
    assert pieces(*designs(chosen)) == ()
    assert is_same(*designs(chosen))


# --------------------------------------------------------------------------- the applications

STARTS = {
    "screen-time-journey": "current",
    "llm-proxy": "current",
    "mongocollectibles": "current",
    "auxeira": "current",
    "poafix": "dynamodb",
}
# The largest of them takes seconds.
APPS = [pytest.param(a, marks=pytest.mark.slow) if a == "poafix" else a for a in STARTS]


@cache
def planned(app: str) -> tuple[Session, PlanResult]:
    file = read_model(read(app), f"{app}.yaml")
    chosen = Session(file=file, options=Options(sample_items=64))
    return chosen, plan(chosen, start=STARTS[app], explained=False)


@pytest.mark.parametrize("app", APPS)
def test_the_savings_add_up_to_what_lies_between_the_two_designs(app):
    chosen, result = planned(app)
    evaluate, book = chosen.engines["dynamodb"].evaluate, chosen.book()
    first, last = (
        evaluate(chosen.model, design, result.users, book, sample_items=128).bill.total
        for design in (chosen.design(STARTS[app]), result.design)
    )
    saved = sum((step.saves for step in result.steps), Decimal(0))
    assert abs(saved - (first - last)) < Decimal("1E-9")
    assert abs(result.steps[-1].usd - last) < Decimal("1E-9")


@pytest.mark.parametrize("app", APPS)
def test_the_changes_of_all_steps_make_the_planned_design_of_the_current_one(app):
    chosen, result = planned(app)
    design = chosen.design(STARTS[app])
    assert isinstance(design, DynamoDesign)
    for step in result.steps:
        design = apply(design, *step.changes)
    assert is_same(design, result.design)


@pytest.mark.parametrize("app", APPS)
def test_no_step_leaves_a_pattern_unserved_that_was_served(app):
    chosen, result = planned(app)
    design = chosen.design(STARTS[app])
    assert isinstance(design, DynamoDesign)
    engine, book = chosen.engines["dynamodb"], chosen.book()
    missing: set[str] | None = None
    for changes in ((), *(step.changes for step in result.steps)):
        design = apply(design, *changes)
        found = engine.evaluate(chosen.model, design, result.users, book, sample_items=16)
        now = {route.pattern for route in found.routes if not route.is_served}
        assert missing is None or now <= missing
        missing = now
    assert missing == set()


def test_the_findings_a_step_fixes_are_those_of_the_report_card():
    chosen, result = planned("screen-time-journey")
    card = report_card(chosen, chosen.design("current"), with_path=False)
    known = {finding.rule for finding in card.findings}
    fixed = {rule for step in result.steps for rule in step.fixes}
    assert fixed
    assert fixed <= known
    split = next(s for s in result.steps if "webhook_data" in s.what[0])
    assert "DDB-SIZ-003" in split.fixes


def test_steps_are_put_into_words_that_name_what_moves_where():
    _, result = planned("screen-time-journey")
    said = [text for step in result.steps for text in step.what]
    assert "move preferences of Subscriber to a table stj_subscribers_preferences" in said
    assert (
        "store each element of devices of Subscriber as an item of a table devices, "
        "by customer_id + device_id" in said
    )
    assert "keep guard items in stj_subscribers that make username unique" in said
    assert words(()) == ()


def test_changes_that_save_only_together_come_before_what_pays_back_later():
    _, result = planned("screen-time-journey")
    pair = next(at for at, s in enumerate(result.steps) if "username unique" in s.what[0])
    assert result.steps[pair].what[1:] == ("drop index username-index of stj_subscribers",)
    within_a_day = Decimal(24) / 730
    earlier = [s.payback_months for s in result.steps[:pair]]
    assert all(months is not None and months < within_a_day for months in earlier)
    rekey = next(at for at, s in enumerate(result.steps) if "key stj_password" in s.what[0])
    assert pair < rekey
