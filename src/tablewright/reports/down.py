"""The page of `down`: what was deleted, or would be.

In: a DownView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import contents
from tablewright.verbs.down import DownView, TableContents


def down_page(view: DownView) -> Document:
    """Return what was deleted, or would be and the word that confirms it."""
    blocks: list[Block] = []
    if not view.tables:
        blocks.append(Paragraph(text="Nothing to do: none of the tables exists."))
    elif view.deleted:
        blocks.append(Lines(items=tuple(f"Deleted {table.table}." for table in view.tables)))
    else:
        blocks.append(Lines(items=tuple(f"Would delete {_described(t)}" for t in view.tables)))
        blocks.append(Paragraph(text=f"To do it: repeat with --confirm {view.confirm}"))
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def _described(table: TableContents) -> str:
    facts = contents(table.items, table.bytes)
    return f"{table.table}: {', '.join(facts)}" if facts else table.table
