"""Quantities as expressions of the workload: a small arithmetic, evaluated in Decimal.

In: text such as `max(0, requests - 1000000) * 0.5` and the names it may use. Out: a Decimal. There
are numbers, names, + - * / //, comparisons, `a if b else c` and the functions given; nothing else
of the language is understood, so that text from a file can do no more than add up.
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
"""Characters; a longer expression should be two components."""

Names = Mapping[str, Decimal]
Functions = Mapping[str, Callable[..., Decimal]]

_ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_COMPARISONS: Mapping[type, Callable[[Any, Any], bool]] = {
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


def evaluate(text: str, names: Names, functions: Functions | None = None) -> Decimal:
    """Return the value of an expression.

    Raises:
        DataError: not an expression of this small language, an unknown name, a division by zero.

    Example:
        >>> evaluate("ceil(users / 3) * 2 if users > 10 else 1", {"users": Decimal(100)})
        Decimal('68')
    """
    known = {**BUILT_IN, **(functions or {})}
    try:
        return Decimal(_value(_parsed(text), names, known, text))
    except DecimalException as problem:
        words = "a division by zero" if isinstance(problem, ZeroDivisionError) else "no number"
        raise DataError(f"`{text}` is {words}") from problem


@cache
def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise DataError(f"an expression of {len(text)} characters is too long")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise DataError(f"`{text}` is not an expression") from problem


def _value(node: ast.expr, names: Names, functions: Functions, text: str) -> Any:
    def inner(one: ast.expr) -> Any:
        return _value(one, names, functions, text)

    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return Decimal(ast.get_source_segment(text.strip(), node) or str(number))
        case ast.Constant(value=str() as word):
            return word
        case ast.Name(id=name):
            if name in names:
                return names[name]
            meant = nearest(name, names)
            hint = f", did you mean `{meant}`?" if meant else ""
            raise DataError(f"`{text}`: there is no `{name}`{hint}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -inner(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _ARITHMETIC[type(op)](inner(left), inner(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return Decimal(_COMPARISONS[type(op)](inner(left), inner(right)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return inner(body) if inner(test) else inner(orelse)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in functions:
            try:
                return functions[name](*(inner(arg) for arg in args))
            except TypeError as problem:
                raise DataError(f"`{text}`: `{name}` is not called so") from problem
    raise DataError(f"`{text}`: only numbers, names and plain arithmetic are understood")
