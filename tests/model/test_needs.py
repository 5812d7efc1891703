"""Needs say how much and why; words that do not are refused in their place."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.model.values import Need, NeedLevel

TEXT = """
app: n
scales: [10]
needs: {geo: VALUE}
entities:
  User: {key: user_id, attributes: {user_id: id}}
patterns:
  get: {get: User, by: user_id, rate: 1/user/day}
"""


def need(value: str) -> Need:
    return read_model(TEXT.replace("VALUE", value)).model.need("geo")


@pytest.mark.parametrize(
    ("value", "level", "why"),
    [
        ("yes", NeedLevel.REQUIRED, ""),
        ("true", NeedLevel.REQUIRED, ""),
        ("required", NeedLevel.REQUIRED, ""),
        ('"yes: who is near decides"', NeedLevel.REQUIRED, "who is near decides"),
        ('"required, within 5 km"', NeedLevel.REQUIRED, "within 5 km"),
        ("preferred", NeedLevel.PREFERRED, ""),
        ('"welcome: lists by status"', NeedLevel.PREFERRED, "lists by status"),
        ("later", NeedLevel.PREFERRED, ""),
        ("no", NeedLevel.NO, ""),
        ('"no: distances are stored"', NeedLevel.NO, "distances are stored"),
        ("{level: required, why: no one waits}", NeedLevel.REQUIRED, "no one waits"),
    ],
)
def test_a_need_has_a_level_and_a_reason(value: str, level: NeedLevel, why: str) -> None:
    assert need(value) == Need(name="geo", level=level, why=why)


@pytest.mark.parametrize("value", ["nordic users only", "November 2026", "not before 10,000 users"])
def test_words_that_only_begin_like_a_level_are_refused(value: str) -> None:
    with pytest.raises(ModelError) as caught:
        need(f'"{value}"')
    (found,) = caught.value.diagnostics
    assert found.id == "bad-need"
    assert f'{{level: preferred, why: "{value}"}}' in found.help
    assert found.span is not None
    # "needs: {geo: " has 13 characters.
    assert (found.span.line, found.span.column) == (4, 14)


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        need("{level: must}")
    assert "required, preferred or no" in caught.value.diagnostics[0].message


def test_what_is_not_mentioned_is_not_needed() -> None:
    model = read_model(TEXT.replace("VALUE", "yes")).model
    assert model.need("ttl").level is NeedLevel.NO
    assert model.required_needs == {"geo"}
