"""The limits and units of DynamoDB by name, read from `limits.yaml`.

In: the packaged file. Out: each limit as an integer constant, and `limit_named(name)` for data
files that refer to one. Loading is strict: an unknown key, a limit without source or date, or a
value that is not a positive integer is an error. It does not know what a limit is used for.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from typing import Any

from tablewright.core.data import read_yaml
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen

_FILE = "limits.yaml"
_REQUIRED = {"value", "unit", "source", "what"}


@frozen
class Limit:
    """One documented number of the service."""

    name: str
    value: int
    unit: str
    what: str
    source: str
    """Title of the page that states it."""
    read: datetime.date
    """When the page was read."""
    is_adjustable: bool = False
    """Whether AWS raises it on request."""


@cache
def limits() -> Mapping[str, Limit]:
    """Return every limit by name.

    Raises:
        DataError: the packaged file is damaged.
    """
    return read_limits(read_yaml("tablewright.capacity", _FILE))


def limit(name: str) -> int:
    """Return the value of a limit.

    Raises:
        DataError: there is no such limit.

    Example:
        >>> limit("batch_write_items")
        25
    """
    return limit_named(name).value


def limit_named(name: str) -> Limit:
    """Return a limit with its source.

    Raises:
        DataError: there is no such limit.
    """
    known = limits()
    if name not in known:
        suggestion = nearest(name, known)
        hint = f", did you mean `{suggestion}`?" if suggestion else ""
        raise DataError(f"{_FILE}: no limit `{name}`{hint}")
    return known[name]


def read_limits(data: Any) -> dict[str, Limit]:
    """Return the limits in the parsed content of a file like `limits.yaml`.

    Raises:
        DataError: something in it is unknown, missing or of the wrong kind.
    """
    if not isinstance(data, dict) or set(data) != {"sources", "limits"}:
        raise DataError(f"{_FILE}: expected the keys `sources` and `limits`")
    sources = data["sources"]
    for key, source in sources.items():
        if not isinstance(source, dict) or set(source) != {"title", "read"}:
            raise DataError(f"{_FILE}: source `{key}` needs `title` and `read`")
        if type(source["read"]) is not datetime.date:
            raise DataError(f"{_FILE}: source `{key}`: `read` is not a date")
    unused = sorted(set(sources) - {entry.get("source") for entry in data["limits"].values()})
    if unused:
        raise DataError(f"{_FILE}: sources that no limit names: {', '.join(unused)}")
    return {name: _limit(name, entry, sources) for name, entry in data["limits"].items()}


def _limit(name: str, entry: Any, sources: Mapping[str, Any]) -> Limit:
    where = f"{_FILE}: {name}"
    if not isinstance(entry, dict) or not set(entry) >= _REQUIRED:
        raise DataError(f"{where}: needs {', '.join(sorted(_REQUIRED))}")
    unknown = sorted(set(entry) - _REQUIRED - {"adjustable"})
    if unknown:
        raise DataError(f"{where}: unknown key {', '.join(unknown)}")
    if type(entry["value"]) is not int or entry["value"] <= 0:
        raise DataError(f"{where}: `{entry['value']}` is not a positive integer")
    if entry["source"] not in sources:
        raise DataError(f"{where}: unknown source `{entry['source']}`")
    source = sources[entry["source"]]
    return Limit(
        name=name,
        value=entry["value"],
        unit=entry["unit"],
        what=entry["what"],
        source=source["title"],
        read=source["read"],
        is_adjustable=bool(entry.get("adjustable", False)),
    )


READ_UNIT_BYTES = limit("read_unit_bytes")
WRITE_UNIT_BYTES = limit("write_unit_bytes")
PAGE_BYTES = limit("page_bytes")
STORAGE_OVERHEAD_BYTES = limit("storage_overhead_bytes")
CONTAINER_BYTES = limit("container_bytes")
ELEMENT_BYTES = limit("element_bytes")
MAX_ITEM_BYTES = limit("item_bytes")
MAX_DIGITS = limit("number_digits")
MAX_EXPONENT = limit("number_exponent")
MAX_NESTING_LEVELS = limit("nesting_levels")
MAX_PARTITION_KEY_BYTES = limit("partition_key_bytes")
MAX_SORT_KEY_BYTES = limit("sort_key_bytes")
MAX_INDEX_KEY_ATTRIBUTES = limit("index_key_attributes")
MAX_GLOBAL_INDEXES = limit("global_indexes")
MAX_LOCAL_INDEXES = limit("local_indexes")
MAX_PROJECTED_ATTRIBUTES = limit("projected_attributes")
MAX_COLLECTION_BYTES = limit("item_collection_bytes")
PARTITION_READ_UNITS = limit("partition_read_units")
PARTITION_WRITE_UNITS = limit("partition_write_units")
NEW_TABLE_READ_UNITS = limit("new_table_read_units")
NEW_TABLE_WRITE_UNITS = limit("new_table_write_units")
BURST_SECONDS = limit("burst_seconds")
PEAK_WINDOW_SECONDS = limit("peak_window_seconds")
MAX_MODE_SWITCHES_PER_DAY = limit("mode_switches_per_day")
MAX_BATCH_GET_KEYS = limit("batch_get_keys")
MAX_BATCH_GET_BYTES = limit("batch_get_bytes")
MAX_BATCH_WRITE_ITEMS = limit("batch_write_items")
MAX_TRANSACTION_ITEMS = limit("transaction_items")
MAX_TRANSACTION_BYTES = limit("transaction_bytes")
MAX_EXPRESSION_CHARACTERS = limit("expression_characters")
MAX_OPERATORS = limit("expression_operators")
MAX_IN_OPERANDS = limit("in_operands")
MAX_TAGS = limit("tags")
