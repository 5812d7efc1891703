"""Values of documents as PyMongo takes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from tablewright.capacity.documents import ObjectKey


def for_pymongo(value: Any) -> Any:
    import bson

    if isinstance(value, ObjectKey):
        return bson.ObjectId(value.hexadecimal)
    if isinstance(value, Decimal):
        return bson.Decimal128(value)
    if isinstance(value, UUID):
        return bson.Binary.from_uuid(value)
    if isinstance(value, dict):
        return {name: for_pymongo(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [for_pymongo(inner) for inner in value]
    return value
