"""A report card: grade, findings, the steps to a better grade, and what more users bring.

In: a ReportCard. Out: sections and cards.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.reports.document import (
    Block,
    Card,
    Fold,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
    folded,
)
from tablewright.reports.figures import (
    count,
    ended,
    percent,
    plural,
    sentence,
    usd,
    usd_or_none,
    users,
)
from tablewright.review.findings import Finding, Fix, Level
from tablewright.review.grade import ReportCard
from tablewright.verbs.bill_rows import shown_resource
from tablewright.verbs.design_summary import DesignView
from tablewright.verbs.shortening import first_changes

MOST_FINDINGS = 4
"""Findings shown in full; the rest is folded."""

MOST_SUBJECTS = 4
"""Names of what a passing rule was checked on; the rest is counted."""

MOST_EVIDENCE = 2

CENT = Decimal("0.01")

HOW_GRADED = (
    "A finding takes off 40 (critical), 20 (high), 8 (medium) or 3 (low) points, times e, how much "
    "of the traffic, cost or data it touches, times c, how sure it is when assumed figures are "
    "halved and doubled; each repetition of a rule counts half of the one before."
)

LEVELS = (Level.CRITICAL, Level.HIGH, Level.MEDIUM, Level.LOW, Level.INFO)


def card_sections(card: ReportCard, design: DesignView) -> list[Block]:
    """Return the sections of a report card: grade, findings, steps, scale, what is not assessed."""
    sections: list[Block] = [
        Section(
            title=f"Report card: {card.grade}",
            anchor=f"grade-{design.name}",
            blocks=(
                Paragraph(text=grade_sentence(card)),
                _grades_table(card),
                Paragraph(text=HOW_GRADED, tone="note"),
                *(Paragraph(text=sentence(note), tone="note") for note in card.notes),
            ),
        )
    ]
    shown = [f for f in card.findings if f.level is not Level.INFO]
    remarks = [f for f in card.findings if f.level is Level.INFO]
    if card.findings or card.accepted:
        blocks: list[Block] = [finding_card(f) for f in shown[:MOST_FINDINGS]]
        if len(shown) > MOST_FINDINGS:
            rest = shown[MOST_FINDINGS:]
            blocks.append(
                Fold(
                    summary=f"{plural(len(rest), 'more finding')}, of lower weight",
                    blocks=tuple(finding_card(f) for f in rest),
                )
            )
        if remarks:
            blocks.append(
                Fold(
                    summary=plural(len(remarks), "opportunity", "opportunities"),
                    blocks=tuple(finding_card(f) for f in remarks),
                )
            )
        if card.accepted:
            blocks.append(
                Fold(
                    summary=f"{plural(len(card.accepted), 'accepted finding')}, outside the grade",
                    blocks=tuple(finding_card(f) for f in card.accepted),
                )
            )
        sections.append(
            Section(title="Findings", anchor=f"findings-{design.name}", blocks=tuple(blocks))
        )
    if card.strengths:
        sections.append(_strengths_section(card))
    if card.path:
        sections.append(_path_section(card, design))
    if card.advisory is not None:
        sections.append(_advisory_section(card))
    if card.unassessed:
        sections.append(_unassessed_section(card))
    return sections


def grade_sentence(card: ReportCard) -> str:
    """Return score and coverage in a sentence."""
    text = (
        f"Score {score(card.score)} of 100 at {users(card.users)}; "
        f"{percent(card.coverage)} of what applies could be assessed"
    )
    if card.cap:
        text += f" ({card.cap})"
    return text + "."


def _grades_table(card: ReportCard) -> ReportTable:
    return ReportTable(
        columns=(
            ReportColumn(title="Category"),
            ReportColumn(title="Grade"),
            ReportColumn(title="Score", right=True),
            ReportColumn(title="Weight", right=True),
            ReportColumn(title="Findings", grows=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    c.title,
                    c.letter,
                    score(c.score),
                    count(c.weight),
                    "\n".join(c.line.partition(". ")[2].split("; ")) or "nothing found",
                )
            )
            for c in card.categories
        ),
    )


def finding_card(finding: Finding) -> Card:
    """Return a finding as a card: what, where, why, the fix and what it saves."""
    rows = [("evidence", ended(finding.evidence))]
    if finding.why:
        rows.append(("why", sentence(finding.why)))
    fix = finding.fix
    if fix is not None:
        rows.append(("fix", sentence(fix.text) + worth(fix)))
        if fix.effect:
            rows.append(("effect", sentence(fix.effect)))
        rows += [("not", sentence(reason)) for reason in fix.rejected]
    if finding.consequences:
        rows.append(("with it", ", ".join(finding.consequences)))
    if finding.accepted:
        rows.append(("accepted", sentence(finding.accepted)))
    return Card(
        label=str(finding.level),
        tone=str(finding.level),
        title=f"{finding.rule} {finding.title} · {shown_resource(finding.subject)}",
        rows=tuple(rows),
    )


def worth(fix: Fix) -> str:
    """Return what a fix saves and costs, a cent at least."""
    saves, once = fix.saves_per_month, fix.cost_once
    text = ""
    if saves is not None and abs(saves) >= CENT:
        text += f" {'Saves' if saves > 0 else 'Costs'} {usd(abs(saves))} USD a month."
    if once is not None and once >= CENT:
        text += f" Once: {usd(once)} USD."
    return text


def _path_section(card: ReportCard, design: DesignView) -> Section:
    rows = [
        Row(
            cells=(
                "",
                "as it is",
                "",
                card.grade,
                score(card.score),
                usd_or_none(design.cost.usd_per_month),
            )
        )
    ]
    rows += [
        Row(
            cells=(
                str(number),
                sentence(first_changes(step.text)),
                ", ".join(step.rules),
                step.letter,
                score(step.score),
                usd(step.usd_per_month),
            )
        )
        for number, step in enumerate(card.path, 1)
    ]
    return Section(
        title="Improvement path",
        anchor=f"path-{design.name}",
        blocks=(
            ReportTable(
                columns=(
                    ReportColumn(title="", right=True),
                    ReportColumn(title="Step", grows=True),
                    ReportColumn(title="Fixes", grows=True),
                    ReportColumn(title="Grade"),
                    ReportColumn(title="Score", right=True),
                    ReportColumn(title="USD/month", right=True),
                ),
                rows=tuple(rows),
            ),
            Paragraph(
                text="Each step is the fix that gains most for its effort; everything is priced "
                "and graded again after it.",
                tone="note",
            ),
        ),
    )


def _advisory_section(card: ReportCard) -> Section:
    assert card.advisory is not None
    rows = tuple(
        Row(
            cells=(
                f"{stop.users:,}",
                usd(stop.usd_per_month),
                usd(stop.usd_marginal),
                stop.verdict,
                stop.sentence,
            )
        )
        for stop in card.advisory.stops
    )
    blocks: list[Block] = [
        ReportTable(
            columns=(
                ReportColumn(title="Users", right=True),
                ReportColumn(title="USD/month", right=True),
                ReportColumn(title="Marginal cost per user", right=True),
                ReportColumn(title="Verdict"),
                ReportColumn(title="What to do", grows=True),
            ),
            rows=rows,
        )
    ]
    if card.path and card.path[0].usd_at:
        blocks.append(_path_by_scale(card))
    triggers = [t for t in card.advisory.triggers if t.users > 1]
    if triggers:
        blocks.append(
            Fold(
                summary=f"{plural(len(triggers), 'trigger')} with the number of users",
                blocks=(
                    ReportTable(
                        columns=(
                            ReportColumn(title="From users", right=True),
                            ReportColumn(title="Level"),
                            ReportColumn(title="Rule"),
                            ReportColumn(title="Where", grows=True),
                            ReportColumn(title="Because", grows=True),
                        ),
                        rows=tuple(
                            Row(
                                cells=(
                                    f"{t.users:,}",
                                    str(t.level),
                                    t.rule,
                                    shown_resource(t.subject),
                                    t.evidence,
                                )
                            )
                            for t in triggers
                        ),
                    ),
                ),
            )
        )
    blocks += _busiest_keys(card)
    tightest = _headroom_rows(card)
    if tightest:
        blocks.append(
            ReportTable(
                columns=(
                    ReportColumn(title="Users", right=True),
                    ReportColumn(title="Limit", grows=True),
                    ReportColumn(title="Where"),
                    ReportColumn(title="Used", right=True),
                    ReportColumn(title="Of", right=True),
                    ReportColumn(title="Reached at", right=True),
                ),
                rows=tightest,
                caption="Tightest limit at each scale",
            )
        )
    return folded(
        Section(title="With more users", blocks=tuple(blocks)),
        "What each scale costs, what becomes due there, and which limits come next",
    )


def _path_by_scale(card: ReportCard) -> ReportTable:
    """Return the bill after each step of the path at every number of users."""
    assert card.advisory is not None
    stops = card.advisory.stops
    columns = [ReportColumn(title=f"{stop.users:,} users", right=True) for stop in stops]
    rows = [Row(cells=("", "as it is", *(usd(stop.usd_per_month) for stop in stops)))]
    for number, step in enumerate(card.path, 1):
        at = {**dict(step.usd_at), card.users: step.usd_per_month}
        cells = (usd(at[stop.users]) if stop.users in at else "" for stop in stops)
        rows.append(Row(cells=(str(number), sentence(first_changes(step.text)), *cells)))
    return ReportTable(
        columns=(
            ReportColumn(title="", right=True),
            ReportColumn(title="Changes, each on top of those before", grows=True),
            *columns,
        ),
        rows=tuple(rows),
        caption="The improvement path at every number of users, USD a month",
    )


def _busiest_keys(card: ReportCard) -> list[Block]:
    """Return what the busiest key of every table and index takes at the reviewed scale."""
    assert card.advisory is not None
    stop = next((s for s in card.advisory.stops if s.users == card.users), None)
    if stop is None or not stop.busiest:
        return []
    rows = tuple(
        Row(
            cells=(
                shown_resource(key.resource),
                *(
                    "" if figure is None else written(figure)
                    for written, figure in (
                        (percent, key.read_share),
                        (percent, key.write_share),
                        (count, key.reads),
                        (count, key.writes),
                    )
                ),
            )
        )
        for key in stop.busiest
    )
    table = ReportTable(
        columns=(
            ReportColumn(title="Table or index", grows=True),
            ReportColumn(title="Of its reads", right=True),
            ReportColumn(title="Of its writes", right=True),
            ReportColumn(title="Read units/s", right=True),
            ReportColumn(title="Write units/s", right=True),
        ),
        rows=rows,
        caption=f"What the busiest key takes, at the peak of {users(card.users)}",
    )
    if any(key.is_default_skew for key in stop.busiest):
        note = "Where the model states no skew of the keys, the usual one is taken."
        return [table, Paragraph(text=note, tone="note")]
    return [table]


def _headroom_rows(card: ReportCard) -> tuple[Row, ...]:
    assert card.advisory is not None
    return tuple(
        Row(
            cells=(
                f"{stop.users:,}",
                stop.headroom[0].limit,
                shown_resource(stop.headroom[0].subject),
                count(stop.headroom[0].used),
                count(stop.headroom[0].most),
                "never" if stop.headroom[0].users is None else f"{stop.headroom[0].users:,}",
            )
        )
        for stop in card.advisory.stops
        if stop.headroom
    )


def _strengths_section(card: ReportCard) -> Section:
    """Return the rules that were checked and found in order, by category."""
    titles = {c.category: c.title for c in card.categories}
    rows = tuple(
        Row(
            cells=(
                titles.get(strength.category, strength.category.replace("_", " ").capitalize()),
                strength.rule,
                strength.title,
                _few([shown_resource(name) for name in strength.subjects], ", ", MOST_SUBJECTS),
                _few(strength.evidence, "; ", MOST_EVIDENCE),
            )
        )
        for strength in card.strengths
    )
    return Section(
        title="Strengths",
        blocks=(
            Paragraph(
                text=f"{plural(card.passed, 'check')} of {plural(len(rows), 'rule')} found nothing "
                "of what the rule looks for."
            ),
            Fold(
                summary=plural(len(rows), "rule that passes", "rules that pass"),
                blocks=(
                    ReportTable(
                        columns=(
                            ReportColumn(title="Category"),
                            ReportColumn(title="Rule"),
                            ReportColumn(title="Not found", grows=True),
                            ReportColumn(title="Checked on", grows=True),
                            ReportColumn(title="Evidence", grows=True),
                        ),
                        rows=rows,
                    ),
                ),
            ),
        ),
    )


def _few(texts: Sequence[str], between: str, most: int) -> str:
    """Return the first texts, and how many more there are."""
    shown = between.join(texts[:most])
    return f"{shown} and {len(texts) - most} more" if len(texts) > most else shown


def _unassessed_section(card: ReportCard) -> Section:
    return Section(
        title="Not assessed",
        blocks=(
            Paragraph(
                text="These rules wait for an input; they count neither for nor against the grade."
            ),
            Fold(
                summary=plural(len(card.unassessed), "rule and subject", "rules and subjects"),
                blocks=(
                    ReportTable(
                        columns=(
                            ReportColumn(title="Rule"),
                            ReportColumn(title="Where"),
                            ReportColumn(title="Missing", grows=True),
                        ),
                        rows=tuple(
                            Row(cells=(u.rule, shown_resource(u.subject), u.missing))
                            for u in card.unassessed
                        ),
                    ),
                ),
            ),
        ),
    )


def score(value: Decimal) -> str:
    """Return a score with one decimal."""
    return format(value.quantize(Decimal("0.1")), "f")
