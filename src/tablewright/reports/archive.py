"""The page of `archive`: what was moved and what that saves, or what was read back.

In: an ArchiveView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import format_usd
from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural, size
from tablewright.verbs.archive import ArchiveView


def archive_page(view: ArchiveView) -> Document:
    """Return what was moved, would be, or was read back."""
    if view.moved is None:
        lines = [
            f"{run.folder}: {plural(run.records, 'record')} "
            f"({', '.join(f'{name} {count:,}' for name, count in run.entities)}), {run.started}"
            for run in view.runs
        ]
        text = f"Read back from {view.place}, each file as its manifest says. To load one: "
        blocks: list[Block] = [
            Lines(items=tuple(lines)),
            Paragraph(text=f"{text}tablewright import {view.runs[0].folder}"),
        ]
        return Document(title=f"{view.app} · {view.design}", blocks=tuple(blocks))
    moved = view.moved
    weight = f", {size(moved.bytes)}" if moved.bytes is not None else ""
    what = f"{plural(moved.instances, view.entity)} with {plural(moved.records, 'record')}{weight}"
    since = f"older than {view.before} by {view.by}"
    if view.is_dry_run:
        lines = [f"Would move {what}, {since}, to {view.place}"]
    elif not moved.records:
        lines = [f"Nothing to move: no {view.entity} is {since}"]
    else:
        lines = [
            f"Moved {what}, {since}, to {moved.manifest or view.place}: "
            f"{size(moved.archived_bytes)}, read back and compared",
            f"Deleted {plural(moved.deleted, 'record')}",
        ]
    if moved.changed:
        lines.append(f"{plural(moved.changed, 'record')} changed meanwhile: they stay")
    if moved.timeless:
        lines.append(f"{plural(moved.timeless, 'instance')} without {view.by}: they stay")
    return Document(
        title=f"{view.app} · {view.design} · {view.where}",
        blocks=(Lines(items=tuple(lines)), Paragraph(text=_saving(view))),
    )


def _saving(view: ArchiveView) -> str:
    saving = view.saving
    if saving is None:
        return "No saving is stated: a server's disk is paid for whether it is full or not."
    objects = (
        f"less {format_usd(saving.object_usd)} of S3"
        if not view.is_dry_run
        else "less the compressed files in S3"
    )
    once = (
        f", once {format_usd(saving.once_usd)} USD of deletes"
        if saving.once_usd is not None
        else ""
    )
    return (
        f"Saves {format_usd(saving.usd_per_month)} USD a month: {format_usd(saving.stored_usd)} of "
        f"the table's storage, {objects}{once}. Entries of indexes and point-in-time recovery are "
        "saved beside it."
    )
