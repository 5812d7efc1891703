"""Files move to object storage with their checksums, and what refers to them follows."""

from __future__ import annotations

import hashlib
import json

import pytest

from tablewright.cli.main import run as main
from tablewright.core.errors import UsageError
from tablewright.migrate.files import FileReferences
from tablewright.operate.file_copy import copy_files

MODEL = """
app: gallery
region: us-east-1
scales: [10]
entities:
  Picture:
    key: picture_id
    attributes:
      picture_id: uuid
      address: url
      more: {type: list, of: url, items: 2}
patterns:
  picture: {get: Picture, by: picture_id, rate: 1/user/day}
designs:
  before: {engine: dynamodb, tables: {pictures: {key: picture_id, items: Picture}}}
  after: {engine: dynamodb, tables: {images: {key: picture_id, items: Picture}}}
migrations:
  away:
    from: before
    to: after
    files:
      {folder: uploads, bucket: buckets/media, prefix: /uploads/, url: "https://cdn.example.org/",
       key: media}
"""
FILES = FileReferences(prefix="/uploads/", url="https://cdn.example.org/", folder="media")


@pytest.fixture
def folder(tmp_path):
    uploads = tmp_path / "uploads"
    (uploads / "deep").mkdir(parents=True)
    (uploads / "a b.png").write_bytes(b"\x89PNG first")
    (uploads / "deep" / "c.pdf").write_bytes(b"%PDF second")
    (tmp_path / "tablewright.yaml").write_text(MODEL)
    return tmp_path


def copied(folder):
    return copy_files(
        folder / "uploads", folder / "buckets" / "media", FILES, folder / "files.jsonl"
    )


def test_every_file_is_copied_once_with_checksum_and_content_type(folder):
    first, second = copied(folder), copied(folder)

    assert (first.files, first.copied, second.copied) == (2, 2, 0)
    assert first.bytes == 10 + 11
    entries = [json.loads(line) for line in (folder / "files.jsonl").read_text().splitlines()]
    assert [(e["key"], e["content_type"]) for e in entries] == [
        ("media/a-b.png", "image/png"),
        ("media/deep/c.pdf", "application/pdf"),
    ]
    stored = folder / "buckets" / "media" / "media" / "a-b.png"
    assert entries[0]["sha256"] == hashlib.sha256(b"\x89PNG first").hexdigest()
    assert stored.read_bytes() == b"\x89PNG first"


def test_a_damaged_object_is_copied_again(folder):
    copied(folder)
    (folder / "buckets" / "media" / "media" / "a-b.png").write_bytes(b"cut")

    assert copied(folder).copied == 1


def test_two_files_of_one_key_are_refused(folder):
    (folder / "uploads" / "a-b.png").write_bytes(b"another")

    with pytest.raises(UsageError, match="would both be the object media/a-b"):
        copied(folder)


@pytest.mark.parametrize(
    ("reference", "rewritten"),
    [
        ("/uploads/a b.png", "https://cdn.example.org/media/a-b.png"),
        ("https://elsewhere.example.org/x.png", "https://elsewhere.example.org/x.png"),
        ("/uploads/../secret", "/uploads/../secret"),  # leads out of the folder: no file of these
        ("/uploads/", "/uploads/"),
    ],
)
def test_only_references_to_the_files_are_rewritten(reference, rewritten):
    assert FILES.rewritten(reference) == rewritten


def fill(folder, address, more=()):
    from tablewright.local.database import Database

    item = {
        "picture_id": {"S": "p1"},
        "address": {"S": address},
        "more": {"L": [{"S": each} for each in more]},
    }
    with Database(folder / ".tablewright" / "before.db") as database:
        database.call("PutItem", {"TableName": "pictures", "Item": item})


def read(folder):
    from tablewright.local.database import Database

    with Database(folder / ".tablewright" / "after.db") as database:
        key = {"picture_id": {"S": "p1"}}
        return database.call("GetItem", {"TableName": "images", "Key": key})["Item"]


def test_after_the_move_no_reference_to_the_disk_is_left(folder, capsys):
    model = str(folder / "tablewright.yaml")
    for design in ("before", "after"):
        assert main(["up", model, "--design", design]) == 0
    fill(folder, "/uploads/a b.png", ["/uploads/deep/c.pdf", "https://x.org/y.png"])

    assert main(["migrate", model, "--from", "before", "--to", "after"]) == 0

    item = read(folder)
    assert item["address"] == {"S": "https://cdn.example.org/media/a-b.png"}
    assert item["more"]["L"] == [
        {"S": "https://cdn.example.org/media/deep/c.pdf"},
        {"S": "https://x.org/y.png"},
    ]
    assert "2 files" in capsys.readouterr().out
    assert (folder / "buckets" / "media" / "media" / "deep" / "c.pdf").is_file()


def test_a_reference_to_a_file_that_is_not_there_stops_the_move(folder, capsys):
    model = str(folder / "tablewright.yaml")
    for design in ("before", "after"):
        assert main(["up", model, "--design", design]) == 0
    fill(folder, "/uploads/gone.png")

    assert main(["migrate", model, "--from", "before", "--to", "after"]) == 1

    output = capsys.readouterr().out
    assert "Picture.address: the file that it refers to is not there: 1 times" in output
    assert not (folder / "buckets").exists()


def test_the_plan_has_a_step_for_the_files(folder, capsys):
    model = str(folder / "tablewright.yaml")

    assert main(["migrate", model, "--from", "before", "--to", "after", "--plan"]) == 0

    assert "copy the files of `uploads` to object storage" in capsys.readouterr().out
