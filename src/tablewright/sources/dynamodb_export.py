"""Import an export of DynamoDB to S3, full or incremental, from a folder.

In: the folder of one export (`AWSDynamoDB/<id>/` with its manifests and
data), or one above it. Out: the table and what its items are like. Data files that the manifest
names are looked for inside the folder only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.sources.facts import DYNAMODB, SourceFacts, SourceTable
from tablewright.sources.inference.forms import DATE, TIMESTAMP, form_of
from tablewright.sources.json_stream import CutOffError, elements
from tablewright.sources.sampling import GUESSED_FROM, empty_store, with_items
from tablewright.sources.source import (
    ReadOptions,
    Source,
    inside,
    open_unpacked,
    read_document,
)
from tablewright.sources.wire import plain_item

TITLE = "an export of DynamoDB to S3"
SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"
_SORT_NAMES = frozenset({"sk", "sortkey", "sort_key", "range", "rangekey", "range_key"})


def recognises(source: Source) -> bool:
    """Whether a folder holds an export."""
    return source.is_folder and any(True for _ in source.files(SUMMARY))


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables that were exported.

    Raises:
        UsageError: a manifest leads out of the folder.
    """
    notes: list[str] = []
    stores: dict[str, SourceTable] = {
        s.name: s for s in options.known.stores if s.engine == DYNAMODB
    }
    read_names: list[str] = []
    for summary in source.files(SUMMARY):
        name, is_full = _table(summary, notes)
        if name in read_names:
            notes.append(f"{summary}: {name} was exported more than once; the first is used")
            continue
        read_names.append(name)
        store = stores.get(name) or empty_store(name, place=str(summary))
        if not store.keys and not is_full:
            store = replace(store, keys=_named_keys(summary.parent))
            if len(store.keys) > 1:
                notes.append(
                    f"{summary}: that {store.keys[0]} is the partition key of {name} and "
                    f"{store.keys[1]} its sort key is guessed from their values: an export names "
                    "them in the order of the alphabet"
                )
        if not store.keys:
            notes.append(
                f"{summary}: an export does not say what the keys of {name} are; they are guessed"
            )
        stores[name] = with_items(
            store, _items(summary.parent, notes, is_full=is_full), is_all=is_full
        )
    count = len(read_names)
    noun = "table" if count == 1 else "tables"
    return SourceFacts(
        region=options.region,
        stores=tuple(stores.values()),
        notes=tuple(notes),
        sources=(f"the export of {count} {noun} in {source.shown}",),
    )


def _table(summary: Path, notes: list[str]) -> tuple[str, bool]:
    """Return the name of the table, and whether all its items were exported."""
    try:
        document = json.loads(read_document(summary))
        arn = str(document.get("tableArn", ""))
        kind = str(document.get("exportType", "FULL_EXPORT"))
    except (ValueError, AttributeError, RecursionError):
        notes.append(f"{summary}: the manifest is damaged; the table is called after its folder")
        return summary.parent.name, False
    name = arn.rpartition(":table/")[2].partition("/")[0] or summary.parent.name
    if str(document.get("outputFormat", "")).upper() == "ION":
        notes.append(
            f"{summary}: the export is in Amazon Ion, which is not read: export it as DynamoDB JSON"
        )
    if kind != "FULL_EXPORT":
        notes.append(f"{summary}: the export is incremental: only what changed was seen")
    return name, kind == "FULL_EXPORT"


def _items(folder: Path, notes: list[str], *, is_full: bool) -> Iterator[dict[str, Any]]:
    for path in _data_files(folder, notes):
        if path.name.endswith((".ion.gz", ".ion")):
            continue
        passed_by = 0
        try:
            with open_unpacked(path) as stream:
                for line in elements(stream):
                    item = _item(line)
                    if item is None:
                        passed_by += 1
                        continue
                    try:
                        yield plain_item(item)
                    except (ValueError, AttributeError, TypeError):
                        passed_by += 1
        except CutOffError as problem:
            notes.append(f"{path}: cut off at {problem}; the items before it were read")
        if passed_by and is_full:
            notes.append(f"{path}: {passed_by:,} lines are no items and were passed by")


def _named_keys(folder: Path) -> tuple[str, ...]:
    """Return the key attributes, which each line of an incremental export names.

    Of two the sort key is the one that is a time, else the one with more values: a partition has
    several items.
    """
    values: dict[str, Counter[str]] = {}
    try:
        for line in islice(_lines(folder), GUESSED_FROM):
            keys = line.get("Keys") if isinstance(line, Mapping) else None
            if isinstance(keys, Mapping) and 1 <= len(keys) <= 2:
                for name, value in plain_item(keys).items():
                    values.setdefault(str(name), Counter())[str(value)] += 1
    except (CutOffError, ValueError, AttributeError, TypeError):
        return ()
    if not 1 <= len(values) <= 2:
        return ()

    def rank(name: str) -> tuple[bool, bool, int]:
        is_time = all(form_of(value) in (TIMESTAMP, DATE) for value in values[name])
        return name.lower() in _SORT_NAMES, is_time, len(values[name])

    return tuple(sorted(values, key=rank))


def _lines(folder: Path) -> Iterator[Any]:
    for path in _data_files(folder, []):
        with open_unpacked(path) as stream:
            yield from elements(stream)


def _item(line: Any) -> Mapping[str, Any] | None:
    """Return the item of a line: of an incremental export the new image."""
    if not isinstance(line, Mapping):
        return None
    item = line.get("Item") or line.get("NewImage")
    return item if isinstance(item, Mapping) else None


def _data_files(folder: Path, notes: list[str]) -> Iterator[Path]:
    manifest = folder / FILES
    if not manifest.is_file():
        notes.append(f"{folder}: {FILES} is missing; the files of `data` are read")
        yield from sorted((folder / "data").glob("*.json.gz"))
        return
    try:
        with open_unpacked(manifest) as stream:
            keys = [
                str(entry.get("dataFileS3Key", ""))
                for entry in elements(stream)
                if isinstance(entry, Mapping)
            ]
    except CutOffError as problem:
        raise UsageError(f"{manifest} is damaged at {problem}", remedy="fetch it again") from None
    for key in keys:
        name = key.rpartition("/data/")[2] if "/data/" in key else key
        path = inside(folder, f"data/{name}", named_in=manifest)
        if path.is_file():
            yield path
        else:
            notes.append(f"{manifest}: {name} is named but not there; its items are missing")
