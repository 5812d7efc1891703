"""Backups, restores and exports of a table are of its size, as often as the design says."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.session import Session

# An item is 2 + 36 + 4 + 858 = 900 bytes and 100 of overhead; a million of them are 10^9 bytes,
# which are 10^9 / 2^30 = 0.931322575 GB.
MODEL = """
app: notes
region: us-east-1
scales: [1000]
entities:
  Note:
    key: id
    count: 1000/user
    attributes: {id: uuid, body: text(858)}
patterns:
  read: {get: Note, by: id, rate: 1/user/day}
designs:
  kept:
    engine: dynamodb
    tables:
      notes:
        key: id
        items: {Note: {}}
        mode: on-demand
        backups: 3
        exports: 2/month
        restores: 6/year
"""


def test_copies_are_billed_by_the_size_of_the_table_and_how_often_they_are_made() -> None:
    bill = Session(read_model(MODEL)).evaluate("kept").bill
    assert bill is not None
    copies = {
        line.what: (line.unit, line.quantity, round(line.amount, 4))
        for line in bill.lines
        if line.dimension.value == "backup"
    }
    assert copies == {
        # three are kept, at 0.10 a GB-month
        "on-demand backups": ("GB-month", Decimal("2.793967724"), Decimal("0.2794")),
        # six a year are half a one a month, at 0.15 a GB
        "restore": ("GB", Decimal("0.465661287"), Decimal("0.0698")),
        # two a month, at 0.10 a GB
        "export to S3": ("GB", Decimal("1.862645149"), Decimal("0.1863")),
    }
