"""`export`: what the tables of a design store, as files in an open format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, progress_bar
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target

FORMATS = ("ddb-json", "ndjson", "parquet")


@click.command(epilog="Example: tablewright export --design current --out backup-2026-11-30")
@file_argument
@design_option
@database_options
@click.option(
    "--out",
    "folder",
    required=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the files and their manifest go.",
)
@click.option(
    "--format",
    "file_form",
    type=click.Choice(FORMATS),
    default="ndjson",
    help="DynamoDB JSON (as ImportTable reads it), NDJSON or Parquet.",
)
@click.option("--overwrite", is_flag=True, help="Replace an export that is there.")
@click.option(
    "--file-records",
    type=click.IntRange(min=1),
    default=20_000,
    help="About how many records a file has.",
)
@verb
def command(
    out: Output,
    file: str,
    design: str,
    target: Target,
    folder: Path,
    file_form: str,
    overwrite: bool,
    file_records: int,
) -> None:
    """Write what the tables of a design store into a folder: streamed, compressed, verifiable.

    The manifest has the counts and SHA-256 digests of every file, table and entity. An export that
    was interrupted goes on where it stopped when it is repeated.
    """
    from tablewright.verbs.export import export

    view = export(
        open_file(file),
        design,
        target,
        folder,
        form=file_form,
        overwrite=overwrite,
        records_of_a_file=file_records,
        announce=announce,
        progress=lambda: progress_bar("export"),
    )
    out.show(view, "export")
