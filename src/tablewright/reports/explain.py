"""The pages of `explain`: the requests of an access pattern with their arithmetic, or a rule.

In: an ExplainView or a RuleView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import UnitUse
from tablewright.reports.cost import bill_table
from tablewright.reports.design import route_text
from tablewright.reports.document import (
    Block,
    Bullets,
    Card,
    Code,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
)
from tablewright.reports.figures import count, sentence, unit_words, units, usd, users
from tablewright.reports.snippets import snippet
from tablewright.verbs.bill_rows import PatternCost, shown_resource
from tablewright.verbs.explain import ExplainView, RuleView


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
                *rejected_blocks(cost),
            ),
        )
    blocks: list[Block] = [Paragraph(text=_route_sentence(cost), tone="lead")]
    if language == "python" and any(request.template for request in view.requests):
        opening = f'import boto3\n\nclient = boto3.client("dynamodb", region_name="{view.region}")'
        blocks.append(Code(text=opening, language=language))
    if view.preamble and any(request.statement for request in view.requests):
        blocks.append(Code(text=view.preamble, language="python"))
    for number, request in enumerate(view.requests, 1):
        inner: list[Block] = []
        if request.note:
            inner.append(Paragraph(text=sentence(request.note)))
        if request.template:
            inner.append(Code(text=snippet(request, language), language=language))
        if request.statement:
            inner.append(Code(text=request.statement, language="text"))
        if request.uses:
            inner.append(_uses_table(request.uses))
        times = "" if request.calls == 1 else f", {units(request.calls)} times"
        title = f"{number}. {request.operation} {shown_resource(request.target)}{times}"
        blocks.append(Section(title=title, blocks=tuple(inner)))
    if view.server:
        blocks.append(_plan_section(view))
    if view.price_lines:
        blocks.append(
            Section(
                title="A month",
                blocks=(bill_table(view.price_lines, cost.usd_per_month, "line"),),
            )
        )
    blocks += rejected_blocks(cost)
    blocks += [Paragraph(text=sentence(text), tone="medium") for text in route.warnings]
    return Document(title=_pattern_title(cost), heading=head, blocks=tuple(blocks))


def _plan_section(view: ExplainView) -> Section:
    """Return how a server would run the statements, as it says itself."""
    blocks: tuple[Block, ...] = (
        Paragraph(text=f"{view.server[:1].upper()}{view.server[1:]}: it tells no plan."),
    )
    if view.plan:
        says = f"{view.server[:1].upper()}{view.server[1:]} says:"
        blocks = (Paragraph(text=says), Code(text=view.plan, language="text"))
    return Section(title="How the server would run it", blocks=blocks)


def rule_page(view: RuleView) -> Document:
    """Return a rule: what it checks, why, how to fix it, and its sources."""
    rows = [
        ("fires", view.check),
        ("needs", ", ".join(view.needs)),
        ("why", sentence(view.why)),
        ("fix", sentence(view.fix)),
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


def _uses_table(uses: Sequence[UnitUse]) -> ReportTable:
    if all(use.counts for use in uses):
        return ReportTable(
            columns=(
                ReportColumn(title="Where"),
                ReportColumn(title="Count", right=True),
                ReportColumn(title="", grows=True),
            ),
            rows=tuple(
                Row(
                    cells=(
                        shown_resource(use.resource),
                        units(use.units.mean),
                        unit_words(use),
                    )
                )
                for use in uses
            ),
        )
    return ReportTable(
        columns=(
            ReportColumn(title="Consumed by"),
            ReportColumn(title="Units", right=True),
            ReportColumn(title=""),
            ReportColumn(title="Calculation", grows=True),
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


def rejected_blocks(cost: PatternCost) -> list[Block]:
    """Return the routes that were considered and rejected, with the reason."""
    if not cost.route.rejected:
        return []
    return [Section(title="Rejected routes", blocks=(_rejected_table(cost),))]


def _rejected_table(cost: PatternCost) -> ReportTable:
    return ReportTable(
        columns=(
            ReportColumn(title="Rejected route", grows=True),
            ReportColumn(title="Reason", grows=True),
        ),
        rows=tuple(
            Row(cells=(rejected.route, rejected.reason)) for rejected in cost.route.rejected
        ),
    )


def _route_sentence(cost: PatternCost) -> str:
    uses = [use for request in cost.route.requests for use in request.uses]
    counted = [use for use in uses if use.counts]
    if counted:
        return f"{route_text(cost)}: {_counted(counted)} a call. The server is paid, not its calls."
    read, write = cost.route.units("read"), cost.route.units("write")
    parts = [
        f"{units(measure.mean)} {kind} units"
        for kind, measure in (("read", read), ("write", write))
        if measure.mean
    ]
    text = f"{route_text(cost)}: {' and '.join(parts) or 'nothing is billed'} a call"
    if cost.usd_per_month is None:
        return f"{text}; nobody can say what that costs."
    return f"{text}, {usd(cost.usd_per_month)} USD a month."


def _counted(uses: Sequence[UnitUse]) -> str:
    """Return what a server reads, writes and touches: `5 rows read, 2 pages touched`."""
    sums: dict[str, Decimal] = {}
    for use in uses:
        sums[unit_words(use)] = sums.get(unit_words(use), ZERO) + use.units.mean
    return ", ".join(f"{units(number)} {words}" for words, number in sums.items())


def _pattern_title(cost: PatternCost) -> str:
    label = f"{cost.label} " if cost.label else ""
    return f"{label}{cost.pattern}" + (f": {cost.title}" if cost.title else "")
