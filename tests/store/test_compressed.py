"""What a design stores compressed comes back through the store as it was given."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import tablewright
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
