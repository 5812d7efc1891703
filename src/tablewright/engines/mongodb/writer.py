"""Print a MongoDB design as an entry of `designs:`.

In: a design, its model. Out: YAML that reads back as the same design.
"""

from __future__ import annotations

from typing import Any

from tablewright.core.quantities import plain
from tablewright.design.values import Design
from tablewright.engines.mongodb.design import AtlasVectorIndex, Collection, MongoDesign, MongoIndex
from tablewright.engines.servers.writer import section_of, without_empty
from tablewright.model.values import Model


def section(design: Design, model: Model) -> str:
    """Return the entry of a design, indented by two."""
    assert isinstance(design, MongoDesign)
    fields = {
        "engine": design.engine,
        "title": design.title,
        "note": design.note,
        "database": design.database,
        "server": design.server,
        "version": design.version,
        "shards": design.shards if design.shards > 1 else None,
        "collections": {entry.name: _collection(entry, model) for entry in design.collections},
    }
    return section_of(design.name, without_empty(fields))


def _collection(entry: Collection, model: Model) -> dict[str, Any]:
    whole = model.entity(entry.entity).names
    return without_empty(
        {
            "holds": entry.entity,
            "attributes": list(entry.attributes) if entry.attributes != whole else None,
            "embed": {
                embed.attribute: {"of": embed.entity, "as": "map"} if embed.as_map else embed.entity
                for embed in entry.embeds
            },
            "indexes": {index.name: _index(index) for index in entry.indexes},
            "vector_indexes": {index.name: _vectors(index) for index in entry.vector_indexes},
            "shard_key": list(entry.shard_key),
        }
    )


def _vectors(index: AtlasVectorIndex) -> dict[str, Any]:
    quantization = index.quantization if index.quantization != "none" else None
    return without_empty(
        {"vector": index.vector, "filters": list(index.filters), "quantization": quantization}
    )


def _index(index: MongoIndex) -> dict[str, Any]:
    keys = {path: int(kind) if kind in ("1", "-1") else kind for path, kind in index.keys}
    days = index.expire_days
    fields = without_empty(
        {
            "keys": keys,
            "unique": index.unique,
            "sparse": index.sparse,
            "partial": {name: list(values) for name, values in index.partial},
            "expire_after": f"{plain(days)}d" if days is not None else None,
            "ignore_case": index.ignore_case,
        }
    )
    return keys if fields == {"keys": keys} else fields
