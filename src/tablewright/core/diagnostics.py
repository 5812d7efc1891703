"""What is wrong with a user's file, where, and what fixes it: values, reported all at once.

In: spans and messages from a reader or checker. Out: diagnostics in file order, and their text. It
does not know what a model is.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass

from tablewright.core.frozen import frozen

MOST_COMPARED = 2_000
"""Names a misspelt one is compared with; of more, those that begin alike."""


class Severity(enum.Enum):
    """How bad a diagnostic is; only an error stops the work."""

    ERROR = "error"
    WARNING = "warning"

    @property
    def is_error(self) -> bool:
        """Whether the file cannot be used as it is."""
        return self is Severity.ERROR


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one line of a file; line and columns count from 1, `end_column` is exclusive."""

    file: str
    line: int
    column: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen
class Diagnostic:
    """One problem: a permanent readable id, what, where, and the way out."""

    id: str
    severity: Severity
    message: str
    span: Span
    help: str = ""


class Diagnostics:
    """Collects diagnostics; the order of reporting is the order of the file."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}  # in order, each once

    def error(self, id: str, message: str, span: Span, help: str = "") -> None:
        """Note an error."""
        self._add(Severity.ERROR, id, message, span, help)

    def warning(self, id: str, message: str, span: Span, help: str = "") -> None:
        """Note a warning."""
        self._add(Severity.WARNING, id, message, span, help)

    def _add(self, severity: Severity, id: str, message: str, span: Span, help: str) -> None:
        self._found[Diagnostic(id=id, severity=severity, message=message, span=span, help=help)] = (
            None
        )

    @property
    def has_errors(self) -> bool:
        """Whether any of them stops the work."""
        return any(d.severity.is_error for d in self._found)

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return all of them in file order."""
        return tuple(sorted(self._found, key=lambda d: (d.span, d.id)))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None.

    Example:
        >>> nearest("custmer_id", ["customer_id", "email"])
        'customer_id'
    """
    names = list(known)
    if len(names) > MOST_COMPARED:
        names = [other_name for other_name in names if other_name[:1] == name[:1]][:MOST_COMPARED]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return close[0] if close else None


def render(diagnostic: Diagnostic, source_lines: list[str]) -> str:
    """Return a diagnostic as people read it: what, place, the line with a caret, the remedy."""
    span = diagnostic.span
    out = [f"{diagnostic.severity.value}[{diagnostic.id}]: {diagnostic.message}", f"  {span}"]
    if 1 <= span.line <= len(source_lines):
        line = source_lines[span.line - 1].rstrip("\n")
        start, width = span.column - 1, max(1, span.end_column - span.column)
        if len(line) > 160:  # keep the place in sight on very long lines
            cut = max(0, start - 60)
            line, start = line[cut : cut + 140], start - cut
        number = str(span.line)
        pad = " " * len(number)
        out.append(f" {number} | {line}")
        out.append(f" {pad} | {' ' * start}{'^' * min(width, max(1, len(line) - start))}")
    if diagnostic.help:
        out.append(f"  help: {diagnostic.help}")
    return "\n".join(out)
