"""`diff`: what changes between two designs, two files or a baseline, and what that costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import complete, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@click.argument("names", nargs=-1, metavar="[A B] [FILE]", shell_complete=complete("design"))
@click.option("--design", default="", metavar="NAME", help="Of two files: compare this design.")
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with what `check --all --json` said before, such as on the main branch.",
)
@click.option(
    "--most-added",
    type=click.FloatRange(min=0),
    metavar="USD",
    help="Exit with 1 where B costs that much more a month than A, or nobody can say.",
)
@pricing
@document_verb
def command(
    out: Output,
    names: tuple[str, ...],
    design: str,
    baseline: Path | None,
    most_added: float | None,
    options: Options,
) -> int:
    """Compare two designs of a file, the designs of two files, or a file with a baseline.

    A and B are names of designs, or paths of model files. With --baseline there is only FILE; it
    exits with 1 where a target is missed that was not missed before. --most-added makes the
    difference a gate.
    """
    if baseline is not None:
        return _with_baseline(out, names, baseline, options)
    from tablewright.verbs.diff import diff, diff_files

    if len(names) not in (2, 3):
        raise click.UsageError("name two designs or two files: tablewright diff A B [FILE]")
    before, after, file = (*names, ".")[:3]
    if Path(before).exists() and Path(after).exists():
        view = diff_files(before, after, options, design=design)
    else:
        view = diff(open_to_read(file, options), before, after)
    if most_added is not None:
        view = replace(view, most_added=Decimal(str(most_added)))
    out.show(view, "diff")
    return 1 if view.is_over else 0


def _with_baseline(out: Output, names: tuple[str, ...], baseline: Path, options: Options) -> int:
    from tablewright.verbs.baseline import diff_baseline

    if len(names) > 1:
        raise click.UsageError("with --baseline there is only FILE: tablewright diff [FILE]")
    view = diff_baseline(open_to_read(names[0] if names else ".", options), baseline)
    out.show(view, "baseline")
    return 1 if view.is_worse else 0
