"""What a write does to partial indexes follows from its condition and from what it sets."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.engines.postgresql.ddl import ddl
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.evaluation.values import INDEX_WRITE
from tablewright.session import Options, Session

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
      run_at: timestamp
patterns:
  enqueue: {put: Job, set: {status: waiting}, rate: 1/user/day}
  record: {put: Job, set: {status: done}, rate: 1/user/day}
  add: {put: Job, rate: 1/user/day}
  claim: {update: Job, by: job_id, set: {status: running}, if: {status: waiting}, rate: 9/day}
  finish: {update: Job, by: job_id, set: {status: done}, if: {status: running}, rate: 9/day}
  breaks: {update: Job, by: job_id, set: {status: failed}, if: {status: running}, rate: 9/day}
  later: {update: Job, by: job_id, set: [run_at], if: {status: waiting}, rate: 9/day}
  move: {update: Job, by: job_id, set: [run_at], rate: 9/day}
  forget: {delete: Job, by: job_id, if: {status: done}, rate: 9/day}
  drop: {delete: Job, by: job_id, if: {status: {in: [waiting, failed]}}, rate: 9/day}
designs:
  rows:
    engine: postgresql
    tables:
      job:
        holds: Job
        indexes:
          ready: {columns: [queue, run_at], where: {status: [waiting]}}
          broken: {columns: [run_at], where: {status: [failed]}}
          active: {columns: [run_at], where: {status: [waiting, running]}}
  documents:
    engine: mongodb
    collections:
      jobs:
        holds: Job
        indexes:
          ready: {keys: {queue: 1, run_at: 1}, partial: {status: [waiting]}}
          broken: {keys: {run_at: 1}, partial: {status: [failed]}}
          active: {keys: {run_at: -1}, partial: {status: [waiting, running]}}
"""


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(file=read_model(MODEL, "jobs.yaml"), options=Options(sample_items=64))


# Each line: ready, broken, active, and the index of the key. PostgreSQL writes an entry of the new
# row into each index it belongs to, MongoDB the old and the new one into those that change.
@pytest.mark.parametrize(
    ("pattern", "rows", "documents"),
    [
        ("enqueue", 1 + 0 + 1 + 1, 1 + 0 + 1 + 1),
        ("record", 0 + 0 + 0 + 1, 0 + 0 + 0 + 1),
        ("add", "1.2", "1.2"),  # 5 % + 5 % + 10 % + 1
        ("claim", 0 + 0 + 1 + 1, 1 + 0 + 0 + 0),
        ("finish", 0 + 0 + 0 + 1, 0 + 0 + 1 + 0),
        ("breaks", 0 + 1 + 0 + 1, 0 + 1 + 1 + 0),
        ("later", 1 + 0 + 1 + 1, 2 + 0 + 2 + 0),
        ("move", "1.2", "0.4"),  # 2 x (5 % + 5 % + 10 %)
        ("forget", 0 + 0 + 0 + 1, 0 + 0 + 0 + 1),
        ("drop", "2.5", "2.5"),  # half of them in `ready` and `active`, half in `broken`
    ],
)
def test_entries_of_partial_indexes_follow_what_a_write_tells(session, pattern, rows, documents):
    assert entries_written(session, "rows", pattern) == Decimal(rows)
    assert entries_written(session, "documents", pattern) == Decimal(documents)


def entries_written(session: Session, design: str, pattern: str) -> Decimal:
    route = session.evaluate(design).route(pattern)
    uses = [use for request in route.requests for use in request.uses]
    return sum((u.units.mean for u in uses if u.dimension == INDEX_WRITE), Decimal(0))


INDEXES = ("ready", "broken", "active", "job_pkey")


@pytest.mark.needs_server
@pytest.mark.parametrize(
    ("pattern", "status", "change"),
    [
        ("claim", "waiting", "status = 'running'"),
        ("finish", "running", "status = 'done'"),
        ("breaks", "running", "status = 'failed'"),
        ("later", "waiting", "run_at = run_at + interval '1 hour'"),
    ],
)
def test_the_server_writes_as_many_entries(session, server, pattern, status, change):
    server.execute("DROP SCHEMA IF EXISTS public CASCADE")
    server.execute("CREATE SCHEMA public")
    server.execute("CREATE EXTENSION IF NOT EXISTS pageinspect")
    design = session.design("rows")
    assert isinstance(design, PostgresDesign)
    for statement in ddl(design):
        server.execute(statement)
    server.execute(
        "INSERT INTO job (job_id, queue, status, run_at) SELECT gen_random_uuid(), 'mail', %s, "
        "now() + n * interval '1 second' FROM generate_series(1, 20) AS n",
        [status],
    )
    before = {name: entries(server, name) for name in INDEXES}
    put = "enqueue" if status == "waiting" else ""
    if put:
        assert sum(before.values()) == 20 * entries_written(session, "rows", put)
    server.execute(f"UPDATE job SET {change} WHERE status = '{status}'")
    written = sum(entries(server, name) - before[name] for name in INDEXES)
    assert written == 20 * entries_written(session, "rows", pattern)


def entries(server, index: str) -> int:
    """Return how many entries the first leaf of a small index has, dead ones included."""
    (size,) = server.execute("SELECT pg_relation_size(%s)", [index]).fetchone()
    if size < 2 * 8192:
        return 0
    statement = "SELECT live_items + dead_items FROM bt_page_stats(%s, 1)"
    return server.execute(statement, [index]).fetchone()[0]
