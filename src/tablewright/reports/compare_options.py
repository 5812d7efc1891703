"""The options of a comparison as tables: costs by users, engines, what each is good for.

In: a Comparison. Out: sections. Figures are formatted here; nothing is computed here beyond
choosing what to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.compare.needs import minutes_away
from tablewright.compare.ownership import parts_of
from tablewright.compare.protocol import RangeEnd, Tier, TierResource
from tablewright.compare.reader import cold_starts
from tablewright.compare.result import Comparison
from tablewright.compare.values import (
    ArchitectureResult,
    Cell,
    EngineCost,
    EngineTiers,
    Offering,
    Priced,
)
from tablewright.model.values import BudgetScope
from tablewright.reports import document as d
from tablewright.reports.figures import joined, plural, usd, users


def columns(*titles: str, grows: str = "", also: str = "") -> tuple[d.ReportColumn, ...]:
    """Return columns; a title that starts with > is of figures.

    Those named in `grows` and `also` may wrap; `also` may name several, with a | between them.
    """
    growing = (grows, *also.split("|"))
    return tuple(
        d.ReportColumn(
            title=title.removeprefix(">"), right=title.startswith(">"), grows=title in growing
        )
        for title in titles
    )


def engines(comparison: Comparison) -> d.Section:
    """Return what the databases alone cost, on the best design of each engine."""
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
            columns=columns(
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
    blocks += [
        d.Paragraph(text=f"What a server of {engine} takes was {sized_by}.", tone="note")
        for engine, sized_by in dict.fromkeys((o.engine, o.sized_by) for o in comparison.engines)
        if sized_by
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
        f"{cost.engine} at {users(cost.users)}: {cost.offer} is limited by {cost.bound_by}"
        + "".join(f"; {end_words(end)}" for end in cost.ends)
        + "."
        for cost in comparison.engines
        if cost.users == comparison.users and cost.bound_by
    )
    bound = (*_without_figures(comparison), *bound)
    if bound:
        blocks.append(d.Bullets(items=bound))
    blocks += [d.Paragraph(text=f"Left out: {text}.", tone="note") for text in comparison.left_out]
    return d.Section(title="Engines", blocks=tuple(blocks))


def _without_figures(comparison: Comparison) -> tuple[str, ...]:
    """Return why engines have no figure, and at how many users, each reason once."""
    reasons: dict[tuple[str, str], list[int]] = {}
    for cost in comparison.engines:
        if cost.usd is None:
            reasons.setdefault((cost.engine, cost.why), []).append(cost.users)
    return tuple(
        f"{engine} at {joined([f'{n:,}' for n in scales])} users has no figure: {why}."
        for (engine, why), scales in reasons.items()
    )


def end_words(end: RangeEnd) -> str:
    """Return the offer at one end of a range: its bill, what decides, and when it is taken."""
    by = f", limited by {end.bound_by}" if end.bound_by else ""
    return f"{end.offer} ({usd(end.usd)}{by}) if {end.when}"


def tiers(comparison: Comparison) -> d.Section:
    """Return every tier beside the load: what is needed of each resource, and what there is."""
    tables = tuple(_tier_table(entry, comparison.users) for entry in comparison.tiers)
    return d.Section(title="Tiers and their limits", blocks=tables)


MOST_TIERS = 10
"""Tiers that are listed of those that hold the load, the cheapest first, and of those too small."""
MOST_UNPRICED = 3
"""Tiers without a price that are named."""
MOST_RESOURCES = 3
"""Resources of a tier that are shown, those used most first."""


def _tier_table(entry: EngineTiers, at_users: int) -> d.ReportTable:
    priced = [tier for tier in entry.tiers if tier.usd is not None]
    small = [tier for tier in priced if not tier.holds][-MOST_TIERS:]
    shown = [*small, *[tier for tier in priced if tier.holds][:MOST_TIERS]]
    rows = [_tier_row(tier) for tier in priced if tier in shown]
    rest = len(priced) - len(rows)
    more = f" Not listed, as smaller or more expensive: {rest}." if rest else ""
    unpriced = [tier.offer for tier in entry.tiers if tier.usd is None]
    if unpriced:
        others = len(unpriced) - MOST_UNPRICED
        named = unpriced[:MOST_UNPRICED] + ([f"{others} more"] if others > 0 else [])
        more += f" Without a price in the region: {joined(named)}."
    memory = f" {entry.memory}." if entry.memory else ""
    return d.ReportTable(
        columns=columns(
            "Tier", ">USD a month", "Used most", "Verdict",
            grows="Used most", also="Tier|Verdict",
        ),
        rows=tuple(rows),
        caption=f"{entry.engine}, design {entry.design} at {users(at_users)}, needed of what there "
        f"is without what stays free, the resources used most first.{more}{memory}",
    )  # fmt: skip


def _tier_row(tier: Tier) -> d.Row:
    short = [entry.resource for entry in tier.resources if entry.needed > entry.available]
    misses = [need.replace("_", " ") for need in tier.misses]
    verdict = f"too small: {joined(short)}" if short else "holds it"
    return d.Row(
        cells=(
            tier.offer,
            "no price" if tier.usd is None else usd(tier.usd),
            "; ".join(
                f"{entry.resource} {few(entry.needed)} of {few(entry.available)}"
                + (f" {entry.unit}" if entry.unit != entry.resource else "")
                for entry in sorted(tier.resources, key=_use, reverse=True)[:MOST_RESOURCES]
            ),
            verdict + (f"; no {joined(misses)}" if misses else ""),
        ),
        tone="good" if not short and not misses else "",
    )


def _use(entry: TierResource) -> Decimal:
    return entry.needed / entry.available if entry.available else Decimal("Infinity")


def few(value: Decimal) -> str:
    """Return a quantity of a resource in few digits."""
    return f"{value:,.0f}" if value >= 100 else f"{float(value):.3g}"


def _engine_money(cost: EngineCost | None) -> str:
    if cost is None:
        return "-"
    return "no figure" if cost.usd is None else usd(cost.usd)


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


def costs_table(comparison: Comparison) -> d.ReportTable:
    """Return the bill of every option at every scale, marked where it is over the budget."""
    budgets = {n: comparison.budget(n) for n in comparison.scales}
    decision = comparison.decision
    on_path = [phase.name for phase in comparison.phases]
    rows = []
    for option in _ordered(comparison):
        name = option.architecture.name
        phase = next((p for p in comparison.phases if p.name == name), None)
        verdict = decision.why_not(name) if decision is not None else ""
        if phase is not None:
            verdict = f"from {phase.users:,} users on"
        rows.append(
            d.Row(
                cells=(
                    name,
                    *(
                        _marked(option.at(n), budgets[n], comparison.budget_of)
                        for n in comparison.scales
                    ),
                    verdict or "chosen for who stays at this size",
                ),
                tone="good" if name in on_path else "",
            )
        )
    if any(budget is not None for budget in budgets.values()):
        cells = ("-" if budget is None else usd(budget) for budget in budgets.values())
        name = f"budget ({comparison.budget_of.value})"
        rows.append(d.Row(cells=(name, *cells, ""), tone="total"))
    return d.ReportTable(
        columns=columns(
            "Option",
            *(f">{n:,} users" for n in comparison.scales),
            f"Verdict at {users(comparison.users)}",
            grows=f"Verdict at {users(comparison.users)}",
        ),
        rows=tuple(rows),
        caption="USD a month, without what is always free; "
        f"{_what_is_over(comparison.budget_of)} the budget, that of the next scale with one"
        f"{_what_is_near(comparison)}.",
    )


def _what_is_near(comparison: Comparison) -> str:
    prices = (option.at(n) for option in comparison.architectures for n in comparison.scales)
    if not any(price.database_elsewhere for price in prices):
        return ""
    return "; ~ where the database is at the prices of another region, its own not being known"


def _ordered(comparison: Comparison) -> list[ArchitectureResult]:
    """Return the options of the path first, then as late as they left the decision."""
    on_path = [phase.name for phase in comparison.phases]
    decision = comparison.decision
    dropped = [name for r in decision.rulings for name, _ in r.leaves] if decision else []

    def place(option: ArchitectureResult) -> tuple[bool, int, int]:
        name = option.architecture.name
        on = on_path.index(name) if name in on_path else len(on_path)
        return name not in on_path, on, -dropped.index(name) if name in dropped else -len(dropped)

    return sorted(comparison.architectures, key=place)


def _what_is_over(scope: BudgetScope) -> str:
    if scope is BudgetScope.DATABASE:
        return "! where the database alone is over"
    return "! is over"


def _marked(price: Priced, budget: Decimal | None, scope: BudgetScope) -> str:
    if not price.is_priced:
        return "no price"
    is_over = budget is not None and price.spent(scope) > budget
    near = "~" if price.database_elsewhere and price.is_priced else ""
    return near + usd(price.total) + ("!" if is_over else "")


def best_bill(comparison: Comparison) -> str:
    """Return which option has the lowest bill, where that is not the chosen one."""
    decision = comparison.decision
    if decision is None or not decision.chosen:
        return ""
    priced = [o for o in comparison.architectures if o.at(comparison.users).is_priced]
    least = min(priced, key=lambda o: (o.at(comparison.users).total, o.architecture.name))
    name = least.architecture.name
    if name == decision.chosen:
        return ""
    bill = usd(least.at(comparison.users).total)
    text = f"The lowest bill is that of `{name}` with {bill} USD a month: {decision.why_not(name)}"
    owned = decision.cost(name)
    mine = decision.cost(decision.chosen)
    if owned is not None and mine is not None:
        text += (
            f" ({owned.hours.normalize():f} hours a month to run and {owned.setup_hours:.0f} to "
            f"set up, at {mine.hour_usd:.0f} USD an hour; `{decision.chosen}` takes "
            f"{mine.hours.normalize():f} and {mine.setup_hours:.0f})"
        )
    return f"{text}."


def notes(comparison: Comparison) -> d.Section:
    """Return what has to be known of single options, and the chart of their costs."""
    blocks: list[d.Block] = []
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
    sentences = []
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
    sentences += [
        f"`{weak.option}`: {usd(weak.usd)} of its bill ({weak.share:.0%}) at "
        f"{users(comparison.users)} is at prices {' or '.join(weak.reasons)}: "
        f"{', '.join(weak.parts)}."
        for weak in comparison.weak
    ]
    out = {option.architecture.name for option in comparison.architectures if option.excluded}
    sentences += [
        f"From {flip.users:,} users on the bill of `{flip.above}` is below that of `{flip.below}`"
        + (", but it is ruled out." if flip.above in out else ".")
        for flip in comparison.flips
    ]
    if sentences:
        blocks.append(d.Bullets(items=tuple(sentences)))
    return d.Section(title="Notes on the options", blocks=tuple(blocks))


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


def option_cards(comparison: Comparison) -> d.Section:
    """Return what each option is good for: best for, pros, cons, scaling, running, redundancy."""
    cards = tuple(_card(option, comparison) for option in _ordered(comparison))
    return d.Section(title="Options side by side", blocks=cards)


def _card(option: ArchitectureResult, comparison: Comparison) -> d.Card:
    architecture = option.architecture
    price = option.at(comparison.users)
    decision = comparison.decision
    owned = decision.cost(architecture.name) if decision is not None else None
    reach = option.reaches[0] if option.reaches else None
    stated = [architecture.stated] if architecture.stated else []
    stated += [f"rated {architecture.rating}"] if architecture.rating else []
    rows = [
        (
            "made of",
            f"{architecture.title}: {plural(len(parts_of(architecture)), 'part')} to set up",
        ),
        ("database on", price.offer + (f", limited by {price.bound_by}" if price.bound_by else "")),
        ("range", _range(price)),
        ("best for", architecture.best_for),
        ("pros", "; ".join(architecture.pros)),
        ("cons", "; ".join(architecture.cons)),
        ("scaling", architecture.scaling),
        ("first limit", f"{reach.users:,} users: {reach.what}" if reach else "none within range"),
        ("redundancy", _redundancy(option)),
        ("availability", available_words(option)),
        ("latency", _latency(option, comparison)),
        (
            "building it",
            f"{owned.setup_hours:.0f} hours of work"
            if owned is not None and owned.setup_hours
            else "",
        ),
        (
            "running it",
            (f"{owned.hours.normalize():f} hours a month: " if owned is not None else "")
            + (", ".join(architecture.operations) or "no duty is listed"),
        ),
        ("stated", ", ".join(stated)),
        ("switch", architecture.switch),
    ]
    return d.Card(
        label=usd(price.total) if price.is_priced else "no price",
        title=architecture.name,
        rows=tuple((name, text) for name, text in rows if text),
    )


def _range(price: Priced) -> str:
    """Return both ends of the bill, with the offer that is taken at each."""
    if price.light is None or price.heavy is None or not price.is_priced:
        return ""
    if usd(price.light) == usd(price.heavy):
        return ""
    return "; ".join(
        (
            f"{usd(price.light)} to {usd(price.heavy)} USD a month",
            *(f"the database on {end_words(end)}" for end in price.ends),
        )
    )


def _latency(option: ArchitectureResult, comparison: Comparison) -> str:
    """Return what was measured of its engine, and what a start of its parts adds."""
    known = cold_starts()
    keys = {part.price for part in option.architecture.components if not part.optional}
    words = [
        f"a {start.what} adds {start.least_ms:,.0f} to {start.most_ms:,.0f} ms to at most "
        f"{start.percent:f} of 100 requests: it is in their 99th percentile and not in the 95th "
        f"({start.source})"
        for key, start in known.items()
        if key in keys
    ]
    measured = dict(comparison.latencies).get(option.architecture.engine)
    return "; ".join([*([f"database: {measured}"] if measured else []), *words])


def _redundancy(option: ArchitectureResult) -> str:
    points = option.availability.single_points
    if points:
        return f"one instance of {joined(list(points))}: a failure of its zone stops everything"
    return "no part is alone in a zone"


def available_words(option: ArchitectureResult) -> str:
    """Return what the parts of an option promise together, with the minutes that leaves."""
    known = option.availability
    if known.unpromised:
        return f"nothing is promised of {joined(list(known.unpromised))}"
    if known.percent == 100:
        return "not known"
    percent = known.percent.quantize(Decimal("0.001")).normalize()
    text = f"{percent} %, {minutes_away(known.percent):,.1f} minutes away a month"
    return f"at most {text}" if known.unknown else text


def engine_table(comparison: Comparison) -> d.Section:
    """Return the databases side by side: money, latency, availability, running, scaling."""
    offerings = _compared_offerings(comparison)
    tables = tuple(
        _offering_table(comparison, offerings[start : start + MOST_OFFERINGS])
        for start in range(0, len(offerings), MOST_OFFERINGS)
    )
    note = d.Paragraph(
        text="* written from the vendor's manual as it is known and not read again.", tone="note"
    )
    return d.Section(title="Databases side by side", blocks=(*tables, note))


def _offering_table(comparison: Comparison, shown: Sequence[Offering]) -> d.ReportTable:
    rows = []
    names = list(dict.fromkeys(name for offering in shown for name, _ in offering.points))
    last = {c.engine: c for c in comparison.engines if c.users == comparison.users}
    money = [_engine_money(last.get(o.engine)) if o.is_main else "-" for o in shown]
    rows.append(d.Row(cells=(f"USD a month at {users(comparison.users)}", *money)))
    measured = dict(comparison.latencies)
    unmeasured = "not measured; `tablewright prove` does"
    rows.append(
        d.Row(cells=("latency, measured", *(measured.get(o.engine, unmeasured) for o in shown)))
    )
    for name, title in _ENGINE_ROWS:
        cells = [_property(offering.cell(name), name) for offering in shown]
        rows.append(d.Row(cells=(title, *cells)))
    rows.append(d.Row(cells=("security", *(_security(offering) for offering in shown))))
    rows.append(
        d.Row(cells=("for developers", *(_building(comparison, offering) for offering in shown)))
    )
    for name in names:
        cells = [dict(offering.points).get(name, "-") for offering in shown]
        rows.append(d.Row(cells=(name, *cells)))
    return d.ReportTable(
        columns=columns("", *(offering.title for offering in shown)), rows=tuple(rows)
    )


SECURITY = (
    "encryption",
    "private_network",
    "ip_allow_list",
    "audit",
    "point_in_time_recovery",
)
"""The properties that security is graded by, each of the same weight; partly counts half."""


def _security(offering: Offering) -> str:
    """Return how many of the properties of security an offering has, and which it lacks."""
    had = Decimal(0)
    lacks = []
    for name in SECURITY:
        cell = offering.cell(name)
        value = cell.value if cell is not None else "unknown"
        had += {"yes": Decimal(1), "partly": Decimal("0.5")}.get(value, Decimal(0))
        if value != "yes":
            lacks.append(f"{name.replace('_', ' ')} {value}")
    text = f"{had.normalize():f} of {len(SECURITY)}"
    return f"{text}: {', '.join(lacks)}" if lacks else text


def _building(comparison: Comparison, offering: Offering) -> str:
    """Return the hours of building the application on an offering, by the option that takes it."""
    decision = comparison.decision
    owned = [
        (cost.setup_hours, option.architecture.name)
        for option in comparison.architectures
        if option.architecture.offering == offering.name
        and decision is not None
        and (cost := decision.cost(option.architecture.name)) is not None
    ]
    if not owned:
        return "-"
    hours, name = min(owned)
    return f"{hours:.0f} hours to build on it ({name})"


def pattern_fits(comparison: Comparison) -> d.Section:
    """Return how each engine serves each access pattern, with a score."""
    engines_shown = [engine for engine, _ in comparison.mean_fits]
    rows = []
    for fit in comparison.fits:
        by_engine = {
            engine_fit.engine: f"{engine_fit.score:.0f} {engine_fit.how}"
            for engine_fit in fit.engines
        }
        cells = (by_engine.get(engine, "-") for engine in engines_shown)
        rows.append(d.Row(cells=(fit.pattern, fit.kind, *cells)))
    means = (f"{score:.1f}" for _, score in comparison.mean_fits)
    rows.append(d.Row(cells=("all, by calls", "", *means), tone="total"))
    return d.Section(
        title="Fit by access pattern",
        blocks=(
            d.ReportTable(
                columns=columns("Pattern", "Kind", *engines_shown),
                rows=tuple(rows),
                caption="On the best design of each engine. 10 is one request through a key or an "
                "index, 0 cannot be served. The model's patterns ask for no join: one that needs "
                "several kinds of record reads them one after the other.",
            ),
        ),
    )


_ENGINE_ROWS = (
    ("sla", "availability promised"),
    ("patches", "who patches"),
    ("auto_scaling", "scaling"),
    ("throughput", "throughput"),
    ("high_availability", "over zones"),
    ("point_in_time_recovery", "recovery to a point in time"),
    ("backup_included", "backup included"),
    ("multi_region", "several regions"),
    ("ad_hoc_queries", "ad-hoc queries"),
    ("relational_integrity", "references checked"),
    ("full_text", "search for words"),
    ("geo", "search by place"),
    ("encryption", "encryption at rest"),
    ("private_network", "private network"),
    ("ip_allow_list", "list of allowed addresses"),
    ("performance_insights", "performance insights"),
)
MOST_OFFERINGS = 4


def _compared_offerings(comparison: Comparison) -> list[Offering]:
    """Return the offerings that the options use, and the best known one of each engine."""
    used = {option.architecture.offering for option in comparison.architectures}
    offerings = [o.offering for o in comparison.offerings if o.offering.name in used]
    offerings += [
        o.offering
        for o in comparison.offerings
        if o.offering.is_main and o.offering.name not in used
    ]
    offerings += [
        o.offering for o in comparison.offerings if o.offering.name == "mongodb-self-hosted"
    ]
    return sorted(offerings, key=lambda offering: not offering.is_main)


def _property(cell: Cell | None, name: str) -> str:
    if cell is None:
        return "?"
    text = cell.value
    if name == "sla" and cell.value[:1].isdigit():
        away = minutes_away(Decimal(cell.value))
        text = f"{cell.value} %, {away:,.1f} minutes away a month"
    if cell.note:
        text += f": {cell.note}"
    return text + ("" if cell.read else " *")
