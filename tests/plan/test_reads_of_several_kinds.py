"""A plan explains what it chose for each part of a `read`."""

from __future__ import annotations

from tablewright import read_model
from tablewright.session import Session
from tablewright.verbs.plan import plan

MODEL = """\
app: support
region: us-east-1
scales: [1000]
entities:
  Ticket: {key: ticket_id, count: 5/user, attributes: {ticket_id: uuid, subject: text(60)}}
  Comment:
    of: Ticket
    key: comment_id
    count: {mean: 4, max: 100}
    attributes: {comment_id: ulid, body: {type: text, bytes: {mean: 700, max: 20KB}}}
patterns:
  thread:
    read: [{get: Ticket, by: ticket_id}, {list: Comment, where: ticket_id, sort: comment_id}]
    rate: 1/user/day
  open: {put: Ticket, rate: 0.1/user/day}
  reply: {put: Comment, rate: 0.2/user/day}
"""


def test_a_read_is_explained_part_by_part() -> None:
    # It ended with KeyError: 'thread/1'.
    result = plan(Session(file=read_model(MODEL, "support.yaml")))
    explained = {question.pattern for question in result.explanation.questions}
    assert explained == {"thread/1", "thread/2"}
    assert [pattern.pattern for pattern in result.patterns] == ["thread", "open", "reply"]
