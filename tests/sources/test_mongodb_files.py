"""mongodump folders and mongoexport files."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from sources.importing import imported, model_of
from tablewright.model.values import Kind

bson = pytest.importorskip("bson")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    folder = tmp_path / "dump" / "shop"
    folder.mkdir(parents=True)
    people = [bson.ObjectId(f"{n:024x}") for n in range(40)]
    users = b"".join(
        bson.encode(
            {
                "_id": person,
                "email": f"private{n}@example.org",
                "location": {"type": "Point", "coordinates": [1.5, 2.5]},
                "devices": [{"deviceId": f"d{n}-{k}", "os": "ios"} for k in range(3)],
                "createdAt": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            }
        )
        for n, person in enumerate(people)
    )
    orders = b"".join(
        bson.encode(
            {
                "_id": bson.ObjectId(f"{n + 100:024x}"),
                "userId": people[n % 40],
                "status": "open" if n % 4 else "paid",
                "total": bson.Decimal128("12.50"),
            }
        )
        for n in range(200)
    )
    (folder / "users.bson").write_bytes(users)
    (folder / "orders.bson.gz").write_bytes(gzip.compress(orders))
    indexes = [
        {"key": {"_id": 1}, "name": "_id_"},
        {"key": {"email": 1}, "name": "email_1", "unique": True},
        {"key": {"location": "2dsphere"}, "name": "near"},
        {"key": {"createdAt": 1}, "name": "age", "expireAfterSeconds": 3600},
    ]
    (folder / "users.metadata.json").write_text(json.dumps({"indexes": indexes}))
    return folder


def test_collections_become_entities_and_embedded_documents_children(dump: Path) -> None:
    model = model_of(dump).model
    assert model.entity("Order").attribute("userId").to == "User"
    # 200 orders of 40 users; 3 devices in each user.
    assert model.entity("Order").count.mean == Decimal(5)
    device = model.entity("Device")
    assert (device.parent, device.count.mean) == ("User", Decimal(3))
    assert model.entity("User").attribute("location").kind is Kind.GEO


def test_indexes_come_from_the_metadata(dump: Path) -> None:
    text = imported(dump).text
    assert "email_1: {keys: {email: 1}, unique: true}" in text
    assert "near: {location: 2dsphere}" in text
    assert "age: {keys: {createdAt: 1}, expire_after: 3600s}" in text


def test_no_value_of_a_document_is_in_the_model_file(dump: Path) -> None:
    text = imported(dump).text
    assert "private" not in text
    assert "d1-1" not in text


def test_a_dump_cut_off_in_a_document_keeps_the_documents_before(dump: Path) -> None:
    path = dump / "users.bson"
    path.write_bytes(path.read_bytes()[:-50])
    notes = imported(dump).notes
    assert any("users.bson: cut off in document 40" in note for note in notes)


def test_a_packed_dump_cut_off_is_named(dump: Path) -> None:
    path = dump / "orders.bson.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert any("orders.bson.gz: cut off in document" in note for note in imported(dump).notes)


def test_a_document_that_lies_about_its_size_ends_the_reading(dump: Path) -> None:
    path = dump / "users.bson"
    path.write_bytes(path.read_bytes() + b"\xff\xff\xff\x7f" + b"0" * 40)
    assert any("document 41" in note for note in imported(dump).notes)


def test_mongoexport_arrays_and_lines_are_the_same(tmp_path: Path) -> None:
    rows = [
        {"_id": {"$oid": f"{n:024x}"}, "at": {"$date": "2026-01-01T00:00:00Z"}, "n": n}
        for n in range(30)
    ]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "events.json").write_text(json.dumps(rows))
    (tmp_path / "b" / "events.json").write_text("\n".join(json.dumps(row) for row in rows))
    first = model_of(tmp_path / "a" / "events.json").model.entity("Event")
    second = model_of(tmp_path / "b" / "events.json").model.entity("Event")
    assert first.attributes == second.attributes
    assert first.attribute("at").kind is Kind.TIMESTAMP


def test_links_out_of_a_dump_are_not_followed(dump: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bson"
    secret.write_bytes(bson.encode({"_id": 1, "password": "x"}))
    (dump / "stolen.bson").symlink_to(secret)
    assert "stolen" not in imported(dump).text


def test_a_document_of_sixteen_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "files.bson"
    path.write_bytes(bson.encode({"_id": 1, "body": "x" * (15 << 20)}) * 2)
    result = imported(path)
    assert not [note for note in result.notes if "cut off" in note]
    assert result.draft.entities[0].name == "File"


def test_an_object_id_refers_to_whose_it_is_whatever_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "dump" / "blog"
    folder.mkdir(parents=True)
    people = [bson.ObjectId(f"{n:024x}") for n in range(8)]
    others = [bson.ObjectId(f"{n:024x}") for n in range(500, 508)]
    (folder / "people.bson").write_bytes(b"".join(bson.encode({"_id": p, "n": 1}) for p in people))
    posts = [
        {"_id": bson.ObjectId(f"{n + 100:024x}"), "author": people[n % 8], "theme": others[n % 8]}
        for n in range(16)
    ]
    (folder / "posts.bson").write_bytes(b"".join(bson.encode(post) for post in posts))
    post = model_of(folder).model.entity("Post")
    assert post.attribute("author").to == "Person"
    assert post.attribute("theme").kind is Kind.ID  # of no collection here


def test_a_stored_name_with_a_dot_is_named_beside_the_one_in_its_place(tmp_path: Path) -> None:
    source = tmp_path / "prices.json"
    source.write_text('{"_id": {"$oid": "65a000000000000000000001"}, "price.usd": 1, "a b": 2}\n')
    lines = imported(source).text.splitlines()
    (renamed,) = (line for line in lines if line.strip().startswith("price_usd:"))
    assert "stored as `price.usd`, a name that a model file does not allow" in renamed
    # spaces are allowed, and kept
    assert any(line.strip().startswith("a b:") for line in lines)
