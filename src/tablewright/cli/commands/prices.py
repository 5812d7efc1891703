"""`prices`: the price book, where its figures come from, and how old they are."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from tablewright.cli.output import Output, verb
from tablewright.core.errors import UsageError

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
@click.option("--price", "overrides", metavar="KEY=USD", multiple=True, help="Override a price.")
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
    overrides: tuple[str, ...],
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
    from tablewright.verbs.prices import (
        explain_price,
        list_prices,
        price_services,
        refresh_prices,
    )

    if refresh:
        file = Path(path or DEFAULT_OUT)
        out.show(refresh_prices(regions, base, file, force=force), "refreshed-prices")
        out.note(f"wrote {file}; use it with --book {file}")
        return
    if base or path or force:
        raise UsageError("--from, --out and --force belong to --refresh")
    if len(regions) > 1:
        raise UsageError("only one region at a time", remedy="give --region once")
    region = regions[0] if regions else None
    day = (today or datetime.datetime.now(datetime.UTC)).date()
    from tablewright.operate.prices import book_with

    book = book_with(prices=overrides, books=books)
    if why_key:
        result = explain_price(book, why_key, region, day)
    elif not (everything or key or region or stale is not None or service or out.as_json):
        result = price_services(provider, service, day)
    else:
        result = list_prices(
            book,
            day,
            provider=provider,
            service=service,
            region=region,
            key=key,
            stale_days=stale,
        )
    out.show(result, "prices")
