"""Make a DynamoDB design of its fields: names resolved against the model, defaults filled.

In: the fields as read, the model, the `Reading`. Out: a `DynamoDesign`; what is wrong is noted. It
does not check limits: that is `design.checker`, which judges planned designs as well.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tablewright.capacity.vectors import MAX_DIMENSIONS, MAX_INDEXES, MAX_INLINE_FILTERS
from tablewright.core.diagnostics import Span
from tablewright.design.values import Embed
from tablewright.engines.dynamodb.buckets import unit_of
from tablewright.engines.dynamodb.caches import read_cache
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    Projection,
    ProjectionKind,
    StatedUsage,
    Table,
    VectorIndex,
)
from tablewright.engines.dynamodb.global_tables import with_replicas
from tablewright.engines.dynamodb.mode_reader import read_mode, recovery_days
from tablewright.model.attribute_reader import a_kind
from tablewright.model.moments import TIMES
from tablewright.model.nodes import Reading, Word
from tablewright.model.selection_reader import SelectionReader
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import Entity, Kind, Model

UNMEASURED_COMPRESSION = Decimal("0.25")
"""Bytes after gzip over bytes before, where neither design nor attribute says it."""

_TEMPLATE = re.compile(
    r"(?:[^{}]|\{[A-Za-z_][\w.# -]*(?::(?:[1-9][0-9]{0,4}|year|month|day|hour))?\})+"
)


def read_dynamodb(
    name: str, fields: Fields, span: Span, model: Model, reading: Reading
) -> DynamoDesign | None:
    """Return the design."""
    drafts = [
        _TableDraft(entry, model, reading, name)
        for entry in fields.get("tables", ())
        if isinstance(entry.value, Fields)
    ]
    shapes = [shape for draft in drafts for shape in draft.shapes]
    _share_out(shapes)
    return DynamoDesign(
        name=name,
        engine="dynamodb",
        title=fields.get("title", ""),
        note=fields.get("note", ""),
        span=span,
        tables=tuple(draft.table() for draft in drafts),
    )


class _ShapeDraft:
    """One item shape while its attributes are not settled yet."""

    def __init__(
        self,
        name: Word,
        entity: Entity,
        fields: Fields | None,
        table: _TableDraft,
    ) -> None:
        self.name, self.entity, self.found, self.table = name, entity, fields, table
        self.reading = table.reading
        self.what = f"`{name}` in table `{table.name}`"
        self.guards = self._own("guards", "guards")
        self.counters = self._counters()
        self.filled = {str(e.name) for e in fields.get("keys", ())} if fields else set()
        self.keys = self._keys()
        self.embeds = self._embeds()
        self.explicit = self._explicit()
        self.held: tuple[str, ...] = ()

    # -- names

    def _known(self, word: Word, verb: str) -> bool:
        if self.entity.has(str(word)) or not self.entity.attributes:
            return True
        self.reading.error(
            "unknown-attribute",
            f"{self.what} {verb} `{word}`, which `{self.entity.name}` does not have",
            word.span,
            suggestion(str(word), self.entity.names, f"attributes of `{self.entity.name}`"),
        )
        return False

    def _own(self, field: str, verb: str) -> tuple[str, ...]:
        words = self.found.get(field, ()) if self.found else ()
        return tuple(str(word) for word in words if self._known(word, verb))

    def _explicit(self) -> tuple[str, ...] | None:
        """Return the attributes the file names, None where it leaves them open."""
        value = self.found.get("attributes") if self.found else None
        if value is None:
            return self.counters or None
        names = self.entity.names
        if isinstance(value, Word):
            if str(value) == "all" and not self.entity.has("all"):
                return names
            value = (value,)
        if isinstance(value, Fields):
            remaining = [str(w) for w in value.get("except", ()) if self._known(w, "leaves out")]
            return tuple(name for name in names if name not in remaining)
        stored = tuple(str(word) for word in value if self._known(word, "holds"))
        return tuple(dict.fromkeys((*stored, *self.counters)))

    def _counters(self) -> tuple[str, ...]:
        """Return the numbers that are kept as sums over the shards of the key."""
        names = self._own("counters", "counts")
        for name in names if self.entity.attributes else ():
            if not self.entity.attribute(name).kind.is_number:
                assert self.found is not None
                self.reading.error(
                    "bad-counter",
                    f"{self.what} counts `{name}`, which is "
                    f"{a_kind(self.entity.attribute(name).kind)}",
                    self.found.at("counters"),
                    "only numbers can be added up",
                )
        return names

    # -- keys

    def _keys(self) -> tuple[tuple[str, KeyTemplate], ...]:
        out = []
        for entry in self.found.get("keys", ()) if self.found else ():
            name, value = str(entry.name), entry.value
            if name not in self.table.key_names:
                self.reading.error(
                    "unknown-key",
                    f"{self.what} fills `{name}`, which is no key of the table or its indexes",
                    entry.name.span,
                    suggestion(name, self.table.key_names, "keys"),
                )
                continue
            template = self._template(entry, value)
            if template is not None:
                out.append((name, template))
        return tuple(out)

    def _template(self, entry: Entry, value: Any) -> KeyTemplate | None:
        word = value.get("value") if isinstance(value, Fields) else value
        if word is None:
            return None
        text = str(word)
        if not text or _TEMPLATE.fullmatch(text) is None:
            self.reading.error(
                "bad-template",
                f"{self.what} fills `{entry.name}` with `{text}`, which is not a template",
                word.span,
                "braces hold an attribute, as in USER#{userId}, a bucket of a time, as in "
                "{created_at:month}, or a shard number, as in {shard:4}",
            )
            return None
        template = KeyTemplate.parse(text, self._when(value))
        for name in template.attributes:
            if not self._template_attribute(name, word, text):
                return None
        return template

    def _template_attribute(self, name: str, word: Word, text: str) -> bool:
        base = name.partition(".")[0]
        if not self.entity.attributes:
            return True
        if not self.entity.has(base):
            position = text.find("{" + name)
            span = word.span
            if "#" in text or "{" in text:  # point at the name inside, where it is in plain sight
                inside = Span(
                    span.file,
                    span.line,
                    span.column + position + 1,
                    span.column + position + 1 + len(name),
                )
                line = self.reading.lines[span.line - 1]
                if line[inside.column - 1 : inside.end_column - 1] == name:
                    span = inside
            self.reading.error(
                "unknown-attribute",
                f"{self.what} has the key `{text}`, but `{self.entity.name}` has no `{name}`",
                span,
                suggestion(name, self.entity.names, f"attributes of `{self.entity.name}`"),
            )
            return False
        attribute = self.entity.attribute(base)
        unit = unit_of(name)
        is_day_only = unit == "hour" and attribute.kind is Kind.DATE
        if unit and (attribute.kind not in TIMES or is_day_only):
            self.reading.error(
                "impossible-key",
                f"{self.what} has the key `{text}`, but `{base}` is {a_kind(attribute.kind)}, "
                f"which has no {unit}",
                word.span,
                "a bucket is made of a timestamp, a date (no hours) or an epoch",
            )
            return False
        if attribute.kind.is_container and "." not in name:
            self.reading.error(
                "impossible-key",
                f"{self.what} has the key `{text}`, but `{name}` is {a_kind(attribute.kind)}",
                word.span,
                "a key is made of text, numbers, times or binary",
            )
            return False
        return True

    def _when(self, value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, Fields):
            return ()
        out = []
        for entry in value.get("when", ()):
            if not self._known(entry.name, "has a key that depends on") or entry.value is None:
                continue
            values = tuple(str(word) for word in entry.value)
            if self.entity.has(str(entry.name)):
                values = self._checked_values(entry)
            out.append((str(entry.name), values))
        return tuple(out)

    def _checked_values(self, entry: Entry) -> tuple[str, ...]:
        """Return the values an attribute may have for the key, as they are stored: true for yes."""
        attribute = self.entity.attribute(str(entry.name))
        known = [value for value, _ in attribute.values]
        if attribute.kind is not Kind.ENUM or not known:
            reader = SelectionReader(self.what, self.reading)
            return tuple(
                reader.fixed(word, attribute, self.entity, attribute.name) for word in entry.value
            )
        for word in entry.value:
            if str(word) not in known:
                self.reading.error(
                    "unknown-value",
                    f"{self.what} asks for `{word}`, which is not a value of "
                    f"`{self.entity.name}.{attribute.name}`",
                    word.span,
                    suggestion(str(word), known, "values"),
                )
        return tuple(str(word) for word in entry.value)

    # -- content

    def _embeds(self) -> tuple[Embed, ...]:
        out = []
        for entry in self.found.get("embed", ()) if self.found else ():
            value = entry.value
            word = value.get("of") if isinstance(value, Fields) else value
            if word is None:
                continue
            entity = self.table.entity(word, f"{self.what} embeds")
            if entity is None:
                continue
            if entity.parent != self.entity.name:
                self.reading.error(
                    "not-a-child",
                    f"{self.what} embeds `{word}`, which is not a child of `{self.entity.name}`",
                    word.span,
                    f"only entities with `of: {self.entity.name}` can be kept inside it",
                )
                continue
            as_map = isinstance(value, Fields) and str(value.get("as", "list")) == "map"
            if self.entity.has(str(entry.name)):
                self.reading.error(
                    "duplicate-attribute",
                    f"{self.what} embeds `{word}` as `{entry.name}`, "
                    f"which is an attribute of `{self.entity.name}` already",
                    entry.name.span,
                    "embed under another name, or take the attribute out of the entity",
                )
                continue
            out.append(Embed(entity=entity.name, attribute=str(entry.name), as_map=as_map))
        return tuple(out)

    def _compress(self) -> tuple[tuple[str, Decimal], ...]:
        value = self.found.get("compress") if self.found else None
        if value is None:
            return ()
        out = []
        for entry in (value,) if isinstance(value, Word) else value:
            word = entry.name if isinstance(entry, Entry) else entry
            if not self._known(word, "compresses") or not self._is_held(word, "compresses"):
                continue
            ratio = entry.value if isinstance(entry, Entry) else None
            if ratio is None and self.entity.has(str(word)):
                ratio = self.entity.attribute(str(word)).compressible
            if ratio is None:
                ratio = UNMEASURED_COMPRESSION
                self.reading.warning(
                    "compression-unmeasured",
                    f"{self.what} compresses `{word}`, but nothing says to what size; "
                    "25 % is taken",
                    word.span,
                    f"gzip some real values and write compress: {{{word}: 21%}}",
                )
            out.append((str(word), ratio))
        return tuple(out)

    def _is_held(self, word: Word, verb: str) -> bool:
        if str(word) in self.held or not self.entity.attributes:
            return True
        self.reading.error(
            "not-held",
            f"{self.what} {verb} `{word}`, which it does not hold",
            word.span,
            f"add `{word}` to its `attributes`",
        )
        return False

    def finish(self) -> ItemShape:
        """Return the shape, its attributes settled."""
        offload = tuple(
            str(word)
            for word in (self.found.get("offload", ()) if self.found else ())
            if self._known(word, "offloads") and self._is_held(word, "offloads")
        )
        return ItemShape(
            name=str(self.name),
            entity=self.entity.name,
            keys=self.keys,
            attributes=self.held,
            embeds=self.embeds,
            compress=self._compress(),
            offload=offload,
            guards=self.guards,
            counters=self.counters,
            span=self.name.span,
        )


def _share_out(shapes: list[_ShapeDraft]) -> None:
    """Settle what each shape holds; those that do not say take what no other shape holds."""
    for shape in shapes:
        entity = shape.entity
        templated = {name for name, _ in shape.keys}
        always = {*entity.key} | {
            name for name in shape.table.table_keys if name not in templated and entity.has(name)
        }
        if shape.guards:
            required = {*always, *(shape.explicit or ())}
        elif shape.explicit is not None:
            required = {*always, *shape.explicit}
        else:
            elsewhere = {
                name
                for other_shape in shapes
                if other_shape is not shape
                and other_shape.entity is entity
                and not other_shape.guards
                and other_shape.explicit is not None
                for name in other_shape.explicit
            }
            required = always | {name for name in entity.names if name not in elsewhere}
        shape.held = tuple(name for name in entity.names if name in required)


class _TableDraft:
    """One table while its shapes are being read."""

    def __init__(self, entry: Entry, model: Model, reading: Reading, design: str) -> None:
        self.entry, self.model, self.reading = entry, model, reading
        self.found: Fields = entry.value
        self.name = str(entry.name)
        self.design = design
        self.key_words: tuple[Word, ...] = self.found.get("key", ())
        self.table_keys = tuple(str(word) for word in self.key_words)
        self.key_names = tuple(
            dict.fromkeys((*self.table_keys, *(str(word) for word in self._index_words())))
        )
        self.shapes = self._shapes()

    def _index_words(self) -> list[Word]:
        words: list[Word] = []
        for entry in self.found.get("indexes", ()):
            if isinstance(entry.value, Fields):
                for field in ("key", "partition", "sort"):
                    words += entry.value.get(field, ())
        return words

    def entity(self, word: Word, verb: str) -> Entity | None:
        """Return an entity of the model, None (with a diagnostic) if there is none."""
        known = [entity.name for entity in self.model.entities]
        if str(word) in known:
            return self.model.entity(str(word))
        self.reading.error(
            "unknown-entity",
            f"{verb} `{word}`, which is not an entity of this model",
            word.span,
            suggestion(str(word), known, "entities"),
        )
        return None

    def _shapes(self) -> list[_ShapeDraft]:
        items = self.found.get("items", ())
        out = []
        for entry in (items,) if isinstance(items, Word) else items:
            name, result = (entry.name, entry.value) if isinstance(entry, Entry) else (entry, None)
            if isinstance(entry, Entry) and not isinstance(result, Fields):
                continue
            of = result.get("of") if result else None
            word = of if of is not None else name
            if of is None and result is not None and str(name) not in self._entity_names():
                close = suggestion(str(name), self._entity_names(), "entities")
                self.reading.error(
                    "unknown-entity",
                    f"table `{self.name}` holds `{name}`, which is not an entity of this model",
                    name.span,
                    f"{close}{' A' if close.endswith('?') else '; a'} shape of another name says "
                    "its entity with `of:`",
                )
                continue
            entity = self.entity(word, f"table `{self.name}` holds")
            if entity is not None:
                out.append(_ShapeDraft(name, entity, result, self))
        return out

    def _entity_names(self) -> list[str]:
        return [entity.name for entity in self.model.entities]

    def table(self) -> Table:
        """Return the table."""
        result = self.found
        shapes = tuple(draft.finish() for draft in self.shapes)
        self._check_keys(shapes)
        stream = result.get("stream")
        view = stream.get("view") if isinstance(stream, Fields) else stream
        readers = stream.get("readers", 1) if isinstance(stream, Fields) else 1
        keys = self.table_keys or ("",)
        table = Table(
            name=self.name,
            partition_key=keys[0],
            sort_key=keys[1] if len(keys) > 1 else None,
            shapes=shapes,
            indexes=tuple(
                index
                for entry in result.get("indexes", ())
                if isinstance(entry.value, Fields) and (index := self._index(entry)) is not None
            ),
            vector_indexes=tuple(
                self._vector_index(entry)
                for entry in result.get("vector_indexes", ())
                if isinstance(entry.value, Fields) and "vector" in entry.value
            ),
            mode=read_mode(result, self.reading),
            infrequent_access=str(result.get("class", "standard")) == "infrequent-access",
            ttl=self._ttl(),
            pitr_days=recovery_days(result.get("pitr")),
            backups_kept=result.get("backups", 0),
            exports_per_month=result.get("exports", Decimal(0)),
            restores_per_year=result.get("restores", Decimal(0)),
            stream=None if view is None else str(view).upper().replace("-", "_"),
            stream_readers=readers,
            deletion_protection=result.get("deletion_protection"),
            cache=read_cache(result, self.name, self.reading),
            usage=_usage(result),
            span=self.entry.name.span,
        )
        return with_replicas(table, result, self.model.region, self.reading)

    # -- keys

    def _attribute_names(self) -> list[str]:
        names = [name for draft in self.shapes for name in draft.entity.names]
        return list(dict.fromkeys(names))

    def _check_keys(self, shapes: tuple[ItemShape, ...]) -> None:
        """Check that every key of the table and its indexes can be filled."""
        if any(not draft.entity.attributes for draft in self.shapes):
            return  # an entity is broken, and reported where it stands
        for word in self.key_words:
            for draft, shape in zip(self.shapes, shapes, strict=True):
                if shape.template(str(word)) is None and str(word) not in draft.filled:
                    self._unfilled(word, shape)
        broken = len(shapes) < len(self._items())
        for word in self._index_words():
            filled = any(shape.template(str(word)) is not None for shape in shapes) or any(
                str(word) in draft.filled for draft in self.shapes
            )
            if not filled and not broken:
                names = self._attribute_names()
                hint = suggestion(str(word), names, "attributes")
                self.reading.error(
                    "unknown-key",
                    f"no item of table `{self.name}` has `{word}`, "
                    "so that this index would stay empty",
                    word.span,
                    f"{hint} Or fill it in an item shape with keys: {{{word}: …}}"
                    if hint.endswith("?")
                    else f"fill it in an item shape with keys: {{{word}: …}}; {hint}",
                )
        for word in (*self.key_words, *self._index_words()):
            self._check_kind(word)

    def _items(self) -> tuple[Any, ...]:
        items = self.found.get("items", ())
        return (items,) if isinstance(items, Word) else tuple(items)

    def _unfilled(self, word: Word, shape: ItemShape) -> None:
        entity = self.model.entity(shape.entity)
        hint = suggestion(str(word), entity.names, f"attributes of `{entity.name}`")
        self.reading.error(
            "missing-key",
            f"`{shape.name}` in table `{self.name}` does not fill the key `{word}`: "
            f"it is no attribute of `{entity.name}`, and there is no template for it",
            word.span if len(self.shapes) == 1 else (shape.span or word.span),
            f"{hint} Or add keys: {{{word}: …}} to `{shape.name}`"
            if hint.endswith("?")
            else f"add keys: {{{word}: …}} to `{shape.name}`; {hint}",
        )

    def _check_kind(self, word: Word, use: str = "") -> None:
        for draft in self.shapes:
            if any(name == str(word) for name, _ in draft.keys) or not draft.entity.has(str(word)):
                continue
            attribute = draft.entity.attribute(str(word))
            if attribute.kind.is_container or attribute.kind is Kind.BOOL:
                self.reading.error(
                    "impossible-key",
                    f"{use or f'table `{self.name}` has the key'} `{word}`, "
                    f"{a_kind(attribute.kind)} of `{draft.entity.name}`",
                    word.span,
                    "a key attribute is a string, a number or binary",
                )

    # -- indexes

    def _index(self, entry: Entry) -> Index | None:
        fields: Fields = entry.value
        partition = tuple(str(word) for word in fields.get("partition", ()))
        sort = tuple(str(word) for word in fields.get("sort", ()))
        key = tuple(str(word) for word in fields.get("key", ()))
        if ("key" in fields) == ("partition" in fields):
            self.reading.error(
                "bad-index-key",
                f"index `{entry.name}` has "
                + ("two keys: `key` and `partition`" if key else "no key"),
                entry.name.span,
                "write `key: [partition, sort]`, or `partition: [a, b]` and `sort: [c]`",
            )
            return None
        if key:
            if sort:
                self.reading.error(
                    "bad-index-key",
                    f"index `{entry.name}` has both `key` and `sort`",
                    fields.key_spans["sort"],
                    "write `key: [partition, sort]`, or `partition: [a, b]` and `sort: [c]`",
                )
            partition, sort = key[:1], key[1:] or sort
        if not partition:
            return None
        return Index(
            name=str(entry.name),
            partition_keys=partition,
            sort_keys=sort,
            projection=self._projection(fields, str(entry.name)),
            is_local=fields.get("local", False),
            mode=None if "mode" not in fields else read_mode(fields, self.reading),
            usage=_usage(fields),
            span=entry.name.span,
        )

    def _vector_index(self, entry: Entry) -> VectorIndex:
        fields: Fields = entry.value
        self._check_vector_index(entry)
        return VectorIndex(
            name=str(entry.name),
            vector=str(fields.get("vector")),
            partition=str(fields.get("partition", "")),
            filters=tuple(str(word) for word in fields.get("filters", ())),
            projection=self._projection(fields, str(entry.name), ProjectionKind.KEYS_ONLY),
            span=entry.name.span,
        )

    def _check_vector_index(self, entry: Entry) -> None:
        fields: Fields = entry.value
        words = [fields.get("vector"), *fields.get("filters", ())]
        words += [fields.get("partition")] if "partition" in fields else []
        shapes = {name for draft in self.shapes for name in draft.held}
        for word in words:
            if word is not None and str(word) not in shapes and self.shapes:
                self.reading.error(
                    "unknown-attribute",
                    f"vector index `{entry.name}` reads `{word}`, which no item of `{self.name}` "
                    "holds",
                    word.span,
                    suggestion(str(word), sorted(shapes), "attributes"),
                )
        for word in words[1:]:
            self._check_kind(word, f"vector index `{entry.name}` searches by")
        vector = str(fields.get("vector"))
        attributes = [d.entity.attribute(vector) for d in self.shapes if vector in d.held]
        if attributes and not any(attribute.kind is Kind.VECTOR for attribute in attributes):
            self.reading.error(
                "no-vector",
                f"vector index `{entry.name}` reads `{vector}`, which is "
                f"{a_kind(attributes[0].kind)}",
                fields.at("vector"),
                f"give `{vector}` the type vector(1024), or name another attribute",
            )
        largest = max((attribute.dimensions or 0 for attribute in attributes), default=0)
        if largest > MAX_DIMENSIONS:
            self.reading.error(
                "impossible-value",
                f"vector index `{entry.name}` has {largest} dimensions, "
                f"the service takes {MAX_DIMENSIONS}",
                fields.at("vector"),
                "take a model with shorter embeddings, or another engine",
            )
        if len(fields.get("filters", ())) > MAX_INLINE_FILTERS:
            self.reading.error(
                "impossible-value",
                f"vector index `{entry.name}` has more than {MAX_INLINE_FILTERS} filters",
                fields.at("filters"),
                "filter by fewer attributes",
            )
        if len(self.found.get("vector_indexes", ())) > MAX_INDEXES:
            self.reading.warning(
                "many-vector-indexes",
                f"table `{self.name}` has more than {MAX_INDEXES} vector indexes",
                entry.name.span,
                f"the quota is {MAX_INDEXES} unless AWS raises it",
            )
        if isinstance(self.found.get("mode"), Fields):
            self.reading.error(
                "bad-mode",
                f"table `{self.name}` has a vector index, which only tables on demand may have",
                entry.name.span,
                "take the `mode` away, or keep the vectors in a table of their own",
            )

    def _projection(
        self, fields: Fields, index: str, usual: ProjectionKind = ProjectionKind.ALL
    ) -> Projection:
        value = fields.get("project")
        if value is None or isinstance(value, Word):
            kind = ProjectionKind(str(value)) if value is not None else usual
            return Projection(kind=kind)
        shapes = {name for draft in self.shapes for name in draft.held}
        shapes |= {embed.attribute for draft in self.shapes for embed in draft.embeds}
        shapes |= {name for draft in self.shapes for name in draft.filled}
        names = []
        for word in value:
            if str(word) not in shapes and self.shapes:
                self.reading.error(
                    "unknown-attribute",
                    f"index `{index}` projects `{word}`, which no item of `{self.name}` holds",
                    word.span,
                    suggestion(str(word), sorted(shapes), "attributes"),
                )
                continue
            if str(word) not in names:
                names.append(str(word))
        return Projection(kind=ProjectionKind.INCLUDE, attributes=tuple(names))

    def _ttl(self) -> str | None:
        word = self.found.get("ttl")
        if word is None:
            return None
        holders = [draft for draft in self.shapes if str(word) in draft.held]
        if not holders and self.shapes:
            self.reading.warning(
                "unknown-attribute",
                f"table `{self.name}` expires items by `{word}`, which none of them holds",
                word.span,
                f"add `{word}: epoch` to `{self.shapes[0].entity.name}`; "
                + suggestion(str(word), self._attribute_names(), "attributes"),
            )
        for draft in holders:
            kind = draft.entity.attribute(str(word)).kind
            if not kind.is_number:
                self.reading.warning(
                    "ttl-not-epoch",
                    f"table `{self.name}` expires items by `{word}`, which is {a_kind(kind)} of "
                    f"`{draft.entity.name}`; only a number of epoch seconds is looked at",
                    word.span,
                    f"give `{word}` the type epoch",
                )
        return str(word)


def _usage(fields: Fields) -> StatedUsage | None:
    stated = fields.get("usage")
    if not isinstance(stated, Fields):
        return None
    return StatedUsage(
        reads=stated.get("reads"), writes=stated.get("writes"), stored_bytes=stated.get("stored")
    )
