"""A proof as a page: predicted beside metered, pattern by pattern, and what was wrong.

In: a Proof, or the view of a kept one. Out: a Document, or a proof read back from plain data.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.core.quantities import format_number, format_usd
from tablewright.evaluation.values import INDEX_WRITE, PAGE
from tablewright.proof.latency import what_it_means, where_measured
from tablewright.proof.values import MATTERS, PatternProof, Proof, UnitComparison
from tablewright.reports.document import (
    Block,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.reports.figures import joined
from tablewright.verbs.proofs import ProofView


def proof_page(view: ProofView) -> Document:
    """Return the page of a proof."""
    proof = view.proof
    blocks: list[Block] = [_patterns_table(proof), _resources_table(proof)]
    for pattern in proof.patterns:
        if not pattern.was_run:
            blocks.append(Paragraph(text=_not_run(pattern), tone="bad" if pattern.cannot else ""))
        for text in dict.fromkeys((*pattern.wrong, *pattern.failures)):
            blocks.append(Paragraph(text=f"{pattern.pattern}: {text}", tone="bad"))
        if pattern.was_run:
            blocks += [Paragraph(text=text, tone="bad") for text in _untypical(pattern)]
    blocks += [Paragraph(text=text, tone="bad") for text in proof.state_problems]
    blocks += [
        _verdict(proof),
        *_not_run_at_all(proof),
        *_lost_updates(proof),
        *_kept_limits(proof),
        *_latency_verdict(proof),
        *_scans(proof),
    ]
    if proof.engine.startswith("http") and not proof.agrees:
        blocks.append(Paragraph(text=OTHER_METERS))
    return Document(
        title=f"{proof.app} · {proof.design} · proof",
        heading=f"{format_number(proof.users)} users · {proof.engine} · seed {proof.seed}",
        blocks=tuple(blocks),
    )


def proof_section(view: ProofView) -> Section:
    """Return the latest proof of a design as a section of its report."""
    proof = view.proof
    text = (
        f"The workload was run with {format_number(proof.users)} users on {proof.engine}: "
        f"{format_number(sum(pattern.calls for pattern in proof.patterns))} calls, each answer "
        f"checked against a plain search of the same data, each request metered."
    )
    blocks: list[Block] = [Paragraph(text=text)]
    if view.is_stale:
        blocks.append(Paragraph(text=STALE, tone="bad"))
    blocks += [
        _verdict(proof),
        *_not_run_at_all(proof),
        *_lost_updates(proof),
        *_kept_limits(proof),
        *_latency_verdict(proof),
        *_scans(proof),
        _patterns_table(proof),
        _resources_table(proof),
    ]
    blocks += [
        Paragraph(text=_not_run(pattern)) for pattern in proof.patterns if not pattern.was_run
    ]
    return Section(
        title=f"Proof of {proof.design}", anchor=f"proof-{proof.design}", blocks=tuple(blocks)
    )


def proof_sentence(view: ProofView) -> str:
    """Return what a proof says in one sentence, for the answer of a report."""
    proof = view.proof
    if view.is_stale:
        return f"The proof of `{proof.design}` is older than the model file: prove it again."
    run = f"`{proof.design}` was run with {format_number(proof.users)} users"
    if not (view.is_right and view.agrees):
        return f"{run} and is not proved."
    if not proof.compares_units:
        count = sum(1 for pattern in proof.patterns if pattern.was_run)
        return f"{run}: every answer of {count} access patterns was right."
    shown = [p for p in proof.patterns if p.was_run]
    return (
        f"{run}: every answer of {len(shown)} access patterns was right, and metered units are "
        f"within {format_number(_furthest(proof) * 100, 1)} % of the prediction for every pattern "
        f"that is more than 1 % of the bill."
    )


def _furthest(proof: Proof) -> Decimal:
    """Return the widest difference of a pattern that is more than a per cent of the bill."""
    return max(
        (
            abs(compared.difference)
            for pattern in proof.patterns
            if pattern.bill_share > MATTERS
            for compared in (pattern.reads, pattern.writes)
        ),
        default=Decimal(0),
    )


def _untypical(pattern: PatternProof) -> list[str]:
    """Say where the calls made are not like those the bill is made of."""
    return [
        f"{pattern.pattern}: the estimate is {format_number(compared.estimated.mean, 2)} "
        f"{compared.dimension} units for all, {format_number(compared.predicted.mean, 2)} for "
        f"those asked for, more apart than chance explains"
        for compared in (pattern.reads, pattern.writes)
        if not compared.is_typical
    ]


OTHER_METERS = (
    "The meter is that of this endpoint. DynamoDB Local is known to be wrong about transactions "
    "(1 write unit instead of 2 for an item, 2 instead of 1 for an index entry) and about queries "
    "that find nothing (0 instead of half a unit), and to count a number such as 480 as a byte "
    "longer: such a difference is the server's."
)
STALE = (
    "This proof is stale: the model file was changed since. Run `tablewright prove` again before "
    "trusting it."
)


def _latency_verdict(proof: Proof) -> list[Block]:
    """Say whether the 99th percentiles keep their targets, where, and what that is worth."""
    timed = [p for p in proof.patterns if p.is_in_time is not None]
    if not timed:
        return []
    late = [p.pattern for p in timed if not p.is_in_time]
    there = "" if proof.decides_latency else " there"
    text = (
        f"Latency: {joined(late)} {'miss' if len(late) > 1 else 'misses'} the target{there}"
        if late
        else f"Latency: all {len(timed)} patterns with a target keep it{there}"
    )
    tone = ("bad" if late else "good") if proof.decides_latency else "note"
    where = where_measured(proof)
    verdict = Paragraph(text=f"{text}; {where}. {what_it_means(proof)}", tone=tone)
    return [_latency_table(timed), verdict]


def _not_run_at_all(proof: Proof) -> list[Block]:
    """Say what of the design was not run, and what that means for the figures."""
    if not proof.not_run:
        return []
    text = (
        f"Not run: {joined(list(proof.not_run))}. Every call reached the table, as it does while a "
        "cache is empty; the bill takes the stated hits off, the meter cannot."
    )
    return [Paragraph(text=text, tone="note")]


def _lost_updates(proof: Proof) -> list[Block]:
    """Say which patterns lose what callers change at once."""
    return [
        Paragraph(
            text=f"{entry.pattern} loses updates: of {entry.made} callers who at once read "
            f"{entry.attribute}, added one and wrote it back, {entry.lost} left no trace. Let the "
            "database add (atomic: true), or write under a condition on what was read.",
            tone="bad",
        )
        for entry in proof.lost_updates
        if entry.lost
    ]


def _scans(proof: Proof) -> list[Block]:
    """Return the calls that ask by a key beside one pass over their tables, slowest pass first."""
    rows = [
        Row(
            cells=(
                entry.pattern,
                entry.container,
                format_number(entry.records),
                format_number(entry.scan_ms, 1),
                format_number(entry.call_ms, 2),
                f"{format_number(entry.factor, 0 if entry.factor >= 10 else 1)} times",
            )
        )
        for entry in sorted(proof.scans, key=lambda e: (-e.factor, e.pattern))
    ]
    if not rows:
        return []
    titles = ("Records", "Whole table, ms", "Call, ms", "A query is faster")
    return [
        ReportTable(
            columns=(
                ReportColumn(title="Pattern", grows=True),
                ReportColumn(title="Table"),
                *(ReportColumn(title=title, right=True) for title in titles),
            ),
            rows=tuple(rows),
            caption="Calls that ask by a key beside one pass over the whole table; the factor "
            "grows with the table, so it is that of this number of users",
        )
    ]


def _kept_limits(proof: Proof) -> list[Block]:
    """Say of which limits it was shown that callers at once keep them."""
    return [
        Paragraph(
            text=f"{entry.pattern} keeps its limit: of {entry.callers} callers at once, with room "
            f"for {entry.room} below it, {entry.passed} passed and added to {entry.attribute}."
            if entry.passed == entry.room
            else f"{entry.pattern} does not keep its limit: of {entry.callers} callers at once, "
            f"with room for {entry.room} below it, {entry.passed} passed and added to "
            f"{entry.attribute}.",
            tone="good" if entry.passed == entry.room else "bad",
        )
        for entry in proof.kept_limits
    ]


def _latency_table(timed: Sequence[PatternProof]) -> ReportTable:
    """Return 99th percentiles beside their targets, in milliseconds."""
    columns = [ReportColumn(title="Pattern", grows=True)]
    columns += [ReportColumn(title=title, right=True) for title in ("Calls", "p99, ms", "Target")]
    rows = tuple(
        Row(
            cells=(
                pattern.pattern,
                format_number(pattern.calls),
                format_number(pattern.latency_ms[2], 1),
                str(pattern.latency_target_ms),
                "met" if pattern.is_in_time else "missed",
            ),
            tone="" if pattern.is_in_time else "bad",
        )
        for pattern in timed
    )
    return ReportTable(
        columns=(*columns, ReportColumn(title="")), rows=rows, caption="Latency targets"
    )


def _patterns_table(proof: Proof) -> ReportTable:
    columns = (
        ReportColumn(title="Pattern"),
        ReportColumn(title="Calls", right=True),
        ReportColumn(title="Predicted", right=True),
        ReportColumn(title="Metered", right=True),
        ReportColumn(title="Diff ± error", right=True),
        ReportColumn(title="Of bill", right=True),
        ReportColumn(title="ms p50/95/99", right=True),
        ReportColumn(title="Answers"),
    )
    rows: list[Row] = []
    for pattern in proof.patterns:
        if not pattern.was_run:
            cells = (pattern.pattern, "0", "", "", "", "", "")
            if pattern.cannot:
                rows.append(Row(cells=(*cells, "cannot"), tone="bad"))
            else:
                rows.append(Row(cells=(*cells, "not run")))
            continue
        shown = [c for c in (pattern.reads, pattern.writes) if c.predicted.mean or c.metered.mean]
        for place, compared in enumerate(shown or [pattern.reads]):
            rows.append(_pattern_row(pattern, compared, first=place == 0))
    return ReportTable(columns=columns, rows=tuple(rows))


def _pattern_row(pattern: PatternProof, compared: UnitComparison, *, first: bool) -> Row:
    right = "right" if pattern.is_right else f"{pattern.wrong_calls + len(pattern.failures)} wrong"
    if pattern.retries:
        right += f", {pattern.retries} repeated"
    latency = "/".join(format_number(ms, 1) for ms in pattern.latency_ms)
    unit = _letter(compared.dimension)
    tone = "" if pattern.is_right and pattern.agrees else "bad"
    return Row(
        cells=(
            pattern.pattern if first else "",
            format_number(pattern.calls) if first else "",
            f"{format_number(compared.predicted.mean, 2)} {unit}",
            f"{format_number(compared.metered.mean, 2)} {unit}",
            _difference(compared.difference, compared.error),
            _percent(pattern.of_bill, sign=False) if first else "",
            latency if first else "",
            right if first else "",
        ),
        tone=tone,
    )


def _letter(dimension: str) -> str:
    """Return R or W for units; what else is counted by its name."""
    return _LETTERS.get(dimension, dimension)


_LETTERS = {"read": "R", "write": "W", PAGE: "pages", INDEX_WRITE: "entries written"}


def _resources_table(proof: Proof) -> ReportTable:
    """Return the units of the whole run by table and index, with the error of the difference."""
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for pattern in proof.patterns:
        for compared in pattern.resources:
            row = sums.setdefault((compared.resource, compared.dimension), [Decimal(0)] * 3)
            row[0] += compared.predicted.mean * pattern.calls
            row[1] += compared.metered.mean * pattern.calls
            errors = compared.predicted.error**2 + compared.metered.error**2
            row[2] += errors * pattern.calls**2
    columns = (
        ReportColumn(title="Table or index", grows=True),
        ReportColumn(title="Predicted", right=True),
        ReportColumn(title="Metered", right=True),
        ReportColumn(title="Diff ± error", right=True),
    )
    rows = []
    for (resource, dimension), (predicted, metered, square) in sorted(sums.items()):
        expected = f"{format_number(predicted, 1)} {_letter(dimension)}"
        measured = f"{format_number(metered, 1)} {_letter(dimension)}"
        difference = ""
        if dimension == INDEX_WRITE:
            measured = "no server tells"
        elif predicted:
            difference = _difference((metered - predicted) / predicted, square.sqrt() / predicted)
        elif dimension not in ("read", "write"):
            expected = "not estimated"
        rows.append(Row(cells=(resource, expected, measured, difference)))
    return ReportTable(
        columns=columns, rows=tuple(rows), caption="Units of the run by table and index"
    )


def _difference(share: Decimal, error: Decimal) -> str:
    """Return a difference with its standard error, both in per cent."""
    return f"{_percent(share).removesuffix(' %')} ± {_percent(error, sign=False)}"


def _percent(share: Decimal, *, sign: bool = True) -> str:
    shown = format_number(share * 100, 1)
    if shown in ("-0.0", "0.0"):
        return "0.0 %"
    return f"{'+' if sign and share > 0 else ''}{shown} %"


def _not_run(pattern: PatternProof) -> str:
    """Say why a pattern was not run: its design does not serve it, or this target does not."""
    if pattern.cannot:
        return f"{pattern.pattern} was not run: the design cannot serve it ({pattern.cannot})."
    return f"{pattern.pattern} was not run here: {pattern.not_here}."


def _server_verdict(proof: Proof) -> Paragraph:
    """Return the verdict where requests are not charged: answers, and where they were found."""
    if not proof.is_right:
        return Paragraph(text="Not proved: answers or stored records are wrong.", tone="bad")
    known = [p for p in proof.patterns if p.access and p.was_run]
    same = sum(1 for pattern in known if pattern.planned_access in pattern.access)
    plans = (
        f"Of {len(known)} patterns whose plan the server tells, {same} are answered where the "
        "estimate says. Rows and index entries are as EXPLAIN counts them for the first calls; "
        if known
        else "What was consumed is as the database counts it; "
    )
    text = (
        f"Proved: every answer is right. {plans}requests are not charged, so they are only shown."
    )
    return Paragraph(text=text, tone="good")


def _verdict(proof: Proof) -> Paragraph:
    bills = (
        f"{format_usd(proof.predicted_usd)} USD a month predicted, "
        f"{format_usd(proof.metered_usd)} as metered, at {format_number(proof.users)} users."
    )
    if not proof.compares_units:
        return _server_verdict(proof)
    if proof.is_right and proof.agrees:
        text = (
            "Proved: every answer is right, and the meter is within 1 % of the prediction (at most "
            f"{format_number(_furthest(proof) * 100, 1)} % off) for every pattern that is more "
            "than 1 % of the bill."
        )
        unserved = sum(1 for pattern in proof.patterns if pattern.cannot)
        if unserved:
            text = text.replace("Proved:", f"Proved, but for {unserved} that cannot be served:", 1)
        return Paragraph(text=f"{text} {bills}", tone="good")
    parts = []
    if not proof.is_right:
        parts.append("answers or stored items are wrong")
    if not proof.agrees:
        parts.append("the meter says otherwise than the prediction")
    return Paragraph(text=f"Not proved: {' and '.join(parts)}. {bills}", tone="bad")
