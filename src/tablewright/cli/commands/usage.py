"""`usage`: what tables consume and where requests are throttled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options
from tablewright.cli.options import design_option, file_argument, open_file, users_option
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command(epilog="Example: tablewright usage --table orders --hourly --days 1 --aws")
@file_argument
@design_option
@database_options
@users_option
@click.option("--table", default="", metavar="NAME", help="Only this table.")
@click.option("--hourly", is_flag=True, help="By the hour instead of the day.")
@click.option("--days", type=click.IntRange(1, 63), default=14, help="How far back.")
@click.option(
    "--metrics",
    multiple=True,
    type=click.Path(),
    help="Saved replies of GetMetricData, instead of asking CloudWatch.",
)
@click.option("--cloudwatch", "cloudwatch", default="", metavar="URL", help="Ask this server.")
@document_verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    users: int | None,
    table: str,
    hourly: bool,
    days: int,
    metrics: tuple[str, ...],
    cloudwatch: str,
) -> int:
    """Show consumed units and throttled requests by table and day, and what is free of them.

    On an account from CloudWatch, with the command that asks for the same; elsewhere what the verbs
    consumed. Of provisioned tables also the capacity that would have fitted.
    """
    from tablewright.session import Options
    from tablewright.verbs.usage import UsageOptions, usage

    view = usage(
        open_file(file, Options(users=users)),
        design,
        target,
        UsageOptions(
            table=table,
            is_hourly=hourly,
            days=days,
            metrics=metrics,
            endpoint=cloudwatch,
        ),
        announce=announce,
    )
    out.show(view, "usage")
    return 0
