"""The hand-made shop in every form, whole: `make golden` rewrites, the diff is read line by line.

The figures in it are those worked out in conftest.py; test_views and test_renderers hold them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tablewright.reports.render import html, markdown
from tablewright.reports.render.json import write_json
from tablewright.reports.render.text import write_text
from tablewright.reports.report import report_page
from tablewright.verbs.report import report_view

EXPECTED = Path(__file__).parent / "expected"
WRITE = os.environ.get("TABLEWRIGHT_GOLDEN") == "write"
FORMS = {
    "report.txt": lambda view: write_text(report_page(view), width=100),
    "report.md": lambda view: markdown.write_markdown(report_page(view)),
    "report.html": lambda view: html.write_html(report_page(view)),
    "report.json": lambda view: write_json(view, "report"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_report_is_exactly_as_expected(name, assessment):
    text = FORMS[name](report_view(assessment))
    file = EXPECTED / name
    if WRITE:
        EXPECTED.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()
