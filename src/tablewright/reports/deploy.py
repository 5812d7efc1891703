"""The pages of `deploy`: the options there are, and the folder that was written.

In: an OptionsView or a DeployView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import ZERO, format_usd
from tablewright.deploy.readiness import ReadinessRow
from tablewright.deploy.ways_out import ADDRESSES
from tablewright.reports.document import (
    Block,
    Bullets,
    Document,
    Lines,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
)
from tablewright.verbs.deploy import BesideRow, DeployView, OptionsView, PartRow, WayOutRow

SHOWN = 3
"""Names of resources that a row shows."""


def options_page(view: OptionsView) -> Document:
    """Return the deployment options of a model, and which of them can be written."""
    columns = (
        ReportColumn(title="Option"),
        ReportColumn(title="What it is", grows=True),
        ReportColumn(title="USD/month", right=True),
        ReportColumn(title="Can be written", grows=True),
    )
    rows = tuple(
        Row(
            cells=(
                option.name,
                option.title,
                "not priced" if option.usd is None else format_usd(option.usd),
                "yes" if option.is_deployable else f"no: {option.reason}",
            )
        )
        for option in view.options
    )
    caption = f"At {view.users:,} users; what is always free is taken off."
    table = ReportTable(columns=columns, rows=rows, caption=caption)
    return Document(title=f"{view.app} · deployment options", blocks=(table,))


def deploy_page(view: DeployView) -> Document:
    """Return what was written, what each priced line became, and what to do next."""
    blocks: list[Block] = [Paragraph(text=_summary(view)), Lines(items=tuple(_files(view)))]
    if view.edited:
        blocks.append(
            Paragraph(
                text="Edited by hand and kept; what would have been written is beside each as "
                f".new: {', '.join(view.edited)}",
                tone="bad",
            )
        )
    blocks.append(_parts(view))
    if view.beside:
        blocks.append(Paragraph(text="Beside the priced option:"))
        blocks.append(Bullets(items=tuple(_difference(row) for row in view.beside)))
    if view.ways_out:
        blocks.append(Paragraph(text=_ways_out(view)))
        blocks.append(Bullets(items=tuple(_way_out(way) for way in view.ways_out)))
    reach = view.exposed or ("nothing",)
    blocks.append(Paragraph(text="The internet can reach:"))
    blocks.append(Bullets(items=reach))
    blocks.append(Paragraph(text="Before people depend on it:"))
    blocks.append(Bullets(items=tuple(_ready(row) for row in view.readiness)))
    blocks.append(Paragraph(text="Security settings:"))
    blocks.append(Bullets(items=tuple(_ready(row) for row in view.security)))
    blocks.append(Paragraph(text=_next(view)))
    title = f"{view.app} · {view.option} · {view.environment} · {view.region}"
    return Document(title=title, blocks=tuple(blocks))


def _ready(row: ReadinessRow) -> str:
    return f"{row.what}: {row.state}, {row.evidence}" + (f"; {row.fix}" if row.fix else "")


def _summary(view: DeployView) -> str:
    tables = f" with the design `{view.design}`" if view.design else ""
    return (
        f"{view.resources} resources, {view.roles} roles, {view.alarms} alarms{tables}: "
        f"{format_usd(view.usd)} USD a month at {view.users:,} users, as `compare` prices it."
    )


def _files(view: DeployView) -> list[str]:
    word = "Would write" if view.dry_run else "Wrote"
    lines = [f"{word} {view.folder}/{name}" for name in view.new]
    lines += [f"{word} {view.folder}/{name} (changed)" for name in view.changed]
    lines += [
        f"No longer needed: {view.folder}/{name}; delete it when you agree"
        for name in view.obsolete
    ]
    if not lines and not view.edited:
        lines.append(f"Nothing to do: {view.folder} is as the model says.")
    return lines


def _parts(view: DeployView) -> ReportTable:
    rows = tuple(
        Row(
            cells=(
                part.title,
                format_usd(part.usd),
                _behind(part),
            )
        )
        for part in view.parts
    )
    columns = (
        ReportColumn(title="Priced line", grows=True),
        ReportColumn(title="USD/month", right=True),
        ReportColumn(title="Resources", grows=True),
    )
    return ReportTable(columns=columns, rows=rows)


def _behind(part: PartRow) -> str:
    """Return what a priced line became: a few names, how many more, what to know."""
    shown = ", ".join(part.resources[:SHOWN])
    if len(part.resources) > SHOWN:
        shown += f" and {len(part.resources) - SHOWN} more"
    return "; ".join(text for text in (shown, part.note) if text) or "charged by use"


def _difference(row: BesideRow) -> str:
    more = "not priced in this region"
    if row.usd is not None:
        word = "more" if row.usd >= 0 else "less"
        more = f"{format_usd(abs(row.usd))} USD a month {word}"
    return f"{row.written:,f} {row.what} where {row.priced:,f} are priced: {more}"


def _ways_out(view: DeployView) -> str:
    """Say which way out is the cheapest, and the cheapest that keeps machines private."""
    priced = [way for way in view.ways_out if way.usd is not None]
    private = [way for way in priced if way.name != ADDRESSES]
    if not private:
        return "Ways out of the network:"
    best = min(private, key=lambda way: way.usd or ZERO)
    return (
        f"Ways out of the network, at the model's traffic. The cheapest without public addresses: "
        f"{best.name}, to {best.reaches}."
    )


def _way_out(way: WayOutRow) -> str:
    cost = "not priced in this region" if way.usd is None else f"{format_usd(way.usd)} USD a month"
    needs = f" ({', '.join(way.needs)})" if way.needs else ""
    return f"{way.name}{needs}, to {way.reaches}: {cost}{'; written' if way.is_written else ''}"


def _next(view: DeployView) -> str:
    if view.format == "terraform":
        return f"Next: terraform -chdir={view.folder} init && terraform -chdir={view.folder} plan"
    return (
        f"Next: aws cloudformation deploy --template-file {view.folder}/template.yaml "
        f"--stack-name {view.app}-{view.environment} --capabilities CAPABILITY_IAM "
        "--parameter-overrides …; RUNBOOK.md says the rest"
    )
