"""What a design stores compressed comes back through the store as it was given."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import tablewright
from dynamo_proofs import dynamo_design
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.session import Options, Session
from tablewright.store.store import Store

MODEL = """
app: essays
scales: [100]
entities:
  Essay:
    key: essayId
    count: 1/user
    attributes:
      essayId: id
      text: {type: text, bytes: 2KB}
      notes: {type: map, bytes: 1KB}
patterns:
  write: {put: Essay, rate: 1/user/day}
  rewrite: {update: Essay, by: essayId, set: [text], rate: 1/user/day}
  read: {get: Essay, by: essayId, rate: 1/user/day}
designs:
  packed:
    engine: dynamodb
    tables:
      essays:
        key: essayId
        items: {Essay: {compress: {text: 10%, notes: 10%}}}
        mode: on-demand
"""
LONG = "Blå grødefelter og ænder. " * 200
NOTES = {"marks": [1, True, None, Decimal("2.5")], "by": {"name": "Ana"}}


@pytest.fixture
def essays(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    with tablewright.open_store(path, target="memory") as store:
        yield store


def test_a_compressed_text_and_map_are_read_as_they_were_put(essays: Store) -> None:
    essays.write(essayId="one", text=LONG, notes=NOTES)
    essay = essays.read(essayId="one")
    assert (essay.text, essay.notes) == (LONG, NOTES)


def test_a_compressed_text_that_is_set_is_read_as_it_was_set(essays: Store) -> None:
    essays.write(essayId="one", text="short", notes={})
    essays.rewrite(essayId="one", text=LONG)
    assert essays.read(essayId="one").text == LONG


def test_it_is_stored_as_gzip(essays: Store) -> None:
    essays.write(essayId="one", text=LONG, notes=NOTES)
    ((_, (item,)),) = essays.adapter.scan("essays")
    # the first bytes of a gzip, 1f 8b 08, in base 64
    assert item["text"]["B"].startswith("H4sI")
    # 5,600 bytes of one repeated sentence take fewer than 200 compressed
    assert len(item["text"]["B"]) < 300


def test_a_compressed_text_that_looks_like_a_number_stays_a_text(essays: Store) -> None:
    essays.write(essayId="one", text="12", notes={"marks": 12})
    essay = essays.read(essayId="one")
    assert (essay.text, essay.notes) == ("12", {"marks": 12})


def test_a_stored_item_gives_a_compressed_text_back_as_a_text_and_a_map_as_a_map(
    tmp_path: Path,
) -> None:
    """What is migrated or exported reads items and not answers."""
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    file = tablewright.load(path)
    codec = DynamoCodec(
        file.model, dynamo_design(Session(file, Options()), "packed"), keeps_values=True
    )
    row = {"essayId": "one", "text": "12", "notes": {"marks": Decimal(12)}}
    (record,) = codec.encode("Essay", row, {})
    (essay,) = codec.decode("essays", record.content)
    assert essay.attributes == row
