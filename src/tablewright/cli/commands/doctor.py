"""`doctor`: what is wrong with a database as it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, status_line
from tablewright.cli.options import (
    design_option,
    environment_option,
    file_argument,
    open_file,
    options_in,
    users_option,
)
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command(epilog="Example: tablewright doctor --design current --aws --bill cur.csv")
@file_argument
@design_option
@database_options
@environment_option
@users_option
@click.option(
    "--metrics",
    multiple=True,
    type=click.Path(),
    help="Saved replies of GetMetricData and DescribeAlarms, instead of asking CloudWatch.",
)
@click.option("--bill", default="", type=click.Path(), help="A CUR CSV or Cost Explorer reply.")
@click.option("--days", type=click.IntRange(1, 63), default=14, help="Days of metrics to ask for.")
@click.option("--cloudwatch", "cloudwatch", default="", metavar="URL", help="Ask this server.")
@click.option("--no-cloudwatch", is_flag=True, help="Do not ask CloudWatch.")
@click.option(
    "--records",
    type=click.IntRange(min=0),
    help="Records read of each table for their sizes; all, or 10,000 on an account.",
)
@click.option("--health", default="", metavar="URL", help="Answers while the service is well.")
@click.option("--hourly", is_flag=True, help="Consumed units by the hour instead of the day.")
@click.option("--write-rates", is_flag=True, help="Put observed rates into the model file.")
@document_verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    environment: str,
    users: int | None,
    metrics: tuple[str, ...],
    bill: str,
    days: int,
    cloudwatch: str,
    no_cloudwatch: bool,
    records: int | None,
    health: str,
    hourly: bool,
    write_rates: bool,
) -> int:
    """Examine a running database: one page of findings, each with evidence and its fix.

    Drift, recovery, backups, TTL, protection, alarms, throttles and hot keys, unused indexes, large
    records, observed rates and bill against the model, quotas, capacity mode. What could not be
    checked is listed. Exits with 1 where something severe is wrong.
    """
    from tablewright.verbs.doctor import DoctorOptions, doctor

    is_account = target.aws or bool(target.profile)
    view = doctor(
        open_file(file, options_in(environment)),
        design,
        target,
        DoctorOptions(
            users=users,
            metrics=metrics,
            bill=bill,
            endpoint=cloudwatch,
            days=days,
            asks=not no_cloudwatch,
            records=records if records is not None else (10_000 if is_account else 0),
            health=health,
            writes_rates=write_rates,
            is_hourly=hourly,
        ),
        announce=announce,
        status=lambda: status_line(is_local=target.is_local),
    )
    out.show(view, "doctor")
    return 0 if view.is_healthy else 1
