"""Read the entities of a model file: parents first, so that their keys can be handed down.

In: the entries under `entities:` and the `Reading`. Out: `Entity` values in the order of the file.
It does not know access patterns or designs.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.core.diagnostics import Span
from tablewright.core.expressions import Expression
from tablewright.core.quantities import ZERO, format_bytes, format_number, plain
from tablewright.model.attribute_reader import (
    a_kind,
    add_or_mean,
    read_attribute,
    references,
    stated_bytes,
)
from tablewright.model.nodes import Reading, Word
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.statistics import copied_from
from tablewright.model.values import (
    Attribute,
    Count,
    Entity,
    Kind,
)

MOST_ANCESTORS = 30


class EntitiesReader:
    """Reads all entities: parents first, so that their keys can be handed down."""

    def __init__(self, entries: tuple[Entry, ...], reading: Reading) -> None:
        self.reading = reading
        self.entries = [entry for entry in entries if isinstance(entry.value, Fields)]
        self.names = [str(entry.name) for entry in entries]
        self.by_name = {str(entry.name): entry for entry in self.entries}
        self.done: dict[str, Entity] = {}
        self.depth: dict[str, int] = {}
        """How many ancestors an entity has."""

    def resolve(self, *, whole: bool) -> tuple[Entity, ...]:
        """Return the entities in the order of the file.

        `whole`: nothing says that they are kept in parts, so that each must fit into one item.
        """
        for entry in self.entries:
            self._one(entry, ())
        for name in self.names:  # so that uses of a broken entity are not reported as well
            self.done.setdefault(name, Entity(name=name, key=(), attributes=()))
        entities = tuple(self.done[name] for name in self.names)
        for entity in entities:
            self._check_refs(entity)
            self._check_others(entity)
            if whole:
                self._check_size(entity)
        return entities

    def key_spans(self) -> dict[tuple[str, str], Span]:
        """Return where keys, identities and unique attributes stand, by entity and name."""
        spans: dict[tuple[str, str], Span] = {}
        for entry in self.entries:
            for field in ("key", "identity"):
                if field in entry.value:
                    spans[str(entry.name), field] = entry.value.at(field)
            for attribute in entry.value.get("attributes", ()):
                spans[str(entry.name), str(attribute.name)] = attribute.name.span
        return spans

    def _one(self, entry: Entry, above: tuple[str, ...]) -> Entity:
        name = str(entry.name)
        if name in self.done:
            return self.done[name]
        fields: Fields = entry.value
        parent = self._parent(name, fields, above)
        attributes = self._attributes(name, fields)
        if parent is not None:
            names = {attribute.name for attribute in attributes}
            handed = [
                replace(
                    parent.attribute(key), generated=True, to=parent.name, unique=False, title=""
                )
                for key in parent.key
                if key not in names and parent.has(key)
            ]
            attributes = (*handed, *attributes)
        key = self._known_names(name, fields, "key", attributes)
        self._check_key(name, fields, key, attributes)
        if parent is not None and _is_relative(key, attributes, parent):
            key = (*parent.key, *key)
        identity = self._known_names(name, fields, "identity", attributes) or key
        count, bounded = self._count(name, fields, parent)
        entity = Entity(
            name=name,
            key=key,
            attributes=attributes,
            parent=None if parent is None else parent.name,
            count=replace(count, bounded=bounded),
            retention_days=fields.get("retention", _retention_of(parent)),
            durable=fields.get("durable", True),
            append_only=fields.get("append_only", False),
            identity=identity,
            title=fields.get("title", ""),
            span=entry.name.span,
        )
        self.done[name] = entity
        return entity

    def _parent(self, name: str, fields: Fields, above: tuple[str, ...]) -> Entity | None:
        word: Word | None = fields.get("of")
        if word is None:
            return None
        parent = str(word)
        if parent in (*above, name):
            circle = [*above, name][[*above, name].index(parent) :]
            self.reading.error(
                "parent-cycle",
                f"`{name}` is its own ancestor: {' of '.join([*circle, parent])}",
                word.span,
                "an entity belongs to one parent above it; for a link between equals use an "
                "attribute of type ref",
            )
            return None
        if parent not in self.names:
            self.reading.error(
                "unknown-entity",
                f"`{name}` is a child of `{parent}`, which is not an entity of this model",
                word.span,
                suggestion(parent, self.names, "entities"),
            )
            return None
        if parent not in self.by_name:
            return None
        if len(above) < MOST_ANCESTORS:
            entity = self._one(self.by_name[parent], (*above, name))
            self.depth[name] = self.depth.get(parent, 0) + 1
            if self.depth[name] <= MOST_ANCESTORS:
                return entity
        self.reading.error(
            "too-many-ancestors",
            f"`{name}` stands under more than {MOST_ANCESTORS} entities",
            word.span,
            "name a nearer ancestor with `of:`",
        )
        return None

    def _attributes(self, name: str, fields: Fields) -> tuple[Attribute, ...]:
        def read() -> tuple[Attribute, ...]:
            return tuple(
                read_attribute(str(entry.name), entry, self.reading, f"{name}.{entry.name}")
                for entry in fields.get("attributes", ())
            )

        return self.reading.once(("entities", name), (fields,), read)

    def _known_names(
        self, entity: str, fields: Fields, field: str, attributes: tuple[Attribute, ...]
    ) -> tuple[str, ...]:
        known = [attribute.name for attribute in attributes]
        out: list[str] = []
        for word in fields.get(field, ()):
            if str(word) in out:
                self.reading.error(
                    "duplicate-name",
                    f"the {field} of `{entity}` names `{word}` twice",
                    word.span,
                    "keep one of the two",
                )
            elif str(word) not in known:
                if known:
                    self.reading.error(
                        "unknown-attribute",
                        f"the {field} of `{entity}` is `{word}`, which is not among its attributes",
                        word.span,
                        add_or_mean(str(word), entity, known),
                    )
            else:
                out.append(str(word))
        return tuple(out)

    def _check_key(
        self, entity: str, fields: Fields, key: tuple[str, ...], attributes: tuple[Attribute, ...]
    ) -> None:
        by_name = {attribute.name: attribute for attribute in attributes}
        spans = {str(word): word.span for word in fields.get("key", ())}
        for name in key:
            attribute = by_name[name]
            if attribute.kind.is_container or attribute.kind is Kind.BOOL:
                self.reading.error(
                    "impossible-key",
                    f"the key of `{entity}` is `{name}`, {a_kind(attribute.kind)}, "
                    "which cannot identify anything",
                    spans[name],
                    "use an attribute that is text, a number, a time or binary",
                )
            elif attribute.presence < 1:
                self.reading.error(
                    "impossible-key",
                    f"the key of `{entity}` is `{name}`, which only "
                    f"{plain(attribute.presence * 100)} % of its instances have",
                    spans[name],
                    f"take `presence` away from `{name}`, or choose another key",
                )

    def _count(self, name: str, fields: Fields, parent: Entity | None) -> tuple[Count, bool]:
        count: Count = fields.get("count", Count(per=""))
        per = count.per
        if per == "users":
            per = "user"
        if per in ("", "parent"):
            per_default = "parent" if "of" in fields else "user"
            if per == "parent" and "of" not in fields:
                self.reading.error(
                    "no-parent",
                    f"the count of `{name}` is per parent, but it has none",
                    fields.at("count"),
                    f"name the parent with `of:`, or write {plain(count.mean)}/user",
                )
            per = per_default
        elif per not in ("user", "total"):
            if parent is not None and per == parent.name:
                per = "parent"
            elif parent is not None or "of" not in fields:
                known = ["user", "total", *([parent.name, "parent"] if parent else [])]
                self.reading.error(
                    "unknown-driver",
                    f"the count of `{name}` is per `{per}`, which is neither user, parent nor "
                    "total",
                    fields.at("count"),
                    suggestion(per, known, "drivers"),
                )
                per = "user"
        return replace(count, per=per), fields.get("bounded", True)

    def _check_refs(self, entity: Entity) -> None:
        entry = self.by_name.get(entity.name)
        if entry is None:
            return
        for attribute_node in entry.value.get("attributes", ()):
            for to, span in references(attribute_node):
                if to not in self.names:
                    self.reading.error(
                        "unknown-entity",
                        f"`{entity.name}.{attribute_node.name}` refers to `{to}`, "
                        "which is not an entity of this model",
                        span,
                        suggestion(to, self.names, "entities"),
                    )

    def _check_others(self, entity: Entity) -> None:
        """Check attributes that speak of other attributes: `after`, `present_with`, `copy_of`."""
        entry = self.by_name.get(entity.name)
        for attribute_node in () if entry is None else entry.value.get("attributes", ()):
            if not isinstance(attribute_node.value, Fields) or not entity.has(
                str(attribute_node.name)
            ):
                continue
            attribute = entity.attribute(str(attribute_node.name))
            for field in ("after", "present_with"):
                if (word := attribute_node.value.get(field)) is not None:
                    self._check_other(entity, attribute, field, word)
            if (word := attribute_node.value.get("copy_of")) is not None:
                self._check_copy(entity, attribute, word)
            if attribute.equals:
                self._check_equals(entity, attribute, attribute_node.value.at("equals"))

    def _check_equals(self, entity: Entity, attribute: Attribute, span: Span) -> None:
        """Check that what an attribute is worked out from is there, and not itself."""
        place = f"`{entity.name}.{attribute.name}`"
        for name in sorted(Expression(attribute.equals).names):
            if not entity.has(name):
                self.reading.error(
                    "unknown-attribute",
                    f"{place} is worked out from `{name}`, which `{entity.name}` does not have",
                    span,
                    suggestion(name, entity.names, "attributes"),
                )
                return
        if attribute.name in _worked_out_from(entity, attribute.name, ()):
            self.reading.error(
                "bad-order",
                f"{place} is worked out from itself",
                span,
                "take one `equals` away",
            )
        elif not _can_be_worked_out(entity, attribute):
            self.reading.error(
                "wrong-kind",
                f"{place} is {a_kind(attribute.kind)}; `{attribute.equals}` is not",
                span,
                "numbers are worked out from numbers; a text is written in quotation marks",
            )

    def _check_other(self, entity: Entity, attribute: Attribute, field: str, word: Word) -> None:
        other = entity.attribute(str(word)) if entity.has(str(word)) else None
        place = f"`{entity.name}.{attribute.name}`"
        if other is None:
            self.reading.error(
                "unknown-attribute",
                f"{place} names `{word}`, which `{entity.name}` does not have",
                word.span,
                suggestion(str(word), entity.names, "attributes"),
            )
        elif field == "after" and other.kind not in (Kind.TIMESTAMP, Kind.DATE, Kind.EPOCH):
            self.reading.error(
                "wrong-kind",
                f"{place} comes after `{word}`, which is {a_kind(other.kind)}",
                word.span,
                "name an attribute of type timestamp, date or epoch",
            )
        elif field == "after" and _is_circle(entity, attribute.name):
            self.reading.error(
                "bad-order", f"{place} comes after itself", word.span, "take one `after` away"
            )
        elif field == "present_with" and other.presence != attribute.presence:
            self.reading.error(
                "impossible-value",
                f"{place} is present with `{word}`, but {plain(attribute.presence * 100)} % and "
                f"{plain(other.presence * 100)} % of the instances have them",
                word.span,
                "give both the same `presence`",
            )

    def _check_copy(self, entity: Entity, attribute: Attribute, word: Word) -> None:
        source = copied_from(self.done, entity, str(word))
        base, _, name = str(word).partition(".")
        if source is None:
            self.reading.error(
                "unknown-attribute",
                f"`{entity.name}.{attribute.name}` copies `{word}`, but `{base}` is no ref and no "
                f"ancestor of `{entity.name}`, or has no attribute `{name}`",
                word.span,
                "write a ref or the parent's name, a dot and its attribute: author_id.name",
            )
        elif source[1].kind is not attribute.kind:
            self.reading.error(
                "wrong-kind",
                f"`{entity.name}.{attribute.name}` is {a_kind(attribute.kind)}, and what it "
                f"copies, `{word}`, is {a_kind(source[1].kind)}",
                word.span,
                f"make it `type: {source[1].kind.value}`",
            )
        elif source[1].copy_of:
            self.reading.error(
                "copy-of-a-copy",
                f"`{word}` is a copy itself",
                word.span,
                "name the attribute that it copies",
            )

    def _check_size(self, entity: Entity) -> None:
        """Refuse an entity whose mean item would be over the limit by its stated sizes alone."""
        stated = [
            (attribute.name, stated_bytes(attribute) * attribute.presence)
            for attribute in entity.attributes
        ]
        total = sum((size for _, size in stated), ZERO)
        if total <= MAX_ITEM_BYTES or entity.span is None:
            return
        largest = sorted(stated, key=lambda pair: -pair[1])[:3]
        shown = " + ".join(f"{name} {format_bytes(size)}" for name, size in largest)
        rest = total - sum(size for _, size in largest)
        if rest >= 1:
            shown += f" + the rest {format_bytes(rest)}"
        entry = self.by_name.get(entity.name)
        span = entity.span
        if entry is not None:
            for attribute_node in entry.value.get("attributes", ()):
                if str(attribute_node.name) == largest[0][0]:
                    span = attribute_node.name.span
        self.reading.error(
            "item-too-large",
            f"a mean `{entity.name}` has at least {format_number(total)} bytes ({shown} = "
            f"{format_bytes(total)}), and an item may have {format_number(MAX_ITEM_BYTES)} "
            "(400 KB), names included",
            span,
            f"make `{largest[0][0]}` an entity of its own in parts (`of: {entity.name}`), or write "
            f"a design that keeps it elsewhere (`offload: [{largest[0][0]}]`), or let it be "
            "planned so (`options: {object_storage: needed}`)",
        )


_TELLS_ALL_APART = frozenset(
    {
        Kind.UUID,
        Kind.ULID,
        Kind.ID,
        Kind.EMAIL,
        Kind.USERNAME,
        Kind.PHONE,
        Kind.TOKEN,
        Kind.URL,
    }
)
"""Kinds whose values differ everywhere; of the others a child's key is relative to its parent."""


def _is_relative(key: tuple[str, ...], attributes: tuple[Attribute, ...], parent: Entity) -> bool:
    """Whether a child's key tells apart only the children of one parent.

    It does, unless it names the parent's key itself, is marked `unique`, or holds an identifier.
    """
    if not key or set(key) & set(parent.key):
        return False
    by_name = {attribute.name: attribute for attribute in attributes}
    if not by_name.keys() >= set(parent.key):
        return False
    named = [by_name[name] for name in key]
    return not any(attribute.unique or attribute.kind in _TELLS_ALL_APART for attribute in named)


def _retention_of(parent: Entity | None) -> Decimal | None:
    """Return how long a child is kept where it does not say: no longer than its parent."""
    return None if parent is None else parent.retention_days


def _can_be_worked_out(entity: Entity, attribute: Attribute) -> bool:
    """Whether an expression gives a value of the attribute's type, tried with ones and words."""
    expression = Expression(attribute.equals)
    kinds = {name: entity.attribute(name).kind for name in expression.names}
    values = {
        name: Decimal(1) if kind.is_number else kind is Kind.BOOL or "word"
        for name, kind in kinds.items()
    }
    try:
        value = expression.value(values)
    except TypeError:
        return False
    return isinstance(value, Decimal) == attribute.kind.is_number and not isinstance(value, bool)


def _worked_out_from(entity: Entity, name: str, seen: tuple[str, ...]) -> set[str]:
    """Return all attributes that one is worked out from, directly or by others."""
    text = entity.attribute(name).equals if entity.has(name) else ""
    if not text or name in seen:
        return set()
    names = Expression(text).names
    return names.union(*(_worked_out_from(entity, other, (*seen, name)) for other in names))


def _is_circle(entity: Entity, name: str) -> bool:
    """Whether the times before an attribute lead back to it."""
    seen, before = {name}, entity.attribute(name).after
    while before and entity.has(before):
        if before in seen:
            return True
        seen.add(before)
        before = entity.attribute(before).after
    return False
