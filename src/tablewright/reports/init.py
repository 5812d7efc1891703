"""The page of `init`: which file was written.

In: an InitView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Document
from tablewright.verbs.init import InitView


def init_page(view: InitView) -> Document:
    """Return which file was written, and what it describes."""
    kind = "a starter for" if view.is_starter else "the application"
    return Document(title=f"wrote {view.written}: {kind} {view.app}")
