"""Attribute values: what may be stored, in canonical form.

In: values whose JSON types are right. Out: the same values with numbers in canonical text and sets
in a fixed order, or the service's refusal, in the words of the layer that reads them.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from tablewright.capacity.limits import MAX_NESTING_LEVELS
from tablewright.capacity.values import NumberError, canonical_number, number_key
from tablewright.local.faults import ValidationException
from tablewright.local.validation.layers import INVALID, OLDER, Layer

WireValue = dict[str, Any]


def check_value(value: WireValue, layer: Layer = OLDER) -> None:
    """Check one attribute value and bring it into canonical form, in place.

    Numbers get canonical text and sets a fixed order, so that equal values are equal JSON.

    Raises:
        ValidationException: it is empty, of several types, not a number, has duplicates, …
    """
    try:
        _check(value, layer, 0)
    except _EmptyInnerName:
        raise ValidationException(
            TOO_DEEP if _depth(value) > MAX_NESTING_LEVELS else EMPTY_NAME
        ) from None


def check_item(item: Mapping[str, WireValue], layer: Layer = OLDER) -> None:
    """Check all values of an item or a key, and bring them into canonical form, in place.

    An empty attribute name is refused before levels too deep, and those before an empty name
    further in.
    """
    if "" in item:
        raise ValidationException(EMPTY_NAME)
    try:
        for value in item.values():
            if len(value) != 1 or "S" not in value:
                _check(value, layer, 0)
    except _EmptyInnerName:
        is_deep = any(_depth(value) > MAX_NESTING_LEVELS for value in item.values())
        raise ValidationException(TOO_DEEP if is_deep else EMPTY_NAME) from None


def is_too_deep(fault: ValidationException) -> bool:
    """Whether a value was refused for its levels."""
    return fault.message.endswith(TOO_DEEP)


def depth_of(values: Any) -> int:
    """Return the levels of the deepest of several values.

    Example:
        >>> depth_of([{"S": "a"}, {"L": [{"M": {"a": {"N": "1"}}}]}])
        3
    """
    return max(map(_depth, values), default=0)


EMPTY_NAME = "Empty attribute name"
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
_EMPTY_VALUE = (
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
)
_SEVERAL_TYPES = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)


class _EmptyInnerName(Exception):
    """A map has an empty name in it: refused after levels too deep anywhere in the item."""


def _check(value: WireValue, layer: Layer, depth: int) -> None:
    if len(value) != 1:
        raise ValidationException(_SEVERAL_TYPES if value else _EMPTY_VALUE)
    ((kind, content),) = value.items()
    if kind == "S" or kind == "B" or kind == "BOOL":
        return
    if kind == "N":
        value["N"] = _number(content, layer)
    elif kind == "NULL":
        if content is not True:
            raise ValidationException(
                INVALID + "Null attribute value types must have the value of true"
            )
    elif kind == "M":
        if depth >= MAX_NESTING_LEVELS - 1:
            raise ValidationException(TOO_DEEP)
        if "" in content:
            raise _EmptyInnerName
        for inner in content.values():
            _check(inner, layer, depth + 1)
    elif kind == "L":
        if depth >= MAX_NESTING_LEVELS - 1:
            raise ValidationException(TOO_DEEP)
        for inner in content:
            _check(inner, layer, depth + 1)
    else:
        value[kind] = _check_set(kind, content, layer)


def _depth(value: WireValue) -> int:
    """Return the levels of a value, itself included; read without recursion."""
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        inner, level = waiting.pop()
        deepest = max(deepest, level)
        for kind, content in inner.items():
            if kind == "M":
                waiting += [(each, level + 1) for each in content.values()]
            elif kind == "L":
                waiting += [(each, level + 1) for each in content]
    return deepest


def _number(text: str, layer: Layer) -> str:
    try:
        return canonical_number(text, exponent_bits=64 if layer.is_newer else 32)
    except NumberError as problem:
        raise ValidationException(number_message(problem, layer)) from None


def number_message(problem: NumberError, layer: Layer = OLDER) -> str:
    """Return what the service says of a text that is not a number it stores."""
    if problem.problem == "overflow":
        return (
            "Number overflow. Attempting to store a number with magnitude larger than "
            "supported range"
        )
    if problem.problem == "underflow":
        return (
            "Number underflow. Attempting to store a number with magnitude smaller than "
            "supported range"
        )
    if problem.problem == "too many digits":
        return "Attempting to store more than 38 significant digits in a Number"
    if not problem.text and not layer.is_newer:
        return "The parameter cannot be converted to a numeric value"
    return f"The parameter cannot be converted to a numeric value: {problem.text}"


# -- sets ---------------------------------------------------------------------------------------


def _check_set(kind: str, content: Sequence[str], layer: Layer) -> list[str]:
    if not content:
        raise ValidationException(INVALID + _EMPTY_SETS[kind])
    if kind == "NS":
        numbers = [_number(text, layer) for text in content]
        if len(set(numbers)) != len(numbers):
            raise ValidationException(
                f"{INVALID}Input collection contains duplicates."
                if layer.is_newer
                else "Input collection contains duplicates"
            )
        return sorted(numbers, key=number_key)
    if len(set(content)) != len(content):
        raise ValidationException(f"{INVALID}{duplicates_message(kind, content, layer)}")
    return sorted(content, key=_order_of(kind))


def duplicates_message(kind: str, content: Sequence[str], layer: Layer = OLDER) -> str:
    """Return what the service says of a set of strings or binaries with duplicates.

    The newer layer quotes the members: sorted up to the first repeat, then that, then the rest.

    Example:
        >>> duplicates_message("SS", ["b", "a", "b"], Layer(is_newer=True))
        'Input collection ["a", "b", "b"] contains duplicates.'
        >>> duplicates_message("SS", ["b", "a", "b"])
        'Input collection [b, a, b] contains duplicates.'
    """
    of_kind = "of type BS " if kind == "BS" else " "
    if not layer.is_newer:
        return f"Input collection [{', '.join(content)}]{of_kind}contains duplicates."
    repeat = next(place for place, text in enumerate(content) if text in content[:place])
    listed = [*sorted(content[:repeat], key=_order_of(kind)), *content[repeat:]]
    between = "," if kind == "BS" else ", "
    shown = between.join(f'"{text}"' for text in listed)
    return f"Input collection [{shown}]{of_kind}contains duplicates."


def _order_of(kind: str) -> Any:
    return str.encode if kind == "SS" else binascii.a2b_base64


_EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}
