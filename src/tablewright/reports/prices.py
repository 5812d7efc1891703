"""The pages of `prices`: services, prices one by one, one figure in full, or fetched prices.

In: a PricesView or a RefreshView. Out: a document.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from tablewright.bill.book import CONFIDENCE
from tablewright.bill.listing import age_days
from tablewright.core.quantities import format_number
from tablewright.reports.document import (
    Block,
    Document,
    Lines,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
)
from tablewright.verbs.prices import ChangedPrice, ListedFact, ListedPrice, PricesView, RefreshView


def prices_page(view: PricesView) -> Document:
    """Return prices in as much detail as was asked for."""
    if view.is_in_full:
        return Document(blocks=_in_full(view))
    if view.services:
        return Document(blocks=_services(view))
    if not view.prices:
        return Document(blocks=(Paragraph(text="No price in the book meets this."),))
    columns = _columns("Key", "Region", ">USD", "Per", "Read", ">Days", "Confidence")
    rows = tuple(
        Row(
            cells=(
                price.key,
                price.region,
                "unknown" if price.usd is None else price.usd,
                _unit(price.per, price.unit),
                f"until {price.valid_until}" if price.valid_until else price.as_of,
                "-" if price.age_days is None else str(price.age_days),
                price.confidence,
            )
        )
        for price in view.prices
    )
    count = Paragraph(text=f"{len(view.prices)} prices.", tone="note")
    return Document(blocks=(ReportTable(columns=columns, rows=rows), count))


def refresh_page(view: RefreshView) -> Document:
    """Return what was fetched, and what differs from the book."""
    blocks: list[Block] = [
        Lines(
            items=tuple(
                f"{offer.region}: {len(offer.prices)} prices, version {offer.version}, "
                f"published {offer.published}"
                for offer in view.offers
            )
        )
    ]
    if view.changes:
        blocks.append(_changes(view.changes))
    else:
        blocks.append(Paragraph(text="All of them are as in the book."))
    skipped = sorted({usage for offer in view.offers for usage in offer.skipped})
    if skipped:
        blocks.append(Paragraph(text=f"Not read: {', '.join(skipped)}."))
    blocks.append(
        Paragraph(text="Reserved capacity is not refreshed; its prices stay those of the book.")
    )
    return Document(blocks=tuple(blocks))


def _columns(*titles: str) -> tuple[ReportColumn, ...]:
    """Return columns; a title that starts with > is of figures. Keys are to be copied: whole."""
    return tuple(
        ReportColumn(title=t.removeprefix(">"), right=t.startswith(">"), whole=True) for t in titles
    )


def _changes(changes: Sequence[ChangedPrice]) -> ReportTable:
    return ReportTable(
        columns=_columns("Key", "Region", ">Book", ">Now", "Per"),
        rows=tuple(
            Row(
                cells=(
                    change.key,
                    change.region,
                    change.before or "-",
                    change.after,
                    _unit(change.per, change.unit),
                )
            )
            for change in changes
        ),
    )


def _services(view: PricesView) -> tuple[Block, ...]:
    columns = _columns("Service", "", ">Prices", ">Facts", ">Unverified", "Oldest", "Newest")
    rows = tuple(
        Row(
            cells=(
                service.service,
                service.title,
                str(service.prices),
                str(service.facts),
                str(service.unusable),
                service.oldest,
                service.newest,
            )
        )
        for service in view.services
    )
    total = sum(service.prices for service in view.services)
    text = f"{total} prices. More: --service NAME, --region NAME, --key PART, --why KEY."
    return ReportTable(columns=columns, rows=rows), Paragraph(text=text, tone="note")


def _in_full(view: PricesView) -> tuple[Block, ...]:
    today = datetime.date.fromisoformat(view.today)
    lines: list[str] = []
    if view.fact:
        fact = view.fact
        lines += [f"{fact.key}: {fact.what}", f"  {fact.value} {fact.unit}".rstrip()]
        lines += _origin(fact, today)
    if view.prices:
        lines.append(f"{view.prices[0].key}: {view.prices[0].what}")
    for price in view.prices:
        usd = "no figure" if price.usd is None else f"{price.usd} USD"
        lines += ["", f"  {price.region}: {usd} per {_unit(price.per, price.unit)}"]
        if price.valid_from or price.valid_until:
            since = f"from {price.valid_from} on" if price.valid_from else ""
            until = f"until {price.valid_until}" if price.valid_until else ""
            period = " ".join(part for part in (since, until) if part)
            lines.append(f"    known to be charged {period}")
        lines += [f"  {line}" for line in _origin(price, today)]
    return (Lines(items=tuple(lines)),)


def _origin(figure: ListedPrice | ListedFact, today: datetime.date) -> list[str]:
    """Return where a figure was read, when, and how sure it is."""
    age = age_days(figure.as_of, today)
    read = f"  read {figure.as_of} ({age} days ago) in" if age is not None else "  from"
    lines = [f"{read} {figure.source}", f"  {figure.confidence}: {CONFIDENCE[figure.confidence]}"]
    return [*lines, f"  {figure.note}"] if figure.note else lines


def _unit(per: int, unit: str) -> str:
    return unit if per == 1 else f"{format_number(per)} {unit}"
