"""Price architectures: quantities of the workload times prices of the book, free tiers apart.

In: an architecture, the figures of the workload at a scale, the price book and the database line.
Out: `Priced`. A price that is not known is named and the architecture is then not priced; nothing
is guessed. A free tier is taken off only as far as there is something to take it from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.compare.expressions import evaluate
from tablewright.compare.values import (
    Architecture,
    Availability,
    Component,
    Priced,
    Reach,
)
from tablewright.core.errors import DataError, PriceUnknownError
from tablewright.core.quantities import ZERO

ONE = Decimal(1)
PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The database line of an engine at a scale: its charges, and what free tiers take off."""

    lines: tuple[Line, ...]
    always_free: Decimal = ZERO
    missing: str = ""
    """Why there is none, empty if there is."""


def names_for(architecture: Architecture, workload: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the figures of the workload with what the architecture adds to them."""
    names = dict(workload)
    for name, expression in architecture.let:
        names[name] = evaluate(expression, names)
    return names


def price_at(
    architecture: Architecture,
    workload: Mapping[str, Decimal],
    book: PriceBook,
    region: str,
    database: Database | None = None,
) -> Priced:
    """Return what an architecture costs a month at one scale.

    Raises:
        DataError: an expression that cannot be evaluated.
    """
    names = names_for(architecture, workload)
    lines: list[Line] = []
    optional: list[Line] = []
    needs: list[str] = []
    free = {"always": ZERO, "12-month": ZERO, "credit": ZERO}
    if architecture.engine:
        if database is not None and database.missing:
            needs.append(database.missing)
        elif database is not None:
            lines += database.lines
            free["always"] += database.always_free
        elif not any(part.database for part in architecture.components):
            needs.append(f"a design for {architecture.engine}")
    for part in architecture.components:
        if not part.price or (part.database and database is not None):
            continue
        quantity = evaluate(part.quantity, names)
        if quantity == 0:
            continue
        if quantity < 0:
            raise DataError(f"{architecture.name}.{part.name}: a quantity below zero")
        try:
            price = book.price(part.price, part.region or region)
        except PriceUnknownError as problem:
            if not part.optional:
                needs.append(f"{problem.key} in {problem.region} ({problem.reason})")
            continue
        line = charge(
            price,
            quantity,
            where=architecture.name,
            resource=part.name,
            dimension=part.title,
            region=part.region or region,
            note=part.note,
        )
        if part.optional:
            optional.append(line)
            continue
        lines.append(line)
        left = quantity
        for one in part.free:
            taken = min(left, evaluate(one.quantity, names))
            left -= taken
            free[one.kind] += taken * line.unit_price / line.per
    return Priced(
        users=int(workload["users"]),
        lines=tuple(lines),
        optional=tuple(optional),
        always_free=free["always"],
        year_free=free["12-month"],
        needs=tuple(needs),
    )


def availability(architecture: Architecture, book: PriceBook) -> Availability:
    """Return what the promises of the parts in a request's way multiply to, in per cent a month.

    A promise that was never verified is not used: its part is named instead.
    """
    share = ONE
    unknown: list[str] = []
    for part in architecture.components:
        if not part.serial:
            continue
        promised = _promised(part, book)
        if promised is None:
            unknown.append(part.title)
        else:
            share *= promised / PERCENT
    single = [p.title for p in architecture.components if p.serial and p.zones == 1]
    return Availability(
        percent=share * PERCENT, unknown=tuple(unknown), single_points=tuple(single)
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
) -> tuple[Reach, ...]:
    """Return the users at which each limit is met, the nearest first.

    A figure is taken to grow in proportion to the users, as rates and data do.
    """
    names = names_for(architecture, workload)
    found = []
    for limit in architecture.limits:
        used = evaluate(limit.of, names)
        if used > 0:
            users = int(names["users"] * evaluate(limit.most, names) / used)
            found.append(Reach(what=limit.what, users=users, source=limit.source))
    return tuple(sorted((one for one in found if one.users < most), key=lambda one: one.users))


def crossing(
    one: Callable[[int], Decimal], other: Callable[[int], Decimal], low: int, high: int
) -> int | None:
    """Return the least users in a range from which the order of two costs is that of its end.

    Halves the range, so of several crossings it finds one. None if the order is the same at both
    ends.

    Example:
        >>> crossing(lambda n: Decimal(n), lambda n: Decimal(100), 1, 1000)
        101
    """
    start, end = one(low) - other(low), one(high) - other(high)
    if start * end >= 0:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        gap = one(middle) - other(middle)
        if gap * end > 0:
            high = middle
        else:
            low = middle
    return high
