"""Answers of a store as JSON, exact to the last digit.

In: instances, pages. Out: bytes. Decimals are JSON numbers as they are, binaries base64, sets
sorted lists.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from tablewright.core.quantities import plain
from tablewright.store.records import Page, StoredInstance

WORD_BITS = 64
"""Of whole numbers that need as many, orjson writes only some, of longer ones none."""


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON.

    Example:
        >>> json_bytes({"price": Decimal("19.90"), "tags": {"b", "a"}})
        b'{"price":19.9,"tags":["a","b"]}'
    """
    try:
        return orjson.dumps(value, default=_other)
    except orjson.JSONEncodeError:
        return orjson.dumps(_with_long_numbers(value), default=_other)


def _with_long_numbers(value: Any) -> Any:
    """Return a value whose whole numbers of more than 64 bits are JSON already."""
    if isinstance(value, Mapping):
        return {name: _with_long_numbers(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_long_numbers(each) for each in value]
    if isinstance(value, int) and value.bit_length() >= WORD_BITS:
        return orjson.Fragment(str(value).encode())
    return value


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(plain(value).encode())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _of_kind(found: Any) -> Any:
    if isinstance(found, StoredInstance):
        return found.as_fields()
    return [each.as_fields() for each in found]


def answer_data(value: Any, *, is_paged: bool) -> Any:
    """Return what the store answered as plain data."""
    if isinstance(value, StoredInstance):
        return value.as_fields()
    if isinstance(value, Page):
        items = [each.as_fields() for each in value]
        return {"items": items, "next": value.next} if is_paged else {"items": items}
    if isinstance(value, Mapping):  # of a `read`: what was found of each entity
        return {name: found and _of_kind(found) for name, found in value.items()}
    return {"items": [each.as_fields() for each in value]}
