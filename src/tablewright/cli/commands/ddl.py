"""`ddl`: what would be run to create a design from nothing."""

from __future__ import annotations

import click

from tablewright.cli.options import design_option, file_argument, open_to_read
from tablewright.cli.output import Output, document_verb


@click.command()
@file_argument
@design_option
@document_verb
def command(out: Output, file: str, design: str) -> None:
    """Print what creates a design: SQL, MongoDB shell calls or CreateTable requests.

    Nothing is connected to. `up` runs the same statements, and afterwards only those that are
    missing.
    """
    from tablewright.verbs.ddl import ddl

    out.show(ddl(open_to_read(file), design), "ddl")
