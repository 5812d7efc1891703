"""The pages of `export` and `import`: what was written, and by what it can be checked.

In: an ExportView or an ImportedView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural, size
from tablewright.verbs.export import ExportView, ImportedView

DIGITS = 16
"""Hexadecimal digits of a digest that are shown; the manifest has all."""


def export_page(view: ExportView) -> Document:
    """Return what was exported: counts, digests, files."""
    lines = [
        f"{listed.name}: {plural(listed.count, 'record')}, digest {listed.digest[:DIGITS]}…"
        for listed in view.containers
    ]
    blocks: list[Block] = [Lines(items=tuple(lines))]
    if view.entities:
        entities = ", ".join(f"{listed.name} {listed.count:,}" for listed in view.entities)
        blocks.append(Paragraph(text=f"Instances: {entities}."))
    if view.unknown:
        kinds = plural(view.unknown, "record")
        blocks.append(Paragraph(text=f"{kinds} of no kind the design knows; exported as they are."))
    blocks.append(
        Paragraph(
            text=f"Wrote {plural(view.files, 'file')} of {view.form}, {size(view.bytes)}, and "
            f"manifest.json to {view.folder}. Reading began {view.started}: what was written "
            "later may be missing."
        )
    )
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def imported_page(view: ImportedView) -> Document:
    """Return what was loaded, and what was there already."""
    facts = [f"{plural(view.written, 'record')} written"]
    if view.same:
        facts.append(f"{view.same:,} there already")
    if view.replaced:
        facts.append(f"{view.replaced:,} replaced")
    blocks: list[Block] = [
        Paragraph(
            text=f"{plural(view.records, 'record')} of {view.folder}: {', '.join(facts)}. Counts "
            "and digests of the database are those of the manifest."
            if not view.extra
            else f"{plural(view.records, 'record')} of {view.folder}: {', '.join(facts)}. Each is "
            f"there; the database holds {view.extra:,} more."
        )
    ]
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))
