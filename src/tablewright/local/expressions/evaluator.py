"""Conditions and filters: bind to names and values, and answer for an item."""

from __future__ import annotations

from collections.abc import Mapping

from tablewright.local.expressions.bound import Condition, Item, WireValue


def parse_condition(
    text: str,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, WireValue] | None = None,
    *,
    parameter: str = "ConditionExpression",
) -> Condition:
    """Return a condition bound to the names and values of its request."""
    raise NotImplementedError


def evaluate(condition: Condition, item: Item) -> bool:
    """Whether the condition holds for the item; an absent item is an empty one."""
    return condition.test(item, condition.values)
