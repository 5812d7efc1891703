"""The pages of `cost`: the bill of one design line by line, or all designs over all scales.

In: a CostView or a ScalesView. Out: a document, or its tables for other pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.bill.savings import WithPlan
from tablewright.reports.document import Block, Document, Paragraph, ReportColumn, ReportTable, Row
from tablewright.reports.figures import (
    cents,
    count,
    joined,
    per_user,
    percent,
    price,
    prices_of,
    quantity,
    sentence,
    usd,
    usd_or_none,
    users,
)
from tablewright.verbs.bill_rows import CostRow
from tablewright.verbs.cost import CostCurve, CostView, ScalesView


def cost_page(view: CostView) -> Document:
    """Return the bill of one design at one scale."""
    facts = (view.engine, view.region, view.mode, prices_of(view.prices_as_of))
    heading = " · ".join(part for part in facts if part)
    # Of a bill of requests the first only says how long a month is, which `report` does too.
    sized = view.assumptions[1:] if view.mode else view.assumptions
    footer = []
    if view.left_out:
        footer.append(f"Left out: {', '.join(view.left_out)}.")
    footer.append(precision(view))
    if view.by != "pattern":
        footer.append("By pattern: --by pattern.")
    footer.append("Why: tablewright report.")
    return Document(
        title=f"{view.app} · {view.design} · {users(view.users)}",
        heading=heading,
        blocks=(
            bill_table(view.rows, view.usd_per_month, view.by),
            *_shortcoming(view),
            *plan_paragraphs(view.with_plan),
            *(Paragraph(text=sentence(text), tone="bad") for text in view.warnings),
            *(Paragraph(text=sentence(text)) for text in sized),
            Paragraph(text=" ".join(footer), tone="note"),
        ),
    )


def scales_page(view: ScalesView) -> Document:
    """Return what every design costs at every scale."""
    blocks: list[Block] = [scales_table(view), *crossing_paragraphs(view)]
    if view.left_out:
        blocks.append(Paragraph(text=f"Left out: {', '.join(view.left_out)}.", tone="note"))
    blocks.append(Paragraph(text="Line by line: --users N. By pattern: --by pattern.", tone="note"))
    return Document(
        title=f"{view.app} · USD a month",
        heading=f"{view.region} · {prices_of(view.prices_as_of)}",
        blocks=tuple(blocks),
    )


def scales_table(view: ScalesView) -> ReportTable:
    """Return what each design costs at each scale, and for each user."""
    scales = list(dict.fromkeys(scale for curve in view.curves for scale, _ in curve.points))
    by_design = {curve.design: dict(curve.points) for curve in view.curves}
    rows = []
    for scale in sorted(scales):
        cells = [f"{scale:,}"]
        for curve in view.curves:
            points = by_design[curve.design]
            cost = points.get(scale)
            if cost is not None:
                cells += [usd(cost), per_user(cost / scale)]
            else:
                cells += [usd_or_none(None) if scale in points else "", ""]
        rows.append(Row(cells=tuple(cells)))
    columns = [ReportColumn(title="Users", right=True)]
    for curve in view.curves:
        columns += [
            ReportColumn(title=curve.design, right=True),
            ReportColumn(title="per user", right=True),
        ]
    return ReportTable(columns=tuple(columns), rows=tuple(rows))


def crossing_paragraphs(view: ScalesView) -> list[Paragraph]:
    """Return from how many users on another design is the cheapest."""
    paragraphs = [
        Paragraph(
            text=f"`{c.cheaper_below}` is cheaper below about {users(c.users)}, "
            f"`{c.cheaper_above}` above."
        )
        for c in view.crossings
    ]
    whole = [
        (curve, figures)
        for curve in view.curves
        if not curve.shortcomings
        and len(figures := [usd for _, usd in curve.points if usd is not None]) == len(curve.points)
    ]
    if not paragraphs and len(whole) > 1:
        paragraphs.append(Paragraph(text=_cheapest(whole)))
    return [*paragraphs, *shortcomings(view)]


def _cheapest(curves: Sequence[tuple[CostCurve, Sequence[Decimal]]]) -> str:
    """Return which of some designs costs least at each scale, where their lines were not crossed.

    Lines are not crossed where a design costs nothing at first, as servers with a free tier do.
    """
    first, _ = curves[0]
    stretches: list[tuple[str, int, int]] = []
    for place, (scale, _) in enumerate(first.points):
        costs = [figures[place] for _, figures in curves]
        design = curves[costs.index(min(costs))][0].design
        if stretches and stretches[-1][0] == design:
            stretches[-1] = (design, stretches[-1][1], scale)
        else:
            stretches.append((design, scale, scale))
    if len(stretches) == 1:
        return f"`{stretches[0][0]}` is cheaper at every scale shown."
    parts = [
        f"`{design}` is cheapest at {users(low)}"
        if low == high
        else f"`{design}` is cheapest from {low:,} to {users(high)}"
        for design, low, high in stretches
    ]
    return f"{', '.join(parts)}."


def shortcomings(view: ScalesView) -> list[Paragraph]:
    """Say which figures are missing or not those of the whole application, and why."""
    paragraphs = []
    for curve in view.curves:
        scales: dict[str, list[int]] = {}
        for scale, why in curve.shortcomings:
            scales.setdefault(why, []).append(scale)
        missing = {scale for scale, figure in curve.points if figure is None}
        for why, alike in scales.items():
            where = "" if len(alike) == len(curve.points) else f" at {listed_users(alike)}"
            what = "has no figure" if set(alike) <= missing else "is not compared with the others"
            text = f"`{curve.design}` {what}{where}: {why}."
            paragraphs.append(Paragraph(text=text, tone="bad"))
    return paragraphs


def costs(cost: CostView) -> str:
    """Return what a design costs a month, in words."""
    figure = cost.usd_per_month
    return "no figure" if figure is None else f"{usd(figure)} USD a month"


def listed_users(scales: Sequence[int]) -> str:
    """Return numbers of users as people read them, ascending.

    Example:
        >>> listed_users([50_000, 100, 1_000])
        '100, 1,000 and 50,000 users'
    """
    return f"{joined([f'{scale:,}' for scale in sorted(scales)])} users"


def plan_paragraphs(plan: WithPlan | None) -> list[Paragraph]:
    """Return what a bill comes to with a one-year plan, where that is known."""
    if plan is None:
        return []
    text = (
        f"With a one-year Database Savings Plan for all that it covers: {usd(plan.usd_per_month)} "
        f"USD a month, at rates of {plan.read}. {plan.note}"
    )
    return [Paragraph(text=text, tone="note")]


def _shortcoming(view: CostView) -> list[Paragraph]:
    if not view.shortcoming:
        return []
    start = "There is no figure" if view.usd_per_month is None else "This is not the whole"
    return [Paragraph(text=f"{start}: {view.shortcoming}.", tone="bad")]


def bill_table(rows: Sequence[CostRow], figure: Decimal | None, by: str) -> ReportTable:
    """Return a bill line by line, or added up; without a figure that is said for the total."""
    total = sum((row.usd_per_month for row in rows), Decimal(0)) if figure is None else figure
    if by == "line":
        return ReportTable(
            columns=(
                ReportColumn(title="Where"),
                ReportColumn(title="What", grows=True),
                ReportColumn(title="Per month", right=True),
                ReportColumn(title="Unit price", right=True),
                ReportColumn(title="USD/month", right=True),
            ),
            rows=(
                *(
                    Row(
                        cells=(
                            row.where,
                            row.what,
                            quantity(row.quantity, row.unit),
                            price(row.unit_price, row.per, row.unit),
                            cents(row.usd_per_month, total),
                        )
                    )
                    for row in rows
                ),
                Row(cells=("Total", "", "", "", usd_or_none(figure)), tone="total"),
            ),
        )
    titles = {"pattern": "Access pattern", "resource": "Where", "dimension": "What"}
    return ReportTable(
        columns=(
            ReportColumn(title=titles[by]),
            ReportColumn(title="USD/month", right=True),
            ReportColumn(title="Share", right=True),
        ),
        rows=(
            *(
                Row(
                    cells=(
                        row.where or "(no pattern: storage, unused capacity)",
                        cents(row.usd_per_month, total),
                        percent(row.share),
                    )
                )
                for row in rows
            ),
            Row(cells=("Total", usd(total), ""), tone="total"),
        ),
    )


def precision(view: CostView) -> str:
    """Return how exact sampled sizes make the total."""
    if not view.sample_items or not view.usd_per_month:
        return "Sizes follow from the model without sampling."
    error = view.standard_error / view.usd_per_month
    return (
        f"Sampled: {count(view.sample_items)} items of each kind, standard error of the total "
        f"{percent(error)}."
    )
