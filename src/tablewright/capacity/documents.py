"""BSON bytes of documents, exact; bytes of index entries of a document store, approximated.

In: plain values as PyMongo takes them (`ObjectKey` stands for an ObjectId, `Decimal` for a
Decimal128). Out: bytes, uncompressed. It does not know compression on disk nor which attributes a
document holds. Layout: the BSON specification 1.1, bsonspec.org, read 2026-10.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from tablewright.core.frozen import frozen

DOCUMENT_OVERHEAD_BYTES = 5
"""Length (int32) and the closing zero byte of every document and array."""

_INT32 = 2**31
_INT64 = 2**63

ENTRY_OVERHEAD_BYTES = 3
"""Of an index entry in WiredTiger: its cell header (about two bytes) and the end of its key."""
RECORD_ID_BYTES = 4
"""Of the record id behind each key: two bytes for small collections, up to nine: assumed four."""


@frozen(kw_only=False)
class ObjectKey:
    """An ObjectId: twelve bytes, as 24 hexadecimal digits."""

    hexadecimal: str


_FIXED_BYTES: Mapping[type, int] = {
    Decimal: 16,
    bool: 1,
    float: 8,
    datetime.datetime: 8,
    ObjectKey: 12,
    UUID: 5 + 16,
    type(None): 0,
}
"""Of the types whose values all have the same bytes."""


def document_bytes(document: Mapping[str, Any]) -> int:
    """Return the bytes of a document as BSON.

    Raises:
        TypeError: BSON has no type for a value.

    Example:
        >>> document_bytes({"hello": "world"})  # the example of the specification
        22
    """
    return DOCUMENT_OVERHEAD_BYTES + sum(
        element_bytes(name, value) for name, value in document.items()
    )


def element_bytes(name: str, value: Any) -> int:
    """Return the bytes of one element: type, name with its closing zero, value.

    Example:
        >>> element_bytes("n", 1), element_bytes("n", 2**40), element_bytes("on", True)
        (7, 11, 5)
    """
    return 2 + len(name.encode()) + bson_value_bytes(value)


def bson_value_bytes(value: Any) -> int:
    """Return the bytes of a value, without type and name.

    Raises:
        TypeError: BSON has no type for it.
        OverflowError: a whole number of more than 64 bits.

    Example:
        >>> bson_value_bytes("ab"), bson_value_bytes(["a", "b"]), bson_value_bytes(Decimal("1.5"))
        (7, 23, 16)
    """
    if (fixed := _FIXED_BYTES.get(type(value))) is not None:
        return fixed
    if isinstance(value, str):
        return 5 + len(value.encode())
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise OverflowError(f"{value} has more than 64 bits")
        return 4 if -_INT32 <= value < _INT32 else 8
    if isinstance(value, Mapping):
        return document_bytes(value)
    if isinstance(value, list | tuple):
        return _array_bytes(value)
    if isinstance(value, set | frozenset):
        return _array_bytes(sorted(value, key=repr))
    if isinstance(value, bytes):
        return 5 + len(value)
    for kind, bytes_of_kind in _FIXED_BYTES.items():
        if isinstance(value, kind):
            return bytes_of_kind
    raise TypeError(f"BSON has no type for {type(value).__name__}")


def _array_bytes(values: Sequence[Any]) -> int:
    """Return the bytes of an array: a document whose names are its places."""
    size = DOCUMENT_OVERHEAD_BYTES + 2 * len(values) + _places_digits(len(values))
    return size + sum([bson_value_bytes(value) for value in values])


def _places_digits(count: int) -> int:
    """Return how many digits the numbers from zero to before `count` have together.

    Example:
        >>> _places_digits(12), _places_digits(1001)  # 10 + 2 * 2; 10 + 90 * 2 + 900 * 3 + 4
        (14, 2894)
    """
    digits, power = count, 10
    while power < count:
        digits += count - power
        power *= 10
    return digits


def index_entry_bytes(values: Iterable[Any]) -> int:
    """Return about how many bytes an index entry takes before prefix compression.

    Each value takes one byte for its type and its content in a form that sorts: text ends in a
    zero byte, whole numbers take no more bytes than they need, decimals about nine, truth values
    none. Behind the key comes the record id.

    Example:
        >>> index_entry_bytes(["paid", 7])  # 1+4+1, 1+1, 3+4
        15
    """
    return ENTRY_OVERHEAD_BYTES + RECORD_ID_BYTES + sum(1 + _sortable(value) for value in values)


def _sortable(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode()) + 1
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int):
        return max(1, (value.bit_length() + 8) // 8)
    if isinstance(value, Decimal):
        return 9
    return bson_value_bytes(value)
