"""The running bill: sums by table, index, operation and label that add up to the total."""

from decimal import Decimal

import pytest

from tablewright.local.bill import RunningBill, UnitPrices
from tablewright.local.database import Database

PRICES = UnitPrices(read=Decimal("0.000000125"), write=Decimal("0.000000625"))


@pytest.fixture
def bill():
    """Two labelled puts into a table with an index, one read of the index."""
    with Database() as database:
        running = RunningBill()
        database.on_metered = running.add
        database.call(
            "CreateTable",
            {
                "TableName": "Ttt",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("k", "g")
                ],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "ggg",
                        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        for key in ("a", "b"):
            item = {"k": {"S": key}, "g": {"S": "x"}}
            database.call("PutItem", {"TableName": "Ttt", "Item": item}, label="sign up")
        database.call("Scan", {"TableName": "Ttt", "IndexName": "ggg"})
        yield running


def test_each_arm_of_a_request_has_its_line(bill):
    lines = [(x.index, x.operation, x.label, x.requests, x.reads, x.writes) for x in bill.lines()]
    assert lines == [
        (None, "PutItem", "sign up", 2, 0, 2),
        ("ggg", "PutItem", "sign up", 2, 0, 2),
        ("ggg", "Scan", None, 1, Decimal("0.5"), 0),
    ]


def test_sums_by_anything_re_add_to_the_total(bill):
    shown = bill.as_json(PRICES)
    # 4 writes at 0.000000625 and half a read at 0.000000125
    assert shown["total"] == {"read_units": "0.5", "write_units": "4", "usd": "0.0000025625"}
    for group in ("by_table", "by_operation", "by_label", "lines"):
        assert sum(Decimal(row["usd"]) for row in shown[group]) == Decimal("0.0000025625")
    assert shown["by_index"] == [
        {
            "table": "Ttt",
            "index": "ggg",
            "read_units": "0.5",
            "write_units": "2",
            "usd": "0.0000013125",
        }
    ]


def test_a_cleared_bill_begins_anew(bill):
    bill.clear()
    assert bill.lines() == ()
    assert bill.as_json()["total"] == {"read_units": "0", "write_units": "0"}
