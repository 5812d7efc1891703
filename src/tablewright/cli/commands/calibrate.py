"""`calibrate`: measure the constants that servers are sized with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options
from tablewright.cli.options import file_argument, open_file
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


@click.command()
@file_argument
@click.option(
    "--engine",
    default="postgresql",
    show_default=True,
    help="Whose servers are sized by what is measured.",
)
@database_options
@click.option(
    "--calls",
    type=click.IntRange(100),
    default=1000,
    show_default=True,
    help="Of each statement in a round.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Rounds, of which the median is taken.",
)
@document_verb
def command(out: Output, file: str, engine: str, target: Target, calls: int, rounds: int) -> None:
    """Measure on a server what the sizing of servers counts, and use it from then on.

    Statements, rows, index entries, writes, disk operations, how full pages are, memory of a
    connection, compression. Without --endpoint a temporary embedded server is measured. Tables are
    made in a schema of its own and dropped. The result is kept beside the model file, in
    .tablewright/calibrations, where `cost` and `compare` use and name it; delete the file to go
    back to what ships with Tablewright.
    """
    from tablewright.verbs.calibrate import calibrate

    view = calibrate(
        open_file(file),
        engine,
        target,
        calls=calls,
        rounds=rounds,
        announce=announce,
        say=out.note,
    )
    out.show(view, "calibrate")
