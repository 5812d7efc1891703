"""The pages of `backup` and `restore`.

In: a BackupView or a RestoreView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import plural, size
from tablewright.verbs.backup import BackupView, RestoreView

MOST_LISTED = 20


def backup_page(view: BackupView) -> Document:
    """Return the backup that was made, or those there are."""
    blocks: list[Block] = []
    if view.made is not None:
        new_backup = view.made
        lines = [
            f"{copy.container or new_backup.design}: {copy.name}"
            + (f", {size(copy.bytes)}" if copy.bytes is not None else "")
            for copy in new_backup.copies
        ]
        blocks.append(
            Paragraph(text=f"Backed up by {new_backup.method} ({view.reason}), {new_backup.taken}.")
        )
        blocks.append(Lines(items=tuple(lines)))
        if new_backup.containers:
            records = plural(sum(tally.count for tally in new_backup.containers.values()), "record")
            text = f"Read {records} to compare a restore with."
        else:
            text = "Nothing was read: a restore can be counted, not compared."
        blocks.append(Paragraph(text=f"{text} Try it: tablewright restore --drill"))
        return _document(view, blocks)
    if not view.known and not view.listed:
        blocks.append(Paragraph(text="There is no backup. Make one: tablewright backup"))
    lines = [f"{r.name}: {r.method}, {r.taken}, {r.place}" for r in view.known[:MOST_LISTED]]
    known = {copy.reference for record in view.known for copy in record.copies}
    unknown_copies = [copy for copy in view.listed if copy.reference not in known]
    lines += [
        f"{c.name}: {c.method} of {c.container}, {c.taken}" for c in unknown_copies[:MOST_LISTED]
    ]
    if lines:
        blocks.append(Lines(items=tuple(lines)))
    if view.windows:
        windows = tuple(f"{t}: any moment from {a} to {b}" for t, a, b in view.windows)
        blocks.append(Lines(items=windows))
    if view.moments:
        blocks.append(Paragraph(text="To a moment (here only backups are restored):"))
        blocks.append(Lines(items=tuple(f"{who}: {how}" for who, how in view.moments)))
    return _document(view, blocks)


def _document(view: BackupView, blocks: list[Block]) -> Document:
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def restore_page(view: RestoreView) -> Document:
    """Return what came back, how long that took and how the patterns were answered."""
    source = f"`{view.backup}`" if view.backup else "point-in-time recovery"
    blocks: list[Block] = [
        Paragraph(
            text=f"Restored {source} ({view.method}), as of {view.recovery_point}, to {view.place}."
        )
    ]
    lines = []
    for container in view.containers:
        expected = container.expected_records
        if expected is None:
            state = "not compared: nothing was read when it was taken"
        elif container.is_same:
            state = "count and digest as stored"
        elif expected != container.records:
            state = f"DIFFERS: {expected:,} were stored"
        else:
            state = "DIFFERS: the digest is another"
        lines.append(f"{container.name}: {plural(container.records, 'record')}, {state}")
    blocks.append(Lines(items=tuple(lines)))
    judged = [answer for answer in view.answers if not answer.unchecked]
    calls = sum(answer.calls for answer in judged)
    lines = [f"{plural(len(judged), 'read pattern')} answered, {plural(calls, 'call')}"]
    lines += [f"{a.pattern}: WRONG: {'; '.join(a.wrong)}" for a in judged if a.wrong]
    lines += [f"{a.pattern}: not judged: {a.unchecked}" for a in view.answers if a.unchecked]
    blocks.append(Lines(items=tuple(lines)))
    verdict = "Passed" if view.is_passed else "FAILED"
    removed = " The place was removed again." if view.is_removed else ""
    kept = f" Kept in {view.record}." if view.record else ""
    blocks.append(
        Paragraph(
            text=f"{verdict}: restored in {view.restore_seconds} s, verified after "
            f"{view.recovery_seconds} s.{removed}{kept}"
        )
    )
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))
