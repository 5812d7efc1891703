"""The rows of the price book, of two small price files written here."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from tablewright.bill import listing, prices
from tablewright.bill.book import read_book
from tablewright.bill.listing import Summary, age_days, rows, summaries, why
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import DataError, PriceUnknownError, UsageError

TODAY = datetime.date(2026, 11, 21)
DISK = """
title: Disks
sources: {page: https://example.com/disks}
prices:
  gp3:
    what: a disk
    unit: GB-month
    source: page
    confidence: vendor
    as_of: 2026-11-01
    usd:
      eu: {usd: 2, as_of: 2026-10}
      us: [{usd: 3, until: 2026-05-01, as_of: 2026-04-01}, {usd: 1, since: 2026-05-01}]
      all: {usd: 9, as_of: 2025}
  io2:
    what: a fast disk
    unit: GB-month
    source: page
    as_of: 2026-11-20
    confidence: unverified
    note: from a talk
    usd: {us: 5, eu: {usd: null, confidence: vendor, note: not listed}}
  old:
    what: what was sold
    unit: GB-month
    source: page
    as_of: 2024-01-01
    confidence: vendor
    usd: {us: {usd: 4, until: 2025-01-01, note: withdrawn}}
facts:
  free: {what: w, value: 25, unit: GB, kind: quota, as_of: 2023, confidence: vendor, source: page}
  word: {what: sla, value: high, kind: sla, as_of: 2026-11-02, confidence: vendor, source: page}
"""
TAPE = """
title: Tapes
sources: {page: https://example.com/tapes}
prices:
  read: {what: w, unit: GB, source: page, as_of: 2026, confidence: vendor, usd: {us: 1}}
"""
EMPTY = "title: Nothing yet\n"
BOOKS = {
    "acme.disk": read_book(DISK, "disk.yaml", prefix="acme.disk"),
    "acme.none": read_book(EMPTY, "none.yaml", prefix="acme.none"),
    "other.tape": read_book(TAPE, "tape.yaml", prefix="other.tape"),
}


@pytest.fixture(autouse=True)
def small_books(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (listing, prices):
        monkeypatch.setattr(module, "services", lambda: tuple(BOOKS))
        monkeypatch.setattr(module, "packaged", BOOKS.get)


def listed(**filters: object) -> list[tuple[str, str, str, int | None]]:
    found = rows(PriceBook(), TODAY, **filters)  # type: ignore[arg-type]
    return [(r.price.key, r.price.region, str(r.price.amount), r.age_days) for r in found]


def test_rows_are_in_the_order_of_the_book_with_their_ages() -> None:
    assert listed() == [
        ("acme.disk.gp3", "eu", "2", 51),  # from 1 October: 30 days and 21
        ("acme.disk.gp3", "us", "3", 234),  # April 30 - 1, then 31 + 30 + 31 + 31 + 30 + 31 + 21
        ("acme.disk.gp3", "us", "1", 20),
        ("acme.disk.gp3", "all", "9", 689),  # 365 of 2025 and 324 up to 21 November
        ("acme.disk.io2", "us", "5", 1),
        ("acme.disk.io2", "eu", "None", 1),
        ("acme.disk.old", "us", "4", 1055),  # 366 of 2024, 365 of 2025 and 324
        ("other.tape.read", "us", "1", 324),
    ]


def test_each_filter_leaves_what_meets_it() -> None:
    assert [row[0] for row in listed(provider="other")] == ["other.tape.read"]
    assert [row[0] for row in listed(service="tape")] == ["other.tape.read"]
    assert [row[0] for row in listed(service="other.tape")] == ["other.tape.read"]
    assert len(listed(provider="acme", service="disk")) == 7
    assert listed(provider="acme", service="none") == []
    # A price of all regions is a price of each.
    assert [row[1:3] for row in listed(region="eu")] == [("eu", "2"), ("all", "9"), ("eu", "None")]
    assert [row[2] for row in listed(key="disk.io")] == ["5", "None"]
    assert [row[3] for row in listed(stale_days=234)] == [1055, 689, 324]


def test_prices_of_the_user_come_first_and_are_marked() -> None:
    book = PriceBook().with_prices(["acme.disk.gp3.us=7"])
    found = rows(book, TODAY, service="disk", key="gp3")
    assert [(r.price.region, str(r.price.amount), r.is_own, r.age_days) for r in found] == [
        ("us", "7", True, None),
        ("eu", "2", False, 51),
        ("us", "3", False, 234),
        ("us", "1", False, 20),
        ("all", "9", False, 689),
    ]
    # What has no date is not old.
    assert [r.is_own for r in rows(book, TODAY, service="disk", stale_days=0)] == [False] * 7


def test_ages_count_from_the_first_day_a_date_can_mean() -> None:
    assert age_days("2026-11-21", TODAY) == 0
    assert age_days("2026-11", TODAY) == 20
    assert age_days("2026", TODAY) == 324
    assert age_days("", TODAY) is None


DISKS = Summary(
    service="acme.disk",
    title="Disks",
    prices=7,
    facts=2,
    unusable=2,
    oldest="2023",
    newest="2026-11-20",
)
NONE = Summary(
    service="acme.none",
    title="Nothing yet",
    prices=0,
    facts=0,
    unusable=0,
    oldest="",
    newest="",
)
TAPES = Summary(
    service="other.tape",
    title="Tapes",
    prices=1,
    facts=0,
    unusable=0,
    oldest="2026",
    newest="2026",
)


def test_a_service_is_summed_up_by_its_figures_and_the_days_they_were_read() -> None:
    assert summaries() == (DISKS, NONE, TAPES)
    assert summaries("acme") == (DISKS, NONE)
    assert summaries(service="tape") == (TAPES,)
    assert summaries("acme", "disk") == (DISKS,)


def test_why_tells_every_price_of_a_key_and_a_fact() -> None:
    found, fact = why(PriceBook(), "acme.disk.gp3", "us")
    assert [(p.region, str(p.amount)) for p in found] == [("us", "3"), ("us", "1"), ("all", "9")]
    assert fact is None
    assert len(why(PriceBook(), "acme.disk.gp3")[0]) == 4
    own, fact = why(PriceBook(), "acme.disk.free")
    assert own == ()
    assert fact is not None
    assert (fact.value, fact.unit) == (25, "GB")


@pytest.mark.parametrize(
    ("key", "region", "message", "remedy"),
    [
        (
            "acme.disk.old",
            "eu",
            "the book has no acme.disk.old in eu",
            "it has it for us",
        ),
        (
            "acme.disk.io2",
            "mars",
            "the book has no acme.disk.io2 in mars",
            "it has it for eu, us",
        ),
        (
            "acme.disk.io3",
            None,
            "the book has no key `acme.disk.io3`, did you mean `acme.disk.io2`?",
            "`tablewright prices --key WORD` lists keys",
        ),
        (
            "acme.disk.fre",
            None,
            "the book has no key `acme.disk.fre`, did you mean `acme.disk.free`?",
            "`tablewright prices --key WORD` lists keys",
        ),
        (
            "other.tap.read",
            None,
            "the book has no key `other.tap.read`, did you mean `other.tape`?",
            "`tablewright prices --key WORD` lists keys",
        ),
        (
            "zzz",
            None,
            "the book has no key `zzz`",
            "`tablewright prices --key WORD` lists keys",
        ),
    ],
)
def test_why_says_what_the_book_has_instead(
    key: str, region: str | None, message: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as caught:
        why(PriceBook(), key, region)
    assert (caught.value.message, caught.value.remedy) == (message, remedy)


@pytest.mark.parametrize(
    ("provider", "service", "message"),
    [
        (None, "dick", "the book has no service `dick`, did you mean `disk`?"),
        (None, "acme.disc", "the book has no service `acme.disc`, did you mean `acme.disk`?"),
        ("acne", None, "the book has no provider `acne`, did you mean `acme`?"),
        ("other", "disk", "the book has no service `disk` of other"),
        ("zzz", None, "the book has no provider `zzz`"),
        (None, "", "the book has no provider ``"),
    ],
)
def test_what_no_service_has_is_told_with_the_nearest(
    provider: str | None, service: str | None, message: str
) -> None:
    for asked in (lambda: summaries(provider, service), lambda: listed_of(provider, service)):
        with pytest.raises(UsageError) as caught:
            asked()
        assert caught.value.message == message
        assert caught.value.remedy == "`tablewright prices` lists them"


def listed_of(provider: str | None, service: str | None) -> object:
    return rows(PriceBook(), TODAY, provider=provider, service=service)


# ------------------------------------------------------------------ why a price is not known


@pytest.mark.parametrize(
    ("key", "region", "day", "reason"),
    [
        ("nobody.x.y", "us", None, "the book has no such service"),
        ("acme.disc.gp3", "us", None, "the book has no such service, did you mean acme.disk?"),
        ("acme.disk.gp2", "us", None, "the book has no such key, did you mean acme.disk.gp3?"),
        ("acme.disk.q-bits-of-a-machine-that-nobody-has", "us", None, "the book has no such key"),
        ("acme.disk.old", "eu", None, "the book has it for us"),
        ("acme.disk.io2", "mars", None, "the book has it for eu, us"),
        ("acme.disk.io2", "eu", None, "no figure was found: from a talk not listed"),
        (
            "acme.disk.io2",
            "us",
            None,
            "the figure in the book was never verified: from a talk",
        ),
        ("acme.disk.old", "us", None, "only a former price is known: withdrawn"),
        (
            "acme.disk.gp3",
            "us",
            "2024-12-31",
            "on 2024-12-31 it is not known; the book knows it from 2025-01-01 on",
        ),
    ],
)
def test_why_a_price_is_not_known(key: str, region: str, day: str | None, reason: str) -> None:
    with pytest.raises(PriceUnknownError) as caught:
        PriceBook().price(key, region, day)
    assert (caught.value.key, caught.value.region, caught.value.reason) == (key, region, reason)


def test_a_price_is_that_of_its_day_from_the_first_to_before_the_last() -> None:
    book = PriceBook()
    assert book.price("acme.disk.gp3", "us", "2026-04-30").usd == 3
    assert book.price("acme.disk.gp3", "us", datetime.date(2026, 5, 1)).usd == 1
    # Before anything was read there the price of all regions answers, read at some time in 2025.
    assert book.price("acme.disk.gp3", "us", "2025-01-01").usd == 9
    assert book.on("2026-04-02").price("acme.disk.gp3", "us").usd == 3
    assert book.on(datetime.date(2026, 4, 2)).as_of == "2026-04-02"
    assert book.on(None).as_of is None


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        PriceBook().on("yesterday")
    assert caught.value.message == "`yesterday` is not a day"
    assert caught.value.remedy == "write it as YYYY-MM-DD, such as 2024-10-31"


@pytest.mark.parametrize(
    ("given", "message", "remedy"),
    [
        (
            "acme.disk.gp3=free",
            "`--price acme.disk.gp3=free` is not a price",
            "write --price key.region=USD, such as "
            "--price aws.dynamodb.ondemand.wru.standard.eu-north-1=0.67",
        ),
        (
            "acme.disk.gp4.us=1",
            "`--price acme.disk.gp4.us=1`: the book has no price `acme.disk.gp4.us`, did you mean "
            "`acme.disk.gp3`?",
            "see `tablewright prices`",
        ),
        (
            "acme.dis.gp3.us=1",
            "`--price acme.dis.gp3.us=1`: the book has no price `acme.dis.gp3.us`, did you mean "
            "`acme.disk`?",
            "see `tablewright prices`",
        ),
        (
            "zzz=1",
            "`--price zzz=1`: the book has no price `zzz`",
            "see `tablewright prices`",
        ),
    ],
)
def test_a_given_price_that_cannot_be_taken_says_why(given: str, message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        PriceBook().with_prices([given])
    assert (caught.value.message, caught.value.remedy) == (message, remedy)


def test_a_given_price_is_marked_as_the_users_and_the_last_one_holds() -> None:
    book = PriceBook().with_prices([" acme.disk.gp3.us = 7 "]).with_prices(["acme.disk.gp3=8"])
    price = book.price("acme.disk.gp3", "us", "1999-01-01")
    assert (price.usd, price.region, price.source, price.confidence) == (
        8,
        "all",
        "--price",
        "user",
    )
    assert [str(p.amount) for p in book.own] == ["8", "7"]
    assert (price.what, price.unit, price.as_of) == ("a disk", "GB-month", "")
    assert book.find("acme.disk.io2", "us") is None


def test_a_figure_that_is_no_number_is_not_one() -> None:
    assert PriceBook().quantity("acme.disk.free") == Decimal(25)
    with pytest.raises(DataError, match=r"^`acme\.disk\.word` is not a number$"):
        PriceBook().quantity("acme.disk.word")
    assert [fact.key for fact in PriceBook().facts("acme.disk")] == [
        "acme.disk.free",
        "acme.disk.word",
    ]
    assert len(PriceBook().facts()) == 2
    assert PriceBook().facts("nobody") == ()


def test_entries_are_those_of_a_service_or_of_all() -> None:
    book = PriceBook().with_prices(["other.tape.read=2"])
    assert len(book.entries()) == 9
    assert [str(p.amount) for p in book.entries("other.tape")] == ["2", "1"]
    assert [str(p.amount) for p in book.entries("acme.none")] == []


def test_a_price_without_a_figure_has_no_amount() -> None:
    (price,) = [p for p in PriceBook().entries("acme.disk") if p.amount is None]
    assert not price.is_usable
    with pytest.raises(DataError, match=r"^acme\.disk\.io2 in eu has no amount$"):
        _ = price.usd
