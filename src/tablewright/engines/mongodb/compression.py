"""Measure what block compression leaves of documents: pages of BSON, shortened as Snappy does.

In: sampled documents. Out: bytes kept for one of content. WiredTiger compresses each leaf page of
32 KB with Snappy by default; here pages are filled with the documents in the order of insertion and
their compressed bytes are counted by the format's rules. Nothing can be read back. The documents
are made up by the sampler: what people write may repeat itself more, or less.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from tablewright.capacity.documents import ObjectKey

PAGE_BYTES = 32_768
"""MongoDB manual, "WiredTiger Storage Engine": leaf pages, uncompressed."""
PAGES = 2
"""Pages that are measured, spread over the sample; more change the second digit little."""
_SHORTEST, _LONGEST_COPY, _NEAR = 4, 64, 2048
_PLACES, _MIX, _SHIFT = 1 << 14, 0x1E35A7BD, 18
"""The table of places that were seen, and how four bytes find theirs in it (Snappy, compress)."""
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def kept_share(documents: Sequence[Mapping[str, Any]]) -> Decimal:
    """Return the bytes that are kept for one byte of documents, at most one.

    Example:
        >>> kept_share([{"word": "tick tock " * 500}] * 20) < Decimal("0.1")
        True
    """
    pages = _pages(documents)
    if not pages:
        return Decimal(1)
    step = max(1, len(pages) // PAGES)
    chosen = pages[::step][:PAGES]
    content = sum(len(page) for page in chosen)
    retained = sum(min(len(page), snappy_bytes(page)) for page in chosen)
    return Decimal(retained) / Decimal(content) if content else Decimal(1)


def _pages(documents: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """Return pages filled with documents; a document longer than a page fills several."""
    total = b"".join(bson(document) for document in documents)
    return [
        total[position : position + PAGE_BYTES] for position in range(0, len(total), PAGE_BYTES)
    ]


def snappy_bytes(data: bytes) -> int:
    """Return how many bytes data takes compressed: literals, and copies of what came before.

    The search is that of the format's own library: a table of the places of four bytes each, in
    which two may fall together, and steps that grow where nothing repeats.

    Example:
        >>> snappy_bytes(b"abcd" * 100)  # length 2, literal 1 + 4, six copies of 64 and one of 12
        28
    """
    end = len(data)
    size = 1 if end < 128 else 2 if end < 16_384 else 3  # the length, seven bits a byte
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(end - 3)]
    seen = [-1] * _PLACES
    start = position = 0
    skip = 32
    while position < len(words):
        word = words[position]
        place = (word * _MIX & 0xFFFFFFFF) >> _SHIFT
        before = seen[place]
        seen[place] = position
        if before < 0 or words[before] != word:
            position += skip >> 5
            skip += 1
            continue
        if start < position:
            size += _literal(position - start)
        length = _SHORTEST
        while position + length < end and data[before + length] == data[position + length]:
            length += 1
        size += _copy(position - before, length)
        position += length
        start, skip = position, 32
        if position <= len(words):
            seen[(words[position - 1] * _MIX & 0xFFFFFFFF) >> _SHIFT] = position - 1
    if start < end:
        size += _literal(end - start)
    return size


def _literal(length: int) -> int:
    return length + (1 if length <= 60 else 2 if length <= 256 else 3)


def _copy(offset: int, length: int) -> int:
    """Return the bytes of a copy: in parts of 64, two bytes for a short one that is near."""
    total, rest = divmod(length, _LONGEST_COPY)
    size = 3 * total
    if rest:
        size += 2 if 4 <= rest <= 11 and offset < _NEAR else 3
    return size


def bson(document: Mapping[str, Any]) -> bytes:
    """Return a document as BSON.

    Raises:
        TypeError: BSON has no type for a value.

    Example:
        >>> bson({"hello": "world"}).hex(" ", 4)  # the example of the specification
        '1600 00000268 656c6c6f 00060000 00776f72 6c640000'
    """
    body = b"".join(_element(name, value) for name, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def _element(name: str, value: Any) -> bytes:
    kind, content = _value(value)
    return bytes([kind]) + name.encode() + b"\0" + content


def _value(value: Any) -> tuple[int, bytes]:
    match value:
        case None:
            return 0x0A, b""
        case bool():
            return 0x08, bytes([value])
        case int():
            small = -(2**31) <= value < 2**31
            return (0x10, struct.pack("<i", value)) if small else (0x12, struct.pack("<q", value))
        case float():
            return 0x01, struct.pack("<d", value)
        case str():
            text = value.encode()
            return 0x02, struct.pack("<i", len(text) + 1) + text + b"\0"
        case datetime.datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
            return 0x09, struct.pack("<q", round((aware - _EPOCH).total_seconds() * 1000))
        case UUID():
            return 0x05, struct.pack("<i", 16) + b"\x04" + value.bytes
        case ObjectKey():
            return 0x07, bytes.fromhex(value.hexadecimal)
        case bytes():
            return 0x05, struct.pack("<i", len(value)) + b"\0" + value
        case Decimal():
            sign, digits, exponent = value.as_tuple()
            number = int("".join(map(str, digits)) or "0")
            top = (sign << 63) | ((int(exponent) + 6176) << 49)
            return 0x13, (number | (top << 64)).to_bytes(16, "little")
        case Mapping():
            return 0x03, bson(value)
        case list() | tuple():
            return 0x04, bson({str(position): entry for position, entry in enumerate(value)})
        case set() | frozenset():
            return 0x04, bson(
                {str(position): entry for position, entry in enumerate(sorted(value, key=repr))}
            )
    raise TypeError(f"BSON has no type for {type(value).__name__}")
