"""What has to hold of a stored instance for a write, worked out by hand for one small entity."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tablewright import read_model
from tablewright.model.values import Condition
from tablewright.sample.calls import Call, typed
from tablewright.sample.conditions import WriteTest, all_hold, fixed_value, write_tests

MODEL = read_model("""
app: t
scales: [10]
entities:
  Job:
    key: id
    attributes:
      id: uuid
      slug: {type: id, unique: yes}
      owner: id
      state: enum(open, taken, done)
      tries: int(0..9)
      limit: int(0..9)
      done: bool
      ends: timestamp
      stamp: epoch
      share: decimal
patterns:
  plain: {update: Job, by: id, set: [tries], rate: 1/day}
  narrow: {update: Job, by: {id: given, owner: given}, set: [tries], rate: 1/day}
  by_slug: {update: Job, by: {slug: given, owner: given}, set: [tries], rate: 1/day}
  take: {update: Job, by: id, set: {state: taken}, if: {state: open}, rate: 1/day}
  either: {update: Job, by: id, set: {state: done}, if: {state: {in: [open, taken]}}, rate: 1/day}
  below: {update: Job, by: id, increment: tries, if: {tries: {lt: limit}}, rate: 1/day}
  same: {update: Job, by: id, set: {state: given}, if: [state], rate: 1/day}
  free: {update: Job, by: id, set: {owner: given}, if: {owner: absent}, rate: 1/day}
""").model
JOB = MODEL.entity("Job")
ROW: dict[str, Any] = {
    "id": "j",
    "slug": "s",
    "owner": "o",
    "state": "open",
    "tries": 3,
    "limit": 5,
}


def told(pattern: str, **more: Any) -> list[tuple[str, str, tuple[Any, ...], str]]:
    call = Call(pattern=MODEL.pattern(pattern), row={**ROW, **more.pop("row", {})}, **more)
    return [(t.attribute, t.operator, t.operands, t.other) for t in write_tests(JOB, call)]


def test_a_write_without_a_condition_asks_nothing() -> None:
    assert told("plain") == []


def test_what_a_write_names_beside_the_key_has_to_be_so() -> None:
    assert told("narrow") == [("owner", "eq", ("o",), "")]
    assert told("by_slug") == [("owner", "eq", ("o",), "")]
    assert told("narrow", row={"owner": None}) == []


def test_what_was_read_has_to_be_unchanged() -> None:
    assert told("plain", unchanged={"state": "open", "done": None}) == [
        ("state", "eq", ("open",), ""),
        ("done", "absent", (), ""),
    ]
    assert told("narrow", unchanged={"owner": "p"}) == [("owner", "eq", ("p",), "")]


def test_a_condition_states_a_value_several_or_another_attribute() -> None:
    assert told("take") == [("state", "eq", ("open",), "")]
    assert told("either") == [("state", "in", ("open", "taken"), "")]
    assert told("below") == [("tries", "lt", (), "limit")]
    assert told("free") == [("owner", "absent", (), "")]


def test_what_the_caller_expects_goes_before_what_the_row_has() -> None:
    assert told("same") == [("state", "eq", ("open",), "")]
    assert told("same", expected={"state": "done"}) == [("state", "eq", ("done",), "")]


def test_a_write_that_must_fail_asks_the_opposite_of_what_holds() -> None:
    assert told("take", must_fail=True) == [("state", "differs", ("open",), "")]
    assert told("either", must_fail=True) == [("state", "differs", ("open",), "")]
    assert told("below", must_fail=True) == [("tries", "ge", (), "limit")]
    # The owner is there, so the condition fails by itself.
    assert told("free", must_fail=True) == [("owner", "absent", (), "")]
    assert told("free", must_fail=True, row={"owner": None}) == [("owner", "exists", (), "")]


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        (WriteTest(attribute="state", operator="eq", operands=("open",)), True),
        (WriteTest(attribute="state", operator="eq", operands=("done",)), False),
        (WriteTest(attribute="state", operator="differs", operands=("open",)), False),
        (WriteTest(attribute="state", operator="differs", operands=("done",)), True),
        (WriteTest(attribute="gone", operator="differs", operands=("x",)), True),
        (WriteTest(attribute="tries", operator="lt", other="limit"), True),
        (WriteTest(attribute="limit", operator="lt", other="tries"), False),
        (WriteTest(attribute="tries", operator="lt", other="gone"), False),
        (WriteTest(attribute="tries", operator="differs", other="limit"), True),
        (WriteTest(attribute="gone", operator="absent"), True),
        (WriteTest(attribute="state", operator="in", operands=("open", "done")), True),
    ],
)
def test_a_comparison_holds_of_the_stored_instance(test: WriteTest, holds: bool) -> None:
    assert test.holds(ROW) is holds
    assert all_hold([test], ROW) is holds


def test_stated_values_have_their_types_and_moments_their_time() -> None:
    now = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert fixed_value(JOB, "tries", "5", now) == 5
    assert type(fixed_value(JOB, "tries", "5", now)) is int
    assert fixed_value(JOB, "done", "true", now) is True
    assert fixed_value(JOB, "state", "open", now) == "open"
    assert fixed_value(JOB, "nowhere", "open", now) == "open"
    assert fixed_value(JOB, "stamp", "now", now) == 1_767_323_045
    assert str(fixed_value(JOB, "ends", "now", now)).startswith("2026-01-02T03:04:05")
    assert Condition(attribute="a").operator == "eq"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("tries", "0", int),
        ("stamp", "12", int),
        ("share", "1", int),
        ("share", "0.5", Decimal),
        ("owner", "7", str),
    ],
)
def test_a_fixed_whole_number_is_an_int_as_a_validator_of_mongodb_asks(name, text, kind):
    value = typed(JOB, name, text)
    assert (value, type(value)) == (kind(text), kind)
