"""A small price list of the vendor, written here: what is read of it, refused, and written down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tablewright.bill.book import read_book
from tablewright.bill.offer import MARK, book_text, changes, read_offer, usage_key
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import DataError

PUT = "ondemand.wru.standard"
AT = "https://example.com/list.json"


def product(usage: str, **attributes: str) -> dict[str, Any]:
    return {"attributes": {"usagetype": usage, "regionCode": "eu-north-1", **attributes}}


def term(*steps: str) -> dict[str, Any]:
    dimensions = {f"step{n}": {"pricePerUnit": {"USD": usd}} for n, usd in enumerate(steps)}
    return {"offer": {"priceDimensions": dimensions}}


def price_list(**changed: Any) -> dict[str, Any]:
    return {
        "offerCode": "AmazonDynamoDB",
        "version": "7",
        "publicationDate": "2026-10-02T03:04:05Z",
        "products": {
            "B": product("EUN1-ReadRequestUnits"),
            "A": product("EUN1-WriteRequestUnits"),
            "C": product("EUN1-TimedStorage-ByteHrs"),
            "D": product("EUN1-Mystery"),
            "E": product("EUN1-ExportDataSize-Bytes"),
            "F": product("WriteRequestUnits", regionCode="us-east-1"),
        },
        "terms": {
            "OnDemand": {
                "A": term("0.0000007"),
                "B": term("0.00000015"),
                "C": term("0", "0.27"),
                "E": term("0"),
                "F": term("9"),
            }
        },
        **changed,
    }


def with_term(sku: str, value: Any) -> dict[str, Any]:
    data = price_list()
    data["terms"]["OnDemand"][sku] = value
    return data


def test_prices_are_for_the_units_of_our_book_with_their_provenance() -> None:
    offer = read_offer(price_list(), "eu-north-1", AT)
    assert (offer.region, offer.version, offer.address) == ("eu-north-1", "7", AT)
    assert offer.published == "2026-10-02T03:04:05Z"
    # A million write units, a million read units, one GB-month above the free 25.
    assert [(p.key.removeprefix("aws.dynamodb."), p.usd, p.per) for p in offer.prices] == [
        ("ondemand.rru.standard", Decimal("0.15"), 1_000_000),
        (PUT, Decimal("0.7"), 1_000_000),
        ("storage.standard", Decimal("0.27"), 1),
    ]
    put = offer.prices[1]
    assert (put.region, put.as_of, put.source) == ("eu-north-1", "2026-10-02", AT)
    assert (put.confidence, put.note, put.unit) == ("price-list", "SKU A.", "WRU")
    # What we do not price and what is free altogether; what is of another region is not mentioned.
    assert offer.skipped == ("EUN1-ExportDataSize-Bytes", "EUN1-Mystery")


def test_a_product_that_names_no_region_is_of_the_region_asked_for() -> None:
    data = price_list()
    del data["products"]["A"]["attributes"]["regionCode"]
    assert len(read_offer(data, "eu-north-1", AT).prices) == 3


def test_the_same_price_twice_is_one() -> None:
    data = with_term("A2", term("0.0000007"))
    data["products"]["A2"] = product("EUN1-WriteRequestUnits")
    assert len(read_offer(data, "eu-north-1", AT).prices) == 3
    data["terms"]["OnDemand"]["A2"] = term("0.0000008")
    with pytest.raises(DataError) as caught:
        read_offer(data, "eu-north-1", AT)
    assert caught.value.message == f"{AT}: two prices for aws.dynamodb.{PUT}: SKU A. SKU A2."


BAD_FORM = f"{AT}: A: not of the form of a price list"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], f"{AT}: not of the form of a price list"),
        (price_list(offerCode="AmazonS3"), f"{AT}: not a price list of AmazonDynamoDB"),
        (price_list(version=""), f"{AT}: has no version or no publication date"),
        (price_list(publicationDate="soon"), f"{AT}: has no version or no publication date"),
        (price_list(terms=[]), f"{AT}: not of the form of a price list"),
        (price_list(terms={"OnDemand": []}), f"{AT}: not of the form of a price list"),
        (price_list(products=[]), f"{AT}: not of the form of a price list"),
        (price_list(products={"A": []}), f"{AT}: not of the form of a price list"),
        (price_list(products={"A": {"attributes": []}}), f"{AT}: not of the form of a price list"),
        (with_term("A", []), BAD_FORM),
        (with_term("A", {"offer": []}), BAD_FORM),
        (with_term("A", {"offer": {"priceDimensions": []}}), BAD_FORM),
        (with_term("A", {"offer": {"priceDimensions": {"s": []}}}), BAD_FORM),
        (with_term("A", {"offer": {"priceDimensions": {"s": {"pricePerUnit": 5}}}}), BAD_FORM),
        (with_term("A", {"offer": {"priceDimensions": {"s": {}}}}), f"{AT}: A: no price in USD"),
        (with_term("A", term("free")), f"{AT}: A: `free` is not a price"),
        (with_term("A", term("-1")), f"{AT}: A: `-1` is not a price"),
        (with_term("A", term("Infinity")), f"{AT}: A: `Infinity` is not a price"),
        (with_term("A", term("3", "0", "2")), f"{AT}: A: more than one price: 2, 3"),
    ],
)
def test_a_damaged_list_is_refused_with_place_and_words(data: Any, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read_offer(data, "eu-north-1", AT)
    assert caught.value.message == says


@pytest.mark.parametrize("missing", ["version", "publicationDate"])
def test_a_list_needs_its_version_and_its_day(missing: str) -> None:
    data = price_list()
    del data[missing]
    with pytest.raises(DataError, match="has no version or no publication date"):
        read_offer(data, "eu-north-1", AT)


def test_a_list_without_products_or_terms_has_no_prices() -> None:
    data = price_list()
    del data["terms"]
    offer = read_offer(data, "eu-north-1", AT)
    assert offer.prices == ()
    assert len(offer.skipped) == 5
    del data["products"]
    assert read_offer(data, "eu-north-1", AT).skipped == ()
    bare = price_list(products={"A": {}})
    assert read_offer(bare, "eu-north-1", AT).skipped == ("",)
    nothing_paid = with_term("A", {"offer": {}})
    assert "EUN1-WriteRequestUnits" in read_offer(nothing_paid, "eu-north-1", AT).skipped


def test_the_written_book_reads_back() -> None:
    offers = [
        read_offer(price_list(), "eu-north-1", AT),
        read_offer(
            price_list(products={"F": product("WriteRequestUnits", regionCode="us-east-1")}),
            "us-east-1",
            AT,
        ),
    ]
    text = book_text(offers)
    said = f"{AT} (version 7, published 2026-10-02T03:04:05Z)"
    assert text.splitlines()[:6] == [
        MARK,
        "title: Amazon DynamoDB, from the AWS price list",
        "",
        "sources:",
        f'  eu-north-1: "{said}"',
        f'  us-east-1: "{said}"',
    ]
    assert (
        f"  aws.dynamodb.{PUT}:\n"
        '    what: "on-demand write request unit, Standard"\n'
        "    unit: WRU\n"
        "    per: 1000000\n"
        "    confidence: price-list\n"
        "    usd:\n"
        "      eu-north-1: {usd: 0.7, source: eu-north-1, as_of: 2026-10-02, note: SKU A.}\n"
        "      us-east-1: {usd: 9000000, source: us-east-1, as_of: 2026-10-02, note: SKU F.}\n"
    ) in text
    assert text.endswith(".}\n")
    read = read_book(text, "written.yaml")
    assert read.sources[0].at == said
    north, east = read.prices[f"aws.dynamodb.{PUT}"]
    assert (north.usd, east.usd) == (Decimal("0.7"), Decimal(9_000_000))
    assert (north.source, north.confidence, north.note) == (said, "price-list", "SKU A.")


def test_changes_are_what_is_new_or_another_price_than_today() -> None:
    offer = read_offer(price_list(), "eu-north-1", AT)
    book = PriceBook()
    # Today 0.67, 0.1345 and 0.269 USD are in the book for Stockholm.
    assert [(was.amount if was else None, now.amount) for was, now in changes([offer])] == [
        (Decimal("0.1345"), Decimal("0.15")),
        (Decimal("0.67"), Decimal("0.7")),
        (Decimal("0.269"), Decimal("0.27")),
    ]
    same = book.price(f"aws.dynamodb.{PUT}", "eu-north-1").usd / 1_000_000
    unchanged = read_offer(with_term("A", term(str(same))), "eu-north-1", AT)
    assert [now.key for _, now in changes([unchanged])] == [
        "aws.dynamodb.ondemand.rru.standard",
        "aws.dynamodb.storage.standard",
    ]


@pytest.mark.parametrize(
    ("usage", "key"),
    [
        ("WriteRequestUnits", PUT),
        ("USE2-IA-ReplWriteRequestUnits", "ondemand.rwru.ia"),
        ("APN1-IncrementalExportDataSize-Bytes", "export.s3.incremental"),
        ("EU-Streams-RequestsCount", "streams.read"),
        ("EUN1-EUN1-WriteRequestUnits", None),
        ("Write", None),
        ("", None),
    ],
)
def test_a_usage_type_is_matched_as_a_whole(usage: str, key: str | None) -> None:
    assert usage_key(usage) == (key and f"aws.dynamodb.{key}")
