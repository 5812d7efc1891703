"""Offers read from YAML: figures worked out by hand, and every mistake with its line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from server_loads import a_load
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import DataError, PriceUnknownError
from tablewright.core.quantities import GB
from tablewright.engines.servers.constants import figures
from tablewright.engines.servers.offer_reader import (
    OfferEntry,
    offers_of,
    parse_entries,
    read_entries,
)
from tablewright.engines.servers.sizing import Offer

BOOK = PriceBook()
GIVEN = figures("postgresql")
TEXT = """\
needs:
  one_zone: {high_availability: one instance}
regions:
  google: {us-east-1: us-central1}
families:
  - vendor: Shelf
    name: "{size}, {copies} times"
    where: shelf
    source: a catalogue
    read: 2026-11
    regions: google
    each:
      - - {size: small, memory_gb: 2}
        - {size: large, memory_gb: 7.5, burstable: true}
      - - {copies: 1, lacks: [one_zone]}
        - {copies: 2}
    vcpu: memory_gb / 4
    connections: min(5000, memory_gb * GB // 9531392)
    let:
      twice: disk_gb * 2
    charges:
      - what: disk
        price: google.cloud-sql-postgresql.ssd
        quantity: twice * copies
        note: "{twice:.2f} GB"
      - what: sent
        price: google.cloud-sql-postgresql.ssd
        quantity: returned_gb - 100
        if_any: true
"""


def offers(text: str = TEXT) -> tuple[Offer, ...]:
    entries = parse_entries(text, "shelf.yaml")
    return offers_of(entries, BOOK, GIVEN, lambda load, given: {})


def test_there_is_an_offer_for_each_combination_of_rows() -> None:
    assert [offer.name for offer in offers()] == [
        "small, 1 times", "small, 2 times", "large, 1 times", "large, 2 times",
    ]  # fmt: skip
    small, _, large, double = offers()
    assert (small.memory_gb, small.vcpu, small.burstable) == (2, Decimal("0.5"), False)
    # 2 x 1024^3 / 9,531,392 = 225.3, cut off
    assert small.connections == 225
    assert (large.memory_gb, large.vcpu, large.burstable) == (
        Decimal("7.5"),
        Decimal("1.875"),
        True,
    )
    assert small.lacks == (("high_availability", "one instance"),)
    assert double.lacks == ()


def test_charges_follow_the_load_in_the_region_of_the_vendor() -> None:
    usd = BOOK.price("google.cloud-sql-postgresql.ssd", "us-central1")
    load = a_load(disk_bytes=Decimal(3 * GB), returned_gb=Decimal(100))
    (line,) = offers()[1].price(load, BOOK, "us-east-1", GIVEN)
    # 3 GB, twice, in two copies; nothing is sent beyond 100 GB
    assert (line.quantity, line.amount, line.region) == (12, 12 * usd.usd / usd.per, "us-central1")
    assert (line.what, line.where, line.note) == ("disk", "shelf", "6.00 GB")
    more = a_load(disk_bytes=Decimal(3 * GB), returned_gb=Decimal(105))
    assert [line.quantity for line in offers()[0].price(more, BOOK, "us-east-1", GIVEN)] == [6, 5]


def test_a_region_without_a_neighbour_is_not_priced() -> None:
    with pytest.raises(PriceUnknownError, match="no region of google is named as its neighbour"):
        offers()[0].price(a_load(), BOOK, "eu-north-1", GIVEN)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    vcpu:", "    vcpus:", r"shelf\.yaml:6: unknown key `vcpus`"),
        ("vendor: Shelf", "vendor: ''", r"shelf\.yaml:6: `vendor` is missing"),
        ("    read: 2026-11\n", "", r"shelf\.yaml:6: `read` is missing"),
        ("{copies: 2}", "{copies: 2, copes: 3}", r"shelf\.yaml:16: nothing uses `copes`"),
        ("lacks: [one_zone]", "lacks: [zone]", r"shelf\.yaml:6: there is no `zone` among `needs`"),
        ("regions: google", "regions: gogle", r"shelf\.yaml:6: there are no regions `gogle`"),
        ("{twice:.2f}", "{twise:.2f}", r"shelf\.yaml:22: .* has a placeholder without a value"),
        ("burstable: true", "burstable: 1", r"shelf\.yaml:6: `burstable` is true or false"),
        ("if_any: true", "if_any: yes please", r"shelf\.yaml:26: `if_any` is true or false"),
        ("what: sent\n        price: ", "price: ", r"shelf\.yaml:26: `what` is missing"),
        ("{size}, {copies} times", "{size}", r"there are two offers Shelf small"),
        ("    vcpu: memory_gb / 4\n", "    vcpu: 1\n    vcpu: 2\n", r"`vcpu` is written twice"),
        ("    each:\n      - -", "    each: 3\n    note:\n      - -", r"`each` is a list of lists"),
    ],
)
def test_a_mistake_is_an_error_with_its_line(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(DataError, match=message):
        parse_entries(TEXT.replace(old, new), "shelf.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("memory_gb / 4", "memory / 4", r"shelf\.yaml:6: `memory / 4`: there is no `memory`"),
        ("memory_gb / 4", "fact('a.b.c')", r"shelf\.yaml:6|a\.b"),
    ],
)
def test_a_figure_that_cannot_be_computed_is_an_error(old: str, new: str, message: str) -> None:
    with pytest.raises((DataError, PriceUnknownError), match=message):
        offers(TEXT.replace(old, new))


def test_a_quantity_that_cannot_be_computed_is_an_error_with_the_line_of_its_charge() -> None:
    (first, *_) = offers(TEXT.replace("returned_gb - 100", "returned - 100"))
    with pytest.raises(DataError, match=r"shelf\.yaml:26: `returned - 100`"):
        first.price(a_load(), BOOK, "us-east-1", GIVEN)


@pytest.mark.parametrize("engine", ["mongodb", "postgresql"])
def test_every_price_of_the_packaged_offers_is_a_key_of_the_book(engine: str) -> None:
    entries: tuple[OfferEntry, ...] = read_entries(f"tablewright.engines.{engine}", "offers.yaml")
    assert len(entries) > 10
    for entry in entries:
        for charged in entry.charges:
            service = ".".join(charged.price.split(".")[:2])
            assert charged.price in {price.key for price in BOOK.entries(service)}, charged.place
