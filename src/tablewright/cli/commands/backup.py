"""`backup`: a copy of what the tables of a design store, and the list of those there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, status_line
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command(epilog="Example: tablewright backup --design current, then restore --drill")
@file_argument
@design_option
@database_options
@click.option("--name", default="", help="Of the backup; backup-YYYYMMDD unless given.")
@click.option(
    "--method",
    type=click.Choice(("auto", "native", "export")),
    default="auto",
    help="CreateBackup, pg_dump or a BSON dump (native), files of `export`, or the first there is.",
)
@click.option("--list", "is_list", is_flag=True, help="List the backups there are; make none.")
@click.option("--out", "folder", type=click.Path(path_type=Path), help="Where files go.")
@click.option(
    "--no-digests", is_flag=True, help="Do not read everything to compare a restore with."
)
@verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    name: str,
    method: str,
    is_list: bool,
    folder: Path | None,
    no_digests: bool,
) -> None:
    """Back up the tables of a design: by the database itself where it offers that.

    DynamoDB makes its own on-demand backups, PostgreSQL is dumped by pg_dump where that is
    installed, MongoDB's collections are written as mongodump --gzip writes them; otherwise it is
    the files of `export`. The answer says which. Unless
    --no-digests is said, everything is read once, so that a restore can be compared with it.
    """
    from tablewright.verbs.backup import backup

    view = backup(
        open_file(file),
        design,
        target,
        name=name,
        method=method,
        out=folder,
        is_list=is_list,
        reads_content=not no_digests,
        announce=announce,
        status=lambda: status_line(is_local=target.is_local),
    )
    out.show(view, "backup")
