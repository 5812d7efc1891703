"""Price architectures: quantities of the workload times prices of the book, free tiers apart.

In: an architecture, the figures of the workload at a scale, the price book and the database line.
Out: `Priced`. A price that is not known of a region is taken from a neighbouring one, and the line
says so; if no neighbour has it, it is named and the architecture is not priced. A free tier is
taken off only as far as there is something to take it from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.bill import Allowance, Line, charge
from tablewright.bill.prices import Price, PriceBook
from tablewright.compare.protocol import DatabaseLine
from tablewright.compare.reader import neighbours
from tablewright.compare.values import (
    Architecture,
    Availability,
    Component,
    LimitReached,
    Priced,
)
from tablewright.core.errors import DataError, PriceUnknownError
from tablewright.core.expressions import evaluate
from tablewright.core.quantities import ZERO

ONE = Decimal(1)
PERCENT = Decimal(100)


def names_for(architecture: Architecture, workload: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the figures of the workload with what the architecture adds to them."""
    names = dict(workload)
    for name, expression in architecture.let:
        names[name] = at(f"architectures.{architecture.name}.let.{name}", expression, names)
    return names


def at(place: str, expression: str, names: Mapping[str, Decimal]) -> Decimal:
    """Return the value of an expression; what is wrong with it is reported with its place.

    Raises:
        DataError: see `evaluate`.
    """
    try:
        return evaluate(expression, names, {"fact": PriceBook().quantity})
    except DataError as problem:
        raise DataError(
            f"`{place}`: {problem.message}",
            remedy=problem.remedy or "docs/compare.md says what an expression may hold",
        ) from problem


def price_at(
    architecture: Architecture,
    workload: Mapping[str, Decimal],
    book: PriceBook,
    region: str,
    database: DatabaseLine | None = None,
) -> Priced:
    """Return what an architecture costs a month at one scale.

    Raises:
        DataError: an expression that cannot be evaluated.
    """
    names = names_for(architecture, workload)
    lines: list[Line] = []
    optional: list[Line] = []
    elsewhere: list[Line] = []
    needs: list[str] = []
    free = {"always": ZERO, "12-month": ZERO, "credit": ZERO}
    if architecture.engine:
        if database is not None and database.missing:
            needs.append(database.missing)
        elif database is not None:
            lines += database.lines
            elsewhere += database.lines if database.elsewhere else ()
            free["always"] += database.always_free
        elif not any(part.database for part in architecture.components):
            needs.append(f"a design for {architecture.engine}")
    for part in architecture.components:
        if not part.price or (part.database and database is not None):
            continue
        place = f"architectures.{architecture.name}.components.{part.name}"
        quantity = _quantity(part, place, names)
        if not quantity:
            continue
        try:
            line, is_substituted = _line(part, quantity, architecture.name, book, region)
        except PriceUnknownError as problem:
            if not part.optional:
                needs.append(f"{problem.key} in {problem.region} ({problem.reason})")
            continue
        if is_substituted:
            elsewhere.append(line)
        if part.optional:
            optional.append(line)
            continue
        lines.append(line)
        remaining = quantity
        for allowance in part.free:
            claimed = min(remaining, at(f"{place}.free", allowance.quantity, names))
            remaining -= claimed
            free[allowance.kind] += claimed * line.unit_price / line.per
    rest = sum((line.amount for line in lines), ZERO) - free["always"]
    rest -= database.total if database is not None else ZERO
    light, heavy = (database.light, database.heavy) if database is not None else (None, None)
    return Priced(
        users=int(workload["users"]),
        lines=tuple(lines),
        optional=tuple(optional),
        always_free=free["always"],
        year_free=free["12-month"],
        needs=tuple(needs),
        elsewhere=tuple(line for line in elsewhere if line in lines),
        database_elsewhere=database is not None and database.elsewhere,
        offer=database.offer if database is not None else "",
        bound_by=database.bound_by if database is not None else "",
        light=None if light is None else light + rest,
        heavy=None if heavy is None else heavy + rest,
        ends=database.ends if database is not None else (),
        database_usd=None if database is None or database.missing else database.total,
    )


def allowances(
    architecture: Architecture, priced: Priced, workload: Mapping[str, Decimal]
) -> Iterator[Allowance]:
    """Yield what is free of what an architecture uses at one scale, its database line aside."""
    names = names_for(architecture, workload)
    for part in architecture.components:
        place = f"architectures.{architecture.name}.components.{part.name}.free"
        for line in priced.lines:
            if line.resource != part.name or line.what != part.title:
                continue
            for free in part.free:
                yield Allowance(
                    what=part.title,
                    kind=free.kind,
                    used=line.quantity,
                    free=at(place, free.quantity, names),
                    unit=line.unit,
                    region=line.region,
                    price_key=line.price_key,
                    source=free.source,
                )


def _quantity(part: Component, place: str, names: Mapping[str, Decimal]) -> Decimal:
    """Return how much of a part a month takes.

    Raises:
        DataError: it is below zero.
    """
    quantity = at(f"{place}.quantity", part.quantity, names)
    if quantity < 0:
        raise DataError(
            f"`{place}.quantity`: `{part.quantity}` is {quantity:f}, below zero",
            remedy="write `max(0, …)` around it",
        )
    return quantity


def _line(
    part: Component, quantity: Decimal, architecture: str, book: PriceBook, region: str
) -> tuple[Line, bool]:
    """Return the charge of a part, and whether a neighbouring region's price is substituted.

    Raises:
        PriceUnknownError: no region has one.
    """
    price, origin = _price(part, book, region)
    is_substituted = origin not in (part.region, region)
    why = f"price of {origin}: that of {region} is not known" if is_substituted else ""
    line = charge(
        price,
        quantity,
        where=architecture,
        resource=part.name,
        what=part.title,
        region=origin,
        note="; ".join(entry for entry in (part.note, why) if entry),
    )
    return line, is_substituted


def _price(part: Component, book: PriceBook, region: str) -> tuple[Price, str]:
    """Return a price and the region it is of: the part's, the model's, or a neighbour of that.

    Raises:
        PriceUnknownError: none of them has one; the error is about the first.
    """
    if part.region:
        return book.price(part.price, part.region), part.region
    try:
        return book.price(part.price, region), region
    except PriceUnknownError as problem:
        for place in neighbours().get(region, ()):
            try:
                return book.price(part.price, place), place
            except PriceUnknownError:
                continue
        raise problem


def availability(architecture: Architecture, book: PriceBook) -> Availability:
    """Return what the promises of the parts that a request passes multiply to, in per cent a month.

    A promise that was never verified is not used: its part is named instead.
    """
    share = ONE
    unknown: list[str] = []
    unpromised: list[str] = []
    for part in architecture.components:
        if not part.serial:
            continue
        if part.sla == "none":
            unpromised.append(part.title)
            continue
        promised = _promised(part, book)
        if promised is None:
            unknown.append(part.title)
        else:
            share *= promised / PERCENT
    if not any(part.serial for part in architecture.components):
        unknown.append("any part")
    single = [p.title for p in architecture.components if p.serial and p.zones == 1]
    return Availability(
        percent=share * PERCENT,
        unknown=tuple(unknown),
        unpromised=tuple(unpromised),
        single_points=tuple(single),
    )


def placed(architecture: Architecture, database: DatabaseLine | None) -> Architecture:
    """Return an architecture with the zones and the promise of the offer its database runs on.

    Of Amazon RDS and Aurora; one that adds a reader of its own keeps what it says.
    """
    if (
        database is None
        or not database.zones
        or any(part.name == "reader" and not part.optional for part in architecture.components)
    ):
        return architecture
    place = next((line.where for line in database.lines if line.where in ("rds", "aurora")), "")
    if not place:
        return architecture
    kind = "single" if database.zones == 1 else "multi"
    return replace(
        architecture,
        components=tuple(
            replace(part, zones=database.zones, sla=f"aws.{place}.sla.{kind}")
            if part.serial and part.sla.startswith(("aws.rds.sla.", "aws.aurora.sla."))
            else part
            for part in architecture.components
        ),
    )


def _promised(part: Component, book: PriceBook) -> Decimal | None:
    if not part.sla:
        return None
    fact = book.fact(part.sla)
    if fact.confidence == "unverified" or not isinstance(fact.value, Decimal):
        return None
    return fact.value


def reaches(
    architecture: Architecture, workload: Mapping[str, Decimal], most: int
) -> tuple[LimitReached, ...]:
    """Return the users at which each limit is met, the nearest first.

    A figure is taken to grow in proportion to the users, as rates and data do.
    """
    names = names_for(architecture, workload)
    result = []
    for limit in architecture.limits:
        place = f"architectures.{architecture.name}.limits: {limit.what}"
        used = at(place, limit.of, names)
        if used > 0:
            users = int(names["users"] * at(place, limit.most, names) / used)
            result.append(LimitReached(what=limit.what, users=users, source=limit.source))
    return tuple(
        sorted((entry for entry in result if entry.users < most), key=lambda reach: reach.users)
    )


def crossing(
    first: Callable[[int], Decimal], second: Callable[[int], Decimal], low: int, high: int
) -> int | None:
    """Return the least users in a range from which the order of two costs is that of its end.

    Halves the range, so of several crossings it finds one. None if the order is the same at both
    ends.

    Example:
        >>> crossing(lambda n: Decimal(n), lambda n: Decimal(100), 1, 1000)
        101
    """
    start, end = first(low) - second(low), first(high) - second(high)
    if start * end >= 0:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        gap = first(middle) - second(middle)
        if gap * end > 0:
            high = middle
        else:
            low = middle
    return high
