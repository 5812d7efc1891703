"""Check ways to deploy that a user wrote: names of prices, promises, offerings, engines, offers.

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
    for one in own:
        where = f"architectures.{one.name}"
        if one.engine:
            _known(one.engine, engines, f"{where}.engine", "engine")
        if one.offering:
            _known(one.offering, offerings, f"{where}.offering", "offering")
        for name in one.servers:
            _offer(name, offers, f"{where}.servers")
        for part in one.components:
            _part(part, book, f"{where}.components.{part.name}")


def _part(part: Component, book: PriceBook, where: str) -> None:
    if part.price:
        service = service_of(part.price)
        _known(service, services(), f"{where}.price", "service in the price book")
        prices = book.entries(service)
        _known(part.price, {one.key for one in prices}, f"{where}.price", "price")
        regions = {one.region for one in prices if one.key == part.price}
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
    if any(one.startswith(begins) if name.endswith("*") else one == name for one in known):
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
