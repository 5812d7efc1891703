"""A migration that is divided into shares does what an undivided one does."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from migrate.rows_in_process import Context
from migrate.test_migration import ANN, BILL, FILE, ORDERS, contents, database, fill
from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.design.migrations import Answer, MigrationRate, MoveDecision
from tablewright.evaluation.doors import Record, Target
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration, quarantine
from tablewright.operate.shares import store as stores
from tablewright.operate.shares.share import Families, share_file
from tablewright.operate.shares.spark import SparkMigration, _divided
from tablewright.operate.shares.store import BucketStore, FolderStore, store_at
from tablewright.operate.staging import Staging
from tablewright.session import Session
from tablewright.verbs.migrate_cluster import migrate_on_cluster

SIDES = {}
"""Databases of this process, by name: an opener is pickled, and they cannot be."""


@dataclass(frozen=True)
class Named:
    """Opens the databases of a test."""

    name: str

    def __call__(self):
        return SIDES[self.name]

    def forget(self):
        pass


def divided(source, target, path, answers=(), shares=3, rate=None):
    transform = Transform(FILE.model, source.codec, target.codec, answers)
    SIDES["test"] = (source, target, transform)
    return SparkMigration(
        Context(), Named("test"), FolderStore(path / "shares"), shares=shares, rate=rate
    )


def undivided(source, target, path, answers=()):
    transform = Transform(FILE.model, source.codec, target.codec, answers)
    return Migration(source, target, transform, Staging(path / "staging.db"))


def both(names, path, answers=(), prepare=fill):
    """Move the same data divided and not; return both migrations with their targets."""
    source = database(names[0])
    prepare(source)
    targets = [database(names[1]) for _ in range(2)]
    works = [
        undivided(source, targets[0], path, answers),
        divided(source, targets[1], path, answers),
    ]
    return list(zip(works, targets, strict=True))


@pytest.mark.parametrize(
    "names",
    [
        ("apart", "together"),
        ("apart", "embedded"),
        ("embedded", "apart"),
        ("guarded", "joined"),
        ("embedded", "guarded"),
    ],
)
def test_shares_and_one_process_say_and_store_the_same(names, tmp_path):
    (one, target), (many, other) = both(names, tmp_path)

    assert many.check() == one.check()
    assert many.write() == one.write() >= 2
    assert many.verify() == one.verify()
    assert many.verify().is_clean
    assert contents(other) == contents(target)


def test_a_second_run_reads_and_writes_nothing(tmp_path):
    (_, _), (many, target) = both(("apart", "together"), tmp_path)
    many.check()
    assert many.write() == 5

    again = divided(database("apart"), target, tmp_path)  # the source is empty now

    assert again.check().records_read == 5
    assert again.write() == 0


def test_a_share_that_was_not_finished_is_read_again_and_the_others_are_not(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    many = divided(source, target, tmp_path)
    checked = many.check()
    staging = Staging(tmp_path / "shares" / share_file(1))
    staging.forget_fact("whole")
    staging.close()
    said = []

    again = divided(source, target, tmp_path)
    again.say = said.append

    assert again.check() == checked
    assert said == ["read the source for 1 of 3 shares"]


def crowded(adapter):
    """Two orders of one user that `joined_by_total` would store under one key, and a stranger."""
    users = [{"user_id": f"u{n}", "email": f"e{n}@example.org", "bio": "same"} for n in range(12)]
    orders = [{"user_id": f"u{n}", "order_id": f"o{n}", "total": 5, "note": "n"} for n in range(12)]
    fill(adapter, users, orders)
    adapter.bulk_write(
        [
            Record(
                container="users",
                kind="",
                content={"user_id": {"S": "x"}, "colour": {"S": "red"}},
            )
        ]
    )


COLLIDING = """
app: shop
region: us-east-1
scales: [10]
entities:
  User:
    key: user_id
    attributes: {user_id: uuid, bio: {type: text, bytes: 4}}
patterns: {user: {get: User, by: user_id, rate: 1/user/day}}
designs:
  apart: {engine: dynamodb, tables: {users: {key: user_id, items: {User: {attributes: all}}}}}
  by_bio:
    engine: dynamodb
    tables: {bios: {key: bio, items: {User: {keys: {bio: "{bio}"}, attributes: all}}}}
"""


def test_instances_of_different_shares_under_one_key_are_found_before_anything_is_written(tmp_path):
    from tablewright import read_model

    file = read_model(COLLIDING, "shop.yaml")

    def opened(name):
        from tablewright.engines.registry import make_engine

        adapter = make_engine("dynamodb").connector.temporary(
            file.model, file.design(name), Decimal(0)
        )
        for step in adapter.plan_provision().steps:
            adapter.provision(step, lambda text: None)
        return adapter

    source, target = opened("apart"), opened("by_bio")
    users = [{"user_id": f"u{n}", "bio": "same"} for n in range(12)]
    source.bulk_write(r for u in users for r in source.codec.encode("User", u, lambda e: ()))

    def work(folder, answers=()):
        SIDES["test"] = (source, target, Transform(file.model, source.codec, target.codec, answers))
        store = FolderStore(folder / "shares")
        return SparkMigration(Context(), Named("test"), store, shares=4)

    problems = work(tmp_path / "asked").check().problems
    assert [(p.kind, p.entity, p.count) for p in problems] == [("collision", "User", 11)]

    answer = Answer(place="User", attribute="", kind="collision", action=MoveDecision.QUARANTINE)
    many = work(tmp_path / "answered", (answer,))
    checked = many.check()
    assert checked.problems == ()
    assert checked.rejected == 11
    assert many.write() == 1
    assert many.verify().counts == (("User", 1, 1),)
    assert quarantine(many.quarantined(), tmp_path / "quarantine.jsonl") == 11


def test_what_cannot_be_read_goes_to_the_same_quarantine(tmp_path):
    answer = Answer(place="users", attribute="", kind="unreadable", action=MoveDecision.QUARANTINE)
    (one, _), (many, _) = both(("apart", "together"), tmp_path, (answer,), crowded)
    assert many.check() == one.check()
    one.write()
    many.write()

    texts = []
    for number, work in enumerate((one.staging, many)):
        path = tmp_path / f"{number}.jsonl"
        assert quarantine(work.quarantined(), path) == 1
        texts.append(path.read_text())
    assert texts[0] == texts[1]
    assert "colour, user_id" in texts[0]


def test_without_an_answer_the_same_problems_are_named_and_counted(tmp_path):
    (one, _), (many, _) = both(("apart", "without_notes"), tmp_path, (), crowded)

    checked = many.check()
    assert checked == one.check()
    assert {(p.kind, p.count) for p in checked.problems} == {("unreadable", 1), ("lost", 12)}


def test_what_differs_is_named_alike_and_repaired(tmp_path):
    (one, target), (many, other) = both(("apart", "together"), tmp_path)
    for work, side in ((one, target), (many, other)):
        work.check()
        work.write()
        order = next(iter(side.codec.encode("Order", ORDERS[0], lambda e: ())))
        side.remove([order])
        changed = {**BILL, "bio": "Writes now."}
        side.bulk_write(side.codec.encode("User", changed, lambda e: ()))
        side.bulk_write(side.codec.encode("User", {**ANN, "user_id": "u9"}, lambda e: ()))

    verification = many.verify()
    assert verification == one.verify()
    assert [(d.identity, d.what) for d in verification.differences] == [
        (d.identity, d.what) for d in sorted(verification.differences, key=lambda d: d.entity)
    ]
    assert verification.differing == 3
    assert many.repair() == one.repair() == 2
    assert many.verify().differing == 1  # what is extra stays


def test_a_source_that_changed_is_read_again_before_it_is_compared(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    many = divided(source, target, tmp_path)
    many.check()
    many.write()
    source.bulk_write(source.codec.encode("User", {**ANN, "bio": "New."}, lambda e: ()))

    assert many.check(again=True).records_read == 5
    assert many.verify().differing == 1
    assert many.repair() == 1
    assert many.verify().is_clean


def test_why_a_task_failed_is_said_where_it_was_started(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    many = divided(source, target, tmp_path)
    many.check()
    many.target.transport.send("DeleteTable", {"TableName": "shop"})

    with pytest.raises(EngineError, match="not found"):
        many.write()
    noted = json.loads((tmp_path / "shares" / "failure.json").read_text())
    assert "not found" in noted["message"]


def test_a_family_lies_in_one_share(tmp_path):
    source, target = database("apart"), database("embedded")
    families = Families(Transform(FILE.model, source.codec, target.codec), 1_000)

    row = {"user_id": "u1"}
    place = families.share_of("User", ("u1",), row)
    assert {families.share_of("Order", (f"o{n}",), row) for n in range(50)} == {place}
    apart = Families(Transform(FILE.model, source.codec, source.codec), 1_000)
    assert len({apart.share_of("Order", (f"o{n}",), row) for n in range(50)}) > 40


def test_a_rate_is_divided_among_the_tasks_that_run_at_once():
    # 400 units a second over 2 tasks: 200 each; 20 % of the source: 10 % each
    assert _divided(MigrationRate(units_per_second=Decimal(400)), 2) == MigrationRate(
        units_per_second=Decimal(200)
    )
    assert _divided(MigrationRate(share=Decimal("0.2")), 2) == MigrationRate(share=Decimal("0.1"))
    assert _divided(None, 2) is None


# ---------------------------------------------------------------- stores and refusals


class Bucket:
    """A bucket of S3 in a dictionary."""

    def __init__(self):
        self.objects, self.puts = {}, []

    def put_object(self, **request):
        self.objects[request["Key"]] = request["Body"]

    def get_object(self, **request):
        return {"Body": io.BytesIO(self._content(request, "NoSuchKey"))}

    def download_file(self, **request):
        Path(request["Filename"]).write_bytes(self._content(request, "404"))

    def upload_file(self, **request):
        self.objects[request["Key"]] = Path(request["Filename"]).read_bytes()
        self.puts.append(request["Key"])

    def list_objects_v2(self, **request):
        keys = [key for key in self.objects if key.startswith(request["Prefix"])]
        return {"Contents": [{"Key": key} for key in keys], "IsTruncated": False}

    def delete_objects(self, **request):
        for each in request["Delete"]["Objects"]:
            del self.objects[each["Key"]]

    def _content(self, request, code):
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": code, "Message": "none"}}, "GetObject")
        return self.objects[request["Key"]]


def test_shares_in_a_bucket_are_put_back_only_where_they_changed(monkeypatch, tmp_path):
    bucket = Bucket()
    monkeypatch.setattr("boto3.client", lambda service: bucket)
    source, target = database("apart"), database("together")
    fill(source)
    SIDES["test"] = (source, target, Transform(FILE.model, source.codec, target.codec))
    store = store_at("s3://work/moves/1")
    assert store == BucketStore("work", "moves/1")

    many = SparkMigration(Context(), Named("test"), store, shares=2)
    many.check()
    many.write()
    puts = len(bucket.puts)
    assert many.write() == 0
    assert len(bucket.puts) == puts
    assert many.verify().is_clean
    assert {key for key in bucket.objects if key.endswith(".db")} == {
        "moves/1/share-00000.db",
        "moves/1/share-00001.db",
    }
    store.clear()
    assert bucket.objects == {}


def test_a_place_that_is_no_bucket_is_refused():
    with pytest.raises(UsageError, match="neither a folder nor a bucket"):
        store_at("ftp://work/moves")


def test_a_denied_bucket_is_an_error_with_a_remedy(monkeypatch):
    class Denied(Bucket):
        def get_object(self, **request):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

    monkeypatch.setattr("boto3.client", lambda service: Denied())

    with pytest.raises(EngineError, match="cannot be used") as refused:
        stores.failure_in(BucketStore("work", "x"))
    assert "read, write and delete" in refused.value.remedy


def cluster(action="copy", **places):
    session = Session(file=FILE)
    at = {
        "source_at": Target(endpoint="http://127.0.0.1:1"),
        "target_at": Target(endpoint="http://127.0.0.1:2"),
        **places,
    }
    return migrate_on_cluster(session, "apart", "together", action=action, **at)


def test_following_is_refused_on_a_cluster():
    with pytest.raises(UnsupportedError, match="--follow runs in one process"):
        cluster("follow")


def test_an_embedded_database_is_refused_on_a_cluster():
    with pytest.raises(UsageError, match="the database of `apart` is the embedded one") as refused:
        cluster(source_at=Target())
    assert "--source-endpoint" in refused.value.remedy


def test_a_database_is_not_copied_onto_itself():
    here = Target(endpoint="http://127.0.0.1:1")
    with pytest.raises(UsageError, match="`apart` and `guarded` both have orders, users"):
        migrate_on_cluster(Session(file=FILE), "apart", "guarded", source_at=here, target_at=here)


def test_without_spark_the_command_that_installs_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "pyspark", None)

    with pytest.raises(UnsupportedError, match="needs PySpark") as refused:
        migrate_on_cluster(
            Session(file=FILE),
            "apart",
            "together",
            source_at=Target(endpoint="http://127.0.0.1:1"),
            target_at=Target(endpoint="http://127.0.0.1:2"),
            work_dir=str(tmp_path),
        )
    assert refused.value.remedy == "pip install 'tablewright[spark]'"
