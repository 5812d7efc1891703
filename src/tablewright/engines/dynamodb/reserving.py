"""Reserved capacity: how many lots an account buys for all its tables, and what they cover.

In: the hourly capacity of tables and indexes that reserve, and prices. Out: lines, and the hours
each of them still pays by the hour. A reservation belongs to the account and a region, not to a
table (AWS Developer Guide, "DynamoDB reserved capacity"): tables of one term are pooled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from decimal import Decimal

from tablewright.bill.bill import Line, charge, plain_quantity
from tablewright.bill.prices import PriceBook
from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO

LOT = 100
"""Units of capacity in a lot, in which it is sold."""


@frozen
class Reservable:
    """Provisioned capacity of a table or an index that a reservation may cover.

    Attributes:
        table: the table it belongs to.
        resource: the table, or "table/index".
        dimension: read or write.
        region: where it is.
        years: the term.
        hours: units in each hour of the day.
        usd_per_unit_hour: what is paid for a unit without reservation.
    """

    table: str
    resource: str
    dimension: str
    region: str
    years: int
    hours: tuple[int, ...]
    usd_per_unit_hour: Decimal

    @property
    def pool(self) -> tuple[str, str, int]:
        """What is bought together."""
        return (self.region, self.dimension, self.years)


@frozen
class Reserved:
    """What was bought, and what is left to pay by the hour."""

    lines: tuple[Line, ...] = ()
    rest: dict[tuple[str, str, str], tuple[int, ...]] = field(default_factory=dict)
    """By region, resource and dimension the units of each hour that no lot covers."""

    def hours(
        self, region: str, resource: str, dimension: str, otherwise: tuple[int, ...]
    ) -> tuple[int, ...]:
        """Return the units of each hour that are paid by the hour."""
        return self.rest.get((region, resource, dimension), otherwise)

    def lines_of(self, table: str) -> tuple[Line, ...]:
        """Return the lots a table pays its part of."""
        return tuple(line for line in self.lines if line.where == table)


def reserve(capacities: Iterable[Reservable], book: PriceBook) -> Reserved:
    """Buy as many lots for each pool as cost least, and share their price by what they cover."""
    pools: dict[tuple[str, str, int], list[Reservable]] = {}
    for capacity in capacities:
        pools.setdefault(capacity.pool, []).append(capacity)
    lines: list[Line] = []
    rest: dict[tuple[str, str, str], tuple[int, ...]] = {}
    for pooled in pools.values():
        lots = _lots(pooled, book)
        uncovered = _uncovered(pooled, lots)
        for capacity, hours in zip(pooled, uncovered, strict=True):
            rest[capacity.region, capacity.resource, capacity.dimension] = hours
        lines += _lines(pooled, uncovered, lots, book)
    return Reserved(lines=tuple(lines), rest=rest)


def _lots(pooled: Sequence[Reservable], book: PriceBook) -> int:
    """Return the number of lots that makes all hours together cheapest."""
    region, dimension, years = pooled[0].pool
    stem = f"aws.dynamodb.reserved.{years}y.{dimension[0]}cu"
    upfront, hourly = (book.price(f"{stem}.{part}", region) for part in ("upfront", "hour"))
    demand = [sum(capacity.hours[hour] for capacity in pooled) for hour in range(24)]
    rate = pooled[0].usd_per_unit_hour
    of_lot = LOT * (
        upfront.usd / upfront.per / (12 * years) + hourly.usd / hourly.per * HOURS_PER_MONTH
    )

    def cost(lots: int) -> Decimal:
        beyond = sum(max(0, units - lots * LOT) for units in demand)
        return lots * of_lot + beyond * rate * HOURS_PER_MONTH / 24

    # The cost is piecewise linear in the lots, with corners next to the hourly capacities.
    corners = {0} | {units // LOT + more for units in demand for more in (0, 1)}
    return min(sorted(corners), key=cost)


def _uncovered(pooled: Sequence[Reservable], lots: int) -> list[tuple[int, ...]]:
    """Return the hours left over; lots cover tables and indexes in their order."""
    remaining = [list(capacity.hours) for capacity in pooled]
    for hour in range(24):
        cover = lots * LOT
        for hours in remaining:
            claimed = min(cover, hours[hour])
            hours[hour] -= claimed
            cover -= claimed
    return [tuple(hours) for hours in remaining]


def _lines(
    pooled: Sequence[Reservable],
    uncovered: Sequence[tuple[int, ...]],
    lots: int,
    book: PriceBook,
) -> list[Line]:
    """Return the price of the lots, shared among tables by the unit-hours covered."""
    if not lots:
        return []
    region, dimension, years = pooled[0].pool
    covered: dict[str, int] = {}
    for capacity, hours in zip(pooled, uncovered, strict=True):
        units = sum(capacity.hours) - sum(hours)
        covered[capacity.table] = covered.get(capacity.table, 0) + units
    tables = [table for table, units in covered.items() if units]
    months = 12 * years
    words = f"reserved {dimension} capacity, {years} year{'s' if years > 1 else ''}"
    pool = f"{lots} lot{'s' if lots > 1 else ''} of {LOT} units"
    if len(tables) > 1:
        pool += f" for {', '.join(tables)} together"
    stem = f"aws.dynamodb.reserved.{years}y.{dimension[0]}cu"
    lines = []
    for part, total, note in (
        (
            "upfront",
            Decimal(lots * LOT) / months,
            f"{pool}, paid in advance, spread over {months} months",
        ),
        ("hour", lots * LOT * HOURS_PER_MONTH, pool),
    ):
        remaining = plain_quantity(Decimal(total))
        whole = remaining
        for place, table in enumerate(tables):
            share = plain_quantity(whole * covered[table] / sum(covered.values(), ZERO))
            quantity = remaining if place == len(tables) - 1 else min(share, remaining)
            remaining -= quantity
            lines.append(
                charge(
                    book.price(f"{stem}.{part}", region),
                    quantity,
                    where=table,
                    what=f"{words}, {'upfront' if part == 'upfront' else 'hourly'}",
                    region=region,
                    note=note,
                )
            )
    return lines
