"""`explain`: the route of an access pattern as requests with their arithmetic, or a rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import file_argument, open_file, pricing
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.api import Options

_RULE = re.compile(r"[A-Za-z]{2,4}-[A-Za-z]{2,4}-\d{3}\Z")
_LANGUAGES = {"boto3": "python", "cli": "shell"}


@click.command()
@click.argument("name", metavar="PATTERN|RULE")
@file_argument
@click.option("--design", default="", metavar="NAME", help="How this design answers it.")
@click.option(
    "--as",
    "form",
    type=click.Choice(list(_LANGUAGES)),
    default="boto3",
    help="Write requests for boto3 (Python) or for the AWS CLI.",
)
@click.option("--full", is_flag=True, help="Write long values of requests in full.")
@pricing
@verb
def command(
    out: Output, name: str, file: str, design: str, form: str, full: bool, options: Options
) -> None:
    """Explain an access pattern or a rule.

    A pattern: the requests that answer it, to be pasted, with the arithmetic of every unit, and why
    each cheaper route is not correct. A rule, such as DDB-KEY-010: what it checks, why, what mends
    it, and its sources.
    """
    from tablewright.reports import pages, views
    from tablewright.reports.snippets import shortened

    if _RULE.match(name):
        from tablewright.api import rule_of

        rule = views.rule_view(rule_of(name))
        out.show(rule, "rule", lambda: pages.rule_page(rule))
        return
    session = open_file(file, options)
    evaluation = session.evaluate(design)
    pattern = session.pattern(name).name
    requests = session.requests(evaluation, pattern)
    if not full:
        requests = tuple(shortened(request) for request in requests)
    view = views.explain_view(evaluation, pattern, requests)
    out.show(view, "explain", lambda: pages.explain_page(view, _LANGUAGES[form]))
