"""Instances as bytes that are the same whatever stored them, and digests of sets of them.

In: plain Python values as codecs decode them. Out: texts that sort, 128-bit digests. Numbers are
written by their value, so that 5, Decimal("5.0") and Decimal("5") are one number, as they are to
every engine; absent and null differ.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

MODULUS = 1 << 128
"""Digests add up modulo this: a sum keeps equal pairs apart, which exclusive-or would cancel."""


def encode(value: Any) -> str:
    """Return a value as text from which `decode` gives it back; equal values give equal texts."""
    return encoded(value).decode()


def encoded(value: Any) -> bytes:
    """Return the text of a value in UTF-8."""
    return orjson.dumps(_tagged(value), option=orjson.OPT_SORT_KEYS)


def decode(text: str | bytes) -> Any:
    """Return the value of a text that `encode` or `encoded` wrote."""
    return _plain(orjson.loads(text))


def _tagged(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return {"n": str(value)}
    if kind is dict:
        return {"m": {str(name): _tagged(inner) for name, inner in value.items()}}
    if kind is list:
        return [_tagged(inner) for inner in value]
    return _tagged_other(value)


def _tagged_other(value: Any) -> Any:
    """Tag what comes more rarely, subclasses of the plain types included."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | Decimal):
        return {"n": number_text(Decimal(value))}
    if isinstance(value, float):
        return {"n": number_text(Decimal(repr(value)))}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"b": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, datetime.datetime | datetime.date):
        return {"t": value.isoformat()}
    if isinstance(value, Mapping):
        return {"m": {str(name): _tagged(inner) for name, inner in value.items()}}
    if isinstance(value, set | frozenset):
        return {"s": sorted(encode(inner) for inner in value)}
    if isinstance(value, list | tuple):
        return [_tagged(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} is no value of an attribute")


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    ((tag, inner),) = value.items()
    if tag == "m":
        return {name: each if type(each) is str else _plain(each) for name, each in inner.items()}
    if tag == "n":
        return int(inner) if "." not in inner else Decimal(inner)
    if tag == "b":
        return base64.b64decode(inner)
    if tag == "t":
        return datetime.datetime.fromisoformat(inner)
    return {decode(each) for each in inner}


def number_text(number: Decimal) -> str:
    """Return a number by its value: without exponent, without zeros that say nothing.

    Example:
        >>> number_text(Decimal("5.00")), number_text(Decimal("1E+3")), number_text(Decimal("-0"))
        ('5', '1000', '0')
    """
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def digest(entity: str, row: Mapping[str, Any]) -> int:
    """Return the digest of one instance, below `MODULUS`; absent attributes do not count."""
    body = encoded({name: value for name, value in row.items() if value is not None})
    return digest_of(entity, body)


def digest_of(entity: str, body: bytes) -> int:
    """Return the digest of one instance whose present attributes `encoded` wrote."""
    hashed = hashlib.blake2b(b"%b\0%b" % (entity.encode(), body), digest_size=16).digest()
    return int.from_bytes(hashed, "big")


def short(value: Any) -> bytes:
    """Return 16 bytes that tell a value from any other."""
    return short_of(encoded(value))


def short_of(text: bytes) -> bytes:
    """Return 16 bytes that tell a text from any other."""
    return hashlib.blake2b(text, digest_size=16).digest()


def key_encoded(container: str, key: Iterable[Any]) -> bytes | None:
    """Return what `encoded` writes of a container and a key of texts or typed texts; else None.

    Example:
        >>> key = ({"S": "u1"}, "a")
        >>> key_encoded("users", key) == encoded(["users", *key]), key_encoded("users", (5,))
        (True, None)
    """
    parts: list[Any] = [container]
    for part in key:
        if type(part) is str:
            parts.append(part)
        elif type(part) is dict and len(part) == 1 and type(next(iter(part.values()))) is str:
            parts.append({"m": part})
        else:
            return None
    return orjson.dumps(parts)


def texts_encoded(values: Iterable[Any]) -> bytes | None:
    """Return what `encoded` writes of a list, where it is of plain texts alone; else None.

    Example:
        >>> texts_encoded(["a", "b"]) == encoded(["a", "b"]), texts_encoded(["a", 5])
        (True, None)
    """
    for value in values:
        if type(value) is not str:
            return None
    return orjson.dumps(values)


def bucket(identity: str | bytes, buckets: int) -> int:
    """Return which of so many buckets an instance falls into, by its identity alone."""
    text = identity.encode() if isinstance(identity, str) else identity
    return zlib.crc32(text) % buckets


def total(digests: Iterable[int]) -> int:
    """Return the digest of a set of instances: their sum, whatever their order."""
    return sum(digests) % MODULUS
