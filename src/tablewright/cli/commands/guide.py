"""`guide`: how to run a system, step by step, with the commands for its model."""

from __future__ import annotations

import click

from tablewright.cli.options import design_option, file_argument, open_to_read
from tablewright.cli.output import Output, document_verb


@click.command(epilog="Example: tablewright guide, or tablewright guide auxeira")
@file_argument
@design_option
@document_verb
def command(out: Output, file: str, design: str) -> None:
    """Show how to run a system, from setting it up to maintaining it.

    Set up, deploy, verify, monitor, secure, optimise, troubleshoot, back up, maintain: each step,
    and each weekly, monthly and quarterly task, has the command for this model.
    """
    from tablewright.verbs.guide import guide

    out.show(guide(open_to_read(file), design, file="" if file == "." else file), "guide")
