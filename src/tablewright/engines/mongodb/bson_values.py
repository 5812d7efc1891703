"""The values of documents as PyMongo takes them, and what comes back in our form.

In: documents of the codec. Out: the same with ObjectId and Decimal128, or back. The driver is
imported when it is first needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.capacity.documents import ObjectKey


def to_bson(value: Any) -> Any:
    """Return a document or value as PyMongo takes it."""
    if isinstance(value, Mapping):
        return {name: to_bson(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_bson(inner) for inner in value]
    if isinstance(value, ObjectKey):
        from bson import ObjectId

        return ObjectId(value.hexadecimal)
    if isinstance(value, Decimal):
        from bson import Decimal128

        return Decimal128(value)
    return value


def from_bson(value: Any) -> Any:
    """Return what PyMongo gave in the form of the codec."""
    kind = type(value).__name__
    if isinstance(value, Mapping):
        return {name: from_bson(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [from_bson(inner) for inner in value]
    if kind == "ObjectId":
        return ObjectKey(str(value))
    if kind == "Decimal128":
        return value.to_decimal()
    return value
