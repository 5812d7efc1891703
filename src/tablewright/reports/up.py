"""The page of `up`: what was done to the tables, or would be, and what cannot be.

In: an UpView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import ZERO
from tablewright.reports.document import (
    Block,
    Document,
    Lines,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
)
from tablewright.reports.figures import plural, usd, users
from tablewright.verbs.up import UpView


def up_page(view: UpView) -> Document:
    """Return what was done to the tables of a design, or would be."""
    lines: list[str] = []
    if not view.actions and not view.refused:
        lines.append("Nothing to do: every table is as the design says.")
        lines.append(f"There are: {', '.join(view.names)}")
    word = "Would" if view.dry_run else "Done:"
    done = [a for a in view.actions if not any(a.text in text for text in view.not_offered)]
    lines += [f"{word} {action.text}" for action in done]
    lines += [f"Cannot: {text}" for text in view.refused]
    lines += [f"{word} scale {text}" for text in view.auto_scaling]
    lines += [f"Skipped: {text}" for text in view.not_offered]
    lines += [f"Left as it is: {text}, which the design does not say" for text in view.beyond]
    blocks: list[Block] = [Lines(items=tuple(lines))]
    if view.actions and not view.dry_run:
        verb = "is" if view.tables == 1 else "are"
        text = f"{plural(view.tables, 'table')} {verb} ready. Next: tablewright seed"
        blocks.append(Paragraph(text=text))
    if view.costs and not view.dry_run:
        blocks.append(_costs_table(view))
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def _costs_table(view: UpView) -> ReportTable:
    """Return what the tables cost a month, by the estimate."""
    rows = [Row(cells=(name, usd(amount))) for name, amount in view.costs]
    if len(rows) > 1:
        total = sum((amount for _, amount in view.costs), ZERO)
        rows.append(Row(cells=("Total", usd(total)), tone="total"))
    return ReportTable(
        columns=(
            ReportColumn(title="What", grows=True),
            ReportColumn(title="USD/month", right=True),
        ),
        rows=tuple(rows),
        caption=f"Estimated for {users(view.users)} (`tablewright cost` has the lines)",
    )
