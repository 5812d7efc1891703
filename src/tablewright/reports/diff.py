"""The page of `diff`: what changes between two designs, and what that does to the bill.

In: a DiffView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.quantities import ZERO
from tablewright.reports.document import Block, Document, Paragraph, ReportColumn, ReportTable, Row
from tablewright.reports.figures import (
    joined,
    percent,
    prices_of,
    usd,
    usd_change,
    usd_or_none,
    users,
)
from tablewright.verbs.diff import DesignDifference, DiffView, MoneyChange


def diff_page(view: DiffView) -> Document:
    """Return what changes between two designs, and what that does to the bill."""
    change = view.total.change
    if change is None:
        sides = ((view.before, view.total.before), (view.after, view.total.after))
        unknown = joined([name for name, figure in sides if figure is None])
        known = [f"{name} costs {usd(figure)} USD a month" for name, figure in sides if figure]
        answer = f"There is no figure for the difference: nobody can say what {unknown} costs" + (
            f"; {known[0]}." if known else "."
        )
    elif change == 0:
        answer = f"Both cost {usd_or_none(view.total.after)} USD a month."
    else:
        share = f" ({percent(abs(change) / view.total.before)})" if view.total.before else ""
        less = "less" if change < 0 else "more"
        answer = (
            f"{view.after} costs {usd_or_none(view.total.after)} USD a month instead of "
            f"{usd_or_none(view.total.before)}: {usd(abs(change))} {less}{share}."
        )
    blocks: list[Block] = [Paragraph(text=answer, tone="lead")]
    if view.most_added is not None:
        blocks.append(Paragraph(text=_allowed(view), tone="bad" if view.is_over else "good"))
    if view.differences:
        blocks.append(differences_table(view.differences, view.before, view.after))
    else:
        blocks.append(Paragraph(text="The designs are the same."))
    blocks.append(money_table("Pattern", view.by_pattern, view.total))
    blocks.append(money_table("Resource", view.by_resource, view.total))
    return Document(
        title=f"{view.before} → {view.after} · {users(view.users)}",
        heading=f"{view.region} · {prices_of(view.prices_as_of)}",
        blocks=tuple(blocks),
    )


def _allowed(view: DiffView) -> str:
    allowed = f"A change may add {usd(view.most_added or ZERO)} USD a month"
    if not view.is_over:
        return f"{allowed}: it passes."
    if view.total.change is None:
        return f"{allowed}: it does not pass, since nobody can say what it adds."
    return f"{allowed}: it does not pass. Raise the amount where the cost is wanted."


def differences_table(
    differences: Sequence[DesignDifference], before: str, after: str
) -> ReportTable:
    """Return what two designs have differently, side by side."""
    return ReportTable(
        columns=(
            ReportColumn(title="Where"),
            ReportColumn(title="What"),
            ReportColumn(title=before, grows=True),
            ReportColumn(title=after, grows=True),
        ),
        rows=tuple(
            Row(cells=(d.subject, d.what, d.before or "none", d.after or "none"))
            for d in differences
        ),
        caption="Changes",
    )


def money_table(title: str, changes: Sequence[MoneyChange], total: MoneyChange) -> ReportTable:
    """Return what each pattern or resource costs before and after."""

    def row(change: MoneyChange, tone: str = "") -> Row:
        return Row(
            cells=(
                change.name or "(no pattern)",
                usd_or_none(change.before),
                usd_or_none(change.after),
                "" if change.change is None else usd_change(change.change),
            ),
            tone=tone,
        )

    return ReportTable(
        columns=(
            ReportColumn(title=title),
            ReportColumn(title="Before", right=True),
            ReportColumn(title="After", right=True),
            ReportColumn(title="USD/month", right=True),
        ),
        rows=(*(row(change) for change in changes), row(total, "total")),
    )
