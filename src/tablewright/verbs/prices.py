"""`prices`: the price book, where its figures come from, and how old they are.

In: filters, or the key of one figure, or which regions to fetch. Out: a PricesView.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tablewright.bill.book import Fact, Price
from tablewright.bill.listing import PriceRow, Summary, rows, summaries, why
from tablewright.bill.offer import RegionOffer, changes
from tablewright.bill.prices import PriceBook
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain


@frozen
class ListedPrice:
    """A price of the book."""

    key: str
    region: str
    what: str
    usd: str | None
    """None where no figure is known."""
    unit: str
    per: int
    as_of: str
    valid_from: str | None
    valid_until: str | None
    source: str
    confidence: str
    usable: bool
    note: str
    age_days: int | None = None
    own: bool = False
    """Given by the user, on the command line or in a book."""


@frozen
class ListedFact:
    """A figure of the book that is not a price, such as a free allowance."""

    key: str
    what: str
    value: str
    unit: str
    kind: str
    as_of: str
    source: str
    confidence: str
    note: str


@frozen
class ChangedPrice:
    """A fetched price that differs from the book."""

    key: str
    region: str
    before: str | None
    after: str
    unit: str
    per: int


@frozen
class FetchedOffer:
    """The prices of a region as the vendor lists them."""

    region: str
    version: str
    published: str
    address: str
    prices: tuple[ListedPrice, ...]
    skipped: tuple[str, ...]
    """Usage types that were not read."""


@frozen
class PricesView:
    """Prices of the book: by service, one by one, or one figure in full."""

    today: str
    services: tuple[Summary, ...] = ()
    prices: tuple[ListedPrice, ...] = ()
    fact: ListedFact | None = None
    is_in_full: bool = False
    """Whether one figure is shown with its source and notes."""


@frozen
class RefreshView:
    """Fetched prices and what differs from the book."""

    file: str
    offers: tuple[FetchedOffer, ...]
    changes: tuple[ChangedPrice, ...]


def price_services(provider: str | None, service: str | None, today: datetime.date) -> PricesView:
    """Return the services of the book, with how many prices each has and how old they are."""
    return PricesView(today=today.isoformat(), services=summaries(provider, service))


def list_prices(
    book: PriceBook,
    today: datetime.date,
    *,
    provider: str | None = None,
    service: str | None = None,
    region: str | None = None,
    key: str | None = None,
    stale_days: int | None = None,
) -> PricesView:
    """Return the prices that meet every filter."""
    listed = rows(
        book,
        today,
        provider=provider,
        service=service,
        region=region,
        key=key,
        stale_days=stale_days,
    )
    return PricesView(today=today.isoformat(), prices=tuple(_row(row) for row in listed))


def explain_price(
    book: PriceBook, key: str, region: str | None, today: datetime.date
) -> PricesView:
    """Return one figure with every period it is known for, its source and notes.

    Raises:
        UsageError: there is no such figure.
    """
    prices, fact = why(book, key, region)
    return PricesView(
        today=today.isoformat(),
        prices=tuple(_price(price) for price in prices),
        fact=_fact(fact) if fact else None,
        is_in_full=True,
    )


def refresh_prices(
    regions: Sequence[str], base: str | None, path: Path, *, force: bool = False
) -> RefreshView:
    """Fetch the prices of regions from a vendor's list and write them as a price book.

    Raises:
        EngineError: the list cannot be fetched.
        UsageError: there is a file that was not written by a refresh.
    """
    from tablewright.operate.prices import AWS_LIST, book_regions, fetch_offers, write_book

    offers = fetch_offers(regions or book_regions(), base or AWS_LIST)
    write_book(offers, path, force=force)
    return RefreshView(
        file=str(path),
        offers=tuple(_offer(offer) for offer in offers),
        changes=tuple(_change(before, after) for before, after in changes(offers)),
    )


def _price(price: Price) -> ListedPrice:
    return ListedPrice(
        key=price.key,
        region=price.region,
        what=price.what,
        usd=None if price.amount is None else plain(price.amount),
        unit=price.unit,
        per=price.per,
        as_of=price.as_of,
        valid_from=price.valid_from,
        valid_until=price.valid_until,
        source=price.source,
        confidence=price.confidence,
        usable=price.is_usable,
        note=price.note,
    )


def _row(row: PriceRow) -> ListedPrice:
    return replace(_price(row.price), age_days=row.age_days, own=row.is_own)


def _fact(fact: Fact) -> ListedFact:
    return ListedFact(
        key=fact.key,
        what=fact.what,
        value=fact.value if isinstance(fact.value, str) else plain(fact.value),
        unit=fact.unit,
        kind=fact.kind,
        as_of=fact.as_of,
        source=fact.source,
        confidence=fact.confidence,
        note=fact.note,
    )


def _offer(offer: RegionOffer) -> FetchedOffer:
    return FetchedOffer(
        region=offer.region,
        version=offer.version,
        published=offer.published,
        address=offer.address,
        prices=tuple(_price(price) for price in offer.prices),
        skipped=tuple(offer.skipped),
    )


def _change(before: Price | None, after: Price) -> ChangedPrice:
    return ChangedPrice(
        key=after.key,
        region=after.region,
        before=plain(before.amount) if before and before.amount is not None else None,
        after=plain(after.usd),
        unit=after.unit,
        per=after.per,
    )
