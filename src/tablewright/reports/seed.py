"""The page of `seed`: what was written, or would be.

In: a SeedView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import format_bytes, format_number, format_usd
from tablewright.migrate.loading import BULK_PUT, IMPORT, ON_DEMAND, PROVISIONED
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
        compared = [Paragraph(text=text) for text in [ways_compared(view)] if text]
        return Paragraph(text=what_it_takes(view)), *compared, Lines(items=_planned(view))
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


_WAYS = {
    ON_DEMAND: "BatchWriteItem on demand",
    PROVISIONED: "BatchWriteItem with capacity set for it and used in full",
    IMPORT: "import from S3, into new tables only",
    BULK_PUT: "bulk put from S3, into tables that exist",
}


def ways_compared(view: SeedView) -> str:
    """Return what loading the population costs by each way, the cheapest first; "" for a server.

    Ways whose price is not known come last, and say so.
    """
    if not view.ways:
        return ""
    priced = [(way.usd, way.name) for way in view.ways if way.usd is not None]
    texts = [f"{format_usd(usd)} USD by {_WAYS[name]}" for usd, name in sorted(priced)]
    texts += [f"{_WAYS[way.name]}: price unknown" for way in view.ways if way.usd is None]
    return f"Loading {format_bytes(int(view.stored_bytes))} costs once: {'; '.join(texts)}."


def _planned(view: SeedView) -> tuple[str, ...]:
    lines = []
    for part in view.parts:
        text = f"Would write {part.items:,} items of {part.entity} to {part.table}"
        if part.write_units is not None:
            text += f": {format_number(part.write_units)} units"
        lines.append(text)
    return tuple(lines)
