"""What a bill comes to with a one-year Database Savings Plan for all that it covers.

In: a bill and a price book. Out: USD a month, or None where no rate of the plan is known. A plan is
a commitment of so many dollars an hour, paid used or not: the figure is that of a load which uses
all of it. Source: https://aws.amazon.com/savingsplans/database-pricing/ (what it covers).
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.bill import Bill, Line
from tablewright.bill.book import Price
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO

RATES = {
    "aws.dynamodb.ondemand.wru.standard": "aws.savings-plans.twin.ondemand.wru",
    "aws.dynamodb.ondemand.rru.standard": "aws.savings-plans.twin.ondemand.rru",
    "aws.dynamodb.provisioned.wcu.standard": "aws.savings-plans.twin.provisioned.wcu",
    "aws.dynamodb.provisioned.rcu.standard": "aws.savings-plans.twin.provisioned.rcu",
}
"""Prices a plan lowers, and the rates it lowers them to."""


@frozen
class WithPlan:
    """A bill under a one-year plan."""

    usd_per_month: Decimal
    read: str
    """When its rates were read."""
    note: str
    """For what they were read."""


def with_savings_plan(bill: Bill, book: PriceBook) -> WithPlan | None:
    """Return what a bill comes to with a plan; None where none of its lines has a known rate.

    Example:
        >>> from tablewright.bill.bill import charge
        >>> book = PriceBook()
        >>> wru = book.price("aws.dynamodb.ondemand.wru.standard", "us-east-1")
        >>> line = charge(wru, 1_000_000, where="t", what="write request units")
        >>> bill = Bill(lines=(line,), region="us-east-1", prices_as_of="")
        >>> with_savings_plan(bill, book).usd_per_month
        Decimal('0.5125')
    """
    total, rates = ZERO, []
    for line in bill.all_lines:
        rate = _rate(line, book)
        if rate is None:
            total += line.amount
            continue
        rates.append(rate)
        total += line.quantity * rate.usd / rate.per
    if not rates or bill.no_figure:
        return None
    days = sorted({rate.as_of for rate in rates if rate.as_of})
    return WithPlan(usd_per_month=total, read=days[-1] if days else "", note=rates[0].note)


def _rate(line: Line, book: PriceBook) -> Price | None:
    """Return the rate of a plan for a line; None where it covers it not, or the rate is unknown."""
    key = RATES.get(line.price_key)
    if key is None:
        return None
    try:
        return book.price(key, line.region)
    except PriceUnknownError:
        return None
