"""DynamoDB's wire form as plain values.

In: attribute values as files (base64 text) and the SDK (bytes) have them. Out: plain values.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item in wire form as plain values; what is no attribute value raises ValueError.

    Example:
        >>> plain_item({"n": {"N": "5"}, "s": {"S": "a"}})
        {'n': 5, 's': 'a'}
    """
    return {name: plain_value(value) for name, value in item.items()}


def plain_value(value: Any) -> Any:
    """Return an attribute value as a plain value.

    Raises:
        ValueError: it is not in wire form.
    """
    if (type(value) is not dict and not isinstance(value, Mapping)) or len(value) != 1:
        raise ValueError("not an attribute value")
    ((kind, content),) = value.items()
    if kind == "S" and type(content) is str:  # by far the most frequent
        return content
    read = _READERS.get(kind)
    if read is None:
        raise ValueError(f"unknown type {str(kind)[:8]}")
    return read(content)


def _number(text: Any) -> int | Decimal:
    text = str(text)
    try:
        return int(text)
    except ValueError:
        try:
            return Decimal(text)
        except InvalidOperation:
            raise ValueError("not a number") from None


def _binary(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return base64.b64decode(str(content))
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def _map(content: Any) -> dict[str, Any]:
    return {name: plain_value(inner) for name, inner in content.items()}


_READERS: dict[str, Any] = {
    "S": str,
    "N": _number,
    "B": _binary,
    "BOOL": bool,
    "NULL": lambda _content: None,
    "M": _map,
    "L": lambda content: [plain_value(inner) for inner in content],
    "SS": set,
    "NS": lambda content: {_number(text) for text in content},
    "BS": lambda content: {_binary(data) for data in content},
}


def is_wire_item(item: Any) -> bool:
    """Whether something is an item in wire form."""
    if not isinstance(item, Mapping) or not item:
        return False
    return all(
        isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _READERS
        for value in item.values()
    )
