"""Spark moves the same data as one process does, byte for byte, and says the same of it."""

from __future__ import annotations

import datetime
import json
import shutil
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import resources

import pytest

from migrate.test_apps import opened, seeded
from migrate.test_kills import Server
from tablewright.evaluation.doors import Record, Target
from tablewright.operate.migration import Migration, quarantine
from tablewright.operate.staging import Staging
from tablewright.session import open_model
from tablewright.verbs import migrate_cluster
from tablewright.verbs.migrate import transform_between
from tablewright.verbs.migrate_cluster import migrate_on_cluster

pytest.importorskip("pyspark", reason="`pip install 'tablewright[spark]'`")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

pytestmark = [
    pytest.mark.needs_java,
    pytest.mark.slow,
    # sockets between Spark's driver and its workers are closed by the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


CENTURY = 36_500 * 86_400


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch):
    monkeypatch.setenv("TABLEWRIGHT_SPARK_MASTER", "local[2]")


def app(name):
    return open_model(resources.files("tablewright.apps") / name / "tablewright.yaml")


class Side:
    """A database of a design that other processes reach."""

    def __init__(self, session, design, folder, stack):
        if design.engine == "dynamodb":
            server = Server(folder / f"{uuid.uuid4()}.db")
            stack.callback(server.kill)
            endpoint = server.endpoint
        else:
            own = opened(session, design)
            stack.callback(own.close)
            endpoint = address_of(own)
        self.at = Target(endpoint=endpoint)
        connector = session.engine_of(design).connector
        self.adapter = connector.connect(session.model, design, self.at, folder, keeps_values=True)
        stack.callback(self.adapter.close)
        if design.engine == "dynamodb":
            for step in self.adapter.plan_provision().steps:
                self.adapter.provision(step, lambda text: None)


def address_of(adapter):
    reached = adapter._reached
    if hasattr(reached, "address"):
        return reached.address
    host, port = reached.client.address
    return f"mongodb://{host}:{port}/?directConnection=true"


def fill_like(side, other, expiries):
    """Copy the records of one database, but for expiries: sampled ones are over, and would go."""
    for kind in sorted({kind.container for kind in other.codec.kinds}):
        for _, page in other.scan(kind):
            side.adapter.bulk_write(
                Record(container=kind, kind="", content=later(content, expiries))
                for content in page
            )


def later(content, names):
    """Return a record whose expiries, wherever they are in it, are a hundred years later."""
    if isinstance(content, list):
        return [later(each, names) for each in content]
    if not isinstance(content, Mapping):
        return content
    return {
        name: a_century_later(value) if name in names else later(value, names)
        for name, value in content.items()
    }


def a_century_later(value):
    if isinstance(value, datetime.datetime):
        return value + datetime.timedelta(seconds=CENTURY)
    if isinstance(value, dict) and "N" in value:
        return {"N": str(int(value["N"]) + CENTURY)}
    return value + CENTURY if isinstance(value, int) else value


def moved_in_process(session, source, target, folder):
    choices = session.file.choices(source.design.name, target.design.name)
    transform = transform_between(session, (source.design, target.design), choices)
    work = Migration(source, target, transform, Staging(folder / "staging.db"))
    check = work.check()
    written = work.write()
    left_out = quarantine(work.staging.quarantined(), folder / "quarantine.jsonl")
    verification = work.verify()
    work.staging.close()
    return {
        "check": check,
        "written": written,
        "quarantined": left_out,
        "verification": verification,
    }


def both_ways(session, names, users, folder):
    """Move the same data in one process and by Spark; return both views and contents."""
    with ExitStack() as stack:
        designs = [session.design(name) for name in names]
        seeds = seeded(session, designs[0], users)
        stack.callback(seeds.close)
        source = Side(session, designs[0], folder, stack)
        here, there = (Side(session, designs[1], folder, stack) for _ in range(2))
        fill_like(source, seeds, seeds.codec.expiry | here.adapter.codec.expiry)
        (folder / "here").mkdir()
        expected = moved_in_process(session, source.adapter, here.adapter, folder / "here")
        view = migrate_on_cluster(
            session,
            *names,
            source_at=source.at,
            target_at=there.at,
            work_dir=str(folder / "there"),
            shares=3,
        )
        return expected, view, contents_of(here), contents_of(there)


def contents_of(side):
    containers = sorted({kind.container for kind in side.adapter.codec.kinds})
    return sorted(
        json.dumps([container, record], sort_keys=True, default=str)
        for container in containers
        for _, page in side.adapter.scan(container)
        for record in page
    )


MOVES = (
    ("screen-time-journey", ("current", "recommended"), 6),
    ("auxeira", ("current", "recommended"), 1),
    ("llm-proxy", ("before", "recommended"), 1),
    ("mongocollectibles", ("recommended", "planned-postgresql"), 4),
    ("poafix", ("current", "recommended"), 1),
    ("poafix", ("current", "dynamodb"), 1),
)


@pytest.mark.parametrize(
    ("name", "designs", "users"), MOVES, ids=[f"{n}-{d[0]}-{d[1]}" for n, d, _ in MOVES]
)
def test_a_shipped_move_gives_the_same_bytes_as_one_process(
    name, designs, users, tmp_path, monkeypatch
):
    session = app(name)
    if session.design(designs[1]).engine == "mongodb":
        # a temporary server is without TTL indexes, lest sampled documents vanish
        monkeypatch.setattr(migrate_cluster, "require_target", lambda target: None)

    expected, view, here, there = both_ways(session, designs, users, tmp_path)

    assert view.check == expected["check"]
    assert view.written == expected["written"] > 100
    assert view.verification == expected["verification"]
    assert view.verification.is_clean
    assert there == here
