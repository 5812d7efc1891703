"""`up`: create the tables of a design, or change those that exist until they are as it says."""

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
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@click.option("--allow-destroy", is_flag=True, help="Allow an index to be dropped.")
@click.option("--adopt", is_flag=True, help="Take over tables that were not made here.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    dry_run: bool,
    allow_destroy: bool,
    adopt: bool,
) -> None:
    """Create the tables of a design, or bring those that exist to it.

    Without a target it is the local engine, in a file beside the model. A second run changes
    nothing, and says so.
    """
    from tablewright.verbs.up import up

    result = up(
        open_file(file),
        design,
        target,
        dry_run=dry_run,
        allow_destroy=allow_destroy,
        adopt=adopt,
        announce=announce,
        status=lambda: status_line(is_local=target.is_local),
    )
    out.show(result, "up")
