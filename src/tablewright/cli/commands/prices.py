"""`tablewright prices`: the price book, where its figures come from, and how old they are."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tablewright.bill.book import CONFIDENCE, Fact, Price
from tablewright.bill.listing import Row, Summary, age_days, rows, summaries, why
from tablewright.bill.offer import Offer, changes
from tablewright.cli.output import Output, verb
from tablewright.core.errors import UsageError
from tablewright.core.quantities import format_number, plain

SCHEMA = "tablewright.prices/1"
DEFAULT_OUT = "prices.yaml"


@click.command(
    short_help="The price book: figures, sources, age; refresh it.",
    epilog="Example: tablewright prices --service dynamodb --region eu-north-1",
)
@click.option("--provider", metavar="NAME", help="Only this provider, such as aws.")
@click.option("--service", metavar="NAME", help="Only this service, such as dynamodb.")
@click.option("--region", "regions", metavar="NAME", multiple=True, help="Only this region.")
@click.option("--key", metavar="PART", help="Only keys that contain this.")
@click.option("--all", "everything", is_flag=True, help="Every price, not one line a service.")
@click.option("--why", "why_key", metavar="KEY", help="Where a figure comes from, in full.")
@click.option("--stale", type=click.IntRange(0), metavar="DAYS", help="Only what is older.")
@click.option("--price", "given", metavar="KEY=USD", multiple=True, help="A price of your own.")
@click.option("--book", "books", metavar="FILE", multiple=True, help="A price file of your own.")
@click.option("--refresh", is_flag=True, help="Fetch DynamoDB's prices from the AWS price list.")
@click.option("--from", "base", metavar="URL", help="Refresh from here instead.")
@click.option("--out", "path", metavar="FILE", help=f"Write them here ({DEFAULT_OUT}).")
@click.option("--force", is_flag=True, help="Overwrite a file that a refresh did not write.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), hidden=True)
@verb
def command(
    out: Output,
    provider: str | None,
    service: str | None,
    regions: tuple[str, ...],
    key: str | None,
    everything: bool,
    why_key: str | None,
    stale: int | None,
    given: tuple[str, ...],
    books: tuple[str, ...],
    refresh: bool,
    base: str | None,
    path: str | None,
    force: bool,
    today: datetime.datetime | None,
) -> None:
    """List prices with source, date and confidence, or refresh them.

    Without a filter there is one line for each service. A figure that was never verified is shown
    as such; no bill is made with it.
    """
    if refresh:
        _refresh(out, regions, base, Path(path or DEFAULT_OUT), force=force)
        return
    if base or path or force:
        raise UsageError("--from, --out and --force belong to --refresh")
    if len(regions) > 1:
        raise UsageError("one region at a time, please", remedy="give --region once")
    region = regions[0] if regions else None
    day = (today or datetime.datetime.now(datetime.UTC)).date()
    from tablewright.operate.prices import book_with

    book = book_with(prices=given, books=books)
    if why_key:
        prices, fact = why(book, why_key, region)
        _show_why(out, prices, fact, day)
    elif not (everything or key or region or stale is not None or service or out.as_json):
        _show_summaries(out, summaries(provider, service))
    else:
        found = rows(
            book, day, provider=provider, service=service, region=region, key=key, stale_days=stale
        )
        _show_rows(out, found)


def _refresh(
    out: Output, regions: Sequence[str], base: str | None, path: Path, *, force: bool
) -> None:
    from tablewright.operate.prices import AWS_LIST, book_regions, fetch_offers, write_book

    offers = fetch_offers(regions or book_regions(), base or AWS_LIST)
    write_book(offers, path, force=force)
    if out.as_json:
        out.data({"schema": SCHEMA, "file": str(path), "offers": [_offer(o) for o in offers]})
        return
    lines = [
        f"{offer.region}: {len(offer.prices)} prices, version {offer.version}, "
        f"published {offer.published}"
        for offer in offers
    ]
    found = changes(offers)
    if found:
        lines += ["", *_table(["Key", "Region", "Book", "Now", "Per"], _changed(found), ">>")]
    else:
        lines += ["", "All of them are as in the book."]
    skipped = sorted({usage for offer in offers for usage in offer.skipped})
    if skipped:
        lines += ["", f"Not read: {', '.join(skipped)}."]
    lines += ["Reserved capacity is not refreshed; its prices stay those of the book."]
    out.text("\n".join(lines))
    out.note(f"wrote {path}; use it with --book {path}")


def _changed(found: Sequence[tuple[Price | None, Price]]) -> list[list[str]]:
    return [
        [
            now.key,
            now.region,
            plain(was.amount) if was and was.amount is not None else "-",
            plain(now.usd),
            _unit(now),
        ]
        for was, now in found
    ]


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "region": offer.region,
        "version": offer.version,
        "published": offer.published,
        "address": offer.address,
        "prices": [_price(price) for price in offer.prices],
        "skipped": list(offer.skipped),
    }


def _price(price: Price) -> dict[str, Any]:
    return {
        "key": price.key,
        "region": price.region,
        "what": price.what,
        "usd": None if price.amount is None else plain(price.amount),
        "unit": price.unit,
        "per": price.per,
        "as_of": price.as_of,
        "valid_from": price.valid_from,
        "valid_until": price.valid_until,
        "source": price.source,
        "confidence": price.confidence,
        "usable": price.is_usable,
        "note": price.note,
    }


def _show_rows(out: Output, found: Sequence[Row]) -> None:
    if out.as_json:
        listed = [{**_price(r.price), "age_days": r.age_days, "own": r.is_own} for r in found]
        out.data({"schema": SCHEMA, "prices": listed})
        return
    if not found:
        out.text("No price in the book meets this.")
        return
    table = [
        [
            row.price.key,
            row.price.region,
            "unknown" if row.price.amount is None else plain(row.price.amount),
            _unit(row.price),
            _days(row.price),
            "-" if row.age_days is None else f"{row.age_days}",
            row.price.confidence,
        ]
        for row in found
    ]
    head = ["Key", "Region", "USD", "Per", "Read", "Days", "Confidence"]
    out.text("\n".join([*_table(head, table, "  >  >"), "", f"{len(found)} prices."]))


def _show_summaries(out: Output, found: Sequence[Summary]) -> None:
    table = [
        [s.service, s.title, f"{s.prices}", f"{s.facts}", f"{s.unusable}", s.oldest, s.newest]
        for s in found
    ]
    head = ["Service", "", "Prices", "Facts", "Unverified", "Oldest", "Newest"]
    total = sum(s.prices for s in found)
    out.text(
        "\n".join(
            [
                *_table(head, table, "  >>>"),
                "",
                f"{total} prices. More: --service NAME, --region NAME, --key PART, --why KEY.",
            ]
        )
    )


def _show_why(out: Output, prices: Sequence[Price], fact: Fact | None, day: datetime.date) -> None:
    if out.as_json:
        data: dict[str, Any] = {"schema": SCHEMA, "prices": [_price(p) for p in prices]}
        if fact:
            data["fact"] = {
                "key": fact.key,
                "what": fact.what,
                "value": fact.value if isinstance(fact.value, str) else plain(fact.value),
                "unit": fact.unit,
                "kind": fact.kind,
                "as_of": fact.as_of,
                "source": fact.source,
                "confidence": fact.confidence,
                "note": fact.note,
            }
        out.data(data)
        return
    lines: list[str] = []
    if fact:
        value = fact.value if isinstance(fact.value, str) else plain(fact.value)
        lines += [f"{fact.key}: {fact.what}", f"  {value} {fact.unit}".rstrip()]
        lines += _origin(fact.source, fact.as_of, fact.confidence, fact.note, day)
    if prices:
        lines.append(f"{prices[0].key}: {prices[0].what}")
    for price in prices:
        usd = "no figure" if price.amount is None else f"{plain(price.amount)} USD"
        lines += ["", f"  {price.region}: {usd} per {_unit(price)}"]
        if price.valid_from or price.valid_until:
            since = f"from {price.valid_from} on" if price.valid_from else ""
            until = f"until {price.valid_until}" if price.valid_until else ""
            lines.append(f"    known to be charged {' '.join(p for p in (since, until) if p)}")
        lines += [
            f"  {line}"
            for line in _origin(price.source, price.as_of, price.confidence, price.note, day)
        ]
    out.text("\n".join(lines))


def _origin(source: str, as_of: str, confidence: str, note: str, day: datetime.date) -> list[str]:
    age = age_days(as_of, day)
    read = f"  read {as_of} ({age} days ago) in" if as_of and age is not None else "  from"
    lines = [f"{read} {source}", f"  {confidence}: {CONFIDENCE[confidence]}"]
    return [*lines, f"  {note}"] if note else lines


def _days(price: Price) -> str:
    return f"until {price.valid_until}" if price.valid_until else price.as_of


def _unit(price: Price) -> str:
    return price.unit if price.per == 1 else f"{format_number(price.per)} {price.unit}"


def _table(head: Sequence[str], body: Sequence[Sequence[str]], align: str) -> list[str]:
    """Return aligned columns; a ">" in `align` sets its column to the right."""
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    marks = align.ljust(len(widths))
    return [
        "  ".join(
            cell.rjust(width) if mark == ">" else cell.ljust(width)
            for cell, width, mark in zip(row, widths, marks, strict=True)
        ).rstrip()
        for row in (head, *body)
    ]
