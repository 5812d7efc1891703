"""`seed`: fill the tables of a design with sampled items, or with your own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.database import announce, database_options, progress_bar
from tablewright.cli.options import design_option, file_argument, open_file, users_option
from tablewright.cli.output import Output, verb

if TYPE_CHECKING:
    from tablewright.evaluation.doors import Target


def _count(text: str) -> tuple[str, int]:
    """Return the entity and the number of `ENTITY=N`."""
    name, equals, number = text.partition("=")
    if not equals or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise click.BadParameter(f"`{text}` is not ENTITY=N, such as Customer=3")
    return name.strip(), int(number)


@click.command()
@file_argument
@design_option
@users_option
@database_options
@click.option(
    "--units-per-second",
    type=click.IntRange(1),
    help="Take at most so many write units a second.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False),
    help="Load this JSON, NDJSON or CSV file instead of sampled items.",
)
@click.option("--entity", default="", help="What the records of --from are.")
@click.option(
    "--count",
    "counts",
    multiple=True,
    metavar="ENTITY=N",
    help="So many of an entity, whatever the number of users; what belongs to it follows.",
)
@click.option("--dry-run", is_flag=True, help="Say what it takes and write nothing.")
@verb
def command(
    out: Output,
    file: str,
    design: str,
    users: int | None,
    target: Target,
    units_per_second: int | None,
    source: str | None,
    entity: str,
    counts: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Fill the tables with the sampled items of a number of users.

    These are 1,000 by default, fewer where they have much.
    The same items every time, parents before children. An interrupted run goes on where it stopped.
    """
    from tablewright.reports.seed import what_it_takes
    from tablewright.verbs.seed import load_records, seed

    session = open_file(file)
    budget = Decimal(units_per_second) if units_per_second else None
    if source is not None:
        result = load_records(
            session,
            design,
            target,
            source=Path(source),
            entity=entity,
            units_per_second=budget,
            dry_run=dry_run,
            announce=announce,
            progress=lambda: progress_bar("load"),
        )
    else:
        result = seed(
            session,
            design,
            target,
            users=users,
            counts=dict(map(_count, counts)),
            units_per_second=budget,
            dry_run=dry_run,
            announce=announce,
            say=out.note,
            before_writing=lambda planned: out.note(what_it_takes(planned)),
            progress=lambda: progress_bar("seed"),
        )
    out.show(result, "seed")
