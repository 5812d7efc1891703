"""Parsed expressions, kept by their text.

In: the text of an expression. Out: its syntax, checked as far as the text alone allows, with the
placeholders it uses. The same text is parsed once; the caches are bounded.

What an expression compiles to also depends on the names it is given and on the types of its values:
those compiled forms are kept with the syntax (`compiled_for`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from tablewright.local.expressions.bound import WireValue
from tablewright.local.expressions.checks import check_text, walk
from tablewright.local.expressions.nodes import DocumentPath, ValuePlaceholder
from tablewright.local.expressions.parser import (
    parse_condition_text,
    parse_projection_text,
    parse_update_text,
)

_KEPT_TEXTS = 512
_KEPT_FORMS = 32


class Syntax:
    """The syntax of one text, and what it was compiled to."""

    __slots__ = ("_compiled", "names", "parameter", "tree", "values")

    def __init__(self, tree: Any, parameter: str) -> None:
        check_text(tree, parameter)
        self.tree = tree
        self.parameter = parameter
        aliases: dict[str, None] = {}
        values: dict[str, None] = {}
        for node in walk(tree):
            if isinstance(node, DocumentPath):
                aliases.update(
                    (str(element), None) for element in node.elements if str(element)[0] == "#"
                )
            elif isinstance(node, ValuePlaceholder):
                values[node.name] = None
        self.names = tuple(aliases)
        self.values = tuple(values)
        self._compiled: dict[Any, Any] = {}

    def compiled_for(
        self,
        names: Mapping[str, str],
        values: Mapping[str, WireValue],
        make: Callable[[Syntax, Mapping[str, str], Mapping[str, WireValue]], Any],
    ) -> Any:
        """Return the form for these names and types of values; `make` checks and compiles it."""
        try:
            key = (
                tuple([names[name] for name in self.names]),
                tuple([next(iter(values[name])) for name in self.values]),
            )
        except KeyError:
            return make(self, names, values)  # which says what is missing
        form = self._compiled.get(key)
        if form is None:
            form = make(self, names, values)
            if len(self._compiled) >= _KEPT_FORMS:
                self._compiled.clear()
            self._compiled[key] = form
        return form


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def condition_syntax(text: str, parameter: str) -> Syntax:
    """Return the syntax of a condition, filter or key condition."""
    return Syntax(parse_condition_text(text, parameter), parameter)


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def update_syntax(text: str) -> Syntax:
    """Return the syntax of an update."""
    return Syntax(parse_update_text(text), "UpdateExpression")


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def projection_syntax(text: str) -> Syntax:
    """Return the syntax of a projection."""
    return Syntax(parse_projection_text(text), "ProjectionExpression")
