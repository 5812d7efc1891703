"""Conditions as data: the severities of a rule depend on numbers, in expressions of the rule file.

In: a text such as `save_share >= k.big_save_share and online`, and names with their values. Out:
whether it holds. A comparison with an unknown value (None) does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tablewright.core.expressions import Expression

Value = Decimal | bool | None


class RuleCondition:
    """A condition, read once and evaluated often; what is not given is not known.

    Example:
        >>> RuleCondition("save >= 10*k.min_save and online", {"min_save": Decimal(1)}).holds(
        ...     {"save": Decimal(12), "online": True})
        True
        >>> RuleCondition("save >= 1", {}).holds({"save": None})
        False
    """

    __slots__ = ("_expression",)

    def __init__(self, text: str, thresholds: Mapping[str, Decimal]) -> None:
        self._expression = Expression(text, constants=thresholds)

    @property
    def text(self) -> str:
        """The condition as written."""
        return self._expression.text

    @property
    def names(self) -> set[str]:
        """The values it asks for."""
        return self._expression.names

    def holds(self, names: Mapping[str, Value]) -> bool:
        """Return whether it holds for these values."""
        return bool(self._expression.value({name: names.get(name) for name in self.names}))
