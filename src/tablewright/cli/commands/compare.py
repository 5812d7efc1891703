"""`compare`: which database, on which architecture, at which price, now and later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@file_argument
@click.option("--lines", is_flag=True, help="Show every line of every deployment option, too.")
@click.option("--short", is_flag=True, help="Show the answer, the options and the reasons only.")
@pricing
@document_verb
def command(out: Output, file: str, lines: bool, short: bool, options: Options) -> int:
    """Compare engines and deployment options on the same workload, at every scale of the file.

    The choice is made for --users, by default the largest scale with a budget. Weights, figures of
    the workload and architectures of your own are part of the model file; docs/compare.md has
    their form. Exits with 1 where no deployment option has a price.
    """
    from tablewright.verbs.compare import compare

    result = compare(open_to_read(file, options))
    out.show(result, "compare", with_lines=lines, short=short)
    return 0 if result.has_prices else 1
