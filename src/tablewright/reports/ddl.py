"""The page of `ddl`: statements to be pasted.

In: a DdlView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Code, Document
from tablewright.verbs.ddl import DdlView

LANGUAGES = {"postgresql": "sql", "mongodb": "javascript", "dynamodb": "json"}


def ddl_page(view: DdlView) -> Document:
    """Return the statements that create a design."""
    language = LANGUAGES.get(view.engine, "text")
    blocks = tuple(Code(text=text, language=language) for text in view.statements)
    return Document(title=f"{view.app} · {view.design} · {view.engine}", blocks=blocks)
