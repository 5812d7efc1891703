"""Threads and killed processes: nothing lost that was acknowledged, nothing half done."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine_requests import create, get, index, n, pages, put, s
from tablewright.local.database import Database
from tablewright.local.faults import ConditionalCheckFailedException, TransactionCanceledException

THREADS = 6


def in_threads(work) -> None:
    problems: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []


@pytest.fixture(params=["memory", "file", "durable"])
def db(request, tmp_path: Path):
    path = None if request.param == "memory" else tmp_path / "a.db"
    with Database(path, durable=request.param == "durable") as made:
        yield made


def test_counters_added_from_many_threads_lose_nothing(db):
    create(db)

    def work(number: int) -> None:
        for _ in range(40):
            db.call(
                "UpdateItem",
                {
                    "TableName": "items",
                    "Key": {"pk": s("counter")},
                    "UpdateExpression": "ADD hits :one",
                    "ExpressionAttributeValues": {":one": n(1)},
                },
            )

    in_threads(work)
    assert get(db, {"pk": s("counter")})["hits"] == n(THREADS * 40)


def test_optimistic_locking_lets_every_step_happen_once(db):
    create(db)
    put(db, {"pk": s("doc"), "version": n(0), "log": {"L": []}})

    def work(number: int) -> None:
        done = 0
        while done < 10:
            seen = get(db, {"pk": s("doc")})
            version = int(seen["version"]["N"])
            changed = {
                **seen,
                "version": n(version + 1),
                "log": {"L": [*seen["log"]["L"], n(number)]},
            }
            try:
                put(
                    db,
                    changed,
                    ConditionExpression="version = :v",
                    ExpressionAttributeValues={":v": n(version)},
                )
                done += 1
            except ConditionalCheckFailedException:
                continue

    in_threads(work)
    final = get(db, {"pk": s("doc")})
    assert final["version"] == n(THREADS * 10)
    assert sorted(entry["N"] for entry in final["log"]["L"]) == sorted(
        str(number) for number in range(THREADS) for _ in range(10)
    )


def test_transfers_keep_the_sum_as_seen_by_every_transactional_read(db):
    create(db)
    accounts = [f"account{i}" for i in range(5)]
    for account in accounts:
        put(db, {"pk": s(account), "balance": n(100)})

    def total() -> int:
        gets = [{"Get": {"TableName": "items", "Key": {"pk": s(a)}}} for a in accounts]
        reply = db.call("TransactGetItems", {"TransactItems": gets})
        return sum(int(one["Item"]["balance"]["N"]) for one in reply["Responses"])

    def work(number: int) -> None:
        rng = random.Random(number)
        for _ in range(30):
            source, target = rng.sample(accounts, 2)
            amount = {":x": n(rng.randint(1, 60))}
            moves = [
                (source, "SET balance = balance - :x", {"ConditionExpression": "balance >= :x"}),
                (target, "SET balance = balance + :x", {}),
            ]
            actions = [
                {
                    "Update": {
                        "TableName": "items",
                        "Key": {"pk": s(account)},
                        "UpdateExpression": expression,
                        "ExpressionAttributeValues": amount,
                        **more,
                    }
                }
                for account, expression, more in moves
            ]
            with suppress(TransactionCanceledException):
                db.call("TransactWriteItems", {"TransactItems": actions})
            assert total() == 500

    in_threads(work)
    assert total() == 500


def test_an_index_filled_while_threads_write_misses_nothing(db):
    create(db)
    with db.group():
        for i in range(2500):  # more than are filled at once
            put(db, {"pk": s(f"k{i}"), "g": s("old")})
    db.call(
        "UpdateTable",
        {
            "TableName": "items",
            "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": index("gsi", "g")}],
        },
    )

    def work(number: int) -> None:
        for i in range(number, 2500, THREADS * 5):
            if i % 2:
                put(db, {"pk": s(f"k{i}"), "g": s("new")})
            else:
                db.call("DeleteItem", {"TableName": "items", "Key": {"pk": s(f"k{i}")}})

    in_threads(work)
    deadline = time.monotonic() + 30
    while db.engine.table("items").indexes["gsi"].status != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert_index_agrees(db)


def assert_index_agrees(db: Database, name: str = "gsi", attribute: str = "g") -> None:
    """Every item with the attribute has exactly its entry, and there is no other entry."""
    items = [i for page in pages(db, "Scan", {"TableName": "items"}) for i in page]
    entries = [
        i for page in pages(db, "Scan", {"TableName": "items", "IndexName": name}) for i in page
    ]
    expected = {item["pk"]["S"]: item for item in items if attribute in item}
    assert len(entries) == len(expected)
    assert {entry["pk"]["S"]: entry for entry in entries} == expected


def assert_stream_agrees(db: Database) -> None:
    """Replaying the table's stream gives its items, with no step that does not fit the last."""
    arn = db.call("DescribeTable", {"TableName": "items"})["Table"]["LatestStreamArn"]
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
    items = [i for page in pages(db, "Scan", {"TableName": "items"}) for i in page]
    assert replayed == {item["pk"]["S"]: item for item in items}


WRITER = """
import sys, threading, json
sys.path[:0] = {paths!r}
from engine_requests import create, index, n, put, s
from tablewright.local.database import Database
db = Database({path!r}, durable={durable!r})
if "items" not in db.call("ListTables", {{}})["TableNames"]:
    stream = {{"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    create(db, others="g:S", gsi=[index("gsi", "g")], StreamSpecification=stream)
start = int(sys.argv[1])
lock = threading.Lock()
def work(number):
    i = 0
    while True:
        i += 1
        name = f"{{start}}-{{number}}-{{i}}"
        pair = [
            {{"Put": {{"TableName": "items", "Item": {{"pk": s(name + half), "g": s(half)}}}}}}
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


@pytest.mark.parametrize("durable", [False, True])
def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path, durable: bool):
    path = str(tmp_path / "a.db")
    here = Path(__file__).parent
    paths = [str(here.parent), str(here.parents[1] / "src")]
    script = WRITER.format(paths=paths, path=path, durable=durable)
    wrote: set[str] = set()
    deleted: set[str] = set()
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(round_)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(60 + 35 * round_)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait(10)
        for line in lines:
            if line.endswith("\n"):
                kind, name = json.loads(line)
                (wrote if kind == "wrote" else deleted).add(name)
    with Database(path) as db:
        stored = {
            item["pk"]["S"] for page in pages(db, "Scan", {"TableName": "items"}) for item in page
        }
        assert len(wrote) > 60
        assert {f"{name}b" for name in wrote} <= stored
        assert not deleted & stored
        for name in stored:  # each transaction is whole, unless its first half was deleted
            if name.endswith("a"):
                assert f"{name[:-1]}b" in stored
        assert_index_agrees(db)
        assert_stream_agrees(db)
