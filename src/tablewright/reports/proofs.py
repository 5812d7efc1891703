"""A proof as a page: predicted beside metered, pattern by pattern, and what was wrong.

In: a Proof. Out: a Document, or plain data that can be kept and read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import format_number, format_usd
from tablewright.engines.base import Measure
from tablewright.proof.values import Comparison, PatternProof, Proof
from tablewright.reports.document import Block, Column, Document, Paragraph, Row, Section, Table


def proof_page(proof: Proof, *, by_resource: bool = False) -> Document:
    """Return the page of a proof."""
    blocks: list[Block] = [_patterns_table(proof)]
    if by_resource:
        blocks.append(Section(title="By table and index", blocks=(_resources_table(proof),)))
    for one in proof.patterns:
        if one.cannot:
            text = f"{one.pattern} was not run: the design cannot serve it ({one.cannot})."
            blocks.append(Paragraph(text=text, tone="bad"))
        for text in (*one.wrong, *one.failures):
            blocks.append(Paragraph(text=f"{one.pattern}: {text}", tone="bad"))
    blocks += [Paragraph(text=text, tone="bad") for text in proof.state_problems]
    blocks.append(_verdict(proof))
    if proof.engine.startswith("http") and not proof.agrees:
        blocks.append(Paragraph(text=OTHER_METERS))
    return Document(
        title=f"{proof.app} · {proof.design} · proof",
        heading=f"{format_number(proof.users)} users · {proof.engine} · seed {proof.seed}",
        blocks=tuple(blocks),
    )


def proof_section(proof: Proof, *, is_stale: bool) -> Section:
    """Return the latest proof of a design as a section of its report.

    Args:
        proof: the proof.
        is_stale: whether the model file was changed since.
    """
    text = (
        f"The workload was run with {format_number(proof.users)} users on {proof.engine}: "
        f"{format_number(sum(one.calls for one in proof.patterns))} calls, each answer checked "
        f"against a plain search of the same data, each request metered."
    )
    blocks: list[Block] = [Paragraph(text=text)]
    if is_stale:
        blocks.append(Paragraph(text=STALE, tone="bad"))
    blocks += [_verdict(proof), _patterns_table(proof)]
    blocks += [
        Paragraph(text=f"{one.pattern} was not run: the design cannot serve it ({one.cannot}).")
        for one in proof.patterns
        if one.cannot
    ]
    return Section(
        title=f"Proof of {proof.design}", anchor=f"proof-{proof.design}", blocks=tuple(blocks)
    )


def proof_sentence(proof: Proof, *, is_stale: bool) -> str:
    """Return what a proof says in one sentence, for the answer of a report."""
    if is_stale:
        return f"The proof of {proof.design} is older than the model file: prove it again."
    shown = [p for p in proof.patterns if not p.cannot]
    furthest = max(
        (
            abs(compared.difference)
            for one in shown
            if one.bill_share > ONE_PER_CENT
            for compared in (one.reads, one.writes)
        ),
        default=Decimal(0),
    )
    if proof.is_right and proof.agrees:
        return (
            f"{proof.design} was run with {format_number(proof.users)} users: every answer of "
            f"{len(shown)} access patterns was right, and metered units are within "
            f"{format_number(furthest * 100, 1)} % of the prediction wherever it matters."
        )
    return f"{proof.design} was run with {format_number(proof.users)} users and is not proved."


ONE_PER_CENT = Decimal("0.01")
OTHER_METERS = (
    "The meter is that of this endpoint. DynamoDB Local is known to be wrong about transactions "
    "(1 write unit instead of 2 for an item, 2 instead of 1 for an index entry) and about queries "
    "that find nothing (0 instead of half a unit): such a difference is the server's."
)
STALE = (
    "This proof is stale: the model file was changed since. Run `tablewright prove` again before "
    "trusting it."
)


def _patterns_table(proof: Proof) -> Table:
    columns = (
        Column(title="Pattern"),
        Column(title="Calls", right=True),
        Column(title="Predicted", right=True),
        Column(title="Metered", right=True),
        Column(title="Diff", right=True),
        Column(title="±", right=True),
        Column(title="Of bill", right=True),
        Column(title="ms p50/95/99", right=True),
        Column(title="Answers"),
    )
    rows: list[Row] = []
    for one in proof.patterns:
        if one.cannot:
            rows.append(Row(cells=(one.pattern, "0", "", "", "", "", "", "", "cannot"), tone="bad"))
            continue
        shown = [c for c in (one.reads, one.writes) if c.predicted.mean or c.metered.mean]
        for place, compared in enumerate(shown or [one.reads]):
            rows.append(_pattern_row(one, compared, first=place == 0))
    return Table(columns=columns, rows=tuple(rows))


def _pattern_row(one: PatternProof, compared: Comparison, *, first: bool) -> Row:
    right = "right" if one.is_right else f"{one.wrong_calls + len(one.failures)} wrong"
    latency = "/".join(format_number(ms, 1) for ms in one.latency_ms)
    unit = "R" if compared.dimension == "read" else "W"
    tone = "" if one.is_right and compared.agrees else "bad"
    return Row(
        cells=(
            one.pattern if first else "",
            format_number(one.calls) if first else "",
            f"{format_number(compared.predicted.mean, 2)} {unit}",
            f"{format_number(compared.metered.mean, 2)} {unit}",
            _percent(compared.difference),
            _percent(compared.error, sign=False),
            _percent(one.bill_share, sign=False) if first else "",
            latency if first else "",
            right if first else "",
        ),
        tone=tone,
    )


def _resources_table(proof: Proof) -> Table:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for one in proof.patterns:
        for compared in one.resources:
            key = (compared.resource, compared.dimension)
            pair = sums.setdefault(key, [Decimal(0), Decimal(0)])
            pair[0] += compared.predicted.mean * one.calls
            pair[1] += compared.metered.mean * one.calls
    columns = (
        Column(title="Where", grows=True),
        Column(title="Units", right=False),
        Column(title="predicted", right=True),
        Column(title="metered", right=True),
        Column(title="Difference", right=True),
    )
    rows = tuple(
        Row(
            cells=(
                resource,
                dimension,
                format_number(predicted, 1),
                format_number(metered, 1),
                _percent((metered - predicted) / predicted) if predicted else "",
            )
        )
        for (resource, dimension), (predicted, metered) in sorted(sums.items())
    )
    return Table(columns=columns, rows=rows)


def _percent(share: Decimal, *, sign: bool = True) -> str:
    shown = format_number(share * 100, 1)
    if shown in ("-0.0", "0.0"):
        return "0.0 %"
    return f"{'+' if sign and share > 0 else ''}{shown} %"


def _verdict(proof: Proof) -> Paragraph:
    bills = (
        f"{format_usd(proof.predicted_usd)} USD a month predicted, "
        f"{format_usd(proof.metered_usd)} as metered, at {format_number(proof.users)} users."
    )
    if proof.is_right and proof.agrees:
        text = (
            "Proved: every answer is right, and every prediction is within its error of the meter."
        )
        return Paragraph(text=f"{text} {bills}", tone="good")
    parts = []
    if not proof.is_right:
        parts.append("answers or stored items are wrong")
    if not proof.agrees:
        parts.append("the meter says otherwise than the prediction")
    return Paragraph(text=f"Not proved: {' and '.join(parts)}. {bills}", tone="bad")


# ---------------------------------------------------------------- kept on disk


def proof_from_data(data: Mapping[str, Any]) -> Proof:
    """Return a proof that was kept as data.

    Raises:
        KeyError, TypeError, ValueError: the data is not a proof.
    """
    return Proof(
        app=data["app"],
        design=data["design"],
        users=int(data["users"]),
        engine=data["engine"],
        seed=int(data["seed"]),
        model_digest=data["model_digest"],
        patterns=tuple(_pattern_from(one) for one in data["patterns"]),
        predicted_usd=Decimal(str(data["predicted_usd"])),
        metered_usd=Decimal(str(data["metered_usd"])),
        state_problems=tuple(data["state_problems"]),
        items_checked=int(data["items_checked"]),
    )


def _pattern_from(data: Mapping[str, Any]) -> PatternProof:
    first, second, third = (Decimal(str(ms)) for ms in data["latency_ms"])
    return PatternProof(
        pattern=data["pattern"],
        calls=int(data["calls"]),
        requests=int(data["requests"]),
        reads=_comparison_from(data["reads"]),
        writes=_comparison_from(data["writes"]),
        resources=tuple(_comparison_from(one) for one in data["resources"]),
        bill_share=Decimal(str(data["bill_share"])),
        wrong=tuple(data["wrong"]),
        wrong_calls=int(data["wrong_calls"]),
        failures=tuple(data["failures"]),
        retries=int(data["retries"]),
        latency_ms=(first, second, third),
        cannot=data["cannot"],
    )


def _comparison_from(data: Mapping[str, Any]) -> Comparison:
    return Comparison(
        resource=data["resource"],
        dimension=data["dimension"],
        predicted=_measure_from(data["predicted"]),
        metered=_measure_from(data["metered"]),
    )


def _measure_from(data: Mapping[str, Any]) -> Measure:
    return Measure(mean=Decimal(str(data["mean"])), error=Decimal(str(data["error"])))
