"""Plain values and DynamoDB's wire form: how one becomes the other, and what a plain value weighs.

In: what a sample holds (str, int, Decimal, bool, bytes, list, dict, set). Out: wire form
(`{"S": "text"}`) or bytes. It does not know where a value came from.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.capacity.items import number_bytes, string_bytes
from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES
from tablewright.core.quantities import plain


def to_wire(value: Any) -> dict[str, Any]:
    """Return a plain value in wire form; the elements of a set are sorted.

    Raises:
        TypeError: DynamoDB has no type for it.

    Example:
        >>> to_wire({"n": 5, "tags": {"b", "a"}})
        {'M': {'n': {'N': '5'}, 'tags': {'SS': ['a', 'b']}}}
    """
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": _number_text(value)}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {"M": {name: to_wire(inner) for name, inner in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [to_wire(inner) for inner in value]}
    if isinstance(value, set | frozenset):
        return _set_to_wire(value)
    if value is None:
        return {"NULL": True}
    raise TypeError(f"no DynamoDB type for {type(value).__name__}")


def item_to_wire(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return an instance as an item in wire form; what is absent (None) is left out."""
    return {
        name: {"S": value} if type(value) is str else to_wire(value)
        for name, value in row.items()
        if value is not None
    }


def plain_bytes(value: Any) -> int:
    """Return the bytes DynamoDB bills for a plain value, as `value_bytes(to_wire(value))` would.

    Example:
        >>> plain_bytes({"k": True}), plain_bytes(["ab", 5]), plain_bytes({"a", "bc"})
        (6, 9, 3)
    """
    kind = type(value)
    if kind is str:
        return string_bytes(value)
    if kind is int:
        return number_bytes(str(value))
    if kind is dict:
        return (
            CONTAINER_BYTES
            + ELEMENT_BYTES * len(value)
            + sum(map(string_bytes, value))
            + sum(map(plain_bytes, value.values()))
        )
    if kind is list:
        return CONTAINER_BYTES + ELEMENT_BYTES * len(value) + sum(map(plain_bytes, value))
    if kind is bool or value is None:
        return 1
    if kind is Decimal:
        return number_bytes(str(value))
    if kind is bytes:
        return len(value)
    if kind is set:
        return sum(map(plain_bytes, value))
    raise TypeError(f"no DynamoDB type for {kind.__name__}")


def key_text(value: Any) -> str:
    """Return a plain value as a composed key has it, and in the model file.

    Example:
        >>> key_text(True), key_text(Decimal("2.50")), key_text("a")
        ('true', '2.5', 'a')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _number_text(value: int | Decimal) -> str:
    return str(value) if isinstance(value, int) else plain(value)


def _set_to_wire(value: set[Any] | frozenset[Any]) -> dict[str, Any]:
    members = sorted(value)
    if not members:
        raise TypeError("DynamoDB has no empty sets")
    if isinstance(members[0], str):
        return {"SS": members}
    if isinstance(members[0], bytes):
        return {"BS": [base64.b64encode(member).decode() for member in members]}
    return {"NS": [_number_text(member) for member in members]}
