"""Puts of instances whose keys count from the beginning: none replaces what there is."""

from __future__ import annotations

from decimal import Decimal

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

COUNTED = """
app: counted
scales: [50]
entities:
  User: {key: user_id, attributes: {user_id: {type: id, like: usr-001}, note: text(20)}}
  Order: {key: number, count: 2/user, attributes: {number: int(1..9000), note: text(20)}}
  Day: {key: day, count: 20 total, attributes: {day: date, note: text(20)}}
  Stop: {of: User, key: position, count: 3, attributes: {position: int(1..500), note: text(20)}}
patterns:
  users: {scan: User, rate: 1/user/day}
  orders: {scan: Order, rate: 1/user/day}
  days: {scan: Day, rate: 1/user/day}
  stops: {list: Stop, where: user_id, rate: 1/user/day}
  addUser: {put: User, rate: 1/user/day}
  addOrder: {put: Order, rate: 1/user/day}
  addDay: {put: Day, rate: 1/user/day}
  addStop: {put: Stop, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      users: {key: user_id, items: User}
      orders: {key: number, items: Order}
      days: {key: day, items: Day}
      stops: {key: [user_id, position], items: Stop}
"""

FILTERED = """
app: filtered
scales: [30]
entities:
  User: {key: user_id, attributes: {user_id: id}}
  Job:
    of: User
    key: job_id
    count: {mean: 60, per: parent, max: 200, shape: geometric}
    attributes:
      job_id: id
      state: {type: enum, values: {done: 86%, failed: 8%, open: 6%}}
      at: {type: timestamp, role: time}
      text: {type: text, bytes: 900}
patterns:
  jobs: {list: Job, where: [user_id, state], sort: -at, limit: 5, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      users: {key: user_id, items: User}
      jobs: {key: [user_id, at], items: Job}
"""


def test_a_new_instance_replaces_none_and_every_answer_is_right() -> None:
    session = Session(read_model(COUNTED), Options())
    request = ProofRequest(users=20, requests=160)
    proof = proof_in_memory(session, dynamo_design(session), request, lambda text: None)
    assert [p.pattern for p in proof.patterns if p.wrong or p.failures] == []
    assert proof.state_problems == ()


def test_each_call_passes_its_filter_as_often_as_what_it_asks_for_is_there() -> None:
    # Three states of 86, 8 and 6 %: who asks for a rare one reads on, who asks for the common one
    # does not. The mean share would be wrong for both.
    session = Session(read_model(FILTERED), Options())
    request = ProofRequest(users=30, requests=300)
    proof = proof_in_memory(session, dynamo_design(session), request, lambda text: None)
    (jobs,) = proof.patterns
    assert jobs.wrong == ()
    assert jobs.reads.predicted.mean == jobs.reads.metered.mean
    assert jobs.reads.metered.mean > Decimal(1)


def test_what_an_update_takes_away_again_is_not_counted_by_the_next() -> None:
    # Every second call of `snap` sets the text of 2 KB, the others take it away where there was
    # none: `count` then meets items of 0.1 KB and of 2.1 KB, one unit and three.
    text = """\
app: streams
region: us-east-1
scales: [10]
entities:
  Stream:
    key: id
    count: 2/user
    attributes: {id: uuid, n: counter, snapshot: {type: text, bytes: 2KB, presence: 30%}}
patterns:
  snap: {update: Stream, by: id, set: [snapshot], rate: 1/user/day}
  count: {update: Stream, by: id, increment: n, rate: 1/user/day}
designs: {one: {engine: dynamodb, tables: {store: {key: id, items: Stream}}}}
"""
    session = Session(file=read_model(text, "streams.yaml"), options=Options(sample_items=64))
    request = ProofRequest(users=10, requests=200)
    proof = proof_in_memory(session, session.design("one"), request, lambda text: None)
    writes = {p.pattern: (p.writes.predicted.mean, p.writes.metered.mean) for p in proof.patterns}
    assert writes["snap"] == (3, 3)
    assert writes["count"][0] == writes["count"][1]


def test_an_update_that_sets_what_few_have_is_priced_with_it() -> None:
    # `id` and a UUID 38 B, `body` 904 B: 942 B, one unit. With the 204 B of `more` 1,146 B, two
    # units, whether it is set where there was none or taken away again: the larger one counts.
    text = """\
app: notes
region: us-east-1
scales: [20]
entities:
  Note:
    key: id
    count: 2/user
    attributes: {id: uuid, body: text(900), more: {type: text(200), presence: 10%}}
patterns:
  describe: {update: Note, by: id, set: [more], rate: 1/user/day}
designs: {one: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}}
"""
    session = Session(file=read_model(text, "notes.yaml"), options=Options(sample_items=64))
    request = ProofRequest(users=20, requests=60)
    proof = proof_in_memory(session, session.design("one"), request, lambda text: None)
    (describe,) = proof.patterns
    assert describe.writes.metered.mean == 2
    assert describe.writes.predicted.mean == 2
    assert describe.writes.estimated.mean == 2
