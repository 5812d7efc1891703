"""Offers without a price in a region: a few are named, many counted by vendor."""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.session import Session

MODEL = """\
app: notes
region: {region}
scales: [100]
entities: {{Note: {{key: id, attributes: {{id: uuid, text: text(200)}}}}}}
patterns: {{add: {{put: Note, rate: 1/user/day}}}}
designs: {{rows: {{engine: postgresql, tables: {{note: {{holds: Note}}}}}}}}
"""


def left_out(region: str) -> list[str]:
    session = Session(file=read_model(MODEL.format(region=region), "notes.yaml"))
    return [text for text in session.evaluate("rows").bill.left_out if "known price" in text]


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-1"])
def test_many_are_counted_by_vendor(region: str) -> None:
    [text] = left_out(region)
    head, _, counts = text.partition(f" offers without a known price in {region}: ")
    listed = [part.split(" of ", 1) for part in counts.split(", ")]
    assert sum(int(count) for count, _ in listed) == int(head) > 4
    assert "Amazon RDS" in [vendor for _, vendor in listed]


def test_a_few_are_named() -> None:
    [text] = left_out("us-east-1")
    assert text.endswith(": Azure Flexible Server B2s, Azure Flexible Server B2ms")
