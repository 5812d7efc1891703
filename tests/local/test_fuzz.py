"""Whatever arrives: never a traceback, a 500 or a hang, and a refused request writes nothing."""

import json
import random
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.local import operations
from tablewright.local.database import Database
from tablewright.local.faults import Fault
from tablewright.local.server import in_background

TABLE = {
    "TableName": "Ttt",
    "AttributeDefinitions": [
        {"AttributeName": "k", "AttributeType": "S"},
        {"AttributeName": "g", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "ggg",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
WORDS = """
TableName Item Key Keys k g S N B SS NS BS L M BOOL NULL Expected Exists Value
ComparisonOperator AttributeValueList UpdateExpression ConditionExpression FilterExpression
KeyConditionExpression ProjectionExpression ExpressionAttributeNames ExpressionAttributeValues
:v #n RequestItems PutRequest DeleteRequest TransactItems Put Update Delete ConditionCheck Get
AttributeUpdates Action KeyConditions QueryFilter ScanFilter AttributesToGet Limit Select
IndexName Segment TotalSegments ExclusiveStartKey ReturnValues ReturnConsumedCapacity
AttributeDefinitions KeySchema AttributeName AttributeType KeyType BillingMode
GlobalSecondaryIndexes LocalSecondaryIndexes Projection ProjectionType NonKeyAttributes
ProvisionedThroughput Statement Parameters Statements TransactStatements ClientRequestToken
TimeToLiveSpecification Enabled StreamSpecification Tags ResourceArn StreamArn ShardIterator
BackupName BackupArn
"""
SHORT = """
Ttt ggg k S N a EQ BETWEEN IN HASH RANGE ALL KEYS_ONLY INCLUDE COUNT ALL_OLD ALL_NEW
PAY_PER_REQUEST PROVISIONED PUT ADD DELETE TOTAL INDEXES 1 -1 1e200 aGk= k=:v k SET
"""
NAMES = st.sampled_from(WORDS.split())
TEXTS = st.sampled_from(
    [
        *SHORT.split(),
        "",
        "SET a = :v",
        "SET a = list_append(a, :v), b[0] = a.b",
        "REMOVE a, b[1]",
        "k = :v AND begins_with(g, :v)",
        "attribute_exists(k) AND NOT (g IN (:v, :v))",
        "SELECT * FROM Ttt WHERE k = 'a'",
        "UPDATE Ttt SET a = ? WHERE k = ?",
        "INSERT INTO Ttt VALUE {'k': ?}",
        "((((",
        "\x00",
        "é😀",
    ]
)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
        st.text(max_size=10),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(NAMES, st.text(max_size=5)), inner, max_size=6),
    ),
    max_leaves=25,
)
GOOD = {
    "PutItem": {"TableName": "Ttt", "Item": {"k": {"S": "b"}, "g": {"N": "1"}}},
    "GetItem": {"TableName": "Ttt", "Key": {"k": {"S": "a"}}, "ProjectionExpression": "k, x.y[0]"},
    "UpdateItem": {
        "TableName": "Ttt",
        "Key": {"k": {"S": "a"}},
        "UpdateExpression": "SET x = if_not_exists(x, :v) + :v REMOVE y ADD z :v",
        "ConditionExpression": "attribute_exists(k) OR size(x) > :v",
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    },
    "DeleteItem": {"TableName": "Ttt", "Key": {"k": {"S": "nobody"}}},
    "Query": {
        "TableName": "Ttt",
        "IndexName": "ggg",
        "KeyConditionExpression": "#g = :g",
        "FilterExpression": "contains(x, :g)",
        "ExpressionAttributeNames": {"#g": "g"},
        "ExpressionAttributeValues": {":g": {"N": "1"}},
        "Limit": 5,
        "ExclusiveStartKey": {"k": {"S": "a"}, "g": {"N": "1"}},
    },
    "Scan": {"TableName": "Ttt", "Segment": 0, "TotalSegments": 3, "Select": "COUNT"},
    "BatchWriteItem": {"RequestItems": {"Ttt": [{"PutRequest": {"Item": {"k": {"S": "c"}}}}]}},
    "BatchGetItem": {"RequestItems": {"Ttt": {"Keys": [{"k": {"S": "a"}}]}}},
    "TransactWriteItems": {
        "TransactItems": [
            {"Put": {"TableName": "Ttt", "Item": {"k": {"S": "d"}}}},
            {
                "ConditionCheck": {
                    "TableName": "Ttt",
                    "Key": {"k": {"S": "a"}},
                    "ConditionExpression": "attribute_exists(k)",
                }
            },
        ],
        "ClientRequestToken": "t",
    },
    "TransactGetItems": {
        "TransactItems": [{"Get": {"TableName": "Ttt", "Key": {"k": {"S": "a"}}}}]
    },
    "CreateTable": {**TABLE, "TableName": "New"},
    "UpdateTable": {"TableName": "Ttt", "BillingMode": "PAY_PER_REQUEST"},
    "ExecuteStatement": {"Statement": "SELECT * FROM Ttt WHERE k = ?", "Parameters": [{"S": "a"}]},
}


def prepared():
    database = Database()
    database.call("CreateTable", TABLE)
    database.call("PutItem", {"TableName": "Ttt", "Item": {"k": {"S": "a"}, "g": {"N": "1"}}})
    return database


def content(database):
    return (
        database.call("ListTables", {}),
        database.call("Scan", {"TableName": "Ttt"}),
        database.call("Scan", {"TableName": "Ttt", "IndexName": "ggg"}),
    )


def check(database, operation, body):
    """Send a body; it is answered, or refused by a 400 that leaves everything as it was."""
    before = content(database)
    try:
        json.loads(database.call_raw(operation, body))
    except Fault as fault:
        refused = fault
    else:
        return True
    assert refused.status == 400, refused.__cause__ or refused
    json.dumps(refused.body())
    assert content(database) == before
    return False


@given(operation=st.sampled_from([*operations.names(), "Nonsense"]), body=JSON)
@settings(deadline=None)
def test_a_body_of_any_form_is_answered_or_refused(operation, body):
    with prepared() as database:
        if operation != "DeleteTable" or body != {"TableName": "Ttt"}:
            check(database, operation, json.dumps(body).encode())


@given(
    operation=st.sampled_from(sorted(set(GOOD) & set(operations.names()))),
    seed=st.integers(0, 2**32),
)
@settings(deadline=None, max_examples=300)
def test_a_good_request_with_parts_replaced_is_answered_or_refused(operation, seed):
    chance = random.Random(seed)
    body = mutated(GOOD[operation], chance)
    with prepared() as database:
        check(database, operation, json.dumps(body).encode())


def test_a_limit_beyond_any_integer_is_cut_to_the_largest():
    with prepared() as database:
        assert check(database, "Scan", b'{"TableName": "Ttt", "Limit": 1180591620717411303424}')


ODD = [None, True, 0, -1, 2**70, 1.5, "", "x", "Ttt", ":g", "#g", [], {}, [None], {"S": "a"},
       {"N": "x"}, {"N": "1e999"}, {"B": "!"}, {"SS": []}, {"L": [{}]}, {"M": {"": {}}}, "k = :g",
       "SET a = :v", {"NULL": False}, "\ud800", "a" * 300]  # fmt: skip


def mutated(value, chance):
    """Return a copy with about one part replaced, removed or doubled."""
    if chance.random() < 0.12:
        return chance.choice(ODD)
    if isinstance(value, dict):
        made = {n: mutated(v, chance) for n, v in value.items() if chance.random() > 0.05}
        if chance.random() < 0.08:
            made[chance.choice(["x", "IndexName", "Limit", "ConditionalOperator"])] = chance.choice(
                ODD
            )
        return made
    if isinstance(value, list):
        return [mutated(v, chance) for v in value] * chance.choice([1, 1, 1, 0, 2])
    if isinstance(value, str) and chance.random() < 0.2:
        at = chance.randrange(len(value) + 1)
        return (
            value[:at]
            + chance.choice(["(", ")", " AND ", ".", "[", "0", ",", "é", "\x00"])
            + value[at:]
        )
    return value


@given(body=st.binary(max_size=200), operation=st.sampled_from(["GetItem", "PutItem", "Query"]))
@settings(deadline=None)
def test_bytes_that_are_no_json_are_refused(operation, body):
    with prepared() as database:
        check(database, operation, body)


@pytest.fixture(scope="module")
def server():
    with Database() as database, in_background(database) as running:
        yield running


@given(noise=st.binary(min_size=1, max_size=300))
@settings(deadline=None, max_examples=60)
def test_bytes_on_a_connection_never_stop_the_server(server, noise):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    asked = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(asked)
        assert connection.recv(20).startswith(b"HTTP/1.1 200")


@given(
    head=st.lists(
        st.sampled_from(
            [
                "Content-Length: 2",
                "Content-Length: 999999999999999999999",
                "Content-Length: -1",
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: gzip, chunked",
                "Host: localhost",
                "Host:",
                "X-Amz-Target: DynamoDB_20120810.ListTables",
                "X-Amz-Target: DynamoDB_20120810.",
                "X-Amz-Target: é",
                "Content-Type: application/x-amz-json-1.0",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Expect: 100-continue",
                "Origin: null",
                ": no name",
            ]
        ),
        max_size=8,
    ),
    method=st.sampled_from(["POST", "GET", "PUT", "HEAD", "OPTIONS", "DELETE", "CONNECT", "X"]),
    path=st.sampled_from(["/", "/_tablewright/bill", "/_tablewright/realism", "//", "*", "/%00"]),
)
@settings(deadline=None, max_examples=80)
def test_odd_headers_get_an_answer_and_never_a_500(server, head, method, path):
    asked = "\r\n".join([f"{method} {path} HTTP/1.1", *head, "", ""]).encode() + b"{}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(asked)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert b" 500 " not in answer.partition(b"\r\n")[0]
