"""What was really charged: a Cost and Usage Report (CSV) or a reply of Cost Explorer (JSON).

In: a file, the product names of an engine. Out: USD a month. Sources: AWS Data Exports guide, "Cost
and Usage Report columns" (old and new names); Cost Explorer API, GetCostAndUsage. The end of a Cost
Explorer period is exclusive.
"""

from __future__ import annotations

import csv
import datetime
import gzip
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import DAYS_PER_MONTH, ZERO

PRODUCT = ("lineItem/ProductCode", "line_item_product_code")
COST = ("lineItem/UnblendedCost", "line_item_unblended_cost")
START = ("lineItem/UsageStartDate", "line_item_usage_start_date")


@frozen
class ChargedCost:
    """What was charged."""

    usd: Decimal
    days: int
    """How many days of charges the file has."""
    source: str

    @property
    def usd_per_month(self) -> Decimal:
        """The same, for a month of 730 hours."""
        return self.usd / self.days * DAYS_PER_MONTH


def charged(path: Path, products: Iterable[str]) -> ChargedCost:
    """Return what was charged for products.

    Raises:
        DataError: the file is neither, or has no day of charges.
    """
    names = {name.lower() for name in products}
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            text = stream.read(1)
            stream.seek(0)
            if text == "{":
                return _explorer(json.load(stream, parse_float=Decimal), names, path.name)
            return _report(csv.DictReader(stream), names, path.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as problem:
        raise DataError(
            f"{path} is no Cost and Usage Report and no reply of Cost Explorer: {problem}",
            remedy="export a CUR as CSV, or save `aws ce get-cost-and-usage --granularity DAILY "
            "--metrics UnblendedCost --group-by Type=DIMENSION,Key=SERVICE`",
        ) from problem


def _report(rows: csv.DictReader[str], names: set[str], source: str) -> ChargedCost:
    columns = rows.fieldnames or ()

    def column(candidates: tuple[str, str]) -> str:
        return next(name for name in candidates if name in columns)

    try:
        product, cost, start = column(PRODUCT), column(COST), column(START)
    except StopIteration:
        raise ValueError(f"its columns lack {PRODUCT[0]}, {COST[0]} or {START[0]}") from None
    usd, days = ZERO, set()
    for row in rows:
        days.add(row[start][:10])
        if row[product].lower() in names:
            usd += Decimal(row[cost] or "0")
    return _cost(usd, len(days), source)


def _explorer(content: Mapping[str, Any], names: set[str], source: str) -> ChargedCost:
    usd, days = ZERO, 0
    for period in content["ResultsByTime"]:
        start, end = (
            datetime.date.fromisoformat(period["TimePeriod"][name]) for name in ("Start", "End")
        )
        days += (end - start).days
        for group in period["Groups"]:
            if any(key.lower() in names for key in group["Keys"]):
                usd += Decimal(str(next(iter(group["Metrics"].values()))["Amount"]))
    return _cost(usd, days, source)


def _cost(usd: Decimal, days: int, source: str) -> ChargedCost:
    if not days:
        raise ValueError("it has no day of charges")
    return ChargedCost(usd=usd, days=days, source=f"{source}, {days} days")
