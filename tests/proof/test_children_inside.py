"""Children that are kept inside their parent's record are gone when it is deleted."""

from __future__ import annotations

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: orders
region: us-east-1
scales: [12]
entities:
  Order: {key: order_id, count: 2/user, attributes: {order_id: uuid, open: bool}}
  Line: {of: Order, key: line, count: 3, attributes: {line: uuid, sku: "enum(a, b)"}}
patterns:
  purge: {delete: Order, by: order_id, rate: 2/user/day}
  sold: {list: Line, where: sku, all: true, rate: 1/user/day}
designs:
  documents:
    engine: mongodb
    collections:
      orders: {holds: Order, embed: {lines: Line}, indexes: {skus: {lines.sku: 1}}}
"""


def test_children_go_with_the_document_of_their_parent() -> None:
    # 24 orders of three lines; each deleted one takes its three out of what is sold.
    pytest.importorskip("secantus")
    session = Session(read_model(MODEL, "orders.yaml"), Options(sample_items=64))
    request = ProofRequest(users=12, requests=40)
    proof = proof_in_memory(session, session.design("documents"), request, lambda text: None)
    assert proof.is_right, [(p.pattern, p.wrong, p.failures) for p in proof.patterns]
