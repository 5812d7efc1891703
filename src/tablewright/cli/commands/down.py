"""`down`: remove the tables of a design, in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.commands._database import database_options, opened, status_line
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command()
@file_argument
@design_option
@database_options
@click.option("--confirm", default="", metavar="WORD", help="The word the first step asks for.")
@verb
def command(out: Output, file: str, design: str, target: Target, confirm: str) -> None:
    """Delete the tables of a design and what they hold.

    The first step says what would be lost and the word that confirms it; the second deletes.
    """
    from tablewright import live
    from tablewright.api import Options
    from tablewright.core.errors import UsageError
    from tablewright.core.quantities import format_bytes, format_number
    from tablewright.engines.dynamodb.provisioning import apply_down, observe, plan_down
    from tablewright.operate.workspace import Workspace

    session = open_file(file, Options())
    chosen = live.dynamo_design(session, design)
    workspace = Workspace(session.file.path)
    with opened(workspace, chosen.name, target) as transport:
        found = observe(transport, [table.name for table in chosen.tables])
        actions = plan_down(session.model, chosen, found)
        word = f"{session.model.app}-{chosen.name}"
        if confirm and confirm != word:
            raise UsageError(f"`{confirm}` is not the word", remedy=f"it is {word}")
        if confirm:
            with status_line(is_local=target.is_local) as say:
                apply_down(actions, transport, say)
            workspace.position(chosen.name, target).unlink(missing_ok=True)
            workspace.loading(chosen.name, target).unlink(missing_ok=True)
            workspace.spent(chosen.name, target).unlink(missing_ok=True)
        where = transport.description
    if out.as_json:
        out.data(
            {
                "schema": "tablewright/down/1",
                "design": chosen.name,
                "where": where,
                "deleted": bool(confirm),
                "tables": sorted(found),
                "confirm": word,
            }
        )
        return
    lines = [f"{session.model.app} · {chosen.name} · {where}", ""]
    if not found:
        lines.append("Nothing to do: none of the tables exists.")
    elif confirm:
        lines += [f"Deleted {name}." for name in found]
    else:
        lines += [
            f"Would delete {name}: {format_number(table.items)} items, {format_bytes(table.bytes)}"
            for name, table in found.items()
        ]
        lines += ["", f"To do it: repeat with --confirm {word}"]
    out.text("\n".join(lines))
