"""Options and help that the verbs share which work on a database."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click


def database_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which database is meant, handed over as `target: Target`."""

    @click.option(
        "--endpoint",
        default="",
        metavar="URL",
        help="A server: http://…, mongodb://… or postgresql://…, as the design's engine.",
    )
    @click.option("--aws", is_flag=True, help="Amazon DynamoDB, with your own credentials.")
    @click.option("--profile", default="", help="Amazon DynamoDB, with this profile.")
    @click.option("--aws-region", default="", help="The region of the account.")
    @click.option(
        "--data",
        default="",
        type=click.Path(),
        help="Where the local engine or embedded server keeps its data.",
    )
    @click.option("--allow-production", is_flag=True, help="Work on an account named so.")
    @functools.wraps(function)
    def run(
        *args: Any,
        endpoint: str,
        aws: bool,
        profile: str,
        aws_region: str,
        data: str,
        allow_production: bool,
        **rest: Any,
    ) -> Any:
        from tablewright.evaluation.doors import Target

        if endpoint and "://" not in endpoint:
            raise click.BadParameter(
                f"`{endpoint}` is no address; write http://{endpoint}", param_hint="--endpoint"
            )
        target = Target(
            endpoint=endpoint,
            profile=profile,
            region=aws_region,
            data=data,
            aws=aws,
            allow_production=allow_production,
        )
        return function(*args, target=target, **rest)

    return run


def announce(whose: str) -> None:
    """Say whose database it is, before anything is sent there."""
    click.echo(whose, err=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show work that is counted: a bar on a terminal, nothing elsewhere."""
    import sys

    if not sys.stderr.isatty():
        yield lambda done, total, name: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, speed="")

        def show(done: int, total: int, name: str) -> None:
            speed = bar.tasks[0].speed
            shown = f"{speed:,.0f}/s" if speed else ""
            bar.update(task, completed=done, total=total, description=name[:28], speed=shown)

        yield show


@contextmanager
def status_line(*, is_local: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done: one line that changes on a terminal, a line each elsewhere.

    The local engine is done at once: then nothing is shown outside of a terminal.
    """
    import sys

    if not sys.stderr.isatty():
        yield lambda text: None if is_local else click.echo(text, err=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(text)
