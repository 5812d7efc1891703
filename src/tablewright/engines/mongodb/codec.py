"""Instances of entities as the documents of a MongoDB design, and back.

In: a model, a design; an instance with its children, or a document. Out: documents, or what one
says of the instances in it. Pure: `ObjectKey` stands for an ObjectId and `Decimal` for a
Decimal128; the adapter makes BSON of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from tablewright.capacity.documents import ObjectKey, document_bytes
from tablewright.core.errors import EngineError
from tablewright.design.values import Embed
from tablewright.engines.mongodb.design import Collection, MongoDesign
from tablewright.engines.mongodb.layout import key_field, stored
from tablewright.engines.postgresql.types import referred
from tablewright.evaluation.doors import Fragment, Record, RecordKind
from tablewright.model.values import Attribute, Entity, Kind, Model
from tablewright.sample.calls import Children, Row
from tablewright.sample.wire import key_text

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""MongoDB manual, "MongoDB Limits and Thresholds", read 2026-10."""


class MongoCodec:
    """How one design stores the instances of one model."""

    expiry: frozenset[str] = frozenset()
    needs_parents = False
    native_form = ""
    has_doubles = True

    def __init__(self, model: Model, design: MongoDesign) -> None:
        self.model, self.design = model, design
        self._collections = {collection.name: collection for collection in design.collections}
        self.kinds = tuple(
            RecordKind(container=collection.name, name=collection.name, entity=collection.entity)
            for collection in design.collections
        )
        self.embedded = frozenset(e.entity for c in design.collections for e in c.embeds)
        self._kinds_of: dict[str, dict[str, Attribute]] = {}

    def unreadable(self, entity: str) -> frozenset[str]:
        """Return the attributes that no document keeps."""
        if entity in self.embedded:
            return frozenset()
        collections = {
            name
            for collection in self.design.collections
            if collection.entity == entity
            for name in collection.attributes
        }
        return frozenset(self.model.entity(entity).names) - collections

    def attribute_of(self, entity: Entity, name: str) -> Attribute:
        """Return the attribute whose kind of value another one has: that which it refers to."""
        kinds = self._kinds_of.get(entity.name)
        if kinds is None:
            kinds = {a.name: referred(entity, a, self.model) for a in entity.attributes}
            self._kinds_of[entity.name] = kinds
        return kinds[name]

    def value(self, entity: Entity, name: str, value: Any) -> Any:
        """Return a plain value of an attribute as it is stored."""
        return as_stored(self.attribute_of(entity, name), value)

    def encode(
        self, entity: str, row: Row, children: Children, kind: RecordKind | None = None
    ) -> Iterator[Record]:
        """Yield the document of each collection that keeps an instance, children embedded."""
        for collection in self.design.collections:
            if collection.entity != entity or (kind and kind.container != collection.name):
                continue
            document = self.document(collection, row)
            for embed in collection.embeds:
                document[embed.attribute] = self._embedded(embed, children(embed.entity))
            yield Record(container=collection.name, kind=collection.name, content=document)

    def document(
        self, collection: Collection, row: Row, children: Children | None = None
    ) -> dict[str, Any]:
        """Return the document of an instance, with what is embedded in it if that is given."""
        entity = self.model.entity(collection.entity)
        own_key = key_field(entity)
        document = {"_id": self.identity(entity, row)}
        for name in collection.attributes:
            if name != own_key and row.get(name) is not None:
                document[name] = self.value(entity, name, row[name])
        if children is not None:
            for embed in collection.embeds:
                document[embed.attribute] = self._embedded(embed, children(embed.entity))
        return document

    def identity(self, entity: Entity, row: Row) -> Any:
        """Return the `_id` of an instance: its key, or an ObjectId made of a key of several.

        So a document that is written twice is stored once.
        """
        own_key = key_field(entity)
        if own_key:
            return self.value(entity, own_key, row.get(own_key))
        text = "\0".join(key_text(row.get(name)) for name in entity.key)
        return ObjectKey(sha256(text.encode()).hexdigest()[:24])

    def element(self, entity: Entity, row: Row) -> dict[str, Any]:
        """Return an instance as it is stored inside its parent's document."""
        names = [a.name for a in entity.attributes if not a.generated]
        return {n: self.value(entity, n, row[n]) for n in names if row.get(n) is not None}

    def _embedded(self, embed: Embed, rows: Sequence[Row]) -> Any:
        child = self.model.entity(embed.entity)
        if embed.as_map:
            return {key_text(row[child.key[-1]]): self.element(child, row) for row in rows}
        return [self.element(child, row) for row in rows]

    def decode(self, container: str, content: Mapping[str, Any]) -> Iterator[Fragment]:
        """Yield the instance of a document, then the children embedded in it.

        Raises:
            EngineError: the document has fields that the design does not know.
        """
        collection = self._collections.get(container)
        known: set[str] = set()
        if collection is not None:
            embeds = (embed.attribute for embed in collection.embeds)
            known = {"_id", *collection.attributes, *embeds}
        if collection is None or not set(content) <= known:
            shown = ", ".join(sorted(content))
            raise EngineError(f"a document of {container} is of no kind the design knows: {shown}")
        entity = self.model.entity(collection.entity)
        row = self.row(entity, content)
        yield Fragment(
            entity=entity.name,
            identity=tuple(row.get(name) for name in entity.key),
            attributes=row,
        )
        inherited = {name: row[name] for name in entity.key if name in row}
        for embed in collection.embeds:
            child = self.model.entity(embed.entity)
            elements = content.get(embed.attribute) or ()
            for element in elements.values() if isinstance(elements, Mapping) else elements:
                attributes = {**inherited, **self.row(child, element)}
                yield Fragment(
                    entity=child.name,
                    identity=tuple(attributes.get(name) for name in child.key),
                    attributes=attributes,
                )

    def row(self, entity: Entity, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes of an entity that a document or an element of one has."""
        own_key = key_field(entity)
        row = {}
        for attribute in entity.attributes:
            field = "_id" if attribute.name == own_key and "_id" in document else attribute.name
            value = document.get(field)
            if value is not None:
                row[attribute.name] = plain_value(self.attribute_of(entity, attribute.name), value)
        return row

    def to_plain(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document as it is: its values are plain."""
        return dict(content)

    def content_bytes(self, content: Mapping[str, Any]) -> int:
        """Return the bytes of a document as BSON."""
        return document_bytes(content)

    def key_text(self, container: str, content: Mapping[str, Any]) -> str:
        """Return the `_id`."""
        key = content.get("_id", "")
        return key.hexadecimal if isinstance(key, ObjectKey) else str(key)

    def from_plain(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain values as a document."""
        return dict(plain)

    def key(self, record: Record) -> tuple[Any, ...]:
        """Return the `_id` of a document."""
        return (record.content["_id"],)

    def refusal(self, record: Record) -> str:
        """Return why MongoDB would refuse a document; "" if it would not."""
        size = document_bytes(record.content)
        if size > MAX_DOCUMENT_BYTES:
            return f"{size:,} bytes where a document has at most {MAX_DOCUMENT_BYTES:,}"
        if record.content["_id"] is None:
            return "it has no _id: the attribute that is the key is absent"
        return ""

    def differences(
        self, expected: Sequence[Record], stored: Sequence[Mapping[str, Any] | None]
    ) -> tuple[str, ...]:
        """Return the fields in which stored documents differ from what was written."""
        names: dict[str, None] = {}
        for record, document in zip(expected, stored, strict=True):
            content = {} if document is None else document
            for name in sorted({*record.content, *content}):
                if record.content.get(name) != content.get(name):
                    names[name] = None
        return tuple(names)


def as_stored(attribute: Attribute, value: Any) -> Any:
    """Return a plain value as it is stored; sets become sorted lists."""
    return _without_sets(stored(attribute, value))


def _without_sets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_sets(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_sets(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value


def plain_value(attribute: Attribute, value: Any) -> Any:
    """Return a stored value as the plain value of an attribute: the inverse of `as_stored`."""
    kind = attribute.kind
    if isinstance(value, datetime.datetime):
        if kind is Kind.DATE:
            return value.date().isoformat()
        moment = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return moment.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, ObjectKey):
        return value.hexadecimal
    if kind is Kind.DECIMAL and isinstance(value, float | int):
        return Decimal(str(value))
    if kind is Kind.GEO and isinstance(value, Mapping):
        longitude, latitude = value["coordinates"]
        return {"lat": Decimal(str(latitude)), "lon": Decimal(str(longitude))}
    if kind is Kind.MAP and attribute.fields and isinstance(value, Mapping):
        fields = {field.name: field for field in attribute.fields}
        return {
            name: plain_value(fields[name], inner) if name in fields else inner
            for name, inner in value.items()
        }
    if kind in (Kind.LIST, Kind.SET) and isinstance(value, list):
        element = attribute.element
        plain = value if element is None else [plain_value(element, inner) for inner in value]
        return set(plain) if kind is Kind.SET else plain
    return value
