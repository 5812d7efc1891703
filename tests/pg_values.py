"""Sampled values as psycopg takes them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def json_text(value: Any) -> str:
    def plain(inner: Any) -> Any:
        if isinstance(inner, Decimal):
            return float(inner)
        return sorted(inner)

    return json.dumps(value, default=plain)


def sent(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "jsonb":
        return json_text(value)
    if kind == "array":
        return "{" + ",".join(map(str, value)) + "}"
    if kind == "point":
        return f"({value['lon']},{value['lat']})"
    return value
