"""What it takes to read all children of a parent, where some parents have very many."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.sample.sample import Sample

# A note: id 2 + 36, owner's key 5 + 36, text 4 + 917 = 1,000 bytes.
MODEL = """\
app: notes
region: us-east-1
scales: [1000]
entities:
  User: {key: owner, attributes: {owner: uuid}}
  Note:
    of: User
    key: [owner, id]
    count: {mean: 40, max: 900}
    attributes: {id: uuid, text: text(917)}
patterns:
  all: {list: Note, where: owner, rate: 1/user/day}
  first: {list: Note, where: owner, limit: 3, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      users: {key: owner, items: User}
      notes: {key: [owner, id], items: Note}
"""


@pytest.mark.parametrize("sample", [32, 128, 1024])
def test_a_small_sample_reads_parents_with_more_children_than_it_holds(sample):
    # With 32 instances a parent of 900 notes would not fit, and only small ones be counted.
    file = read_model(MODEL, "notes.yaml")
    found = DynamoEngine().evaluate(
        file.model, file.design("one"), 1000, PriceBook(), sample_items=sample
    )
    counts = Sample(file.model).group_sizes("Note", sample)
    blocks = sum(max(1, -(-count * 1000 // 4096)) for count in counts)  # nothing takes one too
    units = found.route("all").units("read").mean
    assert abs(units - Decimal(blocks) / len(counts) / 2) < Decimal("1E-9")
    blocks = sum(max(1, -(-min(count, 3) * 1000 // 4096)) for count in counts)
    units = found.route("first").units("read").mean
    assert abs(units - Decimal(blocks) / len(counts) / 2) < Decimal("1E-9")
