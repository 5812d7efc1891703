"""The evidence of a comparison: each option in detail, scores, requirements, claims, the workload.

In: a Comparison. Out: sections. Figures are formatted here; nothing is computed here beyond
choosing what to say.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.bill import Line
from tablewright.compare.result import Comparison
from tablewright.compare.scoring import fits
from tablewright.compare.values import ArchitectureResult, OfferingResult
from tablewright.reports import document as d
from tablewright.reports.compare_options import columns
from tablewright.reports.figures import joined, quantity, usd, users

CREDIT = Decimal(200)
"""USD of credit of a new account, at most (price book, aws.free-tier.free.july2025)."""
_MARKS = {"met": "yes", "missed": "no", "partly": "partly", "unknown": "?"}


def available(option: ArchitectureResult) -> str:
    """Return what the parts of an option promise together, in a few words."""
    known = option.availability
    if known.unpromised:
        return "no SLA"
    if known.percent == 100:
        return "not known"
    text = f"{known.percent.quantize(Decimal('0.001')).normalize()} %"
    return f"at most {text}" if known.unknown else text


def at(comparison: Comparison) -> d.Section:
    """Return every option at the reviewed scale: list price, free tiers, promises, limits."""
    rows, notes = [], []
    for option in comparison.architectures:
        price = option.at(comparison.users)
        name = option.architecture.name
        reach = option.reaches[0] if option.reaches else None
        rows.append(
            d.Row(
                cells=(
                    name,
                    usd(price.list_total) if price.is_priced else "not priced",
                    usd(price.total) if price.is_priced else "-",
                    usd(price.first_year) if price.is_priced else "-",
                    available(option),
                    ", ".join(option.availability.single_points) or "none found",
                    f"{reach.users:,}" if reach else "none within range",
                ),
                tone="bad" if option.excluded else "",
            )
        )
        parts = []
        if option.availability.unknown:
            parts.append(f"no SLA is known of {joined(list(option.availability.unknown))}")
        if option.availability.unpromised:
            named = joined(list(option.availability.unpromised))
            parts.append(f"its vendor has no SLA for {named}")
        if reach:
            parts.append(f"first limit: {reach.what} ({reach.source})")
        parts += [
            f"{line.what} would add {usd(line.amount)}" + (f" ({line.note})" if line.note else "")
            for line in price.optional
        ]
        if option.architecture.operations:
            parts.append(f"operations: {', '.join(option.architecture.operations)}")
        if parts:
            notes.append(f"`{name}`: {'; '.join(parts)}.")
    credit = [
        f"`{option.architecture.name}` {CREDIT / option.at(comparison.users).total:.1f} months"
        for option in comparison.architectures
        if option.at(comparison.users).is_priced
        and option.at(comparison.users).total > 0
        and any(line.price_key.startswith("aws.") for line in option.at(comparison.users).lines)
    ]
    blocks: list[d.Block] = [
        d.ReportTable(
            columns=columns(
                "Option",
                ">List",
                ">Without always free",
                ">First year",
                ">Availability",
                "Single points of failure",
                ">First limit, users",
                grows="Single points of failure",
            ),
            rows=tuple(rows),
            caption="Offers of twelve months are for AWS accounts opened before 15 July 2025.",
        ),
        d.Bullets(items=tuple(notes)),
    ]
    if credit:
        blocks.append(
            d.Paragraph(
                text=f"AWS accounts opened since 15 July 2025 have a credit of up to {CREDIT} USD "
                f"instead, once; at this scale it lasts {', '.join(credit)}.",
                tone="note",
            )
        )
    return d.Section(title=f"At {users(comparison.users)}", blocks=tuple(blocks))


def scores(comparison: Comparison) -> d.Section:
    """Return the scores of every option, by the weights of the model."""
    names = [name for name, _ in comparison.weights]
    ranked = sorted(
        comparison.architectures, key=lambda row: (row.score is None, -(row.score or Decimal(0)))
    )
    out = {row.architecture.name for row in ranked if not fits(row, comparison.users)}
    rows = [
        d.Row(
            cells=(
                option.architecture.name,
                *(f"{dict(option.scores)[name]:.1f}" if option.scores else "-" for name in names),
                "no price"
                if option.score is None
                else f"{option.score:.1f}" + (" (out)" if option.architecture.name in out else ""),
                option.architecture.rating or "-",
            )
        )
        for option in ranked
    ]
    weights = d.Row(
        cells=("weight", *(str(weight) for _, weight in comparison.weights), "", ""), tone="total"
    )
    return d.Section(
        title="Scores",
        blocks=(
            d.ReportTable(
                columns=columns(
                    "Option",
                    *(f">{name.capitalize()}" for name in names),
                    ">Score",
                    ">Stated score",
                ),
                rows=(*rows, weights),
            ),
            d.Paragraph(
                text="From 0 to 10; docs/compare.md says by what. Out: ruled out, or beyond a "
                "limit at this scale. An option that has a hard need only in part comes after "
                "all that have it in full. Change the weights in the model file: `options: "
                "{weights: {cost: 40}}`.",
                tone="note",
            ),
        ),
    )


def _shown(comparison: Comparison) -> list[OfferingResult]:
    """Return the offerings that deployment options use; the best known ones if they are few."""
    used = {option.architecture.offering for option in comparison.architectures}
    if len(used) < 3:
        used |= {entry.offering.name for entry in comparison.offerings if entry.offering.is_main}
    return [offering for offering in comparison.offerings if offering.offering.name in used]


def requirements(comparison: Comparison, *, evidence: bool) -> d.Section:
    """Return the needs compared with what each offering is documented to have."""
    shown = _shown(comparison)
    needs = {r.need: r.wanted for row in shown for r in row.requirements}
    rows = [
        d.Row(cells=(need.replace("_", " "), sentences, *(_cell(row, need) for row in shown)))
        for need, sentences in needs.items()
    ]
    titles = [row.offering.title for row in shown]
    blocks: list[d.Block] = [
        d.ReportTable(columns=columns("Need", "Wanted", *titles, grows="Wanted"), rows=tuple(rows)),
        d.Paragraph(
            text="A need that begins with yes is hard: without it an offering is out. * written "
            "from the manual as it is known and not read again; such a cell never rules anything "
            "out. ? nothing is known.",
            tone="note",
        ),
    ]
    if evidence:
        sources = tuple(
            f"{row.offering.title}, {r.need.replace('_', ' ')}: {r.cell.value}"
            + (f", {r.cell.note}" if r.cell.note else "")
            + f" ({r.cell.source}, {r.cell.as_of})."
            for row in shown
            for r in row.requirements
            if r.cell
        )
        blocks.append(
            d.Fold(summary="Where each cell comes from", blocks=(d.Bullets(items=sources),))
        )
    return d.Section(title="Requirements", blocks=tuple(blocks))


def _cell(offering: OfferingResult, need: str) -> str:
    requirement = next((r for r in offering.requirements if r.need == need), None)
    if requirement is None or requirement.cell is None:
        return "?"
    mark = requirement.cell.value if need == "sla" else _MARKS[requirement.result]
    return (
        mark + ("" if requirement.cell.read else "*") + (" (out)" if requirement.excludes else "")
    )


def checks(comparison: Comparison) -> d.Section:
    """Return the figures of claims beside the computed ones."""
    rows = [
        d.Row(
            cells=(
                check.claim,
                check.what + (f" ({check.note})" if check.note else ""),
                _band(check.low, check.high),
                "-" if check.computed is None else figure(check.computed),
                check.verdict,
                (check.whole if check.decides else f"{check.whole} (this figure does not decide)")
                or "computed elsewhere",
            ),
            tone="good" if check.whole == "holds" else "",
        )
        for check in comparison.checks
    ]
    return d.Section(
        title="Claims about prices and architectures",
        blocks=(
            d.ReportTable(
                columns=columns(
                    "Claim", "What", ">Claimed", ">Computed", "Verdict", "Whole claim", grows="What"
                ),
                rows=tuple(rows),
                caption="Single figures of claims. A claim holds as a whole if every figure that "
                "decides it does; where none is computed the verdict is that of the file.",
            ),
        ),
    )


def _band(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return "-"
    if high is None:
        return f"at least {figure(low)}"
    return figure(low) if low == high else f"{figure(low)} to {figure(high)}"


def figure(value: Decimal) -> str:
    """Return a figure of any unit: cents from one on, four digits below.

    Example:
        >>> figure(Decimal("18.02005")), figure(Decimal("0.0123425")), figure(Decimal("5E+3"))
        ('18.02', '0.01234', '5,000')
        >>> figure(Decimal("0.000024"))
        '0.000024'
    """
    if value == value.to_integral_value():
        return f"{int(value):,}"
    if abs(value) >= 1:
        return f"{value:,.2f}"
    return format(Decimal(f"{float(value):.4g}"), "f")


def workload(comparison: Comparison) -> d.Section:
    """Return the figures that options are priced with."""
    rows = [d.Row(cells=(name, figure(value), why)) for name, value, why in comparison.workload]
    return d.Section(
        title="The workload",
        blocks=(
            d.ReportTable(
                columns=columns("Figure", ">Value", "From", grows="From"), rows=tuple(rows)
            ),
            d.Paragraph(
                text="Set them in the model file: `options: {workload: {function_mb: 512}}`.",
                tone="note",
            ),
        ),
    )


def _line_name(line: Line, option: str) -> str:
    """Return what a line is of; one of the database with its table and access pattern."""
    if line.where == option:
        return line.what
    names = (line.resource or line.where, line.pattern, line.what)
    return " · ".join(dict.fromkeys(name for name in names if name))


def lines(comparison: Comparison) -> d.Section:
    """Return every line of every option."""
    sections = []
    for option in comparison.architectures:
        price = option.at(comparison.users)
        rows = [
            d.Row(
                cells=(
                    _line_name(line, option.architecture.name)
                    + (f" ({line.region})" if line in price.elsewhere else ""),
                    quantity(line.quantity, line.unit),
                    f"{line.unit_price.normalize():f} / {line.per:,} {line.unit}"
                    if line.per > 1
                    else f"{line.unit_price.normalize():f} / {line.unit}",
                    usd(line.amount),
                )
            )
            for line in price.lines
        ]
        rows.append(d.Row(cells=("Total", "", "", usd(price.list_total)), tone="total"))
        table = d.ReportTable(
            columns=columns("What", ">Per month", ">Unit price", ">USD a month", grows="What"),
            rows=tuple(rows),
        )
        sections.append(d.Section(title=option.architecture.name, blocks=(table,)))
    return d.Section(title=f"Every line at {users(comparison.users)}", blocks=tuple(sections))
