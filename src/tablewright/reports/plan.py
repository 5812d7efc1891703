"""The page of `plan`: the answer, the tables, why, the alternatives, the steps.

In: a PlanResult. Out: a Document. Figures are formatted here and nowhere computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.core.quantities import (
    HOURS_PER_MONTH,
    ZERO,
    format_bytes,
    format_number,
    format_usd,
    plain,
)
from tablewright.plan.breakevens import Breakeven, TargetFlip
from tablewright.plan.fronts import FrontPoint
from tablewright.plan.result import Cost, PlanResult
from tablewright.plan.roadmap import Step
from tablewright.plan.settings import SAMPLE_ITEMS
from tablewright.reports import document as d
from tablewright.reports.cost import plan_paragraphs
from tablewright.reports.figures import plural, sentence
from tablewright.reports.snippets import python_text
from tablewright.verbs.plan import UsualDesignView
from tablewright.verbs.shortening import shortened


def plan_page(result: PlanResult) -> d.Document:
    """Return everything about a plan as one document."""
    blocks: list[d.Block] = [d.Paragraph(text=_answer(result), tone="lead")]
    blocks += [d.Paragraph(text=note, tone="note") for note in result.notes]
    if result.merges:
        words = ", ".join(f"`{m.gone}` into `{m.kept}`" for m in result.merges)
        blocks.append(d.Paragraph(text=f"Tables joined: {words}.", tone="note"))
    blocks.append(_costs(result))
    blocks += plan_paragraphs(result.with_plan)
    blocks.append(d.Section(title="The design", blocks=(_tables(result),)))
    blocks.append(d.Section(title="Access patterns", blocks=(_patterns(result),)))
    if result.by_scale:
        blocks.append(_by_scale(result))
    if result.explanation.entities:
        blocks.append(_why(result))
        fronts = _fronts(result)
        if len(fronts) > 1:
            blocks.append(
                d.Section(title="With fewer tables, or fewer round trips", blocks=tuple(fronts))
            )
    if result.modes:
        blocks.append(d.Section(title="Capacity modes", blocks=(_modes(result),)))
    if result.start:
        blocks.append(_steps(result))
    if result.requests:
        blocks.append(_requests(result))
    blocks.append(d.Paragraph(text=_search(result), tone="note"))
    return _document(result, blocks)


def usual_page(view: UsualDesignView) -> d.Document:
    """Return the usual design of an engine as the model file has it, and what it costs."""
    costs = "nobody can say what it costs"
    if view.usd_per_month is not None:
        costs = f"it costs {format_usd(view.usd_per_month)} USD a month on {view.offer}"
    return d.Document(
        blocks=(
            d.Code(text=view.section),
            d.Paragraph(
                text=f"Not searched for, but what who knows the engine would begin with; {costs}. "
                f"Other verbs know it as `--design {view.name}`; `--write` puts it into the file.",
                tone="note",
            ),
        )
    )


def plan_answer(result: PlanResult) -> d.Document:
    """Return only the answer, for a plan that was written to a file."""
    return _document(result, [d.Paragraph(text=_answer(result), tone="lead"), _costs(result)])


def _document(result: PlanResult, blocks: Sequence[d.Block]) -> d.Document:
    return d.Document(
        title=f"{result.app} · {result.design.name} · {format_number(result.users)} users",
        heading=f"{result.region} · prices of {result.prices_as_of}",
        blocks=tuple(blocks),
    )


def _answer(result: PlanResult) -> str:
    usd = result.usd(result.design.name, result.users)
    planned = _total(result)
    text = f"The cheapest design found costs {format_usd(planned)} USD a month"
    other_designs = []
    for name in dict.fromkeys(c.design for c in result.costs if c.design != result.design.name):
        cost = next((c for c in result.costs if c.design == name and c.users == result.users), None)
        if cost is not None:
            other_designs.append(f"`{name}` costs {format_usd(cost.usd)}{_but(cost)}")
    ending = f"; {'; '.join(other_designs)}." if other_designs else "."
    return text + ("" if usd is None else f" at {format_number(result.users)} users") + ending


def _but(cost: Cost) -> str:
    """Return what speaks against a design, to follow what it costs."""
    if cost.unserved:
        patterns = "pattern" if cost.unserved == 1 else "patterns"
        return f", which leaves {cost.unserved} {patterns} unserved"
    return f", but {cost.why_not}" if cost.why_not else ""


def _total(result: PlanResult) -> Decimal:
    usd = result.usd(result.design.name, result.users)
    return usd if usd is not None else result.search.evaluated


def _columns(*titles: str) -> tuple[d.ReportColumn, ...]:
    """Return columns; a title with > is of figures, one with ~ may wrap."""
    return tuple(
        d.ReportColumn(title=t.strip("<>~"), right=t.endswith(">"), grows=t.endswith("~"))
        for t in titles
    )


def _costs(result: PlanResult) -> d.Block:
    scales = list(dict.fromkeys(c.users for c in result.costs))
    names = list(dict.fromkeys(c.design for c in result.costs))
    rows = []
    for name in names:
        cells = [name]
        for users in scales:
            usd = result.usd(name, users)
            cells.append("" if usd is None else format_usd(usd))
        rows.append(d.Row(cells=tuple(cells), tone="total" if name == names[0] else ""))
    return d.ReportTable(
        columns=_columns("Design", *(f"{format_number(u)} users>" for u in scales)),
        rows=tuple(rows),
        caption="USD a month",
    )


def _by_scale(result: PlanResult) -> d.Block:
    """How the best design changes with scale: what would be done otherwise, and what it saves."""
    rows = tuple(
        d.Row(
            cells=(
                f"{format_number(best.users)} users",
                format_usd(best.planned_usd),
                format_usd(best.usd),
                format_usd(best.saves) if best.differs else "",
                "\n".join(best.differs) or "nothing: the planned design is the cheapest",
            )
        )
        for best in result.by_scale
    )
    table = d.ReportTable(
        columns=_columns("At", "Planned>", "Best>", "Saves>", "What the best one changes~"),
        rows=rows,
        caption="The best design at every scale, USD a month",
    )
    blocks: list[d.Block] = [d.Paragraph(text=_scale_words(result)), table]
    if len(result.by_scale) > 1:
        blocks.append(_scale_chart(result))
    return d.Section(title="How the best design changes with scale", blocks=tuple(blocks))


def _scale_words(result: PlanResult) -> str:
    """Return in a sentence where another design would be better, and by how much at most."""
    by_scale = [best for best in result.by_scale if best.differs]
    if not by_scale:
        return "The planned design is the cheapest at every scale of the model."
    maximum = max(by_scale, key=lambda row: row.saves)
    where = ", ".join(format_number(best.users) for best in by_scale)
    same = ", ".join(format_number(best.users) for best in result.by_scale if not best.differs)
    rest = f" At {same} the planned one is the cheapest." if same else ""
    return (
        f"At {where} users another design, in its cheapest capacity mode, would cost less: at most "
        f"{format_usd(maximum.saves)} USD a month less, at "
        f"{format_number(maximum.users)} users.{rest}"
    )


def _scale_chart(result: PlanResult) -> d.Block:
    planned = [(float(best.users), float(best.planned_usd)) for best in result.by_scale]
    best = [(float(best.users), float(best.usd)) for best in result.by_scale]
    last = result.by_scale[-1]
    return d.Chart(
        kind="lines",
        title="The planned design and the best one at each scale",
        summary=f"Monthly cost against users, both axes logarithmic: at {format_number(last.users)}"
        f" users {format_usd(last.planned_usd)} USD planned, {format_usd(last.usd)} at best.",
        x_title="users",
        y_title="USD a month",
        series=(
            d.Series(
                name="planned",
                points=tuple(planned),
                labels=tuple(format_usd(best.planned_usd) for best in result.by_scale),
            ),
            d.Series(
                name="best",
                points=tuple(best),
                labels=tuple(format_usd(best.usd) for best in result.by_scale),
            ),
        ),
    )


def _tables(result: PlanResult) -> d.Block:
    rows = (
        d.Row(cells=(f"↳ {s.name}" if s.is_index else s.name, s.key, s.items, s.projection))
        for s in result.structures
    )
    return d.ReportTable(
        columns=_columns("Table or index", "Key~", "Items~", "Projection~"),
        rows=tuple(rows),
    )


def _patterns(result: PlanResult) -> d.Block:
    names = [name for name, _ in result.patterns[0].others] if result.patterns else []
    rows = tuple(
        d.Row(
            cells=(
                p.pattern,
                f"{p.operation} {p.target}",
                str(p.round_trips),
                format_usd(p.usd),
                *(format_usd(usd) for _, usd in p.others),
            )
        )
        for p in result.patterns
    )
    return d.ReportTable(
        columns=_columns(
            "Pattern", "Answered by~", "Round trips>", "Planned>", *(f"{n}>" for n in names)
        ),
        rows=rows,
        caption="USD a month by pattern (storage aside)",
    )


def _why(result: PlanResult) -> d.Block:
    """Return each choice with its runner-up, price, and the figures at which it would change."""
    blocks: list[d.Block] = [
        d.Paragraph(
            text=f"{_BASIS} A runner-up is the best plan without what was chosen, solved again. "
            "A choice changes beyond a figure: a rate (the others as they are), or a mean size "
            "(both designs priced again); looked for between a hundredth and a hundredfold of what "
            "the model says.",
            tone="note",
        ),
        _entities(result),
    ]
    if result.merges:
        blocks.insert(
            1, d.Paragraph(text="Tables are named as before they were joined.", tone="note")
        )
    if any(len(choice.parts) > 1 for choice in result.explanation.entities):
        blocks.append(_parts(result))
    if result.explanation.indexes:
        blocks.append(_indexes(result))
    if result.explanation.questions:
        blocks.append(_questions(result))
    if result.explanation.targets:
        blocks.append(_targets(result))
    return d.Section(title="Why, and the alternatives", blocks=tuple(blocks))


def _entities(result: PlanResult) -> d.Block:
    rows = tuple(
        d.Row(
            cells=(
                choice.entity,
                choice.chosen,
                format_usd(choice.usd),
                choice.runner_up or _no_other(choice.refused),
                _extra_cost(choice.extra_usd) if choice.runner_up else "",
                _flips(choice.flips, choice.extra_usd) if choice.runner_up else "",
            )
        )
        for choice in result.explanation.entities
    )
    return d.ReportTable(
        columns=_columns(
            "Entity", "Stored by~", "USD>", "Runner-up~", "Costs more>", "Changes at~"
        ),
        rows=rows,
        caption="Each entity, and the best alternative",
    )


def _no_other(refused: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Return why there is no alternative to keep an entity."""
    if not refused:
        return "none: no other key is unique"
    label, reasons = refused[0]
    more = f" ({format_number(len(refused) - 1)} more)" if len(refused) > 1 else ""
    reason = reasons[0] if reasons else "refused"
    if len(reason) > LONGEST_REASON:
        reason = reason[:LONGEST_REASON].rpartition(" ")[0] + " …"
    return f"none. Not {label}: {reason}{more}"


def _parts(result: PlanResult) -> d.Block:
    rows = tuple(
        d.Row(
            cells=(
                choice.entity,
                part.what,
                _extra_cost(part.extra_usd),
                _instead(part.instead),
                _flips(part.flips, part.extra_usd),
            )
        )
        for choice in result.explanation.entities
        for part in choice.parts
        if len(choice.parts) > 1
    )
    return d.ReportTable(
        columns=_columns(
            "Entity", "Choice~", "Otherwise costs more>", "Alternative~", "Changes at~"
        ),
        rows=rows,
        caption="Each choice about an entity, and the best plan without it",
    )


def _extra_cost(usd: Decimal) -> str:
    return "the same" if _is_same(usd) else f"+{format_usd(usd)}"


def _is_same(usd: Decimal) -> bool:
    return abs(usd) < Decimal("0.000001")


MOST_CHANGES = 3
_BASIS = (
    f"On demand, from {SAMPLE_ITEMS} instances of each entity, as the search prices: sums may "
    "differ a little from the bill above."
)
LONGEST_REASON = 120


def _instead(changes: tuple[str, ...]) -> str:
    """Return what would be done otherwise: keys first, and only so much of it."""
    telling = sorted(changes, key=lambda text: not text.startswith("key "))
    shown = telling[:MOST_CHANGES]
    if len(telling) > len(shown):
        shown.append(f"and {plural(len(telling) - len(shown), 'change')} more")
    return "\n".join(shown) or "as planned"


def _flips(flips: tuple[Breakeven, ...], extra_usd: Decimal) -> str:
    if _is_same(extra_usd):
        return "-"
    if not flips:
        return "none from x 0.01 to x 100"
    return "\n".join(_flip(flip) for flip in flips)


def _flip(flip: Breakeven) -> str:
    """Return a figure at which a choice flips, such as `save above 7.3/user/day (x 1.06)`."""
    side = "above" if flip.factor > 1 else "below"
    factor = plain(_rounded(flip.factor))
    if flip.kind == "size":
        figure = format_bytes(_rounded(flip.figure))
    else:
        per = {"user": "/user/day", "total": "/day"}.get(flip.per, f"/{flip.per}/day")
        figure = f"{plain(_rounded(flip.figure))}{per}"
    return f"{flip.subject} {side} {figure} (x {factor})"


def _rounded(value: Decimal) -> Decimal:
    """Return a figure with three digits, whole where it has more."""
    if value >= 100:
        return value.quantize(Decimal(1))
    return value if not value else round(value, 2 - value.adjusted())


def _indexes(result: PlanResult) -> d.Block:
    rows = tuple(
        d.Row(
            cells=(
                choice.resource,
                ", ".join(choice.serves),
                format_usd(choice.usd),
                "cannot be left out"
                if choice.without_usd is None
                else _extra_cost(choice.without_usd),
                "" if choice.without_usd is None else _instead(choice.instead),
                "" if choice.without_usd is None else _flips(choice.flips, choice.without_usd),
            )
        )
        for choice in result.explanation.indexes
    )
    return d.ReportTable(
        columns=_columns("Index~", "Serves~", "Costs>", "Without it>", "Then~", "Changes at~"),
        rows=rows,
        caption="Each index, and the best plan without it",
    )


def _questions(result: PlanResult) -> d.Block:
    rows = tuple(
        d.Row(
            cells=(
                choice.pattern,
                choice.way,
                format_usd(choice.usd),
                choice.next_best or "no alternative",
                _extra_cost(choice.extra_usd) if choice.next_best else "",
            )
        )
        for choice in result.explanation.questions
    )
    return d.ReportTable(
        columns=_columns(
            "Pattern", "Answered by~", "USD>", "Next best in these tables~", "Costs more>"
        ),
        rows=rows,
        caption="Each access pattern, and the next best route",
    )


def _targets(result: PlanResult) -> d.Block:
    rows = tuple(
        d.Row(
            cells=(
                _target(flip),
                "cannot be met" if flip.extra_usd is None else _extra_cost(flip.extra_usd),
                "" if flip.extra_usd is None else _instead(flip.instead),
            )
        )
        for flip in result.explanation.targets
    )
    return d.ReportTable(
        columns=_columns("Stricter target~", "Costs more>", "What would change~"),
        rows=rows,
        caption="Targets at which the plan would change",
    )


def _target(flip: TargetFlip) -> str:
    if flip.kind == "latency_p99_ms":
        return f"{flip.subject}: latency_p99_ms below {plain(flip.below or ZERO)}"
    if flip.kind == "consistency":
        return f"{flip.subject}: consistency strong"
    return f"max_tables: {plain(flip.below or ZERO)}"


def _fronts(result: PlanResult) -> list[d.Block]:
    blocks: list[d.Block] = [d.Paragraph(text=_BASIS, tone="note")]
    for points, caption, title in (
        (
            result.explanation.by_structures,
            "The cheapest design by number of tables and indexes",
            "Tables and indexes",
        ),
        (
            result.explanation.by_round_trips,
            "The cheapest design by round trips that one access pattern may take",
            "Round trips",
        ),
    ):
        if points:
            blocks.append(_front(points, caption, title))
    return blocks


def _front(points: tuple[FrontPoint, ...], caption: str, title: str) -> d.Block:
    table = d.ReportTable(
        columns=_columns(f"{title}>", "USD a month>"),
        rows=tuple(
            d.Row(
                cells=(
                    str(p.limit),
                    "not possible" if p.usd is None else format_usd(p.usd),
                )
            )
            for p in points
        ),
        caption=caption,
    )
    drawn = [(p.limit, p.usd) for p in points if p.usd is not None]
    if len(drawn) < 2:
        if len(points) > 1 or not drawn:
            return table
        number, usd = drawn[0]
        why = "the least there is" if number == 1 else "with fewer, something is not served"
        return d.Paragraph(
            text=f"{caption}: {format_usd(usd)} USD a month with {format_number(number)}; {why}."
        )
    (first, maximum), (last, least) = drawn[0], drawn[-1]
    return d.Chart(
        kind="front",
        title=caption,
        summary=f"From {format_usd(maximum)} USD a month with {format_number(first)} to "
        f"{format_usd(least)} with {format_number(last)}.",
        x_title=title,
        y_title="USD a month",
        series=(
            d.Series(
                name="cheapest",
                points=tuple((float(limit), float(usd)) for limit, usd in drawn),
                labels=tuple(format_usd(usd) for _, usd in drawn),
            ),
        ),
        table=table,
    )


def _modes(result: PlanResult) -> d.Block:
    rows = tuple(
        d.Row(
            cells=(
                choice.table,
                choice.chosen,
                "\n".join(f"{format_usd(usd)} {name}" for name, usd in choice.ways),
                choice.note,
            )
        )
        for choice in result.modes
    )
    return d.ReportTable(
        columns=_columns("Table", "Capacity mode", "Modes compared~", "Note~"),
        rows=rows,
        caption=f"USD a month at {format_number(result.users)} users",
    )


def _steps(result: PlanResult) -> d.Block:
    cards: list[d.Block] = []
    for number, step in enumerate(result.steps, start=1):
        cards.append(d.Card(label=str(number), title="; ".join(step.what), rows=_step_rows(step)))
    if not cards:
        cards.append(d.Paragraph(text="The design exists already."))
    else:
        cards.insert(0, d.Paragraph(text=_steps_summary(result)))
    return d.Section(title=f"From {result.start}, step by step", blocks=tuple(cards))


def _requests(result: PlanResult) -> d.Block:
    """Return the requests of every pattern as calls of boto3, long values cut."""
    opening = f'import boto3\n\nclient = boto3.client("dynamodb", region_name="{result.region}")'
    blocks: list[d.Block] = [
        d.Paragraph(
            text="One call of each pattern, with values of the sample; long values are cut. "
            f"`tablewright explain PATTERN --design {result.design.name} --full` shows them whole, "
            "once the design is in the model file."
        ),
        d.Code(text=opening, language="python"),
    ]
    for written in result.requests:
        parts: list[d.Block] = []
        for request in written.requests:
            if request.note:
                parts.append(d.Paragraph(text=sentence(request.note)))
            parts.append(d.Code(text=python_text(shortened(request)), language="python"))
        listed = ", then ".join(
            f"{request.operation} {request.target}" for request in written.requests
        )
        blocks.append(d.Fold(summary=f"{written.pattern}: {listed}", blocks=tuple(parts)))
    return d.Section(title="Requests", blocks=tuple(blocks))


def _steps_summary(result: PlanResult) -> str:
    """Return what all steps bring together, and how much of it comes soon."""
    saves = sum((step.saves for step in result.steps), ZERO)
    once = sum((step.move.usd for step in result.steps), ZERO)
    soon = [s for s in result.steps if s.payback_months is not None and s.payback_months <= 12]
    verb = "save" if saves >= 0 else "cost"
    text = (
        f"{plural(len(result.steps), 'step')}, together to {verb} {format_usd(abs(saves))} USD a "
        f"month for {format_usd(once)} USD once. Of what can be made next, what "
        "pays back soonest comes first; what is one step needs each other."
    )
    text += (
        f" `tablewright roadmap --plan --design {result.start}` says at which scale each is due."
    )
    if soon and len(soon) < len(result.steps):
        early = sum((step.saves for step in soon), ZERO)
        text += f" {plural(len(soon), 'step')} paid back within a year: {format_usd(early)} of it."
    return text


def _step_rows(step: Step) -> tuple[tuple[str, str], ...]:
    word = "Saves" if step.saves >= 0 else "Costs"
    rows = [(word, f"{format_usd(abs(step.saves))} USD a month, leaves {format_usd(step.usd)}")]
    rows.append(("Moves", _move(step)))
    if step.serves:
        rows.append(("Serves", ", ".join(step.serves)))
    if step.fixes:
        rows.append(("Fixes", ", ".join(step.fixes)))
    return tuple(rows)


def _move(step: Step) -> str:
    move = step.move
    if not move.write_units:
        return "nothing"
    text = (
        f"{format_bytes(move.bytes)}: {format_number(move.read_units)} read and "
        f"{format_number(move.write_units)} write units, {format_usd(move.usd)} USD once"
    )
    if step.payback_months is None:
        return text
    return f"{text}, paid back {_payback(step.payback_months)}"


def _payback(months: Decimal) -> str:
    """Return when a move is paid for, in the unit in which people would say it."""
    days = months * HOURS_PER_MONTH / 24
    if days < 1:
        return "within a day"
    if days < 60:
        return f"after {format_number(days)} days"
    if months < 24:
        return f"after {format_number(months, 1)} months"
    return f"after {format_number(months / 12)} years"


def _search(result: PlanResult) -> str:
    s = result.search
    p = s.pruned
    off = abs(s.predicted - s.evaluated)
    gap = plain((s.gap * 100).quantize(Decimal("0.01")))
    kept = (
        f"Keys that stay put and severe rules cost {format_usd(s.kept_usd)} USD a month more than "
        "the cheapest. "
        if s.kept_usd
        else ""
    )
    return (
        f"{format_number(p.placements)} placements and {format_number(p.indexes)} index candidates "
        f"were priced; {format_number(p.placements_left)} and {format_number(p.indexes_left)} were "
        f"left after pruning. The solver's gap is {gap} %; its cost and the engine's differ by "
        f"{_tiny(off)} USD. {kept}On-demand prices were searched with; the capacity mode of each "
        "table was chosen afterwards."
    )


def _tiny(usd: Decimal) -> str:
    """Return a difference that should be nothing: what rounding leaves is called that."""
    return "less than 0.000001" if usd < Decimal("0.000001") else format_usd(usd)
