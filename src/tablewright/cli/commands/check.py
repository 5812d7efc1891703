"""`check`: is the model valid, are its targets met, which grade do the designs get?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import complete, file_argument, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@file_argument
@click.option(
    "--design",
    default="",
    metavar="NAME",
    help="Check this design, not the first.",
    shell_complete=complete("design"),
)
@click.option("--all", "every", is_flag=True, help="Check every design of the file.")
@pricing
@document_verb
def command(out: Output, file: str, design: str, every: bool, options: Options) -> int:
    """Check a model file: diagnostics, targets, and the report card in short.

    Targets and grade are those of the first design of the file unless told otherwise. Exits with 1
    when a target (budget, grade) is missed or nobody can say what a design costs, so that it can
    guard a pull request.
    """
    from tablewright.cli.output import show_diagnostics
    from tablewright.verbs.check import check

    session = open_to_read(file, options)
    show_diagnostics(session.file.warnings, session.file.source)
    result = check(session, design, every=every)
    out.show(result, "check")
    return 1 if result.missed or result.without_a_figure else 0
