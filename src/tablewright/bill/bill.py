"""A bill: lines of quantity times unit price, re-added exactly.

In: quantities and prices, both Decimal. Out: lines and their sums by anything. It does not know
where a quantity came from nor how a price is looked up, and it never rounds money.

A quantity is held to nine decimals from the moment a line is made: a billionth of a request unit
costs nothing, and with it every product and every sum below a hundred million dollars fits the 28
digits of Decimal, so that lines re-add to the last digit in whatever order they are added.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Literal

from tablewright.bill.book import Price
from tablewright.bill.dimensions import Dimension, dimension_of
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO

Axis = Literal["where", "resource", "what", "pattern", "region"]

_NINE_PLACES = Decimal("1E-9")


@frozen
class Line:
    """One thing that is charged.

    Attributes:
        where: the table (or cluster) it belongs to.
        resource: what exactly is charged: the table, or "table.index".
        dimension: what kind of thing is counted.
        what: the same in words, such as "write request units".
        pattern: the access pattern that causes it, "" when it is not tied to one.
        quantity: how many `unit` a month; negative for what the free tier gives back.
        unit_price: USD for `per` units.
        amount: USD a month, exactly quantity x unit_price / per.
        region: where it is charged.
        note: what a reader must know to follow the quantity.
    """

    where: str
    resource: str
    dimension: Dimension
    what: str
    pattern: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    per: int
    amount: Decimal
    price_key: str
    region: str
    note: str = ""


@frozen
class Allowance:
    """What a provider gives without charge each month, beside what is used of it."""

    what: str
    kind: str
    """always, 12-month or credit."""
    used: Decimal
    free: Decimal
    unit: str
    region: str
    price_key: str
    source: str

    @property
    def claimed(self) -> Decimal:
        """What is taken off the bill, in the unit."""
        return min(self.used, self.free)


@frozen
class MissingPrice:
    """A price that a bill needs and the book does not know."""

    key: str
    region: str
    reason: str

    @property
    def sentence(self) -> str:
        """What is missing, and how to give it."""
        return (
            f"the book has no price `{self.key}` of {self.region}; give it with "
            f"--price {self.key}.{self.region}=USD"
        )


@frozen
class Bill:
    """What one month costs, in USD, and what that figure rests on.

    `lines` are the charges, `free_tier` the (negative) lines of the free tier when it was asked
    for. `prices_as_of` is the day the prices were asked for, else the days they were read.
    """

    lines: tuple[Line, ...]
    region: str
    prices_as_of: str
    free_tier: tuple[Line, ...] = ()
    left_out: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused_share: Decimal = ZERO
    """The largest share of the requests to one resource that its capacity would refuse."""
    no_figure: str = ""
    """Why nobody can say what it costs: no price is known, or nothing that is sold suffices."""
    missing_price: MissingPrice | None = None
    """The first price that it needs and nobody knows, where one keyed by name is missing."""
    allowances: tuple[Allowance, ...] = ()
    """What is free of what its lines use, whether or not it was asked to be taken off."""

    @property
    def total(self) -> Decimal:
        """USD a month of its lines, the free tier taken off where it was asked for."""
        return total_of(self.all_lines)

    @property
    def figure(self) -> Decimal | None:
        """USD a month; None where that is not known."""
        return None if self.no_figure else self.total

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """Charges, then free-tier lines."""
        return self.lines + self.free_tier

    def sum_by(self, axis: Axis) -> dict[str, Decimal]:
        """Return USD a month by one property of the lines, in the order of first appearance."""
        sums: dict[str, Decimal] = {}
        for line in self.all_lines:
            name: str = getattr(line, axis)
            sums[name] = sums.get(name, ZERO) + line.amount
        return sums

    def figures_by(self, axis: Axis) -> dict[str, Decimal] | None:
        """Return USD a month as `sum_by` does; None where what it costs is not known."""
        return None if self.no_figure else self.sum_by(axis)

    def units_by(self, axis: Axis) -> dict[tuple[str, str], Decimal]:
        """Return quantities a month by one property and the unit they are counted in."""
        sums: dict[tuple[str, str], Decimal] = {}
        for line in self.lines:
            name = (getattr(line, axis), line.unit)
            sums[name] = sums.get(name, ZERO) + line.quantity
        return sums


def days_read(as_of: str | None, prices: Iterable[Price]) -> str:
    """Return the day prices were asked for, else the days on which they were read.

    Example:
        >>> from tablewright.bill.prices import PriceBook
        >>> wru = PriceBook().price("aws.dynamodb.ondemand.wru.standard", "us-east-1")
        >>> days_read("2025-06-01", [wru]), days_read(None, [])
        ('2025-06-01', '')
    """
    if as_of is not None:
        return as_of
    result = list(prices)
    days = sorted(entry.as_of for entry in result if entry.as_of)
    if not days:
        return "given by the user" if result else ""
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"


def charge(
    price: Price,
    quantity: Decimal | int,
    *,
    where: str,
    what: str,
    resource: str = "",
    pattern: str = "",
    region: str = "",
    note: str = "",
) -> Line:
    """Return the line for a quantity at a price.

    Example:
        >>> from tablewright.bill.prices import PriceBook
        >>> wru = PriceBook().price("aws.dynamodb.ondemand.wru.standard", "us-east-1")
        >>> charge(wru, 12_000_000, where="orders", what="write request units").amount
        Decimal('7.500')
    """
    stored = plain_quantity(Decimal(quantity))
    usd = price.usd
    return Line(
        where=where,
        resource=resource or where,
        dimension=dimension_of(price.key),
        what=what,
        pattern=pattern,
        quantity=stored,
        unit=price.unit,
        unit_price=usd,
        per=price.per,
        amount=stored * usd / price.per,
        price_key=price.key,
        region=region or price.region,
        note=note,
    )


def plain_quantity(quantity: Decimal) -> Decimal:
    """Return a quantity held to nine decimals, without trailing zeros or exponent.

    Example:
        >>> plain_quantity(Decimal(1000) / 3), plain_quantity(Decimal("1E+6"))
        (Decimal('333.333333333'), Decimal('1000000'))
    """
    try:
        normalize = quantity.quantize(_NINE_PLACES, rounding=ROUND_HALF_EVEN).normalize()
    except InvalidOperation:  # more than 19 digits before the point: nine decimals say nothing
        normalize = quantity.normalize()
    return (
        normalize.quantize(Decimal(1)) if normalize == normalize.to_integral_value() else normalize
    )


def total_of(lines: Iterable[Line]) -> Decimal:
    """Return the sum of the amounts, in USD a month."""
    return sum((line.amount for line in lines), ZERO)
