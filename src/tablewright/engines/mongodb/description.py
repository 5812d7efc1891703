"""Describe a MongoDB design: collections, documents and indexes as neutral values.

In: a design. Out: a DesignDescription. No sizes, no routes, no prices.
"""

from __future__ import annotations

from tablewright.engines.mongodb.design import AtlasVectorIndex, Collection, MongoDesign, MongoIndex
from tablewright.evaluation.description import (
    ContainerDescription,
    DesignDescription,
    EngineTerms,
    IndexDescription,
    RecordDescription,
)

TERMS = EngineTerms(
    container="collection",
    record="document",
    read_unit="documents and entries read",
    write_unit="documents written",
    bills_requests=False,
    limit_bytes=16 * 1024 * 1024,
    limit_name="16 MB",
)
"""MongoDB manual, "MongoDB Limits and Thresholds": a BSON document has at most 16 MB."""


def describe(design: MongoDesign) -> DesignDescription:
    """Return a design as neutral values."""
    settings = []
    if design.database:
        settings.append(("database", design.database))
    if design.server:
        settings.append(("server", design.server))
    if design.version:
        settings.append(("version", design.version))
    if design.shards > 1:
        settings.append(("shards", str(design.shards)))
    return DesignDescription(
        design=design.name,
        engine=design.engine,
        settings=tuple(settings),
        containers=tuple(_collection(collection) for collection in design.collections),
        terms=TERMS,
    )


def _collection(collection: Collection) -> ContainerDescription:
    settings = []
    if collection.shard_key:
        settings.append(("shard key", " + ".join(collection.shard_key)))
    embedded = tuple(f"{e.attribute} (embedded {e.entity})" for e in collection.embeds)
    attributes = (*collection.attributes, *embedded)
    record = RecordDescription(
        name=collection.entity,
        entity=collection.entity,
        attributes=attributes,
        content=", ".join(attributes),
    )
    return ContainerDescription(
        name=collection.name,
        key="_id",
        settings=tuple(settings),
        records=(record,),
        indexes=(
            *(_index(index) for index in collection.indexes),
            *(_vectors(index) for index in collection.vector_indexes),
        ),
    )


def _index(index: MongoIndex) -> IndexDescription:
    options = []
    if index.unique:
        options.append("unique")
    if index.sparse:
        options.append("sparse")
    if index.partial:
        conditions = (f"{path} is {' or '.join(values)}" for path, values in index.partial)
        options.append(f"partial: {', '.join(conditions)}")
    if index.expire_days is not None:
        options.append(f"TTL {index.expire_days} days")
    if index.ignore_case:
        options.append("case-insensitive")
    return IndexDescription(
        name=index.name,
        key=", ".join(f"{path}: {direction}" for path, direction in index.keys),
        projection=", ".join(options),
    )


def _vectors(index: AtlasVectorIndex) -> IndexDescription:
    options = ["Atlas Vector Search"]
    if index.filters:
        options.append(f"filters: {', '.join(index.filters)}")
    if index.quantization != "none":
        options.append(f"quantization: {index.quantization}")
    return IndexDescription(
        name=index.name, key=f"{index.vector}: vector", projection=", ".join(options)
    )
