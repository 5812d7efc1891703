"""How designs of one engine are written in a model file: what the reader is given for each engine.

In: nothing; these are values. Out: `DesignLanguage`, which an engine makes of its own functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tablewright.core.diagnostics import Diagnostic, Span
from tablewright.core.frozen import frozen
from tablewright.design.changes import Change
from tablewright.design.values import Design
from tablewright.model.nodes import Reading
from tablewright.model.shapes import Fields, Shape
from tablewright.model.values import Model

Build = Callable[[str, Fields, Span, Model, Reading], Design | None]
"""Makes a design of its name, fields and place; notes what is wrong in the reading."""


def _nothing_wrong(design: Design, model: Model) -> Sequence[Diagnostic]:
    return ()


@frozen(slots=False)
class DesignLanguage:
    """How designs of one engine are read, checked, printed and told apart."""

    engine: str
    shape: Shape
    """Reads the entry of a design into `Fields`."""
    build: Build
    check: Callable[[Design, Model], Sequence[Diagnostic]] = _nothing_wrong
    """What is wrong with a design beyond its grammar, such as a limit of the service."""
    section: Callable[[Design, Model], str] | None = None
    """Prints a design as an entry of `designs:`; None where the engine cannot yet."""
    differences: Callable[[Design, Design], Sequence[Change]] | None = None
    """The changes that turn one design into another; None where the engine cannot yet."""
    summary: Callable[[Design, Design], Sequence[str]] | None = None
    """The same in few words."""
    container: str = "table"
    """What the engine calls that which keeps records."""


Languages = Mapping[str, DesignLanguage]
"""The design language of each engine by the engine's name."""
