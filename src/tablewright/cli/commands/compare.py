"""`compare`: which database, on which architecture, at which price, now and later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.api import Options


@click.command()
@file_argument
@click.option("--lines", is_flag=True, help="Show every line of every way to deploy, too.")
@pricing
@verb
def command(out: Output, file: str, lines: bool, options: Options) -> None:
    """Compare engines and ways to deploy on the same workload, at every scale of the file.

    The choice is made for --users, by default the largest scale with a budget. Weights, figures of
    the workload and ways to deploy of your own are part of the model file; docs/compare.md has
    their form.
    """
    from tablewright.reports.compare_pages import compare_page

    found = open_file(file, options).compare()
    out.show(found, "compare", lambda: compare_page(found, with_lines=lines))
