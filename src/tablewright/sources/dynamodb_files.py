"""Import DynamoDB from files of the AWS command line: describe-table and scan.

In: JSON files, or a folder of them. Out: facts of the tables, and of the items seen. What the two
kinds of files belong to is told by the table's name in the file's own name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tablewright.sources.describe import table_store, with_backups, with_scaling, with_ttl
from tablewright.sources.facts import DYNAMODB, SourceFacts, SourceTable, matching_name
from tablewright.sources.json_stream import CutOffError, elements
from tablewright.sources.sampling import empty_store, with_items
from tablewright.sources.source import HEAD_BYTES, ReadOptions, Source, open_unpacked, read_document
from tablewright.sources.wire import plain_item

TITLE = "files of `aws dynamodb describe-table` and `scan`"
_DESCRIBED = re.compile(r'"(TableName|KeySchema)"\s*:')
_SETTING = re.compile(
    r'"(TimeToLiveDescription|ContinuousBackupsDescription|ScalableTargets|ScalingPolicies)"\s*:'
)
_ITEMS = re.compile(r'"Items"\s*:\s*\[')
_WIRE = re.compile(r'\{\s*"(S|N|B|M|L|BOOL|NULL|SS|NS|BS)"\s*:')
_NOISE = re.compile(
    r"[-_.](scan|items|data|dump|sample|describe|describe-table|table|ttl|time-to-live|pitr|backups)"
    r"(?=[-_.]|$)"
)


def recognises(source: Source) -> bool:
    """Whether a file was written by the AWS command line for DynamoDB."""
    if source.is_folder:
        return any(_is_ours(path) for path in list(source.files("*.json", "*.json.gz"))[:20])
    return _is_ours_text(source.head_text)


def _is_ours(path: Path) -> bool:
    try:
        with open_unpacked(path) as stream:
            return _is_ours_text(stream.read(HEAD_BYTES).decode("utf-8", "replace"))
    except (OSError, EOFError):
        return False


def _is_ours_text(text: str) -> bool:
    if text.lstrip()[:1] != "{" or '"Resources"' in text or '"ModelName"' in text:
        return False
    is_scan = _ITEMS.search(text) is not None and (
        _WIRE.search(text) is not None or '"ScannedCount"' in text
    )
    return is_scan or _SETTING.search(text) is not None or len(set(_DESCRIBED.findall(text))) == 2


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of describe-table and scan files."""
    paths = list(source.files("*.json", "*.json.gz")) if source.is_folder else [source.path]
    texts = {path: _head(path) for path in paths}
    stores = {store.name: store for store in options.known.stores if store.engine == DYNAMODB}
    notes: list[str] = []
    for path, text in texts.items():
        if _ITEMS.search(text) is None and _DESCRIBED.search(text):
            for store in _described(path, notes):
                stores[store.name] = store
    for path, text in texts.items():
        if _SETTING.search(text):
            _add_settings(path, stores, notes)
    for path, text in texts.items():
        if _ITEMS.search(text):
            _scanned(path, stores, notes)
    mine = tuple(stores.values())
    return SourceFacts(stores=mine, notes=tuple(notes), sources=(f"{TITLE} in {source.shown}",))


def _head(path: Path) -> str:
    with open_unpacked(path) as stream:
        try:
            return stream.read(HEAD_BYTES).decode("utf-8-sig", "replace")
        except (OSError, EOFError):
            return ""


def _json(path: Path, notes: list[str]) -> Any:
    try:
        return json.loads(read_document(path))
    except RecursionError:
        notes.append(f"{path}: nested too deeply to be read")
    except ValueError as problem:
        where = f"line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else "there"
        notes.append(f"{path}: not JSON at {where}; the file was passed by")
    return None


def _described(path: Path, notes: list[str]) -> Iterator[SourceTable]:
    document = _json(path, notes)
    for table in _tables(document):
        try:
            yield table_store(table, str(path))
        except (KeyError, TypeError, AttributeError):
            notes.append(f"{path}: a table without name or key schema was passed by")


def _tables(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for inner in document:
            yield from _tables(inner)
    elif isinstance(document, Mapping):
        if "KeySchema" in document:
            yield document
        elif "Table" in document:
            yield from _tables(document["Table"])
        elif "Tables" in document:
            yield from _tables(document["Tables"])
        elif "TableDescription" in document:
            yield from _tables(document["TableDescription"])


def _add_settings(path: Path, stores: dict[str, SourceTable], notes: list[str]) -> None:
    document = _json(path, notes)
    if not isinstance(document, Mapping):
        return
    if "ScalableTargets" in document or "ScalingPolicies" in document:
        for name, store in stores.items():
            stores[name] = with_scaling(
                store,
                document.get("ScalableTargets") or (),
                document.get("ScalingPolicies") or (),
            )
        return
    table = _table_of(path, stores)
    if table is None:
        notes.append(
            f"{path}: the file does not say of which table it is; name it after the table, "
            "such as orders-ttl.json"
        )
        return
    stores[table] = with_backups(with_ttl(stores[table], document), document)


def _table_of(path: Path, stores: Mapping[str, SourceTable]) -> str | None:
    """Return the table a file is about, told by its name, or the only one there is."""
    stem = _stem(path)
    if stem in stores:
        return stem
    names = list(stores)
    place = matching_name(stem, names)
    if place is not None:
        return names[place]
    folder = path.parent.name
    if folder in stores:
        return folder
    starts = [name for name in names if path.name.startswith(name)]
    if starts:
        return max(starts, key=len)
    return names[0] if len(names) == 1 else None


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (".gz", ".json", ".ndjson"):
        name = name.removesuffix(suffix)
    return _NOISE.sub("", name) or name


def _scanned(path: Path, stores: dict[str, SourceTable], notes: list[str]) -> None:
    table = _table_of(path, stores)
    name = table or _stem(path)
    if table is None:
        notes.append(
            f"{path}: no describe-table file says what the keys of {name} are; they are guessed "
            "from the items"
        )
        stores[name] = empty_store(name, place=str(path))
    reading = ItemStream(path, notes)
    stores[name] = with_items(stores[name], reading.items(), is_all=not reading.has_more)


class ItemStream:
    """The items of one scan file; notes what cannot be read."""

    def __init__(self, path: Path, notes: list[str]) -> None:
        self.path = path
        self.notes = notes
        head = _head(path)
        self.has_more = '"LastEvaluatedKey"' in head or '"NextToken"' in head
        self.passed_by = 0

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield plain items."""
        number = 0
        try:
            with open_unpacked(self.path) as stream:
                for item in elements(stream, "Items"):
                    number += 1
                    try:
                        yield plain_item(item)
                    except (ValueError, AttributeError, TypeError):
                        self.passed_by += 1
        except CutOffError as problem:
            self.notes.append(
                f"{self.path}: cut off at {problem}; the {problem.element - 1:,} items before it "
                "were read"
            )
        if self.passed_by:
            self.notes.append(
                f"{self.path}: {self.passed_by:,} of {number:,} items are not in DynamoDB's wire "
                "form and were passed by"
            )
