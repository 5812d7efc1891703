"""What goes wrong on the command line: an exit code, and words on stderr or JSON on stdout.

In: an exception. Out: an exit code (1 a target missed, 2 bad usage or model, 3 the outside world
failed, 70 our bug, 130 interrupted). Under `--json` the failure is a document like any result:
`tablewright.error/1`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click

from tablewright.cli.output import show_diagnostics
from tablewright.core.errors import ModelError, TablewrightError

FINE, MISSED, USAGE, OUTSIDE, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130

SCHEMA = "tablewright.error/1"


def report_failure(problem: BaseException, args: Sequence[str]) -> int:
    """Print what went wrong and return the exit code."""
    if "--debug" in args:
        import traceback

        traceback.print_exception(problem)
    as_json = wants_json(args)
    if isinstance(problem, KeyboardInterrupt | click.exceptions.Abort):
        return _fail("interrupted", "interrupted", INTERRUPTED, as_json=as_json)
    if isinstance(problem, click.ClickException):
        if not as_json:
            problem.show(file=sys.stderr)
            return USAGE
        return _fail("usage", problem.format_message(), USAGE, as_json=True)
    if isinstance(problem, ModelError):
        return _model_error(problem, as_json=as_json)
    if isinstance(problem, TablewrightError):
        kind = _kind(problem)
        return _fail(kind, problem.message, problem.exit_code, problem.remedy, as_json=as_json)
    if isinstance(problem, OSError):
        where = problem.filename or "the system"
        message = f"{where}: {problem.strerror or problem}"
        return _fail("system", message, OUTSIDE, as_json=as_json)
    return _fail(
        "bug",
        f"this is a bug in Tablewright: {type(problem).__name__}: {problem}",
        BUG,
        "please report it with the model file and the output of the same command under "
        "`tablewright --debug`",
        as_json=as_json,
    )


def wants_json(args: Sequence[str]) -> bool:
    """Whether the arguments ask for JSON, also where they could not be read.

    Example:
        >>> wants_json(["cost", "--json"]), wants_json(["cost", "--format", "json"])
        (True, True)
    """
    return "--json" in args or "--format=json" in args or ("--format", "json") in pairwise(args)


def _kind(problem: TablewrightError) -> str:
    """Return the kind of an error in one word: usage, engine, price-unknown.

    Example:
        >>> from tablewright.core.errors import PriceUnknownError, UsageError
        >>> _kind(UsageError("x")), _kind(PriceUnknownError(key="k", region="r", reason="x"))
        ('usage', 'price-unknown')
    """
    name = type(problem).__name__.removesuffix("Error")
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).strip("-")


def _model_error(problem: ModelError, *, as_json: bool) -> int:
    if not as_json:
        show_diagnostics(problem.diagnostics, problem.source)
        return _fail("model", problem.message, problem.exit_code, as_json=False)
    diagnostics = [
        {
            "id": diagnostic.id,
            "severity": diagnostic.severity.value,
            "message": diagnostic.message,
            "file": diagnostic.span.file,
            "line": diagnostic.span.line,
            "column": diagnostic.span.column,
            "end_column": diagnostic.span.end_column,
            "help": diagnostic.help,
        }
        for diagnostic in problem.diagnostics
    ]
    return _fail("model", problem.message, problem.exit_code, as_json=True, diagnostics=diagnostics)


def _fail(
    kind: str,
    message: str,
    exit_code: int,
    remedy: str = "",
    *,
    as_json: bool,
    diagnostics: Sequence[dict[str, Any]] = (),
) -> int:
    if as_json:
        data = {
            "schema": SCHEMA,
            "error": kind,
            "message": message,
            "remedy": remedy,
            "exit_code": exit_code,
            "diagnostics": list(diagnostics),
        }
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return exit_code
    click.echo(message if kind == "interrupted" else f"error: {message}", err=True)
    if remedy:
        click.echo(f"  help: {remedy}", err=True)
    return exit_code
