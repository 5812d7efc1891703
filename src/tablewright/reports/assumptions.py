"""The assumptions of a model, by what they do to the bill.

In: a ReportView. Out: a section.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.reports.document import (
    Block,
    Bullets,
    Fold,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.reports.figures import cents, plural, sentence, usd
from tablewright.review.assessment import Influence
from tablewright.verbs.design_summary import DesignView
from tablewright.verbs.report import ReportView

MOST_SHOWN = 6
"""Assumptions of a design shown at once; the rest is folded."""


def assumptions_section(view: ReportView) -> Section:
    """Return what is assumed, what moves the bill most first."""
    blocks: list[Block] = []
    for place, design in enumerate(view.designs):
        if design.influences and not place:
            blocks += _influences(design)
        elif design.influences:
            summary = f"What moves the bill of {design.name}"
            blocks.append(Fold(summary=summary, blocks=tuple(_influences(design))))
    named = {i.assumption.name for d in view.designs for i in moving(d)}
    rest = [(where, text) for where, text in view.assumptions if where not in named]
    if rest:
        table = ReportTable(
            columns=(
                ReportColumn(title="Where", grows=True),
                ReportColumn(title="Assumed", grows=True),
            ),
            rows=tuple(Row(cells=(short_path(where), text)) for where, text in rest),
        )
        without = " that move no figure above" if named else ""
        blocks.append(Fold(summary=plural(len(rest), "assumption") + without, blocks=(table,)))
    if not view.assumptions:
        blocks.append(Paragraph(text="No figure of the model is marked as assumed."))
    bills = tuple(dict.fromkeys(text for d in view.designs for text in d.cost.assumptions))
    if bills:
        blocks.append(Bullets(items=tuple(sentence(text) for text in bills)))
    return Section(title="Assumptions, by influence", anchor="assumptions", blocks=tuple(blocks))


def _influences(design: DesignView) -> list[Block]:
    """Return what moves the bill by a hundredth or more, and the rest folded away."""
    least = design.cost.charged / 100
    by_swing = [influence for influence in design.influences if influence.swing >= least]
    strong, more_strong = by_swing[:MOST_SHOWN], by_swing[MOST_SHOWN:]
    weak = [influence for influence in moving(design) if influence.swing < least]
    blocks: list[Block] = []
    if strong:
        blocks.append(_influence_table(strong, f"USD a month of {design.name}"))
    if more_strong:
        summary = (
            f"{plural(len(more_strong), 'more assumption')} that move {design.name} by 1 % or more"
        )
        blocks.append(Fold(summary=summary, blocks=(_influence_table(more_strong, ""),)))
    if weak:
        more = "more " if strong else ""
        summary = f"{plural(len(weak), f'{more}assumption')} that each move {design.name} by less"
        blocks.append(Fold(summary=f"{summary} than 1 %", blocks=(_influence_table(weak, ""),)))
    return blocks


def moving(design: DesignView) -> tuple[Influence, ...]:
    """Return the influences that can be seen: a cent, or a ten-thousandth of the bill."""
    least = min(Decimal("0.01"), design.cost.charged / 10_000)
    return tuple(influence for influence in design.influences if influence.swing >= least)


def _influence_table(influences: Sequence[Influence], caption: str) -> ReportTable:
    return ReportTable(
        columns=(
            ReportColumn(title="Assumption", grows=True),
            ReportColumn(title="Assumed", grows=True),
            ReportColumn(title="If half", right=True),
            ReportColumn(title="As is", right=True),
            ReportColumn(title="If double", right=True),
            ReportColumn(title="Swing", right=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    short_path(influence.assumption.name),
                    influence.assumption.text,
                    usd(influence.halved),
                    usd(influence.base),
                    usd(influence.doubled),
                    cents(influence.swing, influence.base),
                )
            )
            for influence in influences
        ),
        caption=caption,
    )


def short_path(path: str) -> str:
    """Return the path of a figure without the words that say nothing."""
    path = path.removeprefix("entities.").removeprefix("patterns.")
    return path.replace(".attributes.", ".")
