"""Requests about a table with vector indexes, shared by the tests of vector search."""

from __future__ import annotations

from typing import Any

from tablewright.local.database import Database

TABLE = "things"


def vec(*components: Any) -> list[dict[str, str]]:
    return [{"N": str(component)} for component in components]


def vector_index(name: str = "plain", **changes: Any) -> dict[str, Any]:
    index = {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": "embedding"},
        "Dimensions": 3,
        "DistanceFunction": "COSINE",
        "Projection": {"ProjectionType": "ALL"},
    }
    return {key: value for key, value in (index | changes).items() if value is not None}


def schema(hash_key: str | None = None, *filters: str) -> list[dict[str, str]]:
    partition = [] if hash_key is None else [(hash_key, "HASH")]
    pairs = [*partition, *((name, "INLINE_FILTER") for name in filters)]
    return [{"AttributeName": name, "SearchSchemaElementType": kind} for name, kind in pairs]


def table_request(*indexes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    names = {"pk": "S"}
    for index in indexes:
        for element in index.get("SearchSchema") or ():
            names.setdefault(element["AttributeName"], "S")
    request: dict[str, Any] = {
        "TableName": TABLE,
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in names.items()
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes:
        request["VectorIndexes"] = list(indexes)
    return request | changes


def create(db: Database, *indexes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return db.call("CreateTable", table_request(*indexes, **changes))["TableDescription"]


def put(db: Database, pk: str, *components: Any, **attributes: str) -> dict[str, Any]:
    item: dict[str, Any] = {"pk": {"S": pk}}
    item |= {name: {"S": text} for name, text in attributes.items()}
    if components:
        item["embedding"] = {"L": vec(*components)}
    return db.call(
        "PutItem", {"TableName": TABLE, "Item": item, "ReturnConsumedCapacity": "INDEXES"}
    )


def written(reply: dict[str, Any]) -> dict[str, float]:
    """Return the bytes charged by vector index."""
    indexes = reply["ConsumedCapacity"].get("VectorIndexes", {})
    return {name: charged["VectorWriteRequestBytes"] for name, charged in indexes.items()}


def search(db: Database, *components: Any, k: int = 10, index: str = "plain", **more: Any) -> Any:
    request = {
        "TableName": TABLE,
        "IndexName": index,
        "SearchVector": vec(*components),
        "TopK": k,
    }
    return db.call("SearchVectors", request | more)


def keys_and_scores(reply: dict[str, Any]) -> list[tuple[str, float]]:
    return [(result["Item"]["pk"]["S"], result["Score"]) for result in reply["SearchResults"]]


def described(db: Database) -> dict[str, Any]:
    return db.call("DescribeTable", {"TableName": TABLE})["Table"]


def update(db: Database, **changes: Any) -> dict[str, Any]:
    return db.call("UpdateTable", {"TableName": TABLE} | changes)
