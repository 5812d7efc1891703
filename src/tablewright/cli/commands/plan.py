"""`plan`: the cheapest DynamoDB design that meets the requirements, why, and the way there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import (
    Output,
    chosen_form,
    document_options,
    verb,
    written,
)

if TYPE_CHECKING:
    from tablewright.api import Options, Session
    from tablewright.plan.result import PlanResult


@click.command()
@file_argument
@click.option("--from", "start", default="", metavar="NAME", help="Steps from this design to it.")
@click.option("--name", default="planned", metavar="NAME", help="What to call the design.")
@click.option("--write", is_flag=True, help="Put the design into the model file.")
@click.option("--section", is_flag=True, help="Print only the design, as the model file has it.")
@click.option("--requests", is_flag=True, help="Print the requests of every pattern too.")
@click.option("--brief", is_flag=True, help="Leave out runners-up, fronts and other scales.")
@document_options
@pricing
@verb
def command(
    out: Output,
    file: str,
    start: str,
    name: str,
    write: bool,
    section: bool,
    requests: bool,
    brief: bool,
    form: str | None,
    output: str | None,
    options: Options,
) -> None:
    """Search for the cheapest design on DynamoDB that serves every access pattern.

    The bill of one scale is minimised: the number of users given, else the largest of the model.
    With --output the document goes to that file, and only the answer is printed. JSON, HTML and
    Markdown hold the requests of every pattern too.
    """
    form = chosen_form(out, form, output)
    session = open_file(file, options)
    result = session.plan(
        start=start,
        name=name,
        explained=not (brief or section),
        requests=not section and (requests or form != "text"),
    )
    if write:
        replaced = _replaced(session, result)
        path = session.write_design(result.design)
        out.note(f"wrote the design `{name}` to {path}")
        if replaced:
            out.note(f"the `{name}` that was there is replaced; now otherwise: {replaced}")
    if section and form != "json":
        text = result.section
    elif form == "json":
        from tablewright.reports.as_json import write_json

        text = write_json(result, "plan")
    else:
        from tablewright.reports.plan_pages import plan_page

        width, color = (100, False) if output else (out.width, out.color)
        text = written(plan_page(result), form, width, color)
    if output is None:
        out.text(text)
        return
    Path(output).write_text(text, encoding="utf-8")
    if not (section or out.as_json):
        from tablewright.reports.plan_pages import plan_answer

        out.text(written(plan_answer(result), "text", out.width, out.color))
    out.note(f"wrote {output}")


def _replaced(session: Session, result: PlanResult) -> str:
    """Return what the planned design does otherwise than the one it replaces in the file."""
    old = next((d for d in session.file.designs if d.name == result.design.name), None)
    if old is None:
        return ""
    if old.engine != result.design.engine:
        return f"it was for {old.engine}"
    return "; ".join(session.summary(old, result.design))
