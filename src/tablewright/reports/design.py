"""One design in a report: picture, targets, bill, routes, indexes, sizes.

In: a DesignView. Out: a section.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.reports import charts
from tablewright.reports.card import card_sections
from tablewright.reports.check import measured_notes, targets_table
from tablewright.reports.cost import bill_table, precision
from tablewright.reports.document import (
    Block,
    Bullets,
    Chart,
    Fold,
    Paragraph,
    Picture,
    ReportColumn,
    ReportTable,
    Row,
    Section,
    folded,
)
from tablewright.reports.figures import (
    cents,
    count,
    listed,
    percent,
    size,
    unit_mean,
    unit_words,
    units,
    usd_or_none,
)
from tablewright.verbs.bill_rows import PatternCost, shown_resource
from tablewright.verbs.design_summary import DesignView
from tablewright.verbs.entities import SampleRows
from tablewright.verbs.pictures import PictureView


def design_section(design: DesignView, samples: tuple[SampleRows, ...] = ()) -> Section:
    """Return all that is known of one design."""
    title = f"Design {design.name}" + (f": {design.title}" if design.title else "")
    blocks: list[Block] = [] if design.picture is None else [_picture_section(design.picture)]
    if samples:
        blocks.append(_samples_fold(samples))
    if design.targets:
        shown = (targets_table(design.targets), *measured_notes(design.targets))
        blocks.append(Section(title="Targets", blocks=shown))
    if design.card is not None:
        blocks += card_sections(design.card, design)
    blocks.append(_bill_section(design))
    blocks.append(folded(_routes_section(design), "Requests and units of every pattern"))
    if design.indexes:
        blocks.append(folded(_index_section(design), "Cost and readers of every index"))
    if design.sizes:
        blocks.append(folded(_size_section(design), "Sizes of every kind"))
    return Section(title=title, anchor=f"design-{design.name}", blocks=tuple(blocks))


def _samples_fold(samples: tuple[SampleRows, ...]) -> Fold:
    """Return a few records of each kind, a table each."""
    return Fold(
        summary="A few records of each kind, as they are stored",
        blocks=tuple(
            ReportTable(
                columns=tuple(ReportColumn(title=name, grows=True) for name in kind.columns),
                rows=tuple(Row(cells=cells) for cells in kind.rows),
                caption=f"{kind.container}: {kind.kind}",
            )
            for kind in samples
        ),
    )


def _picture_section(picture: PictureView) -> Section:
    return Section(
        title=f"{picture.terms.container.capitalize()}s, keys and indexes",
        blocks=(Picture(design=picture),),
        anchor=f"picture-{picture.design}",
    )


def _bill_section(design: DesignView) -> Section:
    total = design.cost.charged
    by_pattern = tuple(
        Row(
            cells=(
                p.pattern,
                count(p.calls_per_month),
                cents(usd, total),
                percent(p.share),
            )
        )
        for p, usd in design.charged_patterns
    )
    blocks: list[Block] = []
    blocks.append(
        _charted(
            charts.bill_by_pattern(design),
            ReportTable(
                columns=(
                    ReportColumn(title="Access pattern"),
                    ReportColumn(title="Calls/month", right=True),
                    ReportColumn(title="USD/month", right=True),
                    ReportColumn(title="Share", right=True),
                ),
                rows=by_pattern,
                caption="By access pattern",
            ),
        )
    )
    by_resource = _charted(
        charts.bill_by_resource(design),
        ReportTable(
            columns=(
                ReportColumn(title="Resource"),
                ReportColumn(title="USD/month", right=True),
                ReportColumn(title="Share", right=True),
            ),
            rows=(
                *(
                    Row(cells=(row.where, cents(row.usd_per_month, total), percent(row.share)))
                    for row in design.resources
                ),
                Row(cells=("Total", usd_or_none(design.cost.usd_per_month), ""), tone="total"),
            ),
            caption="By table and index",
        ),
    )
    blocks.append(Fold(summary="By table and index", blocks=(by_resource,)))
    blocks.append(
        Fold(
            summary="Every line of the bill",
            blocks=(
                bill_table(design.cost.rows, design.cost.usd_per_month, "line"),
                Paragraph(text=precision(design.cost), tone="note"),
            ),
        )
    )
    return Section(title="The bill", anchor=f"bill-{design.name}", blocks=tuple(blocks))


def _charted(chart: Chart | None, table: ReportTable) -> Chart | ReportTable:
    """Return a chart that carries its table, or the table where nothing is to be drawn."""
    return table if chart is None else replace(chart, table=table)


def _routes_section(design: DesignView) -> Section:
    ordered = sorted(design.patterns, key=lambda p: (p.label == "", _label_key(p.label), p.pattern))
    rows = tuple(
        Row(
            cells=(
                p.label,
                p.pattern,
                route_text(p),
                unit_mean(p.route.units("read").mean),
                unit_mean(p.route.units("write").mean),
            ),
            tone="" if p.route.is_served else "bad",
        )
        for p in ordered
    )
    columns = [
        ReportColumn(title="Id"),
        ReportColumn(title="Access pattern"),
        ReportColumn(title="Requests", grows=True),
        ReportColumn(title=design.terms.read_unit.capitalize(), right=True),
        ReportColumn(title=design.terms.write_unit.capitalize(), right=True),
    ]
    if not any(row.cells[0] for row in rows):
        columns = columns[1:]
        rows = tuple(Row(cells=row.cells[1:], tone=row.tone) for row in rows)
    blocks: list[Block] = [
        ReportTable(columns=tuple(columns), rows=rows),
        Paragraph(
            text="Units are means of one call, all tables and indexes together.", tone="note"
        ),
    ]
    warnings = tuple(f"`{p.pattern}`: {text}" for p in ordered for text in p.route.warnings)
    if warnings:
        blocks.append(Bullets(items=warnings))
    blocks.append(_arithmetic_fold(ordered))
    if any(p.route.rejected for p in ordered):
        blocks.append(_rejected_fold(ordered))
    return Section(
        title="How each access pattern is answered",
        anchor=f"routes-{design.name}",
        blocks=tuple(blocks),
    )


def _arithmetic_fold(patterns: Sequence[PatternCost]) -> Fold:
    rows = []
    for cost in patterns:
        name = cost.pattern
        for request in cost.route.requests:
            for use in request.uses:
                cells = (
                    name,
                    request.operation,
                    shown_resource(use.resource),
                    f"{units(use.units.mean)} {unit_words(use)}",
                    "" if use.counts else use.why,
                )
                rows.append(Row(cells=cells))
                name = ""
    return Fold(
        summary="The arithmetic of every unit",
        blocks=(
            ReportTable(
                columns=(
                    ReportColumn(title="Access pattern"),
                    ReportColumn(title="Request"),
                    ReportColumn(title="Consumed by"),
                    ReportColumn(title="Units", right=True),
                    ReportColumn(title="Calculation", grows=True),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _rejected_fold(patterns: Sequence[PatternCost]) -> Fold:
    rows = []
    for cost in patterns:
        name = cost.pattern
        for rejected in cost.route.rejected:
            rows.append(Row(cells=(name, rejected.route, rejected.reason)))
            name = ""
    return Fold(
        summary="Rejected routes",
        blocks=(
            ReportTable(
                columns=(
                    ReportColumn(title="Access pattern"),
                    ReportColumn(title="Rejected route", grows=True),
                    ReportColumn(title="Reason", grows=True),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _index_section(design: DesignView) -> Section:
    total = design.cost.charged
    chart = charts.index_costs(design)
    blocks: list[Block] = [] if chart is None else [chart]
    blocks.append(
        ReportTable(
            columns=(
                ReportColumn(title="Index"),
                ReportColumn(title="Write cost", right=True),
                ReportColumn(title="Storage", right=True),
                ReportColumn(title="Reads", right=True),
                ReportColumn(title="USD/month", right=True),
                ReportColumn(title="Read by", grows=True),
            ),
            rows=tuple(
                Row(
                    cells=(
                        index.index,
                        cents(index.writes, total),
                        cents(index.storage + index.other, total),
                        cents(index.reads, total),
                        cents(index.total, total),
                        listed(index.read_by) or "nothing",
                    ),
                    tone="" if index.read_by else "bad",
                )
                for index in design.indexes
            ),
        )
    )
    return Section(title="What each index costs, and what reads it", blocks=tuple(blocks))


def _size_section(design: DesignView) -> Section:
    terms = design.terms
    limit = terms.limit_bytes
    blocks: list[Block] = []
    chart = charts.item_sizes(design)
    if chart is not None:
        blocks.append(chart)
    columns = [
        ReportColumn(title=terms.container.capitalize()),
        ReportColumn(title=terms.record.capitalize()),
        ReportColumn(title="Count", right=True),
        ReportColumn(title="Mean", right=True),
        ReportColumn(title="Median", right=True),
        ReportColumn(title="99 %", right=True),
        ReportColumn(title="Largest", right=True),
    ]
    if limit is not None:
        columns.append(ReportColumn(title=f"Of {terms.limit_name}", right=True))
    rows = []
    for row in design.sizes:
        cells = [
            row.resource,
            row.shape,
            count(row.count),
            size(row.mean_bytes.quantize(Decimal(1))),
            size(row.p50),
            size(row.p99),
            size(row.largest),
        ]
        if limit is not None:
            cells.append(percent(Decimal(row.largest) / limit))
        is_over = limit is not None and row.largest > limit
        rows.append(Row(cells=tuple(cells), tone="bad" if is_over else ""))
    blocks.append(ReportTable(columns=tuple(columns), rows=tuple(rows)))
    title = f"{terms.record.capitalize()} sizes"
    if limit is not None:
        title += f" against the {terms.limit_name} limit"
    return Section(title=title, blocks=tuple(blocks))


def route_text(cost: PatternCost) -> str:
    """Return a route in a line: its requests in order."""
    if not cost.route.is_served:
        return f"cannot be served: {cost.route.cannot}"
    return ", then ".join(
        f"{request.operation} {shown_resource(request.target)}"
        + ("" if request.calls == 1 else f" x {units(request.calls)}")
        for request in cost.route.requests
    )


def _label_key(label: str) -> tuple[str, int]:
    """Sort S2 before S10."""
    digits = "".join(ch for ch in label if ch.isdigit())
    return label.rstrip("0123456789"), int(digits or 0)
