"""`seed`: fill the tables of a design with sampled items, or with your own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.commands._database import database_options, opened, progress_bar
from tablewright.cli.options import design_option, file_argument, open_file, users_option
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target
    from tablewright.operate.seed import SeedPlan


@click.command()
@file_argument
@design_option
@users_option
@database_options
@click.option("--units-per-second", type=int, help="Take at most so many write units a second.")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False),
    help="Load this JSON, NDJSON or CSV file instead of sampled items.",
)
@click.option("--entity", default="", help="What the records of --from are.")
@click.option("--dry-run", is_flag=True, help="Say what it takes and write nothing.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    users: int | None,
    target: Target,
    units_per_second: int | None,
    source: str | None,
    entity: str,
    dry_run: bool,
) -> None:
    """Fill the tables with the sampled items of a number of users (1,000 by default).

    The same items every time, parents before children. An interrupted run goes on where it stopped.
    """
    from tablewright import live
    from tablewright.api import Options
    from tablewright.core.errors import UsageError
    from tablewright.core.quantities import format_number, format_usd
    from tablewright.engines.dynamodb.adapter import DynamoAdapter
    from tablewright.operate.records import apply_records, checked
    from tablewright.operate.workspace import Workspace
    from tablewright.sample.sample import Sample

    session = open_file(file, Options())
    chosen = live.dynamo_design(session, design)
    workspace = Workspace(session.file.path)
    scale = users or 1000
    budget = Decimal(units_per_second) if units_per_second else None
    if source is not None:
        if entity not in {e.name for e in session.model.entities}:
            names = ", ".join(e.name for e in session.model.entities)
            raise UsageError(
                f"`{entity}` is no entity of the model" if entity else "--from needs --entity",
                remedy=f"choose one of {names}",
            )
        if dry_run:
            read = checked(session.model.entity(entity), Path(source))
            out.text(f"{read:,} records of {entity} can be loaded; none was written.")
            return
        with opened(workspace, chosen.name, target) as transport, progress_bar("load") as show:
            live.require_tables(session, chosen, transport)
            written = apply_records(
                DynamoAdapter(session.model, chosen, transport, units_per_second=budget),
                session.model,
                chosen.name,
                entity,
                Path(source),
                keep=workspace.loading(chosen.name, target),
                progress=show,
            )
        _say(out, chosen.name, written, 0, transport.description)
        return
    evaluation = live.population(session, chosen, scale)
    plan = live.seed_plan(session, chosen, Sample(session.model), evaluation)
    note = out.text if dry_run and not out.as_json else out.note
    note(
        f"{format_number(plan.items)} items for {format_number(scale)} users take "
        f"{format_number(plan.units)} write units: {format_usd(plan.usd)} USD on-demand in "
        f"{session.region}"
    )
    if dry_run:
        _say_plan(out, chosen.name, plan)
        return
    with opened(workspace, chosen.name, target) as transport, progress_bar("seed") as show:
        live.require_tables(session, chosen, transport)
        _, written = live.fill(
            session,
            chosen,
            transport,
            scale,
            keep=workspace.position(chosen.name, target),
            units_per_second=budget,
            progress=show,
            evaluation=evaluation,
        )
        where = transport.description
    _say(out, chosen.name, written, plan.items, where)


def _say_plan(out: Output, design: str, plan: SeedPlan) -> None:
    """Print what seeding would write, table by table."""
    from tablewright.core.quantities import format_number

    if out.as_json:
        parts = [
            {"table": p.table, "entity": p.entity, "items": p.count, "write_units": float(p.units)}
            for p in plan.parts
        ]
        data = {"design": design, "items": plan.items, "written": 0, "parts": parts}
        out.data({"schema": "tablewright/seed/1", **data, "usd": str(plan.usd)})
        return
    for part in plan.parts:
        units = format_number(part.units * part.count)
        out.text(
            f"Would write {part.count:,} items of {part.entity} to {part.table}: {units} units"
        )


def _say(out: Output, design: str, written: int, wanted: int, where: str) -> None:
    if out.as_json:
        out.data(
            {
                "schema": "tablewright/seed/1",
                "design": design,
                "written": written,
                "items": wanted,
                "where": where,
            }
        )
        return
    if written == 0 and wanted:
        out.text(f"Nothing to do: {where} holds all {wanted:,} items.")
    else:
        out.text(f"Wrote {written:,} items to {where}. Next: tablewright prove")
