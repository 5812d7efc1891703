"""`status`: each table as it is, and how it differs from the design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options
from tablewright.cli.options import (
    design_option,
    environment_option,
    file_argument,
    open_file,
    options_in,
)
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command()
@file_argument
@design_option
@database_options
@environment_option
@click.option(
    "--metrics",
    multiple=True,
    type=click.Path(),
    help="Saved replies of GetMetricData, instead of asking CloudWatch for throttles.",
)
@click.option("--cloudwatch", "cloudwatch", default="", metavar="URL", help="Ask this server.")
@document_verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    environment: str,
    metrics: tuple[str, ...],
    cloudwatch: str,
) -> int:
    """Show the tables of a design as they are: state, items, bytes, mode, throttles, drift.

    Exits with 1 where a table is missing or differs from the design.
    """
    from tablewright.verbs.status import status

    result = status(
        open_file(file, options_in(environment)),
        design,
        target,
        metrics=metrics,
        endpoint=cloudwatch,
        announce=announce,
    )
    out.show(result, "status")
    return 0 if result.is_as_designed else 1
