"""A rule about reports does not hide the index that would save most of what they cost.

A million orders of about 475 bytes are some 475 MB; a scan without strong consistency reads 8 KB
for a unit, about 58,000 units; a hundred scans a day cost 22 USD a month at 0.125 a million. By an
index on a state that ten orders share a report reads a unit or two: nearly all of it is saved.
"""

from __future__ import annotations

from tablewright import read_model
from tablewright.review.findings import Finding
from tablewright.session import Session
from tablewright.verbs.check import check

MODEL = """
app: orders
region: us-east-1
scales: [1000]
entities:
  Order:
    key: id
    count: 1000/user
    attributes: {id: uuid, state: {type: text, bytes: 8, distinct: 100000}, body: text(400)}
patterns:
  get: {get: Order, by: id, rate: 1/s}
  report: {list: Order, where: state, purpose: report, rate: RATE}
designs:
  d: {engine: dynamodb, tables: {orders: {key: id, items: Order}}}
"""


def findings(rate: str) -> dict[str, Finding]:
    session = Session(read_model(MODEL.replace("RATE", rate)))
    [design] = check(session).designs
    assert design.card is not None
    return {finding.rule: finding for finding in design.card.findings}


def test_an_index_that_saves_most_of_a_report_is_shown_beside_it() -> None:
    found = findings("100/day")
    index, report = found["DDB-IDX-001"].fix, found["DDB-CST-005"].fix
    assert index is not None
    assert index.text.startswith("add index by_state on orders by state")
    assert index.saves_per_month is not None
    assert index.saves_per_month > 20
    assert report is not None
    assert report.saves_per_month is None


def test_an_index_that_saves_less_than_a_dollar_stays_folded_into_the_report() -> None:
    # once a day: 22 / 100 = 0.22 USD
    found = findings("1/day")
    assert found["DDB-CST-005"].consequences == ("DDB-IDX-001",)
    assert "DDB-IDX-001" not in found
