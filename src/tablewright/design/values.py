"""What every engine's physical design has in common. Frozen values; engines hold the rest."""

from __future__ import annotations

from dataclasses import field

from tablewright.core.diagnostics import Span
from tablewright.core.frozen import frozen


@frozen
class Design:
    """One engine's physical design; subclasses hold its content."""

    name: str
    engine: str
    title: str = ""
    note: str = ""
    span: Span | None = field(default=None, compare=False)


@frozen
class Embed:
    """Children kept inside their parent's item: a list, or a map by the child's own key."""

    entity: str
    attribute: str
    as_map: bool = False
