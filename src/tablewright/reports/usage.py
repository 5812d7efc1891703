"""The page of `usage`: units and throttles by table and period, capacity, what is free.

In: a UsageView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.core.quantities import format_number, plain
from tablewright.reports.document import (
    Block,
    Code,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.verbs.usage import UsageView

WITHIN, OVER = "within", "over"


def usage_page(view: UsageView) -> Document:
    """Return what was consumed first, then what follows from it."""
    blocks: list[Block] = [Paragraph(text=_summary(view))]
    if view.rows:
        blocks.append(_periods(view))
    if view.capacity:
        blocks.append(Section(title="Capacity", blocks=tuple(_capacity(view))))
    if view.allowances or view.bounds:
        blocks.append(Section(title="What is free", blocks=tuple(_free(view))))
    if view.commands:
        text = "\n".join(command for _, command in view.commands)
        blocks.append(
            Section(
                title="Ask the service itself",
                blocks=(
                    Paragraph(text="Sums for each hour of the last day."),
                    Code(text=text, language="console"),
                ),
            )
        )
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def _summary(view: UsageView) -> str:
    if not view.is_metered:
        return "This database meters no units; `tablewright doctor` shows what is asked of it."
    if not view.source:
        return (
            "Nothing is on record: no verb has consumed units here, and CloudWatch was not asked "
            "(--aws, or --metrics FILE)."
        )
    throttled = [row for row in view.rows if row.read_throttles or row.write_throttles]
    if all(row.read_throttles is None for row in view.rows):
        return f"From {view.source}. Throttles are not on record."
    if not throttled:
        return f"From {view.source}. No request was throttled."
    worst = max(throttled, key=lambda row: (row.read_throttles or 0) + (row.write_throttles or 0))
    return (
        f"From {view.source}. Throttled in {len(throttled)} of {len(view.rows)} rows, most of "
        f"{worst.table} since {worst.since}; `tablewright doctor` says by which cause."
    )


def _periods(view: UsageView) -> ReportTable:
    return ReportTable(
        caption=f"Units by table and {'hour' if view.is_hourly else 'day'}, indexes with it; UTC.",
        columns=(
            ReportColumn(title="Since"),
            ReportColumn(title="Table", grows=True),
            ReportColumn(title="Read units", right=True),
            ReportColumn(title="Write units", right=True),
            ReportColumn(title="Throttled reads", right=True),
            ReportColumn(title="Throttled writes", right=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    row.since,
                    row.table,
                    format_number(row.read_units, 1),
                    format_number(row.write_units, 1),
                    _count(row.read_throttles),
                    _count(row.write_throttles),
                ),
                tone="bad" if row.read_throttles or row.write_throttles else "",
            )
            for row in view.rows
        ),
    )


def _count(number: Decimal | None) -> str:
    return "-" if number is None else format_number(number, 0)


def _capacity(view: UsageView) -> Iterator[Block]:
    target = plain(view.capacity[0].target * 100)
    yield ReportTable(
        caption=f"Units a second. Fitting: the busiest period at {target} % of it; peaks within a "
        "period are not seen. Write it as `mode` of the table, then `tablewright up`.",
        columns=(
            ReportColumn(title="Place", grows=True),
            ReportColumn(title="What"),
            ReportColumn(title="Now", right=True),
            ReportColumn(title="Busiest", right=True),
            ReportColumn(title="Fitting", right=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    use.place,
                    use.dimension,
                    str(use.provisioned),
                    format_number(use.busiest, 2),
                    str(use.suggested),
                ),
                tone="bad" if use.busiest > use.provisioned else "",
            )
            for use in view.capacity
        ),
    )


def _free(view: UsageView) -> Iterator[Block]:
    if view.allowances:
        yield ReportTable(
            caption=f"A month at {view.users:,} users, as the model has it; allowances are of the "
            "whole account. Observed: `aws freetier get-free-tier-usage`.",
            columns=(
                ReportColumn(title="Option"),
                ReportColumn(title="What", grows=True),
                ReportColumn(title="Used", right=True),
                ReportColumn(title="Free", right=True),
                ReportColumn(title="Unit"),
                ReportColumn(title="For"),
                ReportColumn(title="Is"),
            ),
            rows=tuple(
                Row(
                    cells=(
                        row.option or "tables",
                        row.what,
                        format_number(row.used, 1),
                        format_number(row.free, 0),
                        row.unit,
                        row.kind,
                        f"{WITHIN} {_share(row.used, row.free)}" if row.used <= row.free else OVER,
                    ),
                    tone="bad" if row.used > row.free else "",
                )
                for row in view.allowances
            ),
        )
    for option, text in view.bounds:
        yield Paragraph(text=f"{option}: {text}.")


def _share(used: Decimal, free: Decimal) -> str:
    return f"({format_number(used / free * 100, 0)} %)" if free else ""
