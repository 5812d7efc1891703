"""`roadmap`: what is due at every scale, what to watch, what it saves, which alarms to set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tablewright.cli.options import design_option, file_argument, open_to_read, pricing
from tablewright.cli.output import Output, document_verb

if TYPE_CHECKING:
    from tablewright.session import Options


@click.command()
@file_argument
@design_option
@click.option("--plan", "planned", is_flag=True, help="Steps to the planned design instead.")
@pricing
@document_verb
def command(out: Output, file: str, design: str, planned: bool, options: Options) -> None:
    """Show for every scale of the file what is due, what to watch, and which alarms to set.

    One roadmap of the steps of the improvement path, the limits that come with the users, and the
    moves of the deployment: each once, at the scale where it is due, with what it saves there.
    With --plan the steps are those of `plan --from`.
    """
    from tablewright.verbs.roadmap import roadmap

    out.show(roadmap(open_to_read(file, options), design, planned=planned), "roadmap")
