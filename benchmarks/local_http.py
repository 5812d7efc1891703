"""The local engine over HTTP beside its peers: each alone, in turn, with the same lean client.

    python benchmarks/local_http.py [--seconds 2] [--rounds 3] [--engines a,b] [--rows x,y]

Prints operations a second for 1 and 16 connections in memory and on disk, p50 and p99, processor
time of the server for each operation (at 16; it depends least on what else the machine does),
memory at rest and under load, start-up time, and the ratios to DynamoDB Local and the best peer.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "scripts")]

import lean_client
import peers
from lean_client import Connection, request

PARTITIONS, IN_PARTITION = 200, 50  # 10,000 items, the size of the scan
FILLER = "x" * 940  # with keys and names an item has about one kilobyte
ENGINES = {engine.name: engine for engine in (*peers.ALL, *peers.IN_MEMORY_ONLY)}


def item(partition: int, number: int, group: int | None = None) -> dict[str, Any]:
    """Return an item of one kilobyte."""
    made = {
        "pk": {"S": f"user#{partition:08}"},
        "sk": {"S": f"order#{number:08}"},
        "cents": {"N": str(number % 997)},
        "active": {"BOOL": True},
        "data": {"S": FILLER},
    }
    if group is not None:
        made["grp"] = {"S": f"group#{group:08}"}
    return made


def create(connection: Connection) -> None:
    """Make the two tables: Plain has no index, Indexed has one that projects all."""
    keys = [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    types = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    shared = {"KeySchema": keys, "BillingMode": "PAY_PER_REQUEST"}
    connection.ask("CreateTable", {"TableName": "Plain", "AttributeDefinitions": types, **shared})
    index = {
        "IndexName": "by_group",
        "KeySchema": [
            {"AttributeName": "grp", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
    connection.ask(
        "CreateTable",
        {
            "TableName": "Indexed",
            "AttributeDefinitions": [*types, {"AttributeName": "grp", "AttributeType": "S"}],
            "GlobalSecondaryIndexes": [index],
            **shared,
        },
    )
    for name in ("Plain", "Indexed"):
        while (
            connection.ask("DescribeTable", {"TableName": name})["Table"]["TableStatus"] != "ACTIVE"
        ):
            pass


def load(connection: Connection) -> None:
    """Fill Indexed with ten thousand items, and Plain with the first of each partition."""
    everything = [
        {"PutRequest": {"Item": item(partition, number, group=partition)}}
        for partition in range(PARTITIONS)
        for number in range(IN_PARTITION)
    ]
    for start in range(0, len(everything), 25):
        batch = everything[start : start + 25]
        connection.ask("BatchWriteItem", {"RequestItems": {"Indexed": batch}})
    plain = [{"PutRequest": {"Item": item(partition, 0)}} for partition in range(PARTITIONS)]
    for start in range(0, len(plain), 25):
        batch = plain[start : start + 25]
        connection.ask("BatchWriteItem", {"RequestItems": {"Plain": batch}})


_UNIQUE = itertools.count(10_000_000)
_NUMBER = 12_345_678  # stands for a fresh partition in a request built ahead; as long as they are


def template(operation: str, body: Any) -> bytes:
    """Return a request in which each `_NUMBER` is a place for a fresh number."""
    return request(operation, body).replace(b"%", b"%%").replace(b"%d" % _NUMBER, b"%d")


def fresh(template: bytes, count: int) -> Iterator[bytes]:
    """Yield the request again and again, with fresh numbers in its places."""
    while True:
        yield template % tuple(itertools.islice(_UNIQUE, count))


def puts(_: int) -> Iterator[bytes]:
    return fresh(template("PutItem", {"TableName": "Plain", "Item": item(_NUMBER, 0)}), 1)


def gets(offset: int) -> Iterator[bytes]:
    yield from itertools.cycle(
        request("GetItem", {"TableName": "Plain", "Key": {n: item(p, 0)[n] for n in ("pk", "sk")}})
        for p in _rotated(offset)
    )


def updates(offset: int) -> Iterator[bytes]:
    yield from itertools.cycle(
        request(
            "UpdateItem",
            {
                "TableName": "Plain",
                "Key": {n: item(p, 0)[n] for n in ("pk", "sk")},
                "UpdateExpression": "ADD cents :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            },
        )
        for p in _rotated(offset)
    )


def queries(offset: int) -> Iterator[bytes]:
    yield from itertools.cycle(
        request(
            "Query",
            {
                "TableName": "Indexed",
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": {":p": item(p, 0)["pk"]},
            },
        )
        for p in _rotated(offset)
    )


def index_queries(offset: int) -> Iterator[bytes]:
    yield from itertools.cycle(
        request(
            "Query",
            {
                "TableName": "Indexed",
                "IndexName": "by_group",
                "KeyConditionExpression": "grp = :g",
                "ExpressionAttributeValues": {":g": item(p, 0, p)["grp"]},
            },
        )
        for p in _rotated(offset)
    )


def batches(_: int) -> Iterator[bytes]:
    some = [{"PutRequest": {"Item": item(_NUMBER, 0)}} for _ in range(25)]
    return fresh(template("BatchWriteItem", {"RequestItems": {"Plain": some}}), 25)


def transactions(_: int) -> Iterator[bytes]:
    some = [{"Put": {"TableName": "Plain", "Item": item(_NUMBER, 0)}} for _ in range(4)]
    return fresh(template("TransactWriteItems", {"TransactItems": some}), 4)


def scans(_: int) -> Iterator[Any]:
    first = request("Scan", {"TableName": "Indexed"})

    def following(answer: bytes) -> bytes | None:
        if not answer:
            return first
        # The key comes behind the items; only the last bytes of the page are parsed for it.
        at = answer.rfind(b'"LastEvaluatedKey"')
        before = answer.find(b'"LastEvaluatedKey"', 0, 4000)
        if at < 0:
            return None
        found, _ = json.JSONDecoder().raw_decode(
            answer[(before if before >= 0 else at) :].partition(b":")[2].decode().lstrip()
        )
        return request("Scan", {"TableName": "Indexed", "ExclusiveStartKey": found})

    while True:
        yield following


ROWS = {
    "PutItem": puts,
    "GetItem": gets,
    "UpdateItem (ADD)": updates,
    "Query, 50 items": queries,
    "Query on a global index, 50 items": index_queries,
    "BatchWriteItem, 25 items": batches,
    "TransactWriteItems, 4 items": transactions,
    "Scan of 10,000 items": scans,
}


def _rotated(offset: int) -> list[int]:
    return [(p + offset * 13) % PARTITIONS for p in range(PARTITIONS)]


def measure(
    engine: peers.Engine, rows: list[str], seconds: float, *, on_disk: bool
) -> dict[str, Any]:
    """Run every row on one engine, freshly started."""
    with peers.running(engine, on_disk=on_disk) as server:
        out: dict[str, Any] = {
            "start_seconds": server.start_seconds,
            "memory_at_rest": server.memory_bytes,
            "rows": {},
        }
        connection = Connection(server.port)
        create(connection)
        load(connection)
        for row in rows:
            out["rows"][row] = {}
            try:
                lean_client.run(server.port, [ROWS[row](0)], min(1.0, seconds))  # warm up
            except RuntimeError as refusal:
                print(f"{engine.name}, {row}: {str(refusal)[-120:]}", file=sys.stderr)
                none = dict.fromkeys(("per_second", "p50_ms", "p99_ms", "cpu_us"), 0.0)
                out["rows"][row] = {1: none, 16: none}
                continue
            for clients in (1, 16):
                operations = [ROWS[row](number) for number in range(clients)]
                spent = server.cpu_seconds
                result = lean_client.run(server.port, operations, seconds)
                spent = server.cpu_seconds - spent
                out["rows"][row][clients] = {
                    "cpu_us": spent / result.operations * 1e6,
                    "per_second": result.per_second,
                    "p50_ms": result.percentile(50),
                    "p99_ms": result.percentile(99),
                }
        out["memory_after"] = server.memory_bytes
        connection.socket.close()
    return out


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=2.0, help="for each row and count")
    options.add_argument("--engines", default=",".join(ENGINES))
    options.add_argument("--rows", default="", help="parts of row names")
    options.add_argument("--where", default="memory,disk")
    options.add_argument("--rounds", type=int, default=1, help="take the best of so many")
    options.add_argument("--json", type=Path, help="keep the results here as they come")
    given = options.parse_args()
    rows = [r for r in ROWS if not given.rows or any(x in r for x in given.rows.split(","))]
    results: dict[str, Any] = {}
    order = [
        (where, name)
        for where in given.where.split(",")
        for name in given.engines.split(",")
        if where == "memory" or ENGINES[name] not in peers.IN_MEMORY_ONLY
    ]
    for turn in range(given.rounds):
        for where, name in order:
            engine = ENGINES[name]
            if engine.missing:
                print(f"{name}: not installed ({engine.missing}); run scripts/install-peers")
                continue
            label = f"{name} {'on disk' if where == 'disk' else 'in memory'}"
            measured = measure(engine, rows, given.seconds, on_disk=where == "disk")
            results[label] = _better(results.get(label), measured)
            print(f"measured {label}, round {turn + 1}", file=sys.stderr, flush=True)
            if given.json:
                given.json.write_text(json.dumps(results, indent=1))
    print(report(results, rows))
    return 0


def _better(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """Return the better of two runs, row by row; the machine may have been busy in the other."""
    if one is None:
        return other
    rows = {
        row: {
            clients: max(
                one["rows"][row][clients],
                other["rows"][row][clients],
                key=lambda run: float(run["per_second"]),
            )
            for clients in other["rows"][row]
        }
        for row in other["rows"]
    }
    resources = {name: min(one[name], other[name]) for name in one if name != "rows"}
    return {**resources, "rows": rows}


def report(results: dict[str, Any], rows: list[str]) -> str:
    """Return the tables: speed and latency, ratios, resources."""
    head = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [head, ""]
    for row in rows:
        lines.append(f"{row:36}{'1 conn.':>9}{'p50 ms':>8}{'p99 ms':>8}{'16 conn.':>10}"
                     f"{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>9}")  # fmt: skip
        for label, result in results.items():
            one, many = result["rows"][row][1], result["rows"][row][16]
            lines.append(
                f"  {label:34}{_n(one['per_second']):>9}{one['p50_ms']:8.2f}{one['p99_ms']:8.2f}"
                f"{_n(many['per_second']):>10}{many['p50_ms']:8.2f}{many['p99_ms']:8.2f}"
                f"{_n(many['cpu_us']):>9}"
            )
        lines += [f"  {text}" for text in _ratios(results, row)]
        lines.append("")
    lines.append(f"{'resources':36}{'start s':>9}{'rest MB':>9}{'after MB':>9}")
    for label, result in results.items():
        lines.append(
            f"  {label:34}{result['start_seconds']:9.2f}"
            f"{result['memory_at_rest'] / 2**20:9.0f}{result['memory_after'] / 2**20:9.0f}"
        )
    return "\n".join(lines)


def _n(value: float) -> str:
    if value == 0:
        return "no"  # the engine refuses the operation
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratios(results: dict[str, Any], row: str) -> Iterator[str]:
    for where in ("in memory", "on disk"):
        ours = results.get(f"tablewright {where}")
        others = {
            label: result
            for label, result in results.items()
            if label.endswith(where) and not label.startswith("tablewright")
        }
        if ours is None or not others:
            continue
        parts = []
        for clients in (1, 16):
            mine = ours["rows"][row][clients]["per_second"]
            speeds = {n: r["rows"][row][clients]["per_second"] for n, r in others.items()}
            best = max(speeds, key=lambda name: speeds[name])
            local = speeds.get(f"dynamodb-local {where}")
            if local:
                parts.append(f"{clients}: {mine / local:.2f} x DynamoDB Local")
            parts.append(f"{clients}: {mine / speeds[best]:.2f} x best peer ({best.split()[0]})")
        yield f"{where}: " + "; ".join(parts)


if __name__ == "__main__":
    raise SystemExit(main())
