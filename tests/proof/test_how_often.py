"""How often a proof calls a pattern, and what share of the bill it says that a pattern is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.proof.runner import planned_calls
from tablewright.sample.sample import Sample
from tablewright.sample.world import World
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: often
region: us-east-1
scales: [10]
entities:
  Note:
    key: id
    count: COUNT total
    attributes: {id: uuid, colour: "enum(red, blue)", text: text(SIZE)}
patterns:
  get: {get: Note, by: id, rate: 100/user/day}
  every: {list: Note, where: {colour: red}, all: true, rate: 1/user/day}
designs:
  one: {engine: dynamodb, tables: {notes: {key: id, items: Note, pitr: 35d}}}
"""


def session_of(count: int, size: int) -> Session:
    text = MODEL.replace("COUNT", str(count)).replace("SIZE", str(size))
    return Session(file=read_model(text, "often.yaml"), options=Options(sample_items=64))


@pytest.mark.parametrize(
    ("count", "size", "calls"),
    [
        # 1,000 notes of 1 KB are about 1 MB: 130 units, and a scan is called as any other read
        (1000, 1000, 128),
        # 100,000 of them are some 105 MB, 12,900 units: 200,000 units are 15 calls
        (100_000, 1000, 15),
        # ten times the bytes: 8 calls, one for each part that a difference is worked out for
        (1_000_000, 1000, 8),
    ],
)
def test_a_scan_of_much_is_called_less_often(count: int, size: int, calls: int) -> None:
    session = session_of(count, size)
    evaluation = session.evaluate("one", 10)
    world = World(session.model, Sample(session.model), 10)
    planned = planned_calls(evaluation, world, requests=1000, seed=1)
    assert planned["every"] == calls


def test_the_share_of_the_bill_is_that_of_the_whole_bill() -> None:
    session = session_of(1000, 1000)
    proof = proof_in_memory(session, session.design("one"), ProofRequest(users=10, requests=100))
    bill = session.evaluate("one", 10).bill
    shares = {pattern.pattern: pattern.of_bill for pattern in proof.patterns}
    costs = bill.sum_by("pattern")
    # storage and recovery are in the bill too, so that the shares add up to less than one
    assert sum(shares.values()) < 1
    assert abs(shares["every"] - costs["every"] / bill.total) < Decimal("0.02")
