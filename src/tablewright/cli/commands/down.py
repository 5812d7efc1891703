"""`down`: remove the tables of a design, in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, status_line
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
    from tablewright.verbs.down import down

    result = down(
        open_file(file),
        design,
        target,
        confirm=confirm,
        announce=announce,
        status=lambda: status_line(is_local=target.is_local),
    )
    out.show(result, "down")
