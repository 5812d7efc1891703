"""Put a comparison into words: the answer, engines, ways to deploy, requirements, claims.

In: a Comparison. Out: a document, or its sections for the report. Figures are formatted here;
nothing is computed here beyond choosing what to say.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def compare_page(found: Comparison, *, with_lines: bool = False) -> d.Document:
    """Return the whole comparison; `with_lines` adds every line of every way to deploy."""
    blocks = list(compare_sections(found, evidence=with_lines))
    if with_lines:
        blocks.append(_lines(found))
    return d.Document(
        title=f"{found.app} · compared at {users(found.users)}",
        heading=f"{found.region} · {len(found.architectures)} ways to deploy · "
        f"scales {', '.join(f'{n:,}' for n in found.scales)}",
        blocks=tuple(blocks),
    )


def compare_sections(found: Comparison, *, evidence: bool = True) -> tuple[d.Block, ...]:
    """Return the sections of a comparison; `evidence` adds the source of every requirement."""
    blocks: list[d.Block] = [
        d.Section(
            title="Which one",
            blocks=tuple(d.Paragraph(text=text, tone="lead") for text in found.advice),
        ),
        _engines(found),
        _ways(found),
        _at(found),
        _scores(found),
        _way_on(found),
        _requirements(found, evidence=evidence),
    ]
    if found.checks:
        blocks.append(_checks(found))
    blocks.append(_workload(found))
    return tuple(blocks)


def _columns(*titles: str, grows: str = "", also: str = "") -> tuple[d.Column, ...]:
    """Return columns; a title that starts with > is of figures, `grows` and `also` may wrap."""
    return tuple(
        d.Column(
            title=title.removeprefix(">"),
            right=title.startswith(">"),
            grows=title in (grows, also),
        )
        for title in titles
    )


def _engines(found: Comparison) -> d.Section:
    names = list(dict.fromkeys(one.engine for one in found.engines))
    rows = []
    for engine in names:
        mine = {one.users: one for one in found.engines if one.engine == engine}
        costs = tuple(_engine_money(mine.get(n)) for n in found.scales)
        last = mine[max(mine)]
        unserved = f", cannot serve {joined(list(last.unserved))}" if last.unserved else ""
        offer = f" on {last.offer}" if last.offer else ""
        if last.misses:
            offer += f" (misses {joined([need.replace('_', ' ') for need in last.misses])})"
        spread = f"{usd(last.light)} to {usd(last.heavy)}" if last.light and last.heavy else "-"
        rows.append(d.Row(cells=(engine, f"{last.design}{offer}{unserved}", *costs, spread)))
    blocks: list[d.Block] = [
        d.Table(
            columns=_columns(
                "Engine",
                "Best design",
                *(f">{n:,} users" for n in found.scales),
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
                [(o.users, o.usd) for o in found.engines if o.engine == engine and o.usd],
            )
            for engine in names
        ],
    )
    if chart:
        blocks.append(chart)
    bound = tuple(
        f"{one.engine} at {users(one.users)}: {one.offer} is limited by {one.bound_by}."
        for one in found.engines
        if one.users == found.users and one.bound_by
    )
    if bound:
        blocks.append(d.Bullets(items=bound))
    blocks += [d.Paragraph(text=f"Left out: {text}.", tone="note") for text in found.left_out]
    return d.Section(title="Engines", blocks=tuple(blocks))


def _engine_money(cost: EngineCost | None) -> str:
    if cost is None:
        return "-"
    return "none holds it" if cost.usd is None else usd(cost.usd)


def _chart(
    title: str, curves: Sequence[tuple[str, Sequence[tuple[int, Decimal]]]]
) -> d.Chart | None:
    shown = [(name, [p for p in points if p[1] > 0]) for name, points in curves]
    shown = [(name, points) for name, points in shown if len(points) > 1]
    if not shown:
        return None
    last = max(points[-1][0] for _, points in shown)
    ends = ", ".join(f"{name} {usd(points[-1][1])}" for name, points in shown)
    return d.Chart(
        kind="lines",
        title=title,
        summary=f"Monthly cost against users, both axes logarithmic. At {last:,} users: {ends}.",
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


def _ways(found: Comparison) -> d.Section:
    rows = [
        d.Row(
            cells=(
                one.architecture.name,
                one.architecture.title,
                *(_money(one.at(n)) for n in found.scales),
                one.architecture.stated or "-",
            ),
            tone="bad" if one.excluded else "",
        )
        for one in found.architectures
    ]
    blocks: list[d.Block] = [
        d.Table(
            columns=_columns(
                "Way",
                "Made of",
                *(f">{n:,} users" for n in found.scales),
                "Stated",
                grows="Made of",
                also="Stated",
            ),
            rows=tuple(rows),
            caption="USD a month, what is always free taken off.",
        )
    ]
    chart = _chart(
        "Ways to deploy: USD a month against users",
        [
            (one.architecture.name, [(p.users, p.total) for p in one.prices])
            for one in found.architectures
            if one.is_priced
        ],
    )
    if chart:
        blocks.append(chart)
    said = [
        f"`{one.architecture.name}` is ruled out: {'; '.join(one.excluded)}."
        for one in found.architectures
        if one.excluded
    ]
    for one in found.architectures:
        needs = list(dict.fromkeys(need for price in one.prices for need in price.needs))
        if needs:
            said.append(f"`{one.architecture.name}` is not priced: needs {'; '.join(needs)}.")
    said += [text for one in found.architectures if (text := _elsewhere(one, found))]
    said += [
        f"`{one.architecture.name}`: {one.architecture.note}"
        for one in found.architectures
        if one.architecture.note
    ]
    if said:
        blocks.append(d.Bullets(items=tuple(said)))
    return d.Section(title="Ways to deploy", blocks=tuple(blocks))


def _elsewhere(one: ArchitectureResult, found: Comparison) -> str:
    """Return what of a way is at the prices of another region, in words."""
    lines = one.at(found.users).elsewhere
    if not lines:
        return ""
    places = joined(sorted({line.region for line in lines}))
    what = joined(list(dict.fromkeys(line.what for line in lines)))
    return (
        f"`{one.architecture.name}`: {usd(sum((x.amount for x in lines), Decimal(0)))} of it at "
        f"{users(found.users)} is at prices of {places}, as those of {found.region} are not known: "
        f"{what}."
    )


def _available(one: ArchitectureResult) -> str:
    known = one.availability
    if known.unpromised:
        return "not promised"
    if known.percent == 100:
        return "not known"
    text = f"{known.percent.quantize(Decimal('0.001')).normalize()} %"
    return f"at most {text}" if known.unknown else text


def _at(found: Comparison) -> d.Section:
    rows, notes = [], []
    for one in found.architectures:
        price = one.at(found.users)
        name = one.architecture.name
        reach = one.reaches[0] if one.reaches else None
        rows.append(
            d.Row(
                cells=(
                    name,
                    usd(price.list_total) if price.is_priced else "not priced",
                    usd(price.total) if price.is_priced else "-",
                    usd(price.first_year) if price.is_priced else "-",
                    _available(one),
                    ", ".join(one.availability.single_points) or "none found",
                    f"{reach.users:,}" if reach else "far off",
                ),
                tone="bad" if one.excluded else "",
            )
        )
        parts = []
        if one.availability.unknown:
            parts.append(f"no promise is known of {joined(list(one.availability.unknown))}")
        if one.availability.unpromised:
            named = joined(list(one.availability.unpromised))
            parts.append(f"its vendor promises no availability of {named}")
        if reach:
            parts.append(f"first limit: {reach.what} ({reach.source})")
        parts += [
            f"{line.what} would add {usd(line.amount)}" + (f" ({line.note})" if line.note else "")
            for line in price.optional
        ]
        if one.architecture.duties:
            parts.append(f"duties: {', '.join(one.architecture.duties)}")
        if parts:
            notes.append(f"`{name}`: {'; '.join(parts)}.")
    credit = [
        f"`{one.architecture.name}` {CREDIT / one.at(found.users).total:.1f} months"
        for one in found.architectures
        if one.at(found.users).total > 0
        and any(line.price_key.startswith("aws.") for line in one.at(found.users).lines)
    ]
    blocks: list[d.Block] = [
        d.Table(
            columns=_columns(
                "Way",
                ">List",
                ">Always free off",
                ">12 months off",
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
    return d.Section(title=f"At {users(found.users)}", blocks=tuple(blocks))


def _scores(found: Comparison) -> d.Section:
    names = [name for name, _ in found.weights]
    ranked = sorted(
        found.architectures, key=lambda one: (one.score is None, -(one.score or Decimal(0)))
    )
    rows = [
        d.Row(
            cells=(
                one.architecture.name,
                *(f"{dict(one.scores)[name]:.1f}" if one.scores else "-" for name in names),
                f"{one.score:.1f}" if one.score is not None else "out",
                one.architecture.rating or "-",
            )
        )
        for one in ranked
    ]
    weights = d.Row(
        cells=("weight", *(str(weight) for _, weight in found.weights), "", ""), tone="total"
    )
    return d.Section(
        title="Scores",
        blocks=(
            d.Table(
                columns=_columns(
                    "Way", *(f">{name.capitalize()}" for name in names), ">Score", ">Stated score"
                ),
                rows=(*rows, weights),
            ),
            d.Paragraph(
                text="From 0 to 10. Out: ruled out, not priced, or beyond a limit at this scale. A "
                "way that has a hard need only in part comes after all that have it in full. "
                "Change the weights in the model file: `options: {weights: {cost: 40}}`.",
                tone="note",
            ),
        ),
    )


def _way_on(found: Comparison) -> d.Section:
    blocks: list[d.Block] = []
    if found.phases:
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
            for phase in found.phases
        ]
        blocks.append(
            d.Table(
                columns=_columns(
                    ">From users",
                    "Way",
                    ">USD a month",
                    ">Switch, USD once",
                    "What moving takes",
                    grows="What moving takes",
                ),
                rows=tuple(rows),
                caption="The cheapest that is allowed and within its limits. A switch is the old "
                "way running beside the new one, and reading, writing and sending the data.",
            )
        )
    out = {one.architecture.name for one in found.architectures if one.excluded}
    flips = [
        f"From {flip.users:,} users on `{flip.above}` is cheaper than `{flip.below}`"
        + (", but it is ruled out." if flip.above in out else ".")
        for flip in found.flips
    ]
    blocks.append(
        d.Bullets(items=tuple(flips))
        if flips
        else d.Paragraph(
            text=f"No other way crosses the chosen one's cost between {found.scales[0]:,} and "
            f"{found.scales[-1]:,} users.",
            tone="note",
        )
    )
    return d.Section(title="The way from phase to phase", blocks=tuple(blocks))


def _moving(phase: Phase) -> str:
    """Return what moving to a way takes, in words."""
    said = [phase.switch]
    both = f"Both for {_figure(phase.days)} days: {usd(phase.overlap_usd)}"
    move = phase.move
    if move is None:
        return " ".join((*said, f"{both}; what data moves is not known."))
    if not move.items:
        return " ".join((*said, f"{both}; the data stays where it is."))
    data = f"{move.items:,.0f} items of {_figure(move.data_bytes / GB)} GB move"
    costs = [f"{line.what} {usd(line.amount)}" for line in move.lines]
    said.append(f"{both}. {data}: {', '.join(costs) or 'nothing is charged apart'}.")
    if move.not_priced:
        said.append(f"Not priced: {'; '.join(move.not_priced)}.")
    return " ".join(said)


def _shown(found: Comparison) -> list[OfferingResult]:
    """Return the offerings that a way to deploy uses; the best known ones beside a single one."""
    used = {one.architecture.offering for one in found.architectures}
    if len(used) < 3:
        used |= {"dynamodb", "atlas-dedicated", "aurora-postgresql"}
    return [one for one in found.offerings if one.offering.name in used]


def _requirements(found: Comparison, *, evidence: bool) -> d.Section:
    shown = _shown(found)
    wanted = {r.need: r.wanted for one in shown for r in one.requirements}
    rows = [
        d.Row(cells=(need.replace("_", " "), said, *(_cell(one, need) for one in shown)))
        for need, said in wanted.items()
    ]
    titles = [one.offering.title for one in shown]
    blocks: list[d.Block] = [
        d.Table(columns=_columns("Need", "Wanted", *titles, grows="Wanted"), rows=tuple(rows)),
        d.Paragraph(
            text="A need that begins with yes is hard: without it an offering is out. * written "
            "from the manual as it is known and not read again; such a cell never rules anything "
            "out. ? nothing is known.",
            tone="note",
        ),
    ]
    if evidence:
        sources = tuple(
            f"{one.offering.title}, {r.need.replace('_', ' ')}: {r.cell.value}"
            + (f", {r.cell.note}" if r.cell.note else "")
            + f" ({r.cell.source}, {r.cell.as_of})."
            for one in shown
            for r in one.requirements
            if r.cell
        )
        blocks.append(
            d.Fold(summary="Where each cell comes from", blocks=(d.Bullets(items=sources),))
        )
    return d.Section(title="Requirements", blocks=tuple(blocks))


def _cell(one: OfferingResult, need: str) -> str:
    held = next((r for r in one.requirements if r.need == need), None)
    if held is None or held.cell is None:
        return "?"
    mark = held.cell.value if need == "sla" else _MARKS[held.result]
    return mark + ("" if held.cell.read else "*") + (" (out)" if held.excludes else "")


def _checks(found: Comparison) -> d.Section:
    rows = [
        d.Row(
            cells=(
                check.claim,
                check.what + (f" ({check.note})" if check.note else ""),
                _band(check.low, check.high),
                "-" if check.computed is None else _figure(check.computed),
                check.verdict,
                (check.whole if check.decides else f"{check.whole} (this figure stands beside)")
                or "computed elsewhere",
            ),
            tone="good" if check.whole == "holds" else "",
        )
        for check in found.checks
    ]
    return d.Section(
        title="Claims about prices and architectures",
        blocks=(
            d.Table(
                columns=_columns(
                    "Claim", "What", ">Claimed", ">Computed", "Verdict", "Whole claim", grows="What"
                ),
                rows=tuple(rows),
                caption="Single figures of claims. A claim holds as a whole if every figure that "
                "decides it does; where none is computed the verdict is that of the file.",
            ),
        ),
    )


def _band(low: Decimal, high: Decimal | None) -> str:
    if high is None:
        return f"at least {_figure(low)}"
    return _figure(low) if low == high else f"{_figure(low)} to {_figure(high)}"


def _figure(value: Decimal) -> str:
    """Return a figure of any unit: cents from one on, four digits below.

    Example:
        >>> _figure(Decimal("18.02005")), _figure(Decimal("0.0123425")), _figure(Decimal("5E+3"))
        ('18.02', '0.01234', '5,000')
    """
    if value == value.to_integral_value():
        return f"{int(value):,}"
    if abs(value) >= 1:
        return f"{value:,.2f}"
    return f"{float(value):.4g}"


def _workload(found: Comparison) -> d.Section:
    rows = [d.Row(cells=(name, _figure(value), why)) for name, value, why in found.workload]
    return d.Section(
        title="The workload",
        blocks=(
            d.Table(columns=_columns("Figure", ">Value", "From", grows="From"), rows=tuple(rows)),
            d.Paragraph(
                text="Set them in the model file: `options: {workload: {function_mb: 512}}`.",
                tone="note",
            ),
        ),
    )


def _line_name(line: Line, way: str) -> str:
    """Return what a line is of; one of the database with its table and access pattern."""
    if line.where == way:
        return line.what
    named = [one for one in (line.resource or line.where, line.pattern, line.what) if one]
    return " · ".join(dict.fromkeys(named))


def _lines(found: Comparison) -> d.Section:
    sections = []
    for one in found.architectures:
        price = one.at(found.users)
        rows = [
            d.Row(
                cells=(
                    _line_name(line, one.architecture.name)
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
        table = d.Table(
            columns=_columns("What", ">Per month", ">Unit price", ">USD a month", grows="What"),
            rows=tuple(rows),
        )
        sections.append(d.Section(title=one.architecture.name, blocks=(table,)))
    return d.Section(title=f"Every line at {users(found.users)}", blocks=tuple(sections))
