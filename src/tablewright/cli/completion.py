"""What the shell completes: designs, patterns, rules, regions and applications.

In: what was typed so far. Out: names that begin with it. A model file is read without checking it
further; one that cannot be read completes to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completes(names: Callable[[click.Context], Iterable[tuple[str, str]]]) -> Complete:
    """Return a completion of names, each with what it is."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from tablewright.core.errors import TablewrightError

        try:
            pairs = list(names(context))
        except (TablewrightError, OSError):
            return []
        return [
            CompletionItem(name, help=text) for name, text in pairs if name.startswith(incomplete)
        ]

    return complete


def _file(context: click.Context) -> Any:
    """Return the model file that is named on the command line, or found from here."""
    from tablewright.session import load

    return load(context.params.get("file") or ".")


@_completes
def complete_design(context: click.Context) -> Iterable[tuple[str, str]]:
    """Complete the designs of the model file."""
    return [(design.name, design.engine) for design in _file(context).designs]


@_completes
def complete_pattern(context: click.Context) -> Iterable[tuple[str, str]]:
    """Complete the access patterns of the model file, and the rules."""
    from tablewright.core.errors import TablewrightError
    from tablewright.engines.registry import ENGINES, make_engine

    rules = {
        rule.id: rule.title
        for engine in ENGINES
        for rule in make_engine(engine).reviewing.rules.rules
    }
    try:
        patterns = [(pattern.name, pattern.title) for pattern in _file(context).model.patterns]
    except (TablewrightError, OSError):
        patterns = []
    return [*patterns, *sorted(rules.items())]


@_completes
def complete_region(context: click.Context) -> Iterable[tuple[str, str]]:
    """Complete the regions of the price book."""
    from tablewright.operate.prices import book_regions

    return [(region, "") for region in book_regions()]


@_completes
def complete_application(context: click.Context) -> Iterable[tuple[str, str]]:
    """Complete the reference applications."""
    from tablewright.apps import NAMES

    return [(name, "") for name in NAMES]
