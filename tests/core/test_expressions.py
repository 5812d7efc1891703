"""The small arithmetic of quantities: what it understands, and that it understands no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.core.errors import DataError
from tablewright.core.expressions import Expression, evaluate

NAMES = {"requests": Decimal(1_500_000), "tasks": Decimal(2)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("max(0, requests - 1000000)", "500000"),
        ("tasks * 0.25 * 730", "365"),  # 2 x 0.25 = 0.5, times 730
        ("ceil(requests / 400000)", "4"),  # 3.75 up
        ("10 if tasks <= 2 else 20", "10"),
        ("-tasks + 5", "3"),
        ("0.1 + 0.2", "0.3"),  # Decimal, not binary fractions
    ],
)
def test_arithmetic_is_exact(text: str, value: str) -> None:
    assert evaluate(text, NAMES) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "requests.real",
        "[1, 2]",
        "lambda: 1",
        "(lambda: 1)()",
        "2 ** 9",
        "max(tasks=1)",
        "True",
        "1 +",
        "1" * 600,
    ],
)
def test_anything_but_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        evaluate(text, NAMES)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean `requests`"):
        evaluate("reqests * 2", NAMES)


def test_a_division_by_zero_is_an_error_of_the_data() -> None:
    with pytest.raises(DataError, match="division by zero"):
        evaluate("1 / (tasks - 2)", NAMES)


def test_what_is_not_known_makes_arithmetic_and_comparisons_unknown() -> None:
    expression = Expression("save * 2 > k.least", constants={"least": Decimal(3)})
    assert expression.value({"save": None}) is None
    assert expression.value({"save": Decimal(2)}) is True  # 4 > 3
    assert expression.names == {"save"}


def test_logic_takes_the_unknown_for_false() -> None:
    assert Expression("a > 1 or b").value({"a": None, "b": True}) is True
    assert Expression("a > 1 and b").value({"a": None, "b": True}) is False


def test_functions_of_the_caller_are_called_by_name() -> None:
    assert evaluate("cost('small') + 1", {}, {"cost": lambda name: Decimal(len(name))}) == 6
    with pytest.raises(DataError, match="is not understood"):
        evaluate("cost('small')", {})
