"""`diff`: what changes between two designs, or two files, and what that does to the bill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@file_argument
@click.option("--design", default="", metavar="NAME", help="Of two files: compare this design.")
@pricing
@document_verb
def command(out: Output, before: str, after: str, file: str, design: str, options: Options) -> None:
    """Compare two designs of a file, or the designs of two files.

    A and B are names of designs, or paths of model files.
    """
    from tablewright.verbs.diff import diff, diff_files

    if Path(before).exists() and Path(after).exists():
        out.show(diff_files(before, after, options, design=design), "diff")
    else:
        out.show(diff(open_file(file, options), before, after), "diff")
