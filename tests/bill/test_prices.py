"""The price book: lookups, days, what the user gives, and strict reading."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from tablewright.bill.bill import days_read
from tablewright.bill.book import PriceSource, first_day, read_book
from tablewright.bill.prices import Fact, Price, PriceBook, packaged, services
from tablewright.core.errors import DataError, PriceUnknownError, UsageError

BOOK = PriceBook()
WRU = "aws.dynamodb.ondemand.wru.standard"

OWN = """
title: Ours
prices:
  aws.dynamodb.storage.standard:
    what: storage by contract
    unit: GB-month
    usd: {us-east-1: 0.2, eu-north-1: {usd: 0.21, since: 2026-01-01, note: from the contract}}
"""


def test_every_file_is_read_and_no_figure_is_lost() -> None:
    # 782 facts went in: 649 prices and 133 others. Two more say how many free unit-hours the 25
    # free units are; nine are service levels and limits
    # of Atlas Flex that were read later, seven the largest storage of tiers; a price is derived.
    # Of 28 further regions: six prices of units each, three of storage in 14, four of Standard-IA
    # in Seoul and Tokyo; S3 Standard in 28, and four rates of Savings Plans in 20.
    further = 28 * 6 + 14 * 3 + 4 + 28 + 20 * 4
    books = [packaged(name) for name in services()]
    # Figures may be added, for a region or a service, but none goes.
    assert sum(len(p) for b in books if b for p in b.prices.values()) >= 649 + 1 + further
    assert sum(len(b.facts) for b in books if b) >= 133 + 2 + 9 + 7


def test_every_file_agrees_with_the_published_schema() -> None:
    data = resources.files("tablewright.bill").joinpath("data")
    schema = json.loads(data.joinpath("book.schema.json").read_text())
    checker = jsonschema.Draft202012Validator(schema)
    for service in services():
        text = data.joinpath(*service.split(".")[:1], f"{service.split('.')[1]}.yaml").read_text()
        checker.validate(_as_json(yaml.safe_load(text)))


def _as_json(value: Any) -> Any:
    """Turn the dates that YAML makes into text again."""
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    return value if isinstance(value, int | float | str | None) else str(value)


def test_each_price_says_where_and_when_it_was_read() -> None:
    for price in BOOK.entries():
        assert price.source
        assert price.as_of >= "2018"
        assert price.confidence in ("vendor", "price-list", "secondary", "derived", "unverified")


@pytest.mark.parametrize(
    ("key", "region", "usd"),
    [  # the documentation and the price list, written down by hand
        (WRU, "us-east-1", "0.625"),
        ("aws.dynamodb.ondemand.rru.standard", "us-east-1", "0.125"),
        ("aws.dynamodb.storage.standard", "us-east-1", "0.25"),
        ("aws.dynamodb.storage.standard", "eu-north-1", "0.269"),
        (WRU, "eu-north-1", "0.67"),
        ("aws.dynamodb.ondemand.rru.standard", "eu-north-1", "0.1345"),
        ("aws.dynamodb.provisioned.wcu.standard", "us-east-1", "0.00065"),
        ("aws.dynamodb.provisioned.rcu.standard", "us-east-1", "0.00013"),
        ("aws.dynamodb.pitr", "us-east-1", "0.2"),
        ("mongodb.atlas.m10.hour", "us-east-1", "0.08"),
        ("mongodb.atlas.flex.100ops.month", "eu-north-1", "8"),
    ],
)
def test_known_prices(key: str, region: str, usd: str) -> None:
    assert BOOK.price(key, region).amount == Decimal(usd)


def test_a_price_before_the_cut_of_november_2024() -> None:
    assert BOOK.price(WRU, "us-east-1", "2024-10-31").amount == Decimal("1.25")
    assert BOOK.price(WRU, "us-east-1", "2024-11-01").amount == Decimal("0.625")
    before = BOOK.on("2024-10-15")
    assert before.price("aws.dynamodb.ondemand.rru.standard", "us-east-1").usd == Decimal("0.25")
    assert before.price("aws.dynamodb.ondemand.rwru.standard", "us-east-1").usd == Decimal("1.875")
    assert before.price("aws.dynamodb.storage.standard", "us-east-1").usd == Decimal("0.25")


@pytest.mark.parametrize(
    ("key", "region", "day", "says"),
    [
        (WRU, "eu-north-1", "2024-10-15", "known"),
        (WRU, "mars-1", None, "the book has it for af-south-1"),
        ("aws.dynamodb.ondemand.wru.standrad", "us-east-1", None, f"did you mean {WRU}"),
        ("aws.dynamo.storage", "us-east-1", None, "did you mean aws.dynamodb"),
        ("aws.dynamodb.import.s3", "us-east-1", None, "never verified"),
        ("aws.dynamodb.warm-throughput.prewarm", "us-east-1", None, "no figure was found"),
        ("mongodb.atlas.m2.former", "us-east-1", None, "only a former price"),
        ("../secrets", "us-east-1", None, "no such service"),
    ],
)
def test_a_price_that_is_not_known_is_an_error_that_says_why(
    key: str, region: str, day: str | None, says: str
) -> None:
    with pytest.raises(PriceUnknownError) as caught:
        BOOK.price(key, region, day)
    assert says in str(caught.value)
    assert f"--price {key}.{region}=USD" in caught.value.remedy
    assert BOOK.find(key, region, day) is None


def test_a_price_on_the_command_line_holds_in_its_region_on_every_day() -> None:
    mine = BOOK.with_prices([f"{WRU}.eu-north-1=1.4"])
    price = mine.price(WRU, "eu-north-1", "2024-10-15")
    assert (price.amount, price.per, price.confidence) == (Decimal("1.4"), 1_000_000, "user")
    assert mine.price(WRU, "us-east-1").amount == Decimal("0.625")
    assert BOOK.price(WRU, "eu-north-1").amount == Decimal("0.67")


def test_a_price_without_region_holds_in_all_of_them() -> None:
    mine = BOOK.with_prices(["aws.dynamodb.import.s3=0.15"])
    assert mine.price("aws.dynamodb.import.s3", "eu-central-1").amount == Decimal("0.15")


@pytest.mark.parametrize("given", ["nonsense", f"{WRU}=-1", f"{WRU}=NaN", f"{WRU}=", "aws.x.y=1"])
def test_a_price_that_cannot_be_read_is_a_usage_error(given: str) -> None:
    with pytest.raises(UsageError):
        BOOK.with_prices([given])


def test_a_book_of_the_users_own_lies_on_top_and_is_marked() -> None:
    mine = BOOK.with_book(OWN, "ours.yaml")
    price = mine.price("aws.dynamodb.storage.standard", "us-east-1")
    assert (price.amount, price.source, price.confidence) == (Decimal("0.2"), "ours.yaml", "user")
    north = mine.price("aws.dynamodb.storage.standard", "eu-north-1")
    assert (north.amount, north.note) == (Decimal("0.21"), "from the contract")
    assert mine.price("aws.dynamodb.storage.standard", "eu-west-1").amount == Decimal("0.283")


def test_a_book_of_the_users_own_may_not_count_in_another_unit() -> None:
    with pytest.raises(DataError, match="is counted in GB-month, not in GB"):
        BOOK.with_book(OWN.replace("GB-month", "GB"), "ours.yaml")


GOOD = """
title: T
sources: {page: https://example.com}
prices:
  storage: {what: w, unit: GB, source: page, as_of: 2026-01, confidence: vendor, usd: {r: 1}}
facts:
  quota: {what: q, value: 3, unit: calls, kind: limit, as_of: 2026, confidence: vendor,
    source: page, note: as read}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("unit: GB", "unti: GB", "prices.storage: unknown key `unti`, did you mean `unit`?"),
        ("unit: GB,", "", "prices.storage: `unit` is missing"),
        ("unit: GB", "unit: 5", "prices.storage.unit: must be text, not Decimal('5')"),
        ("what: w", "what: [w]", "prices.storage.what: must be text, not ['w']"),
        ("what: w, ", "", "prices.storage: `what` is missing"),
        ("usd: {r: 1}", "note: n", "prices.storage: `usd` is missing"),
        ("usd: {r: 1}", "usd: 1", "prices.storage.usd: must be a mapping"),
        ("source: page,", "", "prices.storage.usd.r: has no source"),
        (
            "source: page",
            "source: pgae",
            "prices.storage.usd.r: source `pgae` is not listed under `sources`, did you mean "
            "`page`?",
        ),
        (
            "source: page",
            "source: nowhere",
            "prices.storage.usd.r: source `nowhere` is not listed under `sources`",
        ),
        (
            "as_of: 2026-01",
            "as_of: January",
            "prices.storage.usd.r: `as_of` must be YYYY, YYYY-MM or YYYY-MM-DD, not 'January'",
        ),
        (
            "confidence: vendor",
            "confidence: sure",
            "prices.storage.usd.r: confidence must be one of vendor, price-list, secondary, "
            "derived, unverified, user",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: one}",
            "prices.storage.usd.r: `usd` must be a number of at least 0, not 'one'",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: -1}",
            "prices.storage.usd.r: `usd` must be a number of at least 0, not Decimal('-1')",
        ),
        ("usd: {r: 1}", "usd: {r: 1, r: 2}", "line 5: `r` stands twice"),
        (
            "usd: {r: 1}",
            "usd: {r: [1, 2]}",
            "prices.storage: two prices for r at the same time",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: {usd: 1, until: soon}}",
            "prices.storage.usd.r: `until` must be a day, YYYY-MM-DD, not 'soon'",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: {usd: 1, since: 2026}}",
            "prices.storage.usd.r: `since` must be a day, YYYY-MM-DD, not Decimal('2026')",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: {usd: 1, kind: limit}}",
            "prices.storage.usd.r: kind must be price or former, not 'limit'",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: {usd: 1, zzz: 2026-01-01}}",
            "prices.storage.usd.r: unknown key `zzz`; known: ['as_of', 'confidence', 'kind', "
            "'note', 'since', 'source', 'until', 'usd']",
        ),
        (
            "usd: {r: 1}",
            "usd: {r: {usd: 1, note: 5}}",
            "prices.storage.usd.r: must be text, not Decimal('5')",
        ),
        (
            "unit: GB",
            "per: 0, unit: GB",
            "prices.storage: `per` must be a whole number above 0, not Decimal('0')",
        ),
        (
            "unit: GB",
            "per: 1.5, unit: GB",
            "prices.storage: `per` must be a whole number above 0, not Decimal('1.5')",
        ),
        (
            "storage:",
            "Storage Price:",
            "prices.Storage Price: a key is made of small letters, digits, dots and hyphens",
        ),
        ("title: T", "", "title: must be text, not None"),
        ("title: T", "titel: T", "unknown key `titel`, did you mean `title`?"),
        ("{page: https://example.com}", "[page]", "sources: must be a mapping"),
        ("https://example.com", "5", "sources.page: must be text, not Decimal('5')"),
        ("value: 3", "value: [3]", "facts.quota: `value` must be a number or text"),
        (
            "kind: limit",
            "kind: price",
            "facts.quota: kind must be one of quota, limit, sla, latency, spec, policy, former",
        ),
        ("kind: limit, ", "", "facts.quota: `kind` is missing"),
        ("value: 3, ", "", "facts.quota: `value` is missing"),
        ("quota: {what: q", "storage: {what: q", "facts.storage: is also a price"),
        ("quota: {what: q", "quota: {what: 1", "facts.quota: must be text, not Decimal('1')"),
        ("unit: calls", "unit: 7", "facts.quota: must be text, not Decimal('7')"),
        (
            "source: page, note",
            "source: side, note",
            "facts.quota: source `side` is not listed under `sources`",
        ),
    ],
)
def test_a_damaged_price_file_is_refused_with_the_place(old: str, new: str, says: str) -> None:
    read_book(GOOD, "good.yaml", prefix="a.b")
    assert old in GOOD
    with pytest.raises(DataError) as caught:
        read_book(GOOD.replace(old, new, 1), "bad.yaml", prefix="a.b")
    assert caught.value.message == f"bad.yaml: {says}"


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(DataError, match=r"^bad\.yaml: not a readable YAML file: "):
        read_book(GOOD.replace("title: T", "title: ["), "bad.yaml")


def test_all_that_a_file_says_is_kept() -> None:
    read = read_book(GOOD, "good.yaml", prefix="a.b")
    assert (read.name, read.title) == ("good.yaml", "T")
    assert read.sources == (PriceSource(name="page", at="https://example.com"),)
    template = Price(
        key="a.b.storage",
        region="all",
        what="w",
        amount=None,
        unit="GB",
        per=1,
        as_of="",
        source="",
        confidence="",
    )
    assert read.templates == {"a.b.storage": template}
    stated = replace(
        template,
        region="r",
        amount=Decimal(1),
        as_of="2026-01",
        source="https://example.com",
        confidence="vendor",
    )
    assert read.prices == {"a.b.storage": (stated,)}
    assert read.facts == {
        "a.b.quota": Fact(
            key="a.b.quota",
            what="q",
            value=Decimal(3),
            unit="calls",
            as_of="2026",
            source="https://example.com",
            confidence="vendor",
            kind="limit",
            note="as read",
        )
    }
    bare = GOOD.replace("unit: calls, ", "").replace(", note: as read", "")
    fact = read_book(bare, "good.yaml").facts["quota"]
    assert (fact.unit, fact.note) == ("", "")


def test_a_price_of_several_periods_keeps_days_and_both_notes() -> None:
    periods = (
        "note: of all, usd: {r: [{usd: 2, until: 2026-03-01, note: at first, kind: former}, "
        "{usd: 1, since: 2026-03-01}]}"
    )
    text = GOOD.replace("usd: {r: 1}", periods).replace("unit: GB", "per: 1000, unit: GB")
    before, after = read_book(text, "good.yaml").prices["storage"]
    assert (before.note, before.kind, before.per) == ("of all at first", "former", 1000)
    assert (before.valid_from, before.valid_until) == (None, "2026-03-01")
    assert (after.note, after.kind, after.valid_from) == ("of all", "price", "2026-03-01")
    assert [p.amount for p in (before, after)] == [2, 1]


def test_a_bill_of_the_users_prices_alone_says_that_they_are_the_users() -> None:
    own = PriceBook().with_prices([f"{WRU}.us-east-1=0.5"])
    assert days_read(None, [own.price(WRU, "us-east-1")]) == "given by the user"
    assert days_read(None, []) == ""


def test_a_price_that_changed_is_told_by_its_days() -> None:
    rows = "usd: {r: [{usd: 2, since: 2025-01-01}, {usd: 1, since: 2024-01-01, until: 2025-01-01}]}"
    book = read_book(GOOD.replace("usd: {r: 1}", rows), "good.yaml", prefix="a.b")
    assert [p.is_valid_on("2024-12-31") for p in book.prices["a.b.storage"]] == [False, True]


def test_numbers_never_pass_through_a_float() -> None:
    text = GOOD.replace("usd: {r: 1}", "usd: {r: 0.1000000000000000055}")
    [price] = read_book(text, "good.yaml", prefix="a.b").prices["a.b.storage"]
    assert str(price.amount) == "0.1000000000000000055"


def test_a_fact_that_is_not_there_is_named() -> None:
    with pytest.raises(
        DataError, match=r"^the price book has no fact `aws\.dynamodb\.free\.lunch`$"
    ):
        BOOK.fact("aws.dynamodb.free.lunch")
    with pytest.raises(DataError, match=r"^the price book has no fact `nowhere\.at\.all`$"):
        BOOK.fact("nowhere.at.all")


def test_no_date_is_before_all_days() -> None:
    assert first_day("") == ""
    assert first_day("2026") == "2026-01-01"
