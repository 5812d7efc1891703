"""Entities and tables of MongoDB and PostgreSQL, from schemas and from documents that were seen.

In: stores. Out: entity and table drafts: one entity for each table or collection, embedded lists of
documents as children.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tablewright.core.quantities import plain
from tablewright.sources.draft import (
    AttributeDraft,
    EntityDraft,
    IndexDraft,
    ShapeDraft,
    TableDraft,
)
from tablewright.sources.facts import MONGODB, Declared, IndexFacts, SourceTable
from tablewright.sources.inference import naming
from tablewright.sources.inference.attributes import attribute_draft, declared_draft, is_unique
from tablewright.sources.inference.dynamodb import ItemKind, embedded
from tablewright.sources.inference.profile import AttributeProfile, KindProfile

_COUNTED = ("text", "id", "int", "token", "name", "url", "digits", "email", "username", "phone")
"""Types whose values an index may have many times."""


def server_entity(
    store: SourceTable, prefix: list[str], used_names: list[str]
) -> tuple[EntityDraft, list[EntityDraft], TableDraft]:
    """Return the entity of a table or collection, its embedded children, and the table itself."""
    name = naming.free(naming.entity_name(store.entity or store.name, prefix), used_names)
    used_names.append(name)
    profile = store.kinds[0] if store.kinds else None
    key = store.keys or (("_id",) if store.engine == MONGODB else ())
    entity = EntityDraft(name=name, key=key, instances=store.items)
    names: dict[str, str] = {}
    declared = {d.name: d for d in store.declared}
    for raw in dict.fromkeys((*declared, *(profile.attributes if profile else ()))):
        clean = naming.attribute_name(raw, names.values())
        names[raw] = clean
        attribute = _attribute(clean, declared.get(raw), profile, raw, store)
        if raw in key:
            attribute.options.pop("presence", None)
            attribute.options.pop("unique", None)
        if clean != raw and store.engine == MONGODB:
            attribute.comment = naming.renamed_comment(raw)
        entity.attributes.append(attribute)
    entity.key = tuple(names.get(k, k) for k in key)
    _complete_key(entity, store)
    children: list[tuple[str, EntityDraft]] = []
    if profile is not None:
        entity.comment.append(f"{profile.count:,} {_noun(store, profile.count)} seen")
        kind = ItemKind(store, profile)
        children = embedded(kind, entity, used_names)
        lists = {names[raw] for raw, _ in children}
        entity.attributes = [a for a in entity.attributes if a.name not in lists]
    table = _table(store, entity, names)
    if children:
        shape = ShapeDraft(name=name, entity=name)
        shape.embed = {names[raw]: child.name for raw, child in children}
        table.shapes.append(shape)
    return entity, [child for _, child in children], table


def _noun(store: SourceTable, count: int) -> str:
    noun = "document" if store.engine == MONGODB else "row"
    return noun if count == 1 else f"{noun}s"


def _attribute(
    name: str, declared: Declared | None, profile: KindProfile | None, raw: str, store: SourceTable
) -> AttributeDraft:
    seen = profile.attributes.get(raw) if profile is not None else None
    if seen is None or not seen.present:
        assert declared is not None or profile is not None
        declared = declared or Declared(name=raw, type="map")
        draft = declared_draft(declared, name)
        _mark_distinct(draft, raw, store, declared.distinct, store.items)
        return draft
    assert profile is not None
    draft = attribute_draft(name, seen, profile.presence(raw))
    if declared is not None:
        from_schema = declared_draft(declared, name)
        if declared.values or from_schema.type not in ("text", "int", "map", "list"):
            size = draft.options.get("bytes")
            if from_schema.type.partition("(")[0] in ("timestamp", "uuid", "bool", "date", "enum"):
                draft.type, draft.options = from_schema.type, from_schema.options
            elif size and "bytes" in from_schema.options:
                draft.type = from_schema.type
    _mark(draft, seen, profile, raw, store)
    return draft


def _mark(
    draft: AttributeDraft,
    seen: AttributeProfile,
    profile: KindProfile,
    raw: str,
    store: SourceTable,
) -> None:
    by_index = any(index.unique and index.keys == (raw,) for index in store.indexes)
    login = draft.type.partition("(")[0] in ("email", "username", "phone")
    if by_index or (login and is_unique(seen, profile.count)):
        draft.options["unique"] = "true"
    else:
        distinct, present = Decimal(seen.sketch.distinct), Decimal(seen.present)
        _mark_distinct(draft, raw, store, distinct, present)


def _mark_distinct(
    draft: AttributeDraft,
    raw: str,
    store: SourceTable,
    distinct: Decimal | None,
    present: Decimal | None,
) -> None:
    """Say how many values an attribute of an index has, where each is there more than once."""
    if (
        any(raw in index.keys for index in store.indexes)
        and draft.type.partition("(")[0] in _COUNTED
        and distinct is not None
        and present is not None
        and 0 < distinct < present / 2
    ):
        draft.options["distinct"] = str(round(distinct))


def _complete_key(entity: EntityDraft, store: SourceTable) -> None:
    """Give an entity without a key one, and a key that is not among the attributes an attribute."""
    if not entity.key:
        entity.key = _guessed_key(entity, store)
        entity.comment.append(
            f"the source names no primary key: {', '.join(entity.key)} is assumed"
        )
    for name in reversed(entity.key):
        if entity.attribute(name) is None:
            kind = "id(24)" if store.engine == MONGODB else "id"
            entity.attributes.insert(0, AttributeDraft(name=name, type=kind))
    _plain_keys(entity)


def _guessed_key(entity: EntityDraft, store: SourceTable) -> tuple[str, ...]:
    """Return what probably identifies a row: `id`, the columns of two foreign keys, the first."""
    names = [attribute.name for attribute in entity.attributes]
    named = [n for n in names if n.lower() in ("id", "_id", f"{entity.name.lower()}_id")]
    if named:
        return (named[0],)
    foreign = [columns[0] for columns, _ in store.foreign_keys if len(columns) == 1]
    pair = tuple(name for name in dict.fromkeys(foreign) if name in names)
    if len(pair) >= 2:
        return pair[:2]
    return (names[0],) if names else ("id",)


def _plain_keys(entity: EntityDraft) -> None:
    """A key attribute is text, number or time: what was taken for something else is an id."""
    for name in entity.key:
        attribute = entity.attribute(name)
        if attribute is not None and attribute.type.partition("(")[0] in (
            "map", "list", "set", "geo",
        ):  # fmt: skip
            attribute.type, attribute.options = "id", {}


def _table(store: SourceTable, entity: EntityDraft, names: dict[str, str]) -> TableDraft:
    stored = {clean: raw for raw, clean in names.items()}
    key = tuple(stored.get(name, name) for name in entity.key)
    table = TableDraft(name=store.name, key=key, holds=entity.name, comment=store.place)
    for declared in store.declared:
        if declared.column:
            table.columns[declared.name] = (names[declared.name], declared.column)
    for index in store.indexes:
        known = [k for k in index.keys if k in names or "." in k]
        if store.engine == MONGODB:
            draft = _mongo_index(index, names)
        else:
            draft = _sql_index(index, names) if len(known) == len(index.keys) else None
        if draft is not None:
            table.indexes.append(draft)
    return table


def _mongo_index(index: IndexFacts, names: dict[str, str]) -> IndexDraft | None:
    if index.keys == ("_id",):
        return None
    special = dict(index.kinds)
    parts = []
    for key in index.keys:
        clean = names.get(key) or ".".join(naming.attribute_name(p) for p in key.split("."))
        parts.append(f"{clean}: {special.get(key) or (-1 if key in index.descending else 1)}")
    keys = "{" + ", ".join(parts) + "}"
    fields = {"keys": keys}
    if index.unique:
        fields["unique"] = "true"
    if index.sparse:
        fields["sparse"] = "true"
    if index.where:
        inside = ", ".join(f"{n}: [{', '.join(v)}]" for n, v in index.where)
        fields["partial"] = f"{{{inside}}}"
    if index.ignore_case:
        fields["ignore_case"] = "true"
    if index.expire_after_seconds is not None:
        fields["expire_after"] = f"{plain(index.expire_after_seconds)}s"
    draft = IndexDraft(name=index.name, fields=_described(index, names))
    inside = ", ".join(f"{name}: {text}" for name, text in fields.items())
    draft.short = keys if len(fields) == 1 else f"{{{inside}}}"
    return draft


def _described(index: IndexFacts, names: dict[str, str]) -> dict[str, str]:
    """Return what patterns are made from."""
    shown = [("-" if k in index.descending else "") + names.get(k, k) for k in index.keys]
    fields = {"names": ",".join(shown)}
    if index.unique:
        fields["is_unique"] = "true"
    is_expiry = index.expire_after_seconds is not None
    if index.kinds or is_expiry or index.using in ("gin", "gist", "brin"):
        fields["special"] = "true"
    return fields


def _sql_index(index: IndexFacts, names: dict[str, str]) -> IndexDraft | None:
    columns = _listed(("-" if k in index.descending else "") + k for k in index.keys)
    fields = {"columns": columns}
    if index.unique:
        fields["unique"] = "true"
    if index.using and index.using != "btree":
        fields["using"] = index.using
    if index.included:
        fields["include"] = _listed(index.included)
    if index.where:
        inside = ", ".join(f"{naming.in_quotes(n)}: [{', '.join(v)}]" for n, v in index.where)
        fields["where"] = f"{{{inside}}}"
    if index.ignore_case:
        fields["ignore_case"] = "true"
    draft = IndexDraft(name=index.name, fields=_described(index, names))
    inside = ", ".join(f"{name}: {text}" for name, text in fields.items())
    draft.short = columns if len(fields) == 1 else f"{{{inside}}}"
    return draft


def _listed(columns: Iterable[str]) -> str:
    return "[" + ", ".join(naming.in_quotes(name) for name in columns) + "]"


def mean_bytes(profile: KindProfile) -> Decimal:
    """Return about how large an instance is: the attributes' bytes and those of their names."""
    total = sum(
        (a.sizes.mean * a.present / max(1, profile.count) for a in profile.attributes.values()),
        Decimal(0),
    )
    return total + sum(len(name) for name in profile.attributes)
