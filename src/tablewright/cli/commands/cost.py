"""`cost`: the bill of a design at a number of users, or of all designs over all scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import design_option, file_argument, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@file_argument
@design_option
@click.option(
    "--by",
    type=click.Choice(["line", "pattern", "resource", "dimension"]),
    default="line",
    help="What to add up: every line (as they are), or all of a pattern, resource or dimension.",
)
@pricing
@document_verb
def command(out: Output, file: str, design: str, by: str, options: Options) -> int:
    """Show what a design costs a month.

    With --users the bill line by line, of the first design unless --design names another. Without,
    a table of all designs over all scales of the file. Exits with 1 where there is no figure.
    """
    from tablewright.verbs.cost import cost, cost_by_scale

    session = open_to_read(file, options)
    if options.users is None and by == "line":
        scales = cost_by_scale(session, design)
        out.show(scales, "scales")
        return 0 if scales.has_figures else 1
    view = cost(session, design, by=by)
    out.show(view, "cost")
    return 0 if view.usd_per_month is not None else 1
