"""The lines of a bill as rows, added up as a reader asks for.

In: a bill. Out: rows with quantities, prices and shares, and the cost of each pattern and index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.bill.dimensions import Dimension
from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO
from tablewright.evaluation.values import Evaluation, Route

if TYPE_CHECKING:
    from tablewright.bill.bill import Axis, Bill, Line


@frozen
class CostRow:
    """One row of a bill: what is charged, how much of it, at what price."""

    where: str
    what: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    per: int
    usd_per_month: Decimal
    share: Decimal
    note: str = ""


@frozen
class PatternCost:
    """What one access pattern costs on a design, and how it is answered."""

    pattern: str
    label: str
    title: str
    calls_per_month: Decimal
    route: Route
    usd_per_month: Decimal | None
    """None where nobody can say what the design costs."""
    share: Decimal


@frozen
class IndexCost:
    """What an index costs a month against what reads it."""

    index: str
    writes: Decimal
    storage: Decimal
    reads: Decimal
    """What is paid for reading it."""
    other: Decimal
    total: Decimal
    read_by: tuple[str, ...]
    reads_per_month: Decimal
    """Units."""


def pattern_costs(evaluation: Evaluation) -> tuple[PatternCost, ...]:
    """Return each pattern with its route and what it costs a month, the most expensive first."""
    spent = evaluation.bill.figures_by("pattern")
    total = evaluation.bill.total
    out = []
    for route in evaluation.routes:
        pattern = evaluation.model.pattern(route.pattern)
        usd = None if spent is None else spent.get(route.pattern, ZERO)
        calls = evaluation.model.calls_per_day(pattern, evaluation.users) * HOURS_PER_MONTH / 24
        out.append(
            PatternCost(
                pattern=route.pattern,
                label=pattern.id,
                title=pattern.title,
                calls_per_month=calls,
                route=route,
                usd_per_month=usd,
                share=_share(usd or ZERO, total),
            )
        )
    return tuple(sorted(out, key=lambda row: (-(row.usd_per_month or ZERO), row.pattern)))


def index_costs(evaluation: Evaluation) -> tuple[IndexCost, ...]:
    """Return what each index costs a month and what reads it, the most expensive first."""
    out = []
    for resource in evaluation.resources:
        if resource.kind == "table":
            continue
        lines = [x for x in evaluation.bill.lines if same_resource(x.resource, resource.name)]
        sums = {"writes": ZERO, "storage": ZERO, "reads": ZERO, "other": ZERO}
        units = ZERO
        for line in lines:
            part = _part_of(line)
            sums[part] += line.amount
            if part == "reads":
                units += line.quantity
        readers = tuple(r.pattern for r in evaluation.routes if reads(r, resource.name))
        out.append(
            IndexCost(
                index=shown_resource(resource.name),
                **sums,
                total=sum(sums.values(), ZERO),
                read_by=readers,
                reads_per_month=units,
            )
        )
    return tuple(sorted(out, key=lambda row: (-row.total, row.index)))


def reads(route: Route, resource: str) -> bool:
    """Whether a route reads a resource: takes read units from it, or sends its reads there."""
    return any(
        use.resource == resource and use.dimension == "read"
        for request in route.requests
        for use in request.uses
    )


def priced_rows(bill: Bill) -> tuple[CostRow, ...]:
    """Return every line of a bill; those of the same resource, dimension and price added up."""
    return rows_of(bill.all_lines, bill.total)


def rows_of(lines: Sequence[Line], total: Decimal) -> tuple[CostRow, ...]:
    """Add up lines of the same resource, dimension and price."""
    groups: dict[tuple[str, str, str, Decimal, int, str], list[Line]] = {}
    for line in lines:
        key = (line.resource, line.what, line.unit, line.unit_price, line.per, line.region)
        groups.setdefault(key, []).append(line)
    order = {line.resource: place for place, line in reversed(list(enumerate(lines)))}
    groups = dict(sorted(groups.items(), key=lambda pair: order[pair[0][0]]))
    home = lines[0].region if lines else ""
    return tuple(
        CostRow(
            where=shown_resource(resource) + ("" if region == home else f" in {region}"),
            what=dimension,
            quantity=sum((line.quantity for line in group), ZERO),
            unit=unit,
            unit_price=price,
            per=per,
            usd_per_month=(usd := sum((line.amount for line in group), ZERO)),
            share=_share(usd, total),
            note="; ".join(dict.fromkeys(line.note for line in group if line.note)),
        )
        for (resource, dimension, unit, price, per, region), group in groups.items()
    )


def summed_rows(bill: Bill, by: str) -> tuple[CostRow, ...]:
    """Return a bill added up by resource, pattern or dimension, the largest first."""
    axis: Axis = "pattern" if by == "pattern" else "what" if by == "dimension" else "resource"
    total = bill.total
    sums = bill.sum_by(axis)
    rows = [
        CostRow(
            where=shown_resource(name) if axis == "resource" else name,
            what="",
            quantity=None,
            unit="",
            unit_price=None,
            per=1,
            usd_per_month=usd,
            share=_share(usd, total),
        )
        for name, usd in sums.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.usd_per_month, row.where)))


def _part_of(line: Line) -> str:
    shown = (Dimension.READS, Dimension.WRITES, Dimension.STORAGE)
    return line.dimension.value if line.dimension in shown else "other"


def stacks(bill: Bill) -> tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]:
    """Return what each resource costs by kind of line, the most expensive first."""
    sums: dict[str, dict[str, Decimal]] = {}
    for line in bill.all_lines:
        parts = sums.setdefault(shown_resource(line.resource), {})
        part = _part_of(line)
        parts[part] = parts.get(part, ZERO) + line.amount
    ordered = sorted(sums.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    return tuple((name, tuple(parts.items())) for name, parts in ordered)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else ZERO


def all_left_out(bills: Iterable[Bill]) -> tuple[str, ...]:
    """Return what bills leave out, each thing once."""
    return tuple(dict.fromkeys(text for bill in bills for text in bill.left_out))


def shown_resource(name: str) -> str:
    """Return a table or index as it is shown.

    Example:
        >>> shown_resource("orders/by-status")
        'orders.by-status'
    """
    return name.replace("/", ".")


def same_resource(name: str, other: str) -> bool:
    """Whether two names mean the same table or index, however they are joined."""
    return shown_resource(name) == shown_resource(other)
