"""The page of `seed`: what was written, or would be.

In: a SeedView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import format_number, format_usd
from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural
from tablewright.verbs.seed import SeedView


def seed_page(view: SeedView) -> Document:
    """Return what was written to the tables of a design, or would be."""
    return Document(title=f"{view.app} · {view.design}", blocks=_blocks(view))


def _blocks(view: SeedView) -> tuple[Block, ...]:
    if view.source and view.dry_run:
        text = f"{view.items:,} records of {view.entity} can be loaded; none was written."
        return (Paragraph(text=text),)
    if view.dry_run:
        return Paragraph(text=what_it_takes(view)), Lines(items=_planned(view))
    if view.written == 0 and view.items:
        return (Lines(items=(f"Nothing to do: {view.where} has all {view.items:,} items.",)),)
    text = f"Wrote {plural(view.written, 'item')} to {view.where}. Next: tablewright prove"
    return (Lines(items=(text,)),)


def what_it_takes(view: SeedView) -> str:
    """Return the items, write units and price of a whole population in a sentence."""
    items = f"{format_number(view.items)} items for {format_number(view.users)} users"
    if view.write_units is None:
        return items
    text = f"{items} take {format_number(view.write_units)} write units"
    if view.usd is None:
        return text
    return f"{text}: {format_usd(view.usd)} USD on-demand in {view.region}"


def _planned(view: SeedView) -> tuple[str, ...]:
    lines = []
    for part in view.parts:
        text = f"Would write {part.items:,} items of {part.entity} to {part.table}"
        if part.write_units is not None:
            text += f": {format_number(part.write_units)} units"
        lines.append(text)
    return tuple(lines)
