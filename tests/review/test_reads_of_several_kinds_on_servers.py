"""On a server each part of a `read`, and each part of a transaction, goes through its own index.

A shop has 2,000 orders with 3 lines each, and all of an order is shown by one call. Lines are found
by an index on their order; `pay` marks the line of a parcel by an index on parcels.
"""

from __future__ import annotations

import pytest

from tablewright import read_model
from tablewright.session import Session
from tablewright.verbs.check import check

MODEL = """\
app: shop
region: us-east-1
scales: [2000]
entities:
  Order: {key: oid, attributes: {oid: ulid, total: money}}
  Line: {of: Order, key: lid, count: 30, attributes: {lid: ulid, parcel: id(12), paid: bool}}
patterns:
  order: {read: [{get: Order, by: oid}, {list: Line, where: oid, sort: lid}], rate: 9/user/day}
  pay:
    transact:
      - {update: Order, by: oid, set: total}
      - {update: Line, by: parcel, set: paid}
    rate: 1/user/day
designs:
  docs:
    engine: mongodb
    collections:
      orders: {holds: Order}
      lines: {holds: Line, indexes: {DOC_INDEXES}}
  rows:
    engine: postgresql
    tables:
      orders: {holds: Order}
      lines: {holds: Line, indexes: {ROW_INDEXES}}
"""
DOC = {"of_order": "of_order: {oid: 1, lid: 1}", "of_parcel": "of_parcel: {parcel: 1}"}
ROW = {"of_order": "of_order: [oid, lid]", "of_parcel": "of_parcel: [parcel]"}


def found(design: str, *indexes: str) -> set[tuple[str, str]]:
    """Return what rules about indexes find, with the subject of each."""
    text = MODEL.replace("DOC_INDEXES", ", ".join(DOC[name] for name in indexes))
    text = text.replace("ROW_INDEXES", ", ".join(ROW[name] for name in indexes))
    [view] = check(Session(read_model(text)), design).designs
    assert view.card is not None
    return {(f.rule, f.subject) for f in view.card.findings if "-IDX-" in f.rule}


@pytest.mark.parametrize("design", ["docs", "rows"])
def test_an_index_that_only_a_part_goes_through_is_used(design: str) -> None:
    unused = {subject for rule, subject in found(design, *DOC) if rule == "ANY-IDX-001"}
    assert unused == set()


@pytest.mark.parametrize("design", ["docs", "rows"])
def test_a_part_that_reads_too_much_is_found_by_its_own_name(design: str) -> None:
    assert "order/2" not in {subject for _, subject in found(design, *DOC)}
    without = found(design, "of_parcel")
    assert {rule for rule, subject in without if subject == "order/2"} <= {
        "SRV-IDX-001",
        "SRV-IDX-005",
    }
    assert "order/2" in {subject for _, subject in without}


@pytest.mark.parametrize("design", ["docs", "rows"])
def test_a_part_of_a_transaction_that_looks_through_everything_is_found(design: str) -> None:
    subjects = {"SRV-IDX-001": "pay/2"}
    assert dict(found(design, "of_order")) == subjects
    assert found(design, *DOC) == set()
