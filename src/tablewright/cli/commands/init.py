"""`init`: write a model file, a starter or one of the reference applications."""

from __future__ import annotations

from pathlib import Path

import click

from tablewright.apps import NAMES
from tablewright.cli.output import Output, verb

SCHEMA = "tablewright.init/1"


@click.command(
    epilog="Example: tablewright init shop, or tablewright init --app screen-time-journey"
)
@click.argument("directory", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--app", default="", metavar="NAME", help=f"A copy of one of {', '.join(NAMES)}.")
@click.option("--name", default="", help="What your application is called; else like DIR.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@verb
def command(out: Output, directory: Path, app: str, name: str, force: bool) -> None:
    """Write tablewright.yaml into DIR: a commented starter, or a reference application."""
    from tablewright.operate.init import plan_init, write_init

    plan = plan_init(directory, app, name=name)
    write_init(plan, force=force)
    if out.as_json:
        out.data({"schema": SCHEMA, "written": str(plan.path), "app": plan.app})
        return
    where = "" if str(directory) == "." else f" {directory}"
    out.text(f"wrote {plan.path}: {'the application' if app else 'a starter for'} {plan.app}")
    out.note(f"next: tablewright check{where}, tablewright cost{where}")
