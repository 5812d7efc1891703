"""The page of `generate`: the module, or where it was written.

In: a ClientView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Bullets, Code, Document, Paragraph
from tablewright.verbs.generate import ClientView


def generate_page(view: ClientView) -> Document:
    """Return the source of a client, or where it was written and what it lacks."""
    if not view.written:
        return Document(blocks=(Code(text=view.source.rstrip(), language="python"),))
    title = f"wrote {view.written}: a client of {view.app} · {view.design}"
    if not view.left_out:
        return Document(title=title)
    return Document(
        title=title, blocks=(Paragraph(text="Not in it:"), Bullets(items=view.left_out))
    )
