"""What a list leaves out is left out before the rest of its instances is fetched."""

from __future__ import annotations

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

NOTES = """
app: notes
region: us-east-1
scales: [20]
entities:
  Note:
    key: nid
    count: 400 total
    attributes:
      nid: uuid
      owner: {type: id, distinct: 20}
      state: {type: enum, values: {open: 50%, done: 50%}}
      made: timestamp
      text: text(300)
patterns:
  latest: {list: Note, where: owner, sort: -made, limit: 3, rate: 10/user/day}
designs:
  by-state:
    engine: dynamodb
    tables:
      notes:
        key: nid
        items: Note
        indexes: {by-owner: {partition: owner, sort: [state, made], project: keys-only}}
"""


def test_only_those_within_the_limit_are_fetched_after_sorting_in_code():
    # An owner has 20 notes. Their entries come by state, so that all 20 are read and sorted: 20 of
    # some 120 B, one block, 0.5 units. Of three of them the text is fetched: 3 x 0.5. All 20 were
    # fetched before they were sorted: 10 units.
    session = Session(file=read_model(NOTES), options=Options())
    route = session.evaluate("by-state").route("latest")
    assert [request.operation for request in route.requests] == ["Query", "BatchGetItem"]
    proof = proof_in_memory(
        session, session.design("by-state"), ProofRequest(users=20, requests=60)
    )
    (latest,) = proof.patterns
    assert proof.is_right
    assert latest.reads.metered.mean == 2
    assert proof.agrees
