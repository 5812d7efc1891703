"""Put a roadmap into words: one table of all scales, then for each what is due and what to watch.

In: a RoadmapView. Out: a document, or its sections for the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.reports import document as d
from tablewright.reports.compare_options import columns
from tablewright.reports.figures import plural, sentence, usd, users
from tablewright.verbs.roadmap import MOVE, RoadmapStep, RoadmapStop, RoadmapView


def roadmap_page(view: RoadmapView) -> d.Document:
    """Return the whole roadmap."""
    return d.Document(
        title=f"{view.app} · roadmap of {view.design}"
        + (f" to {view.leads_to}" if view.leads_to else ""),
        heading=f"scales {', '.join(f'{stop.users:,}' for stop in view.stops)} · "
        f"{view.months:.0f} months · grade {view.grade or 'none'} as it is",
        blocks=roadmap_sections(view),
    )


def roadmap_sections(view: RoadmapView) -> tuple[d.Block, ...]:
    """Return the sections of a roadmap: all scales at a glance, then each of them."""
    blocks: list[d.Block] = [_glance(view)]
    blocks += [_stop(stop) for stop in view.stops]
    if view.when_wanted:
        blocks.append(
            d.Section(
                title="When you like",
                blocks=(
                    d.Paragraph(text="No scale of the file asks for these.", tone="note"),
                    *(_card(step) for step in view.when_wanted),
                ),
            )
        )
    blocks.append(_routine(view))
    return tuple(blocks)


def _glance(view: RoadmapView) -> d.Section:
    rows = []
    for stop in view.stops:
        budget = stop.budget
        over = {
            of: budget is not None
            and budget.of == of
            and spent is not None
            and spent > Decimal(budget.wanted)
            for of, spent in (("database", stop.usd), ("deployment", stop.option_usd))
        }
        rows.append(
            d.Row(
                cells=(
                    f"{stop.users:,}",
                    f"{stop.month:.0f}",
                    stop.status or "not assessed",
                    _usd(stop.usd) + ("!" if over["database"] else ""),
                    _usd(stop.usd_then),
                    stop.option or "-",
                    _usd(stop.option_usd) + ("!" if over["deployment"] else ""),
                    plural(len(stop.steps), "step") if stop.steps else "nothing is due",
                )
            )
        )
    return d.Section(
        title="At a glance",
        blocks=(
            d.ReportTable(
                columns=columns(
                    ">Users",
                    ">Month",
                    "Status",
                    ">Database as it is",
                    ">With all steps",
                    "Deployment",
                    ">Whole bill",
                    "Due",
                    grows="Status",
                    also="Deployment",
                ),
                rows=tuple(rows),
                caption="USD a month; ! is over the budget for it. Month: when that many users are "
                "reached, as they are taken to grow over the horizon (`options: {ownership: "
                "{months: …}}`). The whole bill is that of the growth path of `compare`, on the "
                "best design of its engine.",
            ),
        ),
    )


def _usd(amount: Decimal | None) -> str:
    return "-" if amount is None else usd(amount)


def _stop(stop: RoadmapStop) -> d.Section:
    blocks: list[d.Block] = []
    if stop.sentence:
        blocks.append(d.Paragraph(text=stop.sentence))
    blocks += [_card(step) for step in stop.steps]
    if not stop.steps:
        blocks.append(d.Paragraph(text="Nothing becomes due at this scale.", tone="note"))
    if stop.watch:
        blocks.append(
            d.ReportTable(
                columns=columns("Watch", "Where", "Used", ">Used up at", grows="Used"),
                rows=tuple(
                    d.Row(
                        cells=(
                            watched.what,
                            watched.where,
                            watched.used,
                            f"{watched.users:,} users" if watched.users else "-",
                        )
                    )
                    for watched in stop.watch
                ),
            )
        )
    blocks.append(
        d.Fold(
            summary=f"{plural(len(stop.alarms), 'alarm')} to set",
            blocks=(
                d.ReportTable(
                    columns=columns("Where", "Alarm", "Threshold", grows="Threshold"),
                    rows=tuple(
                        d.Row(cells=(alarm.where, alarm.what, alarm.threshold))
                        for alarm in stop.alarms
                    ),
                    caption="Units: three times what is expected at the peak, in five minutes.",
                ),
            ),
        )
    )
    blocks.append(
        d.Fold(
            summary="Checklist",
            blocks=(
                d.Bullets(
                    items=tuple(
                        f"[ ] {item.what}; {item.by}"
                        + (f": `{item.command}`" if item.command else "")
                        for item in stop.checklist
                    )
                ),
            ),
        )
    )
    return d.Section(title=f"At {users(stop.users)} (month {stop.month:.0f})", blocks=tuple(blocks))


def _card(step: RoadmapStep) -> d.Card:
    saves = step.saves or ZERO
    rows = [
        ("changes", sentence(step.what) if step.name != step.what else ""),
        ("why", sentence(step.why) if step.why else ""),
        ("since", f"{step.since:,} users" if step.since and step.since > 1 else ""),
        ("saves", f"{usd(saves)} USD a month here" if saves > 0 else ""),
        ("costs", " and ".join(_costs(step))),
        ("but", f"costs more than it saves from {step.until:,} users on" if step.until else ""),
    ]
    what = step.name[:1].upper() + step.name[1:]
    names = f" ({', '.join(step.rules)})" if step.rules else ""
    return d.Card(
        label="move" if step.kind == MOVE else step.level or "fix",
        title=f"{what.rstrip('.')}{names}",
        tone=step.level,
        rows=tuple((name, text) for name, text in rows if text),
    )


def _costs(step: RoadmapStep) -> Iterator[str]:
    if step.saves is not None and step.saves < 0:
        yield f"{usd(-step.saves)} USD a month here"
    if step.cost_once:
        yield f"{usd(step.cost_once)} USD once"


def _routine(view: RoadmapView) -> d.Section:
    rows = tuple(d.Row(cells=(task.interval, task.what, task.command)) for task in view.routine)
    return d.folded(
        d.Section(
            title="At every scale",
            blocks=(
                d.ReportTable(
                    columns=columns("When", "What", "Command", grows="What", also="Command"),
                    rows=rows,
                ),
            ),
        )
    )
