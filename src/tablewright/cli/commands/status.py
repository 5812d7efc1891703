"""`status`: each table as it is, and how it differs from the design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tablewright.cli.commands._database import database_options, opened
from tablewright.cli.main import MISSED
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command()
@file_argument
@design_option
@database_options
@verb
def command(out: Output, file: str, design: str, target: Target) -> None:
    """Show the tables of a design as they are: state, items, bytes, indexes, mode, drift.

    Exits with 1 where a table is missing or differs from the design.
    """
    from decimal import Decimal

    from tablewright import live
    from tablewright.api import Options
    from tablewright.core.quantities import format_bytes, format_number, format_usd
    from tablewright.engines.dynamodb.provisioning import foreign, observe, plan_up
    from tablewright.operate.workspace import Workspace

    session = open_file(file, Options())
    chosen = live.dynamo_design(session, design)
    workspace = Workspace(session.file.path)
    with opened(workspace, chosen.name, target) as transport:
        found = observe(transport, [table.name for table in chosen.tables])
        where = transport.description
    plan = plan_up(session.model, chosen, found, adopt=True)
    tables: list[dict[str, Any]] = []
    for table in chosen.tables:
        seen = found.get(table.name)
        drift = [a.text for a in plan.actions if a.table == table.name and seen is not None]
        drift += [text for text in plan.refused if text.startswith(f"{table.name} ")]
        tables.append(
            {
                "table": table.name,
                "state": seen.status if seen else "missing",
                "items": seen.items if seen else 0,
                "bytes": seen.bytes if seen else 0,
                "mode": seen.mode if seen else "",
                "indexes": {
                    name: index.get("IndexStatus", "ACTIVE") for name, index in seen.indexes.items()
                }
                if seen
                else {},
                "ttl": seen.ttl if seen else "",
                "pitr": seen.pitr if seen else None,
                "drift": drift,
            }
        )
    consumed = workspace.units_so_far(chosen.name, target)
    reads = sum((Decimal(arm["read"]) for arm in consumed.values()), Decimal(0))
    writes = sum((Decimal(arm["write"]) for arm in consumed.values()), Decimal(0))
    usd = live.request_cost(session, reads, writes)
    if out.as_json:
        out.data(
            {
                "schema": "tablewright/status/1",
                "design": chosen.name,
                "where": where,
                "consumed": consumed,
                "cost_so_far_usd": str(usd),
                "beyond": list(plan.beyond),
                "tables": tables,
            }
        )
    else:
        lines = [f"{session.model.app} · {chosen.name} · {where}", ""]
        for one in tables:
            indexes = ", ".join(
                name if state == "ACTIVE" else f"{name} ({state})"
                for name, state in one["indexes"].items()
            )
            if one["state"] == "missing":
                lines.append(f"{one['table']}: missing")
                continue
            lines.append(
                f"{one['table']}: {one['state'].lower()}, {format_number(one['items'])} items, "
                f"{format_bytes(one['bytes'])}"
                + (f", {one['mode'].lower().replace('_', '-')}" if one["mode"] else "")
                + (f", indexes {indexes}" if indexes else "")
            )
            lines += [f"  differs: {text}" for text in one["drift"]]
        if consumed:
            lines += [
                "",
                f"Consumed by seed and prove so far: {format_number(reads, 1)} read and "
                f"{format_number(writes, 1)} write units, {format_usd(usd)} USD at on-demand "
                f"prices in {session.region}.",
            ]
        lines += [f"Beyond the design: {text}." for text in plan.beyond]
        if not plan.actions and not plan.refused:
            lines += ["", "Every table is as the design says."]
        else:
            adopt = " --adopt" if foreign(session.model, found) else ""
            lines += ["", f"To bring the tables to the design: tablewright up{adopt}"]
        out.text("\n".join(lines))
    if plan.actions or plan.refused:
        raise click.exceptions.Exit(MISSED)
