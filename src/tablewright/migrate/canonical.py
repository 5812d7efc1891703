"""Instances as bytes that are the same whatever stored them, and digests of sets of them.

In: plain Python values as codecs decode them. Out: texts that sort, 128-bit digests. Numbers are
written by their value, so that 5, Decimal("5.0") and Decimal("5") are one number, as they are to
every engine; absent and null differ.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

MODULUS = 1 << 128
"""Digests add up modulo this: a sum keeps equal pairs apart, which exclusive-or would cancel."""


def encode(value: Any) -> str:
    """Return a value as text from which `decode` gives it back; equal values give equal texts."""
    return json.dumps(_tagged(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def decode(text: str) -> Any:
    """Return the value of a text that `encode` wrote."""
    return _plain(json.loads(text))


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
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
        return {"m": {str(key): _tagged(item) for key, item in value.items()}}
    if isinstance(value, set | frozenset):
        return {"s": sorted(encode(item) for item in value)}
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in value]
    raise TypeError(f"{type(value).__name__} is no value of an attribute")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, inner),) = value.items()
    if tag == "n":
        number = Decimal(inner)
        return int(number) if number == number.to_integral_value() and "." not in inner else number
    if tag == "b":
        return base64.b64decode(inner)
    if tag == "t":
        return datetime.datetime.fromisoformat(inner)
    if tag == "s":
        return {decode(item) for item in inner}
    return {key: _plain(item) for key, item in inner.items()}


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
    text = encode({name: value for name, value in row.items() if value is not None})
    hashed = hashlib.blake2b(f"{entity}\0{text}".encode(), digest_size=16).digest()
    return int.from_bytes(hashed, "big")


def bucket(identity: str, buckets: int) -> int:
    """Return which of so many buckets an instance falls into, by its identity alone."""
    hashed = hashlib.blake2b(identity.encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "big") % buckets


def total(digests: Iterable[int]) -> int:
    """Return the digest of a set of instances: their sum, whatever their order."""
    return sum(digests) % MODULUS
