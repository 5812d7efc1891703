"""The page of `status`: each table as it is, and how it differs from the design.

In: a StatusView. Out: a document.
"""

from __future__ import annotations

from tablewright.core.quantities import ZERO, format_number, format_usd
from tablewright.reports.document import Block, Document, Lines, Paragraph
from tablewright.reports.figures import contents, plural
from tablewright.verbs.status import StatusView, TableStatus


def status_page(view: StatusView) -> Document:
    """Return the tables of a design as they are."""
    lines = [line for table in view.tables for line in _table_lines(table)]
    if view.throttles_unknown:
        lines.append(f"Throttles are not known: {view.throttles_unknown}.")
    blocks: list[Block] = [Lines(items=tuple(lines))]
    if view.consumed:
        reads = sum((units.read for units in view.consumed), ZERO)
        writes = sum((units.write for units in view.consumed), ZERO)
        blocks.append(
            Paragraph(
                text=f"Consumed by seed and prove so far: {format_number(reads, 1)} read and "
                f"{format_number(writes, 1)} write units, {format_usd(view.usd_so_far)} USD at "
                f"on-demand prices in {view.region}."
            )
        )
    if view.beyond:
        texts = tuple(f"Not in the design: {text}." for text in view.beyond)
        blocks.append(Lines(items=texts))
    if view.last_drill is not None:
        drill = view.last_drill
        verdict = "passed" if drill.is_passed else "FAILED"
        blocks.append(
            Paragraph(
                text=f"Last restore drill {drill.when}: {verdict}, "
                f"{plural(drill.records, 'record')} in {drill.recovery_seconds} s, "
                f"as of {drill.recovery_point} ({drill.method})."
            )
        )
    if view.is_as_designed:
        text = "Every table is as the design says."
        if view.needs_adopting:
            text += " Some were not made here, as tables of a stack: `up --adopt` would mark them."
        blocks.append(Paragraph(text=text))
    else:
        adopt = " --adopt" if view.needs_adopting else ""
        blocks.append(Paragraph(text=f"To change the tables accordingly: tablewright up{adopt}"))
    return Document(title=f"{view.app} · {view.design} · {view.where}", blocks=tuple(blocks))


def _table_lines(table: TableStatus) -> list[str]:
    if table.state == "missing":
        return [f"{table.table}: missing"]
    indexes = [name if state == "ACTIVE" else f"{name} ({state})" for name, state in table.indexes]
    facts = [table.state.lower(), *contents(table.items, table.bytes)]
    if table.mode:
        facts.append(table.mode.lower().replace("_", "-"))
    if indexes:
        facts.append(f"indexes {', '.join(indexes)}")
    if table.throttled is not None:
        facts.append(f"{format_number(table.throttled, 0)} requests throttled in a day")
    lines = [f"{table.table}: {', '.join(facts)}"]
    if table.settings:
        lines.append(f"  {', '.join(table.settings)}")
    return lines + [f"  differs: {text}" for text in table.drift]
