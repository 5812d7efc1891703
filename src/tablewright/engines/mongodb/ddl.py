"""What creates a MongoDB design: commands for collections, validators and indexes.

In: a model, a design. Out: command documents as a driver sends them, and the same as calls of the
shell. Pure.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tablewright.capacity.documents import ObjectKey
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.design import AtlasVectorIndex, Collection, MongoDesign, MongoIndex
from tablewright.engines.mongodb.layout import key_field
from tablewright.model.values import Attribute, Entity, Kind, Model
from tablewright.sample.calls import typed

MARK = "tablewright:"
SECONDS_A_DAY = 86_400
_TYPES = {
    Kind.TIMESTAMP: ["date"],
    Kind.DATE: ["date"],
    Kind.UUID: ["binData"],
    Kind.ID: ["objectId", "string"],
    Kind.BINARY: ["binData"],
    Kind.BOOL: ["bool"],
    Kind.MONEY: ["decimal", "int", "long"],
    Kind.DECIMAL: ["double", "int", "decimal"],
    Kind.EPOCH: ["int", "long"],
    Kind.INT: ["int", "long"],
    Kind.COUNTER: ["int", "long"],
    Kind.GEO: ["object"],
    Kind.MAP: ["object"],
    Kind.LIST: ["array"],
    Kind.SET: ["array"],
    Kind.VECTOR: ["array"],
}


def mark(app: str, design: str) -> str:
    """Return what tells a collection made here from others."""
    return f"{MARK}{app}/{design}"


def validator(model: Model, design: MongoDesign, collection: Collection) -> dict[str, Any]:
    """Return the validator of a collection: the types of its fields, and which it must have."""
    entity = model.entity(collection.entity)
    own_key = key_field(entity)
    codec = MongoCodec(model, design)
    properties: dict[str, Any] = {}
    for name in collection.attributes:
        if name != own_key:
            properties[name] = {"bsonType": _types(codec.attribute_of(entity, name))}
    for embed in collection.embeds:
        properties[embed.attribute] = {"bsonType": "object" if embed.as_map else "array"}
    required = [n for n in collection.attributes if n != own_key and _is_always(entity, n)]
    schema: dict[str, Any] = {
        "bsonType": "object",
        "title": mark(model.app, design.name),
        "properties": properties,
    }
    if required:
        schema["required"] = required
    return {"$jsonSchema": schema}


def _types(attribute: Attribute) -> list[str]:
    return _TYPES.get(attribute.kind, ["string"])


def _is_always(entity: Entity, name: str) -> bool:
    return entity.attribute(name).presence >= 1


def create_command(model: Model, design: MongoDesign, collection: Collection) -> dict[str, Any]:
    """Return the command that creates a collection with its validator."""
    return {"create": collection.name, "validator": validator(model, design, collection)}


def index_document(
    model: Model, collection: Collection, index: MongoIndex, codec: MongoCodec
) -> dict[str, Any]:
    """Return an index as createIndexes takes it."""
    entity = model.entity(collection.entity)
    own_key = key_field(entity)
    keys = {
        ("_id" if path == own_key else path): int(kind) if kind.lstrip("-").isdigit() else kind
        for path, kind in index.keys
    }
    document: dict[str, Any] = {"key": keys, "name": index.name}
    if index.unique:
        document["unique"] = True
    if index.sparse:
        document["sparse"] = True
    if index.expire_days is not None:
        document["expireAfterSeconds"] = int(index.expire_days * SECONDS_A_DAY)
    if index.ignore_case:
        document["collation"] = {"locale": "en", "strength": 2}
    if index.partial:
        document["partialFilterExpression"] = {
            name: _one_of([codec.value(entity, name, typed(entity, name, v)) for v in values])
            for name, values in index.partial
        }
    return document


def _one_of(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": values}


def index_command(
    model: Model, collection: Collection, index: MongoIndex, codec: MongoCodec
) -> dict[str, Any]:
    """Return the command that builds an index."""
    document = index_document(model, collection, index, codec)
    return {"createIndexes": collection.name, "indexes": [document]}


SIMILARITIES = {"cosine": "cosine", "euclidean": "euclidean", "dot_product": "dotProduct"}


def search_index_definition(collection: Collection, index: AtlasVectorIndex, model: Model) -> Any:
    """Return an index of vectors as createSearchIndexes takes it."""
    entity = model.entity(collection.entity)
    attribute = entity.attribute(index.vector)
    vector: dict[str, Any] = {
        "type": "vector",
        "path": index.vector,
        "numDimensions": attribute.dimensions,
        "similarity": SIMILARITIES[attribute.metric],
    }
    if index.quantization != "none":
        vector["quantization"] = index.quantization
    own_key = key_field(entity)
    filters = [
        {"type": "filter", "path": "_id" if name == own_key else name} for name in index.filters
    ]
    return {"fields": [vector, *filters]}


def script(model: Model, design: MongoDesign) -> tuple[str, ...]:
    """Return what creates a design as calls of the shell."""
    codec = MongoCodec(model, design)
    lines = []
    for collection in design.collections:
        options = _json({"validator": validator(model, design, collection)})
        lines.append(f"db.createCollection({json.dumps(collection.name)}, {options});")
        for index in collection.indexes:
            document = index_document(model, collection, index, codec)
            keys = document.pop("key")
            lines.append(
                f"db.getCollection({json.dumps(collection.name)})"
                f".createIndex({_json(keys)}, {_json(document)});"
            )
        for search_index in collection.vector_indexes:
            definition = search_index_definition(collection, search_index, model)
            lines.append(
                f"db.getCollection({json.dumps(collection.name)}).createSearchIndex("
                f'{json.dumps(search_index.name)}, "vectorSearch", {_json(definition)});'
            )
    return tuple(lines)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, ObjectKey):
        return {"$oid": value.hexadecimal}
    if isinstance(value, Decimal):
        return {"$numberDecimal": str(value)}
    return str(value)
