"""How many bytes an item or an index entry has, by DynamoDB's rules.

In: values in wire form (`{"S": "text"}`) or single facts about them. Out: integers, in bytes.
It does not know tables, prices or units.

Sources: AWS Developer Guide, "DynamoDB item sizes and formats" (CapacityUnitCalculations), for
strings, binaries, null, boolean, lists, maps and the hundred bytes of storage; the exact rule for
numbers and the absence of overhead in sets are as other engines measured them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES, STORAGE_OVERHEAD_BYTES

WireValue = Mapping[str, Any]
WireItem = Mapping[str, WireValue]


def string_bytes(text: str) -> int:
    """Return the UTF-8 bytes of a string.

    Example:
        >>> string_bytes("Zoë")
        4
    """
    return len(text) if text.isascii() else len(text.encode("utf-8"))


MAX_NUMBER_BYTES = 21

_NUMBER_PARTS = re.compile(r"([+-]?)0*(\d*)\.?(\d*?)0*(?:[eE]([+-]?\d+))?")


def number_bytes(text: str) -> int:
    """Return the bytes of a number given as decimal text.

    One byte, plus one for each pair of decimal digits, plus one if negative; at most 21. The pairs
    are aligned at the decimal point, as in a number written to the base 100; leading and trailing
    pairs of zeros do not count. Zero takes one byte.

    Source: as measured on DynamoDB (captures of 2026-08) and by DynamoDB Local 3.3: 100 and 4800
    take 2 bytes, 120 and 480 take 3.

    Example:
        >>> [number_bytes(n) for n in ("0", "7", "1000", "120", "-120", "27.5", "0.012", "1E125")]
        [1, 2, 2, 3, 4, 3, 3, 2]
    """
    if text.isdigit():
        digits = text.lstrip("0")
        if not digits:
            return 1
        lowest = len(digits) - len(digits.rstrip("0"))
        return 2 + (len(digits) - 1) // 2 - lowest // 2
    parts = _NUMBER_PARTS.fullmatch(text)
    assert parts is not None, f"not a number: {text}"
    sign, integer, fraction, exponent_text = parts.groups()
    exponent = int(exponent_text or 0)
    significant = (integer + fraction).strip("0")
    if not significant:
        return 1
    # powers of ten of the first and of the last digit that is not zero
    digits = integer + fraction
    highest = exponent + len(integer) - 1 - (len(digits) - len(digits.lstrip("0")))
    lowest = highest - len(significant) + 1
    pairs = highest // 2 - lowest // 2 + 1
    return min(MAX_NUMBER_BYTES, 1 + pairs + (sign == "-"))


def binary_bytes(base64_text: str) -> int:
    """Return the raw bytes behind base64 text; the encoding itself is not billed.

    Example:
        >>> binary_bytes("aGVsbG8=")
        5
    """
    return len(base64_text) * 3 // 4 - (base64_text[-2:].count("=") if base64_text else 0)


def value_bytes(value: WireValue) -> int:
    """Return the bytes of one attribute value in wire form.

    Example:
        >>> value_bytes({"L": [{"S": "ab"}, {"N": "5"}]})  # 3 + (2 + 1) + (2 + 1)
        9
        >>> value_bytes({"M": {"k": {"BOOL": True}}})  # 3 + 1 + 1 + 1
        6
    """
    ((kind, content),) = value.items()
    if kind == "S":
        return string_bytes(content)
    if kind == "N":
        return number_bytes(content)
    if kind == "B":
        return binary_bytes(content)
    if kind in ("NULL", "BOOL"):
        return 1
    if kind == "M":
        return CONTAINER_BYTES + sum(
            string_bytes(name) + value_bytes(inner) + ELEMENT_BYTES
            for name, inner in content.items()
        )
    if kind == "L":
        return CONTAINER_BYTES + sum(value_bytes(inner) + ELEMENT_BYTES for inner in content)
    if kind == "SS":
        return sum(map(string_bytes, content))
    if kind == "NS":
        return sum(map(number_bytes, content))
    if kind == "BS":
        return sum(map(binary_bytes, content))
    raise ValueError(f"not a DynamoDB value: {kind}")


def item_bytes(item: WireItem) -> int:
    """Return the bytes of an item: the names of its attributes and their values.

    Example:
        >>> item_bytes({"id": {"S": "a1"}, "n": {"N": "12"}})  # 2 + 2 + 1 + 2
        7
    """
    # Strings are counted in place: most values are, and this runs for every item written.
    total = 0
    for name, value in item.items():
        total += len(name) if name.isascii() else len(name.encode())
        text = value.get("S")
        if text is not None:
            total += len(text) if text.isascii() else len(text.encode())
        else:
            total += value_bytes(value)
    return total


def entry_bytes(item: WireItem, names: Iterable[str]) -> int:
    """Return the bytes of an index entry that holds just these attributes of an item."""
    return sum(string_bytes(name) + value_bytes(item[name]) for name in names if name in item)


def stored_bytes(item_bytes: int) -> int:
    """Return the bytes billed for storing an item or entry of this size."""
    return item_bytes + STORAGE_OVERHEAD_BYTES
