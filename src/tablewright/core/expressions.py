"""Small expressions in data files: quantities of a deployment option, conditions of a review rule.

In: text such as `max(0, requests - 1000000) * 0.5` or `save >= k.big_save and online`. Out: an
`Expression`, read once and evaluated often. There are numbers, texts, names, + - * / //,
comparisons, `and`, `or`, `not`, `a if b else c` and the functions given; nothing else of the
language is understood, so that text from a file can do no more than calculate.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal, DecimalException
from functools import cache
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError

LONGEST = 500
"""Characters; a longer expression should be two."""

Names = Mapping[str, Any]
"""Values by name, a Decimal or a bool each; None where a value is not known."""
Functions = Mapping[str, Callable[..., Any]]
_Compiled = Callable[[Names, Functions], Any]


def _divided(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    return dividend / divisor if divisor else None


def _divided_whole(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    return dividend // divisor if divisor else None


_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divided,
    ast.FloorDiv: _divided_whole,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def ceil(value: Decimal) -> Decimal:
    """Return the next whole number."""
    return value.to_integral_value(rounding=ROUND_CEILING)


BUILT_IN: Functions = {"min": min, "max": max, "ceil": ceil}


class Expression:
    """An expression, read once and evaluated often.

    What is not known (None) makes arithmetic and comparisons unknown, as does a division by zero;
    `and`, `or` and `not` take the unknown for false.

    Args:
        text: the expression.
        constants: values of dotted names, such as `k.big_save`, by the part after the dot.
        functions: names of functions it may call, beside min, max and ceil.

    Raises:
        DataError: it is not an expression of this small language.
    """

    __slots__ = ("_compiled", "_functions", "names", "text")

    def __init__(
        self,
        text: str,
        *,
        constants: Mapping[str, Decimal] | None = None,
        functions: frozenset[str] = frozenset(),
    ) -> None:
        self.text = text
        self.names: set[str] = set()
        self._functions = functions | BUILT_IN.keys()
        self._compiled = self._compile(_parsed(text.strip()), constants or {})

    def value(self, names: Names, functions: Functions | None = None) -> Any:
        """Return the value, None if it depends on what is not known.

        Raises:
            DataError: a name is not among `names`, or a function is not called so.
        """
        if not self.names <= names.keys():
            name = next(name for name in self.names if name not in names)
            meant = nearest(name, names)
            hint = f", did you mean `{meant}`?" if meant else ""
            raise DataError(f"`{self.text}`: there is no `{name}`{hint}")
        return self._compiled(names, functions or {})

    def _compile(self, node: ast.expr, constants: Mapping[str, Decimal]) -> _Compiled:
        compiled = self._leaf(node, constants)
        if compiled is not None:
            return compiled
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                parts = [self._compile(value, constants) for value in values]
                return lambda names, calls: all(part(names, calls) for part in parts)
            case ast.BoolOp(values=values):
                parts = [self._compile(value, constants) for value in values]
                return lambda names, calls: any(part(names, calls) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                negated = self._compile(operand, constants)
                return lambda names, calls: not negated(names, calls)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                zero = ast.Constant(value=0)
                return self._binary(operator.sub, zero, operand, constants)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._binary(_OPERATORS[type(op)], left, right, constants)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
                return self._binary(_OPERATORS[type(op)], left, right, constants)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds, then, otherwise = (
                    self._compile(part, constants) for part in (test, body, orelse)
                )
                return lambda names, calls: (then if holds(names, calls) else otherwise)(
                    names, calls
                )
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if (
                name in self._functions
            ):
                return self._call(name, [self._compile(arg, constants) for arg in args])
        raise DataError(
            f"`{self.text}`: `{ast.unparse(node)}` is not understood; there are numbers, names, "
            "comparisons and plain arithmetic"
        )

    def _leaf(self, node: ast.expr, constants: Mapping[str, Decimal]) -> _Compiled | None:
        match node:
            case ast.Constant(value=bool()):
                return None
            case ast.Constant(value=int() | float() as number):
                written = ast.get_source_segment(self.text.strip(), node)
                value = Decimal(written or str(number))
                return lambda names, calls: value
            case ast.Constant(value=str() as word):
                return lambda names, calls: word
            case ast.Attribute(value=ast.Name(id="k"), attr=name) if name in constants:
                constant = constants[name]
                return lambda names, calls: constant
            case ast.Name(id=name):
                self.names.add(name)
                return lambda names, calls: names[name]
        return None

    def _binary(
        self,
        operation: Callable[[Any, Any], Any],
        left: ast.expr,
        right: ast.expr,
        constants: Mapping[str, Decimal],
    ) -> _Compiled:
        first, second = self._compile(left, constants), self._compile(right, constants)

        def calculate(names: Names, calls: Functions) -> Any:
            a, b = first(names, calls), second(names, calls)
            return None if a is None or b is None else operation(a, b)

        return calculate

    def _call(self, name: str, arguments: list[_Compiled]) -> _Compiled:
        def called(names: Names, calls: Functions) -> Any:
            function = calls.get(name) or BUILT_IN[name]
            values = [argument(names, calls) for argument in arguments]
            if any(value is None for value in values):
                return None
            try:
                return function(*values)
            except TypeError as problem:
                raise DataError(f"`{self.text}`: `{name}` is not called so") from problem

        return called


def evaluate(text: str, names: Names, functions: Functions | None = None) -> Decimal:
    """Return the value of an expression, a truth as 1 or 0.

    Raises:
        DataError: not an expression of this small language, an unknown name, a division by zero.

    Example:
        >>> evaluate("ceil(users / 3) * 2 if users > 10 else 1", {"users": Decimal(100)})
        Decimal('68')
    """
    expression = _read(text, frozenset(functions or ()))
    try:
        value = expression.value(names, functions)
        if value is None:
            raise DataError(f"`{text}` is a division by zero")
        return Decimal(value)
    except DecimalException as problem:
        raise DataError(f"`{text}` is no number") from problem


@cache
def _read(text: str, functions: frozenset[str]) -> Expression:
    return Expression(text, functions=functions)


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise DataError(f"an expression of {len(text)} characters is too long")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise DataError(f"`{text}` cannot be read as an expression") from problem
