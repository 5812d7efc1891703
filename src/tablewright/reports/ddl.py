"""The page of `ddl`: statements to be pasted.

In: a DdlView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Code, Document
from tablewright.verbs.ddl import DdlView


def ddl_page(view: DdlView) -> Document:
    """Return the statements that create a design."""
    blocks = tuple(Code(text=text, language=view.written_in) for text in view.statements)
    return Document(title=f"{view.app} · {view.design} · {view.engine}", blocks=blocks)
