"""Put a comparison into words: the answer, the options, the reasons, the evidence.

In: a Comparison. Out: a document, or its sections for the report. Figures are formatted here;
nothing is computed here beyond choosing what to say.
"""

from __future__ import annotations

from collections.abc import Callable

from tablewright.compare.answer import figure as few_digits
from tablewright.compare.answer import path_words
from tablewright.compare.decision import RULES, DeploymentDecision
from tablewright.compare.growth import path_usd
from tablewright.compare.result import Comparison
from tablewright.compare.sensitivity import AssumedFigure
from tablewright.compare.values import Phase
from tablewright.core.quantities import GB
from tablewright.reports import document as d
from tablewright.reports.compare_evidence import (
    at,
    checks,
    figure,
    lines,
    requirements,
    scores,
    workload,
)
from tablewright.reports.compare_options import (
    best_bill,
    columns,
    costs_table,
    engine_table,
    engines,
    few,
    notes,
    option_cards,
    pattern_fits,
    tiers,
)
from tablewright.reports.figures import usd, users


def compare_page(
    comparison: Comparison, *, with_lines: bool = False, short: bool = False
) -> d.Document:
    """Return the whole comparison.

    Args:
        comparison: what was compared.
        with_lines: whether every line of every deployment option is added.
        short: whether only the answer, the table of options and the reasons are shown.
    """
    blocks = list(answer_sections(comparison))
    if not short:
        blocks = list(compare_sections(comparison, evidence=with_lines, folds=True))
    if with_lines:
        blocks.append(lines(comparison))
    return d.Document(
        title=f"{comparison.app} · compared at {users(comparison.users)}",
        heading=f"{comparison.region} · {len(comparison.architectures)} deployment options · "
        f"scales {', '.join(f'{n:,}' for n in comparison.scales)}",
        blocks=tuple(blocks),
    )


def answer_sections(comparison: Comparison) -> tuple[d.Block, ...]:
    """Return what a founder reads: the answer, the options by users, the reasons."""
    first, *sentences = comparison.advice
    blocks: list[d.Block] = [d.Paragraph(text=text, tone="lead") for text in sentences or [first]]
    if sentences:
        blocks.append(d.Paragraph(text=first))
    blocks.append(costs_table(comparison))
    sections: list[d.Block] = [d.Section(title="The answer", anchor="deploy", blocks=tuple(blocks))]
    if comparison.decision is not None:
        sections.append(_reasons(comparison, comparison.decision))
    return tuple(sections)


def compare_sections(
    comparison: Comparison, *, evidence: bool = True, folds: bool = False
) -> tuple[d.Block, ...]:
    """Return the sections of a comparison.

    Args:
        comparison: what was compared.
        evidence: whether the source of every requirement is shown.
        folds: whether what stands behind the answer is folded.
    """
    evidence_of: Callable[[d.Section], d.Section] = d.folded if folds else (lambda section: section)
    blocks: list[d.Block] = [
        *answer_sections(comparison),
        growth_path(comparison),
        *_stated_path(comparison),
        _rests_on(comparison),
        *_variants(comparison),
        _needs(comparison),
        evidence_of(option_cards(comparison)),
        engines(comparison),
        *([evidence_of(tiers(comparison))] if comparison.tiers else []),
        evidence_of(engine_table(comparison)),
        evidence_of(pattern_fits(comparison)),
        evidence_of(notes(comparison)),
        evidence_of(at(comparison)),
        evidence_of(scores(comparison)),
        evidence_of(requirements(comparison, evidence=evidence)),
    ]
    if comparison.checks:
        blocks.append(evidence_of(checks(comparison)))
    blocks.append(evidence_of(workload(comparison)))
    return tuple(blocks)


def _reasons(comparison: Comparison, decision: DeploymentDecision) -> d.Section:
    """Return the rules in order: who stays, who leaves and why."""
    rows = []
    for number, rule in enumerate(RULES, 1):
        ruling = next((r for r in decision.rulings if r.rule == rule), None)
        if ruling is None:
            rows.append(d.Row(cells=(f"{number} {rule}", "-", "one option is left")))
            continue
        why = [f"`{name}`: {reason}" for name, reason in ruling.leaves]
        why += [ruling.note] if ruling.note else []
        rows.append(
            d.Row(
                cells=(
                    f"{number} {rule}",
                    f"{len(ruling.stays)} of {len(ruling.stays) + len(ruling.leaves)}",
                    ". ".join(why) or "all stay",
                ),
            )
        )
    blocks: list[d.Block] = [
        d.ReportTable(
            columns=columns("Rule", "Stay", "Who leaves, and why", grows="Who leaves, and why"),
            rows=tuple(rows),
            caption="One rule decides at a time; a rule that nobody passes decides nothing.",
        )
    ]
    cheapest = best_bill(comparison)
    if cheapest:
        blocks.append(d.Paragraph(text=cheapest, tone="note"))
    return d.Section(title=f"Why, at {users(comparison.users)}", blocks=tuple(blocks))


def growth_path(comparison: Comparison) -> d.Section:
    """Return the growth path: phases with what each takes, and what the whole of it costs."""
    rows = [
        d.Row(
            cells=(
                f"{phase.users:,}",
                phase.name,
                usd(phase.usd),
                f"{phase.months:.0f}",
                usd(phase.bills_usd),
                usd(phase.running_usd),
                usd(phase.switch_usd),
                "-" if phase.payback_months is None else f"{phase.payback_months:.0f}",
            )
        )
        for phase in comparison.phases
    ]
    if not rows:
        text = "No option carries the load at any number of users."
        return d.Section(title="Growth path", blocks=(d.Paragraph(text=text),))
    months = sum(phase.months for phase in comparison.phases)
    table = d.ReportTable(
        columns=columns(
            ">From users",
            "Option",
            ">USD a month",
            ">Months",
            ">Bills",
            ">Hours",
            ">Set-up, switch",
            ">Earned back",
            grows="Option",
        ),
        rows=tuple(rows),
        caption="Of all paths that pass the first three rules at every number of users, the one "
        f"that costs least to own: {path_usd(comparison.phases):,.0f} USD in {months:.0f} months, "
        f"{_alone(comparison)}"
        "in which users are taken to grow evenly on a logarithmic scale. Bills and hours of "
        "running it in USD for the months of the phase; earned back in months.",
    )
    steps = tuple(f"`{phase.name}`: {_moving(phase)}" for phase in comparison.phases)
    return d.Section(title="Growth path", blocks=(table, d.Bullets(items=steps)))


def _stated_path(comparison: Comparison) -> list[d.Block]:
    """Return the path that the model states beside the computed one, if it states one."""
    if not comparison.stated:
        return []
    phases = tuple(entry.phase for entry in comparison.stated)
    rows = [
        d.Row(
            cells=(
                f"{entry.month}",
                f"{entry.phase.users:,}",
                entry.phase.name,
                entry.stated or "-",
                usd(entry.phase.usd),
                usd(entry.phase.bills_usd),
                usd(entry.phase.running_usd),
                usd(entry.phase.switch_usd),
            )
        )
        for entry in comparison.stated
    ]
    more = path_usd(phases) - path_usd(comparison.phases)
    than = f"{abs(more):,.0f} {'more' if more > 0 else 'less'} than the path above"
    table = d.ReportTable(
        columns=columns(
            ">From month", ">Users then", "Option", "Stated", ">USD a month then", ">Bills",
            ">Hours", ">Set-up, switch", grows="Option",
        ),
        rows=tuple(rows),
        caption=f"The path of `options: {{phases: …}}`: {path_usd(phases):,.0f} USD in "
        f"{sum(phase.months for phase in phases):.0f} months, {than}.",
    )  # fmt: skip
    steps = []
    for entry in comparison.stated:
        if entry.lasts_to is None:
            until = "passes the first three rules at every number of users from there on"
            if entry.first_limit is not None:
                limit = entry.first_limit
                until += f"; its first limit is met at {limit.users:,} users: {limit.what}"
        elif entry.lasts_to:
            until = (
                f"passes the first three rules up to {entry.lasts_to:,} users; beyond, "
                f"{entry.ends_by}"
            )
        else:
            until = f"does not pass the first three rules: {entry.ends_by}"
        moving = f" {_moving(entry.phase, why=False)}" if entry.phase.switch else ""
        moving += f" `{entry.command}` says in which steps." if entry.command else ""
        steps.append(f"`{entry.phase.name}` {until}.{moving}")
    return [d.Section(title="The stated path", blocks=(table, d.Bullets(items=tuple(steps))))]


def _alone(comparison: Comparison) -> str:
    """Return what staying with the first option would cost, where the path leaves it."""
    first = comparison.phases[0]
    if len(comparison.phases) < 2 or first.alone_usd is None:
        return ""
    return f"where staying with `{first.name}` would cost {first.alone_usd:,.0f}; "


def _moving(phase: Phase, *, why: bool = True) -> str:
    """Return what moving to an option takes, in words, with its reason first."""
    work = f"{figure(phase.work_hours)} hours of work: {usd(phase.work_usd)}."
    if not phase.switch:
        return f"Set it up: {work}"
    both = f"{work} Both for {figure(phase.days)} days: {usd(phase.overlap_usd)}"
    sentences = [f"Because {phase.why}.", phase.switch] if why else [phase.switch]
    move = phase.move
    if move is None:
        return " ".join((*sentences, f"{both}; what data moves is not known."))
    if not move.items:
        return " ".join((*sentences, f"{both}; the data stays where it is."))
    data = f"{move.items:,.0f} items of {figure(move.data_bytes / GB)} GB move"
    costs = [f"{line.what} {usd(line.amount)}" for line in move.lines]
    sentences.append(f"{both}. {data}: {', '.join(costs) or 'nothing is charged separately'}.")
    if move.not_priced:
        sentences.append(f"Not priced: {'; '.join(move.not_priced)}.")
    return " ".join(sentences)


MOST_ASSUMPTIONS = 8


def _rests_on(comparison: Comparison) -> d.Section:
    """Return the assumed figures, those that turn the answer first."""
    shown = comparison.sensitivity[:MOST_ASSUMPTIONS]
    rows = [
        d.Row(
            cells=(
                assumption.name,
                assumption.what,
                "-" if assumption.value is None else few_digits(assumption.value),
                _path(assumption, assumption.half),
                _path(assumption, assumption.twice),
                "-" if assumption.turns_at is None else f"{float(assumption.turns_at):.2g} times",
            )
        )
        for assumption in shown
    ]
    rest = len(comparison.sensitivity) - len(shown)
    more = f" {rest} more change nothing or turn it later." if rest > 0 else ""
    return d.Section(
        title="What it rests on",
        blocks=(
            d.ReportTable(
                columns=columns(
                    "Assumption", "What", ">Value", "At half", "At twice", ">Turns at",
                    grows="What", also="At half|At twice",
                ),
                rows=tuple(rows),
                caption="The growth path, weighed at the scales of the model, with one figure "
                f"changed.{more} Set figures under `options: {{workload: …}}` and "
                "`options: {ownership: …}`.",
            ),
            *_by_peak(comparison),
        ),
    )  # fmt: skip


def _by_peak(comparison: Comparison) -> list[d.Block]:
    """Return the answer by how variable the traffic is: the busiest hour over the mean."""
    rows = [
        d.Row(
            cells=(
                f"{few(row.ratio)} times" + (", as the model has it" if row.is_given else ""),
                row.chosen or "none",
                row.decided_by if row.chosen else "-",
            ),
            tone="good" if row.is_given else "",
        )
        for row in comparison.by_peak
    ]
    if not rows:
        return []
    return [
        d.ReportTable(
            columns=columns("Busiest hour over the mean", "Option", "Decided by", grows="Option"),
            rows=tuple(rows),
            caption=f"The choice at {users(comparison.users)} by how variable the traffic is: "
            "instances, tasks and functions are counted by the busiest hour, and limits are on "
            "it. The databases stay those of the model's own peaks.",
        )
    ]


def _path(assumption: AssumedFigure, path: tuple[str, ...]) -> str:
    return "the same" if path == assumption.path else path_words(path)


def _variants(comparison: Comparison) -> list[d.Block]:
    """Return cheaper variants, those of the options of the path first."""
    on_path = [phase.name for phase in comparison.phases]
    ordered = sorted(
        comparison.variants,
        key=lambda v: (v.option not in on_path, -v.costs[-1][2], v.option),
    )
    if not ordered:
        return []
    rows = []
    for variant in ordered:
        saved = {n: saves for n, _, saves in variant.costs}
        rows.append(
            d.Row(
                cells=(
                    variant.option,
                    variant.title,
                    *(usd(saved[n]) if n in saved else "-" for n in comparison.scales),
                    variant.gives_up or "nothing",
                ),
                tone="good" if variant.option in on_path else "",
            )
        )
    return [
        d.Section(
            title="Cheaper variants",
            blocks=(
                d.ReportTable(
                    columns=columns(
                        "Option",
                        "Variant",
                        *(f">{n:,} users" for n in comparison.scales),
                        "Gives up",
                        grows="Variant",
                        also="Gives up",
                    ),
                    rows=tuple(rows),
                    caption="USD a month that each saves; a minus sign where it costs more.",
                ),
            ),
        )
    ]


def _needs(comparison: Comparison) -> d.Section:
    """Return each need: how much, why, what the choice has of it, and what it costs to ask."""
    decision = comparison.decision
    chosen = decision.chosen if decision is not None else ""
    has = dict(comparison.needs).get(chosen, ())
    costs = {row.need: row for row in comparison.given_up}
    rows = []
    for need in has:
        cost = costs.get(need.need)
        price = "-"
        if cost is not None:
            price = "nothing"
            if cost.chosen != chosen:
                price = f"{usd(cost.saves)}: without it `{cost.chosen}` at {usd(cost.usd)}"
        mark = {"met": "yes", "worked": "yes, by work", "unknown": "not known"}
        rows.append(
            d.Row(
                cells=(
                    need.title,
                    need.level,
                    need.why or "-",
                    f"{mark.get(need.result, need.result)}" + (f": {need.how}" if need.how else ""),
                    price,
                ),
                tone="bad" if need.is_required and not need.is_met else "",
            )
        )
    met_needs = {need.need for need in has}
    rows += [
        d.Row(cells=(name.replace("_", " "), "no", why or "-", "-", "-"))
        for name, why in comparison.not_needed
        if name not in met_needs
    ]
    if not rows:
        text = "The model states no needs; write them under `needs:`."
        return d.Section(title="Needs", blocks=(d.Paragraph(text=text, tone="note"),))
    return d.Section(
        title="Needs",
        blocks=(
            d.ReportTable(
                columns=columns(
                    "Need", "Level", "Why", f"`{chosen}` has it", ">It costs, a month",
                    grows=f"`{chosen}` has it", also="Why",
                ),
                rows=tuple(rows),
                caption="Compared with the whole deployment. What a need costs is the bill of the "
                "choice less that of the choice without this need.",
            ),
        ),
    )  # fmt: skip
