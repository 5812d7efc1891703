"""Import the schemas of DynamoDB mappers given as JSON: OneTable and ElectroDB.

In: an exported OneTable schema (`{"format": "onetable:1.1.0", …}`), or ElectroDB entities (an
object with `model` and `attributes`, a list of them, or a service with `entities`). Out: tables,
their kinds of items, key templates and attributes. Functions do not survive in JSON: what only they
say is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.sources.facts import (
    DYNAMODB,
    Declared,
    EntityTemplate,
    IndexFacts,
    SourceFacts,
    SourceTable,
    TableSettings,
)
from tablewright.sources.inference import naming
from tablewright.sources.source import ReadOptions, Source

TITLE = "OneTable and ElectroDB schemas as JSON"
_ONETABLE = re.compile(r'"format"\s*:\s*"onetable')
_ELECTRO = re.compile(r'"model"\s*:\s*\{[^{}]*"(entity|service)"\s*:')
_TYPES = {
    "string": "S", "number": "N", "boolean": "bool", "bool": "bool", "date": "timestamp",
    "object": "map", "map": "map", "any": "map", "array": "list", "list": "list", "set": "set",
    "binary": "binary", "buffer": "binary", "arraybuffer": "binary",
}  # fmt: skip


def recognises(source: Source) -> bool:
    """Whether a file is a schema of one of the mappers."""
    if not source.is_file:
        return False
    text = source.head_text
    return _ONETABLE.search(text) is not None or _ELECTRO.search(text) is not None


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of a schema.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        document = json.loads(source.document())
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            f"{source.shown} is not JSON", remedy="write it with JSON.stringify(schema)"
        ) from problem
    notes: list[str] = []
    if isinstance(document, Mapping) and "models" in document:
        store, mapper = _onetable(document, source, notes), "OneTable"
    else:
        store, mapper = _electro(document, source, notes), "ElectroDB"
    count = len(store.templates)
    noun = "entity" if count == 1 else "entities"
    return SourceFacts(
        declared_by=f"{mapper} ({source.shown})",
        region=options.region,
        stores=(store,),
        notes=tuple(notes),
        sources=(f"{count} {noun} of {source.shown} ({mapper})",),
    )


# ---------------------------------------------------------------- OneTable


def _onetable(document: Mapping[str, Any], source: Source, notes: list[str]) -> SourceTable:
    indexes = document.get("indexes") or {}
    primary = indexes.get("primary") or {"hash": "pk", "sort": "sk"}
    keys = tuple(str(primary[k]) for k in ("hash", "sort") if primary.get(k))
    secondary = [
        IndexFacts(
            name=str(name),
            keys=(str(index.get("hash") or keys[0]),),
            sort_keys=(str(index["sort"]),) if index.get("sort") else (),
            is_local=index.get("type") == "local" or not index.get("hash"),
            projection=_projection(index.get("project")),
            included=tuple(index["project"]) if isinstance(index.get("project"), list) else (),
        )
        for name, index in indexes.items()
        if name != "primary" and isinstance(index, Mapping)
    ]
    every_key = {*keys, *(k for i in secondary for k in (*i.keys, *i.sort_keys))}
    type_field = str((document.get("params") or {}).get("typeField", "_type"))
    templates = []
    for name, model in (document.get("models") or {}).items():
        if isinstance(model, Mapping):
            templates.append(_onetable_model(str(name), model, every_key, type_field, notes))
    return SourceTable(
        name=_table_name(document.get("name"), source),
        engine=DYNAMODB,
        keys=keys,
        indexes=tuple(secondary),
        settings=TableSettings(mode="on-demand"),
        templates=tuple(templates),
        place=source.shown,
    )


def _projection(project: Any) -> str:
    if isinstance(project, list):
        return "include"
    return "keys-only" if str(project) == "keys" else "all"


def _onetable_model(
    name: str, model: Mapping[str, Any], keys: set[str], type_field: str, notes: list[str]
) -> EntityTemplate:
    templates: list[tuple[str, str]] = []
    declared: list[Declared] = []
    for attribute, raw in model.items():
        field = raw if isinstance(raw, Mapping) else {"type": raw}
        value = field.get("value")
        stored = str(field.get("map") or attribute)
        if stored in keys and isinstance(value, str):
            template = re.sub(r"\$\{([\w.]+)(?::[^}]*)?\}", r"{\1}", value)
            templates.append((stored, template.replace(f"{{{type_field}}}", name)))
        else:
            if value is not None:
                notes.append(f"{name}.{attribute}: it is computed and counts as stored")
            declared.append(_declared(str(attribute), field))
    return EntityTemplate(
        name=naming.entity_name(name), keys=tuple(templates), declared=tuple(declared)
    )


def _declared(name: str, field: Mapping[str, Any]) -> Declared:
    raw = field.get("type", "string")
    values: tuple[str, ...] = ()
    if isinstance(raw, list):  # ElectroDB: the values of an enum
        values, raw = tuple(str(v) for v in raw), "string"
    if isinstance(field.get("enum"), list):
        values = tuple(str(v) for v in field["enum"])
    kind = _TYPES.get(str(raw).lower(), "S")
    if field.get("ttl") or (kind == "timestamp" and field.get("isoDates") is False):
        kind = "number"
    return Declared(
        name=name,
        type=kind,
        nullable=not field.get("required"),
        unique=bool(field.get("unique")),
        values=values,
    )


def _table_name(name: Any, source: Source) -> str:
    if isinstance(name, str) and name:
        return name
    return re.sub(r"[^A-Za-z0-9_.-]", "-", source.path.stem) or "app-table"


# ---------------------------------------------------------------- ElectroDB


def _electro(document: Any, source: Source, notes: list[str]) -> SourceTable:
    schemas = list(_electro_schemas(document))
    if not schemas:
        raise UsageError(
            f"{source.shown} has no entity with `model`, `attributes` and `indexes`",
            remedy="write it with JSON.stringify(entity.schema)",
        )
    indexes: dict[str, IndexFacts] = {}
    primary: tuple[str, ...] = ()
    templates = []
    for schema in schemas:
        template, keys = _electro_entity(schema, indexes, notes)
        primary = primary or keys
        templates.append(template)
    table = next((s.get("table") for s in schemas if s.get("table")), None)
    return SourceTable(
        name=_table_name(table, source),
        engine=DYNAMODB,
        keys=primary or ("pk", "sk"),
        indexes=tuple(indexes.values()),
        settings=TableSettings(mode="on-demand"),
        templates=tuple(templates),
        place=source.shown,
    )


def _electro_schemas(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for inner in document:
            yield from _electro_schemas(inner)
    elif isinstance(document, Mapping):
        if "model" in document and "attributes" in document:
            yield document
        elif isinstance(document.get("schema"), Mapping):
            yield from _electro_schemas(document["schema"])
        else:
            inner = document.get("entities")
            values = inner.values() if isinstance(inner, Mapping) else document.values()
            for value in values:
                if isinstance(value, Mapping):
                    yield from _electro_schemas(value)


def _electro_entity(
    schema: Mapping[str, Any], indexes: dict[str, IndexFacts], notes: list[str]
) -> tuple[EntityTemplate, tuple[str, ...]]:
    model = schema["model"]
    entity, service = str(model.get("entity", "entity")), str(model.get("service", "app"))
    version = str(model.get("version", "1"))
    primary: tuple[str, ...] = ()
    keys: list[tuple[str, str]] = []
    for name, index in (schema.get("indexes") or {}).items():
        parts = [index[k] for k in ("pk", "sk") if isinstance(index.get(k), Mapping)]
        fields = tuple(str(part.get("field", "pk")) for part in parts)
        if not fields:
            continue
        if index.get("index"):
            label = str(index["index"])
            indexes.setdefault(label, IndexFacts(name=label, keys=fields[:1], sort_keys=fields[1:]))
        else:
            primary = fields
        is_collection = bool(index.get("collection"))
        for kind, part, field in zip(("pk", "sk"), parts, fields, strict=False):
            keys.append((field, _electro_template(kind, part, service, entity, version, index)))
        if is_collection:
            notes.append(f"{entity}.{name}: its collection is read as one query of the partition")
    declared = [
        _declared(str(attribute), field if isinstance(field, Mapping) else {"type": field})
        for attribute, field in schema["attributes"].items()
    ]
    return (
        EntityTemplate(name=naming.entity_name(entity), keys=tuple(keys), declared=tuple(declared)),
        primary,
    )


def _electro_template(
    kind: str,
    part: Mapping[str, Any],
    service: str,
    entity: str,
    version: str,
    index: Mapping[str, Any],
) -> str:
    """Return the template of a key as ElectroDB composes it: `$service#attr_{attr}`.

    ElectroDB documentation, "Using ElectroDB with existing data / key formatting", read 2026-11.
    """
    listed = part.get("composite") or part.get("facets") or []
    if not isinstance(listed, list):
        raise TypeError("a composite is a list of attributes")
    names = [str(name) for name in listed]
    if not all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in names):
        raise ValueError("a composite is a list of names of attributes")
    if isinstance(part.get("template"), str):
        return re.sub(r"\$\{(\w+)\}", r"{\1}", part["template"])
    tail = "".join(f"#{name.lower()}_{{{name}}}" for name in names)
    if kind == "pk":
        return f"${service}{tail}" if index.get("sk") else f"${service}${entity}_{version}{tail}"
    collection = index.get("collection")
    if isinstance(collection, list):
        collection = "#".join(str(c) for c in collection)
    head = f"${collection}#{entity}_{version}" if collection else f"${entity}_{version}"
    return f"{head}{tail}"
