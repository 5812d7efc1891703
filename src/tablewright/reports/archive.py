"""The page of `archive`: what was moved and what that saves, or what was read back.

In: an ArchiveView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import format_usd
from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural, size
from tablewright.verbs.archive import ArchiveView
from tablewright.verbs.archive_attribute import PutBackView


def archive_page(view: ArchiveView) -> Document:
    """Return what was moved, would be, or was read back."""
    if view.moved is None:
        lines = [
            f"{run.folder}: {plural(run.records, 'record')} ("
            + (", ".join(f"{name} {count:,}" for name, count in run.entities) or "values")
            + f"), {run.started}"
            for run in view.runs
        ]
        text = f"Read back from {view.place}, each file as its manifest says."
        whole = next((run for run in view.runs if run.entities), None)
        load = f" To load one: tablewright import {whole.folder}" if whole else ""
        if any(not run.entities for run in view.runs):
            load += f" Values of an attribute: tablewright archive --put-back {view.place}"
        blocks: list[Block] = [Lines(items=tuple(lines)), Paragraph(text=text + load)]
        return Document(title=f"{view.app} · {view.design}", blocks=tuple(blocks))
    moved = view.moved
    weight = f", {size(moved.bytes)}" if moved.bytes is not None else ""
    name, _, attribute = view.entity.partition(".")
    subject = (
        f"{attribute} of {plural(moved.instances, name)}"
        if attribute
        else plural(moved.instances, name)
    )
    what = f"{subject} with {plural(moved.records, 'record')}{weight}"
    since = f"older than {view.before} by {view.by}"
    if view.is_dry_run:
        lines = [f"Would move {what}, {since}, to {view.place}"]
    elif not moved.records:
        lines = [f"Nothing to move: no {view.entity} is {since}"]
    else:
        lines = [
            f"Moved {what}, {since}, to {moved.manifest or view.place}: "
            f"{size(moved.archived_bytes)}, read back and compared",
            f"Deleted {plural(moved.deleted, 'value' if '.' in view.entity else 'record')}",
        ]
    if moved.changed:
        lines.append(f"{plural(moved.changed, 'record')} changed meanwhile: they stay")
    if moved.timeless:
        lines.append(f"{plural(moved.timeless, 'instance')} without {view.by}: they stay")
    return Document(
        title=f"{view.app} · {view.design} · {view.where}",
        blocks=(Lines(items=tuple(lines)), Paragraph(text=_saving(view))),
    )


def put_back_page(view: PutBackView) -> Document:
    """Return how many values came back, and how many were not taken."""
    text = f"Gave back {plural(view.given, 'value')} of {view.subject} from {view.place}."
    if view.kept:
        text += (
            f" {plural(view.kept, 'value')} not taken: the instance is gone, or has another by now."
        )
    return Document(
        title=f"{view.app} · {view.design} · {view.where}", blocks=(Paragraph(text=text),)
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
