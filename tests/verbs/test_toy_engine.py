"""An engine is one folder and one line: a plain key-value store through the verbs."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tablewright.cli.main import run
from tablewright.core.errors import UsageError
from tablewright.engines import registry
from tablewright.evaluation.doors import Target
from tablewright.session import Session, load
from tablewright.verbs.check import check
from tablewright.verbs.compare import compare
from tablewright.verbs.database import opened
from tablewright.verbs.down import down
from tablewright.verbs.prove import prove
from tablewright.verbs.seed import seed
from tablewright.verbs.status import status
from tablewright.verbs.up import up

MODEL = """
app: shelf
region: us-east-1
scales: [20]
entities:
  Book:
    key: id
    count: 3/user
    attributes: {id: uuid, title: text(20), author: text(4), pages: int, loans: counter}
patterns:
  book: {get: Book, by: id, rate: 2/user/day}
  of_author: {list: Book, where: author, sort: -pages, limit: 5, rate: 1/user/day}
  add: {put: Book, if: absent, fails: 10%, rate: 1/user/day}
  lend: {update: Book, by: id, increment: loans, rate: 1/user/day}
  burn: {delete: Book, by: id, rate: 0.1/user/day}
designs:
  shelf:
    engine: toy
    tables: {books: Book}
architectures:
  mine:
    title: A shelf and nothing else
    engine: toy
    components: {}
"""
HERE = Target()


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setitem(registry.ENGINES, "toy", "toy.engine:ToyEngine")
    path = tmp_path / "tablewright.yaml"
    path.write_text(dedent(MODEL))
    return Session(load(path))


def test_a_bill_of_three_dollars_is_shown(session: Session) -> None:
    assert session.evaluate("shelf", 20).bill.total == 3


def test_tables_are_made_once(session: Session) -> None:
    assert [action.text for action in up(session, "shelf", HERE).actions] == ["make books"]
    assert up(session, "shelf", HERE).actions == ()
    assert status(session, "shelf", HERE).is_as_designed


def test_three_books_a_user_are_seeded_and_not_again(session: Session) -> None:
    up(session, "shelf", HERE)
    assert seed(session, "shelf", HERE, users=20).written == 60
    assert seed(session, "shelf", HERE, users=20).written == 0
    assert status(session, "shelf", HERE).tables[0].items == 60


def test_every_answer_of_the_store_is_proved(session: Session) -> None:
    view = prove(session, "shelf", HERE, users=20, requests=200)
    assert [(p.pattern, p.wrong, p.failures) for p in view.proof.patterns if not p.is_right] == []
    assert view.proof.state_problems == ()
    assert view.is_right
    book = next(p for p in view.proof.patterns if p.pattern == "book")
    assert book.reads.metered.mean == book.reads.predicted.mean == 1
    # without an index every one of 60 books is looked at
    listed = next(p for p in view.proof.patterns if p.pattern == "of_author")
    assert listed.reads.metered.mean == listed.reads.predicted.mean == 60


def test_a_store_that_loses_an_attribute_is_not_proved(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toy.engine import ToyAdapter

    whole = ToyAdapter.bulk_write

    def forgetful(self, records):
        kept = list(records)
        for record in kept:
            record.content.pop("pages", None)
        return whole(self, kept)

    monkeypatch.setattr(ToyAdapter, "bulk_write", forgetful)
    view = prove(session, "shelf", HERE, users=20, requests=200)
    assert not view.is_right
    assert any("`pages` of an item is not what was written" in p.wrong for p in view.proof.patterns)


def test_what_is_taken_down_is_gone(session: Session) -> None:
    up(session, "shelf", HERE)
    first = down(session, "shelf", HERE)
    assert not first.deleted
    assert down(session, "shelf", HERE, confirm=first.confirm).deleted
    design = session.design("shelf")
    with opened(session, design, HERE) as adapter:
        assert adapter.describe() == {}


def test_a_proof_takes_the_number_of_users_that_was_seeded(session: Session) -> None:
    assert prove(session, "shelf", HERE, users=2, requests=20).proof.users == 2
    up(session, "shelf", HERE)
    seed(session, "shelf", HERE, users=7)
    assert prove(session, "shelf", HERE, requests=20).proof.users == 7


# ---------------------------------------------------------------- check, compare


def test_its_own_rule_is_run_and_graded(session: Session) -> None:
    (design,) = check(session).designs
    assert design.card is not None
    (finding,) = design.card.findings
    # 20 users with three books each: a list without an index looks at 60, more than 50
    assert (finding.rule, finding.subject) == ("TOY-IDX-001", "of_author")
    assert finding.evidence == "60 records are looked at in books"
    # one medium finding takes 8 points off 100
    assert (design.card.grade, design.card.score) == ("A-", 92)


def test_a_rule_that_does_not_hold_finds_nothing(session: Session) -> None:
    # 16 users have 48 books: no more than 50 are looked at
    (design,) = check(session.with_options(users=16)).designs
    assert design.card is not None
    assert design.card.findings == ()


def test_its_design_is_compared_by_its_bill(session: Session) -> None:
    view = compare(session)
    cost = next(cost for cost in view.engines if cost.engine == "toy")
    assert (cost.design, cost.usd, cost.offer, cost.unserved) == ("shelf", 3, "", ())
    mine = next(r for r in view.architectures if r.architecture.name == "mine")
    assert mine.at(20).total == 3
    assert view.advice[1] == (
        f"Start with `mine` ({mine.architecture.title} on the toy store) at 3.00 USD a month for "
        "20 users."
    )


def test_moving_to_it_and_from_it_is_charged_as_it_says(session: Session) -> None:
    assert registry.make_engine("toy").comparing.reading_charges(Decimal(10**9)) == ()


def test_a_server_that_it_does_not_have_is_an_error(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "tablewright.yaml"
    servers = "engine: toy\n    servers: [Shelf L]\n    components"
    path.write_text(path.read_text().replace("engine: toy\n    components", servers))
    with pytest.raises(UsageError, match="there is no offer `Shelf L` of that engine"):
        compare(Session(load(path)))


# ---------------------------------------------------------------- the command line


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run((*words, "--json"))
    return code, json.loads(capsys.readouterr().out)


def test_every_verb_of_the_first_minutes_runs_on_it(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(session.file.path)
    assert printed(capsys, "check", path)[0] == 0
    assert printed(capsys, "cost", path, "--users", "20")[1]["usd_per_month"] == "3"
    code, compared = printed(capsys, "compare", path)
    assert (code, compared["engines"][0]["usd"]) == (0, "3")
    assert printed(capsys, "ddl", path)[1]["statements"] == ["MAKE books"]
    (action,) = printed(capsys, "up", path)[1]["actions"]
    assert (action["operation"], action["parameters"]) == ("MAKE", {"table": "books"})
    assert printed(capsys, "seed", path, "--users", "20")[1]["written"] == 60
    code, proof = printed(capsys, "prove", path, "--users", "20", "--requests", "100")
    assert (code, proof["is_right"]) == (0, True)
    code, seen = printed(capsys, "status", path)
    assert (code, seen["tables"][0]["items"], seen["usd_so_far"]) == (0, 60, "0")
    assert seen["tables"][0]["bytes"] is None  # a toy does not say: that is not zero
    assert run(("status", path)) == 0
    assert "books: active, 60 items\n" in capsys.readouterr().out
    assert run(("report", path)) == 0
    page = capsys.readouterr().out
    assert "EXPLAIN" not in page  # the words of another engine
    word = printed(capsys, "down", path)[1]["confirm"]
    assert printed(capsys, "down", path, "--confirm", word)[1]["deleted"] is True


def test_the_plan_says_why_there_is_none(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("plan", str(session.file.path), "--from", "shelf")) == 2
    assert "steps lead from one design on DynamoDB" in capsys.readouterr().err
