"""MongoDB's values as plain values: extended JSON of mongoexport, and what BSON decodes to.

In: documents with `{"$oid": …}` or with the types of the bson package. Out: plain values; an
ObjectId is its 24 digits, a time its ISO text.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

DEEPEST = 100
_SHELL_TYPES = "ISODate|NumberLong|NumberInt|NumberDecimal|ObjectId|UUID|Timestamp|BinData|Date"
_SHELL = re.compile(rf"(?:new )?\b({_SHELL_TYPES})\(([^()]*)\)")
_STRING_OR_SHELL = re.compile(rf'"(?:[^"\\]|\\.)*"|{_SHELL.pattern}')
_WRAPPED = {"ISODate": "$date", "Date": "$date", "ObjectId": "$oid", "UUID": "$uuid",
            "NumberDecimal": "$numberDecimal"}  # fmt: skip


def is_shell_text(head: str) -> bool:
    """Whether text has values as the `mongo` shell prints them, such as `NumberLong(2)`."""
    return _SHELL.search(head) is not None


def extended_json(text: str) -> str:
    """Return what the shell printed as extended JSON.

    Example:
        >>> extended_json('{"n" : NumberLong(2), "at" : ISODate("2026-01-01T00:00:00Z")}')
        '{"n" : 2, "at" : {"$date": "2026-01-01T00:00:00Z"}}'
    """
    return _STRING_OR_SHELL.sub(_as_json, text)


def _as_json(match: re.Match[str]) -> str:
    kind, inside = match[1], match[2]
    if kind is None:  # a string, whatever it contains
        return match[0]
    plain = inside.strip().strip("\"'")
    if kind in _WRAPPED:
        return json.dumps({_WRAPPED[kind]: plain})
    if kind.startswith("Number") and re.fullmatch(r"-?\d+", plain):
        return plain
    return "null"


def plain_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as plain values.

    Example:
        >>> plain_document({"n": {"$numberLong": "5"}, "at": {"$date": "2026-01-01T00:00:00Z"}})
        {'n': 5, 'at': '2026-01-01T00:00:00.000Z'}
    """
    return {str(name): _plain(value, 0) for name, value in document.items()}


def _plain(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        if len(value) <= 2 and any(str(name).startswith("$") for name in value):
            known, plain = _extended(value)
            if known:
                return plain
        return {str(name): _plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | Decimal):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _decimal(repr(value))
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, bytes):
        return _binary(bytes(value), getattr(value, "subtype", 0))
    if isinstance(value, UUID):
        return str(value)
    name = type(value).__name__
    if name == "Decimal128":
        return _decimal(str(value))
    return str(value)  # ObjectId, Regex, Timestamp, MinKey …


def _binary(value: bytes, subtype: int) -> Any:
    if subtype in (3, 4) and len(value) == 16:
        return str(UUID(bytes=value))
    return value


def _decimal(text: str) -> Decimal | int | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else number


def _iso(moment: datetime) -> str:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _extended(value: Mapping[str, Any]) -> tuple[bool, Any]:
    """Return whether a mapping is a value of extended JSON, and that value."""
    name, content = next((str(n), v) for n, v in value.items() if str(n).startswith("$"))
    if name in ("$oid", "$symbol"):
        return True, str(content)
    if name in ("$numberLong", "$numberInt", "$numberDecimal", "$numberDouble"):
        return True, _decimal(str(content))
    if name == "$date":
        return True, _date(content)
    if name == "$uuid":
        return True, str(content)
    if name == "$binary":
        inner = content if isinstance(content, Mapping) else {"base64": content}
        try:
            data = base64.b64decode(str(inner.get("base64", "")))
            subtype = int(str(inner.get("subType", value.get("$type", "0"))), 16)
        except (binascii.Error, ValueError):
            return True, None
        return True, _binary(data, subtype)
    if name in ("$timestamp", "$regex", "$regularExpression", "$minKey", "$maxKey", "$undefined"):
        return True, None if name == "$undefined" else name
    return False, None


def _date(content: Any) -> Any:
    if isinstance(content, Mapping):
        content = content.get("$numberLong", 0)
    if isinstance(content, str) and not content.lstrip("-").isdigit():
        try:
            return _iso(datetime.fromisoformat(content.replace("Z", "+00:00")))
        except ValueError:
            return content
    try:
        return _iso(datetime.fromtimestamp(int(content) / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
