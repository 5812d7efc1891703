"""The page of `down`: what was deleted, or would be.

In: a DownView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural, size
from tablewright.verbs.down import DownView


def down_page(view: DownView) -> Document:
    """Return what was deleted, or would be and the word that confirms it."""
    blocks: list[Block] = []
    if not view.tables:
        blocks.append(Paragraph(text="Nothing to do: none of the tables exists."))
    elif view.deleted:
        blocks.append(Lines(items=tuple(f"Deleted {table.table}." for table in view.tables)))
    else:
        blocks.append(
            Lines(
                items=tuple(
                    f"Would delete {t.table}: {plural(t.items, 'item')}, {size(t.bytes)}"
                    for t in view.tables
                )
            )
        )
        blocks.append(Paragraph(text=f"To do it: repeat with --confirm {view.confirm}"))
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))
