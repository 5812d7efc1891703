"""Put views into words: each verb's answer as a document of paragraphs, tables and charts.

In: views. Out: documents, which text, Markdown and HTML write alike. Figures are formatted here
and nowhere later; nothing is computed here beyond choosing what to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.evaluation.values import UnitUse
from tablewright.reports import charts
from tablewright.reports.compare_pages import compare_sections
from tablewright.reports.document import (
    Block,
    Bullets,
    Card,
    Chart,
    Code,
    Column,
    Document,
    Fold,
    Paragraph,
    Picture,
    Row,
    Section,
    Table,
    Tile,
    Tiles,
)
from tablewright.reports.proofs import proof_section, proof_sentence
from tablewright.reports.snippets import snippet
from tablewright.reports.views import (
    CheckView,
    CostRow,
    CostView,
    DesignView,
    DiffView,
    ExplainView,
    MoneyChange,
    PatternCost,
    ReportView,
    RuleView,
    ScalesView,
    best_path,
    shown_resource,
)
from tablewright.reports.words import (
    cents,
    count,
    ended,
    joined,
    listed,
    per_user,
    percent,
    plural,
    price,
    quantity,
    sentence,
    size,
    unit_mean,
    units,
    usd,
    usd_change,
    users,
)
from tablewright.review.advisory import Stop
from tablewright.review.assessment import Influence, TargetResult, Verdict
from tablewright.review.findings import Finding, Level, Mend
from tablewright.review.grade import ReportCard

CENT = Decimal("0.01")
_HOW_GRADED = (
    "A finding takes off 40 (critical), 20 (high), 8 (medium) or 3 (low) points, times e, how much "
    "of the traffic, cost or data it touches, times c, how sure it is when assumed figures are "
    "halved and doubled; each repetition of a rule counts half of the one before."
)
_LEVELS = (Level.CRITICAL, Level.HIGH, Level.MEDIUM, Level.LOW, Level.INFO)


def cost_page(view: CostView) -> Document:
    """Return the bill of one design at one scale."""
    said = (view.engine, view.region, view.mode, f"prices of {view.prices_as_of}")
    heading = " · ".join(part for part in said if part)
    sized = () if view.engine == "dynamodb" else view.assumptions
    footer = []
    if view.left_out:
        footer.append(f"Left out: {', '.join(view.left_out)}.")
    footer.append(_precision(view))
    if view.by != "pattern":
        footer.append("By pattern: --by pattern.")
    footer.append("Why: tablewright report.")
    return Document(
        title=f"{view.app} · {view.design} · {users(view.users)}",
        heading=heading,
        blocks=(
            _bill_table(view.rows, view.usd_per_month, view.by),
            *(Paragraph(text=sentence(text), tone="bad") for text in view.warnings),
            *(Paragraph(text=sentence(text)) for text in sized),
            Paragraph(text=" ".join(footer), tone="note"),
        ),
    )


def scales_page(view: ScalesView) -> Document:
    """Return what every design costs at every scale."""
    blocks: list[Block] = [_scales_table(view), *_crossing_paragraphs(view)]
    if view.left_out:
        blocks.append(Paragraph(text=f"Left out: {', '.join(view.left_out)}.", tone="note"))
    blocks.append(Paragraph(text="Line by line: --users N. By pattern: --by pattern.", tone="note"))
    return Document(
        title=f"{view.app} · USD a month",
        heading=f"{view.region} · prices of {view.prices_as_of}",
        blocks=tuple(blocks),
    )


def check_page(view: CheckView) -> Document:
    """Return whether targets are met, and the report cards in short."""
    blocks: list[Block] = []
    for design in view.designs:
        inner: list[Block] = []
        if design.targets:
            inner.append(_targets_table(design.targets))
        if design.card is not None:
            inner += _short_card(design.card)
        title = f"{design.name} · {design.engine} · {usd(design.cost.usd_per_month)} USD a month"
        if design.card is not None:
            title += f" · grade {design.card.grade}"
        blocks.append(Section(title=title, blocks=tuple(inner)))
    if view.missed:
        names = "; ".join(
            f"{t.name.replace('_', ' ')} of {t.design}"
            + (f" at {users(t.users)}" if t.users else "")
            for t in view.missed
        )
        verdict = Paragraph(text=f"Missed: {names}.", tone="bad")
    else:
        verdict = Paragraph(text="No target is missed.", tone="good")
    if view.unchecked:
        others = joined([f"`{name}`" for name in view.unchecked])
        blocks.append(
            Paragraph(text=f"Not checked: {others}. Use --design NAME, or --all.", tone="note")
        )
    return Document(
        title=f"{view.app}: the model is valid",
        heading=f"{plural(view.entities, 'entity', 'entities')} · "
        f"{plural(view.patterns, 'access pattern')} · reviewed at {users(view.users)}",
        blocks=(*blocks, verdict),
    )


def explain_page(view: ExplainView, language: str = "python") -> Document:
    """Return the route of a pattern as requests to paste, with the arithmetic of each unit."""
    cost = view.pattern
    route = cost.route
    head = f"{view.design} · {users(view.users)} · {count(cost.calls_per_month)} calls a month"
    if not route.is_served:
        return Document(
            title=_pattern_title(cost),
            heading=head,
            blocks=(
                Paragraph(text=f"The design cannot serve this pattern: {route.cannot}", tone="bad"),
                *_rejected_blocks(cost),
            ),
        )
    blocks: list[Block] = [Paragraph(text=_route_sentence(cost), tone="lead")]
    if language == "python" and any(request.template for request in view.requests):
        opening = f'import boto3\n\nclient = boto3.client("dynamodb", region_name="{view.region}")'
        blocks.append(Code(text=opening, language=language))
    for number, request in enumerate(view.requests, 1):
        inner: list[Block] = []
        if request.note:
            inner.append(Paragraph(text=sentence(request.note)))
        if request.template:
            inner.append(Code(text=snippet(request, language), language=language))
        if request.uses:
            inner.append(_uses_table(request.uses))
        times = "" if request.calls == 1 else f", {units(request.calls)} times"
        title = f"{number}. {request.operation} {shown_resource(request.target)}{times}"
        blocks.append(Section(title=title, blocks=tuple(inner)))
    if view.price_lines:
        blocks.append(
            Section(
                title="A month",
                blocks=(_bill_table(view.price_lines, cost.usd_per_month, "line"),),
            )
        )
    blocks += _rejected_blocks(cost)
    blocks += [Paragraph(text=sentence(text), tone="medium") for text in route.warnings]
    return Document(title=_pattern_title(cost), heading=head, blocks=tuple(blocks))


def rule_page(view: RuleView) -> Document:
    """Return a rule: what it checks, why, what mends it, where that is written."""
    rows = [
        ("fires", view.check),
        ("needs", ", ".join(view.needs)),
        ("why", sentence(view.why)),
        ("mend", sentence(view.mend)),
        ("effect", view.effect),
        ("note", sentence(view.note)),
    ]
    blocks: list[Block] = [
        Card(
            label=view.level,
            tone=view.level,
            title=f"for each {view.subject}, in {view.category}",
            rows=tuple((name, text) for name, text in rows if text),
        )
    ]
    if view.sources:
        blocks.append(Section(title="Sources", blocks=(Bullets(items=view.sources),)))
    return Document(title=f"{view.id} {view.title}", blocks=tuple(blocks))


def diff_page(view: DiffView) -> Document:
    """Return what changes between two designs, and what that does to the bill."""
    change = view.total.change
    if change == 0:
        answer = f"Both cost {usd(view.total.after)} USD a month."
    else:
        share = f" ({percent(abs(change) / view.total.before)})" if view.total.before else ""
        less = "less" if change < 0 else "more"
        answer = (
            f"{view.after} costs {usd(view.total.after)} USD a month instead of "
            f"{usd(view.total.before)}: {usd(abs(change))} {less}{share}."
        )
    rows = tuple(
        Row(cells=(d.subject, d.what, d.before or "none", d.after or "none"))
        for d in view.differences
    )
    blocks: list[Block] = [Paragraph(text=answer, tone="lead")]
    if rows:
        blocks.append(
            Table(
                columns=(
                    Column(title="Where"),
                    Column(title="What"),
                    Column(title=view.before, grows=True),
                    Column(title=view.after, grows=True),
                ),
                rows=rows,
                caption="Changes",
            )
        )
    else:
        blocks.append(Paragraph(text="The designs are the same."))
    blocks.append(_money_table("Pattern", view.by_pattern, view.total))
    blocks.append(_money_table("Resource", view.by_resource, view.total))
    return Document(
        title=f"{view.before} → {view.after} · {users(view.users)}",
        heading=f"{view.region} · prices of {view.prices_as_of}",
        blocks=tuple(blocks),
    )


def report_page(view: ReportView) -> Document:
    """Return the whole report: the answer, the evidence, the assumptions, what is left out."""
    blocks: list[Block] = [
        Section(
            title="The answer",
            anchor="answer",
            blocks=(
                *(Paragraph(text=text, tone="lead") for text in answer(view)),
                Tiles(items=_tiles(view)),
            ),
        ),
        _cost_section(view),
    ]
    blocks += [_design_section(design) for design in view.designs]
    blocks += [proof_section(one) for one in view.proofs]
    if view.comparison is not None:
        sections = compare_sections(view.comparison)
        blocks.append(
            Section(title="Engines and ways to deploy", anchor="compare", blocks=sections)
        )
    if view.verdicts:
        blocks.append(_claims_section(view.verdicts))
    blocks.append(_assumptions_section(view))
    blocks.append(_fine_print(view))
    return Document(
        title=view.title,
        heading=f"{view.region} · {users(view.users)} · prices of {view.scales.prices_as_of} · "
        f"{plural(view.entities, 'entity', 'entities')}, "
        f"{plural(view.pattern_count, 'access pattern')}, {plural(len(view.designs), 'design')}",
        blocks=tuple(blocks),
    )


def answer_page(view: ReportView) -> Document:
    """Return only the answer."""
    paragraphs = tuple(Paragraph(text=text) for text in answer(view))
    return Document(title=f"{view.title} · {users(view.users)}", blocks=paragraphs)


def answer(view: ReportView) -> tuple[str, ...]:
    """Return the three sentences that matter: what it costs, what is wrong, what mending saves.

    Where a design was proved, the third is about the proof, and the first says what is wrong too.
    """
    if not view.designs:
        return ("The model has no design yet, so there is nothing to price.",)
    first = view.designs[0]
    cost = _cost_clause(view, first)
    fault = _fault_clause(first, first.card) if first.card is not None else ""
    mend = _mend_sentence(view, first)
    proved = " ".join(proof_sentence(one) for one in view.proofs)
    brief = fault.partition("; the first is ")[0]
    said = [f"{cost}; it {brief}", mend, proved] if proved and fault else [cost, mend, proved]
    if fault and not proved:
        said.insert(1, f"It {fault}")
    return tuple(ended(text) for text in said if text)


def _tiles(view: ReportView) -> tuple[Tile, ...]:
    if not view.designs:
        return ()
    first = view.designs[0]
    missed = any(t.met is False and t.name == "monthly_cost" for t in first.targets)
    tiles = [
        Tile(
            label=f"design {first.name}",
            figure=usd(first.cost.usd_per_month),
            note="USD a month",
            tone="bad" if missed else "",
        )
    ]
    if first.card is not None:
        found = sum(first.card.count(level) for level in _LEVELS[:4])
        tiles.append(
            Tile(label="Report card", figure=first.card.grade, note=plural(found, "finding"))
        )
    path = best_path(first.card)
    if path:
        tiles.append(
            Tile(
                label=f"after {plural(len(path), 'mend')}",
                figure=usd(path[-1].usd_per_month),
                note=f"USD a month, grade {path[-1].letter}",
                tone="good",
            )
        )
    tiles += [
        Tile(
            label=f"design {other.name}",
            figure=usd(other.cost.usd_per_month),
            note="USD a month" + (f", grade {other.card.grade}" if other.card else ""),
            tone="good" if other.cost.usd_per_month < first.cost.usd_per_month else "",
        )
        for other in view.designs[1:3]
    ]
    return tuple(tiles)


def _cost_clause(view: ReportView, design: DesignView) -> str:
    cost = design.cost.usd_per_month
    text = (
        f"At {users(view.users)} the design `{design.name}` costs {usd(cost)} USD a month in "
        f"{design.cost.region}, {per_user(cost / view.users)} for each user"
    )
    dearest = next((p for p in design.patterns if p.usd_per_month > 0), None)
    row = max(design.cost.rows, key=lambda r: r.usd_per_month, default=None)
    if row is not None and (dearest is None or dearest.usd_per_month < row.usd_per_month):
        text += (
            f"; the largest part is {row.what} of {row.where} with {usd(row.usd_per_month)} "
            f"({percent(row.share)})"
        )
    elif dearest is not None:
        text += (
            f"; `{dearest.pattern}` alone takes {usd(dearest.usd_per_month)} "
            f"({percent(dearest.share)})"
        )
    return text


def _fault_clause(design: DesignView, card: ReportCard) -> str:
    counts = [f"{card.count(level)} {level}" for level in _LEVELS[:3] if card.count(level)]
    text = f"is graded {card.grade}"
    if not counts:
        return f"{text}: nothing above a low finding"
    worst = card.findings[0]
    noun = "finding" if sum(card.count(level) for level in _LEVELS[:3]) == 1 else "findings"
    return (
        f"{text}, with {joined(counts)} {noun}; the first is on {_subject(worst.subject)}: "
        f"{worst.title[0].lower()}{worst.title[1:].rstrip('.')}"
    )


def _mend_sentence(view: ReportView, design: DesignView) -> str:
    parts = []
    path = best_path(design.card)
    if path:
        last = path[-1]
        saving = design.saving
        many = "" if len(path) > 1 else "s"
        what = f"save{many} {usd(saving)}" if saving >= 0 else f"cost{many} {usd(-saving)} more"
        parts.append(
            f"{plural(len(path), 'mend')} {what} USD a month and lead{many} to grade {last.letter}"
        )
    others = [
        d
        for d in view.designs[1:]
        if d.engine == design.engine and d.cost.usd_per_month < design.cost.usd_per_month
    ]  # another engine is not a mend: `compare` weighs what it lacks
    if others:
        best = min(others, key=lambda d: d.cost.usd_per_month)
        saved = design.cost.usd_per_month - best.cost.usd_per_month
        graded = f", graded {best.card.grade}," if best.card is not None else ""
        parts.append(
            f"the design `{best.name}`{graded} costs {usd(best.cost.usd_per_month)}: "
            f"{usd(saved)} less ({percent(saved / design.cost.usd_per_month)})"
        )
    return sentence("; ".join(parts)) if parts else ""


def _cost_section(view: ReportView) -> Section:
    blocks: list[Block] = []
    chart = charts.cost_against_users(view.scales)
    if chart is not None:
        blocks.append(chart)
    blocks += [_scales_table(view.scales), *_crossing_paragraphs(view.scales)]
    return Section(title="What it costs, by users", anchor="cost", blocks=tuple(blocks))


def _scales_table(view: ScalesView) -> Table:
    scales = list(dict.fromkeys(at for curve in view.curves for at, _ in curve.points))
    by_design = {curve.design: dict(curve.points) for curve in view.curves}
    rows = []
    for at in sorted(scales):
        cells = [f"{at:,}"]
        for curve in view.curves:
            cost = by_design[curve.design].get(at)
            cells += ["", ""] if cost is None else [usd(cost), per_user(cost / at)]
        rows.append(Row(cells=tuple(cells)))
    columns = [Column(title="Users", right=True)]
    for curve in view.curves:
        columns += [
            Column(title=curve.design, right=True),
            Column(title="per user", right=True),
        ]
    return Table(columns=tuple(columns), rows=tuple(rows))


def _crossing_paragraphs(view: ScalesView) -> list[Paragraph]:
    found = [
        Paragraph(
            text=f"`{c.cheaper_below}` is cheaper below about {users(c.users)}, "
            f"`{c.cheaper_above}` above."
        )
        for c in view.crossings
    ]
    if not found and len(view.curves) > 1:
        cheapest = min(view.curves, key=lambda c: c.points[-1][1])
        found.append(Paragraph(text=f"The curves do not cross: `{cheapest.design}` stays below."))
    return found


def _design_section(design: DesignView) -> Section:
    title = f"Design {design.name}" + (f": {design.title}" if design.title else "")
    blocks: list[Block] = [_picture_section(design)]
    if design.targets:
        blocks.append(Section(title="Targets", blocks=(_targets_table(design.targets),)))
    if design.card is not None:
        blocks += _card_sections(design.card, design)
    blocks.append(_bill_section(design))
    blocks.append(_routes_section(design))
    if design.indexes:
        blocks.append(_index_section(design))
    if design.sizes:
        blocks.append(_size_section(design))
    return Section(title=title, anchor=f"design-{design.name}", blocks=tuple(blocks))


def _picture_section(design: DesignView) -> Section:
    return Section(
        title="Tables, keys and indexes",
        blocks=(Picture(design=design.picture),),
        anchor=f"picture-{design.name}",
    )


def _bill_section(design: DesignView) -> Section:
    total = design.cost.usd_per_month
    by_pattern = tuple(
        Row(
            cells=(
                p.pattern,
                count(p.calls_per_month),
                cents(p.usd_per_month, total),
                percent(p.share),
            )
        )
        for p in design.patterns
        if p.usd_per_month
    )
    blocks: list[Block] = []
    blocks.append(
        _charted(
            charts.bill_by_pattern(design),
            Table(
                columns=(
                    Column(title="Access pattern"),
                    Column(title="Calls/month", right=True),
                    Column(title="USD/month", right=True),
                    Column(title="Share", right=True),
                ),
                rows=by_pattern,
                caption="By access pattern",
            ),
        )
    )
    blocks.append(
        _charted(
            charts.bill_by_resource(design),
            Table(
                columns=(
                    Column(title="Resource"),
                    Column(title="USD/month", right=True),
                    Column(title="Share", right=True),
                ),
                rows=(
                    *(
                        Row(cells=(row.where, cents(row.usd_per_month, total), percent(row.share)))
                        for row in design.resources
                    ),
                    Row(cells=("Total", usd(total), ""), tone="total"),
                ),
                caption="By table and index",
            ),
        )
    )
    blocks.append(
        Fold(
            summary="Every line of the bill",
            blocks=(
                _bill_table(design.cost.rows, total, "line"),
                Paragraph(text=_precision(design.cost), tone="note"),
            ),
        )
    )
    return Section(title="The bill", anchor=f"bill-{design.name}", blocks=tuple(blocks))


def _charted(chart: Chart | None, table: Table) -> Chart | Table:
    """Return a chart that carries its table, or the table where nothing is to be drawn."""
    return table if chart is None else replace(chart, table=table)


def _routes_section(design: DesignView) -> Section:
    ordered = sorted(design.patterns, key=lambda p: (p.label == "", _label_key(p.label), p.pattern))
    rows = tuple(
        Row(
            cells=(
                p.label,
                p.pattern,
                route_text(p),
                unit_mean(p.route.units("read").mean),
                unit_mean(p.route.units("write").mean),
            ),
            tone="" if p.route.is_served else "bad",
        )
        for p in ordered
    )
    columns = [
        Column(title="Id"),
        Column(title="Access pattern"),
        Column(title="Requests", grows=True),
        Column(title="Read units", right=True),
        Column(title="Write units", right=True),
    ]
    if not any(row.cells[0] for row in rows):
        columns = columns[1:]
        rows = tuple(Row(cells=row.cells[1:], tone=row.tone) for row in rows)
    blocks: list[Block] = [
        Table(columns=tuple(columns), rows=rows),
        Paragraph(
            text="Units are means of one call, all tables and indexes together.", tone="note"
        ),
    ]
    warnings = tuple(f"`{p.pattern}`: {text}" for p in ordered for text in p.route.warnings)
    if warnings:
        blocks.append(Bullets(items=warnings))
    blocks.append(_arithmetic_fold(ordered))
    if any(p.route.rejected for p in ordered):
        blocks.append(_rejected_fold(ordered))
    return Section(
        title="How each access pattern is answered",
        anchor=f"routes-{design.name}",
        blocks=tuple(blocks),
    )


def _arithmetic_fold(patterns: Sequence[PatternCost]) -> Fold:
    rows = []
    for cost in patterns:
        name = cost.pattern
        for request in cost.route.requests:
            for use in request.uses:
                cells = (
                    name,
                    request.operation,
                    shown_resource(use.resource),
                    f"{units(use.units.mean)} {use.dimension}",
                    use.why,
                )
                rows.append(Row(cells=cells))
                name = ""
    return Fold(
        summary="The arithmetic of every unit",
        blocks=(
            Table(
                columns=(
                    Column(title="Access pattern"),
                    Column(title="Request"),
                    Column(title="Takes from"),
                    Column(title="Units", right=True),
                    Column(title="Because", grows=True),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _rejected_fold(patterns: Sequence[PatternCost]) -> Fold:
    rows = []
    for cost in patterns:
        name = cost.pattern
        for one in cost.route.rejected:
            rows.append(Row(cells=(name, one.route, one.reason)))
            name = ""
    return Fold(
        summary="Why no other route",
        blocks=(
            Table(
                columns=(
                    Column(title="Access pattern"),
                    Column(title="Not taken", grows=True),
                    Column(title="Because", grows=True),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _index_section(design: DesignView) -> Section:
    whole = design.cost.usd_per_month
    chart = charts.index_costs(design)
    blocks: list[Block] = [] if chart is None else [chart]
    blocks.append(
        Table(
            columns=(
                Column(title="Index"),
                Column(title="Upkeep", right=True),
                Column(title="Storage", right=True),
                Column(title="Reads", right=True),
                Column(title="USD/month", right=True),
                Column(title="Read by", grows=True),
            ),
            rows=tuple(
                Row(
                    cells=(
                        one.index,
                        cents(one.writes, whole),
                        cents(one.storage + one.other, whole),
                        cents(one.reads, whole),
                        cents(one.total, whole),
                        listed(one.read_by) or "nothing",
                    ),
                    tone="" if one.read_by else "bad",
                )
                for one in design.indexes
            ),
        )
    )
    return Section(title="What each index costs against what reads it", blocks=tuple(blocks))


def _size_section(design: DesignView) -> Section:
    blocks: list[Block] = []
    chart = charts.item_sizes(design)
    if chart is not None:
        blocks.append(chart)
    blocks.append(
        Table(
            columns=(
                Column(title="Table"),
                Column(title="Item"),
                Column(title="Items", right=True),
                Column(title="Mean", right=True),
                Column(title="Median", right=True),
                Column(title="99 %", right=True),
                Column(title="Largest", right=True),
                Column(title="Of 400 KB", right=True),
            ),
            rows=tuple(
                Row(
                    cells=(
                        one.resource,
                        one.shape,
                        count(one.count),
                        size(one.mean_bytes.quantize(Decimal(1))),
                        size(one.p50),
                        size(one.p99),
                        size(one.largest),
                        percent(Decimal(one.largest) / MAX_ITEM_BYTES),
                    ),
                    tone="bad" if one.largest > MAX_ITEM_BYTES else "",
                )
                for one in design.sizes
            ),
        )
    )
    return Section(title="Item sizes against the 400 KB limit", blocks=tuple(blocks))


def _card_sections(card: ReportCard, design: DesignView) -> list[Block]:
    sections: list[Block] = [
        Section(
            title=f"Report card: {card.grade}",
            anchor=f"grade-{design.name}",
            blocks=(
                Paragraph(text=_grade_sentence(card)),
                _grades_table(card),
                Paragraph(text=_HOW_GRADED, tone="note"),
                *(Paragraph(text=sentence(note), tone="note") for note in card.notes),
            ),
        )
    ]
    shown = [f for f in card.findings if f.level is not Level.INFO]
    remarks = [f for f in card.findings if f.level is Level.INFO]
    if card.findings or card.accepted:
        blocks: list[Block] = [finding_card(f) for f in shown]
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
    if card.path:
        sections.append(_path_section(card, design))
    if card.advisory is not None:
        sections.append(_advisory_section(card))
    if card.unassessed:
        sections.append(_unassessed_section(card))
    return sections


def _grade_sentence(card: ReportCard) -> str:
    text = (
        f"Score {_score(card.score)} of 100 at {users(card.users)}; "
        f"{percent(card.coverage)} of what applies could be assessed"
    )
    if card.cap:
        text += f" ({card.cap})"
    return text + "."


def _grades_table(card: ReportCard) -> Table:
    return Table(
        columns=(
            Column(title="Category"),
            Column(title="Grade"),
            Column(title="Score", right=True),
            Column(title="Weight", right=True),
            Column(title="Because", grows=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    c.title,
                    c.letter,
                    _score(c.score),
                    count(c.weight),
                    "\n".join(c.line.partition(". ")[2].split("; ")) or "nothing found",
                )
            )
            for c in card.categories
        ),
    )


def finding_card(finding: Finding) -> Card:
    """Return a finding as a card: what, where, why, the mend and what it saves."""
    rows = [("because", ended(finding.evidence))]
    if finding.why:
        rows.append(("why", sentence(finding.why)))
    mend = finding.mend
    if mend is not None:
        rows.append(("mend", sentence(mend.text) + _worth(mend)))
        if mend.effect:
            rows.append(("effect", sentence(mend.effect)))
        rows += [("not", sentence(reason)) for reason in mend.rejected]
    if finding.consequences:
        rows.append(("with it", ", ".join(finding.consequences)))
    if finding.accepted:
        rows.append(("accepted", sentence(finding.accepted)))
    return Card(
        label=str(finding.level),
        tone=str(finding.level),
        title=f"{finding.rule} {finding.title} · {_subject(finding.subject)}",
        rows=tuple(rows),
    )


def _worth(mend: Mend) -> str:
    """Return what a mend saves and costs, a cent at least."""
    saves, once = mend.saves_per_month, mend.cost_once
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
                _score(card.score),
                usd(design.cost.usd_per_month),
            )
        )
    ]
    rows += [
        Row(
            cells=(
                str(number),
                sentence(step.text),
                ", ".join(step.rules),
                step.letter,
                _score(step.score),
                usd(step.usd_per_month),
            )
        )
        for number, step in enumerate(card.path, 1)
    ]
    return Section(
        title="Improvement path",
        anchor=f"path-{design.name}",
        blocks=(
            Table(
                columns=(
                    Column(title="", right=True),
                    Column(title="Step", grows=True),
                    Column(title="Mends", grows=True),
                    Column(title="Grade"),
                    Column(title="Score", right=True),
                    Column(title="USD/month", right=True),
                ),
                rows=tuple(rows),
            ),
            Paragraph(
                text="Each step is the mend that gains most for its effort; everything is priced "
                "and graded anew after it.",
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
                stop.sentence,
            )
        )
        for stop in card.advisory.stops
    )
    blocks: list[Block] = [
        Table(
            columns=(
                Column(title="Users", right=True),
                Column(title="USD/month", right=True),
                Column(title="One more user", right=True),
                Column(title="What to do", grows=True),
            ),
            rows=rows,
        )
    ]
    triggers = [t for t in card.advisory.triggers if t.users > 1]
    if triggers:
        blocks.append(
            Fold(
                summary=f"{plural(len(triggers), 'trigger')} with the number of users",
                blocks=(
                    Table(
                        columns=(
                            Column(title="From users", right=True),
                            Column(title="Level"),
                            Column(title="Rule"),
                            Column(title="Where", grows=True),
                            Column(title="Because", grows=True),
                        ),
                        rows=tuple(
                            Row(
                                cells=(
                                    f"{t.users:,}",
                                    str(t.level),
                                    t.rule,
                                    _subject(t.subject),
                                    t.evidence,
                                )
                            )
                            for t in triggers
                        ),
                    ),
                ),
            )
        )
    tightest = _headroom_rows(card.advisory.stops)
    if tightest:
        blocks.append(
            Table(
                columns=(
                    Column(title="Users", right=True),
                    Column(title="Limit", grows=True),
                    Column(title="Where"),
                    Column(title="Used", right=True),
                    Column(title="Of", right=True),
                    Column(title="Reached at", right=True),
                ),
                rows=tightest,
                caption="Tightest limit at each scale",
            )
        )
    return Section(title="With more users", blocks=tuple(blocks))


def _headroom_rows(stops: Sequence[Stop]) -> tuple[Row, ...]:
    return tuple(
        Row(
            cells=(
                f"{stop.users:,}",
                stop.headroom[0].limit,
                _subject(stop.headroom[0].subject),
                count(stop.headroom[0].used),
                count(stop.headroom[0].most),
                "never" if stop.headroom[0].users is None else f"{stop.headroom[0].users:,}",
            )
        )
        for stop in stops
        if stop.headroom
    )


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
                    Table(
                        columns=(
                            Column(title="Rule"),
                            Column(title="Where"),
                            Column(title="Missing", grows=True),
                        ),
                        rows=tuple(
                            Row(cells=(u.rule, _subject(u.subject), u.missing))
                            for u in card.unassessed
                        ),
                    ),
                ),
            ),
        ),
    )


def _short_card(card: ReportCard) -> list[Block]:
    counts = [f"{card.count(level)} {level}" for level in _LEVELS if card.count(level)]
    lines: list[Block] = [
        Paragraph(
            text=f"Grade {card.grade}. {_grade_sentence(card)} "
            f"Findings: {', '.join(counts) or 'none'}."
        )
    ]
    worst = [f for f in card.findings if f.level >= Level.MEDIUM]
    lines += [
        Card(
            label=str(f.level),
            tone=str(f.level),
            title=f"{f.rule} {f.title} · {_subject(f.subject)}",
            rows=(("mend", _short_mend(f)),) if f.mend is not None else (),
        )
        for f in worst
    ]
    return lines


def _short_mend(finding: Finding) -> str:
    assert finding.mend is not None
    return sentence(finding.mend.text) + _worth(replace(finding.mend, cost_once=None))


def _targets_table(targets: Sequence[TargetResult]) -> Table:
    verdicts = {True: "met", False: "missed", None: "not assessed"}
    tones = {True: "good", False: "bad", None: ""}
    return Table(
        columns=(
            Column(title="Target"),
            Column(title="Users", right=True),
            Column(title="Wanted", right=True),
            Column(title="Reached", right=True),
            Column(title=""),
        ),
        rows=tuple(
            Row(
                cells=(
                    target.name.replace("_", " "),
                    f"{target.users:,}" if target.users is not None else "",
                    _target_figure(target.name, target.wanted),
                    _target_figure(target.name, target.reached),
                    verdicts[target.met],
                ),
                tone=tones[target.met],
            )
            for target in targets
        ),
    )


def _target_figure(name: str, text: str) -> str:
    """Return a figure of a target; money is rounded like everywhere else."""
    if name != "monthly_cost":
        return text
    try:
        return usd(Decimal(text))
    except ArithmeticError:
        return text


def _claims_section(verdicts: Sequence[Verdict]) -> Section:
    tones = {"holds": "good", "does not hold": "bad"}
    rows = tuple(
        Row(
            cells=(
                v.claim.id,
                v.claim.says,
                _claimed(v),
                _in_unit(v.computed, v.unit) if v.computed is not None else "",
                v.verdict,
            ),
            tone=tones.get(v.verdict, ""),
        )
        for v in verdicts
    )
    explained = [v for v in verdicts if v.steps or v.reason or v.claim.answer]
    blocks: list[Block] = [
        Table(
            columns=(
                Column(title="Id"),
                Column(title="Claim", grows=True),
                Column(title="Claimed", right=True),
                Column(title="Computed", right=True),
                Column(title="Verdict"),
            ),
            rows=rows,
        )
    ]
    first = next((v for v in explained if v.claim.about == "monthly_cost" and v.steps), None)
    if first is not None:
        blocks.append(_claim_section(first))
    rest = [v for v in explained if v is not first]
    if rest:
        blocks.append(
            Fold(
                summary=f"{plural(len(rest), 'more claim')}, taken apart one by one",
                blocks=tuple(_claim_section(v) for v in rest),
            )
        )
    return Section(
        title="What was said, beside what is computed", anchor="claims", blocks=tuple(blocks)
    )


def _claim_section(verdict: Verdict) -> Section:
    claim = verdict.claim
    blocks: list[Block] = []
    if verdict.reason or claim.answer:
        blocks.append(Paragraph(text=sentence(verdict.reason or claim.answer)))
    if verdict.steps:
        rows = [Row(cells=("as claimed", "", _claimed(verdict)))]
        rows += [
            Row(
                cells=(
                    step.factor,
                    _signed(step.change, verdict.unit),
                    _in_unit(step.after, verdict.unit),
                )
            )
            for step in verdict.steps
        ]
        blocks.append(
            Table(
                columns=(
                    Column(title="What was forgotten", grows=True),
                    Column(title="Adds", right=True),
                    Column(title="Makes", right=True),
                ),
                rows=tuple(rows),
            )
        )
    return Section(title=f"{claim.id}: {claim.says}", blocks=tuple(blocks))


def _claimed(verdict: Verdict) -> str:
    low, high = verdict.claim.low, verdict.claim.high
    if low is None and high is None:
        return ""
    if low is not None and high is not None and low != high:
        start = _in_unit(low, verdict.unit).removesuffix(" %")
        return f"{start} to {_in_unit(high, verdict.unit)}"
    return _in_unit(low if low is not None else high, verdict.unit)


def _in_unit(value: Decimal | None, unit: str) -> str:
    if value is None:
        return ""
    if unit.startswith("USD"):
        return usd(value)
    if unit == "bytes":
        return size(value.quantize(Decimal(1)))
    if unit == "share":
        return percent(value)
    return count(value)


def _signed(value: Decimal, unit: str) -> str:
    text = _in_unit(value, unit)
    return f"+{text}" if value > 0 else text


def _assumptions_section(view: ReportView) -> Section:
    blocks: list[Block] = []
    for design in view.designs:
        if design.influences:
            blocks += _influences(design)
    named = {i.assumption.name for d in view.designs for i in _moving(d)}
    rest = [(where, text) for where, text in view.assumptions if where not in named]
    if rest:
        table = Table(
            columns=(Column(title="Where", grows=True), Column(title="Assumed", grows=True)),
            rows=tuple(Row(cells=(_place(where), text)) for where, text in rest),
        )
        without = " that move no figure above" if named else ""
        blocks.append(Fold(summary=plural(len(rest), "assumption") + without, blocks=(table,)))
    if not view.assumptions:
        blocks.append(Paragraph(text="No figure of the model is marked as assumed."))
    bills = tuple(dict.fromkeys(text for d in view.designs for text in d.cost.assumptions))
    if bills:
        blocks.append(Bullets(items=tuple(sentence(text) for text in bills)))
    return Section(title="Assumptions, by influence", anchor="assumptions", blocks=tuple(blocks))


def _influences(design: DesignView) -> list[Block]:
    """Return what moves the bill by a hundredth or more, and the rest folded away."""
    least = design.cost.usd_per_month / 100
    strong = [one for one in design.influences if one.swing >= least]
    weak = [one for one in _moving(design) if one.swing < least]
    blocks: list[Block] = []
    if strong:
        blocks.append(_influence_table(strong, f"USD a month of {design.name}"))
    if weak:
        more = "more " if strong else ""
        summary = f"{plural(len(weak), f'{more}assumption')} that each move {design.name} by less"
        blocks.append(Fold(summary=f"{summary} than 1 %", blocks=(_influence_table(weak, ""),)))
    return blocks


def _moving(design: DesignView) -> tuple[Influence, ...]:
    """Return the influences that can be seen: a cent, or a ten-thousandth of the bill."""
    least = min(Decimal("0.01"), design.cost.usd_per_month / 10_000)
    return tuple(one for one in design.influences if one.swing >= least)


def _influence_table(influences: Sequence[Influence], caption: str) -> Table:
    return Table(
        columns=(
            Column(title="Assumption", grows=True),
            Column(title="Assumed", grows=True),
            Column(title="If half", right=True),
            Column(title="As is", right=True),
            Column(title="If double", right=True),
            Column(title="Swing", right=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    _place(one.assumption.name),
                    one.assumption.text,
                    usd(one.halved),
                    usd(one.base),
                    usd(one.doubled),
                    cents(one.swing, one.base),
                )
            )
            for one in influences
        ),
        caption=caption,
    )


def _place(path: str) -> str:
    """Return the path of a figure without the words that say nothing."""
    path = path.removeprefix("entities.").removeprefix("patterns.")
    return path.replace(".attributes.", ".")


def _fine_print(view: ReportView) -> Section:
    items = [sentence(text) for text in view.left_out]
    blocks: list[Block] = []
    if items:
        blocks.append(Bullets(items=tuple(items)))
    samples = {_precision(design.cost) for design in view.designs}
    blocks += [Paragraph(text=text, tone="note") for text in sorted(samples)]
    blocks.append(
        Paragraph(
            text="Prices are without taxes and discounts; 1 GB is 1,024³ bytes, a month 730 hours.",
            tone="note",
        )
    )
    return Section(title="What is left out", anchor="left-out", blocks=tuple(blocks))


def _bill_table(rows: Sequence[CostRow], total: Decimal, by: str) -> Table:
    if by == "line":
        return Table(
            columns=(
                Column(title="Where"),
                Column(title="What", grows=True),
                Column(title="Per month", right=True),
                Column(title="Unit price", right=True),
                Column(title="USD/month", right=True),
            ),
            rows=(
                *(
                    Row(
                        cells=(
                            row.where,
                            row.what,
                            quantity(row.quantity, row.unit),
                            price(row.unit_price, row.per, row.unit),
                            cents(row.usd_per_month, total),
                        )
                    )
                    for row in rows
                ),
                Row(cells=("Total", "", "", "", usd(total)), tone="total"),
            ),
        )
    titles = {"pattern": "Access pattern", "resource": "Where", "dimension": "What"}
    return Table(
        columns=(
            Column(title=titles[by]),
            Column(title="USD/month", right=True),
            Column(title="Share", right=True),
        ),
        rows=(
            *(
                Row(
                    cells=(
                        row.where or "(no pattern: storage, unused capacity)",
                        cents(row.usd_per_month, total),
                        percent(row.share),
                    )
                )
                for row in rows
            ),
            Row(cells=("Total", usd(total), ""), tone="total"),
        ),
    )


def _money_table(title: str, changes: Sequence[MoneyChange], total: MoneyChange) -> Table:
    def row(one: MoneyChange, tone: str = "") -> Row:
        return Row(
            cells=(
                one.name or "(no pattern)",
                usd(one.before),
                usd(one.after),
                usd_change(one.change),
            ),
            tone=tone,
        )

    return Table(
        columns=(
            Column(title=title),
            Column(title="Before", right=True),
            Column(title="After", right=True),
            Column(title="USD/month", right=True),
        ),
        rows=(*(row(one) for one in changes), row(total, "total")),
    )


def _uses_table(uses: Sequence[UnitUse]) -> Table:
    return Table(
        columns=(
            Column(title="Takes from"),
            Column(title="Units", right=True),
            Column(title=""),
            Column(title="Because", grows=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    shown_resource(use.resource),
                    units(use.units.mean),
                    use.dimension,
                    use.why,
                )
            )
            for use in uses
        ),
    )


def _rejected_blocks(cost: PatternCost) -> list[Block]:
    if not cost.route.rejected:
        return []
    return [Section(title="Why no other route", blocks=(_rejected_table(cost),))]


def _rejected_table(cost: PatternCost) -> Table:
    return Table(
        columns=(Column(title="Not taken", grows=True), Column(title="Because", grows=True)),
        rows=tuple(Row(cells=(one.route, one.reason)) for one in cost.route.rejected),
    )


def route_text(cost: PatternCost) -> str:
    """Return a route in a line: its requests in order."""
    if not cost.route.is_served:
        return f"cannot be served: {cost.route.cannot}"
    return ", then ".join(
        f"{request.operation} {shown_resource(request.target)}"
        + ("" if request.calls == 1 else f" x {units(request.calls)}")
        for request in cost.route.requests
    )


def _route_sentence(cost: PatternCost) -> str:
    route = cost.route
    parts = [route_text(cost)]
    read, write = route.units("read"), route.units("write")
    if read.mean:
        parts.append(f"{units(read.mean)} read units")
    if write.mean:
        parts.append(f"{units(write.mean)} write units")
    text = f"{parts[0]}: {' and '.join(parts[1:]) or 'nothing is billed'} a call"
    return f"{text}, {usd(cost.usd_per_month)} USD a month."


def _pattern_title(cost: PatternCost) -> str:
    label = f"{cost.label} " if cost.label else ""
    return f"{label}{cost.pattern}" + (f": {cost.title}" if cost.title else "")


def _precision(view: CostView) -> str:
    if not view.sample_items or not view.usd_per_month:
        return "Sizes follow from the model without sampling."
    error = view.standard_error / view.usd_per_month
    return (
        f"Sampled: {count(view.sample_items)} items of each kind, standard error of the total "
        f"{percent(error)}."
    )


def _subject(text: str) -> str:
    return shown_resource(text)


def _score(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.1")), "f")


def _label_key(label: str) -> tuple[str, int]:
    """Sort S2 before S10."""
    digits = "".join(ch for ch in label if ch.isdigit())
    return label.rstrip("0123456789"), int(digits or 0)
