"""The page of `schema`: which JSON Schemas are published.

In: a SchemasView. Out: a document.
"""

from __future__ import annotations

from tablewright.reports.document import Document, Lines, Paragraph, ReportColumn, ReportTable, Row
from tablewright.verbs.schema import SchemasView


def schemas_page(view: SchemasView) -> Document:
    """Return a line for each schema."""
    rows = tuple(Row(cells=(schema.kind, schema.describes)) for schema in view.schemas)
    columns = (ReportColumn(title="Kind", whole=True), ReportColumn(title="Describes", grows=True))
    hint = Paragraph(
        text="`tablewright schema KIND` prints one, with --path the file it is in. Editors "
        "complete and check a model file whose first line is:",
        tone="note",
    )
    return Document(
        blocks=(ReportTable(columns=columns, rows=rows), hint, Lines(items=(view.modeline,)))
    )
