"""PostgreSQL bytes: a value in a column, a row, a heap, an index entry, a B-tree.

In: plain values and the names of types. Out: bytes and pages, by the documented layout (PostgreSQL
documentation, "Database Page Layout", "TOAST", "B-Tree Indexes"; read 2026-10). It does not know
dead rows, free space left by deletes, or the compression of large values: that is a share given by
the caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tablewright.core.frozen import frozen

PAGE_BYTES = 8192
PAGE_HEADER_BYTES = 24
ITEM_POINTER_BYTES = 4
TUPLE_HEADER_BYTES = 23
ALIGNMENT = 8

SHORT_VARLENA_BYTES = 126
"""The longest content that is kept behind a header of one byte, without alignment."""
TOAST_THRESHOLD_BYTES = 2032
TOAST_POINTER_BYTES = 18
TOAST_CHUNK_BYTES = 1996
COMPRESSION_HEADER_BYTES = 4

INDEX_HEADER_BYTES = 8
BTREE_SPECIAL_BYTES = 16
POSTING_BYTES = 6
LARGEST_POSTING_BYTES = 812
"""The longest entry that stands for many rows: a tenth of a page, without its item pointer."""

_FIXED = {
    "boolean": (1, 1),
    "smallint": (2, 2),
    "integer": (4, 4),
    "bigint": (8, 8),
    "real": (4, 4),
    "double precision": (8, 8),
    "date": (4, 4),
    "timestamp": (8, 8),
    "timestamptz": (8, 8),
    "uuid": (16, 1),
    "point": (16, 8),
}
"""Bytes and alignment of the types of fixed length."""

VARIABLE = ("text", "varchar", "char", "numeric", "jsonb", "json", "bytea", "array")


def aligned(offset: int, to: int = ALIGNMENT) -> int:
    """Return an offset rounded up to a multiple.

    Example:
        >>> aligned(25), aligned(24), aligned(5, 4)
        (32, 24, 8)
    """
    return -(-offset // to) * to


@frozen(kw_only=False)
class RowField:
    """One column of one row: content bytes (None where null), alignment, whether it is varlena."""

    content: int | None
    alignment: int = 4
    is_variable: bool = True
    ratio: float | None = None
    """Bytes after compression over bytes before, where it is known of this column."""

    @property
    def is_short(self) -> bool:
        """Whether its header is one byte and nothing aligns it."""
        return self.is_variable and (self.content or 0) <= SHORT_VARLENA_BYTES

    def after(self, offset: int) -> int:
        """Return the offset behind the value when it starts at or after an offset."""
        if self.content is None:
            return offset
        if not self.is_variable:
            return aligned(offset, self.alignment) + self.content
        if self.is_short:
            return offset + 1 + self.content
        return aligned(offset, self.alignment) + 4 + self.content


def field_of(value: Any, kind: str) -> RowField:
    """Return what a value takes in a column of a type (the names of `_FIXED` and `VARIABLE`).

    Example:
        >>> field_of("abc", "text"), field_of(7, "integer").after(5)
        (RowField(content=3, alignment=4, is_variable=True, ratio=None), 12)
    """
    if kind in _FIXED:
        length, alignment = _FIXED[kind]
        return RowField(None if value is None else length, alignment, False)
    if value is None:
        return RowField(None)
    return RowField(_content(value, kind))


def _content(value: Any, kind: str) -> int:
    if kind == "numeric":
        return numeric_bytes(Decimal(value))
    if kind == "jsonb":
        return jsonb_bytes(value)
    if kind == "array":
        return _array_bytes(value)
    if kind == "vector":  # pgvector: a header of 8 bytes, 4 of which the column's own replace
        return 4 * len(value) + 4
    if isinstance(value, bytes):
        return len(value)
    return len(str(value).encode())


def numeric_bytes(value: Decimal) -> int:
    """Return the content bytes of a numeric: two, and two for every four decimal digits.

    Example:
        >>> [numeric_bytes(Decimal(text)) for text in ("12345.67", "0", "10000")]
        [8, 2, 4]
    """
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    integer, fraction = (
        (text[:exponent], text[exponent:]) if exponent < 0 else (text + "0" * exponent, "")
    )
    if exponent < 0 and len(text) < -exponent:
        integer, fraction = "", text.rjust(-exponent, "0")
    integer = integer.lstrip("0")
    groups = [integer[max(0, end - 4) : end] for end in range(len(integer), 0, -4)][::-1]
    groups += [fraction[start : start + 4].ljust(4, "0") for start in range(0, len(fraction), 4)]
    values = [int(group) for group in groups]
    while values and values[0] == 0:
        values.pop(0)
    while values and values[-1] == 0:
        values.pop()
    return 2 + 2 * len(values)


def jsonb_bytes(value: Any) -> int:
    """Return the content bytes of a jsonb value (without the header of the column).

    A container has four bytes of header and four for each key and element; numbers and inner
    containers begin at a multiple of four.

    Example:
        >>> jsonb_bytes({"a": "xy"})  # 4 + 2 x 4 + "a" + "xy"
        15
    """
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _container(value)
    return _container([value])


def _container(value: Any) -> int:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (len(str(name).encode()), str(name).encode()))
        offset = sum(len(str(name).encode()) for name in names)
        values: Iterable[Any] = [value[name] for name in names]
        entries = 2 * len(names)
    else:
        values = list(value)
        offset, entries = 0, len(list(value))
    for inner in values:
        offset = _json_value(inner, offset)
    return 4 + 4 * entries + offset


def _json_value(value: Any, offset: int) -> int:
    if value is None or isinstance(value, bool):
        return offset
    if isinstance(value, int | float | Decimal):
        return aligned(offset, 4) + 4 + numeric_bytes(Decimal(str(value)))
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return aligned(offset, 4) + _container(value)
    return offset + len(str(value).encode())


def _array_bytes(values: Iterable[Any]) -> int:
    """Return the content bytes of an array: dimensions and elements, each aligned to four."""
    offset = 0
    has_null = False
    for value in values:
        has_null = True
        if isinstance(value, bool):
            offset += 1
        elif isinstance(value, int):
            offset = aligned(offset, 4) + 4
        else:
            offset = aligned(offset, 4) + 4 + len(str(value).encode())
    return (20 if has_null else 12) + aligned(offset, 4)


@frozen(kw_only=False)
class StoredRow:
    """A row as it is stored: bytes in the heap, and the sizes of what was moved out of it."""

    heap: int
    """Bytes of the tuple, header included, before alignment on the page."""
    external: tuple[int, ...] = ()
    """Bytes of each value that is kept in chunks beside the table."""

    @property
    def on_page(self) -> int:
        """Bytes it takes of a page, with its item pointer."""
        return aligned(self.heap) + ITEM_POINTER_BYTES


def row_of(fields: Sequence[RowField], ratio: float = 0.5) -> StoredRow:
    """Return a row of some fields.

    Args:
        fields: the columns in the order of the table.
        ratio: bytes after compression over bytes before, of values that PostgreSQL compresses
            (only in rows of more than 2,032 bytes).

    Example:
        >>> row_of([RowField(4, 4, False), RowField(3)]).heap  # 24 + 4 + 1 + 3
        32
    """
    has_null = any(field.content is None for field in fields)
    header = aligned(TUPLE_HEADER_BYTES + (-(-len(fields) // 8) if has_null else 0))
    if _data(fields) + header <= TOAST_THRESHOLD_BYTES:
        return StoredRow(header + _data(fields))
    return _toasted(list(fields), header, ratio)


def _data(fields: Sequence[RowField]) -> int:
    offset = 0
    for field in fields:
        offset = field.after(offset)
    return offset


_OUTSIDE = RowField(TOAST_POINTER_BYTES - 1)
"""A pointer takes 18 bytes and is not aligned: as short content of 17 bytes would."""


def _toasted(fields: list[RowField], header: int, ratio: float) -> StoredRow:
    """Compress the largest values, then move the largest out, until the row is short enough."""
    room = TOAST_THRESHOLD_BYTES - header
    external: list[int] = []
    waiting = [
        place
        for place, field in enumerate(fields)
        if field.is_variable and (field.content or 0) + 4 > aligned(TOAST_POINTER_BYTES)
    ]
    todo = sorted(waiting, key=lambda place: -(fields[place].content or 0))
    for place in todo:
        if _data(fields) <= room:
            break
        content = fields[place].content or 0
        stated = fields[place].ratio
        rate = ratio if stated is None else stated
        packed = COMPRESSION_HEADER_BYTES + round(content * rate)
        if rate <= 0.75 and packed < content - 2:
            fields[place] = RowField(packed)
        if (fields[place].content or 0) + 4 > room:
            external.append(fields[place].content or 0)
            fields[place] = _OUTSIDE
    for place in sorted(waiting, key=lambda place: -(fields[place].content or 0)):
        if _data(fields) <= room:
            break
        if fields[place] is not _OUTSIDE:
            external.append(fields[place].content or 0)
            fields[place] = _OUTSIDE
    return StoredRow(header + _data(fields), tuple(external))


def heap_pages(rows: Sequence[StoredRow], fillfactor: int = 100) -> int:
    """Return the pages that rows fill when they are inserted in this order.

    Example:
        >>> heap_pages([StoredRow(100)] * 1000)  # 104 + 4 bytes each: 75 on a page
        14
    """
    room = PAGE_BYTES - PAGE_HEADER_BYTES
    reserved = PAGE_BYTES * (100 - fillfactor) // 100
    pages, free = 0, 0
    for row in rows:
        needed = row.on_page
        if pages == 0 or free < needed + (reserved if free < room else 0):
            pages, free = pages + 1, room
        free -= needed
    return pages


def toast_pages(rows: Sequence[StoredRow]) -> tuple[int, int]:
    """Return the pages of what was moved out of rows, and the number of chunks.

    A chunk is a row of up to 1,996 bytes of content and 36 of its own; four fill a page.
    """
    chunks: list[StoredRow] = []
    for row in rows:
        for size in row.external:
            full_chunks, rest = divmod(size, TOAST_CHUNK_BYTES)
            chunks += [StoredRow(36 + TOAST_CHUNK_BYTES)] * full_chunks
            if rest:
                chunks.append(StoredRow(36 + rest if rest + 4 > SHORT_VARLENA_BYTES else 33 + rest))
    return heap_pages(chunks), len(chunks)


def index_tuple_bytes(fields: Sequence[RowField]) -> int:
    """Return the bytes of one B-tree entry, without its item pointer.

    Example:
        >>> index_tuple_bytes([RowField(8, 8, False)]), index_tuple_bytes([RowField(20)])
        (16, 32)
    """
    header = INDEX_HEADER_BYTES
    if any(field.content is None for field in fields):
        header = aligned(INDEX_HEADER_BYTES + 4)
    return aligned(header + _data(fields))


def btree_pages(
    entries: int | Decimal, entry_bytes: float, duplicates: float = 1, fillfactor: int = 90
) -> int:
    """Return the pages of a B-tree as CREATE INDEX builds it, its meta page included.

    Args:
        entries: rows it points to.
        entry_bytes: of an entry (a mean), from `index_tuple_bytes`.
        duplicates: rows of the same key (a mean); several share one entry where the index is not
            unique and equal values look alike.
        fillfactor: how full leaves are made, in per cent; 90 unless stated.

    Example:
        >>> btree_pages(100_000, 16)  # 366 on a leaf: 274 leaves, a root, the meta page
        276
    """
    if entries <= 0:
        return 1
    slots, size = float(entries), float(entry_bytes)
    if duplicates > 1:
        limit = max(1, int((LARGEST_POSTING_BYTES - entry_bytes) // POSTING_BYTES))
        shared = max(1.0, duplicates / math.ceil(duplicates / limit))
        slots = float(entries) / shared
        size = (
            float(aligned(math.ceil(entry_bytes + POSTING_BYTES * shared))) if shared > 1 else size
        )
    room = PAGE_BYTES - PAGE_HEADER_BYTES - BTREE_SPECIAL_BYTES
    reserved = PAGE_BYTES * (100 - fillfactor) // 100
    per_leaf = max(
        2, int((room - 2 * ITEM_POINTER_BYTES - reserved) // (size + ITEM_POINTER_BYTES))
    )
    pages = math.ceil(slots / per_leaf)
    total = pages
    per_inner = max(2, int(room * 0.7 // (min(size, entry_bytes + 8) + ITEM_POINTER_BYTES)))
    while pages > 1:
        pages = math.ceil(pages / per_inner)
        total += pages
    return total + 1
