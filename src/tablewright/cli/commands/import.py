"""`import`: load an export into a database."""

# ruff: noqa: N999 - a command's module is called like the command

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, progress_bar
from tablewright.cli.options import design_option, file_argument, open_file
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command(
    epilog="Example: tablewright import backup-2026-11-30. To make a model file of what exists: "
    "tablewright init --from SOURCE."
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@file_argument
@design_option
@database_options
@click.option("--overwrite", is_flag=True, help="Replace records that differ from the export.")
@verb
def command(
    out: Output, folder: Path, file: str, design: str, target: Target, overwrite: bool
) -> None:
    """Load what `export` wrote into the tables of the same design, and verify that it arrived.

    Every file is checked by its digest before anything is written. Records that are there already
    stay; running it again changes nothing. Create the tables first with `tablewright up`.
    """
    from tablewright.verbs.export import import_export

    view = import_export(
        open_file(file),
        design,
        target,
        folder,
        overwrite=overwrite,
        announce=announce,
        progress=lambda: progress_bar("import"),
    )
    out.show(view, "imported")
