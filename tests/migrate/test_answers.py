"""What a model file decides for a migration: read with positions, and followed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from migrate.shop import MODEL
from migrate.test_migration import BILL, FILE, ORDERS, contents, database, fill
from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.design.migrations import Answer, MigrationRate, MoveDecision, Renaming, rate_of
from tablewright.evaluation.doors import Record
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging

SECTION = """
migrations:
  to_one:
    from: apart
    to: together
    rate: 20%
    answers:
      Order.note: {lost: drop, missing: {default: none}}
      Order.total: {missing: {default: 7}}
      User: {collision: quarantine}
      users: {unreadable: quarantine}
    rename: {users: {mail: email}}
    ignore: {users: [legacy], orders: trace}
"""


def problems(text):
    with pytest.raises(ModelError) as raised:
        read_model(MODEL + text, "shop.yaml")
    return [(p.id, p.span.line, p.span.column) for p in raised.value.diagnostics]


def test_every_choice_is_read():
    choices = read_model(MODEL + SECTION, "shop.yaml").choices("apart", "together")

    assert choices.rate == MigrationRate(share=Decimal("0.2"))
    assert set(choices.answers) == {
        Answer(place="Order", attribute="note", kind="lost", action=MoveDecision.DROP),
        Answer(
            place="Order",
            attribute="note",
            kind="missing",
            action=MoveDecision.DEFAULT,
            default="none",
        ),
        Answer(
            place="Order", attribute="total", kind="missing", action=MoveDecision.DEFAULT, default=7
        ),
        Answer(place="User", kind="collision", action=MoveDecision.QUARANTINE),
        Answer(place="users", kind="unreadable", action=MoveDecision.QUARANTINE),
    }
    assert choices.renaming.names == {
        "users": {"mail": "email", "legacy": ""},
        "orders": {"trace": ""},
    }


def test_a_pair_nobody_wrote_about_has_no_choices():
    choices = read_model(MODEL + SECTION, "shop.yaml").choices("together", "apart")

    assert choices.answers == ()
    assert choices.rate is None


# the lines of the file: the section begins behind the model
FIRST = MODEL.count("\n") + 2


@pytest.mark.parametrize(
    ("line", "problem", "row", "column"),
    [
        ("from: nowhere, to: together", "unknown-design", 1, 13),
        ("from: apart, to: together, rate: fast", "wrong-rate", 1, 40),
        ("from: apart, to: together, answers: {Oder: {lost: drop}}", "unknown-entity", 1, 44),
        (
            "from: apart, to: together, answers: {Order.nope: {lost: drop}}",
            "unknown-attribute",
            1,
            44,
        ),
        ("from: apart, to: together, answers: {Order: {lost: keep}}", "bad-value", 1, 58),
        (
            "from: apart, to: together, answers: {Order.total: {missing: {default: x}}}",
            "wrong-value",
            1,
            77,
        ),
        (
            "from: apart, to: together, answers: {Order.note: {collision: quarantine}}",
            "wrong-answer",
            1,
            57,
        ),
    ],
)
def test_what_is_wrong_is_shown_at_its_place(line, problem, row, column):
    text = f"migrations:\n  m: {{{line}}}\n"

    assert problems(text) == [(problem, FIRST + row - 1, column)]


@pytest.mark.parametrize("text", ["0", "120%", "-5", "many", ""])
def test_a_rate_that_is_none_is_refused(text):
    assert rate_of(text) is None


# ---------------------------------------------------------------- followed


def moved(source, target, path, answers=(), renaming=None):
    transform = Transform(
        FILE.model, source.codec, target.codec, tuple(answers), renaming or Renaming()
    )
    return Migration(source, target, transform, Staging(path / "staging.db"))


def test_a_default_fills_what_is_missing(tmp_path):
    source, target = database("apart"), database("together")
    without_total = {"user_id": {"S": "u1"}, "order_id": {"S": "o9"}, "note": {"S": "gift"}}
    fill(source, users=(BILL,), orders=())
    source.bulk_write([Record(container="orders", kind="Order", content=without_total)])
    answer = Answer(
        place="Order", attribute="total", kind="missing", action=MoveDecision.DEFAULT, default=5
    )

    move = moved(source, target, tmp_path, [answer])

    assert move.check().is_clear
    move.write()

    assert contents(target)["Order", ("o9",)] == {
        "user_id": "u1",
        "order_id": "o9",
        "note": "gift",
        "total": 5,
    }
    assert move.verify().is_clean


def test_what_cannot_be_read_goes_to_quarantine_with_its_content(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    source.bulk_write(
        [Record(container="users", kind="User", content={"user_id": {"S": "u9"}, "x": {"N": "1"}})]
    )
    move = moved(
        source,
        target,
        tmp_path,
        [Answer(place="users", kind="unreadable", action=MoveDecision.QUARANTINE)],
    )

    assert move.check().is_clear
    move.write()

    ((place, _, reason, body),) = move.staging.quarantined()
    assert place == "users"
    assert "no kind" in reason
    assert b'"x"' in body
    assert move.verify().is_clean


def test_a_renamed_field_is_read_under_its_new_name_and_an_ignored_one_is_not(tmp_path):
    source, target = database("apart"), database("together")
    old = {
        "user_id": {"S": "u1"},
        "mail": {"S": BILL["email"]},
        "bio": {"S": BILL["bio"]},
        "legacy": {"S": "?"},
    }
    source.bulk_write([Record(container="users", kind="User", content=old)])
    renaming = Renaming(names={"users": {"mail": "email", "legacy": ""}})
    move = moved(source, target, tmp_path, renaming=renaming)

    assert move.check().is_clear
    move.write()

    assert contents(target) == {("User", ("u1",)): BILL}


# `{user_id}#{order_id}` is u1#a#b of all of them
JOINED_ALIKE = (
    {"user_id": "u1", "order_id": "a#b", "total": 1},
    {"user_id": "u1#a", "order_id": "b", "total": 2},
)


def test_instances_that_collide_go_to_quarantine_but_the_first(tmp_path):
    source, target = database("apart"), database("joined")
    fill(source, users=(BILL,), orders=JOINED_ALIKE)
    move = moved(
        source,
        target,
        tmp_path,
        [Answer(place="Order", kind="collision", action=MoveDecision.QUARANTINE)],
    )

    check = move.check()
    move.write()

    assert (check.is_clear, check.rejected) == (True, 1)
    assert [identity for _, identity, _, _ in move.staging.quarantined()] == ['["b"]']
    assert contents(target)["Order", ("a#b",)] == JOINED_ALIKE[0]
    assert move.verify().is_clean


def test_collisions_without_an_answer_stop_the_check(tmp_path):
    source, target = database("apart"), database("joined")
    fill(source, users=(BILL,), orders=JOINED_ALIKE)

    problems_found = moved(source, target, tmp_path).check().problems

    assert [(p.kind, p.count) for p in problems_found] == [("collision", 1)]


def test_an_entity_may_stay_behind(tmp_path):
    source, target = database("apart"), database("only_users")
    fill(source, orders=ORDERS)
    move = moved(
        source, target, tmp_path, [Answer(place="Order", kind="no-place", action=MoveDecision.DROP)]
    )

    assert move.check().is_clear
    move.write()

    assert {entity for entity, _ in contents(target)} == {"User"}
    assert list(move.staging.quarantined()) == []
    assert move.verify().is_clean
