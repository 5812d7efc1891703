"""Which keys a plan takes, and that what it finds does not rest on one drawing of the sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import tablewright
from tablewright import read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.model.values import Model
from tablewright.plan.settings import Settings
from tablewright.review.findings import Level
from tablewright.review.grade import is_at_least
from tablewright.review.review import review, severe
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

STARTER = Path(tablewright.__file__).parent / "apps" / "starter.yaml"
NOTES = """
app: notes
region: us-east-1
seed: {seed}
scales: [100, 10000]
entities:
  Account:
    key: account_id
    attributes: {{account_id: uuid, email: {{type: email, unique: true}}, settings: map(1KB)}}
  Note:
    of: Account
    key: note_id
    count: {{mean: 40, max: 5000}}
    attributes:
      note_id: ulid
      title: text(40)
      body: {{type: text, bytes: {{mean: 2KB, max: 100KB}}}}
      updated_at: timestamp
patterns:
  openAccount: {{get: Account, by: account_id, rate: 5/user/day}}
  signIn: {{get: Account, by: email, rate: 1/user/day}}
  listNotes:
    list: Note
    where: account_id
    sort: -updated_at
    limit: 20
    select: [note_id, title]
    rate: 8/user/day
  saveNote: {{update: Note, by: [account_id, note_id], set: [body, updated_at], rate: 6/user/day}}
designs:
  first:
    engine: dynamodb
    tables:
      accounts:
        key: account_id
        items:
          Account: {{}}
          Email: {{of: Account, guards: email, keys: {{account_id: "EMAIL#{{email}}"}}}}
        indexes: {{email-index: {{key: email, project: keys-only}}}}
      notes:
        key: [account_id, note_id]
        items: Note
        indexes: {{updated-index: {{key: [account_id, updated_at], project: [title]}}}}
"""
EVENTS = """
app: events
region: us-east-1
scales: [{users}]
entities:
  Event:
    key: id
    count: 20/user
    attributes: {{id: uuid, kind: "enum(a, b, c, d, e)", at: timestamp, body: text(200)}}
patterns:
  write: {{put: Event, rate: 20/user/day}}
  read: {{get: Event, by: id, rate: 1/user/day}}
  byKind: {{list: Event, where: kind, sort: -at, limit: 20, rate: 1/user/day}}
"""


# On 16 instances the search misses the cheaper of two designs with each of these drawings: 8.44 to
# 8.69 USD instead of 7.59 to 7.72. Only pricing again on more instances finds it.
@pytest.mark.parametrize("seed", [2, 3, 5, 6, 7, 9, 10, 11, 15, 16])
def test_no_drawing_of_the_sample_makes_a_plan_dearer_than_the_design_of_the_file(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_of = Settings.of

    def on_few(model: Model, users: int) -> Settings:
        return replace(settings_of(model, users), sample_items=16)

    monkeypatch.setattr(Settings, "of", staticmethod(on_few))
    result = plan(Session(read_model(NOTES.format(seed=seed))), explained=False)
    planned, first = result.usd("planned", 10_000), result.usd("first", 10_000)
    assert planned is not None
    assert first is not None
    assert planned <= first


def planned_design(text: str) -> tuple[Session, DynamoDesign]:
    session = Session(read_model(text), Options(sample_items=64))
    design = plan(session, explained=False).design
    assert isinstance(design, DynamoDesign)
    return session, design


@pytest.mark.parametrize(("users", "is_spread"), [(1_000_000, False), (100_000_000, True)])
def test_an_enum_is_no_key_of_a_table_and_is_spread_where_it_would_be_hot(
    users: int, is_spread: bool
) -> None:
    # 20 events a user and day: a million users write 231 a second, 46 for each of five kinds; a
    # hundred million 23,148, 4,630 for each, more than the 1,000 that one key takes
    _, design = planned_design(EVENTS.format(users=users))
    [table] = design.tables
    assert table.keys == ("id",)
    by_kind = [index for index in table.indexes if index.partition_keys != ("id",)]
    assert by_kind
    spread = [
        index
        for index in by_kind
        for shape in table.shapes
        for name, template in shape.keys
        if name in index.partition_keys and "shard" in str(template)
    ]
    assert bool(spread) is is_spread


def test_the_plan_of_the_starter_keeps_generated_keys_and_passes_its_own_review() -> None:
    session, design = planned_design(STARTER.read_text(encoding="utf-8"))
    assert {table.name: table.keys for table in design.tables} == {
        "accounts": ("account_id",),
        "notes": ("note_id",),
    }
    evaluator = session.evaluator("dynamodb")
    evaluation = evaluator.full(design, max(session.model.scales))
    reviewing = session.engines["dynamodb"].reviewing
    # what is left of high findings is about money, and fixing it would cost more
    assert severe(evaluation, evaluator, reviewing) == frozenset()
    card = review(evaluation, evaluator, reviewing, with_path=False)
    assert is_at_least(card.letter, "A")
    fixes = [f.fix for f in card.findings if f.level >= Level.HIGH]
    assert all(fix is None or (fix.saves_per_month or 0) <= 0 for fix in fixes)
