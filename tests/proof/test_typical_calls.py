"""Calls that the estimate is not about: refused ones, and the same instances again and again."""

from __future__ import annotations

from decimal import Decimal

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import read_model
from tablewright.evaluation.doors import Consumption
from tablewright.evaluation.values import Route
from tablewright.proof.runner import Tally, _compare
from tablewright.sample.calls import Call
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: gifts
region: us-east-1
scales: [40]
entities:
  Project:
    key: project
    attributes: {project: uuid, status: {type: enum, values: {open: 30%, closed: 70%}}, given: int}
  Payment:
    key: payment
    attributes: {payment: uuid, project: ref(Project), amount: int, note: text(90)}
patterns:
  settle:
    transact:
      - {update: Payment, by: payment, set: [note]}
      - {update: Project, by: project, increment: {given: given}, if: {status: open}}
    rate: 1/user/day
designs:
  d:
    engine: dynamodb
    tables:
      payments: {key: payment, items: Payment}
      projects:
        key: project
        items: Project
        indexes: {by_status: {partition: status, sort: given, project: keys-only}}
"""


def test_a_write_that_no_instance_lets_through_is_checked_and_not_metered() -> None:
    # A payment names its project, and seven of ten projects are closed: their payments are refused,
    # which costs no change of the index. The model says that none is refused: each settles for
    # 2 + 2 units and 2 for the entry that leaves its place and 2 for the one that comes.
    session = Session(read_model(MODEL, "gifts.yaml"), Options(sample_items=64))
    design = dynamo_design(session)
    proof = proof_in_memory(session, design, ProofRequest(users=40, requests=200), lambda t: None)
    (settle,) = proof.patterns
    assert proof.is_right
    assert 0 < settle.calls < settle.requests
    assert settle.writes.metered.mean == settle.writes.predicted.mean
    assert settle.writes.predicted.mean == settle.writes.estimated.mean
    assert proof.agrees


def test_calls_for_the_same_instances_again_say_nothing_new() -> None:
    pattern = read_model(MODEL).model.patterns[0]
    tally = Tally()
    for number in range(8):
        units = Decimal(1 + 2 * (number % 2))
        tally.note([Consumption(resource="payments", dimension="write", units=units)])
        tally.note_instances(Call(pattern=pattern, row={}, number=number % 2))
    assert tally.choices == 2
    compared = _compare(Route(pattern="settle", design="d"), tally, None, "write", 2)
    # eight figures that are 1 off their mean: sqrt(8 / 8 / 7) = 0.378; they are two instances and
    # not eight: times sqrt(8 / 2)
    assert round(compared.estimated.error, 3) == Decimal("0.756")
