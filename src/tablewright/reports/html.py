"""Write a document as one HTML file."""

from __future__ import annotations

from tablewright.reports.document import Document


def write_html(document: Document) -> str:
    """Return a document as one self-contained HTML page."""
    raise NotImplementedError(document)
