"""Where results go: stdout, as text or as JSON; everything else goes to stderr.

In: finished text, or a value made of mappings, sequences, text and numbers. It does not know what
is printed. The `verb` decorator gives each command the options that all of them share.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tablewright.core.diagnostics import Diagnostic
    from tablewright.reports.document import Document

PIPE_WIDTH = 100
"""Columns used when the output is not a terminal and COLUMNS is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How this run prints: as JSON or text, with or without colour, how wide."""

    as_json: bool = False
    color: bool = False
    width: int = PIPE_WIDTH

    def text(self, text: str) -> None:
        """Print a result."""
        click.echo(text.rstrip("\n"), color=self.color)

    def data(self, value: Mapping[str, Any]) -> None:
        """Print a result as JSON; it must carry a `schema` version."""
        if "schema" not in value:
            raise ValueError("JSON output without a schema version")
        click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))

    def show(self, view: Any, kind: str, page: Callable[[], Document]) -> None:
        """Print a view: as JSON, or put into words and written as text."""
        if self.as_json:
            from tablewright.reports.as_json import as_data

            self.data(as_data(view, kind))
            return
        from tablewright.reports.text import write_text

        self.text(write_text(page(), width=self.width, color=self.color))

    def note(self, text: str) -> None:
        """Print what is not a result, such as where a file was written."""
        click.echo(text, err=True, color=self.color)


FORMS = ("text", "markdown", "json", "html")
_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".txt": "text"}


def document_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format and --output, for verbs whose answer can be a document of its own."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(FORMS),
        help="Form of the document; by default that of --output's ending, else text.",
    )
    output = click.option("--output", type=click.Path(dir_okay=False), help="Write to this file.")
    return form(output(function))


def chosen_form(out: Output, form: str | None, output: str | None) -> str:
    """Return the form a document is wanted in: as asked, that of the file's ending, else text."""
    if out.as_json:
        return "json"
    return form or _ENDINGS.get(Path(output or "").suffix, "text")


def written(page: Document, form: str, width: int, color: bool) -> str:
    """Return a document as text, Markdown or HTML."""
    if form == "html":
        from tablewright.reports.html import write_html

        return write_html(page)
    if form == "markdown":
        from tablewright.reports.markdown import write_markdown

        return write_markdown(page)
    from tablewright.reports.text import write_text

    return write_text(page, width=width, color=color)


def _plain(value: object) -> object:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return float(value) if value != value.to_integral_value() else int(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def show_diagnostics(diagnostics: Sequence[Diagnostic], source: str) -> None:
    """Print diagnostics on stderr, each with the line of the source it is about."""
    from tablewright.core.diagnostics import render

    lines = source.splitlines()
    for diagnostic in diagnostics:
        click.echo(render(diagnostic, lines) + "\n", err=True)


def wants_color(option: bool | None) -> bool:
    """Return whether to colour: as asked, else on a terminal unless NO_COLOR is set."""
    if option is not None:
        return option
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def columns(option: int | None) -> int:
    """Return how many columns there are: as asked, else the terminal's, else PIPE_WIDTH."""
    if option is not None:
        return option
    return shutil.get_terminal_size((PIPE_WIDTH, 40)).columns


def verb(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json, --color and --width, and hand them to the function as `out: Output`.

    Use it below `@click.command` and all other options:

        @click.command()
        @click.argument("file", required=False)
        @verb
        def command(out: Output, file: str | None) -> None: ...
    """

    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
    @click.option(
        "--color/--no-color", default=None, help="Colour even, or not even, on a terminal."
    )
    @click.option("--width", type=click.IntRange(40, 400), help="Columns to use.")
    @functools.wraps(function)
    def run(
        *args: Any, as_json: bool, color: bool | None, width: int | None, **options: Any
    ) -> Any:
        given = click.get_current_context().find_root().params.get("color")
        out = Output(
            as_json=as_json,
            color=wants_color(given if color is None else color),
            width=columns(width),
        )
        return function(*args, out=out, **options)

    return run
