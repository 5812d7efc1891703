"""A MongoDB design: its values, its grammar in the model file, and what makes one of the other.

In: YAML fields and the model. Out: a `MongoDesign`; what is wrong is noted in the reading. It does
not know sizes or routes.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, Node, ScalarNode

from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen
from tablewright.design.grammar import ATTRIBUTES, COMMON, EMBED
from tablewright.design.language import DesignLanguage
from tablewright.design.values import Design, Embed
from tablewright.engines.servers.stated import SERVER, read_server
from tablewright.engines.servers.versions import VERSION, read_version
from tablewright.model import nodes
from tablewright.model.attribute_reader import a_kind
from tablewright.model.names import ATTRIBUTE_NAME, ENTITY_NAME, PATH
from tablewright.model.nodes import Reading, Word
from tablewright.model.scalars import Bad
from tablewright.model.shapes import (
    Entry,
    Field,
    Fields,
    ListOf,
    MappingOf,
    Name,
    RecordShape,
    Schema,
    WordChoice,
    note_bad,
    suggestion,
    wrong_type,
)
from tablewright.model.value_shapes import BOOL, DURATION, POSITIVE, PROSE, VALUE
from tablewright.model.values import Entity, Kind, Model

if TYPE_CHECKING:
    from tablewright.engines.servers.sizing import Offer

MOST_INDEXES = 64
MOST_KEYS = 32
"""MongoDB manual, "MongoDB Limits and Thresholds", read 2026-10."""


@frozen
class MongoIndex:
    """An index: paths with 1, -1, 2dsphere, text or hashed."""

    name: str
    keys: tuple[tuple[str, str], ...]
    unique: bool = False
    sparse: bool = False
    partial: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Only documents in which an attribute has one of these values."""
    expire_days: Decimal | None = None
    ignore_case: bool = False
    """Texts are compared by a case-insensitive collation (strength 2)."""
    span: Span | None = field(default=None, compare=False)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of its keys."""
        return tuple(path for path, _ in self.keys)

    @property
    def text_paths(self) -> tuple[str, ...]:
        """The paths whose words it holds; none unless it is a text index."""
        return tuple(path for path, kind in self.keys if kind == "text")


@frozen
class AtlasVectorIndex:
    """An index of Atlas Vector Search: a vector, what it is filtered by, how it lies in memory."""

    name: str
    vector: str
    filters: tuple[str, ...] = ()
    quantization: str = "none"
    """none, scalar or binary."""
    span: Span | None = field(default=None, compare=False)


@frozen
class Collection:
    """The documents of one entity, some of its children embedded."""

    name: str
    entity: str
    attributes: tuple[str, ...] = ()
    embeds: tuple[Embed, ...] = ()
    indexes: tuple[MongoIndex, ...] = ()
    vector_indexes: tuple[AtlasVectorIndex, ...] = ()
    """On search nodes of Atlas, beside the cluster."""
    shard_key: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False)


@frozen
class MongoDesign(Design):
    """Collections in a database."""

    database: str = ""
    collections: tuple[Collection, ...] = ()
    shards: int = 1
    server: str = ""
    """The offer it runs on, where the file states it; else the cheapest that suffices."""
    version: str = ""
    """The major version, where the file states it; else one in standard support."""

    def database_for(self, app: str) -> str:
        """Return the name of its database: the one it states, else the application's."""
        return self.database or app.replace("-", "_")

    def collection(self, name: str) -> Collection:
        """Return a collection by name (KeyError if there is none)."""
        for collection in self.collections:
            if collection.name == name:
                return collection
        raise KeyError(name)


COLLECTION_NAME = Name(
    "the name of a collection",
    r"[A-Za-z_][A-Za-z0-9_.-]*",
    "letters, digits, `_`, `-` and `.`",
    longest=120,
)
INDEX_NAME = Name("the name of an index", r"[A-Za-z0-9_.-]+", "letters, digits, `_`, `-` and `.`")
KINDS = ("1", "-1", "2dsphere", "text", "hashed")
QUANTIZATIONS = ("none", "scalar", "binary")
MOST_DIMENSIONS = 8_192
"""MongoDB Atlas, "How to Index Fields for Vector Search", read 2026-11."""


@frozen(kw_only=False, slots=False)
class Direction:
    """1, -1, 2dsphere, text or hashed."""

    expects: str = "1, -1, 2dsphere, text or hashed"

    def read(self, node: Node, reading: Reading) -> Word | None:
        """Return the word."""
        if not isinstance(node, ScalarNode) or nodes.is_null(node):
            wrong_type(self, node, reading)
            return None
        text, _ = reading.text(node)
        if text in KINDS:
            return Word(text, reading.span(node))
        note_bad(Bad(help="1 sorts upwards, -1 downwards"), text, self.expects, node, reading)
        return None

    def schema(self) -> Schema:
        """Return the words, and the numbers."""
        return {"enum": [1, -1, *KINDS]}


KEYS = MappingOf(PATH, Direction(), what="a mapping such as {status: 1, createdAt: -1}", least=1)
INDEX = RecordShape(
    "an index",
    (
        Field("keys", KEYS, required=True, doc="paths with 1, -1, 2dsphere, text or hashed"),
        Field("unique", BOOL),
        Field("sparse", BOOL),
        Field(
            "partial",
            MappingOf(
                ATTRIBUTE_NAME, ListOf(VALUE, least=1, what="a value or a list of them"), least=1
            ),
            doc="only documents in which an attribute has one of these values",
        ),
        Field("expire_after", DURATION, doc="documents are removed this long after the date"),
        Field("ignore_case", BOOL, doc="case-insensitively, by a collation of strength 2"),
        Field("title", PROSE),
    ),
)


@frozen(kw_only=False, slots=False)
class IndexShape:
    """`{email: 1}`, or `{keys: {email: 1}, unique: true}`."""

    expects: str = "keys such as {email: 1}, or {keys: {email: 1}, unique: true}"

    def read(self, node: Node, reading: Reading) -> Any:
        """Return the fields of an index, or the entries of its keys."""
        if isinstance(node, MappingNode) and not any(
            isinstance(key, ScalarNode) and key.value == "keys" for key, _ in node.value
        ):
            return KEYS.read(node, reading)
        return INDEX.read(node, reading)

    def schema(self) -> Schema:
        """Return either form."""
        return {"anyOf": [INDEX.schema(), KEYS.schema()]}


VECTOR_INDEX = RecordShape(
    "a vector index of Atlas Vector Search",
    (
        Field("vector", ATTRIBUTE_NAME, required=True, doc="the vector attribute"),
        Field("filters", ListOf(ATTRIBUTE_NAME), doc="what a search may filter by"),
        Field(
            "quantization",
            WordChoice(QUANTIZATIONS),
            doc="how vectors lie in memory: none, scalar (a quarter), binary (a 24th)",
        ),
        Field("title", PROSE),
    ),
)
COLLECTION = RecordShape(
    "a collection",
    (
        Field("holds", ENTITY_NAME, doc="the entity; its name unless given"),
        Field("of", ENTITY_NAME, alias_of="holds"),
        Field("attributes", ATTRIBUTES, doc="what of the entity a document holds"),
        Field("embed", MappingOf(ATTRIBUTE_NAME, EMBED), doc="children kept inside the document"),
        Field("indexes", MappingOf(INDEX_NAME, IndexShape())),
        Field("vector_indexes", MappingOf(INDEX_NAME, VECTOR_INDEX)),
        Field("shard_key", ListOf(PATH, least=1, what="a path or a list of them")),
        Field("title", PROSE),
    ),
    nullable=True,
    hints={"entity": "what a collection holds is written `holds`"},
)
MONGODB = RecordShape(
    "a MongoDB design",
    (
        *COMMON,
        Field("database", VALUE),
        SERVER,
        VERSION,
        Field("shards", POSITIVE, doc="how many; 2 where a collection has a shard key"),
        Field("collections", MappingOf(COLLECTION_NAME, COLLECTION, least=1), required=True),
    ),
    hints={
        "tables": "a MongoDB design has `collections`",
        "engine_version": "the major version is written `version`",
    },
)


def _offers() -> tuple[Offer, ...]:
    # Only where a server is stated: offers and the price book are of no other use to a reader.
    from tablewright.bill.prices import PriceBook
    from tablewright.engines.mongodb.offers import offers

    return offers(PriceBook())


def read_mongodb(
    name: str, fields: Fields, span: Span, model: Model, reading: Reading
) -> MongoDesign | None:
    """Return the design."""
    created = [
        _CollectionReader(entry, model, reading).read()
        for entry in fields.get("collections", ())
        if isinstance(entry.value, Fields)
    ]
    is_sharded = any(entry is not None and entry.shard_key for entry in created)
    return MongoDesign(
        name=name,
        engine="mongodb",
        title=fields.get("title", ""),
        note=fields.get("note", ""),
        span=span,
        database=str(fields.get("database", "")),
        server=read_server(fields, _offers, reading),
        version=read_version("mongodb", fields, reading),
        shards=int(fields.get("shards", 2)) if is_sharded else 1,
        collections=tuple(entry for entry in created if entry is not None),
    )


def entity_of(word: Word, what: str, model: Model, reading: Reading) -> Entity | None:
    """Return the entity a word names, or None and a note."""
    for entity in model.entities:
        if entity.name == str(word):
            return entity
    names = [entity.name for entity in model.entities]
    reading.error(
        "unknown-entity",
        f"{what} `{word}`, which is not an entity of the model",
        word.span,
        suggestion(str(word), names, "entities"),
    )
    return None


class _CollectionReader:
    def __init__(self, entry: Entry, model: Model, reading: Reading) -> None:
        self.name, self.fields = entry.name, entry.value
        self.model, self.reading = model, reading
        self.what = f"collection `{self.name}`"

    def read(self) -> Collection | None:
        """Return the collection, or None where what it holds is not known."""
        word = self.fields.get("holds") or self.name
        entity = entity_of(word, f"{self.what} holds", self.model, self.reading)
        if entity is None:
            return None
        embeds = self._embeds(entity)
        return Collection(
            name=str(self.name),
            entity=entity.name,
            attributes=self._attributes(entity),
            embeds=embeds,
            indexes=self._indexes(entity, embeds),
            vector_indexes=tuple(
                self._vector_index(entry, entity)
                for entry in self.fields.get("vector_indexes", ())
                if isinstance(entry.value, Fields) and "vector" in entry.value
            ),
            shard_key=tuple(
                str(path)
                for path in self.fields.get("shard_key", ())
                if self._known(entity, path, "is sharded by", embeds)
            ),
            span=self.fields.span,
        )

    def _known(self, entity: Entity, path: Word, verb: str, embeds: tuple[Embed, ...] = ()) -> bool:
        base, _, rest = str(path).partition(".")
        if base == "_id" or entity.find(str(path)) is not None:
            return True
        for embed in embeds:
            if embed.attribute == base:
                child = self.model.entity(embed.entity)
                if not rest or child.find(rest) is not None:
                    return True
        self.reading.error(
            "unknown-attribute",
            f"{self.what} {verb} `{path}`, which `{entity.name}` does not have",
            path.span,
            suggestion(str(path), entity.names, f"attributes of `{entity.name}`"),
        )
        return False

    def _attributes(self, entity: Entity) -> tuple[str, ...]:
        value = self.fields.get("attributes")
        if value is None or (isinstance(value, Word) and str(value) == "all"):
            return entity.names
        if isinstance(value, Fields):
            remaining = [
                str(w) for w in value.get("except", ()) if self._known(entity, w, "leaves out")
            ]
            return tuple(name for name in entity.names if name not in remaining)
        words = (value,) if isinstance(value, Word) else value
        return tuple(str(word) for word in words if self._known(entity, word, "holds"))

    def _embeds(self, entity: Entity) -> tuple[Embed, ...]:
        out = []
        for entry in self.fields.get("embed", ()):
            value = entry.value
            word = value.get("of") if isinstance(value, Fields) else value
            if word is None:
                continue
            child = entity_of(word, f"{self.what} embeds", self.model, self.reading)
            if child is None:
                continue
            if child.parent != entity.name:
                self.reading.error(
                    "not-a-child",
                    f"{self.what} embeds `{word}`, which is not a child of `{entity.name}`",
                    word.span,
                    f"only entities with `of: {entity.name}` can be kept inside it",
                )
                continue
            as_map = isinstance(value, Fields) and str(value.get("as", "list")) == "map"
            out.append(Embed(entity=child.name, attribute=str(entry.name), as_map=as_map))
        return tuple(out)

    def _indexes(self, entity: Entity, embeds: tuple[Embed, ...]) -> tuple[MongoIndex, ...]:
        out = []
        for entry in self.fields.get("indexes", ()):
            if entry.value is not None:
                out.append(self._index(entry, entity, embeds))
        if len(out) >= MOST_INDEXES:
            self.reading.error(
                "too-many-indexes",
                f"{self.what} has {len(out)} indexes and the one on `_id`; "
                f"MongoDB allows {MOST_INDEXES}",
                self.name.span,
                "merge indexes that begin alike",
            )
        return tuple(out)

    def _index(self, entry: Entry, entity: Entity, embeds: tuple[Embed, ...]) -> MongoIndex:
        fields = entry.value if isinstance(entry.value, Fields) else None
        listed = fields.get("keys", ()) if fields is not None else entry.value
        keys = []
        for key in listed:
            if key.value is not None and self._known(
                entity, key.name, f"has the index `{entry.name}` on", embeds
            ):
                self._check_geo(key, entity, entry)
                keys.append((str(key.name), str(key.value)))
        if len(keys) > MOST_KEYS:
            self.reading.error(
                "too-many-keys",
                f"the index `{entry.name}` has {len(keys)} keys; MongoDB allows {MOST_KEYS}",
                entry.name.span,
                "leave the last ones out",
            )
        partial = tuple(
            (str(each_field.name), tuple(str(word) for word in each_field.value))
            for each_field in (fields.get("partial", ()) if fields is not None else ())
            if each_field.value is not None
            and self._known(entity, each_field.name, f"has the partial index `{entry.name}` by")
        )
        return MongoIndex(
            name=str(entry.name),
            keys=tuple(keys),
            unique=bool(fields.get("unique", False)) if fields is not None else False,
            sparse=bool(fields.get("sparse", False)) if fields is not None else False,
            partial=partial,
            expire_days=fields.get("expire_after") if fields is not None else None,
            ignore_case=bool(fields.get("ignore_case", False)) if fields is not None else False,
            span=entry.name.span,
        )

    def _vector_index(self, entry: Entry, entity: Entity) -> AtlasVectorIndex:
        fields: Fields = entry.value
        verb = f"has the vector index `{entry.name}` on"
        vector = fields.get("vector")
        if vector is not None and self._known(entity, vector, verb):
            self._check_vector(entry, entity, str(vector))
        return AtlasVectorIndex(
            name=str(entry.name),
            vector=str(vector),
            filters=tuple(
                str(word) for word in fields.get("filters", ()) if self._known(entity, word, verb)
            ),
            quantization=str(fields.get("quantization", "none")),
            span=entry.name.span,
        )

    def _check_vector(self, entry: Entry, entity: Entity, vector: str) -> None:
        attribute = entity.attribute(vector)
        if attribute.kind is not Kind.VECTOR:
            self.reading.error(
                "no-vector",
                f"vector index `{entry.name}` reads `{vector}`, which is {a_kind(attribute.kind)}",
                entry.value.at("vector"),
                f"give `{vector}` the type vector(1024), or name another attribute",
            )
        elif (attribute.dimensions or 0) > MOST_DIMENSIONS:
            self.reading.error(
                "impossible-value",
                f"vector index `{entry.name}` has {attribute.dimensions:,} dimensions, "
                f"Atlas takes {MOST_DIMENSIONS:,}",
                entry.value.at("vector"),
                "take a model with shorter embeddings",
            )

    def _check_geo(self, key: Entry, entity: Entity, index: Entry) -> None:
        attribute = entity.find(str(key.name))
        if attribute is None:
            return
        if (str(key.value) == "2dsphere") != (attribute.kind is Kind.GEO):
            wrong = "is not a place" if str(key.value) == "2dsphere" else "is a place"
            self.reading.error(
                "impossible-key",
                f"the index `{index.name}` of {self.what} has `{key.name}: {key.value}`, "
                f"but `{key.name}` {wrong}",
                key.value.span,
                "write 2dsphere for a place, 1 or -1 for anything else",
            )


def _section(design: Design, model: Model) -> str:
    from tablewright.engines.mongodb.writer import section

    return section(design, model)


LANGUAGE = DesignLanguage(
    engine="mongodb",
    shape=MONGODB,
    build=read_mongodb,
    section=_section,
    container="collection",
)
"""How designs of this engine are written in a model file."""
