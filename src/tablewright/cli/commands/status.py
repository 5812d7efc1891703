"""`status`: each table as it is, and how it differs from the design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command()
@file_argument
@design_option
@database_options
@document_verb
def command(out: Output, file: str, design: str, target: Target) -> int:
    """Show the tables of a design as they are: state, items, bytes, indexes, mode, drift.

    Exits with 1 where a table is missing or differs from the design.
    """
    from tablewright.verbs.status import status

    result = status(open_file(file), design, target, announce=announce)
    out.show(result, "status")
    return 0 if result.is_as_designed else 1
