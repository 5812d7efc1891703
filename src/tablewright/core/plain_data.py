"""Frozen values as plain data: mappings, lists, text, integers, true, false and null.

In: a dataclass. Out: what JSON can hold. A Decimal becomes text, exact and without an exponent, so
that no reader rounds it; a count is a number.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import plain

Convert = Callable[[str, Any], Any]
"""Name of a field and its value to the value that is written."""


def plain_data(value: Any, convert: Convert = lambda name, value: value) -> Any:
    """Return a value as plain data; `convert` sees each field of a dataclass first.

    Example:
        >>> plain_data({"usd": Decimal("12.50"), "users": 1000, "of": ("a", "b")})
        {'usd': '12.5', 'users': 1000, 'of': ['a', 'b']}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain_data(convert(field.name, getattr(value, field.name)), convert)
            for field in dataclasses.fields(value)
        }
    if isinstance(value, enum.Enum):
        return str(value) if isinstance(value, enum.IntEnum) else value.value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key): plain_data(part, convert) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(part, convert) for part in value]
    if isinstance(value, set | frozenset):
        return [plain_data(part, convert) for part in sorted(value)]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value
