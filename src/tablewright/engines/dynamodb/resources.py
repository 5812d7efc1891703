"""What a design wants to exist: the parameters that create its tables, as the API takes them.

In: a model and a table of a design. Out: parameters of CreateTable and of one index. Pure.
"""

from __future__ import annotations

from typing import Any

from tablewright.engines.dynamodb.design import (
    CapacityMode,
    Index,
    ModeKind,
    Projection,
    ProjectionKind,
    Table,
    VectorIndex,
)
from tablewright.model.values import Kind, Model


def attribute_type(model: Model, table: Table, key: str) -> str:
    """Return S, N or B for a key attribute: that of its template in the shapes that have it."""
    for shape in table.shapes:
        template = shape.template(key)
        if template is None:
            continue
        if len(template.parts) == 1 and template.parts[0].attribute:
            name = template.parts[0].attribute
            if "." in name:
                return "S"
            kind = model.entity(shape.entity).attribute(name).kind
            if kind is Kind.REF:
                return "S"
            return "N" if kind.is_number else "B" if kind is Kind.BINARY else "S"
        return "S"
    return "S"


def key_schema(partition: tuple[str, ...], sort: tuple[str, ...]) -> list[dict[str, str]]:
    """Return a key schema; a GSI may have up to four attributes on each side."""
    return [{"AttributeName": name, "KeyType": "HASH"} for name in partition] + [
        {"AttributeName": name, "KeyType": "RANGE"} for name in sort
    ]


def projection(wanted: Projection, table: Table, index: Index) -> dict[str, Any]:
    """Return an index's projection; key attributes are always in it and not repeated."""
    if wanted.kind is ProjectionKind.ALL:
        return {"ProjectionType": "ALL"}
    keys = {*table.keys, *index.keys}
    names = [name for name in wanted.attributes if name not in keys]
    if wanted.kind is ProjectionKind.KEYS_ONLY or not names:
        return {"ProjectionType": "KEYS_ONLY"}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}


def throughput(mode: CapacityMode) -> dict[str, int]:
    """Return provisioned units; of auto scaling the minimum it starts from."""
    return {
        "ReadCapacityUnits": max(1, int(mode.rcu or 1)),
        "WriteCapacityUnits": max(1, int(mode.wcu or 1)),
    }


def on_demand_maximum(mode: CapacityMode) -> dict[str, int]:
    """Return the maximum of on-demand in request units a second; {} where there is none."""
    if mode.kind is not ModeKind.ON_DEMAND:
        return {}
    limits = (("MaxReadRequestUnits", mode.max_rcu), ("MaxWriteRequestUnits", mode.max_wcu))
    return {name: int(units) for name, units in limits if units is not None}


def warm_throughput(mode: CapacityMode) -> dict[str, int]:
    """Return the stated warm throughput in units a second; {} where it is left to the service."""
    limits = (("ReadUnitsPerSecond", mode.warm_reads), ("WriteUnitsPerSecond", mode.warm_writes))
    return {name: int(units) for name, units in limits if units is not None}


def index_parameters(table: Table, index: Index) -> dict[str, Any]:
    """Return one index as CreateTable and UpdateTable take it."""
    index_parameters: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition_keys, index.sort_keys),
        "Projection": projection(index.projection, table, index),
    }
    if not index.is_local and table.mode.kind is not ModeKind.ON_DEMAND:
        index_parameters["ProvisionedThroughput"] = throughput(index.mode or table.mode)
    maximum = on_demand_maximum(index.mode or table.mode)
    if maximum and not index.is_local and table.mode.kind is ModeKind.ON_DEMAND:
        index_parameters["OnDemandThroughput"] = maximum
    warm = warm_throughput(index.mode or table.mode)
    if warm and not index.is_local:
        index_parameters["WarmThroughput"] = warm
    return index_parameters


def vector_index_parameters(model: Model, table: Table, index: VectorIndex) -> dict[str, Any]:
    """Return one vector index as CreateTable and UpdateTable take it."""
    holder = next(shape.entity for shape in table.shapes if index.vector in shape.attributes)
    attribute = model.entity(holder).attribute(index.vector)
    kind = index.projection.kind.name
    shown: dict[str, Any] = {"ProjectionType": kind}
    if index.projection.kind is ProjectionKind.INCLUDE:
        shown["NonKeyAttributes"] = list(index.projection.attributes)
    vector_index_parameters: dict[str, Any] = {
        "IndexName": index.name,
        "VectorAttribute": {"AttributeName": index.vector},
        "Dimensions": attribute.dimensions,
        "DistanceFunction": attribute.metric.upper(),
        "Projection": shown,
    }
    schema = [(index.partition, "HASH")] if index.partition else []
    schema += [(name, "INLINE_FILTER") for name in index.filters]
    if schema:
        vector_index_parameters["SearchSchema"] = [
            {"AttributeName": name, "SearchSchemaElementType": kind} for name, kind in schema
        ]
    return vector_index_parameters


def create_table(
    model: Model, table: Table, tags: tuple[tuple[str, str], ...] = ()
) -> dict[str, Any]:
    """Return the parameters of CreateTable."""
    keys = dict.fromkeys(table.keys)
    for index in table.indexes:
        keys.update(dict.fromkeys(index.keys))
    for vector in table.vector_indexes:
        keys.update(dict.fromkeys(vector.search_attributes))
    create_table: dict[str, Any] = {
        "TableName": table.name,
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": attribute_type(model, table, key)}
            for key in sorted(keys)
        ],
        "KeySchema": key_schema(
            (table.partition_key,), (table.sort_key,) if table.sort_key else ()
        ),
        "BillingMode": "PAY_PER_REQUEST",
    }
    if table.mode.kind is not ModeKind.ON_DEMAND:
        create_table["BillingMode"] = "PROVISIONED"
        create_table["ProvisionedThroughput"] = throughput(table.mode)
    if table.mode.is_capped:
        create_table["OnDemandThroughput"] = on_demand_maximum(table.mode)
    if table.mode.is_warmed:
        create_table["WarmThroughput"] = warm_throughput(table.mode)
    local = [index_parameters(table, index) for index in table.indexes if index.is_local]
    other = [index_parameters(table, index) for index in table.indexes if not index.is_local]
    if local:
        create_table["LocalSecondaryIndexes"] = local
    if other:
        create_table["GlobalSecondaryIndexes"] = other
    if table.vector_indexes:
        create_table["VectorIndexes"] = [
            vector_index_parameters(model, table, index) for index in table.vector_indexes
        ]
    if table.infrequent_access:
        create_table["TableClass"] = "STANDARD_INFREQUENT_ACCESS"
    if table.stream is not None:
        create_table["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": table.stream.upper().replace("-", "_"),
        }
    if table.deletion_protection:
        create_table["DeletionProtectionEnabled"] = True
    if tags:
        create_table["Tags"] = [{"Key": key, "Value": value} for key, value in tags]
    return create_table
