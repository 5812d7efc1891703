"""An engine is one folder and one line: a plain key-value store through the verbs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tablewright.engines import registry
from tablewright.evaluation.doors import Target
from tablewright.session import Session, load
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
