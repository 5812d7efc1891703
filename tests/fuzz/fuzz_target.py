"""Inputs for the local engine, drawn from a seed: each is answered or refused, never a 500.

    python tests/fuzz/fuzz_target.py --inputs 1000000 --seed 1     all of them in this process
    python tests/fuzz/fuzz_target.py --seed 7 --only 1234          one input again, shown

Four kinds of input: request bodies (good ones with parts replaced, and bytes that are no JSON),
expressions, PartiQL statements, and bytes on a socket. An input depends on the seed and its number
alone, so a failure can be repeated by both; the state of the database depends on those before it.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from tablewright.local import operations
from tablewright.local.database import Database
from tablewright.local.faults import Fault
from tablewright.local.server import in_background

FRESH_EVERY = 2_000
"""Inputs after which the database begins again, so that it stays small."""

SOCKET_SHARE = 0.02

TABLE = {
    "TableName": "Ttt",
    "AttributeDefinitions": [
        {"AttributeName": "k", "AttributeType": "S"},
        {"AttributeName": "n", "AttributeType": "N"},
        {"AttributeName": "g", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "k", "KeyType": "HASH"},
        {"AttributeName": "n", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "ggg",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "VectorIndexes": [
        {
            "IndexName": "vvv",
            "VectorAttribute": {"AttributeName": "v"},
            "Dimensions": 2,
            "DistanceFunction": "COSINE",
            "Projection": {"ProjectionType": "ALL"},
            "SearchSchema": [{"AttributeName": "g", "SearchSchemaElementType": "INLINE_FILTER"}],
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}
KEY = {"k": {"S": "a"}, "n": {"N": "1"}}
ITEM = {
    **KEY,
    "g": {"S": "x"},
    "v": {"L": [{"N": "1"}, {"N": "0.5"}]},
    "m": {"M": {"a": {"L": [{"N": "1"}, {"S": "two"}]}}},
    "s": {"SS": ["a", "b"]},
}
NAMES = {"#g": "g", "#m": "m"}
VALUES = {":a": {"S": "a"}, ":n": {"N": "1"}, ":s": {"SS": ["a"]}, ":l": {"L": []}}

REQUESTS: dict[str, dict[str, Any]] = {
    "PutItem": {"TableName": "Ttt", "Item": ITEM, "ReturnValues": "ALL_OLD"},
    "GetItem": {"TableName": "Ttt", "Key": KEY, "ProjectionExpression": "k, m.a[0]"},
    "DeleteItem": {"TableName": "Ttt", "Key": KEY, "ReturnConsumedCapacity": "INDEXES"},
    "UpdateItem": {
        "TableName": "Ttt",
        "Key": KEY,
        "AttributeUpdates": {"c": {"Action": "ADD", "Value": {"N": "1"}}},
        "Expected": {"k": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
    },
    "Query": {
        "TableName": "Ttt",
        "KeyConditions": {"k": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
        "Limit": 3,
        "ExclusiveStartKey": KEY,
    },
    "Scan": {"TableName": "Ttt", "IndexName": "ggg", "Segment": 0, "TotalSegments": 2},
    "BatchWriteItem": {
        "RequestItems": {"Ttt": [{"PutRequest": {"Item": ITEM}}]},
        "ReturnConsumedCapacity": "TOTAL",
    },
    "BatchGetItem": {"RequestItems": {"Ttt": {"Keys": [KEY], "ProjectionExpression": "g"}}},
    "TransactWriteItems": {
        "TransactItems": [
            {"Put": {"TableName": "Ttt", "Item": ITEM}},
            {
                "ConditionCheck": {
                    "TableName": "Ttt",
                    "Key": {"k": {"S": "b"}, "n": {"N": "2"}},
                    "ConditionExpression": "attribute_not_exists(k)",
                }
            },
        ],
        "ClientRequestToken": "token",
    },
    "TransactGetItems": {"TransactItems": [{"Get": {"TableName": "Ttt", "Key": KEY}}]},
    "SearchVectors": {
        "TableName": "Ttt",
        "IndexName": "vvv",
        "SearchVector": [{"N": "1"}, {"N": "0"}],
        "TopK": 3,
        "SearchConditionExpression": "g = :a",
        "ExpressionAttributeValues": {":a": {"S": "x"}},
    },
    "CreateTable": {**TABLE, "TableName": "New"},
    "UpdateTable": {
        "TableName": "Ttt",
        "VectorIndexUpdates": [{"Delete": {"IndexName": "no such"}}],
        "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}],
    },
    "StartBulkPutItems": {
        "TableName": "Ttt",
        "ClientToken": "t",
        "MaxWriteRequestUnits": 1024,
        "InputS3Configuration": {
            "S3Bucket": "files",
            "S3KeyPrefix": "in/",
            "InputFormat": "ION",
            "InputCompressionType": "ZSTD",
        },
        "OutputS3Configuration": {"S3Bucket": "out", "S3KeyPrefix": "r", "OutputType": ["ERROR"]},
    },
    "DescribeBulkOperation": {"BulkOperationArn": "arn:aws:dynamodb:us-east-1:000000000000:x"},
    "CancelBulkOperation": {"BulkOperationArn": "arn:aws:dynamodb:us-east-1:000000000000:x"},
    "ListBulkOperations": {"MaxResults": 2, "NextToken": "0000000000000001"},
    "DescribeTable": {"TableName": "Ttt"},
    "ListTables": {"Limit": 1, "ExclusiveStartTableName": "A"},
    "UpdateTimeToLive": {
        "TableName": "Ttt",
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"},
    },
    "TagResource": {
        "ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Ttt",
        "Tags": [{"Key": "a", "Value": "b"}],
    },
    "ListStreams": {"TableName": "Ttt", "Limit": 1},
    "GetRecords": {"ShardIterator": "x", "Limit": 1},
    "BatchExecuteStatement": {"Statements": [{"Statement": "SELECT * FROM Ttt WHERE k='a'"}]},
    "ExecuteTransaction": {"TransactStatements": [{"Statement": "SELECT * FROM Ttt"}]},
}

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1.5, 1e308, "", "x", "Ttt", "vvv", ":a", "#g", [], {}, [None],
    {"S": "a"}, {"N": "x"}, {"N": "1e999"}, {"N": "1e-130"}, {"B": "!"}, {"B": "aGk="}, {"SS": []},
    {"NS": ["1", "1.0"]}, {"L": [{}]}, {"M": {"": {}}}, {"NULL": False}, "k = :a", "SET c = :n",
    "\ud800", "\x00", "a" * 300, "INDEXES", "arn:aws:dynamodb:us-east-1:0:table/Ttt",
)  # fmt: skip

WORDS_TEXT = r"""
k n g m s v #g #m :a :n :s :l m.a m.a[0] m.a[99] a[0] AND OR NOT IN BETWEEN ( ) , = <> < <= >
>= + - . [ ] attribute_exists( attribute_not_exists( attribute_type( begins_with( contains(
size( if_not_exists( list_append( SET REMOVE ADD DELETE size 0 1 99999999999 é # : and 'a' "k" data
"""
WORDS = (*WORDS_TEXT.split(), "\x00")
EXPRESSIONS = (
    ("UpdateItem", "ConditionExpression", "attribute_exists(k) AND (n > :n OR contains(s, :a))"),
    ("UpdateItem", "UpdateExpression", "SET #g = if_not_exists(#g, :a), m.a[1] = :n REMOVE s"),
    ("UpdateItem", "UpdateExpression", "ADD c :n DELETE s :s"),
    ("PutItem", "ConditionExpression", "size(m.a) BETWEEN :n AND :n OR NOT k IN (:a, #g)"),
    ("Query", "KeyConditionExpression", "k = :a AND n BETWEEN :n AND :n"),
    ("Query", "FilterExpression", "begins_with(#g, :a) AND attribute_type(#m, :a)"),
    ("Scan", "FilterExpression", "#g <> :a OR n <= :n"),
    ("GetItem", "ProjectionExpression", "#m.a[0], k, s"),
    ("SearchVectors", "SearchConditionExpression", "#g = :a"),
)
STATEMENTS = (
    "SELECT * FROM Ttt WHERE k = ? AND n > 1",
    "SELECT k, m.a[0] FROM \"Ttt\".\"ggg\" WHERE g IN ['x', 'y'] ORDER BY k DESC",
    "INSERT INTO Ttt VALUE {'k': 'a', 'n': 1, 'm': {'a': [1, 'two', <<1, 2>>]}}",
    "UPDATE Ttt SET c = list_append(c, [1]) REMOVE s WHERE k = 'a' AND n = 1 RETURNING ALL NEW *",
    "DELETE FROM Ttt WHERE k = 'a' AND n = 1 RETURNING ALL OLD *",
    "UPDATE Ttt SET c = 1 WHERE k = 'a' AND n = 1 RETURNING",
    "EXISTS(SELECT * FROM Ttt WHERE k = 'a' AND n = 1 AND attribute_type(g, 'S'))",
)
SQL_WORDS_TEXT = r"""
SELECT INSERT UPDATE DELETE FROM INTO VALUE WHERE SET REMOVE RETURNING ALL OLD NEW * AND OR NOT
IN IS MISSING NULL BETWEEN ORDER BY EXISTS ( ) [ ] { } << >> , . : = <> < > ? 'a' "Ttt" k n g 1
1.5e3 -1 true false -- /* */ ' " ` é size( begins_with( ;
"""
SQL_WORDS = (*SQL_WORDS_TEXT.split(), "\x00")
HEADS = (
    b"POST / HTTP/1.1", b"GET /_tablewright/bill HTTP/1.1", b"Host: localhost",
    b"X-Amz-Target: DynamoDB_20120810.ListTables", b"Content-Length: 2", b"Content-Length: -1",
    b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Connection: close",
    b"Content-Type: application/x-amz-json-1.0", b"Expect: 100-continue", b"Host:", b": none",
    b"Content-Encoding: gzip", b"Accept-Encoding: gzip", b"X-Amz-Target: \xff\xfe",
    b"Authorization: AWS4-HMAC-SHA256 Credential=/", b"Upgrade: websocket", b"\x00\x01\x02",
    b"GET / HTTP/9.9", b"PUT /_tablewright/realism HTTP/1.1", b"OPTIONS * HTTP/1.1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """An input: an operation with a body, or bytes for a socket."""

    operation: str | None
    body: bytes


def input_of(seed: int, number: int) -> Input:
    """Return an input; the same seed and number give the same."""
    chance = random.Random(f"{seed}/{number}")
    draw = chance.random()
    if draw < SOCKET_SHARE:
        return Input(None, _socket_bytes(chance))
    if draw < 0.35:
        return _expression(chance)
    if draw < 0.55:
        return _statement(chance)
    return _body(chance)


def _body(chance: random.Random) -> Input:
    operation = chance.choice(_OPERATIONS)
    request = REQUESTS.get(operation) or {"TableName": "Ttt"}
    text = json.dumps(_mutated(request, chance)).encode()
    if chance.random() < 0.1:
        return Input(operation, _damaged(text, chance))
    return Input(operation, text)


_OPERATIONS = tuple(sorted({*operations.names(), "Nonsense"} - {"DeleteTable"}))


def _mutated(value: Any, chance: random.Random, rate: float = 0.08) -> Any:
    """Return a copy with about one part replaced, removed or doubled."""
    if chance.random() < rate:
        return chance.choice(ODD)
    if isinstance(value, dict):
        copy = {
            name: _mutated(part, chance, rate)
            for name, part in value.items()
            if chance.random() > rate / 2
        }
        if chance.random() < rate:
            copy[chance.choice(("x", "IndexName", "Limit", "Select", "N"))] = chance.choice(ODD)
        return copy
    if isinstance(value, list):
        return [_mutated(part, chance, rate) for part in value] * chance.choice((1, 1, 1, 0, 2))
    return value


def _damaged(text: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(text) + 1)
    noise = chance.choice((b"", b"\xff", b"{", b"}", b'"', b"\\u00", b"1e9999", b"[" * 2_000))
    return text[:place] + noise + text[place + chance.randrange(8) :]


def _words(text: str, words: tuple[str, ...], chance: random.Random) -> str:
    """Return a text with words replaced, removed, doubled or inserted."""
    parts = text.split(" ")
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        place = chance.randrange(len(parts) + 1)
        change = chance.random()
        if change < 0.5:
            parts.insert(place, chance.choice(words))
        elif change < 0.8 and place < len(parts):
            parts[place] = chance.choice(words)
        elif len(parts) > 1 and place < len(parts):
            del parts[place]
    if chance.random() < 0.01:
        parts = parts * chance.choice((2, 40, 300))
    return chance.choice((" ", " ", " ", "")).join(parts)


def _expression(chance: random.Random) -> Input:
    operation, parameter, text = chance.choice(EXPRESSIONS)
    request = {**REQUESTS[operation]}
    for name in ("AttributeUpdates", "Expected", "KeyConditions", "ExclusiveStartKey"):
        request.pop(name, None)
    request[parameter] = _words(text, WORDS, chance)
    if operation == "Query" and parameter != "KeyConditionExpression":
        request["KeyConditionExpression"] = "k = :a"
    used = f"{request.get('KeyConditionExpression', '')} {request[parameter]}"
    everything = chance.random() < 0.1
    names = {name: path for name, path in NAMES.items() if everything or name in used}
    values = {name: value for name, value in VALUES.items() if everything or name in used}
    for name, drawn in (("Names", names), ("Values", values)):
        request.pop(f"ExpressionAttribute{name}", None)
        if drawn and chance.random() > 0.02:
            request[f"ExpressionAttribute{name}"] = drawn
    return Input(operation, json.dumps(request).encode())


def _statement(chance: random.Random) -> Input:
    text = _words(chance.choice(STATEMENTS), SQL_WORDS, chance)
    request: dict[str, Any] = {"Statement": text}
    if "?" in text or chance.random() < 0.1:
        request["Parameters"] = [chance.choice(tuple(VALUES.values()))] * text.count("?")
    if chance.random() < 0.2:
        return Input("BatchExecuteStatement", json.dumps({"Statements": [request] * 2}).encode())
    if chance.random() < 0.2:
        return Input("ExecuteTransaction", json.dumps({"TransactStatements": [request]}).encode())
    return Input("ExecuteStatement", json.dumps(request).encode())


def _socket_bytes(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(1, 300))
    lines = [chance.choice(HEADS[:2]), *chance.choices(HEADS, k=chance.randrange(8))]
    body = chance.choice(
        (b"{}", b"", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b" + b"\x00" * 20)
    )
    text = b"\r\n".join([*lines, b"", b""]) + body
    if chance.random() < 0.2:
        text = _damaged(text, chance)
    return text * chance.choice((1, 1, 1, 2))


# -- running ------------------------------------------------------------------------------------


class Target:
    """A database and a server that take inputs; what should not happen is an AssertionError."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._database: Database
        self._port = 0
        self.refused = 0
        self.answered = 0

    def fresh(self) -> None:
        """Begin again with a small database and a new server."""
        self._stack.close()
        self._database = self._stack.enter_context(Database())
        self._database.call("CreateTable", TABLE)
        self._database.call("PutItem", {"TableName": "Ttt", "Item": ITEM})
        self._port = self._stack.enter_context(in_background(self._database)).port

    def close(self) -> None:
        self._stack.close()

    def take(self, drawn: Input) -> None:
        """Send an input and check what comes back.

        Raises:
            AssertionError: an answer that is no JSON, a status of 500, a traceback in a message, or
                a server that answers no more.
        """
        if drawn.operation is None:
            self._send(drawn.body)
            return
        fault = None
        try:
            json.loads(self._database.call_raw(drawn.operation, drawn.body))
        except Fault as refusal:
            fault = refusal
        if fault is None:
            self.answered += 1
            return
        self.refused += 1
        text = json.dumps(fault.body())
        assert fault.status == 400, f"{fault.status} {text}: {fault.__cause__!r}"
        assert "Traceback" not in text, text

    def _send(self, text: bytes) -> None:
        reply = self._exchange(text)
        status = reply.partition(b"\r\n")[0]
        assert b" 500 " not in status, reply[:500]
        assert b"Traceback" not in reply, reply[:500]
        self.refused += 1
        alive = self._exchange(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert alive.startswith(b"HTTP/1.1 200"), alive[:200]

    def _exchange(self, text: bytes) -> bytes:
        address = ("127.0.0.1", self._port)
        with socket.create_connection(address, timeout=10) as connection:
            try:
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                reply = b""
                while data := connection.recv(65536):
                    reply += data
            except (ConnectionResetError, BrokenPipeError):
                return b""  # refused before all was read
        return reply


def run(
    inputs: int, seed: int, *, first: int = 0, report: Callable[[int], object] = lambda _: None
) -> Target:
    """Send inputs by their numbers.

    Raises:
        AssertionError: it names the seed and the number of the input.
    """
    target = Target()
    try:
        for count, number in enumerate(range(first, first + inputs)):
            if count % FRESH_EVERY == 0:
                target.fresh()
                report(count)
            drawn = input_of(seed, number)
            try:
                target.take(drawn)
            except Exception as problem:
                raise AssertionError(
                    f"seed {seed}, input {number}: {drawn.operation} {drawn.body!r}: {problem!r}"
                ) from problem
    finally:
        target.close()
    return target


def _progress(inputs: int) -> Callable[[int], None]:
    def report(count: int) -> None:
        sys.stderr.write(f"\r{count:,} of {inputs:,}")

    return report


def inputs_shown(seed: int, number: int) -> Iterator[str]:
    """Yield the lines that show one input."""
    drawn = input_of(seed, number)
    yield f"{drawn.operation or 'bytes on a socket'}"
    yield repr(drawn.body)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--inputs", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", type=int, default=0, help="number of the first input")
    options.add_argument("--only", type=int, help="show one input and send it")
    chosen = options.parse_args()
    if chosen.only is not None:
        sys.stdout.write("\n".join([*inputs_shown(chosen.seed, chosen.only), ""]))
        run(1, chosen.seed, first=chosen.only)
        return
    target = run(chosen.inputs, chosen.seed, first=chosen.first, report=_progress(chosen.inputs))
    sys.stdout.write(
        f"\n{target.answered:,} answered, {target.refused:,} refused, no 500 and no traceback\n"
    )


if __name__ == "__main__":
    main()
