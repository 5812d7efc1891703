"""Records as JSON that gives every value back, and digests of sets of them.

In: plain values. Out: JSON in which texts, numbers, lists and maps are themselves, and what JSON
has no form for is written as MongoDB Extended JSON v2 writes it (`{"$date": …}`,
`{"$binary": …}`), with `$set` beside it. Numbers are exact: where a database tells doubles from
decimals, decimals are tagged `$numberDecimal`.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from tablewright.capacity.documents import ObjectKey
from tablewright.migrate.canonical import number_text

MODULUS = 1 << 256
"""Digests of records add up modulo this, so that the order of records does not matter."""
UTC_TEXT = "%Y-%m-%dT%H:%M:%S.%f"


def to_text(value: Any, *, has_doubles: bool = False) -> str:
    """Return a value as one line of JSON.

    Example:
        >>> to_text({"n": Decimal("2.50"), "raw": b"ab", "tags": {"b", "a"}})
        '{"n":2.50,"raw":{"$binary":{"base64":"YWI=","subType":"00"}},"tags":{"$set":["a","b"]}}'
    """
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        number = format(value, "f")
        is_tagged = has_doubles or not value.is_finite()
        return f'{{"$numberDecimal":"{number}"}}' if is_tagged else number
    if isinstance(value, float):
        if not isfinite(value):
            return f'{{"$numberDouble":"{value}"}}'
        return repr(value) if has_doubles else format(Decimal(repr(value)), "f")
    if isinstance(value, Mapping):
        return _map_text(value, has_doubles)
    if isinstance(value, set | frozenset):
        members = sorted(to_text(member, has_doubles=has_doubles) for member in value)
        return '{"$set":[' + ",".join(members) + "]}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(to_text(inner, has_doubles=has_doubles) for inner in value) + "]"
    return _tagged(value)


def _map_text(value: Mapping[Any, Any], has_doubles: bool) -> str:
    pairs = ",".join(
        f"{json.dumps(str(name), ensure_ascii=False)}:{to_text(inner, has_doubles=has_doubles)}"
        for name, inner in value.items()
    )
    text = "{" + pairs + "}"
    # a map of the user's own that looks like a tag is wrapped, so that it comes back as it was
    is_like_tag = len(value) == 1 and str(next(iter(value))).startswith("$")
    return f'{{"$literal":{text}}}' if is_like_tag else text


def _tagged(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        content = base64.b64encode(bytes(value)).decode()
        return f'{{"$binary":{{"base64":"{content}","subType":"00"}}}}'
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return f'{{"$date":"{value.strftime(UTC_TEXT)}Z"}}'
    if isinstance(value, ObjectKey):
        return f'{{"$oid":"{value.hexadecimal}"}}'
    if isinstance(value, UUID):
        return f'{{"$uuid":"{value}"}}'
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def from_text(text: str, *, has_doubles: bool = False) -> Any:
    """Return the value of a text that `to_text` wrote.

    Example:
        >>> from_text('{"n":2.50,"tags":{"$set":["a"]}}')
        {'n': Decimal('2.50'), 'tags': {'a'}}
    """
    return _plain(json.loads(text, parse_float=float if has_doubles else Decimal))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name.startswith("$"):
            return _untagged(name, inner)
    return {name: _plain(inner) for name, inner in value.items()}


def _untagged(name: str, inner: Any) -> Any:
    if name == "$literal":
        return {key: _plain(each) for key, each in inner.items()}
    if name == "$set":
        return {_plain(each) for each in inner}
    if name == "$binary":
        return base64.b64decode(inner["base64"])
    if name == "$date":
        return datetime.datetime.fromisoformat(inner)
    if name == "$oid":
        return ObjectKey(inner)
    if name == "$uuid":
        return UUID(inner)
    if name == "$numberDecimal":
        return Decimal(inner)
    if name == "$numberDouble":
        return float(inner)
    raise ValueError(f"`{name}` is no tag of this format")


def record_digest(record: Mapping[str, Any]) -> int:
    """Return the digest of one record of plain values, below `MODULUS`.

    Equal values give equal digests, whatever their order and the name of the table they are in.
    """
    text = json.dumps(_canonical(record), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def _canonical(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | Decimal):
        return {"$n": number_text(Decimal(value))}
    if isinstance(value, float):
        return {"$n": number_text(Decimal(repr(value)))}
    if isinstance(value, Mapping):
        return {str(name): _canonical(inner) for name, inner in value.items()}
    if isinstance(value, set | frozenset):
        members = (json.dumps(_canonical(member), sort_keys=True) for member in value)
        return {"$set": sorted(members)}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    return json.loads(_tagged(value))
