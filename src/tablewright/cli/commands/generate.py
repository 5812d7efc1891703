"""`generate`: source code from a model file."""

from __future__ import annotations

from pathlib import Path

import click

from tablewright.cli.options import design_option, file_argument, open_to_read
from tablewright.cli.output import Output, verb


@click.command(epilog="Example: tablewright generate client --design recommended --out store.py")
@click.argument("kind", type=click.Choice(["client"]))
@file_argument
@design_option
@click.option(
    "--out",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write it to.",
)
@verb
def command(out: Output, kind: str, file: str, design: str, path: Path | None) -> None:
    """Write a typed Python module with one function for each access pattern.

    It needs boto3 at run time and nothing else. Without --out it is printed.
    """
    from tablewright.verbs.generate import generate_client

    view = generate_client(open_to_read(file), design, path)
    if path is None and not out.as_json:
        out.text(view.source.rstrip())
        return
    out.show(view, "generate")
