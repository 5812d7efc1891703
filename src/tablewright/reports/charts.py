"""Choose what is drawn: views to charts, as values. How it looks is left to `svg`.

Each function returns None where there is nothing worth drawing. Points are floats because they are
only drawn; the exact figures are in the tables beside each chart.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.reports.document import Chart, Series
from tablewright.reports.figures import percent, size, usd, usd_or_none
from tablewright.verbs.cost import ScalesView
from tablewright.verbs.design_summary import DesignView

MOST_BARS = 12
MOST_KINDS = 6
PARTS = ("writes", "reads", "storage", "other")


def cost_against_users(view: ScalesView) -> Chart | None:
    """Return the cost curve of each design, log-log, with the crossings marked."""
    drawn = {
        curve.design: [(n, cost) for n, cost in curve.points if cost is not None and cost > 0]
        for curve in view.curves
    }
    curves = [curve for curve in view.curves if len(drawn[curve.design]) > 1]
    if not curves:
        return None
    last_costs = ", ".join(f"{c.design} {usd_or_none(c.points[-1][1])}" for c in curves)
    return Chart(
        kind="lines",
        title="USD a month against users",
        summary=f"Monthly cost of each design against users, both axes logarithmic. At "
        f"{curves[0].points[-1][0]:,} users: {last_costs}.{_not_drawn(view)}",
        x_title="users",
        y_title="USD a month",
        series=tuple(
            Series(
                name=curve.design,
                points=tuple((float(n), float(cost)) for n, cost in drawn[curve.design]),
                labels=tuple(usd(cost) for _, cost in drawn[curve.design]),
            )
            for curve in curves
        ),
        marks=tuple(
            (float(c.users), f"{c.cheaper_above} cheaper from {c.users:,}") for c in view.crossings
        ),
    )


def _not_drawn(view: ScalesView) -> str:
    """Say which points a logarithmic axis cannot show."""
    points = [
        f"{c.design} at {n:,} users" for c in view.curves for n, cost in c.points if cost == 0
    ]
    return f" Not drawn, as it costs nothing: {', '.join(points)}." if points else ""


def bill_by_pattern(design: DesignView) -> Chart | None:
    """Return the bill by access pattern, the most expensive first, the rest as one bar."""
    costs = [(pattern.pattern, usd_) for pattern, usd_ in design.charged_patterns]
    if len(costs) < 2:
        return None
    shown = costs[:MOST_BARS]
    rest = sum((usd_ for _, usd_ in costs[MOST_BARS:]), Decimal(0))
    if rest:
        shown.append((f"{len(costs) - MOST_BARS} others", rest))
    top, first = shown[0]
    return Chart(
        kind="bars",
        title="By access pattern, USD a month",
        summary=f"The most expensive pattern is {top} with {usd(first)} USD a month.",
        x_title="",
        y_title="USD a month",
        names=tuple(name for name, _ in shown),
        series=(_bars("USD a month", [cost for _, cost in shown]),),
    )


def bill_by_resource(design: DesignView) -> Chart | None:
    """Return the bill by table and index, stacked by what is paid for."""
    stacks = [(name, dict(parts)) for name, parts in design.stacks][:MOST_BARS]
    if len(stacks) < 2:
        return None
    used = [part for part in PARTS if any(parts.get(part) for _, parts in stacks)]
    top = stacks[0]
    total = sum(top[1].values(), Decimal(0))
    share = total / design.cost.usd_per_month if design.cost.usd_per_month else Decimal(0)
    return Chart(
        kind="stacked",
        title="By table and index, USD a month",
        summary=f"{top[0]} takes {usd(total)} USD a month, {percent(share)} of the bill.",
        x_title="",
        y_title="USD a month",
        names=tuple(name for name, _ in stacks),
        series=tuple(
            _bars(part, [parts.get(part, Decimal(0)) for _, parts in stacks]) for part in used
        ),
    )


def index_costs(design: DesignView) -> Chart | None:
    """Return what each index costs in writes and storage beside what reading it costs."""
    if not any(index.total for index in design.indexes):
        return None
    shown = design.indexes[:MOST_BARS]
    top = shown[0]
    return Chart(
        kind="stacked",
        title="Indexes: writes and storage beside reads, USD a month",
        summary=f"{top.index} costs {usd(top.writes)} USD a month to write and "
        f"{usd(top.reads)} to read.",
        x_title="",
        y_title="USD a month",
        names=tuple(row.index for row in shown),
        series=(
            _bars("writes", [row.writes for row in shown]),
            _bars("storage", [row.storage + row.other for row in shown]),
            _bars("reads", [row.reads for row in shown]),
        ),
    )


def item_sizes(design: DesignView) -> Chart | None:
    """Return the distribution of record sizes, against the limit where there is one."""
    sizes = [row for row in design.sizes if len(row.histogram) > 0 and row.largest > 0]
    if not sizes:
        return None
    largest = max(sizes, key=lambda row: row.largest)
    summary = f"The largest one drawn is a {largest.shape} of {size(largest.largest)}."
    terms = design.terms
    marks: tuple[tuple[float, str], ...] = ()
    if terms.limit_bytes is not None:
        used = percent(Decimal(largest.largest) / terms.limit_bytes)
        summary = summary[:-1] + f", {used} of the limit of {terms.limit_name}."
        marks = ((float(terms.limit_bytes), f"limit {terms.limit_name}"),)
    return Chart(
        kind="sizes",
        title=f"How many {terms.record}s of each kind have which size",
        summary=summary,
        x_title=f"{terms.record} size",
        y_title="share of its kind",
        series=tuple(_steps(row.shape, row.histogram) for row in sizes[:MOST_KINDS]),
        marks=marks,
    )


def _bars(name: str, values: list[Decimal]) -> Series:
    return Series(
        name=name,
        points=tuple((float(place), float(value)) for place, value in enumerate(values)),
        labels=tuple(usd(value) for value in values),
    )


def _steps(name: str, histogram: tuple[tuple[int, int], ...]) -> Series:
    """Return a histogram of (upper bound, count) as an outline, heights in per cent."""
    total = sum(count for _, count in histogram)
    points: list[tuple[float, float]] = []
    for bound, count in histogram:
        low, share = float(_lower(bound)), 100 * count / total
        if points and points[-1][0] == low:
            points.pop()
        else:
            points.append((low, 0.0))
        points += [(low, share), (float(bound), share), (float(bound), 0.0)]
    return Series(name=name, points=tuple(points))


def _lower(bound: int) -> int:
    """Return the lower bound of a bin; bins are a quarter of a power of two wide.

    Example:
        >>> _lower(1280), _lower(1024), _lower(2048)
        (1024, 896, 1792)
    """
    power = 1 << max(0, (bound - 1).bit_length() - 1)
    return bound - max(1, power // 4)
