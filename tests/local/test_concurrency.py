"""Threads and killed processes: nothing lost that was acknowledged, nothing half done."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine_requests import create, get, index, n, put, s
from kill_rounds import Acknowledged, assert_index_agrees, check_file, kill_a_writer
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


@pytest.mark.parametrize("durable", [False, True])
def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path, durable: bool):
    path = tmp_path / "a.db"
    known = Acknowledged()
    for number in range(3):
        kill_a_writer(path, known, number, 60 + 35 * number, durable=durable)
        check_file(path, known)
    assert len(known.wrote) > 60
    assert known.deleted
