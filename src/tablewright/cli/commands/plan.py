"""`plan`: the cheapest DynamoDB design that meets the requirements, why, and the steps to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options, Session


@click.command()
@file_argument
@click.option("--from", "start", default="", metavar="NAME", help="Steps from this design to it.")
@click.option(
    "--engine",
    default="",
    metavar="NAME",
    help="Print the usual design for mongodb or postgresql instead; --write puts it into the file.",
)
@click.option("--name", default="planned", metavar="NAME", help="The name of the new design.")
@click.option("--write", is_flag=True, help="Put the design into the model file.")
@click.option("--section", is_flag=True, help="Print only the design, as the model file has it.")
@click.option("--requests", is_flag=True, help="Print the requests of every pattern too.")
@click.option("--brief", is_flag=True, help="Leave out runners-up, fronts and other scales.")
@pricing
@document_verb
def command(
    out: Output,
    file: str,
    start: str,
    engine: str,
    name: str,
    write: bool,
    section: bool,
    requests: bool,
    brief: bool,
    options: Options,
) -> None:
    """Search for the cheapest design on DynamoDB that serves every access pattern.

    The bill of one scale is minimised: the number of users given, else the largest of the model.
    With --output the document goes to that file, and only the answer is printed. JSON, HTML and
    Markdown hold the requests of every pattern too. For MongoDB and PostgreSQL nothing is searched:
    --engine prints the usual design that `compare` takes, and other verbs know it as
    `--design planned-mongodb` and `--design planned-postgresql`.
    """
    if engine:
        _show_usual(out, _opened(file, options, write=write), engine, write=write)
        return
    from tablewright.reports.plan import plan_answer
    from tablewright.verbs.plan import plan, replaced_design, write_design

    session = _opened(file, options, write=write)
    result = plan(
        session,
        start=start,
        name=name,
        explained=not (brief or section),
        requests=not section and (requests or out.form != "text"),
    )
    if write:
        replaced = replaced_design(session, result)
        path = write_design(session, result.design)
        out.note(f"wrote the design `{name}` to {path}")
        if replaced:
            out.note(f"the `{name}` that was there is replaced; changed: {replaced}")
    if section and out.form != "json":
        if out.path:
            out.write(result.section)
            out.note(f"wrote {out.path}")
        else:
            out.text(result.section)
        return
    out.show(result, "plan", answer=lambda: plan_answer(result))


def _opened(file: str, options: Options, *, write: bool) -> Session:
    return open_file(file, options) if write else open_to_read(file, options)


def _show_usual(out: Output, session: Session, engine: str, *, write: bool) -> None:
    """Print the usual design for an engine as the model file has it, or put it there."""
    from tablewright.verbs.plan import usual_section, write_design

    view = usual_section(session, engine)
    if write:
        path = write_design(session, session.design(view.name))
        out.note(f"wrote the design `{view.name}` to {path}")
        return
    out.show(view, "usual-design")
