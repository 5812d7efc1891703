"""What guards something that expires goes with it, or a value would stay taken for ever."""

from __future__ import annotations

from tablewright import read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

INVITES = """
app: guards
region: us-east-1
scales: [1000]
entities:
  Invite:
    key: invite_id
    count: 2/user/day
    retention: 7d
    attributes: {invite_id: uuid, email: {type: email, unique: true}, expires_at: epoch}
patterns:
  make: {put: Invite, if: absent, rate: 2/user/day}
  read: {get: Invite, by: invite_id, rate: 2/user/day}
"""
EXTEND = "  extend: {update: Invite, by: invite_id, set: expires_at, rate: 1/user/day}\n"


def guards_of(text: str) -> list[tuple[str | None, bool]]:
    """Return of every guard which attribute its table expires by, and whether it has it."""
    design = plan(Session(read_model(text), Options()), explained=False).design
    assert isinstance(design, DynamoDesign)
    return [
        (table.ttl, "expires_at" in shape.attributes)
        for table in design.tables
        for shape in table.shapes
        if shape.guards
    ]


def test_a_guard_expires_with_what_it_guards() -> None:
    assert guards_of(INVITES) == [("expires_at", True)]


def test_a_guard_does_not_expire_where_an_update_would_have_to_move_its_time() -> None:
    assert [has for _, has in guards_of(INVITES + EXTEND)] == [False]
