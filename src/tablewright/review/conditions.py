"""Conditions as data: the severities of a rule depend on numbers, in expressions of the rule file.

In: a text such as `save_share >= k.big_save_share and online`, and names with their values. Out:
whether it holds. A comparison with an unknown value (None) does not hold. Only comparison,
arithmetic and logic are understood: it is data, not code.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tablewright.core.errors import DataError

Value = Decimal | bool | None
Names = Mapping[str, Value]
_Evaluate = Callable[[Names], Any]

_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else None,
}


class RuleCondition:
    """A condition, read once and evaluated often.

    Example:
        >>> Condition("save >= 10*k.min_save and online", {"min_save": Decimal(1)}).holds(
        ...     {"save": Decimal(12), "online": True})
        True
        >>> Condition("save >= 1", {}).holds({"save": None})
        False
    """

    __slots__ = ("_evaluate", "names", "text")

    def __init__(self, text: str, thresholds: Mapping[str, Decimal]) -> None:
        self.text = text
        self.names: set[str] = set()
        try:
            tree = ast.parse(text, mode="eval")
        except SyntaxError as problem:
            raise DataError(f"condition `{text}` cannot be read: {problem.msg}") from problem
        self._evaluate = self._compile(tree.body, thresholds)

    def holds(self, names: Names) -> bool:
        """Return whether it holds for these values."""
        return bool(self._evaluate(names))

    def _compile(self, node: ast.expr, k: Mapping[str, Decimal]) -> _Evaluate:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                parts = [self._compile(value, k) for value in values]
                return lambda names: all(part(names) for part in parts)
            case ast.BoolOp(values=values):
                parts = [self._compile(value, k) for value in values]
                return lambda names: any(part(names) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._compile(operand, k)
                return lambda names: not inner(names)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return self._binary(_COMPARE[type(op)], left, right, k)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._binary(_ARITHMETIC[type(op)], left, right, k)
            case ast.Constant(value=int() | float() as number):
                value = Decimal(str(number))
                return lambda names: value
            case ast.Attribute(value=ast.Name(id="k"), attr=name) if name in k:
                threshold = k[name]
                return lambda names: threshold
            case ast.Name(id=name):
                self.names.add(name)
                return lambda names: names.get(name)
        raise DataError(f"condition `{self.text}`: `{ast.unparse(node)}` is not understood")

    def _binary(
        self,
        operation: Callable[[Any, Any], Any],
        expr: ast.expr,
        right: ast.expr,
        k: Mapping[str, Decimal],
    ) -> _Evaluate:
        first, second = self._compile(expr, k), self._compile(right, k)

        def evaluate(names: Names) -> Any:
            a, b = first(names), second(names)
            return None if a is None or b is None else operation(a, b)

        return evaluate
