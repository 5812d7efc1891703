"""`diff`: what changes between two designs, or two files, and what that does to the bill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.api import Options
    from tablewright.evaluation.values import Evaluation


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@file_argument
@click.option("--design", default="", metavar="NAME", help="Of two files: compare this design.")
@pricing
@verb
def command(out: Output, before: str, after: str, file: str, design: str, options: Options) -> None:
    """Compare two designs of a file, or the designs of two files.

    A and B are names of designs, or paths of model files.
    """
    from tablewright.reports import pages, views

    left, right = _evaluations(before, after, file, design, options)
    view = views.diff_view(left, right)
    out.show(view, "diff", lambda: pages.diff_page(view))


def _evaluations(
    before: str, after: str, file: str, design: str, options: Options
) -> tuple[Evaluation, Evaluation]:
    from dataclasses import replace

    if not (Path(before).exists() and Path(after).exists()):
        session = open_file(file, options)
        return session.evaluate(before), session.evaluate(after)
    left = open_file(before, options)
    # Both at the same number of users: what the first file is reviewed at.
    right = open_file(after, replace(options, users=left.users))
    return left.evaluate(design), right.evaluate(design)
