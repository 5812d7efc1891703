"""Conditions beyond equality and ranges: exists, absent, not, contains, size."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.model.statistics import Selectivity
from tablewright.sample.world import Test as Holding

TEXT = """
app: games
scales: [1000]
entities:
  Game:
    key: game_id
    attributes:
      game_id: uuid
      open_at: {type: timestamp, presence: 5%}
      day: date
      state: {type: enum, values: {won: 50%, lost: 30%, absent: 20%}}
      tags: {type: set, of: text(8), items: 3}
      level: int(1..9)
patterns:
  p: {list: Game, where: WHERE, rate: 1/user/day}
"""


def condition(where: str):
    (found,) = read_model(TEXT.replace("WHERE", where)).model.pattern("p").where
    return found


@pytest.mark.parametrize(
    ("where", "operator", "share"),
    [
        ("{open_at: exists}", "exists", "0.05"),
        ("{open_at: absent}", "absent", "0.95"),
        ("{state: absent}", "eq", "0.2"),  # a value of that name comes first
        ("{state: {not: won}}", "ne", "0.5"),
        ("{level: {not: given}}", "ne", str(1 - Decimal(1) / 9)),
        ("{tags: {contains: 2%}}", "contains", "0.02"),
        ("{tags: {size: given}}", "size", "0.3"),
    ],
)
def test_a_condition_holds_for_its_share(where: str, operator: str, share: str) -> None:
    file = read_model(TEXT.replace("WHERE", where))
    (found,) = file.model.pattern("p").where
    assert found.operator == operator
    statistics = Selectivity(file.model, 1000)
    assert statistics.share(file.model.entity("Game"), found) == Decimal(share)


@pytest.mark.parametrize(
    ("where", "message", "place"),
    [
        ("{open_at: banana}", "`Game.open_at` is a timestamp", "banana"),
        ("{open_at: 2026-13-01}", "`Game.open_at` is a timestamp", "2026"),
        ("{day: yesterday}", "`Game.day` is a date", "yesterday"),
        ("{game_id: g-1}", "`Game.game_id` is a uuid", "g-1"),
        ("{level: exists}", "which every `Game` has", "exists"),
        ("{level: {contains: 1%}}", "asks for what is in `level`", "level"),
        ("{level: {size: 1%}}", "asks for the size of `level`", "level"),
        ("{state: {not: draw}}", "`draw`, which is not a value", "draw"),
        ("{tags: {contains: 1%, size: 2%}}", "has 2 conditions on `tags`", "tags"),
    ],
)
def test_a_condition_that_cannot_be_is_an_error_in_its_place(
    where: str, message: str, place: str
) -> None:
    with pytest.raises(ModelError) as caught:
        condition(where)
    found = caught.value.diagnostics[0]
    assert message in found.message
    assert found.span is not None
    # "  p: {list: Game, where: " has 25 characters.
    assert (found.span.line, found.span.column) == (15, 26 + where.index(place))


@pytest.mark.parametrize("moment", ["2026-11-30", "2026-11-30T12:00:00Z"])
def test_a_day_or_a_moment_is_a_value_of_a_time(moment: str) -> None:
    assert condition(f"{{open_at: {moment}}}").value == moment


@pytest.mark.parametrize(
    ("operator", "operands", "value", "holds"),
    [
        ("exists", (), "x", True),
        ("exists", (), None, False),
        ("absent", (), None, True),
        ("absent", (), "x", False),
        ("ne", ("a",), "b", True),
        ("ne", ("a",), "a", False),
        ("ne", ("a",), None, False),
        ("contains", ("b",), {"a", "b"}, True),
        ("contains", ("b",), ["a"], False),
        ("contains", ("ell",), "hello", True),
        ("size", (3,), "abc", True),
        ("size", (3,), {"a", "b"}, False),
    ],
)
def test_what_a_value_meets(
    operator: str, operands: tuple[object, ...], value: object, holds: bool
) -> None:
    assert Holding("a", operator, operands).holds(value) is holds
