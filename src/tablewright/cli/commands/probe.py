"""`probe`: ask a service whether it is well, and tell its uptime."""

from __future__ import annotations

from pathlib import Path

import click

from tablewright.cli.options import file_argument, open_file
from tablewright.cli.output import Output, document_verb


@click.command(epilog="Example: tablewright probe --health https://HOST/health --times 60")
@file_argument
@click.option("--health", default="", metavar="URL", help="Answers while the service is well.")
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("probes.ndjson"),
    show_default=True,
    help="The file of probes; each adds a line.",
)
@click.option("--times", type=click.IntRange(1), default=1, help="How often to ask.")
@click.option("--every", type=click.FloatRange(1), default=60, help="Seconds between two.")
@document_verb
def command(out: Output, file: str, health: str, log: Path, times: int, every: float) -> int:
    """Ask a service whether it is well, keep the answer, and tell its uptime against the target.

    Without --health the log is only read. Time between two probes that is over twice the usual
    counts neither as up nor as down. Exits with 1 where the model's target is missed.
    """
    from tablewright.verbs.probe import probe

    view = probe(open_file(file), log=log, address=health, times=times, seconds=every)
    out.show(view, "probe")
    return 0 if view.is_met else 1
