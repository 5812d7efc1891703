"""Pages of a Query or Scan: rows in key order until the limit, 1 MB or the end.

In: a table or index, a range of keys, what to filter and what to return. Out: the reply's items,
counts and last key, and the units. Stored JSON is joined, not decoded, where nobody looks inside.

Sources: Developer Guide, "Paginating table query results" (1 MB is counted before filter and
projection; the limit too) and "Local Secondary Indexes" (attributes fetched from the table).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.limits import PAGE_BYTES
from tablewright.capacity.units import Consistency, query_units, read_units
from tablewright.capacity.values import key_part
from tablewright.local.expressions import BoundCondition, BoundProjection, evaluate, project
from tablewright.local.faults import ValidationException
from tablewright.local.validation import KEY_MISMATCH, check_key_content
from tablewright.local.writing import stored_image

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import TableMeter
    from tablewright.local.storage import Rows
    from tablewright.local.tables import Index, Keys, Table

CHUNK = 64
"""Rows taken from storage at a time."""


@dataclass(slots=True, kw_only=True)
class PageRequest:
    """What one page reads and how it replies."""

    table: Table
    index: Index | None
    low: bytes
    high: bytes | None
    is_reverse: bool = False
    start: bytes | None = None
    """The key to continue after."""
    limit: int | None = None
    filter: BoundCondition | None = None
    projection: BoundProjection | None = None
    counts_only: bool = False
    fetches: bool = False
    """Whether each entry of a local index is completed from the table."""
    consistency: Consistency = Consistency.EVENTUAL
    is_joined: bool = False
    """Whether Items may be one piece of JSON instead of a list."""


def read_page(engine: LocalEngine, page: PageRequest, meter: TableMeter) -> dict[str, Any]:
    """Return Items, Count, ScannedCount and LastEvaluatedKey of a page, and count its units."""
    table, index = page.table, page.index
    low, high = page.low, page.high
    if page.start is not None:
        if page.is_reverse:
            high = page.start if high is None else min(high, page.start)
        else:
            low = max(low, page.start + b"\x00")
    limit = -1 if page.limit is None else page.limit
    space = table.space if index is None else index.space
    fetched: list[int] = []
    with engine.store.reading:
        rows = engine.store.range(space, low, high, is_reverse=page.is_reverse, limit=limit)
        raws, evaluated = _take(rows)
        if page.filter is None and page.projection is None and not page.fetches:
            count = len(raws)
            items: Any = _joined(raws) if page.is_joined else [*map(orjson.Fragment, raws)]
        else:
            replies = (_reply(engine, page, raw, fetched) for raw in raws)
            items = [reply for reply in replies if reply is not None]
            count = len(items)
    _meter(page, meter, evaluated, fetched)
    out: dict[str, Any] = {"Count": count, "ScannedCount": len(raws)}
    if not page.counts_only:
        out["Items"] = items
    if len(raws) == limit or evaluated >= PAGE_BYTES:
        item = orjson.loads(raws[-1])
        names = table.keys.names if index is None else (*index.keys.names, *table.keys.names)
        out["LastEvaluatedKey"] = {name: item[name] for name in names}
    return out


def _take(rows: Rows) -> tuple[list[bytes], int]:
    """Return the stored JSON of rows up to and with the one that reaches 1 MB, and their bytes."""
    raws: list[bytes] = []
    evaluated = 0
    while rows_read := rows.fetchmany(CHUNK):
        chunk_bytes = sum([size for _, size, _ in rows_read])
        if evaluated + chunk_bytes < PAGE_BYTES:
            evaluated += chunk_bytes
            raws += [raw for _, _, raw in rows_read]
            continue
        for _, size, raw in rows_read:
            evaluated += size
            raws.append(raw)
            if evaluated >= PAGE_BYTES:
                return raws, evaluated
    return raws, evaluated


def _joined(raws: list[bytes]) -> orjson.Fragment:
    return orjson.Fragment(b"[%b]" % b",".join(raws))


def _reply(engine: LocalEngine, page: PageRequest, raw: bytes, fetched: list[int]) -> Any:
    """Return what the page replies for one row, None if the filter drops it."""
    entry = item = orjson.loads(raw)
    if page.fetches:
        image = stored_image(engine, page.table, page.table.keys.encode(item))
        assert image is not None, "an index entry without an item"
        fetched.append(image.size)
        raw, item = image.raw, image.item
    if page.filter is not None and not evaluate(page.filter, entry):
        return None
    if page.projection is None:
        return orjson.Fragment(raw)
    return project(page.projection, item)


def _meter(page: PageRequest, meter: TableMeter, evaluated: int, fetched: list[int]) -> None:
    units = query_units(evaluated, page.consistency)
    if page.index is None:
        meter.add(reads=units)
        return
    meter.add(page.index.name, reads=units, is_local=page.index.is_local)
    # The service reports a table arm for a query of an index, even if it is empty.
    meter.add(reads=sum((read_units(size, page.consistency) for size in fetched), Decimal(0)))


def start_position(
    keys: Keys,
    table: Table,
    index: Index | None,
    start_key: Mapping[str, Any],
    *,
    is_query: bool = True,
) -> bytes:
    """Return the storage key that an ExclusiveStartKey with checked values names.

    Raises:
        ValidationException: it is not the key of an item of the table or index; Query and Scan
            word this differently.
    """
    prefix = "" if is_query else f"{_BAD_START}: "
    types = {**table.keys.types, **keys.types}
    if set(start_key) != set(types):
        raise ValidationException(
            _BAD_START if is_query or index is not None else f"{_BAD_START}: {KEY_MISMATCH}"
        )
    for name, kind in types.items():
        if kind not in start_key[name]:
            raise ValidationException(
                f"{_BAD_START}: {KEY_MISMATCH}" if index is not None else prefix + KEY_MISMATCH
            )
    try:
        check_key_content(table.keys, start_key)
    except ValidationException as fault:
        raise ValidationException(prefix + fault.message) from None
    encoded = keys.encode(start_key)
    if index is not None:
        for name, kind in table.keys.attributes:
            encoded += key_part(kind, start_key[name][kind])
    return encoded


_BAD_START = "The provided starting key is invalid"
