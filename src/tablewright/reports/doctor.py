"""The page of `doctor`: what is wrong, with evidence and the command that fixes it.

In: a DoctorView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import format_number, format_usd
from tablewright.evaluation.health import URGENCIES, HealthFinding
from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural, usd_or_none
from tablewright.verbs.doctor import DoctorView

MOST_PERIODS = 14
LARGEST = 10


def doctor_page(view: DoctorView) -> Document:
    """Return the findings, severe ones first, then what was observed and not checked."""
    counts = [
        f"{sum(f.urgency == urgency for f in view.findings)} {urgency}" for urgency in URGENCIES
    ]
    blocks: list[Block] = [
        Paragraph(
            text=f"{plural(len(view.tables), 'table')} in {view.region} "
            f"({', '.join(view.tables) or 'none'}): "
            + (f"{', '.join(counts)}." if view.findings else "nothing is wrong.")
        )
    ]
    blocks += [Lines(items=_finding(finding)) for finding in view.findings]
    if view.sizes:
        blocks.append(Lines(items=tuple(_sizes(view))))
    if view.charged_per_month is not None:
        blocks.append(
            Paragraph(
                text=f"Charged: {format_usd(view.charged_per_month)} USD a month; the model says "
                f"{usd_or_none(view.usd_per_month)} at {view.users:,} users."
            )
        )
    if view.usage:
        days = view.usage[-MOST_PERIODS * max(1, len(view.tables)) :]
        blocks.append(
            Lines(
                items=tuple(
                    f"{u.since} {u.table}: {format_number(u.read_units, 0)} read and "
                    f"{format_number(u.write_units, 0)} write units"
                    for u in days
                )
            )
        )
    blocks += _rates(view)
    if view.unchecked:
        items = tuple(f"Not checked: {what}: {why}" for what, why in view.unchecked)
        blocks.append(Lines(items=items))
    if view.facts:
        blocks.append(Lines(items=tuple(f"{name}: {value}" for name, value in view.facts)))
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def _finding(finding: HealthFinding) -> tuple[str, ...]:
    return (
        f"{finding.urgency}[{finding.check}] {finding.place}: {finding.says}",
        f"  evidence: {finding.evidence}",
        f"  fix: {finding.fix}",
    )


def _sizes(view: DoctorView) -> list[str]:
    lines: list[str] = []
    for sizes in view.sizes:
        partial = " read" if sizes.is_partial else ""
        lines.append(
            f"{sizes.container}: {plural(sizes.records, 'record')}{partial}; bytes p50 "
            f"{sizes.p50:,}, p95 {sizes.p95:,}, p99 {sizes.p99:,}, largest {sizes.largest:,}"
        )
        largest = ", ".join(f"{key} {size:,}" for key, size in sizes.keys[:LARGEST])
        lines.append(f"  largest: {largest}")
    return lines


def _rates(view: DoctorView) -> list[Block]:
    lines = [f"{c.pattern}: rate {c.before} -> {c.after}" for c in view.written_rates]
    lines += [
        f"conflict at line {conflict.line}: your lines stay; observed: "
        + " ".join(line.strip() for line in conflict.theirs)
        for conflict in view.rate_conflicts
    ]
    lines += [f"{name}: its rate is not on a line of its own" for name in view.rates_skipped]
    return [Lines(items=tuple(lines))] if lines else []
