"""The page of `check`: whether targets are met, and the report cards in short.

In: a CheckView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.reports.card import LEVELS, grade_sentence
from tablewright.reports.cost import costs, listed_users
from tablewright.reports.document import (
    Block,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.reports.figures import cents, joined, plural, sentence, usd, usd_or_none, users
from tablewright.review.assessment import TargetResult
from tablewright.review.findings import Finding, Level
from tablewright.review.grade import ReportCard
from tablewright.verbs.bill_rows import shown_resource
from tablewright.verbs.check import CheckView

NO_DESIGN = (
    "It has no design yet, so nothing was priced or graded: let `tablewright plan --write` make "
    "one, or write one under `designs:`."
)


def check_page(view: CheckView) -> Document:
    """Return whether targets are met, and the report cards in short."""
    blocks: list[Block] = []
    for design in view.designs:
        inner: list[Block] = []
        if design.targets:
            inner.append(targets_table(design.targets))
            inner += measured_notes(design.targets)
        whys: dict[str, list[int]] = {}
        if design.cost.usd_per_month is None:
            whys[design.cost.shortcoming] = [design.cost.users]
        for target in design.targets:
            if target.why and target.users is not None:
                scales = whys.setdefault(target.why, [])
                if target.users not in scales:
                    scales.append(target.users)
        inner += [
            Paragraph(text=sentence(f"At {listed_users(scales)}: {why}"), tone="bad")
            for why, scales in whys.items()
        ]
        if design.card is not None:
            inner += _short_card(design.card)
        title = f"{design.name} · {design.engine} · {costs(design.cost)}"
        if design.card is not None:
            title += f" · grade {design.card.grade}"
        blocks.append(Section(title=title, blocks=tuple(inner)))
    if not view.designs:
        verdict = Paragraph(text=NO_DESIGN, tone="lead")
    elif view.missed:
        names = "; ".join(
            f"{t.name.replace('_', ' ')} of {t.design}"
            + (f" at {users(t.users)}" if t.users else "")
            for t in view.missed
        )
        verdict = Paragraph(text=f"Missed: {names}.", tone="bad")
    elif view.without_a_figure:
        names = joined([f"`{design.name}`" for design in view.without_a_figure])
        text = f"No target is missed, but nobody can say what {names} costs."
        verdict = Paragraph(text=text, tone="bad")
    else:
        verdict = Paragraph(text="No target is missed.", tone="good")
    if view.unchecked:
        other_joined = joined([f"`{name}`" for name in view.unchecked])
        blocks.append(
            Paragraph(
                text=f"Not checked: {other_joined}. Use --design NAME, or --all.", tone="note"
            )
        )
    return Document(
        title=f"{view.app}: the model is valid",
        heading=f"{plural(view.entities, 'entity', 'entities')} · "
        f"{plural(view.patterns, 'access pattern')} · reviewed at {users(view.users)}",
        blocks=(*blocks, verdict),
    )


def _short_card(card: ReportCard) -> list[Block]:
    counts = [f"{card.count(level)} {level}" for level in LEVELS if card.count(level)]
    blocks: list[Block] = [
        Paragraph(
            text=f"Grade {card.grade}. {grade_sentence(card)} "
            f"Findings: {', '.join(counts) or 'none'}."
        )
    ]
    findings = [f for f in card.findings if f.level >= Level.MEDIUM]
    if findings:
        blocks.append(_findings_table(findings))
    return blocks


def _findings_table(findings: Sequence[Finding]) -> ReportTable:
    return ReportTable(
        columns=(
            ReportColumn(title="Level", whole=True),
            ReportColumn(title="Rule", whole=True),
            ReportColumn(title="Finding", grows=True),
            ReportColumn(title="Fix", grows=True),
            ReportColumn(title="Saves USD/month", right=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    str(finding.level),
                    finding.rule,
                    f"{shown_resource(finding.subject)}: {finding.title}",
                    sentence(finding.fix.text) if finding.fix is not None else "",
                    _savings(finding),
                ),
                tone=str(finding.level),
            )
            for finding in findings
        ),
    )


def _savings(finding: Finding) -> str:
    """Return what the fix of a finding saves a month; "" where that was not computed."""
    if finding.fix is None or finding.fix.saves_per_month is None:
        return ""
    return cents(finding.fix.saves_per_month, Decimal(1))


def targets_table(targets: Sequence[TargetResult]) -> ReportTable:
    """Return the targets of a design and whether they are met."""
    tones = {True: "good", False: "bad", None: ""}
    return ReportTable(
        columns=(
            ReportColumn(title="Target"),
            ReportColumn(title="Users", right=True),
            ReportColumn(title="Required", right=True),
            ReportColumn(title="Reached", right=True),
            ReportColumn(title=""),
        ),
        rows=tuple(
            Row(
                cells=(
                    target.name.replace("_", " ") + (f", {target.of}" if target.of else ""),
                    f"{target.users:,}" if target.users is not None else "",
                    _target_figure(target.name, target.wanted),
                    _target_figure(target.name, target.reached) or usd_or_none(None),
                    _verdict_of(target),
                ),
                tone=tones[target.met],
            )
            for target in targets
        ),
    )


def _verdict_of(target: TargetResult) -> str:
    """Return whether a target is met; "there" where it was measured on what decides nothing."""
    if target.met is None and target.met_there is not None:
        return "met there" if target.met_there else "missed there"
    return {True: "met", False: "missed", None: "not assessed"}[target.met]


def measured_notes(targets: Sequence[TargetResult]) -> list[Block]:
    """Return where figures were measured that were not computed, and what that is worth."""
    notes: list[Block] = [Paragraph(text=whole, tone="note") for whole in _wholes(targets)]
    return [*notes, *(Paragraph(text=t.measured, tone="note") for t in targets if t.measured)]


def _wholes(targets: Sequence[TargetResult]) -> list[str]:
    """Return of a budget for the whole deployment with which option it is compared."""
    figures = [
        f"{usd(Decimal(t.part))} of it with `{t.option}` at {users(t.users)}"
        for t in targets
        if t.part and t.users is not None
    ]
    if not figures:
        return []
    return [
        "The budgets are for the whole deployment, so the cheapest option that carries the load "
        f"and has the needs is compared with them; the database is {joined(figures)}. Options "
        "side by side: `tablewright compare`."
    ]


def _target_figure(name: str, text: str) -> str:
    """Return a figure of a target; money is rounded like everywhere else."""
    if name != "monthly_cost":
        return text
    try:
        return usd(Decimal(text))
    except ArithmeticError:
        return text
