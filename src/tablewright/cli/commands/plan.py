"""`plan`: the cheapest DynamoDB design that meets the requirements, why, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.api import Options


@click.command()
@file_argument
@click.option("--from", "start", default="", metavar="NAME", help="Steps from this design to it.")
@click.option("--name", default="planned", metavar="NAME", help="What to call the design.")
@click.option("--write", is_flag=True, help="Put the design into the model file.")
@click.option("--section", is_flag=True, help="Print only the design, as the model file has it.")
@click.option("--brief", is_flag=True, help="Leave out runners-up and fronts.")
@pricing
@verb
def command(
    out: Output,
    file: str,
    start: str,
    name: str,
    write: bool,
    section: bool,
    brief: bool,
    options: Options,
) -> None:
    """Search for the cheapest design on DynamoDB that serves every access pattern.

    The bill of one scale is minimised: the number of users given, else the largest of the model.
    """
    session = open_file(file, options)
    result = session.plan(start=start, name=name, explained=not (brief or section))
    if write:
        path = session.write_design(result.design)
        out.note(f"wrote the design `{name}` to {path}")
    if section:
        out.text(result.section)
        return
    from tablewright.reports.plan_pages import plan_page

    out.show(result, "plan", lambda: plan_page(result))
