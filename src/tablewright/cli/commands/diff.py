"""`diff`: what changes between two designs, two files or a baseline, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tablewright.cli.options import complete, open_file, pricing
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
@pricing
@document_verb
def command(
    out: Output, names: tuple[str, ...], design: str, baseline: Path | None, options: Options
) -> int:
    """Compare two designs of a file, the designs of two files, or a file with a baseline.

    A and B are names of designs, or paths of model files. With --baseline there is only FILE; it
    exits with 1 where a target is missed that was not missed before.
    """
    if baseline is not None:
        return _with_baseline(out, names, baseline, options)
    from tablewright.verbs.diff import diff, diff_files

    if len(names) not in (2, 3):
        raise click.UsageError("name two designs or two files: tablewright diff A B [FILE]")
    before, after, file = (*names, ".")[:3]
    if Path(before).exists() and Path(after).exists():
        out.show(diff_files(before, after, options, design=design), "diff")
    else:
        out.show(diff(open_file(file, options), before, after), "diff")
    return 0


def _with_baseline(out: Output, names: tuple[str, ...], baseline: Path, options: Options) -> int:
    from tablewright.verbs.baseline import diff_baseline

    if len(names) > 1:
        raise click.UsageError("with --baseline there is only FILE: tablewright diff [FILE]")
    view = diff_baseline(open_file(names[0] if names else ".", options), baseline)
    out.show(view, "baseline")
    return 1 if view.is_worse else 0
