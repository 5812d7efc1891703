"""What a query is worth: its time beside that of one pass over its table."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

from tablewright import read_model
from tablewright.evaluation.doors import Target
from tablewright.evaluation.values import Route
from tablewright.proof.scans import compared_with_scans
from tablewright.proof.stored import proof_data, proof_from_data
from tablewright.proof.values import ScanComparison
from tablewright.reports.pages import written
from tablewright.session import Session
from tablewright.verbs.prove import prove

MODEL = """
app: notes
region: us-east-1
scales: [100]
entities:
  Note: {key: id, count: 20/user, attributes: {id: uuid, owner: {type: uuid}, body: text(200)}}
patterns:
  one: {get: Note, by: id, rate: 5/user/day}
  all: {scan: Note, rate: 0.01/user/day}
  add: {put: Note, rate: 0.1/user/day}
designs:
  first: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}
"""


def proved(users: int) -> tuple[ScanComparison, ...]:
    session = Session(file=read_model(MODEL))
    view = prove(session, "first", Target(), users=users, requests=60, scans=True)
    assert written(view, "prove", "text").count("A query is faster") == 1
    stored = proof_from_data(proof_data(view.proof))
    assert stored.scans == view.proof.scans
    return view.proof.scans


def test_a_pass_reads_every_record_that_the_proof_left(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (few,) = proved(10)
    (many,) = proved(100)
    # 20 notes for each user, and those that the proof itself puts: at most one for each call. Only
    # what asks by a key is compared: a scan is the pass, and a put asks for nothing.
    assert few.pattern == many.pattern == "one"
    assert 200 <= few.records <= 200 + 100
    assert 2000 <= many.records <= 2000 + 100
    assert many.factor == many.scan_ms / many.call_ms


def test_nothing_is_read_whole_on_an_account() -> None:
    account = SimpleNamespace(is_local=False)
    route = Route(pattern="one", design="d", operation="get", target="notes")
    assert compared_with_scans(account, [route], []) == ()  # type: ignore[arg-type]


def test_a_table_is_read_once_for_all_patterns_that_ask_it_by_a_key() -> None:
    read: list[str] = []

    def scan(container: str):
        read.append(container)
        yield None, [{}, {}]
        yield None, [{}]

    adapter = SimpleNamespace(is_local=True, scan=scan)
    routes = [
        Route(pattern="one", design="d", operation="get", target="notes"),
        Route(pattern="by_owner", design="d", operation="query", target="notes/owner-index"),
        Route(pattern="all", design="d", operation="scan", target="notes"),
    ]
    timed = [
        SimpleNamespace(pattern=name, calls=3, latency_ms=(0.5, 1.0, 2.0))
        for name in ("one", "by_owner", "all")
    ]
    rows = compared_with_scans(adapter, routes, timed)  # type: ignore[arg-type]
    assert read == ["notes"]
    assert [(row.pattern, row.records) for row in rows] == [("one", 3), ("by_owner", 3)]


def test_the_factor_is_that_of_both_times() -> None:
    row = ScanComparison(
        pattern="p", container="t", records=10, scan_ms=Decimal(45), call_ms=Decimal("0.9")
    )
    assert row.factor == 50
