"""Claims of a model beside computed figures.

In: verdicts. Out: a section.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.reports.document import (
    Block,
    Fold,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.reports.figures import count, percent, plural, sentence, size, usd
from tablewright.review.assessment import Verdict


def claims_section(verdicts: Sequence[Verdict]) -> Section:
    """Return claims beside computed figures, each with what was missing from it."""
    tones = {"holds": "good", "does not hold": "bad"}
    rows = tuple(
        Row(
            cells=(
                v.claim.id,
                v.claim.says,
                _claimed(v),
                _in_unit(v.computed, v.unit) if v.computed is not None else "",
                v.direction or v.verdict,
                _where(v),
            ),
            tone=tones.get(v.verdict, ""),
        )
        for v in verdicts
    )
    explained = [v for v in verdicts if v.steps or v.reason or v.claim.answer]
    blocks: list[Block] = [
        ReportTable(
            columns=(
                ReportColumn(title="Id"),
                ReportColumn(title="Claim", grows=True),
                ReportColumn(title="Claimed", right=True),
                ReportColumn(title="Computed", right=True),
                ReportColumn(title="Verdict"),
                ReportColumn(title="Holds for users"),
            ),
            rows=rows,
        ),
        Paragraph(
            text="A claim holds within a tenth of its figure. For how many users it would hold is "
            "looked for between the smallest and the largest scale of the file.",
            tone="note",
        ),
    ]
    first = next((v for v in explained if v.claim.about == "monthly_cost" and v.steps), None)
    if first is not None:
        title = f"{first.claim.id}, {_apart(first)}"
        blocks.append(Fold(summary=title, blocks=(_claim_section(first),)))
    rest = [v for v in explained if v is not first]
    if rest:
        blocks.append(
            Fold(
                summary=f"{plural(len(rest), 'more claim')}, each with its reasons",
                blocks=tuple(_claim_section(v) for v in rest),
            )
        )
    return Section(title="Claims vs. computed", anchor="claims", blocks=tuple(blocks))


def _claim_section(verdict: Verdict) -> Section:
    claim = verdict.claim
    blocks: list[Block] = []
    if verdict.reason or claim.answer:
        blocks.append(Paragraph(text=sentence(verdict.reason or claim.answer)))
    if verdict.steps:
        rows = [Row(cells=("as claimed", "", _claimed(verdict)))]
        rows += [
            Row(
                cells=(
                    step.factor,
                    _signed(step.change, verdict.unit),
                    _in_unit(step.after, verdict.unit),
                )
            )
            for step in verdict.steps
        ]
        blocks.append(
            ReportTable(
                columns=(
                    ReportColumn(title=_title(verdict), grows=True),
                    ReportColumn(title="Changes by", right=True),
                    ReportColumn(title="Makes", right=True),
                ),
                rows=tuple(rows),
            )
        )
    return Section(title=f"{claim.id}: {claim.says}", blocks=tuple(blocks))


def _title(verdict: Verdict) -> str:
    return "Missing from the claim" if verdict.direction == "too low" else "Counted otherwise"


def _apart(verdict: Verdict) -> str:
    is_short = verdict.direction == "too low"
    return "with what is missing from it" if is_short else "with what is counted otherwise"


def _where(verdict: Verdict) -> str:
    """Say for how many users a claim would hold; "" where that is not computed."""
    where = verdict.users
    if where is None:
        return ""
    if where.is_empty:
        return "none"
    if where.low is None and where.high is None:
        return "all"
    if where.low is None:
        return f"up to {where.high:,}"
    if where.high is None:
        return f"from {where.low:,}"
    return f"{where.low:,} to {where.high:,}"


def _claimed(verdict: Verdict) -> str:
    low, high = verdict.claim.low, verdict.claim.high
    if low is None and high is None:
        return ""
    if low is not None and high is not None and low != high:
        start = _in_unit(low, verdict.unit).removesuffix(" %")
        return f"{start} to {_in_unit(high, verdict.unit)}"
    return _in_unit(low if low is not None else high, verdict.unit)


def _in_unit(value: Decimal | None, unit: str) -> str:
    if value is None:
        return ""
    if unit.startswith("USD"):
        return usd(value)
    if unit == "bytes":
        return size(value.quantize(Decimal(1)))
    if unit == "share":
        return percent(value)
    return count(value)


def _signed(value: Decimal, unit: str) -> str:
    text = _in_unit(value, unit)
    return f"+{text}" if value > 0 else text
