"""`migrate --follow` and `--finish`: a source that lives, the switch, and the way back."""

from __future__ import annotations

import json

import pytest

from migrate.test_following import STREAMED
from tablewright.cli.main import run as main
from tablewright.local.database import Database

PAIR = ("--from", "apart", "--to", "together")
USER = {"user_id": {"S": "u-new"}, "email": {"S": "new@example.org"}, "bio": {"S": "Came late."}}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tablewright.yaml"
    path.write_text(STREAMED)
    for design in ("apart", "together"):
        assert main(["up", str(path), "--design", design]) == 0
    assert main(["seed", str(path), "--design", "apart", "--users", "4"]) == 0
    return path


def run(*arguments):
    return main([str(argument) for argument in ("migrate", *arguments)])


def shown(capsys, *arguments):
    capsys.readouterr()
    code = run(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


def put(file, design, table, item):
    with Database(file.parent / ".tablewright" / f"{design}.db") as database:
        database.call("PutItem", {"TableName": table, "Item": item})


def read(file, design, table, key):
    with Database(file.parent / ".tablewright" / f"{design}.db") as database:
        return database.call("GetItem", {"TableName": table, "Key": key}).get("Item")


def test_a_live_source_is_followed_switched_over_and_followed_back(file, capsys):
    code, first = shown(capsys, file, *PAIR, "--follow")
    assert code == 0
    assert first["written"] == 16  # 4 users and 4 x 3 orders
    put(file, "apart", "users", USER)
    code, second = shown(capsys, file, *PAIR, "--follow")
    assert (code, second["written"], second["followed"]["changes"]) == (0, 0, 1)
    key = {"PK": {"S": "U#u-new"}, "SK": {"S": "PROFILE"}}
    assert read(file, "together", "shop", key)["bio"] == USER["bio"]

    code, finished = shown(capsys, file, *PAIR, "--finish")
    gate = {c["name"]: c["is_open"] for c in finished["cutover"]["conditions"]}
    assert code == 0
    assert gate == {"copied": True, "lag": True, "verified": True, "answers": True, "cost": True}

    changed = {**read(file, "together", "shop", key), "bio": {"S": "Changed after the switch."}}
    put(file, "together", "shop", changed)
    code, back = shown(capsys, file, *PAIR, "--follow")
    # the last two minutes are read again too: a stream tells moments to the minute
    assert (code, back["is_reverse"]) == (0, True)
    assert back["followed"]["changes"] >= 1
    stored = read(file, "apart", "users", {"user_id": {"S": "u-new"}})
    assert stored == {**USER, "bio": {"S": "Changed after the switch."}}


def test_both_sides_are_asked_the_patterns_and_a_lost_index_shuts_the_gate(file, capsys):
    assert run(file, *PAIR) == 0
    code, verified = shown(capsys, file, *PAIR, "--verify")
    assert code == 0
    # `user`, `by_email` and `orders` are asked for four of the four users; five orders of twelve
    assert {a["pattern"]: (a["calls"], a["target_wrong"]) for a in verified["answers"]} == {
        "user": (4, []),
        "by_email": (4, []),
        "orders": (5, []),
    }
    delete = [{"Delete": {"IndexName": "by_email"}}]
    with Database(file.parent / ".tablewright" / "together.db") as database:
        database.call("UpdateTable", {"TableName": "shop", "GlobalSecondaryIndexUpdates": delete})

    code, finished = shown(capsys, file, *PAIR, "--finish")

    assert code == 1
    gate = {c["name"]: c["is_open"] for c in finished["cutover"]["conditions"]}
    assert (gate["verified"], gate["answers"]) == (True, False)
    (wrong,) = [a for a in finished["answers"] if a["target_wrong"]]
    assert (wrong["pattern"], wrong["source_wrong"]) == ("by_email", [])


def test_the_gate_stays_shut_where_the_sides_differ(file, capsys):
    assert run(file, *PAIR, "--follow") == 0
    stray = {
        "PK": {"S": "U#stray"},
        "SK": {"S": "PROFILE"},
        "email": {"S": "s@x"},
        "bio": {"S": "b"},
    }
    stray |= {"user_id": {"S": "stray"}}
    put(file, "together", "shop", stray)

    code, view = shown(capsys, file, *PAIR, "--finish")

    shut = [c["name"] for c in view["cutover"]["conditions"] if c["is_open"] is False]
    assert (code, shut) == (1, ["verified"])


def test_nothing_can_be_finished_before_it_is_copied(file, capsys):
    assert run(file, *PAIR, "--finish") == 2
    assert "nothing was copied yet" in capsys.readouterr().err


def test_a_copy_without_follow_cannot_be_followed_later(file, capsys):
    assert run(file, *PAIR) == 0
    assert run(file, *PAIR, "--follow") == 2
    assert "--abort" in capsys.readouterr().err


def test_verify_reads_a_source_that_is_not_followed_again(file, capsys):
    assert run(file, *PAIR) == 0
    put(file, "apart", "users", USER)

    code, view = shown(capsys, file, *PAIR, "--verify")
    assert code == 1
    assert [d["what"] for d in view["verification"]["differences"]] == ["missing"]

    code, view = shown(capsys, file, *PAIR, "--repair")
    assert (code, view["repaired"]) == (0, 1)


def test_status_says_where_it_is_and_shows_the_journal(file, capsys):
    assert run(file, *PAIR, "--follow") == 0
    capsys.readouterr()

    assert run(file, *PAIR, "--status") == 0

    output = capsys.readouterr().out
    assert "the source is followed" in output
    assert "wrote 16 records" in output


def test_a_table_without_a_stream_is_refused_before_anything_is_read(file, capsys):
    plain = file.parent / "plain.yaml"
    plain.write_text(STREAMED.replace("stream: new-and-old-images, ", ""))
    assert main(["up", str(plain), "--design", "without_notes"]) == 0

    assert run(plain, "--from", "without_notes", "--to", "together", "--follow") == 2

    error = capsys.readouterr().err
    assert "has no stream" in error
    assert "without --follow" in error
