"""`explain`: the route of an access pattern as requests with their arithmetic, or a rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options
from tablewright.cli.options import complete, file_argument, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target
    from tablewright.session import Options

_RULE = re.compile(r"[A-Za-z]{2,4}-[A-Za-z]{2,4}-\d{3}\Z")
_LANGUAGES = {"boto3": "python", "cli": "shell"}


@click.command()
@click.argument("name", metavar="PATTERN|RULE", shell_complete=complete("pattern"))
@file_argument
@click.option(
    "--design",
    default="",
    metavar="NAME",
    help="How this design answers it.",
    shell_complete=complete("design"),
)
@click.option(
    "--as",
    "client",
    type=click.Choice(list(_LANGUAGES)),
    default="boto3",
    help="Write requests for boto3 (Python) or for the AWS CLI.",
)
@click.option(
    "--on-server",
    is_flag=True,
    help="Ask the server how it would run them (EXPLAIN): that of `up`, or of --endpoint.",
)
@database_options
@click.option("--full", is_flag=True, help="Write long stored values in full too.")
@pricing
@document_verb
def command(
    out: Output,
    name: str,
    file: str,
    design: str,
    client: str,
    on_server: bool,
    target: Target,
    full: bool,
    options: Options,
) -> None:
    """Explain an access pattern or a rule.

    A pattern: the requests that answer it, to be pasted, with the arithmetic of every unit, and why
    each cheaper route is not correct. A rule, such as DDB-KEY-010: what it checks, why, how to fix
    it, and its sources.
    """
    from tablewright.evaluation.doors import Target
    from tablewright.verbs.explain import explain, explain_rule

    if _RULE.match(name):
        out.show(explain_rule(name), "rule")
        return
    result = explain(
        open_to_read(file, options),
        name,
        design,
        full=full or out.form == "json",
        target=target if on_server or target != Target() else None,
        announce=announce,
    )
    out.show(result, "explain", language=_LANGUAGES[client])
