"""Rounds in which a writing process is killed, and what must hold of the file it leaves behind.

Four threads of a process write pairs of items in transactions and delete some, into a table with a
stream, a global index and a vector index; each acknowledged write is printed. The process is killed
with SIGKILL in the middle of it.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from engine_requests import create, index, n, pages, s
from tablewright.local.database import Database

FORKS = multiprocessing.get_context("fork")
"""A writer is a fork of this process, which has imported everything, so that a round is short."""
TABLE = {"TableName": "items"}
THREADS = 4


def write_until_killed(path: Path, round_number: int, output: int, *, durable: bool) -> None:
    """Write and delete in four threads, and say so in an open file, until killed."""
    database = Database(path, durable=durable)
    if "items" not in database.call("ListTables", {})["TableNames"]:
        _create(database)
    lines = os.fdopen(output, "w")
    lock = threading.Lock()
    for number in range(THREADS):
        work = (database, f"{round_number}-{number}", lines, lock)
        threading.Thread(target=_write_pairs, args=work, daemon=True).start()
    threading.Event().wait()


def _create(database: Database) -> None:
    create(
        database,
        others="g:S",
        gsi=[index("gsi", "g")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        VectorIndexes=[
            {
                "IndexName": "near",
                "VectorAttribute": {"AttributeName": "v"},
                "Dimensions": 3,
                "DistanceFunction": "EUCLIDEAN",
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )


def _write_pairs(database: Database, prefix: str, lines: TextIO, lock: threading.Lock) -> None:
    for pair_number in itertools.count(1):
        name = f"{prefix}-{pair_number}"
        first = {"v": {"L": [n(number) for number in name.split("-")]}}
        pair = [
            {"Put": TABLE | {"Item": {"pk": s(name + half), "g": s(half), **vector}}}
            for half, vector in (("a", first), ("b", {}))
        ]
        database.call("TransactWriteItems", {"TransactItems": pair})
        if pair_number % 3 == 0:
            key = f"{prefix}-{pair_number - 1}a"
            database.call("DeleteItem", TABLE | {"Key": {"pk": s(key)}})
            with lock:
                print(json.dumps(["deleted", key]), file=lines, flush=True)
        with lock:
            print(json.dumps(["wrote", name]), file=lines, flush=True)


@dataclass(slots=True)
class Acknowledged:
    """What the killed processes had said they wrote and deleted."""

    wrote: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)


def kill_a_writer(
    path: Path, known: Acknowledged, number: int, lines: int, *, durable: bool
) -> None:
    """Start a writer, kill it after some lines, and note what it acknowledged."""
    reading, writing = os.pipe()
    process = FORKS.Process(
        target=write_until_killed, args=(path, number, writing), kwargs={"durable": durable}
    )
    process.start()
    os.close(writing)
    with os.fdopen(reading) as said:
        printed = [said.readline() for _ in range(lines)]
        process.kill()
        printed += said.readlines()
    process.join(10)
    for line in printed:
        if line.endswith("\n"):
            kind, name = json.loads(line)
            (known.wrote if kind == "wrote" else known.deleted).add(name)


def check_file(path: Path, known: Acknowledged) -> int:
    """Check all that must hold of the file; return how many items it has.

    Raises:
        AssertionError: a write was lost or half done, or an index or the stream disagrees.
    """
    with Database(path) as db:
        items = items_of(db)
        stored = set(items)
        assert {f"{name}b" for name in known.wrote} <= stored
        assert not known.deleted & stored
        for name in stored:  # each transaction is whole, unless its first half was deleted
            if name.endswith("a"):
                assert f"{name[:-1]}b" in stored
        assert_index_agrees(db)
        assert_vectors_agree(db)
        assert_stream_agrees(db)
        return len(items)


def items_of(db: Database, **more: Any) -> dict[str, Any]:
    """Return the items of the table or an index of it by their keys."""
    listed = [item for page in pages(db, "Scan", TABLE | more) for item in page]
    items = {item["pk"]["S"]: item for item in listed}
    assert len(items) == len(listed)
    return items


def assert_index_agrees(db: Database, name: str = "gsi", attribute: str = "g") -> None:
    """Every item with the attribute has exactly its entry, and there is no other entry."""
    expected = {key: item for key, item in items_of(db).items() if attribute in item}
    assert items_of(db, IndexName=name) == expected


def assert_vectors_agree(db: Database, name: str = "near", attribute: str = "v") -> None:
    """Every item with a vector has exactly its entry, and a search for its vector finds it."""
    expected = {key: item[attribute] for key, item in items_of(db).items() if attribute in item}
    described = db.call("DescribeTable", TABLE)["Table"]["VectorIndexes"]
    assert [index["IndexName"] for index in described] == [name]
    table = db.engine.table("items")
    with db.engine.store.reading:
        count, _ = db.engine.store.totals(table.vectors[name].space)
    assert count == len(expected)
    for key in sorted(expected)[:: max(1, len(expected) // 20)]:
        search = {"IndexName": name, "SearchVector": expected[key]["L"], "TopK": 1}
        (result,) = db.call("SearchVectors", TABLE | search)["SearchResults"]
        assert (result["Item"], result["Score"]) == ({"pk": {"S": key}}, 0.0)


def assert_stream_agrees(db: Database) -> None:
    """Replaying the table's stream gives its items, with no step that does not fit the last."""
    arn = db.call("DescribeTable", TABLE)["Table"]["LatestStreamArn"]
    (shard,) = db.call("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
    start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    place = db.call("GetShardIterator", start)["ShardIterator"]
    replayed: dict[str, Any] = {}
    while True:
        page = db.call("GetRecords", {"ShardIterator": place})
        for record in page["Records"]:
            change = record["dynamodb"]
            key = change["Keys"]["pk"]["S"]
            assert change.get("OldImage") == replayed.pop(key, None)
            if "NewImage" in change:
                replayed[key] = change["NewImage"]
        place = page["NextShardIterator"]
        if not page["Records"]:
            break
    assert replayed == items_of(db)
