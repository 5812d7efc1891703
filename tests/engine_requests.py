"""Short ways to say requests to the local engine in tests."""

from __future__ import annotations

from typing import Any

from tablewright.local.database import Database


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: float | str) -> dict[str, str]:
    return {"N": str(number)}


def key_schema(names: list[str], kind: str = "HASH") -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name in names]


def index(
    name: str, partition: str | list[str], sort: str | list[str] = (), projection: Any = "ALL"
) -> dict[str, Any]:
    partitions = [partition] if isinstance(partition, str) else partition
    sorts = [sort] if isinstance(sort, str) else list(sort)
    if isinstance(projection, list):
        shown = {"ProjectionType": "INCLUDE", "NonKeyAttributes": projection}
    else:
        shown = {"ProjectionType": projection}
    return {
        "IndexName": name,
        "KeySchema": key_schema(partitions) + key_schema(sorts, "RANGE"),
        "Projection": shown,
    }


def create(
    db: Database,
    name: str = "items",
    *,
    keys: str = "pk:S",
    others: str = "",
    gsi: list[dict[str, Any]] | None = None,
    lsi: list[dict[str, Any]] | None = None,
    **more: Any,
) -> None:
    """Create a table; `keys` and `others` are "name:type name:type"."""
    given = [pair.split(":") for pair in (*keys.split(), *others.split())]
    names = [pair.split(":")[0] for pair in keys.split()]
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": key_schema(names[:1]) + key_schema(names[1:], "RANGE"),
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": kind} for attribute, kind in given
        ],
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }
    if gsi:
        request["GlobalSecondaryIndexes"] = gsi
    if lsi:
        request["LocalSecondaryIndexes"] = lsi
    db.call("CreateTable", request)


def put(db: Database, item: dict[str, Any], name: str = "items", **more: Any) -> dict[str, Any]:
    return db.call("PutItem", {"TableName": name, "Item": item, **more})


def get(db: Database, key: dict[str, Any], name: str = "items", **more: Any) -> Any:
    reply = db.call("GetItem", {"TableName": name, "Key": key, "ConsistentRead": True, **more})
    return reply.get("Item")


def pages(db: Database, operation: str, request: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """All pages of a Query or Scan."""
    out = []
    while True:
        reply = db.call(operation, request)
        out.append(reply["Items"])
        if "LastEvaluatedKey" not in reply:
            return out
        request = {**request, "ExclusiveStartKey": reply["LastEvaluatedKey"]}


def arms(reply: dict[str, Any]) -> dict[str, float]:
    """The units of a reply by arm: "table" and the name of each index."""
    consumed = reply["ConsumedCapacity"]
    if isinstance(consumed, list):
        (consumed,) = consumed
    out = {"table": consumed["Table"]["CapacityUnits"]}
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for name, units in consumed.get(member, {}).items():
            out[name] = units["CapacityUnits"]
    assert consumed["CapacityUnits"] == sum(out.values())
    return out
