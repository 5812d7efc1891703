"""Write a view as JSON: the same content as every other form, with a version of its shape.

In: a view. Out: mappings, lists, text and numbers. Names are those of the view; a version number in
`schema` grows when a name goes or changes its meaning, not when one is added. A figure that is
exact in the program is a JSON number here, which most readers hold to 15 digits.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

SCHEMA_VERSION = 1


def as_data(view: Any, kind: str) -> dict[str, Any]:
    """Return a view as plain data; `kind` is the verb, such as "cost" or "report".

    Example:
        >>> from tablewright.reports.views import Crossing
        >>> found = Crossing(cheaper_below="a", cheaper_above="b", users=1000)
        >>> as_data(found, "crossing")["schema"]
        'tablewright.crossing/1'
    """
    return {"schema": f"tablewright.{kind}/{SCHEMA_VERSION}", **_plain(view)}


def write_json(view: Any, kind: str) -> str:
    """Return a view as JSON text, ending in a newline."""
    return json.dumps(as_data(view, kind), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in _fields(value)}
    if isinstance(value, enum.Enum):
        return str(value) if isinstance(value, enum.IntEnum) else value.value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _fields(value: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(value)
