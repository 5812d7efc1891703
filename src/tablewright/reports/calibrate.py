"""The page of a calibration: what was measured, against what before, and what stays assumed.

In: a CalibrationView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import plain
from tablewright.reports.document import (
    Block,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.reports.figures import plural
from tablewright.verbs.calibrate import CalibrationView, RemainingConstant


def calibrate_page(view: CalibrationView) -> Document:
    """Return the page of a calibration."""
    answer = (
        f"{plural(len(view.constants), 'constant')} measured; servers of {view.engine} are sized "
        f"by them from now on. They are kept in {view.path}."
    )
    blocks: list[Block] = [Paragraph(text=answer, tone="good" if view.constants else "bad")]
    if view.constants:
        blocks.append(Section(title="Measured", blocks=(_measured_table(view),)))
    failed = [constant for constant in view.remaining if constant.why]
    if failed:
        title = "Not measured on this server"
        blocks.append(Section(title=title, blocks=(_remaining_table(failed, is_failed=True),)))
    assumed = [c for c in view.remaining if c.label == "assumed" and not c.why]
    if assumed:
        title = "Still assumed: no server tells them"
        blocks.append(Section(title=title, blocks=(_remaining_table(assumed, is_failed=False),)))
    return Document(
        title=f"{view.app} · {view.engine} · calibration",
        heading=f"{view.version} · {view.machine} · {view.date}",
        blocks=tuple(blocks),
    )


def _measured_table(view: CalibrationView) -> ReportTable:
    columns = (
        ReportColumn(title="Constant"),
        ReportColumn(title="Before", right=True),
        ReportColumn(title="Now", right=True),
        ReportColumn(title="Range", right=True),
        ReportColumn(title="Unit"),
        ReportColumn(title="Measured", grows=True),
    )
    rows = tuple(
        Row(
            cells=(
                constant.name,
                plain(constant.before),
                plain(constant.value),
                f"{plain(constant.light)} to {plain(constant.heavy)}",
                constant.unit,
                constant.how,
            )
        )
        for constant in view.constants
    )
    return ReportTable(columns=columns, rows=rows)


def _remaining_table(constants: list[RemainingConstant], *, is_failed: bool) -> ReportTable:
    columns = (
        ReportColumn(title="Constant"),
        ReportColumn(title="Value", right=True),
        ReportColumn(title="Unit"),
        ReportColumn(title="Reason" if is_failed else "Basis", grows=True),
    )
    rows = tuple(
        Row(
            cells=(
                constant.name,
                plain(constant.value),
                constant.unit,
                constant.why if is_failed else constant.source,
            )
        )
        for constant in constants
    )
    return ReportTable(columns=columns, rows=rows)
