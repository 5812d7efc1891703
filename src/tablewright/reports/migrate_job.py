"""The page of `migrate --job`: what was written, and what the job may do.

In: a MigrateJobView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import (
    Block,
    Document,
    Lines,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
)
from tablewright.verbs.migrate_job import MigrateJobView

SERVICES = {"glue": "AWS Glue", "emr": "Amazon EMR Serverless"}


def job_page(view: MigrateJobView) -> Document:
    """Return the files and the rights of the job's role on either side."""
    words = (("Wrote", (*view.new, *view.changed)), ("Unchanged:", view.unchanged))
    lines = [f"{word} {view.folder}/{name}" for word, names in words for name in names]
    blocks: list[Block] = [Lines(items=tuple(lines))]
    if view.edited:
        kept = f"Edited and kept; the new text stands beside each as .new: {', '.join(view.edited)}"
        blocks.append(Paragraph(text=kept, tone="bad"))
    columns = (
        ReportColumn(title="Design"),
        ReportColumn(title="The job may"),
        ReportColumn(title="With", grows=True),
    )
    rows = tuple(
        Row(
            cells=(
                design,
                ", ".join(action.partition(":")[2] for action in actions) or "connect",
                ", ".join(resources) or "the address in its secret",
            )
        )
        for design, actions, resources in view.rights
    )
    blocks.append(ReportTable(columns=columns, rows=rows))
    blocks.append(
        Paragraph(
            text=f"Nothing was created. {view.folder}/README.md says how {SERVICES[view.service]} "
            "is set up and started."
        )
    )
    title = f"{view.app} · {view.source} to {view.target} on {SERVICES[view.service]}"
    return Document(title=title, blocks=tuple(blocks))
