"""`up`, `seed`, `status`, `prove`, `down` and the report after a proof, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tablewright.cli.main import run
from tablewright.verbs.population import fill

SMALL = Path(__file__).parents[1] / "proof" / "small.yaml"
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run a command line; return exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "100")

    def run_it(*words: str) -> tuple[int, str, str]:
        code = run(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_it


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "tablewright.yaml"
    path.write_text(SMALL.read_text())
    return str(path)


def test_tables_are_created_filled_shown_and_removed(typed: Typed, model: str) -> None:
    code, out, _ = typed("status", model)
    assert code == 1
    assert "people: missing" in out
    code, out, _ = typed("up", model, "--dry-run")
    assert code == 0
    assert "Would create people with 1 index, on-demand" in out
    code, out, _ = typed("up", model)
    assert code == 0
    assert "2 tables are ready" in out
    again = json.loads(typed("up", model, "--json")[1])
    assert again["actions"] == []
    # what it comes to is said by table, and adds up to the bill of the same users
    bill = json.loads(typed("cost", model, "--users", str(again["users"]), "--json")[1])
    added = sum(Decimal(usd) for _, usd in again["costs"])
    assert abs(added - Decimal(bill["usd_per_month"])) < Decimal("1E-6")
    assert {name for name, _ in again["costs"]} == set(again["names"])
    assert "Nothing to do" in typed("up", model)[1]
    code, out, err = typed("seed", model, "--users", "40")
    assert code == 0
    assert "Wrote 240 items" in out  # 40 people and five notes of each
    assert "write units" in err
    assert "Nothing to do" in typed("seed", model, "--users", "40")[1]
    code, out, _ = typed("status", model)
    assert code == 0
    assert "people: active, 40 items" in out
    assert "Every table is as the design says." in out
    # 40 people of less than 1 KB with one index: 80 units; 200 notes of 1.5 KB in one index, and
    # those 42 or so that are not read in another: more than 800.
    status = json.loads(typed("status", model, "--json")[1])
    writes = {one["resource"]: one["write"] for one in status["consumed"]}
    assert (writes["people"], writes["notes"]) == ("40", "400")
    assert float(status["usd_so_far"]) > 0
    code, out, _ = typed("down", model)
    assert "Would delete people: 40 items" in out
    assert "--confirm notes-one" in out
    assert typed("down", model, "--confirm", "yes")[0] == 2
    assert "Deleted people." in typed("down", model, "--confirm", "notes-one")[1]
    assert "none of the tables exists" in typed("down", model)[1]


def test_a_proof_is_kept_and_shown_by_the_report_until_it_is_stale(
    typed: Typed, model: str
) -> None:
    code, out, _ = typed("prove", model, "--users", "40", "--requests", "200")
    assert code == 0, out
    assert "Proved: every answer is right" in out
    report = typed("report", model)[1]
    assert "`one` was run with 40 users: every answer of 9 access patterns was right" in report
    assert "Proof of one" in report
    assert "This proof is stale" not in report
    changed = Path(model).read_text().replace("bytes: 1500B", "bytes: 1600B")
    Path(model).write_text(changed)
    report = typed("report", model)[1]
    assert "is older than the model file: prove it again" in report
    assert "This proof is stale" in report


def test_a_proof_of_tables_can_be_run_once(typed: Typed, model: str, tmp_path: Path) -> None:
    file = str(tmp_path / "own.db")
    small = ("--users", "40", "--requests", "100", "--data", file)
    code, _, err = typed("prove", model, *small)
    assert code == 2
    assert "tablewright up" in err
    typed("up", model, "--data", file)
    assert typed("prove", model, *small)[0] == 0
    code, _, err = typed("prove", model, *small)
    assert code == 2
    assert "an earlier proof has changed what is stored there" in err


@pytest.mark.parametrize("verb", ["status", "seed", "down", "up --dry-run"])
def test_looking_at_tables_that_do_not_exist_makes_no_file(
    typed: Typed, model: str, tmp_path: Path, verb: str
) -> None:
    file = tmp_path / "elsewhere" / "own.db"
    typed(*verb.split(), model, "--data", str(file))
    assert not file.parent.exists()


def test_the_address_of_another_engine_is_refused(typed: Typed, tmp_path: Path) -> None:
    typed("init", str(tmp_path / "p"), "--app", "poafix")
    where = ["--design", "current", "--endpoint", "http://127.0.0.1:1"]
    code, _, err = typed("up", str(tmp_path / "p"), *where)
    assert code == 2
    assert "`http://127.0.0.1:1` is no address of a MongoDB" in err
    assert "mongodb://HOST/DATABASE" in err


def test_a_proof_uses_a_copy_of_what_up_and_seed_made(
    typed: Typed, model: str, tmp_path: Path
) -> None:
    typed("up", model)
    typed("seed", model, "--users", "30")
    for _ in range(2):  # as often as one likes: the tables stay as they were seeded
        code, out, _ = typed("prove", model, "--requests", "100")
        assert code == 0
        assert "30 users · a copy of the local engine's one.db" in out
    assert "notes: active, 150 items" in typed("status", model)[1]
    assert sorted(one.name for one in (tmp_path / ".tablewright").iterdir()) == [
        "one.db", "one.hours.json", "one.seed.json", "one.units.json", "proofs",
    ]  # fmt: skip
    other = typed("prove", model, "--requests", "100", "--users", "20")[1]
    assert "20 users · the local engine, in memory" in other


def test_an_interrupted_proof_leaves_no_copy_and_no_record(
    typed: Typed, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("up", model)
    typed("seed", model, "--users", "30")

    def interrupted(*about: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tablewright.verbs.prove.prove_on", interrupted)
    code, _, err = typed("prove", model)
    assert code == 130
    assert "Traceback" not in err
    left = {one.name for one in (tmp_path / ".tablewright").iterdir()}
    assert left == {"one.db", "one.hours.json", "one.seed.json", "one.units.json"}
    assert "notes: active, 150 items" in typed("status", model)[1]


def test_the_report_as_data_holds_the_proof(typed: Typed, model: str) -> None:
    assert json.loads(typed("report", model, "--json")[1])["proofs"] == []
    typed("prove", model, "--users", "40", "--requests", "200")
    (held,) = json.loads(typed("report", model, "--json")[1])["proofs"]
    assert (held["is_right"], held["agrees"], held["is_stale"]) == (True, True, False)
    assert held["proof"]["users"] == 40
    assert len(held["proof"]["patterns"]) == 9


def test_what_seeding_would_write_is_said_table_by_table(typed: Typed, model: str) -> None:
    code, out, _ = typed("seed", model, "--users", "40", "--dry-run")
    assert code == 0
    assert "240 items for 40 users" in out
    assert "Would write 40 items of Person to people" in out
    assert "Would write 200 items of Note to notes" in out


def test_seeding_provisioned_tables_is_priced_and_never_free(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "fixed.yaml"
    file.write_text(
        "app: fixed\nregion: us-east-1\nscales: [100]\n"
        "entities: {Thing: {key: id, count: 10/user, attributes: {id: uuid, text: text(900)}}}\n"
        "patterns: {read: {get: Thing, by: id, rate: 1/user/day}}\n"
        "designs: {d: {engine: dynamodb, tables: {things: {key: id, items: Thing, "
        "mode: {rcu: 5, wcu: 5}}}}}\n"
    )
    # 50 users have 500 things of less than 1 KB: 500 units at 0.625 USD a million
    data = json.loads(typed("seed", str(file), "--users", "50", "--dry-run", "--json")[1])
    assert (Decimal(data["write_units"]), Decimal(data["usd"])) == (500, Decimal("0.0003125"))


def test_a_proof_that_fails_exits_with_1(
    typed: Typed, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_and_lose(session, adapter, *args, **options):  # type: ignore[no-untyped-def]
        done = fill(session, adapter, *args, **options)
        for item in adapter.transport.send("Scan", {"TableName": "people"}).body["Items"]:
            key = {"person_id": item["person_id"]}
            adapter.transport.send("DeleteItem", {"TableName": "people", "Key": key})
        return done

    monkeypatch.setattr("tablewright.verbs.prove.fill", fill_and_lose)
    code, out, _ = typed("prove", model, "--users", "40", "--requests", "100")
    assert code == 1
    assert "Not proved: answers or stored items are wrong" in out


def test_an_endpoint_that_does_not_answer_is_said_plainly(typed: Typed, model: str) -> None:
    code, _, err = typed("up", model, "--endpoint", "http://127.0.0.1:9")
    assert code == 3
    assert "http://127.0.0.1:9 did not answer" in err
    assert "check the endpoint" in err
    assert "Traceback" not in err


def test_own_records_need_an_entity(typed: Typed, model: str, tmp_path: Path) -> None:
    data = tmp_path / "people.json"
    data.write_text('[{"person_id": "p1", "email": "a@example.org"}]')
    code, _, err = typed("seed", model, "--from", str(data))
    assert code == 2
    assert "--entity" in err
    typed("up", model)
    code, out, _ = typed("seed", model, "--from", str(data), "--entity", "Person")
    assert code == 0
    assert "Wrote 1 item to" in out
