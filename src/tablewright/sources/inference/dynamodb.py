"""Entities and item kinds of DynamoDB tables, from what was seen or declared.

In: stores with the kinds of items seen in them. Out: entity and table drafts. Kinds that exist to
make an attribute unique become guards, kinds that share their identity in one table become parts
of one entity, lists of maps with a key of their own become embedded children.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tablewright.core.quantities import KB, format_bytes, plain
from tablewright.sources.draft import (
    SEEN,
    AttributeDraft,
    EntityDraft,
    ShapeDraft,
    TableDraft,
)
from tablewright.sources.facts import IndexFacts, SourceTable
from tablewright.sources.inference import naming
from tablewright.sources.inference.attributes import (
    attribute_draft,
    byte_text,
    is_unique,
)
from tablewright.sources.inference.declared import index_draft, settings_of, table_comment
from tablewright.sources.inference.kinds import TYPE_ATTRIBUTES
from tablewright.sources.inference.profile import (
    AttributeProfile,
    KindProfile,
    SegmentProfile,
)
from tablewright.sources.inference.templates import Template, closest, template_of

LARGEST_MEAN = Decimal(380 * KB)
"""Bytes of a mean item that fit below DynamoDB's 400 KB with its names."""
_CORE_WORDS = frozenset(
    {"META", "METADATA", "PROFILE", "CORE", "INFO", "DETAILS", "ROOT", "A", "HEADER", "MAIN"}
)
_TYPE_WORDS = frozenset({*TYPE_ATTRIBUTES, "type", "kind", "entity"})
_KEY_TYPES = {"S": "id", "N": "int", "B": "binary"}


@dataclass(slots=True)
class ItemKind:
    """One kind of item of one table while it is being understood."""

    store: SourceTable
    profile: KindProfile
    templates: dict[str, Template] = field(default_factory=dict)
    virtual: dict[str, AttributeProfile] = field(default_factory=dict)
    """Attributes that are only part of a key, not stored by themselves."""
    guards: str = ""
    owner: ItemKind | None = None
    """Of a guard or a part: the kind it belongs to."""
    entity: EntityDraft | None = None

    @property
    def identity(self) -> tuple[str, ...]:
        """The attributes that the table's keys are made of, in order."""
        names: dict[str, None] = {}
        for key in self.store.keys:
            if key in self.templates:
                names.update(dict.fromkeys(self.templates[key].attributes))
        return tuple(names)

    @property
    def stored(self) -> tuple[str, ...]:
        """The attributes an item holds, those aside that are composed keys."""
        return tuple(
            name
            for name in self.profile.attributes
            if name not in self.templates or self.templates[name].is_plain
        )

    def profile_of(self, name: str) -> AttributeProfile | None:
        """Return what an attribute is like, stored or part of a key."""
        return self.profile.attributes.get(name) or self.virtual.get(name)


def item_kinds(stores: Iterable[SourceTable]) -> list[ItemKind]:
    """Return the kinds of items of all tables, their key templates recovered."""
    kinds = [ItemKind(store, profile) for store in stores for profile in store.kinds]
    for kind in kinds:
        keys = (*kind.store.keys, *(k for i in kind.store.indexes for k in (*i.keys, *i.sort_keys)))
        made, made_of = set[str](), set[str]()
        for key in dict.fromkeys(keys):
            is_table_key = key in kind.store.keys
            template = template_of(kind.profile, key, is_table_key=is_table_key, made=made)
            if template is not None and key in made_of:
                template = Template(key, is_plain=True)  # another key is made of it
            if template is not None:
                kind.templates[key] = template
                if not template.is_plain:
                    made.add(key)
                    made_of |= set(template.attributes)
                if template.when is not None:
                    made_of.add(template.when[0])
    _resolve(kinds)
    for kind in kinds:
        _name_open_parts(kind)
        _ensure_identity(kind)
    kinds = _joined(kinds)
    _find_guards(kinds)
    _find_parts(kinds)
    return kinds


def _resolve(kinds: Sequence[ItemKind]) -> None:
    """Find what the open parts of keys are by the values of other kinds, the own table first."""
    for kind in kinds:
        for template in kind.templates.values():
            for part in template.parts:
                if part.segment is None or part.attribute:
                    continue
                choices = _choices(kind, kinds)
                name = closest(part.segment.sketch, [(c[0], c[1].sketch) for c in choices])
                if name:
                    part.attribute = name
                    kind.virtual[name] = next(c[1] for c in choices if c[0] == name)


def _choices(kind: ItemKind, kinds: Sequence[ItemKind]) -> list[tuple[str, AttributeProfile]]:
    """Return attributes of other kinds that a part of a key may be, the likeliest first."""
    ranked: list[tuple[tuple[bool, bool, str], str, AttributeProfile]] = []
    for candidate in kinds:
        if candidate is kind:
            continue
        for name, profile in candidate.profile.attributes.items():
            is_composed = name in candidate.templates and not candidate.templates[name].is_plain
            if is_composed or name in kind.profile.attributes or not profile.types["text"]:
                continue
            in_key = name in candidate.identity
            rank = (candidate.store is not kind.store, not in_key, name)
            ranked.append((rank, name, profile))
    ranked.sort(key=lambda entry: entry[0])
    return [(name, profile) for _, name, profile in ranked]


def _name_open_parts(kind: ItemKind) -> None:
    """Give the parts of keys that are stored nowhere a name after the constant before them."""
    style = list(kind.profile.attributes)
    for key, template in kind.templates.items():
        if template.is_plain:
            continue
        before = ""
        for part in template.parts:
            if part.is_open:
                assert part.segment is not None
                word = before.strip("#|:~_-/ ") or key
                name = naming.attribute_name(naming.key_attribute(word, style))
                name = naming.free(name, kind.virtual)
                if name in kind.profile.attributes:
                    name = naming.free(f"{name}_part", kind.profile.attributes)
                part.attribute = name
                kind.virtual[name] = _segment_profile(part.segment)
            before = part.literal or before


def _segment_profile(segment: SegmentProfile) -> AttributeProfile:
    profile = AttributeProfile()
    profile.present = profile.profiled = segment.profiled
    profile.types["text"] = segment.profiled
    profile.forms = segment.forms
    profile.sizes = segment.sizes
    profile.sketch = segment.sketch
    profile.codes = None
    return profile


def _ensure_identity(kind: ItemKind) -> None:
    """Where all keys are constant, the key attributes themselves are the identity."""
    if not kind.identity:
        for key in kind.store.keys:
            if key in kind.profile.attributes:
                kind.templates[key] = Template(key, is_plain=True)


def _joined(kinds: Sequence[ItemKind]) -> list[ItemKind]:
    """Join the kinds of a table whose keys are made alike: nothing would keep them apart."""
    by_keys: dict[tuple[int, tuple[str, ...]], ItemKind] = {}
    for kind in kinds:
        made_of = tuple(
            "" if t is None or t.is_plain else str(t)
            for t in (kind.templates.get(key) for key in kind.store.keys)
        )
        first = by_keys.setdefault((id(kind.store), made_of), kind)
        if first is not kind:
            first.profile.merge(kind.profile)
            for key, template in kind.templates.items():
                first.templates.setdefault(key, template)
            for name, profile in kind.virtual.items():
                first.virtual.setdefault(name, profile)
    return list(by_keys.values())


def _find_guards(kinds: Sequence[ItemKind]) -> None:
    """Mark the kinds that hold nothing but the key of another: they make an attribute unique."""
    for kind in kinds:
        keys = set(kind.store.keys)
        content = set(kind.profile.attributes) - keys
        for candidate in kinds:
            if candidate is kind or candidate.guards or candidate.store is not kind.store:
                continue
            identity = set(candidate.identity)
            if content != identity - keys or kind.profile.count > candidate.profile.count * 1.02:
                continue
            for name in kind.identity:
                profile = candidate.profile.attributes.get(name)
                unseen = name not in kind.profile.attributes or name in keys
                if (
                    profile is not None
                    and unseen
                    and name not in identity
                    and is_unique(profile, candidate.profile.count, fewest=3)
                ):
                    kind.guards, kind.owner = name, candidate


def _find_parts(kinds: Sequence[ItemKind]) -> None:
    """Mark kinds that are a part of another: same table, same identity, nothing else in common."""
    ordered = sorted(kinds, key=lambda k: (not _is_core(k), -len(k.stored), k.profile.labels))
    for place, kind in enumerate(ordered):
        if kind.owner is not None:
            continue
        for core in ordered[:place]:
            if core.owner is not None or core.store is not kind.store:
                continue
            if set(core.identity) != set(kind.identity) or not kind.identity:
                continue
            shared = (set(core.stored) & set(kind.stored)) - set(core.identity)
            if not shared and kind.profile.count <= core.profile.count * 1.02:
                kind.owner = core
                break


def _is_core(kind: ItemKind) -> bool:
    return any(word.upper() in _CORE_WORDS for word in kind.profile.labels)


# ---------------------------------------------------------------- entities


def entities_of(kinds: Sequence[ItemKind], prefix: list[str]) -> list[EntityDraft]:
    """Return the entities; each kind that is not a guard knows its own afterwards."""
    entities: list[EntityDraft] = []
    for kind in kinds:
        if kind.owner is None:
            name = naming.free(_entity_name(kind, kinds, prefix), [e.name for e in entities])
            kind.entity = _entity(kind, name)
            entities.append(kind.entity)
    for kind in kinds:
        if kind.owner is not None:
            kind.entity = kind.owner.entity
            if not kind.guards and kind.entity is not None:
                _add_attributes(kind.entity, kind, kind.owner.profile.count)
    return entities


def _entity_name(kind: ItemKind, kinds: Sequence[ItemKind], prefix: list[str]) -> str:
    if kind.store.entity and len(kind.store.kinds) == 1:
        return naming.entity_name(kind.store.entity, prefix)
    siblings = [k for k in kinds if k.store is kind.store and not k.guards and k.owner is None]
    table = naming.entity_name(kind.store.name, prefix)
    if len(siblings) <= 1 and not kind.profile.labels:
        return table
    types = [
        w for w in kind.profile.labels if not any(w in _words(t) for t in kind.templates.values())
    ]
    if types:
        return naming.entity_name(types[-1])
    word = _type_word(kind)
    if word and word not in [_type_word(k) for k in siblings if k is not kind]:
        return naming.entity_name(word)
    if len(siblings) <= 1 and len(kind.store.keys) == 1:
        return table
    return _name_from_keys(kind, table, is_alone=len(siblings) <= 1)


def _type_word(kind: ItemKind) -> str:
    """Return the one code that an attribute such as `type` has in all items of a kind."""
    for name, profile in kind.profile.attributes.items():
        codes = profile.codes
        if name.lower() in _TYPE_WORDS and codes and len(codes) == 1:
            return next(iter(codes))
    return ""


def _words(template: Template) -> set[str]:
    return {word.strip("#|:~_-/ ") for part in template.parts for word in (part.literal,) if word}


def _name_from_keys(kind: ItemKind, table: str, *, is_alone: bool) -> str:
    sort = kind.templates.get(kind.store.keys[1]) if len(kind.store.keys) > 1 else None
    partition = kind.templates.get(kind.store.keys[0])
    for template in (sort, partition):
        if template is None:
            continue
        words = [w for w in (p.literal.strip("#|:~_-/ ") for p in template.parts) if w]
        is_variable = bool(template.attributes) and not template.is_plain
        if words and is_variable:
            return naming.entity_name(words[-1])
    if is_alone or (sort is not None and sort.literals and sort.literals[0].upper() in _CORE_WORDS):
        return table
    words = [w for w in kind.profile.labels if w]
    return naming.entity_name(words[-1]) if words else table


def _entity(kind: ItemKind, name: str) -> EntityDraft:
    entity = EntityDraft(
        name=name,
        key=kind.identity,
        instances=_instances(kind),
        comment=[_evidence(kind)],
    )
    index_keys = (key for i in kind.store.indexes for key in (*i.keys, *i.sort_keys))
    parts = (a for key in index_keys if key in kind.templates
             for a in kind.templates[key].attributes)  # fmt: skip
    for attribute in dict.fromkeys((*kind.identity, *parts)):
        profile = kind.profile_of(attribute)
        if attribute not in kind.profile.attributes and profile is not None:
            draft = attribute_draft(attribute, profile, Decimal(1))
            draft.options.pop("presence", None)
            draft.comment = "only a part of the key: items do not hold it by itself"
            entity.attributes.append(draft)
    _add_attributes(entity, kind, kind.profile.count)
    return entity


def _evidence(kind: ItemKind) -> str:
    seen = kind.profile.count
    label = f" ({', '.join(kind.profile.labels)})" if kind.profile.labels else ""
    noun = "item" if seen == 1 else "items"
    return f"{seen:,} {noun} of {kind.store.name}{label} seen"


def _instances(kind: ItemKind) -> Decimal | None:
    """Return how many instances there are: the share of those seen of all that the table has."""
    if kind.store.items is None or not kind.store.sampled:
        return Decimal(kind.profile.count)
    return kind.store.items * kind.profile.count / kind.store.sampled


def _add_attributes(entity: EntityDraft, kind: ItemKind, count: int) -> None:
    names = {a.name for a in entity.attributes}
    for raw, profile in kind.profile.attributes.items():
        if raw not in kind.stored or raw in names:
            continue
        if child_key(profile):
            continue
        name = naming.attribute_name(raw, names)
        presence = Decimal(profile.present) / count if count else Decimal(1)
        draft = attribute_draft(name, profile, min(Decimal(1), presence))
        if raw in entity.key:
            draft.options.pop("presence", None)
        if name != raw:
            draft.comment = naming.renamed_comment(raw)
        packed = packed_kind(profile)
        if packed:
            _unpack(draft, profile, packed)
        _mark_unique(draft, kind, raw, profile)
        entity.attributes.append(draft)
        names.add(name)
    _fit_item(entity, kind)


def _fit_item(entity: EntityDraft, kind: ItemKind) -> None:
    """Make an entity fit into an item: what was seen elsewhere may be larger than 400 KB."""
    means = {
        naming.attribute_name(raw): profile.sizes.mean
        for raw, profile in kind.profile.attributes.items()
    }
    total = sum(means.values(), Decimal(0))
    if total <= LARGEST_MEAN:
        return
    for attribute in entity.attributes:
        mean = means.get(attribute.name, Decimal(0))
        if mean > total / 50 and "(" not in attribute.type.replace(f"({byte_text(mean)})", ""):
            attribute.type = attribute.type.partition("(")[0]
            attribute.options["bytes"] = byte_text(mean * LARGEST_MEAN / total)
            attribute.comment = f"{format_bytes(mean)} seen: more than an item may have, cut to fit"


def _mark_unique(
    draft: AttributeDraft, kind: ItemKind, raw: str, profile: AttributeProfile
) -> None:
    base = draft.type.partition("(")[0]
    is_key = any(index.keys == (raw,) and not index.sort_keys for index in kind.store.indexes)
    login = base in ("email", "username", "phone") or is_key
    if login and raw not in kind.identity and is_unique(profile, kind.profile.count):
        draft.options["unique"] = "true"
    elif (
        profile.sketch.distinct
        and base in ("text", "id", "int", "token", "name", "url", "digits", "email")
        and any(raw in (*i.keys, *i.sort_keys) for i in kind.store.indexes)
        and profile.sketch.distinct < 0.5 * profile.present
    ):
        draft.options["distinct"] = str(profile.sketch.distinct)


def packed_kind(profile: AttributeProfile) -> str:
    """Return what is inside where the values are gzip (`map`, `list`, `text`), else nothing."""
    values = sum(n for kind, n in profile.types.items() if kind != "gzip")
    if values and profile.types["gzip"] >= 0.95 * values and profile.packed_forms:
        return profile.packed_forms.most_common(1)[0][0]
    return ""


def ratio_of(profile: AttributeProfile) -> Decimal:
    """Return bytes after gzip over bytes before; a quarter where no value could be unpacked."""
    after, before = profile.packed_bytes
    if not before:
        return Decimal("0.25")
    return max(Decimal("0.01"), round(Decimal(after) / before, 3))


def _unpack(draft: AttributeDraft, profile: AttributeProfile, kind: str) -> None:
    """Describe what is inside a compressed value: as large as the stored bytes let one conclude."""
    from tablewright.sources.inference.attributes import scaled_spread

    ratio = ratio_of(profile)
    draft.type = kind
    draft.options = {"bytes": scaled_spread(profile.sizes, 1 / ratio)} | {
        name: text for name, text in draft.options.items() if name != "bytes"
    }
    draft.options["compressible"] = f"{plain(ratio * 100)}%"


def child_key(profile: AttributeProfile) -> str:
    """Return the attribute that tells the elements of a list of maps apart, nothing if none does.

    Only such lists become children: `devices: [{device_id: …}]`.
    """
    inner = profile.inner
    if (
        inner is None
        or inner.count < 3
        or profile.types["list"] < 0.95 * sum(profile.types.values())
    ):
        return ""
    if profile.entries is not None and profile.entries.present:
        return ""
    for name, values in inner.attributes.items():
        words = naming.words_of(name)
        is_id = bool(words) and words[-1] in ("id", "uuid", "key", "no", "number", "code", "sku")
        if is_id and values.types["text"] >= 0.95 * inner.count and inner.presence(name) == 1:
            return name
    return ""


def embedded(
    kind: ItemKind, entity: EntityDraft, used_names: list[str]
) -> list[tuple[str, EntityDraft]]:
    """Return the children that items of a kind hold as lists, by the name of the list."""
    children = []
    for raw, profile in kind.profile.attributes.items():
        key = child_key(profile)
        if not key:
            continue
        assert profile.inner is not None
        name = naming.free(naming.entity_name(raw), used_names)
        used_names.append(name)
        per_parent = Decimal(profile.inner.count) / max(1, profile.profiled)
        child = EntityDraft(
            name=name,
            # An element's own `id` beside a parent's `id`: the reader keeps the child's.
            key=tuple(dict.fromkeys((*entity.key, naming.attribute_name(key)))),
            parent=entity.name,
            instances=None if entity.instances is None else entity.instances * per_parent,
            count=_count_of_elements(profile),
            count_label=SEEN,
            comment=[f"elements of the list `{raw}` of {entity.name}"],
        )
        for inner_name, inner in profile.inner.attributes.items():
            presence = profile.inner.presence(inner_name)
            clean = naming.attribute_name(inner_name, [a.name for a in child.attributes])
            child.attributes.append(attribute_draft(clean, inner, presence))
        children.append((raw, child))
    return children


def _count_of_elements(profile: AttributeProfile) -> str:
    sizes = profile.elements
    if sizes.low == sizes.high:
        return str(sizes.low)
    mean = plain(round(sizes.mean, 2))
    high = sizes.quantile(0.999)
    return f"{{mean: {mean}, max: {max(high, int(sizes.mean) + 1)}}}"


# ---------------------------------------------------------------- tables


def table_draft(store: SourceTable, kinds: Sequence[ItemKind]) -> TableDraft:
    """Return a table of the design with its kinds of items, indexes and settings."""
    mine = [kind for kind in kinds if kind.store is store]
    table = TableDraft(name=store.name, key=store.keys, comment=table_comment(store))
    used_names: list[str] = []
    for kind in mine:
        assert kind.entity is not None
        shape = _shape(kind, used_names)
        used_names.append(shape.name)
        table.shapes.append(shape)
    table.indexes = [index_draft(store, index) for index in store.indexes]
    table.settings = settings_of(store)
    for index in store.indexes:
        _fill_index(store, index, mine)
    return table


def _fill_index(store: SourceTable, index: IndexFacts, kinds: Sequence[ItemKind]) -> None:
    """Give attributes that an index names and no item seen has to the kind nearest to it."""
    keys = (*index.keys, *index.sort_keys)
    holders = [kind for kind in kinds if not kind.guards and kind.entity is not None]
    if not holders:
        return
    missing = {
        number: [key for key in keys if key not in kind.templates]
        for number, kind in enumerate(holders)
    }
    nearest = min(missing, key=lambda number: (len(missing[number]), number))
    entity = holders[nearest].entity
    assert entity is not None
    if all(missing.values()):
        for key in missing[nearest]:
            _add_unseen(entity, store, key, f"key of the index {index.name}")
    stored = {name for kind in holders for name in (*kind.stored, *kind.templates)}
    for name in index.included:
        if name not in stored:
            _add_unseen(entity, store, name, f"projected by the index {index.name}")


def _add_unseen(entity: EntityDraft, store: SourceTable, name: str, reason: str) -> None:
    """Add a rare attribute that only the schema names."""
    if entity.attribute(name) is None:
        entity.attributes.append(
            AttributeDraft(
                name=name,
                type=_KEY_TYPES.get(dict(store.key_types).get(name, "S"), "id"),
                options={"presence": "0.1% (assumed)"},
                comment=f"{reason}; no item that was seen has it",
            )
        )


def _shape(kind: ItemKind, used_names: list[str]) -> ShapeDraft:
    assert kind.entity is not None
    name = kind.entity.name
    if kind.guards:
        name += naming.entity_name(kind.guards)
    elif kind.owner is not None:
        words = [w for w in kind.profile.labels if w]
        name += naming.entity_name(words[-1]) if words else "Part"
    shape = ShapeDraft(
        name=naming.free(name, used_names), entity=kind.entity.name, guards=kind.guards
    )
    for key, template in kind.templates.items():
        if kind.guards and key not in kind.store.keys:
            continue
        if not template.is_plain:
            shape.keys[key] = str(template)
            if template.when is not None:
                shape.when[key] = template.when
    if kind.owner is not None and not kind.guards:
        names = [n for n in kind.stored if n not in kind.identity]
        shape.attributes = tuple(naming.attribute_name(name) for name in names)
    if not kind.guards:
        for raw, profile in kind.profile.attributes.items():
            if raw in kind.stored and packed_kind(profile):
                shape.compress[naming.attribute_name(raw)] = f"{plain(ratio_of(profile) * 100)}%"
    return shape
