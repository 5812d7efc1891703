"""Plain values as PostgreSQL takes them, and what comes back as plain values.

In: a column, a value. Out: the other form. JSON numbers stay exact; times are ISO texts in UTC with
milliseconds, as everywhere in a model's data.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from tablewright.engines.postgresql.design import Column
from tablewright.engines.postgresql.vectors import vector_text
from tablewright.model.values import Attribute, Kind


def sql_value(column: Column, value: Any) -> Any:
    """Return a plain value as it is sent for a column.

    Example:
        >>> place = Column(name="at", attribute="at", type="point", sql="point")
        >>> sql_value(place, {"lat": Decimal("1.5"), "lon": Decimal("2")})
        '(2,1.5)'
    """
    if value is None:
        return None
    if column.type in ("jsonb", "json"):
        return json_text(value)
    if column.type == "array":
        return "{" + ",".join(map(_array_element, value)) + "}"
    if column.type == "vector":
        return vector_text(value)
    if column.type == "point":
        return f"({value['lon']},{value['lat']})"
    return value


def _array_element(value: Any) -> str:
    """Return an element of an array as its text form has it.

    Source: PostgreSQL documentation, "Arrays", "Array Input and Output Syntax": in double quotes a
    backslash stands before a quote or a backslash, and nothing else is escaped.
    """
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def json_text(value: Any) -> str:
    """Return a plain value as JSON, decimals as exact numbers and sets as sorted lists.

    Example:
        >>> json_text({"price": Decimal("2.50"), "tags": {"b", "a"}})
        '{"price": 2.50, "tags": ["a", "b"]}'
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(str(k))}: {json_text(v)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, set | frozenset):
        return json_text(sorted(value))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ", ".join(json_text(each) for each in value) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def read_json(text: str | bytes) -> Any:
    """Return a JSON text as plain values, numbers with a fraction as decimals."""
    return json.loads(text, parse_float=Decimal)


def plain_value(attribute: Attribute | None, value: Any) -> Any:
    """Return what a column gave back as the plain value of an attribute."""
    if value is None:
        return None
    kind = attribute.kind if attribute is not None else None
    if isinstance(value, datetime.datetime):
        return _time_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if kind is Kind.GEO and isinstance(value, str):
        longitude, latitude = value.strip("()").split(",")
        return {"lat": Decimal(latitude), "lon": Decimal(longitude)}
    if kind is Kind.VECTOR and isinstance(value, str):
        return [Decimal(component) for component in value.strip("[]").split(",")]
    if kind is Kind.SET and isinstance(value, list):
        return set(value)
    if isinstance(value, memoryview):
        return bytes(value)
    return value


def _time_text(value: datetime.datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value.isoformat(timespec="milliseconds") + "Z"
