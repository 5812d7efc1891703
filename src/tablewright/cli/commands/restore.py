"""`restore`: a backup or a moment, into a place of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, status_line
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command(epilog="Example: tablewright restore --drill, or restore --at latest --into check")
@file_argument
@design_option
@database_options
@click.option("--backup", "name", default="", help="Of this name; the latest unless given.")
@click.option("--at", "moment", metavar="TIME", help="What was stored then; `latest` for now.")
@click.option("--into", default="", help="Prefix of the new tables, or the new database.")
@click.option("--drill", "is_drill", is_flag=True, help="Verify, measure, then remove it again.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    name: str,
    moment: str | None,
    into: str,
    is_drill: bool,
) -> int:
    """Restore a backup into new tables or a new database, and verify it; nothing is overwritten.

    Counts and digests are compared with those of the backup, and the read patterns of the model
    are asked and judged. A drill measures how long that takes, removes the place again and leaves
    a record that `status` shows. Exits with 1 where something is missing or answered wrongly.
    """
    from tablewright.core.errors import UsageError
    from tablewright.verbs.backup import restore

    if name and moment is not None:
        raise UsageError("--backup and --at exclude each other", remedy="give one of them")
    view = restore(
        open_file(file),
        design,
        target,
        name=name,
        moment=moment,
        into=into,
        is_drill=is_drill,
        announce=announce,
        status=lambda: status_line(is_local=target.is_local),
    )
    out.show(view, "restore")
    return 0 if view.is_passed else 1
