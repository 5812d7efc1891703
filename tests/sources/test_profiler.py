"""MongoDB's profiler, exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sources.importing import imported
from tablewright.sources.profiler import accesses_of


def entry(second: int, command: dict[str, Any], op: str = "command") -> dict[str, Any]:
    return {
        "op": op,
        "ns": "shop.orders",
        "command": command,
        "millis": 3,
        "planSummary": "IXSCAN",
        "ts": {"$date": f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"},
    }


def test_profiler_entries_become_rates_without_their_values(tmp_path: Path) -> None:
    orders = [{"_id": {"$oid": f"{n:024x}"}, "userId": f"u{n % 5}", "at": n} for n in range(40)]
    (tmp_path / "orders.json").write_text(json.dumps(orders))
    profile = tmp_path / "profile.json"
    find = {"find": "orders", "filter": {"userId": "topsecret"}, "sort": {"at": -1}}
    entries = [entry(n, find) for n in range(101)]
    entries.append(entry(50, {"q": {"_id": "topsecret"}, "u": {"$set": {"at": 1}}}, op="update"))
    profile.write_text("\n".join(json.dumps(e) for e in entries))
    result = imported(tmp_path / "orders.json", profile)
    # 101 finds and 1 update in 100 seconds: 101 and 1 times 864 a day.
    assert "where: userId, sort: -at, rate: 87260/day (seen)" in result.text
    assert "set: [at], rate: 864/day (seen)" in result.text
    assert "topsecret" not in result.text


@pytest.mark.parametrize(
    ("command", "op", "expected"),
    [
        ({"find": "orders", "filter": {"_id": "x"}}, "query", ("get", ("_id",), ())),
        (
            {"find": "orders", "filter": {"userId": "x", "at": {"$gte": 5}}},
            "query",
            ("list", ("userId",), ("at",)),
        ),
        (
            {"find": "orders", "filter": {"status": {"$in": ["a"]}, "at": {"$ne": 1}}},
            "query",
            ("list", ("status",), ()),
        ),
        ({"find": "orders"}, "query", ("scan", (), ())),
        ({"count": "orders", "query": {"status": "a"}}, "command", ("list", ("status",), ())),
        (
            {"findAndModify": "orders", "query": {"_id": "x"}, "update": {"$set": {"at": 1}}},
            "command",
            ("update", ("_id",), ()),
        ),
        (
            {"findAndModify": "orders", "query": {"_id": "x"}, "remove": True},
            "command",
            ("delete", ("_id",), ()),
        ),
        (
            {"aggregate": "orders", "pipeline": [{"$match": {"status": "a"}}]},
            "command",
            ("list", ("status",), ()),
        ),
        ({"insert": "orders", "documents": [{}]}, "insert", ("put", (), ())),
        (
            {"update": "orders", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"n": 1}}}]},
            "update",
            ("update", ("_id",), ()),
        ),
        (
            {"delete": "orders", "deletes": [{"q": {"_id": 1}, "limit": 1}]},
            "remove",
            ("delete", ("_id",), ()),
        ),
    ],
)
def test_the_shape_of_an_entry(
    command: dict[str, Any], op: str, expected: tuple[str, tuple[str, ...], tuple[str, ...]]
) -> None:
    (access,) = accesses_of([entry(0, command, op)], {}, "here")
    assert (access.operation, access.by, access.ranged) == expected


def test_the_most_frequent_limit_is_that_of_the_pattern() -> None:
    find = {"find": "orders", "filter": {"userId": "x"}}
    entries = [entry(n, find | {"limit": limit}) for n, limit in enumerate((5, 5, 20))]
    (access,) = accesses_of(entries, {}, "here")
    assert access.limit == 5


def test_lines_of_the_log_are_entries(tmp_path: Path) -> None:
    orders = [{"_id": {"$oid": f"{n:024x}"}, "userId": f"u{n % 5}", "at": n} for n in range(40)]
    (tmp_path / "orders.json").write_text(json.dumps(orders))
    log = tmp_path / "mongod.log"
    attributes = {
        "type": "command",
        "ns": "shop.orders",
        "command": {"find": "orders", "filter": {"userId": "topsecret"}},
        "planSummary": "IXSCAN",
        "durationMillis": 150,
    }
    lines = [
        {
            "t": {"$date": f"2026-01-01T00:00:{second:02}.000+00:00"},
            "s": "I",
            "c": "COMMAND",
            "msg": "Slow query",
            "attr": attributes,
        }
        for second in range(60)
    ]
    log.write_text("\n".join(json.dumps(line) for line in lines))
    text = imported(tmp_path / "orders.json", log).text
    # 60 in 59 seconds, which count as a minute.
    assert "listOrdersByUserId: {list: Order, where: userId, rate: 86400/day (seen)}" in text
    assert "topsecret" not in text


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        # Servers up to 3.4 write the command under `query`, those up to 3.0 the selector alone.
        ({"op": "query", "query": {"find": "orders", "filter": {"at": 1}}}, ("list", ("at",))),
        ({"op": "query", "query": {"$query": {"at": 1}, "$orderby": {"n": 1}}}, ("list", ("at",))),
        (
            {"op": "update", "query": {"_id": 1}, "updateobj": {"$set": {"n": 2}}},
            ("update", ("_id",)),
        ),
        ({"op": "remove", "query": {"_id": 1}}, ("delete", ("_id",))),
    ],
)
def test_entries_of_old_servers_are_read(
    old: dict[str, Any], expected: tuple[str, tuple[str, ...]]
) -> None:
    (access,) = accesses_of([{"ns": "shop.orders", **old}], {}, "profile.json")
    assert (access.operation, access.by) == expected
