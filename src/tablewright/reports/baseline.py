"""The page of `diff --baseline`: what a change does, short enough for a pull request.

In: a BaselineView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.reports.check import targets_table
from tablewright.reports.diff import differences_table, money_table
from tablewright.reports.document import Block, Document, Fold, Lines, Paragraph, Section
from tablewright.reports.figures import joined, percent, prices_of, usd, usd_or_none, users
from tablewright.verbs.baseline import BaselineView, DesignDelta, NamedFinding


def baseline_page(view: BaselineView) -> Document:
    """Return what changed since the baseline, the answer first."""
    blocks: list[Block] = [Paragraph(text=_answer(view), tone="bad" if view.is_worse else "lead")]
    blocks += [_design(change) for change in view.designs]
    if view.added:
        names = joined([f"`{name}`" for name in view.added])
        blocks.append(Paragraph(text=f"New, not in the baseline: {names}."))
    if view.removed:
        names = joined([f"`{name}`" for name in view.removed])
        blocks.append(Paragraph(text=f"Removed: {names}."))
    return Document(
        title=f"{view.app} · since the baseline · {users(view.users)}",
        heading=f"{view.region} · {prices_of(view.prices_as_of)}",
        blocks=tuple(blocks),
    )


def _answer(view: BaselineView) -> str:
    sentences = [_money_sentence(change) for change in view.designs]
    missed = [
        f"{target.name.replace('_', ' ')} of `{change.design}`"
        + (f" at {users(target.users)}" if target.users else "")
        for change in view.designs
        for target in change.newly_missed
    ]
    if missed:
        sentences.append(f"Newly missed: {joined(missed)}.")
    return " ".join(sentences) or "The baseline and the file have no design in common."


def _money_sentence(change: DesignDelta) -> str:
    total = change.total
    if total.change is None or total.after is None:
        text = (
            f"`{change.design}` cost {usd_or_none(total.before)} USD a month and now costs "
            f"{usd_or_none(total.after)}"
        )
    elif not total.change:
        text = f"`{change.design}` costs {usd(total.after)} USD a month as before"
    else:
        word = "less" if total.change < 0 else "more"
        share = f" ({percent(abs(total.change) / total.before)})" if total.before else ""
        text = (
            f"`{change.design}` costs {usd(total.after)} USD a month: "
            f"{usd(abs(total.change))} {word}{share}"
        )
    if change.grade_before != change.grade_after:
        return f"{text}; its grade goes from {change.grade_before} to {change.grade_after}."
    return f"{text}; grade {change.grade_after}." if change.grade_after else f"{text}."


def _design(change: DesignDelta) -> Section:
    blocks: list[Block] = []
    if change.by_pattern:
        blocks.append(money_table("Pattern", change.by_pattern, change.total))
    if change.differences:
        blocks.append(differences_table(change.differences, "baseline", "now"))
    if change.new_findings:
        blocks.append(_findings("New findings", change.new_findings))
    if change.fixed_findings:
        blocks.append(_findings("Fixed findings", change.fixed_findings))
    if change.targets:
        blocks.append(Fold(summary="Targets", blocks=(targets_table(change.targets),)))
    if not blocks:
        blocks.append(Paragraph(text="Nothing changed."))
    return Section(title=f"Design {change.design}", blocks=tuple(blocks))


def _findings(title: str, findings: Sequence[NamedFinding]) -> Section:
    lines = tuple(f"{f.level} {f.rule} {f.title}: {f.subject}" for f in findings)
    return Section(title=title, blocks=(Lines(items=lines),))
