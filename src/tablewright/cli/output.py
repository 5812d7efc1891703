"""Where results go: stdout or a file, as text, Markdown, HTML or JSON; the rest goes to stderr.

In: the value of a verb and its kind. It does not know what is printed. The `verb` decorator gives
each command the options that all of them share.
"""

from __future__ import annotations

import datetime
import functools
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tablewright.core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tablewright.core.diagnostics import Diagnostic
    from tablewright.reports.document import Document

PIPE_WIDTH = 100
"""Columns used when the output is not a terminal and COLUMNS is not set."""

FORMS = ("text", "markdown", "json", "html")
_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".txt": "text"}
_NOT_WRITTEN = (".pdf", ".docx", ".doc", ".xlsx", ".xls", ".csv", ".png", ".svg", ".xml", ".yaml")
"""Endings of forms that a document is not written in: a text under such a name would mislead."""


@frozen
class Output:
    """How this run prints: in which form, where to, with or without colour, how wide."""

    form: str = "text"
    as_json: bool = False
    """Whether --json was given: nothing but JSON is printed."""
    path: str = ""
    """The file the document goes to; "" for stdout."""
    color: bool = False
    width: int = PIPE_WIDTH

    def show(
        self, value: Any, kind: str, *, answer: Callable[[], Document] | None = None, **how: Any
    ) -> None:
        """Print the value of a verb, or write it to the file that was named.

        Args:
            value: what the verb returned.
            kind: which page shows it, a key of `reports.pages.PAGES`.
            answer: makes what is printed where the document itself went to a file.
            how: goes to the page.
        """
        from tablewright.reports.pages import written

        if self.form == "html":
            how["written_on"] = datetime.datetime.now(datetime.UTC).date().isoformat()
        if not self.path:
            self.text(written(value, kind, self.form, width=self.width, color=self.color, **how))
            return
        self.write(written(value, kind, self.form, **how))
        if answer is not None and not self.as_json:
            from tablewright.reports.pages import write_document

            self.text(write_document(answer(), "text", width=self.width, color=self.color))
        self.note(f"wrote {self.path}")

    def write(self, text: str) -> None:
        """Write a result to the file that was named, whole or not at all."""
        from tablewright.operate.files import write_text

        write_text(Path(self.path), text)

    def text(self, text: str) -> None:
        """Print a result."""
        click.echo(text.rstrip("\n"), color=self.color)

    def note(self, text: str) -> None:
        """Print what is not a result, such as where a file was written."""
        click.echo(text, err=True, color=self.color)


def show_diagnostics(diagnostics: Sequence[Diagnostic], source: str) -> None:
    """Print diagnostics on stderr, each with the line of the source it is about."""
    from tablewright.core.diagnostics import render

    lines = source.splitlines()
    for diagnostic in diagnostics:
        click.echo(render(diagnostic, lines) + "\n", err=True)


def use_color(option: bool | None) -> bool:
    """Return whether to colour: as the option says, else as the environment and terminal do.

    NO_COLOR and TERM=dumb forbid it, FORCE_COLOR asks for it even in a pipe.
    """
    if option is not None:
        return option
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def columns(option: int | None) -> int:
    """Return how many columns there are: as the option says, else the terminal's, else 100."""
    if option is not None:
        return option
    return shutil.get_terminal_size((PIPE_WIDTH, 40)).columns


def form_of(as_json: bool, form: str | None, path: str | None) -> str:
    """Return the form of a result: that of the options, else of the file's ending, else text.

    Raises:
        BadParameter: the ending is that of a form that nothing is written in.

    Example:
        >>> form_of(False, None, "shop.html"), form_of(False, "markdown", "shop.txt")
        ('html', 'markdown')
    """
    if as_json:
        return "json"
    ending = Path(path or "").suffix.lower()
    if not form and ending in _NOT_WRITTEN:
        printed = "; a browser prints .html to PDF" if ending == ".pdf" else ""
        raise click.BadParameter(
            f"no {ending} is written: end it with .html, .md, .json or .txt, or give --format"
            f"{printed}",
            param_hint="'--output'",
        )
    return form or _ENDINGS.get(ending, "text")


def verb(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json, --color and --width, and hand them to the function as `out: Output`.

    Use it below `@click.command` and all other options:

        @click.command()
        @click.argument("file", required=False)
        @verb
        def command(out: Output, file: str | None) -> None: ...
    """
    return _with_output(function, is_document=False)


def document_verb(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what `verb` adds, and --format and --output: the answer can be a file of its own."""
    return _with_output(function, is_document=True)


def _with_output(function: Callable[..., Any], *, is_document: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(
        *args: Any,
        as_json: bool,
        color: bool | None,
        width: int | None,
        form: str | None = None,
        output: str | None = None,
        **options: Any,
    ) -> Any:
        of_group = click.get_current_context().find_root().params.get("color")
        out = Output(
            form=form_of(as_json, form, output),
            as_json=as_json,
            path=output or "",
            color=use_color(of_group if color is None else color),
            width=columns(width),
        )
        return function(*args, out=out, **options)

    options = [
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text."),
        click.option("--color/--no-color", default=None, help="Force or disable colored output."),
        click.option("--width", type=click.IntRange(40, 400), help="Columns to use."),
    ]
    if is_document:
        options += [
            click.option(
                "--format",
                "form",
                type=click.Choice(FORMS),
                help="Form of the document; by default that of --output's ending, else text.",
            ),
            click.option("--output", type=click.Path(dir_okay=False), help="Write to this file."),
        ]
    decorated: Callable[..., Any] = run
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
