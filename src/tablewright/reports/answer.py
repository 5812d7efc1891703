"""The answer of a report: what it costs, what is wrong, what fixing it saves.

In: a ReportView. Out: three sentences and their figures.
"""

from __future__ import annotations

from tablewright.reports.card import LEVELS
from tablewright.reports.document import Tile
from tablewright.reports.figures import (
    ended,
    joined,
    per_user,
    percent,
    plural,
    sentence,
    usd,
    usd_or_none,
    users,
)
from tablewright.reports.prove import proof_sentence
from tablewright.review.grade import ReportCard
from tablewright.verbs.bill_rows import shown_resource
from tablewright.verbs.design_summary import DesignView
from tablewright.verbs.report import ReportView


def answer(view: ReportView) -> tuple[str, ...]:
    """Return the three sentences that matter: what it costs, what is wrong, what fixing it saves.

    Where a design was proved, the third is about the proof, and the first says what is wrong too.
    """
    if not view.designs:
        return (
            "The model has no design yet, so there is nothing to price: let "
            "`tablewright plan --write` make one.",
        )
    first = view.designs[0]
    cost = _cost_clause(view, first)
    fault = _fault_clause(first, first.card) if first.card is not None else ""
    savings = _savings_sentence(view, first)
    proved = " ".join(proof_sentence(proof) for proof in view.proofs)
    brief = fault.partition("; the first is ")[0]
    sentences = (
        [f"{cost}; it {brief}", savings, proved] if proved and fault else [cost, savings, proved]
    )
    if fault and not proved:
        sentences.insert(1, f"It {fault}")
    return tuple(ended(text) for text in sentences if text)


def deployment_answer(view: ReportView) -> tuple[str, ...]:
    """Return what to deploy: start, move, and what that rests on."""
    if view.comparison is None:
        return ()
    first, *sentences = view.comparison.advice
    return (" ".join(sentences or [first]),)


def tiles(view: ReportView) -> tuple[Tile, ...]:
    """Return the figures to be seen first."""
    if not view.designs:
        return ()
    first = view.designs[0]
    missed = any(t.met is False and t.name == "monthly_cost" for t in first.targets)
    tiles = [
        Tile(
            label=f"design {first.name}",
            figure=usd_or_none(first.cost.usd_per_month),
            note="USD a month",
            tone="bad" if missed else "",
        )
    ]
    if first.card is not None:
        findings = sum(first.card.count(level) for level in LEVELS[:4])
        tiles.append(
            Tile(label="Report card", figure=first.card.grade, note=plural(findings, "finding"))
        )
    path = first.path
    if path:
        tiles.append(
            Tile(
                label=f"after {plural(len(path), 'fix', 'fixes')}",
                figure=usd(path[-1].usd_per_month),
                note=f"USD a month, grade {path[-1].letter}",
                tone="good",
            )
        )
    tiles += [
        Tile(
            label=f"design {other_design.name}",
            figure=usd_or_none(other_design.cost.usd_per_month),
            note="USD a month"
            + (f", grade {other_design.card.grade}" if other_design.card else ""),
            tone="good" if _is_cheaper(other_design, first) else "",
        )
        for other_design in view.designs[1:3]
    ]
    return tuple(tiles)


def _cost_clause(view: ReportView, design: DesignView) -> str:
    cost = design.cost.usd_per_month
    if cost is None:
        return (
            f"At {users(view.users)} nobody can say what the design `{design.name}` costs: "
            f"{design.cost.shortcoming}"
        )
    text = (
        f"At {users(view.users)} the design `{design.name}` costs {usd(cost)} USD a month in "
        f"{design.cost.region}, {per_user(cost / view.users)} for each user"
    )
    top = design.charged_patterns[0] if design.charged_patterns else None
    row = max(design.cost.rows, key=lambda r: r.usd_per_month, default=None)
    if row is not None and (top is None or top[1] < row.usd_per_month):
        text += (
            f"; the largest part is {row.what} of {row.where} with {usd(row.usd_per_month)} "
            f"({percent(row.share)})"
        )
    elif top is not None:
        pattern, alone = top
        text += f"; `{pattern.pattern}` alone takes {usd(alone)} ({percent(pattern.share)})"
    return text


def _is_cheaper(design: DesignView, other: DesignView) -> bool:
    """Whether a design that serves the whole application costs less than another."""
    mine, theirs = design.cost.usd_per_month, other.cost.usd_per_month
    if mine is None or theirs is None or design.cost.shortcoming:
        return False
    return mine < theirs


def _fault_clause(design: DesignView, card: ReportCard) -> str:
    counts = [f"{card.count(level)} {level}" for level in LEVELS[:3] if card.count(level)]
    text = f"is graded {card.grade}"
    if not counts:
        return f"{text}: nothing above a low finding"
    worst = card.findings[0]
    noun = "finding" if sum(card.count(level) for level in LEVELS[:3]) == 1 else "findings"
    return (
        f"{text}, with {joined(counts)} {noun}; the first is on {shown_resource(worst.subject)}: "
        f"{worst.title[0].lower()}{worst.title[1:].rstrip('.')}"
    )


def _savings_sentence(view: ReportView, design: DesignView) -> str:
    parts = []
    path = design.path
    if path:
        last = path[-1]
        saving = design.saving
        many = "" if len(path) > 1 else "s"
        what = f"save{many} {usd(saving)}" if saving >= 0 else f"cost{many} {usd(-saving)} more"
        parts.append(
            f"{plural(len(path), 'fix', 'fixes')} {what} USD a month and lead{many} to grade "
            f"{last.letter}"
        )
    designs = [
        d for d in view.designs[1:] if d.engine == design.engine and _is_cheaper(d, design)
    ]  # another engine is not a fix: `compare` weighs what it lacks
    if designs and design.cost.usd_per_month is not None:
        best = min(designs, key=lambda d: d.cost.charged)
        saved = design.cost.usd_per_month - best.cost.charged
        graded = f", graded {best.card.grade}," if best.card is not None else ""
        parts.append(
            f"the design `{best.name}`{graded} costs {usd(best.cost.charged)}: "
            f"{usd(saved)} less ({percent(saved / design.cost.usd_per_month)})"
        )
    return sentence("; ".join(parts)) if parts else ""
