"""What a MongoDB design holds: documents of the sampled instances, and their bytes as BSON.

In: a model, a design, a Sample, a number of users. Out: homes for the router, and facts. BSON is
exact; block compression is measured on them; the fill of pages is a constant with a range.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from tablewright.capacity.documents import (
    DOCUMENT_OVERHEAD_BYTES,
    ObjectKey,
    bson_value_bytes,
    document_bytes,
    element_bytes,
    index_entry_bytes,
)
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.design.values import Embed
from tablewright.engines.mongodb.compression import kept_share
from tablewright.engines.mongodb.design import AtlasVectorIndex, Collection, MongoDesign, MongoIndex
from tablewright.engines.mongodb.vectors import vector_bytes
from tablewright.engines.postgresql.types import referred
from tablewright.engines.servers.constants import Figures
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.sizing import (
    Layout,
    days_of,
    facts_of,
    instances_to_draw,
    lies_by_time,
)
from tablewright.evaluation.values import ResourceFacts
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Attribute, Condition, Entity, Kind, Model
from tablewright.sample.sample import Sample

PAGE_BYTES = 32_768
WORD_WEIGHT = Decimal("1.1")
"""What a text index keeps with a word: a double that is no whole number."""
"""Leaf pages of WiredTiger, uncompressed in memory."""

_HEX = frozenset("0123456789abcdef")


def stored(attribute: Attribute, value: Any) -> Any:
    """Return a sampled value as an application keeps it in MongoDB.

    Times become dates, identifiers of 24 hexadecimal digits ObjectIds, UUIDs binary, money
    Decimal128, places GeoJSON points. A set becomes a list in order: what it compresses to must
    not depend on how Python happens to hold it.
    """
    if value is None:
        return None
    kind = attribute.kind
    if kind in (Kind.TIMESTAMP, Kind.DATE) and isinstance(value, str):
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if kind is Kind.UUID:
        return UUID(value)
    if kind is Kind.ID and len(value) == 24 and set(value) <= _HEX:
        return ObjectKey(value)
    if kind is Kind.DECIMAL:
        return float(value)
    if kind is Kind.GEO and isinstance(value, Mapping):
        return {"type": "Point", "coordinates": [float(value["lon"]), float(value["lat"])]}
    if kind is Kind.MAP and attribute.fields and isinstance(value, Mapping):
        fields = {field.name: field for field in attribute.fields}
        return {
            name: stored(fields[name], inner) if name in fields else inner
            for name, inner in value.items()
        }
    if kind in (Kind.LIST, Kind.SET) and attribute.element is not None:
        elements = sorted(value) if isinstance(value, set | frozenset) else value
        return [stored(attribute.element, inner) for inner in elements]
    return value


@frozen
class SampledDocuments:
    """The sampled instances of an entity, as they are kept."""

    entity: Entity
    documents: tuple[dict[str, Any], ...]


_Held = tuple[str, tuple[str, ...]]
"""An entity and the attributes of it that are kept."""


class MongoLayout:
    """Documents of a design over the first `n` instances of each entity, fewer of huge ones."""

    def __init__(self, model: Model, design: MongoDesign, sample: Sample, n: int) -> None:
        self.model, self.design, self.sample, self.n = model, design, sample, n
        self._rows: dict[str, SampledDocuments] = {}
        self._columns: dict[_Held, tuple[list[int], dict[str, Decimal]]] = {}
        self._entries: dict[tuple[_Held, tuple[tuple[str, str], ...]], list[int]] = {}
        self._shares: dict[_Held, Decimal] = {}
        self._documents: dict[_Held, list[dict[str, Any]]] = {}

    def adopt(self, kin: MongoLayout) -> None:
        """Take over what was drawn and measured for another design of the same entities."""
        self._rows, self._columns, self._entries = kin._rows, kin._columns, kin._entries
        self._shares, self._documents = kin._shares, kin._documents

    def rows(self, entity: Entity) -> SampledDocuments:
        """Return the sampled instances, each attribute as it is kept."""
        if entity.name not in self._rows:
            kinds = {
                attribute.name: referred(entity, attribute, self.model)
                for attribute in entity.attributes
            }
            n = instances_to_draw(self.sample, entity, self.n)
            documents = tuple(
                {name: stored(kinds[name], value) for name, value in row.items()}
                for row in self.sample.rows(entity.name, 0, n)
            )
            self._rows[entity.name] = SampledDocuments(entity=entity, documents=documents)
        return self._rows[entity.name]

    def documents(self, collection: Collection) -> list[dict[str, Any]]:
        """Return the documents of a collection, without what is embedded in them."""
        existing = (collection.entity, collection.attributes)
        if existing not in self._documents:
            self._documents[existing] = self._made(collection)
        return self._documents[existing]

    def _made(self, collection: Collection) -> list[dict[str, Any]]:
        entity = self.model.entity(collection.entity)
        own_key = key_field(entity)
        out = []
        for row in self.rows(entity).documents:
            retained = {name: row[name] for name in collection.attributes if name in row}
            if own_key:
                retained = {"_id": retained.pop(own_key, row.get(own_key)), **retained}
            else:
                retained = {"_id": ObjectKey("0" * 24), **retained}
            out.append(retained)
        return out

    def column(self, collection: Collection) -> tuple[list[int], dict[str, Decimal]]:
        """Return the bytes of each sampled document, and of each attribute a mean."""
        existing = (collection.entity, collection.attributes)
        if existing not in self._columns:
            documents = self.documents(collection)
            by_field: Counter[str] = Counter()
            sizes = []
            for document in documents:
                fields = {key: element_bytes(key, value) for key, value in document.items()}
                sizes.append(DOCUMENT_OVERHEAD_BYTES + sum(fields.values()))
                by_field.update(fields)
            means: dict[str, Decimal] = {}
            for name in collection.attributes:
                key = "_id" if name == key_field(self.model.entity(collection.entity)) else name
                means[name] = Decimal(by_field[key]) / max(1, len(documents))
            self._columns[existing] = (sizes, means)
        return self._columns[existing]

    def kept_share(self, collection: Collection) -> Decimal:
        """Return what block compression leaves of the sampled documents, embedded ones apart."""
        existing = (collection.entity, collection.attributes)
        if existing not in self._shares:
            self._shares[existing] = kept_share(self.documents(collection))
        return self._shares[existing]

    def embedded_bytes(self, embed: Embed, parent: Entity, users: int) -> Decimal:
        """Return the mean bytes of the children kept in one parent at a scale."""
        element, each = self.element_bytes(embed, parent, users)
        name = 2 + len(embed.attribute.encode()) + DOCUMENT_OVERHEAD_BYTES
        return name + each * element

    def element_bytes(self, embed: Embed, parent: Entity, users: int) -> tuple[Decimal, Decimal]:
        """Return the mean bytes of a child kept in its parent, and how many a parent has."""
        child = self.model.entity(embed.entity)
        rows = self.rows(child).documents
        inherited = set(parent.key)
        sizes = [
            document_bytes({name: value for name, value in row.items() if name not in inherited})
            for row in rows
        ]
        parents = self.model.instances(parent.name, users)
        each = self.model.instances(child.name, users) / parents if parents else ZERO
        mean = Decimal(sum(sizes)) / max(1, len(sizes))
        # An element of an array has a type, its place as text, and a zero byte.
        digits = Decimal(max(1, len(str(int(each)))))
        return mean + 2 + digits, each

    def lay_out(self, users: int, given: Figures) -> Layout:
        """Return homes and facts at one scale."""
        homes: list[Home] = []
        facts: list[ResourceFacts] = []
        disk = ZERO
        for collection in self.design.collections:
            home, result, claimed = self._home(collection, users, given)
            homes.append(home)
            facts += result
            disk += claimed
        return Layout(
            homes=tuple(homes),
            resources=tuple(facts),
            disk_bytes=disk,
            notes=self._notes(homes, given),
        )

    def _notes(self, homes: Sequence[Home], given: Figures) -> tuple[str, ...]:
        """Return what block compression was measured to leave, over all and by collection."""
        shares = {
            collection.name: self.kept_share(collection) for collection in self.design.collections
        }
        data = sum((home.rows * home.row_bytes for home in homes), ZERO)
        if not data:
            return ()
        retained = sum((home.rows * home.row_bytes * shares[home.name] for home in homes), ZERO)
        return (
            "block compression, measured on the sampled documents, keeps "
            f"{retained / data:.2f} of their bytes ({min(shares.values()):.2f} to "
            f"{max(shares.values()):.2f} by collection); the sampled texts are generated, so "
            f"{given['compression_of_measured']:f} times that is calculated with",
        )

    def _home(
        self, collection: Collection, users: int, given: Figures
    ) -> tuple[Home, list[ResourceFacts], Decimal]:
        entity = self.model.entity(collection.entity)
        count = self.model.instances(entity.name, users)
        sizes, means = self.column(collection)
        added = sum(
            (self.embedded_bytes(embed, entity, users) for embed in collection.embeds), ZERO
        )
        mean = Decimal(sum(sizes)) / max(1, len(sizes)) + added
        data = count * mean
        live = given["file_fill"]
        facts = [
            facts_of(collection.name, "table", entity.name, count, [s + int(added) for s in sizes])
        ]
        indexes = []
        kept = min(ONE, self.kept_share(collection) * given["compression_of_measured"])
        disk = data * kept / live
        for index in (primary(entity), *collection.indexes):
            ordered, column = self._index(collection, index, count, users)
            indexes.append(ordered)
            disk += ordered.entries * ordered.entry_bytes * given["index_compression"] / live
            facts.append(
                facts_of(
                    f"{collection.name}/{index.name}", "index", entity.name, ordered.entries, column
                )
            )
        home = Home(
            name=collection.name,
            entity=entity.name,
            rows=count,
            row_bytes=mean,
            stored_bytes=data / given["page_fill"],
            page_bytes=PAGE_BYTES,
            indexes=tuple(_with_memory(index, given["index_memory"]) for index in indexes),
            vector_indexes=tuple(
                _vectors(entity, index, count) for index in collection.vector_indexes
            ),
            embeds=tuple((embed.entity, embed.attribute) for embed in collection.embeds),
            embedded_bytes=added,
            child_bytes={
                embed.entity: self.element_bytes(embed, entity, users)[0]
                for embed in collection.embeds
            },
            attribute_bytes=means,
            days=days_of(self.model, entity.name),
            shard_key=tuple(
                key_field(entity) or path if path == "_id" else path
                for path in collection.shard_key
            ),
            shards=self.design.shards if collection.shard_key else 1,
        )
        return home, facts, disk

    def _index(
        self, collection: Collection, index: MongoIndex, count: Decimal, users: int
    ) -> tuple[Ordered, list[int]]:
        entity = self.model.entity(collection.entity)
        column = self._entry_column(collection, index)
        entries = count
        selectivity = Selectivity(self.model, users)
        for name, values in index.partial:
            entries *= sum(
                (
                    selectivity.share(entity, Condition(attribute=name, value=value))
                    for value in values
                ),
                ZERO,
            )
        if index.sparse:
            entries *= min((_presence(entity, path) for path in index.paths), default=ONE)
        entries *= self._multiplied(collection, index, entity, users)
        own_key = key_field(entity)
        kinds = [kind for _, kind in index.keys]
        places = [path for path, kind in index.keys if kind == "2dsphere"]
        kind = "geo" if places and len(index.keys) == 1 else "btree"
        if "text" in kinds:
            kind = "text"
        elif "hashed" in kinds:
            kind = "hash"
        ordered = Ordered(
            name=index.name,
            keys=tuple(
                (own_key if path == "_id" and own_key else path, k == "-1")
                for path, k in index.keys
            ),
            kind=kind,
            unique=index.unique,
            partial=index.partial,
            geo=places[0] if places else "",
            entries=entries,
            entry_bytes=Decimal(sum(column)) / max(1, len(column)),
            is_primary=index.name == "_id_",
            ignores_case=index.ignore_case,
            by_time=lies_by_time(entity, index.paths) or self._is_object_id(collection, index),
        )
        return ordered, column

    def _is_object_id(self, collection: Collection, index: MongoIndex) -> bool:
        """ObjectIds begin with the time they were made at: new ones go to the end of the index."""
        if index.paths != ("_id",):
            return False
        rows = self.documents(collection)
        return bool(rows) and isinstance(rows[0]["_id"], ObjectKey)

    def _multiplied(
        self, collection: Collection, index: MongoIndex, entity: Entity, users: int
    ) -> Decimal:
        """Return the entries for each document: one for each element of a list, or each word."""
        if index.text_paths:
            words = [sum(map(len, self._words(row, index))) for row in self.documents(collection)]
            return Decimal(sum(words)) / max(1, len(words))
        multiplied = ONE
        for path in index.paths:
            base = path.partition(".")[0]
            for embed in collection.embeds:
                if embed.attribute == base:
                    parents = self.model.instances(entity.name, users)
                    children = self.model.instances(embed.entity, users)
                    multiplied = max(multiplied, children / parents if parents else ONE)
            attribute = entity.find(path)
            if attribute is not None and attribute.elements is not None:
                multiplied = max(multiplied, attribute.elements.mean)
        return multiplied

    def _entry_column(self, collection: Collection, index: MongoIndex) -> list[int]:
        key = ((collection.entity, collection.attributes), index.keys)
        if key not in self._entries:
            rows = self.documents(collection)
            self._entries[key] = (
                [size for row in rows for size in self._word_entries(row, index)]
                if index.text_paths
                else [
                    index_entry_bytes(_key_value(row, path, kind) for path, kind in index.keys)
                    for row in rows
                ]
            )
        return self._entries[key]

    @staticmethod
    def _words(row: Mapping[str, Any], index: MongoIndex) -> list[set[str]]:
        """Return the different words of each text that a text index is over."""
        texts = (_key_value(row, path, "text") for path in index.text_paths)
        return [set(str(text or "").lower().split()) for text in texts]

    def _word_entries(self, row: Mapping[str, Any], index: MongoIndex) -> list[int]:
        """Return the bytes of the entries of a text index: a word with its weight, for each word.

        MongoDB manual, "Text Indexes on Self-Managed Deployments": an entry for each unique
        stemmed word in each indexed field for each document. Neither stems nor stop words are
        known here: there are somewhat fewer words, and shorter ones.
        """
        others = [
            _key_value(row, path, kind) for path, kind in index.keys if path not in index.text_paths
        ]
        return [
            index_entry_bytes([word, WORD_WEIGHT, *others])
            for words in self._words(row, index)
            for word in words
        ]


def _key_value(row: Mapping[str, Any], path: str, kind: str) -> Any:
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if kind in ("2dsphere", "hashed"):
        return 2**56  # an S2 cell or a hash: a whole number of eight bytes
    if isinstance(value, list):
        return value[0] if value and not isinstance(value[0], Mapping) else None
    return value


def _with_memory(index: Ordered, factor: Decimal) -> Ordered:
    return replace(index, stored_bytes=index.entries * index.entry_bytes * factor)


def _vectors(entity: Entity, index: AtlasVectorIndex, count: Decimal) -> Ordered:
    """Return an index of vectors: it lies on search nodes and takes no room in the cluster."""
    attribute = entity.attribute(index.vector)
    each = vector_bytes(index, attribute.dimensions or 0)
    entries = count * attribute.presence
    return Ordered(
        name=index.name,
        keys=tuple((name, False) for name in (index.vector, *index.filters)),
        kind="vector",
        entries=entries,
        entry_bytes=each,
        stored_bytes=entries * each,
    )


def _presence(entity: Entity, path: str) -> Decimal:
    attribute = entity.find(path)
    return attribute.presence if attribute is not None else ONE


def key_field(entity: Entity) -> str:
    """Return the attribute that is kept as `_id`: the key where it is one attribute."""
    return entity.key[0] if len(entity.key) == 1 else ""


def primary(entity: Entity) -> MongoIndex:
    """Return the index that every collection has."""
    return MongoIndex(name="_id_", keys=(("_id", "1"),), unique=True)


__all__ = ["PAGE_BYTES", "MongoLayout", "bson_value_bytes", "key_field", "primary", "stored"]
