"""Every commercial region that public lists allow has prices; the rest say what is missing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.session import Session

D = Decimal
BOOK = PriceBook()


@pytest.mark.parametrize(
    ("region", "write", "read", "storage"),
    [
        # AWS price list of 2026-09-28 for request units; USD per million, and per GB-month.
        ("us-east-2", "0.625", "0.125", "0.25"),
        ("ap-northeast-1", "0.715", "0.1425", "0.285"),
        ("ap-southeast-2", "0.71", "0.1425", "0.285"),
        ("eu-west-2", "0.7423", "0.1487", "0.29715"),
        ("sa-east-1", "0.9375", "0.1875", "0.375"),
    ],
)
def test_large_regions_have_their_own_prices(
    region: str, write: str, read: str, storage: str
) -> None:
    keys = ("ondemand.wru.standard", "ondemand.rru.standard", "storage.standard")
    prices = [BOOK.price(f"aws.dynamodb.{key}", region) for key in keys]
    assert [price.usd for price in prices] == [D(write), D(read), D(storage)]
    assert all(price.source and price.as_of for price in prices)


def test_a_price_that_was_taken_from_a_twin_says_so() -> None:
    storage = BOOK.price("aws.dynamodb.storage.standard", "ap-southeast-2")
    assert storage.confidence == "derived"
    assert "Keyspaces" in storage.note


def test_storage_of_a_region_without_a_list_is_unknown_and_not_zero() -> None:
    assert BOOK.price("aws.dynamodb.ondemand.wru.standard", "il-central-1").usd == D("0.85")
    with pytest.raises(PriceUnknownError, match="il-central-1"):
        BOOK.price("aws.dynamodb.storage.standard", "il-central-1")


def test_a_bill_in_tokyo_adds_up_by_hand() -> None:
    session = Session(
        read_model(
            "app: t\nregion: ap-northeast-1\nscales: [1000]\n"
            "entities:\n"
            "  Note: {key: note_id, attributes: {note_id: uuid, text: {type: text, bytes: 500}}}\n"
            "patterns:\n"
            "  read: {get: Note, by: note_id, rate: 2400/user/day}\n"
            "designs:\n  d: {engine: dynamodb, tables: {notes: {key: note_id, items: Note}}}\n"
        )
    )
    bill = session.evaluate("d", 1000).bill
    # 1,000 users x 2,400 reads x 730/24 days = 73,000,000 reads of half a unit: 36.5 million units
    # at 0.1425 USD a million are 5.20125 USD. An item has 36 + 7 + 500 + 4 = 547 bytes and 100 for
    # storage: 1,000 of them are 647,000 bytes, at 0.285 USD a GB 0.000171... USD.
    storage = D(647_000) / 1024**3 * D("0.285")
    assert abs(bill.total - D("5.20125") - storage) < D("1E-9")


def test_savings_plans_are_known_where_they_were_read() -> None:
    price = BOOK.price("aws.savings-plans.twin.ondemand.wru", "ap-northeast-1")
    assert price.usd == D("0.5863")
    # 18 % off the on-demand price of 0.715.
    assert abs(price.usd - D("0.715") * D("0.82")) < D("0.0001")
