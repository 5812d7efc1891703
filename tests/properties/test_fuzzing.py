"""Requests bent out of shape: every answer is a reply or a fault of the service, never our bug."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_requests import create, index, n, pages, put, s
from tablewright.local import operations
from tablewright.local.database import Database
from tablewright.local.faults import Fault

KEY = {"pk": s("a"), "sk": n(1)}
ITEM = {**KEY, "g": s("x"), "list": {"L": [n(1)]}, "set": {"SS": ["a"]}, "map": {"M": {"k": n(2)}}}
VALUES = {":v": n(1), ":p": s("a")}
TABLE = {"TableName": "items"}

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    (
        "PutItem",
        {
            **TABLE,
            "Item": ITEM,
            "ConditionExpression": "g = :p OR size(map) > :v",
            "ExpressionAttributeValues": VALUES,
            "ReturnValues": "ALL_OLD",
            "ReturnConsumedCapacity": "INDEXES",
            "ReturnItemCollectionMetrics": "SIZE",
        },
    ),
    ("PutItem", {**TABLE, "Item": ITEM, "Expected": {"g": {"Value": s("x"), "Exists": True}}}),
    (
        "GetItem",
        {
            **TABLE,
            "Key": KEY,
            "ProjectionExpression": "#m.k, list[0]",
            "ExpressionAttributeNames": {"#m": "map"},
            "ConsistentRead": True,
        },
    ),
    ("GetItem", {**TABLE, "Key": KEY, "AttributesToGet": ["g"]}),
    (
        "UpdateItem",
        {
            **TABLE,
            "Key": KEY,
            "UpdateExpression": "SET #m.k = #m.k + :v, g = :p REMOVE list[0] ADD n :v",
            "ExpressionAttributeNames": {"#m": "map"},
            "ExpressionAttributeValues": VALUES,
            "ReturnValues": "UPDATED_NEW",
        },
    ),
    (
        "UpdateItem",
        {**TABLE, "Key": KEY, "AttributeUpdates": {"n": {"Action": "ADD", "Value": n(1)}}},
    ),
    ("DeleteItem", {**TABLE, "Key": KEY, "ReturnValues": "ALL_OLD"}),
    (
        "Query",
        {
            **TABLE,
            "KeyConditionExpression": "pk = :p AND sk >= :v",
            "FilterExpression": "attribute_exists(g)",
            "ExpressionAttributeValues": VALUES,
            "ExclusiveStartKey": KEY,
            "Limit": 2,
            "ScanIndexForward": False,
            "Select": "ALL_ATTRIBUTES",
        },
    ),
    (
        "Query",
        {
            **TABLE,
            "IndexName": "gsi",
            "KeyConditions": {
                "g": {"ComparisonOperator": "EQ", "AttributeValueList": [s("x")]},
            },
        },
    ),
    (
        "Scan",
        {
            **TABLE,
            "IndexName": "lsi",
            "Segment": 0,
            "TotalSegments": 2,
            "ScanFilter": {
                "g": {"ComparisonOperator": "IN", "AttributeValueList": [s("x"), s("y")]}
            },
            "ReturnConsumedCapacity": "TOTAL",
        },
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"items": {"Keys": [KEY], "ProjectionExpression": "g"}}},
    ),
    (
        "BatchWriteItem",
        {
            "RequestItems": {
                "items": [
                    {"PutRequest": {"Item": ITEM}},
                    {"DeleteRequest": {"Key": {"pk": s("a"), "sk": n(2)}}},
                ]
            }
        },
    ),
    ("TransactGetItems", {"TransactItems": [{"Get": {**TABLE, "Key": KEY}}]}),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {**TABLE, "Item": ITEM}},
                {
                    "Update": {
                        **TABLE,
                        "Key": {"pk": s("a"), "sk": n(2)},
                        "UpdateExpression": "ADD n :v",
                        "ExpressionAttributeValues": {":v": n(1)},
                    }
                },
                {
                    "ConditionCheck": {
                        **TABLE,
                        "Key": {"pk": s("a"), "sk": n(3)},
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
            ],
            "ClientRequestToken": "token",
            "ReturnConsumedCapacity": "INDEXES",
        },
    ),
    (
        "CreateTable",
        {
            "TableName": "other",
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": "a", "AttributeType": "S"},
                {"AttributeName": "b", "AttributeType": "N"},
            ],
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            "GlobalSecondaryIndexes": [
                {
                    **index("gsi", "b", projection=["x"]),
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                }
            ],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    ),
    (
        "UpdateTable",
        {
            **TABLE,
            "AttributeDefinitions": [{"AttributeName": "new", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": index("added", "new")}],
            "DeletionProtectionEnabled": False,
        },
    ),
    ("DescribeTable", TABLE),
    ("ListTables", {"Limit": 1, "ExclusiveStartTableName": "aaa"}),
    (
        "UpdateTimeToLive",
        {**TABLE, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}},
    ),
    (
        "ExecuteStatement",
        {"Statement": "SELECT * FROM items WHERE pk = ?", "Parameters": [s("a")], "Limit": 2},
    ),
    ("DeleteTable", {"TableName": "other"}),
]

scalars = st.sampled_from(
    [None, True, False, 0, -1, 1, 2**40, 1.5, "", "a", "items", "ALL_OLD", ":v", "#m", "1E400", "é"]
)
oddities = st.one_of(
    scalars,
    st.sampled_from(
        [[], {}, [None], {"S": "a"}, {"N": "x"}, {"S": None}, {"M": {"": {}}}, {"B": "a"}, [[]]]
    ),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(node, dict):
        for name, inner in node.items():
            found += places(inner, (*path, name))
    elif isinstance(node, list):
        for at, inner in enumerate(node):
            found += places(inner, (*path, at))
    return found


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


@st.composite
def bent(draw: st.DrawFn) -> tuple[str, Any]:
    """A valid request with some of its parts replaced, removed or moved."""
    operation, request = draw(st.sampled_from(REQUESTS))
    request = copy.deepcopy(request)
    for _ in range(draw(st.integers(1, 3))):
        known = places(request)
        if not known:
            break
        path = draw(st.sampled_from(known))
        holder, last = at(request, path[:-1]), path[-1]
        change = draw(st.sampled_from(["replace", "remove", "copy", "rename", "cut"]))
        if change == "replace":
            holder[last] = copy.deepcopy(draw(oddities))
        elif change == "remove":
            del holder[last]
        elif change == "copy":
            holder[last] = copy.deepcopy(at(request, draw(st.sampled_from(known))))
        elif change == "rename" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["", "x", "S", "TableName", ":v"]))] = holder.pop(last)
        elif change == "cut" and isinstance(holder[last], str):
            text = holder[last]
            start = draw(st.integers(0, len(text)))
            holder[last] = text[:start] + draw(st.sampled_from(["", "(", ".", " :v", "[0]", "#"]))
    return operation, request


@pytest.fixture(scope="module")
def db():
    with Database() as made:
        yield made


def prepare(db: Database) -> None:
    for name in db.call("ListTables", {})["TableNames"]:
        table = db.engine.table(name)
        table.definition.pop("DeletionProtectionEnabled", None)
        db.call("DeleteTable", {"TableName": name})
    create(
        db,
        keys="pk:S sk:N",
        others="g:S",
        gsi=[index("gsi", "g")],
        lsi=[index("lsi", "pk", "g")],
    )
    put(db, ITEM)


def refusal(db: Database, operation: str, body: bytes) -> Fault | None:
    """The fault a request ends with, None if it is answered. Both are JSON."""
    try:
        json.loads(db.call_raw(operation, body))
    except Fault as fault:
        json.dumps(fault.body())
        return fault
    return None


def stored(db: Database) -> str:
    """All the database holds, as text."""
    names = db.call("ListTables", {})["TableNames"]
    return json.dumps(
        [
            [db.call("DescribeTable", {"TableName": name}), pages(db, "Scan", {"TableName": name})]
            for name in names
        ],
        sort_keys=True,
    )


@settings(max_examples=300, deadline=None)
@given(bent())
def test_bent_requests_are_answered_or_refused_and_a_refusal_changes_nothing(db, request_):
    operation, request = request_
    prepare(db)
    before = stored(db)
    fault = refusal(db, operation, json.dumps(request).encode())
    if fault is not None:
        assert fault.status == 400, (fault.type_name, fault.message)
        assert stored(db) == before


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode), st.sampled_from(REQUESTS))
def test_bodies_that_are_no_requests_are_refused(db, body, request_):
    fault = refusal(db, request_[0], body)
    assert fault is None or fault.status == 400


@pytest.mark.parametrize("target", ["", "PutItem ", "putitem", "../x", "__init__", "Put_Item"])
def test_unknown_operations_are_refused(db, target):
    with pytest.raises(Fault) as caught:
        db.call_raw(target, b"{}")
    assert caught.value.code == "UnknownOperationException"


def test_every_operation_answers_an_empty_request(db):
    for operation in operations.names():
        fault = refusal(db, operation, b"{}")
        assert fault is None or fault.status == 400, (operation, fault.message)
