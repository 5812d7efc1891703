"""Import plain data: JSON, NDJSON or CSV of one entity each.

In: files, or a folder of them; each is an entity named after its file. Out: facts of what the
records are like. There is no database behind them: the design is one DynamoDB table for each, keyed
by what is unique in the records.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from tablewright.sources.facts import DYNAMODB, SourceFacts
from tablewright.sources.inference.forms import (
    DATE,
    EMAIL,
    PHONE,
    TIMESTAMP,
    ULID,
    URL,
    UUID,
    form_of,
)
from tablewright.sources.inference.naming import attribute_name
from tablewright.sources.json_stream import CutOffError, elements
from tablewright.sources.sampling import empty_store, with_items
from tablewright.sources.source import ReadOptions, Source, open_unpacked

TITLE = "JSON, NDJSON or CSV"
_VALUES = (EMAIL, UUID, ULID, TIMESTAMP, DATE, PHONE, URL)
_ENDINGS = (".json", ".ndjson", ".jsonl", ".csv", ".tsv")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?\d{1,18}\.\d{1,12}")
LONGEST_FIELD = 16 * 1024 * 1024


def recognises(source: Source) -> bool:
    """Whether files hold records."""
    if source.is_folder:
        return any(_ending(path) for path in source.files("*"))
    return source.is_file and _ending(source.path) != ""


def _ending(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return next((ending for ending in _ENDINGS if name.endswith(ending)), "")


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the records of each file."""
    paths = [p for p in source.files("*") if _ending(p)] if source.is_folder else [source.path]
    notes: list[str] = []
    stores = []
    for path in paths:
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", _stem(path)) or "records"
        renamed: dict[str, str] = {}
        store = with_items(
            empty_store(name, DYNAMODB, place=str(path)),
            (_renamed(record, renamed) for record in records(path, notes)),
            is_all=True,
        )
        odd = [raw for raw, clean in renamed.items() if raw != clean]
        if odd:
            notes.append(
                f"{path}: {len(odd):,} fields have names that a model file does not allow and got "
                f"others, such as {renamed[odd[0]]} for {odd[0][:40]!r}"
            )
        if store.kinds:
            stores.append(store)
        else:
            notes.append(f"{path}: it has no records")
    if stores:
        notes.append(
            "the records come from no database: one DynamoDB table for each file is assumed, "
            "keyed by what is unique"
        )
    count = len(stores)
    noun = "file" if count == 1 else "files"
    return SourceFacts(
        stores=tuple(stores),
        notes=tuple(notes),
        sources=(f"the records of {count} {noun} of {source.shown}",),
    )


def _renamed(record: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return a record with names that a model file allows: no database stores it under others."""
    for raw in record:
        if raw not in names:
            names[raw] = attribute_name(raw, names.values())
    return {names[raw]: value for raw, value in record.items()}


def _stem(path: Path) -> str:
    name = path.name
    for ending in (".gz", *_ENDINGS):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name


def records(path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the records of a file; notes what cannot be read."""
    if _ending(path) in (".csv", ".tsv"):
        yield from _csv(path, notes)
        return
    passed_by = number = commands = 0
    try:
        with open_unpacked(path) as stream:
            for record in _flat(elements(stream)):
                number += 1
                if _is_bulk_command(record):
                    commands += 1
                elif isinstance(record, Mapping):
                    yield dict(record)
                else:
                    passed_by += 1
    except CutOffError as problem:
        notes.append(f"{path}: cut off or damaged at {problem}; the records before it were read")
    if commands:
        notes.append(
            f"{path}: {commands:,} of {number:,} values are commands of Elasticsearch's bulk "
            "interface and were passed by"
        )
    if passed_by:
        notes.append(f"{path}: {passed_by:,} of {number:,} values are no records")


def _is_bulk_command(record: Any) -> bool:
    """Whether it is a line such as `{"index": {"_id": "1"}}` before each record."""
    if not isinstance(record, Mapping) or len(record) != 1:
        return False
    ((name, target),) = record.items()
    return (
        name in ("index", "create", "update", "delete")
        and isinstance(target, Mapping)
        and target.keys() <= {"_id", "_index", "_type", "routing"}
    )


def _flat(values: Iterator[Any]) -> Iterator[Any]:
    """Yield records; where the file is one object with a list of records, those of the list."""
    first = next(values, None)
    second = next(values, None)
    if second is None and isinstance(first, Mapping):
        lists = [v for v in first.values() if isinstance(v, list) and v]
        if len(lists) == 1 and all(isinstance(e, Mapping) for e in lists[0]):
            yield from lists[0]
            return
    for value in (first, second):
        if value is not None:
            yield value
    yield from values


def _csv(path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(LONGEST_FIELD)
    with open_unpacked(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        start = text.readline()
        delimiter = max(",;\t|", key=start.count) if start else ","
        names = next(csv.reader([start], delimiter=delimiter), [])
        odd = number = 0
        rows: Iterator[list[str]] = csv.reader(text, delimiter=delimiter)
        if any(_is_value(name) for name in names):
            rows = chain([names], rows)
            names = [f"column_{place}" for place in range(1, len(names) + 1)]
            notes.append(f"{path}: it has no line of names: the columns are called column_1 and on")
        try:
            for row in rows:
                number += 1
                if len(row) != len(names):
                    odd += bool(row)
                    continue
                yield {
                    name: _typed(value)
                    for name, value in zip(names, row, strict=True)
                    if name and value != ""
                }
        except (csv.Error, EOFError, OSError) as problem:
            notes.append(f"{path}:{number + 1}: {problem}; the rows before it were read")
        if odd:
            notes.append(
                f"{path}: {odd:,} of {number:,} rows have another number of fields than the "
                "head and were passed by"
            )


def _is_value(name: str) -> bool:
    """Whether what stands where a column's name should be is a value: then no line names them."""
    return bool(_DECIMAL.fullmatch(name) or _INTEGER.fullmatch(name)) or form_of(name) in _VALUES


def _typed(text: str) -> Any:
    """Return a field as the value it looks like.

    Example:
        >>> [_typed(text) for text in ("12", "007", "1.50", "true", "x")]
        [12, '007', Decimal('1.50'), True, 'x']
    """
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if text in ("true", "false", "True", "False", "TRUE", "FALSE"):
        return text.lower() == "true"
    return text
