"""From facts to the draft of a whole model file: the one place that knows the order of steps.

In: `SourceFacts`. Out: a `Draft` with entities, patterns, the current design and notes on what
could not be inferred.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tablewright.core.errors import UsageError
from tablewright.model.names import ATTRIBUTE_NAME
from tablewright.sources.draft import AttributeDraft, Draft, EntityDraft, ShapeDraft
from tablewright.sources.facts import DYNAMODB, MONGODB, POSTGRESQL, SourceFacts, SourceTable
from tablewright.sources.inference import naming
from tablewright.sources.inference.declared import declared_entities, home_region
from tablewright.sources.inference.dynamodb import (
    ItemKind,
    embedded,
    entities_of,
    item_kinds,
    table_draft,
)
from tablewright.sources.inference.patterns import add_busiest_keys, add_patterns
from tablewright.sources.inference.profile import AttributeProfile
from tablewright.sources.inference.relations import Related, relate
from tablewright.sources.inference.servers import server_entity

MOST_TABLES = 1_000
"""Tables of a model file: nobody reads one with more."""
_INDEX_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


def build(facts: SourceFacts, app: str) -> Draft:
    """Return the draft of a model file.

    Args:
        facts: what the sources say.
        app: the name of the application, where no source knows one.

    Raises:
        UsageError: nothing of it describes a table or collection.
    """
    if not facts.stores:
        remedy = "; ".join(facts.notes[:3]) or "see docs/import.md for what can be read"
        if facts.accesses:
            remedy = "it says how often tables are asked: name what says which there are as well, "
            remedy += "such as --from template.yaml or --from schema.sql"
        raise UsageError(
            "no table or collection was found in " + (", ".join(facts.sources) or "the sources"),
            remedy=remedy,
        )
    engine = _engine(facts)
    draft = Draft(
        app=facts.app or app, engine=engine, region=facts.region or home_region(facts.stores)
    )
    draft.declared_by = facts.declared_by
    draft.database = facts.database if engine == MONGODB else ""
    draft.version = facts.version if engine == POSTGRESQL else ""
    draft.sources, draft.notes = list(facts.sources), list(facts.notes)
    stores = [store for store in facts.stores if store.engine == engine]
    if len(stores) > MOST_TABLES:
        draft.notes.append(
            f"{len(stores):,} tables were found: the first {MOST_TABLES:,} are in the file; name "
            "others with --table, or import their files one by one"
        )
        stores = stores[:MOST_TABLES]
    if engine == DYNAMODB:
        stores = [_allowed_name(draft, s) for store in stores if (s := _keyed(draft, store))]
        if not stores:
            raise UsageError(
                "no table is left whose keys a model file can name",
                remedy="; ".join(draft.notes[-3:]),
            )
    else:
        stores = [store for store in stores if _is_allowed(draft, store)]
        if not stores:
            raise UsageError(
                "no table or collection is left whose name a model file can have",
                remedy="; ".join(draft.notes[-3:]),
            )
    for store in facts.stores:
        if store.engine != engine:
            draft.notes.append(
                f"{store.name} is in {store.engine} and was left out: a design has one engine "
                f"({engine}); import it by itself"
            )
    related = _dynamodb(draft, stores) if engine == DYNAMODB else _servers(draft, stores)
    draft.user_entity = relate(related)
    draft.scales = _scales(draft)
    _complete(draft)
    add_patterns(draft, facts.accesses)
    add_busiest_keys(draft, facts.busiest)
    return draft


def _engine(facts: SourceFacts) -> str:
    counts = Counter(store.engine for store in facts.stores)
    return max(counts, key=lambda engine: (counts[engine], engine == DYNAMODB, engine))


def _allowed_name(draft: Draft, store: SourceTable) -> SourceTable:
    """Return a store with a name that DynamoDB allows: 3 to 255 letters, digits, `_`, `-`, `.`."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", store.name)[:255]
    if len(name) < 3:
        name = f"{name}-table"
    if name != store.name:
        draft.notes.append(f"the table is called {name}: DynamoDB does not allow {store.name!r}")
    return replace(store, name=name)


def _is_allowed(draft: Draft, store: SourceTable) -> bool:
    """Whether a model file can have a table or collection of this name; notes where not."""
    from tablewright.engines.mongodb.design import COLLECTION_NAME
    from tablewright.engines.postgresql.design import SQL_NAME

    name = COLLECTION_NAME if store.engine == MONGODB else SQL_NAME
    if len(store.name) <= (name.longest or 0) and re.fullmatch(name.pattern, store.name):
        return True
    draft.notes.append(
        f"{store.place or store.name}: {store.name!r} was left out: a model file cannot have a "
        f"{'collection' if store.engine == MONGODB else 'table'} of that name"
    )
    return False


def _keyed(draft: Draft, store: SourceTable) -> SourceTable | None:
    """Return a store without indexes whose names a model file cannot have; None if its keys are so.

    The service allows any text as a name; here a dot leads into a map and a name begins with a
    letter.
    """
    if not store.keys:
        draft.notes.append(f"{store.place or store.name}: {store.name} was left out: it has no key")
        return None
    odd = [key for key in store.keys if not _is_attribute(key)]
    if odd:
        draft.notes.append(
            f"{store.place or store.name}: {store.name} was left out: a model file cannot have a "
            f"key attribute called {odd[0]!r}"
        )
        return None
    indexes = []
    for index in store.indexes:
        names = (*index.keys, *index.sort_keys, *index.included)
        if index.keys and all(map(_is_attribute, names)) and _INDEX_NAME.fullmatch(index.name):
            indexes.append(index)
        else:
            draft.notes.append(
                f"{store.place or store.name}: the index {index.name!r} of {store.name} was left "
                "out: a model file cannot have its name, or that of its attributes"
            )
    ttl = store.settings.ttl
    settings = store.settings
    if ttl and not _is_attribute(ttl):
        draft.notes.append(f"{store.name}: a model file cannot have a TTL attribute called {ttl!r}")
        settings = replace(settings, ttl=None)
    kept = {*store.keys, *(key for index in indexes for key in (*index.keys, *index.sort_keys))}
    templates = tuple(
        replace(template, keys=tuple(pair for pair in template.keys if pair[0] in kept))
        for template in store.templates
    )
    return replace(store, indexes=tuple(indexes), settings=settings, templates=templates)


def _is_attribute(name: str) -> bool:
    return re.fullmatch(ATTRIBUTE_NAME.pattern, name) is not None


def _dynamodb(draft: Draft, stores: list[SourceTable]) -> list[Related]:
    prefix = naming.shared_prefix([store.name for store in stores])
    kinds = item_kinds(stores)
    draft.entities += entities_of(kinds, prefix)
    related = [
        Related(kind.entity, kind.profile_of, kind.store.name)
        for kind in kinds
        if kind.owner is None and kind.entity is not None
    ]
    for store in stores:
        if store.kinds:
            table = table_draft(store, kinds)
            for kind in kinds:
                if kind.store is store and kind.owner is None:
                    related += _children(draft, kind, table.shapes)
        else:
            entities, table = declared_entities(store, prefix)
            for entity in entities:
                _rename_if_taken(draft, entity, table.shapes)
                draft.entities.append(entity)
                related.append(Related(entity, _nothing, store.name))
        draft.tables.append(table)
    return related


def _rename_if_taken(draft: Draft, entity: EntityDraft, shapes: list[ShapeDraft]) -> None:
    name = naming.free(entity.name, [e.name for e in draft.entities])
    if name != entity.name:
        for shape in shapes:
            if shape.entity == entity.name:
                shape.entity = shape.name = name
        entity.name = name


def _nothing(_name: str) -> AttributeProfile | None:
    return None


def _children(draft: Draft, kind: ItemKind, shapes: list[ShapeDraft]) -> list[Related]:
    assert kind.entity is not None
    used_names = [e.name for e in draft.entities]
    out: list[Related] = []
    for raw, child in embedded(kind, kind.entity, used_names):
        draft.entities.append(child)
        shape = next(s for s in shapes if s.entity == kind.entity.name and not s.guards)
        taken = [*(a.name for a in kind.entity.attributes), *shape.embed]
        shape.embed[naming.attribute_name(raw, taken)] = child.name
        inner = kind.profile.attributes[raw].inner
        assert inner is not None
        out.append(Related(child, inner.attributes.get, kind.store.name, is_embedded=True))
    return out


def _servers(draft: Draft, stores: list[SourceTable]) -> list[Related]:
    prefix = naming.shared_prefix([store.name for store in stores])
    related: list[Related] = []
    used_names: list[str] = []
    by_store: dict[str, str] = {}
    for store in stores:
        entity, children, table = server_entity(store, prefix, used_names)
        by_store[store.name] = entity.name
        draft.entities += [entity, *children]
        draft.tables.append(table)
        lookup = store.kinds[0].attributes.get if store.kinds else _nothing
        related.append(Related(entity, _cleaned(lookup, store), store.name))
        related += [Related(child, _nothing, store.name, is_embedded=True) for child in children]
    for item in related:
        if item.is_embedded:
            continue
        store = next(s for s in stores if s.name == item.store)
        for columns, target in store.foreign_keys:
            if len(columns) == 1 and target in by_store:
                item.foreign[columns[0]] = by_store[target]
        for declared in store.declared:
            if declared.references in by_store:
                item.foreign[declared.name] = by_store[declared.references]
            elif declared.references:
                target = naming.entity_name(declared.references)
                if target in by_store.values():
                    item.foreign[declared.name] = target
    return related


def _cleaned(
    lookup: Callable[[str], AttributeProfile | None], store: SourceTable
) -> Callable[[str], AttributeProfile | None]:
    names = {naming.attribute_name(d.name): d.name for d in store.declared}
    return lambda name: lookup(names.get(name, name))


def _scales(draft: Draft) -> tuple[int, ...]:
    """Return numbers of users to answer for: those there are, and ten and a hundred times that."""
    user = next((e for e in draft.entities if e.name == draft.user_entity), None)
    if user is None or user.instances is None or user.instances < 1:
        return (1000, 10000, 100000)
    users = int(user.instances)
    return (users, users * 10, users * 100) if users < 10**9 else (users,)


def _complete(draft: Draft) -> None:
    """Make the draft valid: every entity has a key that its attributes contain."""
    for entity in draft.entities:
        if not entity.key:
            name = naming.free("id", [a.name for a in entity.attributes])
            entity.key = (name,)
            entity.attributes.insert(0, AttributeDraft(name=name, type="id"))
        parent = next((e for e in draft.entities if e.name == entity.parent), None)
        inherited = set(parent.key) if parent is not None else set()
        for name in entity.key:
            attribute = entity.attribute(name)
            if attribute is None and name not in inherited:
                entity.attributes.insert(0, AttributeDraft(name=name, type="id"))
            elif attribute is not None:
                attribute.options.pop("presence", None)
                if attribute.type.partition("(")[0] in ("map", "list", "set", "geo"):
                    attribute.type, attribute.options = "id", {}
        _widen_keys(entity)
        _scalar_keys(draft, entity)
        if entity.instances is not None and entity.instances == Decimal(0):
            entity.comment.append("no instance was there: its figures are assumed")


def _scalar_keys(draft: Draft, entity: EntityDraft) -> None:
    """Let the key attributes of indexes be values that can be keys."""
    if draft.engine != DYNAMODB:
        return
    for table in draft.tables:
        if not any(shape.entity == entity.name for shape in table.shapes):
            continue
        for index in table.indexes:
            for part in ("key", "partition", "sort"):
                for name in index.fields.get(part, "").strip("[]").split(", "):
                    attribute = entity.attribute(name)
                    if attribute is not None and attribute.type.partition("(")[0] in (
                        "map", "list", "set", "geo", "bool",
                    ):  # fmt: skip
                        attribute.type = "id"
                        attribute.options = {
                            k: v for k, v in attribute.options.items() if k == "presence"
                        }


_FEW_VALUES = ("enum", "bool", "date", "country", "digits", "username", "name", "phone", "epoch")
_OF_A_LENGTH = ("id", "text", "token", "digits")
SHORTEST_KEY = 8
"""Bytes of a text that is a key by itself: fewer have too few values for a hundred times as many
instances as were seen."""


def _widen_keys(entity: EntityDraft) -> None:
    """Let what must be different for each instance have enough values, at larger scales too."""
    is_fixed = entity.count.endswith("total")
    for attribute in entity.attributes:
        is_lone_key = entity.key == (attribute.name,)
        if not is_lone_key and attribute.options.get("unique") != "true":
            continue
        base = attribute.type.partition("(")[0]
        attribute.options.pop("distinct", None)
        if base in ("int", "money", "decimal", "counter", "epoch"):
            attribute.type = "int"
            for option in ("places", "role"):
                attribute.options.pop(option, None)
            attribute.options |= {"min": "1", "max": str(10**12)}
        elif base == "enum" and is_fixed:
            continue
        elif base in _FEW_VALUES and is_lone_key:
            attribute.type = "id"
            attribute.options.pop("values", None)
            attribute.options.pop("bytes", None)
        elif base in _OF_A_LENGTH:
            size = re.search(r"\d+", attribute.type) or re.search(
                r"\d+", attribute.options.get("bytes", "")
            )
            if size is not None and int(size[0]) < SHORTEST_KEY:
                attribute.type = f"{base}({SHORTEST_KEY})"
                attribute.options.pop("bytes", None)
