"""Requests with real values: every time the same ones, whatever was asked for before."""

from __future__ import annotations

from tablewright.session import Session, read_model
from tablewright.verbs.explain import example_requests

TEXT = """
app: notes
region: us-east-1
scales: [40]
entities:
  Note: {key: id, count: 3/user, attributes: {id: uuid, text: text(20)}}
patterns:
  write: {put: Note, rate: 1/user/day}
  note: {get: Note, by: id, rate: 1/user/day}
designs:
  one: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}
"""


def test_the_same_evaluation_gives_the_same_values_however_often_it_is_asked() -> None:
    session = Session(read_model(TEXT))
    first = {name: _request(session, name) for name in ("write", "note")}
    # each asks for a new instance or one that is there, and takes none away from the other
    assert {name: _request(session, name) for name in ("note", "write", "write")} == first
    assert first == {name: _request(Session(read_model(TEXT)), name) for name in first}


def _request(session: Session, pattern: str) -> object:
    [request] = example_requests(session, session.evaluate("one"), pattern)
    return request.template
