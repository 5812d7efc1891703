"""What expressions do with attribute values: compare, order, measure, add.

In: values in wire form with canonical number text and base64 text. Out: answers, or new values in
the same form. It does not know expressions.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact
from typing import Any

from tablewright.capacity.limits import MAX_DIGITS, MAX_EXPONENT
from tablewright.local.expressions.refusals import refused

WireValue = Mapping[str, Any]

SETS = frozenset({"SS", "NS", "BS"})
_ELEMENT_OF = {"SS": "S", "NS": "N", "BS": "B"}

MIN_EXPONENT = -130


def type_of(value: WireValue) -> str:
    """Return the type of a value, as its one member is called.

    Example:
        >>> type_of({"N": "1"})
        'N'
    """
    for kind in value:
        return kind
    raise ValueError("a value without a type")


def bytes_of(value: WireValue) -> bytes:
    """Return the bytes of a binary value."""
    return base64.b64decode(value["B"])


def is_equal(first: WireValue, second: WireValue) -> bool:
    """Whether two values are the same; the order of sets does not matter, at any depth.

    Example:
        >>> is_equal({"L": [{"SS": ["a", "b"]}]}, {"L": [{"SS": ["b", "a"]}]})
        True
    """
    if first == second:
        return True
    kind = type_of(first)
    if kind not in second or kind in ("S", "N", "B", "BOOL", "NULL"):
        return False
    left_side, right = first[kind], second[kind]
    if len(left_side) != len(right):
        return False
    if kind in SETS:
        return set(left_side) == set(right)
    if kind == "L":
        return all(map(is_equal, left_side, right))
    return all(name in right and is_equal(value, right[name]) for name, value in left_side.items())


def order(first: WireValue, second: WireValue) -> int | None:
    """Return whether a value sorts before (-1), with (0) or after (1) another; None: no order.

    Example:
        >>> order({"N": "9"}, {"N": "10"}), order({"S": "9"}, {"S": "10"})
        (-1, 1)
        >>> order({"N": "1"}, {"S": "1"}) is None
        True
    """
    left_side: Any
    right: Any
    if "S" in first and "S" in second:
        left_side, right = first["S"], second["S"]
    elif "N" in first and "N" in second:
        left_side, right = Decimal(first["N"]), Decimal(second["N"])
    elif "B" in first and "B" in second:
        left_side, right = bytes_of(first), bytes_of(second)
    else:
        return None
    return bool(left_side > right) - bool(left_side < right)


def size_of(value: WireValue) -> int | None:
    """Return what the function `size` says of a value; None where it has no answer.

    A string counts UTF-16 units, as DynamoDB Local does: the documents only say "length".

    Example:
        >>> size_of({"S": "é😀"}), size_of({"B": "AAE="}), size_of({"L": []}), size_of({"N": "1"})
        (3, 2, 0, None)
    """
    kind = type_of(value)
    content: str = value[kind]  # or a list or map, of which only the length is asked
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode("utf-16-le")) // 2
    if kind == "B":
        return len(bytes_of(value))
    return None if kind in ("N", "BOOL", "NULL") else len(content)


def contains(container: WireValue, part: WireValue) -> bool:
    """Whether a string holds a substring, a binary a run of bytes, a set or list an element.

    Example:
        >>> contains({"NS": ["1", "2"]}, {"N": "2"}), contains({"S": "abc"}, {"S": "bc"})
        (True, True)
    """
    kind, part_kind = type_of(container), type_of(part)
    if kind == "L":
        return any(is_equal(element, part) for element in container["L"])
    if kind in SETS:
        return _ELEMENT_OF[kind] == part_kind and part[part_kind] in container[kind]
    if kind == "S" and part_kind == "S":
        return part["S"] in container["S"]
    if kind == "B" and part_kind == "B":
        return bytes_of(part) in bytes_of(container)
    return False


def begins_with(value: WireValue, start: WireValue) -> bool:
    """Whether a string or a binary begins with another."""
    if "S" in value and "S" in start:
        return bool(value["S"].startswith(start["S"]))
    if "B" in value and "B" in start:
        return bytes_of(value).startswith(bytes_of(start))
    return False


# Exact: the widest sum of two numbers of 38 digits spans 125 + 130 + 1 places.
_EXACT = Context(prec=300, traps=[Inexact])


def sum_of(first: str, second: str, *, sign: int = 1) -> str:
    """Return the sum of two numbers, or their difference, in canonical text.

    A result that needs more than 38 digits is refused, not rounded.

    Example:
        >>> sum_of("0.1", "0.20"), sum_of("1", "1", sign=-1), sum_of("95", "5")
        ('0.3', '0', '100')
    """
    left_side, right = Decimal(first), Decimal(second)
    total = _EXACT.add(left_side, right) if sign > 0 else _EXACT.subtract(left_side, right)
    return number_text(total)


def number_text(number: Decimal) -> str:
    """Return a number in canonical text, or refuse one that is out of range.

    Example:
        >>> number_text(Decimal("1.50E+3")), number_text(Decimal("-0.0"))
        ('1500', '0')
    """
    if not number:
        return "0"
    number = number.normalize(_EXACT)
    if number.adjusted() > MAX_EXPONENT:
        raise refused(
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range"
        )
    if number.adjusted() < MIN_EXPONENT:
        raise refused(
            "Number underflow. Attempting to store a number with magnitude smaller than supported "
            "range"
        )
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise refused("Attempting to store more than 38 significant digits in a Number")
    return format(number, "f")
