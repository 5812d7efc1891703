"""`init`: write a model file, a starter or one of the reference applications."""

from __future__ import annotations

from pathlib import Path

import click

from tablewright.apps import NAMES
from tablewright.cli.options import complete
from tablewright.cli.output import Output, verb
from tablewright.core.errors import UsageError


@click.command(
    epilog="Example: tablewright init shop, or tablewright init --app screen-time-journey"
)
@click.argument("directory", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option(
    "--app",
    default="",
    metavar="NAME",
    help=f"A copy of one of {', '.join(NAMES)}.",
    shell_complete=complete("application"),
)
@click.option("--name", default="", help="The name of your application; else like DIR.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="SOURCE",
    help="Make the model from what exists: a file, a folder or an address; see docs/import.md.",
)
@click.option("--kind", default="", help="What --from is, where its content does not tell.")
@click.option("--refresh", is_flag=True, help="With --from: bring new facts into an edited file.")
@click.option("--endpoint", default="", metavar="URL", help="With --from dynamodb://: a server.")
@click.option("--profile", default="", help="With --from dynamodb://: the AWS profile.")
@click.option("--region", default="", help="With --from: the region of the account or template.")
@click.option("--units", default="5000", help="With --from: read units that sampling may use.")
@click.option("--sample", default=2000, help="With --from: items read of each table.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --from: the value of a template's parameter or variable.",
)
@click.option("--table", "tables", multiple=True, help="With --from: only this table.")
@verb
def command(
    out: Output,
    directory: Path,
    app: str,
    name: str,
    force: bool,
    sources: tuple[str, ...],
    kind: str,
    refresh: bool,
    endpoint: str,
    profile: str,
    region: str,
    units: str,
    sample: int,
    parameters: tuple[str, ...],
    tables: tuple[str, ...],
) -> None:
    """Write tablewright.yaml into DIR: a starter, a reference application, or what exists."""
    from tablewright.verbs.init import init

    where = "" if str(directory) == "." else f" {directory}"
    if sources:
        from tablewright.sources.source import ReadOptions, budget_of, parameters_of
        from tablewright.verbs.import_model import import_model, refresh_model

        options = ReadOptions(
            endpoint=endpoint,
            profile=profile,
            region=region,
            units=budget_of(units),
            sample=sample,
            tables=tables,
            parameters=parameters_of(parameters),
            say=out.note,
        )
        if refresh:
            refreshed = refresh_model(directory, sources, options, kind=kind, name=name)
            out.show(refreshed, "refreshed-model")
            return
        out.show(
            import_model(directory, sources, options, kind=kind, name=name, force=force), "import"
        )
    elif refresh:
        raise UsageError("--refresh needs --from", remedy="say which sources to read again")
    else:
        out.show(init(directory, app, name=name, force=force), "init")
    if not out.as_json:
        out.note(f"next: tablewright check{where}, tablewright cost{where}")
