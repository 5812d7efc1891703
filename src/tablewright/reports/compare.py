"""Put a comparison into words: the answer, engines, deployment options, requirements, claims.

In: a Comparison. Out: a document, or its sections for the report. Figures are formatted here;
nothing is computed here beyond choosing what to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from tablewright.bill.bill import Line
from tablewright.compare.values import (
    ArchitectureResult,
    Comparison,
    EngineCost,
    OfferingResult,
    Phase,
    Priced,
)
from tablewright.core.quantities import GB
from tablewright.reports import document as d
from tablewright.reports.figures import joined, quantity, usd, users

CREDIT = Decimal(200)
"""USD of credit of a new account, at most (price book, aws.free-tier.free.july2025)."""
_MARKS = {"met": "yes", "missed": "no", "partly": "partly", "unknown": "?"}


def compare_page(comparison: Comparison, *, with_lines: bool = False) -> d.Document:
    """Return the whole comparison; `with_lines` adds every line of every deployment option."""
    blocks = list(compare_sections(comparison, evidence=with_lines))
    if with_lines:
        blocks.append(_lines(comparison))
    return d.Document(
        title=f"{comparison.app} · compared at {users(comparison.users)}",
        heading=f"{comparison.region} · {len(comparison.architectures)} deployment options · "
        f"scales {', '.join(f'{n:,}' for n in comparison.scales)}",
        blocks=tuple(blocks),
    )


def compare_sections(
    comparison: Comparison, *, evidence: bool = True, folds: bool = False
) -> tuple[d.Block, ...]:
    """Return the sections of a comparison.

    Args:
        comparison: what was compared.
        evidence: whether the source of every requirement is shown.
        folds: whether what stands behind the recommendation is folded.
    """
    evidence_of: Callable[[d.Section], d.Section] = d.folded if folds else (lambda section: section)
    blocks: list[d.Block] = [
        d.Section(
            title="Recommendation",
            blocks=tuple(d.Paragraph(text=text, tone="lead") for text in comparison.advice),
        ),
        _engines(comparison),
        _options(comparison),
        evidence_of(_at(comparison)),
        evidence_of(_scores(comparison)),
        _growth_path(comparison),
        evidence_of(_requirements(comparison, evidence=evidence)),
    ]
    if comparison.checks:
        blocks.append(evidence_of(_checks(comparison)))
    blocks.append(evidence_of(_workload(comparison)))
    return tuple(blocks)


def _columns(*titles: str, grows: str = "", also: str = "") -> tuple[d.ReportColumn, ...]:
    """Return columns; a title that starts with > is of figures, `grows` and `also` may wrap."""
    return tuple(
        d.ReportColumn(
            title=title.removeprefix(">"),
            right=title.startswith(">"),
            grows=title in (grows, also),
        )
        for title in titles
    )


def _engines(comparison: Comparison) -> d.Section:
    names = list(dict.fromkeys(cost.engine for cost in comparison.engines))
    rows = []
    for engine in names:
        by_users = {cost.users: cost for cost in comparison.engines if cost.engine == engine}
        costs = tuple(_engine_money(by_users.get(n)) for n in comparison.scales)
        last = by_users[max(by_users)]
        unserved = f", cannot serve {joined(list(last.unserved))}" if last.unserved else ""
        offer = f" on {last.offer}" if last.offer else ""
        if last.misses:
            offer += f" (misses {joined([need.replace('_', ' ') for need in last.misses])})"
        spread = f"{usd(last.light)} to {usd(last.heavy)}" if last.light and last.heavy else "-"
        rows.append(d.Row(cells=(engine, f"{last.design}{offer}{unserved}", *costs, spread)))
    blocks: list[d.Block] = [
        d.ReportTable(
            columns=_columns(
                "Engine",
                "Best design",
                *(f">{n:,} users" for n in comparison.scales),
                ">Range",
                grows="Best design",
            ),
            rows=tuple(rows),
            caption="USD a month for the database alone, list prices; design, offer and range (the "
            "constants of the sizing towards the ends of theirs) at the largest scale.",
        )
    ]
    chart = _chart(
        "Database: USD a month against users",
        [
            (
                engine,
                [(o.users, o.usd) for o in comparison.engines if o.engine == engine and o.usd],
            )
            for engine in names
        ],
    )
    if chart:
        blocks.append(chart)
    bound = tuple(
        f"{cost.engine} at {users(cost.users)}: {cost.offer} is limited by {cost.bound_by}."
        for cost in comparison.engines
        if cost.users == comparison.users and cost.bound_by
    )
    if bound:
        blocks.append(d.Bullets(items=bound))
    blocks += [d.Paragraph(text=f"Left out: {text}.", tone="note") for text in comparison.left_out]
    return d.Section(title="Engines", blocks=tuple(blocks))


def _engine_money(cost: EngineCost | None) -> str:
    if cost is None:
        return "-"
    return "no offer is large enough" if cost.usd is None else usd(cost.usd)


def _chart(
    title: str, curves: Sequence[tuple[str, Sequence[tuple[int, Decimal]]]]
) -> d.Chart | None:
    shown = [(name, [p for p in points if p[1] > 0]) for name, points in curves]
    shown = [(name, points) for name, points in shown if len(points) > 1]
    if not shown:
        return None
    last = max(points[-1][0] for _, points in shown)
    last_costs = ", ".join(f"{name} {usd(points[-1][1])}" for name, points in shown)
    return d.Chart(
        kind="lines",
        title=title,
        summary="Monthly cost against users, both axes logarithmic. At "
        f"{last:,} users: {last_costs}.",
        x_title="users",
        y_title="USD a month",
        series=tuple(
            d.Series(
                name=name,
                points=tuple((float(n), float(cost)) for n, cost in points),
                labels=tuple(usd(cost) for _, cost in points),
            )
            for name, points in shown
        ),
    )


def _money(price: Priced) -> str:
    return usd(price.total) if price.is_priced else "not priced"


def _options(comparison: Comparison) -> d.Section:
    rows = [
        d.Row(
            cells=(
                option.architecture.name,
                option.architecture.title,
                *(_money(option.at(n)) for n in comparison.scales),
                option.architecture.stated or "-",
            ),
            tone="bad" if option.excluded else "",
        )
        for option in comparison.architectures
    ]
    blocks: list[d.Block] = [
        d.ReportTable(
            columns=_columns(
                "Option",
                "Made of",
                *(f">{n:,} users" for n in comparison.scales),
                "Stated",
                grows="Made of",
                also="Stated",
            ),
            rows=tuple(rows),
            caption="USD a month, without what is always free.",
        )
    ]
    chart = _chart(
        "Deployment options: USD a month against users",
        [
            (option.architecture.name, [(p.users, p.total) for p in option.prices])
            for option in comparison.architectures
            if option.is_priced
        ],
    )
    if chart:
        blocks.append(chart)
    sentences = [
        f"`{option.architecture.name}` is ruled out: {'; '.join(option.excluded)}."
        for option in comparison.architectures
        if option.excluded
    ]
    for option in comparison.architectures:
        needs = list(dict.fromkeys(need for price in option.prices for need in price.needs))
        if needs:
            sentences.append(
                f"`{option.architecture.name}` is not priced: needs {'; '.join(needs)}."
            )
    sentences += [
        text for option in comparison.architectures if (text := _elsewhere(option, comparison))
    ]
    sentences += [
        f"`{option.architecture.name}`: {option.architecture.note}"
        for option in comparison.architectures
        if option.architecture.note
    ]
    if sentences:
        blocks.append(d.Bullets(items=tuple(sentences)))
    return d.Section(title="Deployment options", blocks=tuple(blocks))


def _elsewhere(option: ArchitectureResult, comparison: Comparison) -> str:
    """Return what of an option is at the prices of another region, in words."""
    lines = option.at(comparison.users).elsewhere
    if not lines:
        return ""
    places = joined(sorted({line.region for line in lines}))
    what = joined(list(dict.fromkeys(line.what for line in lines)))
    return (
        f"`{option.architecture.name}`: {usd(sum((x.amount for x in lines), Decimal(0)))} of it at "
        f"{users(comparison.users)} is at prices of {places}, as those of "
        f"{comparison.region} are not known: {what}."
    )


def _available(option: ArchitectureResult) -> str:
    known = option.availability
    if known.unpromised:
        return "no SLA"
    if known.percent == 100:
        return "not known"
    text = f"{known.percent.quantize(Decimal('0.001')).normalize()} %"
    return f"at most {text}" if known.unknown else text


def _at(comparison: Comparison) -> d.Section:
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
                    _available(option),
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
        if option.at(comparison.users).total > 0
        and any(line.price_key.startswith("aws.") for line in option.at(comparison.users).lines)
    ]
    blocks: list[d.Block] = [
        d.ReportTable(
            columns=_columns(
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


def _scores(comparison: Comparison) -> d.Section:
    names = [name for name, _ in comparison.weights]
    ranked = sorted(
        comparison.architectures, key=lambda row: (row.score is None, -(row.score or Decimal(0)))
    )
    rows = [
        d.Row(
            cells=(
                option.architecture.name,
                *(f"{dict(option.scores)[name]:.1f}" if option.scores else "-" for name in names),
                f"{option.score:.1f}" if option.score is not None else "out",
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
                columns=_columns(
                    "Option",
                    *(f">{name.capitalize()}" for name in names),
                    ">Score",
                    ">Stated score",
                ),
                rows=(*rows, weights),
            ),
            d.Paragraph(
                text="From 0 to 10. Out: ruled out, not priced, or beyond a limit at this scale. "
                "An option that has a hard need only in part comes after all that have it in full. "
                "Change the weights in the model file: `options: {weights: {cost: 40}}`.",
                tone="note",
            ),
        ),
    )


def _growth_path(comparison: Comparison) -> d.Section:
    blocks: list[d.Block] = []
    if comparison.phases:
        rows = [
            d.Row(
                cells=(
                    f"{phase.users:,}",
                    phase.name,
                    usd(phase.usd),
                    usd(phase.switch_usd) if phase.switch else "-",
                    _moving(phase) if phase.switch else "-",
                )
            )
            for phase in comparison.phases
        ]
        blocks.append(
            d.ReportTable(
                columns=_columns(
                    ">From users",
                    "Option",
                    ">USD a month",
                    ">Switch, USD once",
                    "What the move takes",
                    grows="What the move takes",
                ),
                rows=tuple(rows),
                caption="The cheapest that is allowed and within its limits. A switch is the old "
                "option running beside the new one, and reading, writing and sending the data.",
            )
        )
    out = {option.architecture.name for option in comparison.architectures if option.excluded}
    flips = [
        f"From {flip.users:,} users on `{flip.above}` is cheaper than `{flip.below}`"
        + (", but it is ruled out." if flip.above in out else ".")
        for flip in comparison.flips
    ]
    blocks.append(
        d.Bullets(items=tuple(flips))
        if flips
        else d.Paragraph(
            text="No other option crosses the cost of the chosen one between "
            f"{comparison.scales[0]:,} and {comparison.scales[-1]:,} users.",
            tone="note",
        )
    )
    return d.Section(title="Growth path", blocks=tuple(blocks))


def _moving(phase: Phase) -> str:
    """Return what moving to an option takes, in words."""
    sentences = [phase.switch]
    both = f"Both for {_figure(phase.days)} days: {usd(phase.overlap_usd)}"
    move = phase.move
    if move is None:
        return " ".join((*sentences, f"{both}; what data moves is not known."))
    if not move.items:
        return " ".join((*sentences, f"{both}; the data stays where it is."))
    data = f"{move.items:,.0f} items of {_figure(move.data_bytes / GB)} GB move"
    costs = [f"{line.what} {usd(line.amount)}" for line in move.lines]
    sentences.append(f"{both}. {data}: {', '.join(costs) or 'nothing is charged separately'}.")
    if move.not_priced:
        sentences.append(f"Not priced: {'; '.join(move.not_priced)}.")
    return " ".join(sentences)


def _shown(comparison: Comparison) -> list[OfferingResult]:
    """Return the offerings that deployment options use; the best known ones if they are few."""
    used = {option.architecture.offering for option in comparison.architectures}
    if len(used) < 3:
        used |= {entry.offering.name for entry in comparison.offerings if entry.offering.is_main}
    return [offering for offering in comparison.offerings if offering.offering.name in used]


def _requirements(comparison: Comparison, *, evidence: bool) -> d.Section:
    shown = _shown(comparison)
    needs = {r.need: r.wanted for row in shown for r in row.requirements}
    rows = [
        d.Row(cells=(need.replace("_", " "), sentences, *(_cell(row, need) for row in shown)))
        for need, sentences in needs.items()
    ]
    titles = [row.offering.title for row in shown]
    blocks: list[d.Block] = [
        d.ReportTable(
            columns=_columns("Need", "Wanted", *titles, grows="Wanted"), rows=tuple(rows)
        ),
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


def _checks(comparison: Comparison) -> d.Section:
    rows = [
        d.Row(
            cells=(
                check.claim,
                check.what + (f" ({check.note})" if check.note else ""),
                _band(check.low, check.high),
                "-" if check.computed is None else _figure(check.computed),
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
                columns=_columns(
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
        return f"at least {_figure(low)}"
    return _figure(low) if low == high else f"{_figure(low)} to {_figure(high)}"


def _figure(value: Decimal) -> str:
    """Return a figure of any unit: cents from one on, four digits below.

    Example:
        >>> _figure(Decimal("18.02005")), _figure(Decimal("0.0123425")), _figure(Decimal("5E+3"))
        ('18.02', '0.01234', '5,000')
        >>> _figure(Decimal("0.000024"))
        '0.000024'
    """
    if value == value.to_integral_value():
        return f"{int(value):,}"
    if abs(value) >= 1:
        return f"{value:,.2f}"
    return format(Decimal(f"{float(value):.4g}"), "f")


def _workload(comparison: Comparison) -> d.Section:
    rows = [d.Row(cells=(name, _figure(value), why)) for name, value, why in comparison.workload]
    return d.Section(
        title="The workload",
        blocks=(
            d.ReportTable(
                columns=_columns("Figure", ">Value", "From", grows="From"), rows=tuple(rows)
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


def _lines(comparison: Comparison) -> d.Section:
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
            columns=_columns("What", ">Per month", ">Unit price", ">USD a month", grows="What"),
            rows=tuple(rows),
        )
        sections.append(d.Section(title=option.architecture.name, blocks=(table,)))
    return d.Section(title=f"Every line at {users(comparison.users)}", blocks=tuple(sections))
