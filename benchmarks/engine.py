"""How fast the local engine is through its own API, in process: no HTTP, no boto3.

    python benchmarks/engine.py                         operations a second, in memory and on disk
    python benchmarks/engine.py --growth 1000 1000000   latency as the table grows

Items have 1 KB, keys are spread; each figure is one thread, all requests one after another.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tablewright.local.database import Database

TABLE = "usertable"
PER_PARTITION = 50


def key(i: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"user{i // PER_PARTITION}"},
        "sk": {"S": f"order#{i % PER_PARTITION:04}"},
    }


def item(i: int) -> dict[str, Any]:
    fields = {f"field{number}": {"S": "x" * 90} for number in range(9)}
    return {**key(i), **fields, "hits": {"N": str(i)}, "more": {"M": {"a": {"S": "b"}}}}


def create(db: Database) -> None:
    request: dict[str, Any] = {
        "TableName": TABLE,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    db.call("CreateTable", request)


def put_body(i: int) -> bytes:
    return orjson.dumps({"TableName": TABLE, "Item": item(i)})


def replacing_body(i: int) -> bytes:
    changed = {**item(i), "field0": {"S": "y" * 90}}
    return orjson.dumps({"TableName": TABLE, "Item": changed})


def get_body(i: int) -> bytes:
    return orjson.dumps({"TableName": TABLE, "Key": key(i)})


def update_body(i: int) -> bytes:
    return orjson.dumps(
        {
            "TableName": TABLE,
            "Key": key(i),
            "UpdateExpression": "ADD hits :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    )


def query_body(i: int) -> bytes:
    return orjson.dumps(
        {
            "TableName": TABLE,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": {"S": f"user{i // PER_PARTITION}"}},
        }
    )


def batch_body(i: int) -> bytes:
    writes = [{"PutRequest": {"Item": item(i * 25 + j)}} for j in range(25)]
    return orjson.dumps({"RequestItems": {TABLE: writes}})


def transaction_body(i: int) -> bytes:
    puts = [{"Put": {"TableName": TABLE, "Item": item(i * 4 + j)}} for j in range(4)]
    return orjson.dumps({"TransactItems": puts})


def timed(db: Database, operation: str, bodies: list[bytes]) -> list[float]:
    """Return the seconds each request took."""
    out = []
    for body in bodies:
        start = time.perf_counter()
        db.call_raw(operation, body)
        out.append(time.perf_counter() - start)
    return out


def show(name: str, seconds: list[float]) -> dict[str, Any]:
    ordered = sorted(seconds)
    per_second = len(seconds) / sum(seconds)
    p50 = statistics.median(ordered) * 1e6
    p99 = ordered[int(len(ordered) * 0.99)] * 1e6
    print(f"  {name:<24} {per_second:>10,.0f}/s   p50 {p50:>8,.0f} us   p99 {p99:>8,.0f} us")
    return {"name": name, "per_second": per_second, "p50_us": p50, "p99_us": p99}


def spread(count: int, upto: int) -> Iterator[int]:
    """Yield numbers below `upto` in no order, the same every time."""
    return ((i * 7919 + 13) % upto for i in range(count))


def operations(path: Path | None, *, durable: bool, count: int) -> list[dict[str, Any]]:
    """Measure every operation on one database."""
    found = []
    with Database(path, durable=durable) as db:
        create(db)
        runs: list[tuple[str, str, Callable[[int], bytes], Iterator[int]]] = [
            ("PutItem, new", "PutItem", put_body, iter(range(count))),
            ("PutItem, replacing", "PutItem", replacing_body, spread(count // 2, count)),
            ("GetItem", "GetItem", get_body, spread(count, count)),
            ("UpdateItem, ADD", "UpdateItem", update_body, spread(count // 2, count)),
            ("Query, 50 items", "Query", query_body, spread(count // 10, count)),
            (
                "BatchWriteItem, 25 items",
                "BatchWriteItem",
                batch_body,
                iter(range(count, count + count // 50)),
            ),
            (
                "TransactWriteItems, 4",
                "TransactWriteItems",
                transaction_body,
                iter(range(count, count + count // 20)),
            ),
        ]
        for name, operation, body, numbers in runs:
            found.append(show(name, timed(db, operation, [body(i) for i in numbers])))
        if durable:
            found.append(together(db, count))
    return found


def together(db: Database, count: int, threads: int = 16) -> dict[str, Any]:
    """Measure puts of several threads, whose commits are shared."""
    seconds: list[float] = []

    def work(number: int) -> None:
        bodies = [put_body(count + number * count + i) for i in range(count // threads)]
        seconds.extend(timed(db, "PutItem", bodies))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    per_second = len(seconds) / (time.perf_counter() - start)
    print(f"  {f'PutItem, {threads} threads':<24} {per_second:>10,.0f}/s")
    return {"name": f"PutItem, {threads} threads", "per_second": per_second}


def growth(folder: Path, smallest: int, largest: int) -> list[dict[str, Any]]:
    """Measure the latency of put, get and query as one table on disk grows tenfold each time."""
    found: list[dict[str, Any]] = []
    with Database(folder / "growth.db") as db:
        create(db)
        held = 0
        size = smallest
        while size <= largest:
            for start in range(held // 25, size // 25, 40):
                with db.group():
                    for i in range(start, min(start + 40, size // 25)):
                        db.call_raw("BatchWriteItem", batch_body(i))
            held = size
            memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{size:,} items, at most {memory_mb} MB of memory so far")
            for name, operation, body in (
                ("PutItem, replacing", "PutItem", replacing_body),
                ("GetItem", "GetItem", get_body),
                ("Query, 50 items", "Query", query_body),
            ):
                bodies = [body(i) for i in spread(2000, size)]
                found.append({"items": size, **show(name, timed(db, operation, bodies))})
            size *= 10
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--growth", type=int, nargs=2, metavar=("SMALLEST", "LARGEST"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.growth:
            report["growth"] = growth(folder, *given.growth)
        else:
            for label, path, durable in (
                ("in memory", None, False),
                ("on disk", folder / "a.db", False),
                ("on disk, durable", folder / "b.db", True),
            ):
                print(label)
                report[label] = operations(path, durable=durable, count=given.count)
    if given.json:
        given.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
