"""Import MongoDB from files: a mongodump folder or archive of BSON, and mongoexport.

In: a folder with `*.bson` (perhaps packed) and `*.metadata.json`, one BSON file, or NDJSON and
arrays of extended JSON. Out: facts of the collections. Documents are read one by one.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tablewright.sources.facts import MONGODB, IndexFacts, SourceFacts
from tablewright.sources.json_stream import CutOffError, elements
from tablewright.sources.mongodb_indexes import index_facts
from tablewright.sources.mongodb_values import plain_document
from tablewright.sources.sampling import empty_store, with_documents
from tablewright.sources.source import ReadOptions, Source, needs, open_unpacked, read_document

TITLE = "mongodump and mongoexport"
LARGEST_DOCUMENT = 48 * 1024 * 1024
"""Bytes of a BSON document: the server's 16 MB, and room for what older dumps have."""
_EXTENDED = re.compile(
    r'"_id"\s*:\s*(\{\s*"\$(oid|uuid|binary)"|")|\{\s*"\$(date|numberLong|numberDecimal)"\s*:'
)
_OID = re.compile(r'\{\s*"\$(oid|date|numberLong|numberDecimal|binary|uuid)"\s*:')


def recognises(source: Source) -> bool:
    """Whether it is a dump of BSON, or extended JSON."""
    if source.is_folder:
        return any(True for _ in source.files("*.bson", "*.bson.gz", "*.metadata.json*")) or any(
            _is_extended(path) for path in list(source.files("*.json", "*.ndjson"))[:10]
        )
    if not source.is_file:
        return False
    name = source.path.name.removesuffix(".gz")
    return name.endswith(".bson") or _is_extended(source.path)


def _is_extended(path: Path) -> bool:
    try:
        with open_unpacked(path) as stream:
            text = stream.read(16 * 1024).decode("utf-8", "replace")
    except (OSError, EOFError):
        return False
    return text.lstrip()[:1] in ("{", "[") and _OID.search(text) is not None


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the collections of a dump.

    Raises:
        EngineError: it is BSON and the library that reads it is not installed.
    """
    notes: list[str] = []
    stores = []
    paths = _data_files(source)
    indexes = _metadata(source, notes) if source.is_folder else {}
    for path in paths:
        name = _collection(path)
        if name.startswith("system.") or (options.tables and name not in options.tables):
            continue
        store = empty_store(name, MONGODB, place=str(path))
        store = with_documents(store, documents(path, notes), is_all=True)
        stores.append(_with_indexes(store, indexes.pop(name, [])))
    for name, listed in sorted(indexes.items()):
        if not name.startswith("system."):
            notes.append(f"{source.shown}: {name} has metadata but no documents")
            stores.append(_with_indexes(empty_store(name, MONGODB, place=source.shown), listed))
    stores = [s for s in stores if s.kinds or s.indexes]
    count = len(stores)
    noun = "collection" if count == 1 else "collections"
    folders = {path.parent.name for path in paths} if source.is_folder else set()
    return SourceFacts(
        database=folders.pop() if len(folders) == 1 and paths[0].parent != source.path else "",
        stores=tuple(stores),
        notes=tuple(notes),
        sources=(f"{count} {noun} of {source.shown}",),
    )


def _with_indexes(store: Any, indexes: list[IndexFacts]) -> Any:
    from dataclasses import replace

    return replace(store, indexes=tuple(indexes))


def _data_files(source: Source) -> list[Path]:
    if not source.is_folder:
        return [source.path]
    paths = list(source.files("*.bson", "*.bson.gz"))
    if paths:
        return paths
    return [
        path
        for path in source.files("*.json", "*.ndjson", "*.json.gz", "*.jsonl")
        if ".metadata.json" not in path.name
    ]


def _collection(path: Path) -> str:
    name = path.name
    for ending in (".gz", ".bson", ".json", ".ndjson", ".jsonl"):
        name = name.removesuffix(ending)
    return name


def _metadata(source: Source, notes: list[str]) -> dict[str, list[IndexFacts]]:
    out: dict[str, list[IndexFacts]] = {}
    for path in source.files("*.metadata.json", "*.metadata.json.gz"):
        name = path.name.removesuffix(".gz").removesuffix(".metadata.json")
        try:
            document = json.loads(read_document(path))
            out[name] = index_facts(document.get("indexes") or (), notes, str(path))
        except (ValueError, AttributeError, RecursionError):
            notes.append(f"{path}: the metadata is damaged; the indexes of {name} are not known")
    return out


def documents(path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the documents of a file as plain values; notes where it is cut off or damaged."""
    if path.name.removesuffix(".gz").endswith(".bson"):
        yield from _bson(path, notes)
        return
    try:
        with open_unpacked(path) as stream:
            for document in elements(stream):
                if isinstance(document, dict):
                    yield plain_document(document)
    except CutOffError as problem:
        notes.append(f"{path}: cut off or damaged at {problem}; the documents before it were read")


def _bson(path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    try:
        import bson
    except ImportError as missing:
        raise needs("pymongo", "import") from missing
    options: Any = bson.codec_options.DEFAULT_CODEC_OPTIONS.with_options(
        unicode_decode_error_handler="replace",
        datetime_conversion=bson.codec_options.DatetimeConversion.DATETIME_AUTO,
    )
    number = place = 0
    with open_unpacked(path) as stream:
        while True:
            try:
                head = stream.read(4)
                if not head:
                    return
                (size,) = struct.unpack("<i", head)
                if not 5 <= size <= LARGEST_DOCUMENT:
                    notes.append(
                        f"{path}: document {number + 1:,} at byte {place:,} says it has {size:,} "
                        "bytes; what came before was read"
                    )
                    return
                data = head + stream.read(size - 4)
            except (struct.error, EOFError, OSError):
                data = b""
                size = 1
            if len(data) < size:
                notes.append(
                    f"{path}: cut off in document {number + 1:,} at byte {place:,}; the "
                    f"{number:,} documents before it were read"
                )
                return
            place += size
            number += 1
            try:
                yield plain_document(bson.decode(data, options))
            except (bson.errors.InvalidBSON, ValueError, RecursionError):
                notes.append(f"{path}: document {number:,} is damaged and was passed by")
                if len(notes) > 100:
                    return
