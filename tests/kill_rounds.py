"""Rounds in which a writing process is killed, and what must hold of the file it leaves behind.

Four threads of a process write pairs of items in transactions and delete some, into a table with a
stream, a global index and a vector index; each acknowledged write is printed. The process is killed
with SIGKILL in the middle of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine_requests import pages
from tablewright.local.database import Database

HERE = Path(__file__).resolve().parent
PATHS = [str(HERE), str(HERE.parent / "src")]
TABLE = {"TableName": "items"}

WRITER = """
import sys, threading, json
sys.path[:0] = {paths!r}
from engine_requests import create, index, n, put, s
from tablewright.local.database import Database
db = Database({path!r}, durable={durable!r})
if "items" not in db.call("ListTables", {{}})["TableNames"]:
    stream = {{"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    vectors = [{{"IndexName": "near", "VectorAttribute": {{"AttributeName": "v"}}, "Dimensions": 3,
        "DistanceFunction": "EUCLIDEAN", "Projection": {{"ProjectionType": "KEYS_ONLY"}}}}]
    create(db, others="g:S", gsi=[index("gsi", "g")], StreamSpecification=stream,
        VectorIndexes=vectors)
start = int(sys.argv[1])
lock = threading.Lock()
def work(number):
    i = 0
    while True:
        i += 1
        name = f"{{start}}-{{number}}-{{i}}"
        vector = {{"L": [n(start), n(number), n(i)]}}
        pair = [
            {{"Put": {{"TableName": "items", "Item": {{"pk": s(name + half), "g": s(half),
                **({{"v": vector}} if half == "a" else {{}})}}}}}}
            for half in "ab"
        ]
        db.call("TransactWriteItems", {{"TransactItems": pair}})
        if i % 3 == 0:
            key = {{"pk": s(f"{{start}}-{{number}}-{{i - 1}}a")}}
            db.call("DeleteItem", {{"TableName": "items", "Key": key}})
            with lock:
                print(json.dumps(["deleted", key["pk"]["S"]]), flush=True)
        with lock:
            print(json.dumps(["wrote", name]), flush=True)
for number in range(4):
    threading.Thread(target=work, args=(number,), daemon=True).start()
threading.Event().wait()
"""


@dataclass(slots=True)
class Acknowledged:
    """What the killed processes had said they wrote and deleted."""

    wrote: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)


def kill_a_writer(
    path: Path, known: Acknowledged, number: int, lines: int, *, durable: bool
) -> None:
    """Start a writer, kill it after some lines, and note what it acknowledged."""
    script = WRITER.format(paths=PATHS, path=str(path), durable=durable)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(number)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in range(lines)]
    os.kill(process.pid, signal.SIGKILL)
    printed += process.stdout.readlines()
    process.stdout.close()
    process.wait(10)
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
