"""Conditions with operators, amounts of counters and first values, as a model file has them."""

from __future__ import annotations

import pytest

from tablewright.core.errors import ModelError
from tablewright.model.values import Condition
from tablewright.model.write_reader import in_words
from tablewright.session import read_model

MODEL = """
app: quota
scales: [100]
entities:
  User:
    key: id
    attributes:
      id: uuid
      requests: counter
      limit: int(1..10)
      status: enum(active, closed)
      tags: list(1KB)
      name: text(10)
      ends: timestamp
      expires: epoch
patterns:
  count: {update: User, by: id, increment: %s, if_on: %s, rate: 1/user/day}
  create: {put: User, if: absent, set: %s, rate: 1/user/day}
"""


def read(increment: str = "requests", if_on: str = "status", initial: str = "{requests: 0}"):
    return read_model(MODEL % (increment, if_on, initial)).model


def errors(**changed: str) -> list[str]:
    with pytest.raises(ModelError) as raised:
        read(**changed)
    return [d.id for d in raised.value.diagnostics if d.severity.is_error]


def test_a_condition_compares_with_another_attribute_and_with_the_clock() -> None:
    pattern = read(if_on="{requests: {lt: limit}, ends: {gt: now - 1h}}").pattern("count")
    assert pattern.condition_tests == (
        Condition(attribute="requests", operator="lt", other="limit"),
        Condition(attribute="ends", operator="gt", value="now - 1h"),
    )
    assert pattern.condition == "requests < limit and ends > now - 1h"
    assert pattern.condition_on == ("requests", "ends", "limit")
    assert pattern.expected == ()


def test_a_condition_has_bounds_a_list_and_the_caller_s_value() -> None:
    tests = read(if_on="{requests: {ge: 1, le: 50}, status: {in: [active]}, name: given}").pattern(
        "count"
    )
    assert tests.condition == (
        "requests <= 50 and requests >= 1 and status is active and name = the caller's"
    )


def test_a_list_of_attributes_still_means_what_the_caller_expects() -> None:
    pattern = read(if_on="[status, requests]").pattern("count")
    assert pattern.expected == ("status", "requests")
    assert pattern.condition_tests == ()


@pytest.mark.parametrize(
    ("if_on", "error"),
    [
        ("{requests: {lt: name}}", "bad-condition"),  # a number with a text
        ("{tags: {lt: given}}", "bad-condition"),  # a list has no order
        ("{requests: {lt: many}}", "impossible-value"),
        ("{status: {in: [open]}}", "unknown-value"),
        ("{requests: {}}", "bad-condition"),
        ("{nothing: {lt: 5}}", "unknown-attribute"),
        ("{ends: {gt: tomorrow}}", "impossible-value"),
        ("{requests: {below: 5}}", "unknown-field"),
    ],
)
def test_what_cannot_be_compared_is_refused(if_on: str, error: str) -> None:
    assert error in errors(if_on=if_on)


def test_counters_count_by_an_amount() -> None:
    pattern = read(increment="{requests: -1, limit: given}").pattern("count")
    assert (pattern.amount("requests"), pattern.amount("limit")) == (-1, 1)
    assert pattern.increments == ("requests", "limit")
    assert "wrong-kind" in errors(increment="{name: 1}")


def test_a_put_begins_with_fixed_and_computed_values() -> None:
    initial = "{requests: 0, status: active, id: generated, ends: now + 30d, expires: now + 90d}"
    pattern = read(initial=initial).pattern("create")
    assert pattern.initial == (("requests", "0"), ("status", "active"))
    assert dict(pattern.computed) == {
        "id": "generated",
        "ends": "now + 30d",
        "expires": "now + 90d",
    }
    assert pattern.touched == ()


def test_a_first_value_has_to_be_a_value() -> None:
    assert "unknown-value" in errors(initial="{status: open}")
    assert "incomplete" in errors(initial="[requests]")
    assert "impossible-value" in errors(initial="{requests: now}")


def test_a_put_that_replaces_compares_nothing() -> None:
    text = MODEL % ("requests", "status", "{requests: 0}")
    text = text.replace("if: absent", "if_on: {requests: {lt: 5}}")
    with pytest.raises(ModelError) as raised:
        read_model(text)
    assert [d.id for d in raised.value.diagnostics if d.severity.is_error] == ["bad-condition"]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition(attribute="a", operator="exists"), "a is there"),
        (Condition(attribute="a", operator="absent"), "a is absent"),
        (Condition(attribute="a", operator="in", values=("x", "y")), "a is x or y"),
        (Condition(attribute="a", operator="lt", other="b"), "a < b"),
        (Condition(attribute="a", value="x"), "a = x"),
        (Condition(attribute="a"), "a = the caller's"),
        (Condition(attribute="a", operator="ge", value="5"), "a >= 5"),
        (Condition(attribute="a", operator="ne", value="5"), "a <> 5"),
    ],
)
def test_a_condition_reads_as_a_sentence(condition: Condition, words: str) -> None:
    assert in_words(condition) == words
