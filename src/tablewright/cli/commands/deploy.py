"""`deploy`: write a deployment option as infrastructure code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import (
    design_option,
    environment_option,
    file_argument,
    open_file,
    pricing,
)
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@file_argument
@click.option("--option", default="", metavar="NAME", help="The deployment option to write.")
@click.option("--list", "is_list", is_flag=True, help="List the options, and which can be written.")
@design_option
@environment_option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["cloudformation", "sam", "terraform"]),
    default="cloudformation",
    help="What the infrastructure code is written in.",
)
@click.option("--out", "folder", type=click.Path(path_type=Path), help="The folder to write.")
@click.option(
    "--with",
    "additions",
    multiple=True,
    metavar="NAME",
    help="Add an optional part of the option, or `backup` or `mail`; repeatable.",
)
@click.option(
    "--regions", default="", metavar="A,B", help="Replicate every table to these regions."
)
@click.option("--streams", "stream", default="", metavar="VIEW", help="Give every table a stream.")
@click.option("--dry-run", is_flag=True, help="Print what would be written.")
@pricing
@verb
def command(
    out: Output,
    file: str,
    option: str,
    is_list: bool,
    design: str,
    environment: str,
    file_format: str,
    folder: Path | None,
    additions: tuple[str, ...],
    regions: str,
    stream: str,
    dry_run: bool,
    options: Options,
) -> None:
    """Write infrastructure code for a deployment option: what `compare` prices, line for line.

    The folder is ready to commit: a template, roles from the access patterns, alarms from the
    estimate, a pipeline, a runbook. A second run changes nothing; a file that was edited by hand
    is kept, and shown. Nothing is created anywhere.
    """
    from tablewright.verbs.deploy import deploy, deploy_options

    session = open_file(file, options)
    if is_list:
        out.show(deploy_options(session), "deploy-options")
        return
    view = deploy(
        session,
        option=option,
        design=design,
        environment=environment,
        file_format=file_format,
        out=folder,
        dry_run=dry_run,
        additions=additions,
        regions=tuple(part.strip() for part in regions.split(",") if part.strip()),
        stream=stream,
    )
    out.show(view, "deploy")
