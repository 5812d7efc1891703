"""Check deployment options that a user wrote: names of prices, promises, engines, offers.

In: their architectures and what there is. Out: nothing, or the first mistake, with its place, what
was meant, and what is known instead. What is only missing in a region is no mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tablewright.bill.book import ALL_REGIONS
from tablewright.bill.prices import PriceBook, service_of, services
from tablewright.compare.values import Architecture, Component
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError


def check_own(
    own: Iterable[Architecture],
    book: PriceBook,
    *,
    engines: Collection[str],
    offerings: Collection[str],
    offers: Collection[str],
) -> None:
    """Refuse an architecture that names what does not exist.

    Args:
        own: what the user wrote.
        book: the prices.
        engines: that designs are evaluated for.
        offerings: that requirements are known of.
        offers: names of servers, each of its vendor and tier.

    Raises:
        UsageError: a name that nothing knows.
    """
    for entry in own:
        where = f"architectures.{entry.name}"
        if entry.engine:
            _known(entry.engine, engines, f"{where}.engine", "engine")
        if entry.offering:
            _known(entry.offering, offerings, f"{where}.offering", "offering")
        for name in entry.servers:
            _offer(name, offers, f"{where}.servers")
        for part in entry.components:
            _part(part, book, f"{where}.components.{part.name}")


def _part(part: Component, book: PriceBook, where: str) -> None:
    if part.price:
        service = service_of(part.price)
        _known(service, services(), f"{where}.price", "service in the price book")
        prices = book.entries(service)
        _known(part.price, {price.key for price in prices}, f"{where}.price", "price")
        regions = {price.region for price in prices if price.key == part.price}
        if part.region and ALL_REGIONS not in regions:
            _known(part.region, regions, f"{where}.region", f"region with `{part.price}`")
    if part.sla and part.sla != "none":
        facts = {fact.key for fact in book.facts(service_of(part.sla)) if fact.kind == "sla"}
        _known(part.sla, facts, f"{where}.sla", "promise of availability")


def _known(name: str, known: Collection[str], where: str, what: str) -> None:
    if name in known:
        return
    raise UsageError(f"`{where}`: there is no {what} `{name}`", remedy=_instead(name, known))


def _offer(name: str, known: Collection[str], where: str) -> None:
    begins = name.removesuffix("*")
    if any(entry.startswith(begins) if name.endswith("*") else entry == name for entry in known):
        return
    raise UsageError(
        f"`{where}`: there is no offer `{name}` of that engine",
        remedy=_instead(name, known) + "; a * at the end stands for any ending",
    )


def _instead(name: str, known: Collection[str]) -> str:
    meant = nearest(name, known)
    if meant:
        return f"did you mean `{meant}`?"
    return f"known: {', '.join(sorted(known)[:12])}" if known else "see `tablewright prices`"
