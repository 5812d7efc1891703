"""Backups and drills: what comes back is compared, asked and measured; nothing is overwritten."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operate.shop_engines import AUTHORS, DESIGNS, NOTES, call, seeded
from tablewright.evaluation.doors import Outcome, Record, Target
from tablewright.proof.answers import check_answers
from tablewright.session import open_model
from tablewright.verbs.database import opened

METHODS = {"items": "CreateBackup", "documents": "bson-dump", "rows": "pg_dump"}
Printed = pytest.CaptureFixture[str]


def answer(capsys: Printed, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON of a command."""
    capsys.readouterr()
    code = call(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("method", ["auto", "export"])
@pytest.mark.parametrize("design", DESIGNS)
def test_a_drill_restores_verifies_and_cleans_up(
    design: str, method: str, tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, design)
    code, made = answer(capsys, "backup", path, "--design", design, "--method", method)
    assert code == 0
    assert made["made"]["method"] == (METHODS[design] if method == "auto" else "export")
    code, view = answer(capsys, "restore", path, "--design", design, "--drill")
    assert (code, view["is_passed"], view["is_removed"]) == (0, True, True)
    assert [c["records"] for c in view["containers"]] == [AUTHORS, NOTES]
    # `author` and `notes` are the read patterns; five calls of each
    assert [(a["pattern"], a["calls"]) for a in view["answers"]] == [("author", 5), ("notes", 5)]

    kept = json.loads((tmp_path / f".tablewright/drills/{design}.json").read_text())
    assert kept["recovery_point"] == made["made"]["taken"]
    assert (kept["records"], kept["is_passed"]) == (AUTHORS + NOTES, True)
    code, status = answer(capsys, "status", path, "--design", design)
    assert status["last_drill"]["recovery_seconds"] == kept["recovery_seconds"]
    # the place is gone: the same name is free again
    label = ("--into", "again")
    assert call("restore", path, "--design", design, *label) == 0
    assert call("restore", path, "--design", design, *label) in (2, 3)
    assert "exists" in capsys.readouterr().err


@pytest.mark.needs_server
def test_a_backup_of_mongodb_is_read_by_bson_and_by_the_importer(
    tmp_path: Path, capsys: Printed
) -> None:
    import gzip

    path = seeded(tmp_path, "documents")
    code, made = answer(capsys, "backup", path, "--design", "documents", "--name", "one")
    assert code == 0
    import bson
    from bson import json_util

    dump = Path(made["made"]["copies"][0]["reference"])
    assert sorted(str(file.relative_to(dump)) for file in dump.rglob("*.gz")) == [
        "kiosk/authors.bson.gz",
        "kiosk/authors.metadata.json.gz",
        "kiosk/notes.bson.gz",
        "kiosk/notes.metadata.json.gz",
    ]
    notes = bson.decode_all(gzip.decompress((dump / "kiosk/notes.bson.gz").read_bytes()))
    assert len(notes) == NOTES
    assert set(notes[0]) == {"_id", "author", "at", "text", "tags", "votes"}
    text = gzip.decompress((dump / "kiosk/notes.metadata.json.gz").read_bytes()).decode()
    metadata = json_util.loads(text)
    assert [(index["name"], dict(index["key"])) for index in metadata["indexes"]] == [
        ("_id_", {"_id": 1}),
        ("latest", {"author": 1, "at": -1}),
    ]
    assert "validator" in metadata["options"]
    assert metadata["collectionName"] == "notes"
    assert len(metadata["uuid"]) == 32  # hexadecimal digits of 16 bytes

    target = tmp_path / "imported"
    assert call("init", target, "--from", dump) == 0
    imported = (target / "tablewright.yaml").read_text()
    assert "latest: {author: 1, at: -1}" in imported
    assert "holds: Note" in imported


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def of_something_else(file: Path) -> None:
    file.write_text("no archive")


@pytest.mark.needs_server
@pytest.mark.parametrize("damage", [cut_off, of_something_else, Path.unlink])
def test_a_damaged_dump_is_named_and_leaves_nothing(
    damage: Callable[[Path], None], tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "documents")
    chosen = ("--design", "documents")
    assert call("backup", path, *chosen, "--name", "one") == 0
    damage(tmp_path / ".tablewright/backups/documents/one/kiosk/notes.bson.gz")
    assert call("restore", path, *chosen, "--drill") == 3
    problem = capsys.readouterr().err
    assert "the dump of notes is damaged" in " ".join(problem.split())
    assert "tablewright backup --list" in problem
    session = open_model(str(path))
    with opened(session, session.design("documents"), Target()) as adapter:
        databases = adapter._client.list_database_names()  # type: ignore[attr-defined]
    assert not [name for name in databases if "drill" in name]


@pytest.mark.needs_server
def test_a_drill_never_removes_a_database_that_was_there(tmp_path: Path, capsys: Printed) -> None:
    path = seeded(tmp_path, "documents")
    chosen = ("--design", "documents")
    assert call("backup", path, *chosen) == 0
    session = open_model(str(path))
    with opened(session, session.design("documents"), Target()) as adapter:
        adapter._client["ledger"]["entries"].insert_one({"sum": 7})  # type: ignore[attr-defined]
    capsys.readouterr()
    assert call("restore", path, *chosen, "--drill", "--into", "ledger") == 2
    assert "the database ledger exists already: nothing is overwritten" in capsys.readouterr().err
    with opened(session, session.design("documents"), Target()) as adapter:
        entries = adapter._client["ledger"]["entries"]  # type: ignore[attr-defined]
        assert entries.count_documents({}) == 1


@pytest.mark.needs_server
@pytest.mark.parametrize(
    ("design", "command"),
    [
        ("documents", "atlas backups restores start pointInTime"),
        ("rows", "aws rds restore-db-cluster-to-point-in-time"),
    ],
)
def test_a_server_names_the_command_that_restores_to_a_moment(
    design: str, command: str, tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, design)
    assert call("restore", path, "--design", design, "--at", "latest", "--drill") == 2
    assert command in " ".join(capsys.readouterr().err.split())
    code, view = answer(capsys, "backup", path, "--design", design, "--list")
    assert code == 0
    assert any(command in how for _, how in view["moments"])


def change(path: Path, design: str, name: str) -> None:
    """Give one author another name."""
    session = open_model(str(path))
    with opened(session, session.design(design), Target()) as adapter:
        ((_, page),) = adapter.scan("authors")
        plain = {**adapter.codec.to_plain(page[0]), "name": name}
        content = adapter.codec.from_plain(plain)
        adapter.bulk_write([Record(container="authors", kind="", content=content)])


def test_a_backup_holds_what_was_stored_when_it_was_taken(tmp_path: Path, capsys: Printed) -> None:
    path = seeded(tmp_path, "items")
    assert call("backup", path, "--design", "items") == 0
    change(path, "items", "later")
    code, view = answer(capsys, "restore", path, "--design", "items", "--drill")
    assert (code, view["is_passed"]) == (0, True)


def test_a_moment_comes_back_without_what_was_written_after_it(
    tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "items")
    moment = datetime.datetime.now(datetime.UTC).isoformat()
    change(path, "items", "later")
    restore = ("restore", path, "--design", "items")
    code, view = answer(capsys, *restore, "--at", moment, "--into", "before")
    assert (code, view["method"]) == (0, "point-in-time")
    code, view = answer(capsys, *restore, "--at", "latest", "--into", "after")
    assert (code, view["is_passed"]) == (0, True)
    session = open_model(str(path))
    names: dict[str, set[str]] = {}
    with opened(session, session.design("items"), Target()) as adapter:
        for label in ("before", "after"):
            pages = adapter.scan(f"{label}-authors")
            names[label] = {item["name"]["S"] for _, page in pages for item in page}
    assert "later" not in names["before"]
    assert "later" in names["after"]


def lose_a_record(record: dict[str, Any]) -> None:
    record["containers"]["notes"]["count"] += 1


def change_a_digest(record: dict[str, Any]) -> None:
    record["containers"]["notes"]["digest"] = "0" * 64


@pytest.mark.parametrize("damage", [lose_a_record, change_a_digest])
def test_a_restore_that_differs_fails_and_is_removed_all_the_same(
    damage: Callable[[dict[str, Any]], None], tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "items")
    assert call("backup", path, "--design", "items", "--name", "one") == 0
    file = tmp_path / ".tablewright/backups/items/one.json"
    record = json.loads(file.read_text())
    damage(record)
    file.write_text(json.dumps(record))
    code, view = answer(capsys, "restore", path, "--design", "items", "--drill")
    assert (code, view["is_passed"], view["is_removed"]) == (1, False, True)
    assert [c["is_same"] for c in view["containers"]] == [True, False]
    assert json.loads(Path(view["record"]).read_text())["is_passed"] is False
    assert call("restore", path, "--design", "items", "--drill") == 1
    assert "notes: 15 records, DIFFERS" in capsys.readouterr().out.replace("\n", " ")


def _drop_a_row(outcome: Outcome) -> Outcome:
    return replace(outcome, rows=outcome.rows[:-1])


def _double_a_row(outcome: Outcome) -> Outcome:
    return replace(outcome, rows=(*outcome.rows[:-1], outcome.rows[0]))


def _turn_around(outcome: Outcome) -> Outcome:
    return replace(outcome, rows=outcome.rows[::-1])


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_drop_a_row, "1 instances came back instead of 2"),
        (_double_a_row, "came back twice"),
        (_turn_around, "the order by at is wrong"),
    ],
)
def test_a_wrong_answer_is_noticed(
    spoil: Callable[[Outcome], Outcome], text: str, tmp_path: Path
) -> None:
    session = open_model(str(seeded(tmp_path, "items")))
    with opened(session, session.design("items"), Target()) as adapter:
        run = adapter.run
        adapter.run = lambda *a, **k: spoil(run(*a, **k))  # type: ignore[method-assign]
        answers = {a.pattern: a for a in check_answers(adapter, session.evaluate("items"))}
    assert any(text in problem for problem in answers["notes"].wrong)


def test_nothing_is_judged_where_nothing_is_stored(tmp_path: Path) -> None:
    session = open_model(str(seeded(tmp_path, "items")))
    with opened(session, session.design("items"), Target(data=str(tmp_path / "x.db"))) as adapter:
        from tablewright.operate.provision import apply_provision

        apply_provision(adapter.plan_provision(), adapter, lambda text: None)
        answers = check_answers(adapter, session.evaluate("items"))
    assert {answer.unchecked for answer in answers} == {"no instance is there to ask for"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("restore",), "there is no backup yet"),
        (("restore", "--backup", "x"), "there is no backup `x`"),
        (("restore", "--at", "yesterday"), "is no moment"),
        (("restore", "--at", "latest", "--backup", "x"), "exclude each other"),
        (("restore", "--at", "latest", "--into", "no/slash"), "is no name of a place"),
        (("restore", "--at", "1999-01-01T00:00:00"), "RestoreDateTime"),
        (("backup", "--name", "../x"), "is no name of a backup"),
    ],
)
def test_bad_input_is_refused_with_a_way_out(
    arguments: tuple[str, ...], text: str, tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "items")
    verb, *options = arguments
    assert call(verb, path, "--design", "items", *options) in (2, 3)
    assert text in capsys.readouterr().err


def test_a_name_is_taken_once_and_the_list_shows_windows(tmp_path: Path, capsys: Printed) -> None:
    path = seeded(tmp_path, "items")
    assert call("backup", path, "--design", "items", "--name", "one") == 0
    assert call("backup", path, "--design", "items", "--name", "one") == 2
    assert "there is a backup `one` already" in capsys.readouterr().err
    code, view = answer(capsys, "backup", path, "--design", "items", "--list")
    assert code == 0
    assert view["made"] is None
    assert {copy["name"] for copy in view["listed"]} == {"authors-one", "notes-one"}
    assert [window[0] for window in view["windows"]] == ["authors", "notes"]
