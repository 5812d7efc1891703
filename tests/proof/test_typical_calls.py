"""Calls that the estimate is not about: refused ones, and the same instances again and again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import read_model
from tablewright.engines.dynamodb.reading.query_plans import _sizes_of
from tablewright.evaluation.doors import Consumption
from tablewright.evaluation.values import Route
from tablewright.proof.runner import _compare
from tablewright.proof.tally import Tally
from tablewright.proof.workload import Workload
from tablewright.sample import world as worlds
from tablewright.sample.calls import Call
from tablewright.sample.sample import Sample
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
        tally.note_asked(Call(pattern=pattern, row={}, number=number % 2))
    assert tally.choices == 2
    compared = _compare(Route(pattern="settle", design="d"), tally, None, "write", 2)
    # eight figures that are 1 off their mean: sqrt(8 / 8 / 7) = 0.378; they are two instances and
    # not eight: times sqrt(8 / 2)
    assert round(compared.estimated.error, 3) == Decimal("0.756")


def test_calls_for_the_same_list_again_say_nothing_new() -> None:
    text = JOBS.replace("OPERATOR", "lt").replace("SHARE", "50%")
    pattern = read_model(text).model.pattern("next")
    tally = Tally()
    for number in range(12):
        tests = (
            worlds.Test("queue", "eq", (f"q{number % 3}",)),
            worlds.Test("status", "eq", ("waiting",)),
        )
        tally.note_asked(Call(pattern=pattern, row={}, tests=tests))
    assert tally.choices == 3


JOBS = """\
app: jobs
region: us-east-1
scales: [100]
entities:
  Job:
    key: job
    count: 1/user
    attributes:
      job: uuid
      queue: "enum(a, b)"
      status: {type: enum, values: {waiting: 10%, done: 90%}}
      at: timestamp
patterns:
  next: {list: Job, where: {queue: given, status: waiting, at: {OPERATOR: SHARE}}, rate: 9/day}
  claim:
    update: Job
    by: job
    set: {status: done}
    if: {status: waiting}
    fails: 10%
    rate: 1/user/day
designs:
  d:
    engine: dynamodb
    tables:
      jobs:
        key: job
        items: {Job: {keys: {ready: {value: "{queue}", when: {status: waiting}}}}}
        indexes: {ready: {key: [ready, at], project: keys-only}}
"""


def test_only_so_many_calls_are_metered_as_refused_as_the_model_says() -> None:
    # About ten jobs wait, and of 128 calls those after the tenth find none. One that is claimed
    # takes a unit and one for the entry that goes; of ten calls one is refused, for a unit: 1.9.
    text = JOBS.replace("OPERATOR", "lt").replace("SHARE", "50%")
    session = Session(read_model(text, "jobs.yaml"), Options(sample_items=100))
    design = dynamo_design(session)
    proof = proof_in_memory(session, design, ProofRequest(users=100, requests=400), lambda t: None)
    claim = next(p for p in proof.patterns if p.pattern == "claim")
    assert claim.calls < 20 < claim.requests
    assert claim.writes.estimated.mean == Decimal("1.9")
    assert Decimal("1.8") <= claim.writes.metered.mean <= 2
    assert proof.agrees


@pytest.mark.parametrize("operator", ["lt", "le", "gt", "ge"])
@pytest.mark.parametrize(("share", "found"), [("50%", 5), ("100%", 10), ("20%", 2)])
def test_a_range_holds_the_share_it_is_said_to_hold(operator: str, share: str, found: int) -> None:
    text = JOBS.replace("OPERATOR", operator).replace("SHARE", share)
    text = text.replace("enum(a, b)", "enum(a)").replace("status: waiting, at", "at")
    model = read_model(text, "jobs.yaml").model
    world = worlds.World(model, Sample(model), 10)
    call = Workload(model, world, 1).call(model.pattern("next"))
    assert len(world.find("Job", call.tests)) == found


def test_entries_beyond_the_sample_are_as_big_as_those_they_are_listed_with() -> None:
    # Four entries are sampled: 0 and 3 of one list, 69 bytes each, 1 and 2 of another, 399 bytes
    # each. Of the one also 4 and 6 are read, of the other 5 and 7; neither is like any entry.
    column, present = [69, 399, 399, 69], [69, 399, 399, 69]
    short = _sizes_of([6, 4, 3, 0], column, present)
    long = _sizes_of([7, 5, 2, 1], column, present)
    assert short == [(6, 69), (4, 69), (3, 69), (0, 69)]
    assert long == [(7, 399), (5, 399), (2, 399), (1, 399)]
    # of a list of which none was sampled: those of any, in turn
    assert _sizes_of([5, 4], column, present) == [(5, 399), (4, 69)]
    # what was sampled and is not in the index stays out
    assert _sizes_of([2, 1], [69, None, 399], [69, 399]) == [(2, 399)]
