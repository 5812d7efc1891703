"""Import Mongoose schemas given as JSON.

In: what this line prints in the project:

    node -e "const m=require('mongoose'); require('./models'); console.log(JSON.stringify(
      Object.fromEntries(m.modelNames().map(n=>[n,{collection:m.model(n).collection.name,
      indexes:m.model(n).schema.indexes(),paths:Object.fromEntries(Object.entries(
      m.model(n).schema.paths).map(([p,t])=>[p,{instance:t.instance,options:t.options}]))}]))))"

Out: facts of the collections: fields with types, enums, references and indexes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.sources.facts import MONGODB, Declared, IndexFacts, SourceFacts, SourceTable
from tablewright.sources.mongodb_indexes import index_facts
from tablewright.sources.source import ReadOptions, Source

TITLE = "Mongoose schemas as JSON"
_HEAD = re.compile(r'"paths"\s*:\s*\{')
_INSTANCE = re.compile(r'"instance"\s*:')
_TYPES = {
    "string": "varchar", "number": "decimal", "date": "timestamp", "boolean": "bool",
    "objectid": "objectid", "decimal128": "decimal128", "array": "array", "map": "map",
    "mixed": "map", "embedded": "map", "buffer": "buffer", "uuid": "uuid", "bigint": "bigint",
}  # fmt: skip


def recognises(source: Source) -> bool:
    """Whether a file is what the documented line prints."""
    return (
        source.is_file
        and _HEAD.search(source.head_text) is not None
        and _INSTANCE.search(source.head_text) is not None
    )


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the collections.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        document = json.loads(source.document())
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            f"{source.shown} is not JSON", remedy="docs/import.md has the line that writes it"
        ) from problem
    notes: list[str] = []
    stores = []
    for name, model in document.items():
        if isinstance(model, Mapping) and isinstance(model.get("paths"), Mapping):
            stores.append(_store(str(name), model, source.shown, notes))
    count = len(stores)
    noun = "model" if count == 1 else "models"
    return SourceFacts(
        declared_by=f"Mongoose ({source.shown})",
        stores=tuple(stores),
        notes=tuple(notes),
        sources=(f"{count} {noun} of {source.shown} (Mongoose)",),
    )


def _store(name: str, model: Mapping[str, Any], shown: str, notes: list[str]) -> SourceTable:
    declared: dict[str, Declared] = {}
    indexes: list[IndexFacts] = []
    for path, field in model["paths"].items():
        options = field.get("options") or {}
        head = str(path).split(".")[0]
        if head != path:  # a path into a nested document: the document is the attribute
            declared.setdefault(head, Declared(name=head, type="map"))
        elif path != "__v":
            declared[head] = _declared(head, str(field.get("instance", "Mixed")), options)
    for entry in model.get("indexes") or ():
        keys = entry[0] if isinstance(entry, list) and entry else entry
        extra = entry[1] if isinstance(entry, list) and len(entry) > 1 else {}
        if isinstance(keys, Mapping):
            label = "_".join(f"{k}_{v}" for k, v in keys.items())
            listed = [{"key": keys, "name": label, **(extra or {})}]
            indexes += index_facts(listed, notes, f"{shown}, {name}")
    known = {index.keys for index in indexes}
    for path, field in model["paths"].items():
        options = field.get("options") or {}
        if (options.get("unique") or options.get("index")) and (path,) not in known:
            is_unique = bool(options.get("unique"))
            indexes.append(IndexFacts(name=f"{path}_1", keys=(str(path),), unique=is_unique))
        if options.get("expires") and (path,) not in known:
            seconds = options["expires"]
            if isinstance(seconds, int):
                indexes.append(
                    IndexFacts(
                        name=f"{path}_expires",
                        keys=(str(path),),
                        expire_after_seconds=Decimal(seconds),
                    )
                )
    return SourceTable(
        name=str(model.get("collection") or name),
        engine=MONGODB,
        keys=("_id",),
        declared=tuple(declared.values()),
        indexes=tuple({i.name: i for i in indexes}.values()),
        entity=name,
        place=f"{shown}, {name}",
    )


def _declared(name: str, instance: str, options: Mapping[str, Any]) -> Declared:
    kind = _TYPES.get(instance.lower(), "map")
    values = options.get("enum")
    if isinstance(values, Mapping):
        values = values.get("values") or list(values.values())
    numbers = [options.get("maxlength"), options.get("maxLength")]
    length = next((int(n) for n in numbers if isinstance(n, int)), None)
    return Declared(
        name=name,
        type=kind,
        length=length,
        nullable=not options.get("required"),
        unique=bool(options.get("unique")),
        values=tuple(str(v) for v in values) if isinstance(values, list) else (),
        references=str(options.get("ref") or ""),
    )
