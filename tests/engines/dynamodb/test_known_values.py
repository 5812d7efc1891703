"""What a write does to sparse indexes follows from its condition and from what it sets."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import dynamo_design, proof_in_memory
from tablewright import read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: jobs
region: us-east-1
scales: [20]
entities:
  Job:
    key: job_id
    count: 50/user
    attributes:
      job_id: uuid
      queue: {type: text, bytes: 10, distinct: 4}
      status: {type: enum, values: {waiting: 5%, running: 5%, done: 85%, failed: 5%}}
      urgent: {type: bool, top_share: 90%}
      run_at: timestamp
      locked_until: {type: timestamp, presence: 10%}
patterns:
  enqueue: {put: Job, if: absent, set: {status: waiting}, rate: 1/user/day}
  record: {put: Job, if: absent, set: {status: done}, rate: 1/user/day}
  claim: {update: Job, by: job_id, set: {status: running}, if: {status: waiting}, rate: 1/user/day}
  finish: {update: Job, by: job_id, set: {status: done}, if: {status: running}, rate: 1/user/day}
  breaks: {update: Job, by: job_id, set: {status: failed}, if: {status: running}, rate: 1/user/day}
  lock: {update: Job, by: job_id, set: {locked_until: now + 5m}, if: {locked_until: absent}, rate: 1/user/day}
  unlock: {update: Job, by: job_id, remove: [locked_until], if: {locked_until: exists}, rate: 1/user/day}
  hurry: {update: Job, by: job_id, set: {urgent: true}, if: {urgent: no}, rate: 1/user/day}
  forget: {delete: Job, by: job_id, if: {status: done}, rate: 1/user/day}
  drop: {delete: Job, by: job_id, if: {status: {in: [waiting, failed]}}, rate: 1/user/day}
  next: {list: Job, where: {queue: given, status: waiting, run_at: {lt: 50%}}, sort: run_at, limit: 10, rate: 1/user/day}
designs:
  current:
    engine: dynamodb
    tables:
      jobs:
        key: job_id
        items:
          Job:
            keys:
              ready: {value: "{queue}", when: {status: waiting}}
              broken: {value: failed, when: {status: [failed]}}
              active: {value: "{queue}", when: {status: [waiting, running]}}
              hot: {value: hot, when: {urgent: yes}}
        indexes:
          ready: {key: [ready, run_at], project: keys-only}
          broken: {key: [broken, run_at], project: keys-only}
          active: {key: [active, run_at], project: [status]}
          hot: {key: [hot, job_id], project: keys-only}
          locks: {key: [locked_until, job_id], project: keys-only}
"""  # noqa: E501


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(file=read_model(MODEL, "jobs.yaml"), options=Options(sample_items=256))


def index_writes(session: Session, pattern: str) -> dict[str, Decimal]:
    """Return the write units of a call by index, those of a few per cent left out."""
    units: dict[str, Decimal] = {}
    for request in session.evaluate("current").route(pattern).requests:
        for use in request.uses:
            _, _, index = use.resource.partition("/")
            if index not in ("", "hot", "locks"):
                units[index] = units.get(index, Decimal(0)) + use.units.mean
    return units


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        # Every entry has less than 1 KB: one unit to add it, one to take it away, one to change it.
        ("enqueue", {"ready": 1, "active": 1}),
        ("record", {}),
        # Out of `ready`; in `active` the key stays, and the status that it shows changes.
        ("claim", {"ready": 1, "active": 1}),
        ("finish", {"active": 1}),
        ("breaks", {"active": 1, "broken": 1}),
        ("forget", {}),
    ],
)
def test_the_entries_of_sparse_indexes_that_a_write_adds_and_removes(session, pattern, expected):
    assert index_writes(session, pattern) == expected


def test_one_of_several_values_is_shared_as_it_is_stored(session):
    # 5 % are waiting and 5 % failed: about half of what is dropped is in each index.
    units = index_writes(session, "drop")
    assert units["ready"] + units["broken"] == 1
    assert units["active"] == units["ready"]
    assert Decimal("0.3") < units["ready"] < Decimal("0.7")


@pytest.mark.parametrize(
    ("pattern", "index"), [("lock", "locks"), ("unlock", "locks"), ("hurry", "hot")]
)
def test_an_entry_comes_or_goes_with_an_attribute(session, pattern, index):
    route = session.evaluate("current").route(pattern)
    units = {use.resource: use.units.mean for request in route.requests for use in request.uses}
    assert units[f"jobs/{index}"] == 1


def test_the_meter_says_the_same(session):
    request = ProofRequest(users=20, requests=600)
    proof = proof_in_memory(session, dynamo_design(session), request, lambda text: None)
    assert proof.is_right, [(p.pattern, p.wrong, p.failures) for p in proof.patterns]
    off = {
        p.pattern: (p.reads.difference, p.writes.difference)
        for p in proof.patterns
        if max(abs(p.reads.difference), abs(p.writes.difference)) > Decimal("0.01")
    }
    assert off == {}
