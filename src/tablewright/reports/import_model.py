"""The pages of `init --from`: what was imported, or refreshed.

In: an ImportView or a RefreshedView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Block, Document, Lines
from tablewright.reports.figures import plural
from tablewright.verbs.import_model import ImportView, RefreshedView

MOST_NOTES = 10


def import_page(view: ImportView) -> Document:
    """Return what was imported, what was not recovered, and what to find out next."""
    lines = [
        f"wrote {view.written}: {plural(len(view.entities), 'entity', 'entities')}, "
        f"{plural(view.patterns, 'access pattern')}, {plural(len(view.tables), view.container)} of "
        f"{view.engine}"
    ]
    lines += [f"not recovered: {note}" for note in view.not_recovered[:MOST_NOTES]]
    more = len(view.not_recovered) - MOST_NOTES
    if more > 0:
        lines.append(f"not recovered: {more} more, in the head of the file")
    if view.questions:
        lines.append("Answer these first; they move the bill most:")
        lines += [f"  {number}. {question}" for number, question in enumerate(view.questions, 1)]
    blocks: tuple[Block, ...] = (Lines(items=tuple(lines)),)
    return Document(blocks=blocks)


def refreshed_page(view: RefreshedView) -> Document:
    """Return what was refreshed, and where edited lines and sources disagree."""
    lines = [f"refreshed {view.written}: {view.changed_lines} lines from the sources"]
    for conflict in view.conflicts:
        lines.append(
            f"conflict at {view.written}:{conflict.line}: your lines stay; the sources say"
        )
        lines += [f"  > {line.strip()}" for line in conflict.theirs or ("(nothing)",)]
    return Document(blocks=(Lines(items=tuple(lines)),))
