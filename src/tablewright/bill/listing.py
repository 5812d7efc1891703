"""The price book as rows to be read: filtered, with ages, and the provenance of one figure.

In: a book, what to show, and today's date. Out: rows. It neither formats nor asks the clock.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from tablewright.bill.book import ALL_REGIONS, Fact, Price, first_day
from tablewright.bill.prices import PriceBook, packaged, service_of, services
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen


@frozen
class PriceRow:
    """One price, and how many days ago it was read (None where that is not stated)."""

    price: Price
    age_days: int | None
    is_own: bool = False


@frozen
class Summary:
    """One service of the book: how much is known and how old it is."""

    service: str
    title: str
    prices: int
    facts: int
    unusable: int
    oldest: str
    newest: str


def age_days(as_of: str, today: datetime.date) -> int | None:
    """Return the days since a date that may be a month or a year, counted from its first day.

    Example:
        >>> age_days("2026-10", datetime.date(2026, 11, 21)), age_days("", datetime.date.max)
        (51, None)
    """
    if not as_of:
        return None
    return (today - datetime.date.fromisoformat(first_day(as_of))).days


def rows(
    book: PriceBook,
    today: datetime.date,
    *,
    provider: str | None = None,
    service: str | None = None,
    region: str | None = None,
    key: str | None = None,
    stale_days: int | None = None,
) -> tuple[PriceRow, ...]:
    """Return the prices that meet every filter, in the order of the book.

    Args:
        book: the prices.
        today: from where ages are counted.
        provider: such as "aws".
        service: "dynamodb", or with its provider "aws.dynamodb".
        region: prices that hold in every region are shown too.
        key: a part of the key.
        stale_days: only what was read longer ago than this, the oldest first.

    Raises:
        UsageError: no service of the book has this provider or name.
    """
    required = _services(provider, service)
    own_key = set(book.own)
    out = [
        PriceRow(price=price, age_days=age_days(price.as_of, today), is_own=price in own_key)
        for name in required
        for price in book.entries(name)
        if region in (None, price.region) or price.region == ALL_REGIONS
        if key is None or key in price.key
    ]
    if stale_days is not None:
        old = [row for row in out if row.age_days is not None and row.age_days > stale_days]
        out = sorted(old, key=lambda row: -(row.age_days or 0))
    return tuple(out)


def summaries(provider: str | None = None, service: str | None = None) -> tuple[Summary, ...]:
    """Return one line for each service of the book."""
    out = []
    for name in _services(provider, service):
        book = packaged(name)
        if book is None:
            continue
        prices = [price for each_price in book.prices.values() for price in each_price]
        dates = sorted([p.as_of for p in prices] + [f.as_of for f in book.facts.values()])
        out.append(
            Summary(
                service=name,
                title=book.title,
                prices=len(prices),
                facts=len(book.facts),
                unusable=sum(not price.is_usable for price in prices),
                oldest=dates[0] if dates else "",
                newest=dates[-1] if dates else "",
            )
        )
    return tuple(out)


def why(
    book: PriceBook, key: str, region: str | None = None
) -> tuple[tuple[Price, ...], Fact | None]:
    """Return everything the book says about a key: its prices, or the fact it names.

    Raises:
        UsageError: the book has neither.
    """
    prices = [p for p in book.entries(service_of(key)) if p.key == key]
    here = tuple(p for p in prices if region in (None, p.region) or p.region == ALL_REGIONS)
    facts = {fact.key: fact for fact in book.facts(service_of(key))}
    if here or key in facts:
        return here, facts.get(key)
    if prices:
        known = ", ".join(sorted({p.region for p in prices}))
        raise UsageError(f"the book has no {key} in {region}", remedy=f"it has it for {known}")
    names = [p.key for p in book.entries(service_of(key))] + list(facts)
    meant = nearest(key, names) or nearest(service_of(key), services())
    raise UsageError(
        f"the book has no key `{key}`" + (f", did you mean `{meant}`?" if meant else ""),
        remedy="`tablewright prices --key WORD` lists keys",
    )


def _services(provider: str | None, service: str | None) -> Sequence[str]:
    result = [
        name
        for name in services()
        if provider in (None, name.partition(".")[0])
        and service in (None, name, name.partition(".")[2])
    ]
    if not result:
        asked = service or provider or ""
        names = [*services(), *(n.partition(".")[2] for n in services())]
        meant = nearest(asked, [*names, *{n.partition(".")[0] for n in services()}])
        raise UsageError(
            f"the book has no {'service' if service else 'provider'} `{asked}`"
            + (f" of {provider}" if provider and service else "")
            + (f", did you mean `{meant}`?" if meant not in (None, asked) else ""),
            remedy="`tablewright prices` lists them",
        )
    return result
