"""The page in a real Chromium: nothing is cut, nothing overlaps, and it prints on few sheets."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.browser import accessibility_findings, dom, measured, printed_pages
from tablewright.reports.document import Document, WhatIf
from tablewright.reports.pages import written
from tablewright.reports.render.html import write_html
from tablewright.session import Options, open_model
from tablewright.verbs.report import report, report_view

pytestmark = pytest.mark.needs_browser
APPS = Path(__file__).parents[2] / "src" / "tablewright" / "apps"


@pytest.fixture(scope="module")
def shop_page(assessment):
    return written(report_view(assessment), "report", "html", written_on="2026-11-30")


@pytest.fixture(
    scope="module",
    params=["auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey"],
)
def application_page(request):
    session = open_model(APPS / request.param, Options(sample_items=64))
    return written(report(session), "report", "html", written_on="2026-11-30")


@pytest.mark.parametrize("width", [1440, 1280, 768, 390])
def test_nothing_of_the_small_shop_is_cut_or_overlaps(shop_page, width, tmp_path):
    seen = measured(shop_page, width, tmp_path)
    assert seen["page"] <= width
    assert (seen["past"], seen["clipped"], seen["overlapping"]) == ([], [], [])


@pytest.mark.slow
@pytest.mark.parametrize("width", [1440, 1280, 768, 390])
def test_nothing_of_an_application_is_cut_or_overlaps(application_page, width, tmp_path):
    seen = measured(application_page, width, tmp_path)
    assert seen["page"] <= width
    assert (seen["past"], seen["clipped"], seen["overlapping"]) == ([], [], [])


def test_below_560_pixels_a_row_is_a_card_and_no_table_scrolls(shop_page, tmp_path):
    seen = measured(shop_page, 390, tmp_path)
    assert seen["tables"] > 5
    assert seen["scrolling"] == 0


@pytest.mark.slow
def test_the_report_of_an_application_prints_on_at_most_twelve_sheets(application_page, tmp_path):
    assert printed_pages(application_page, tmp_path) <= 12


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_of_the_small_shop_is_out_of_reach_of_anybody(shop_page, dark, tmp_path):
    assert accessibility_findings(shop_page, tmp_path, dark=dark) == []


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_of_an_application_is_out_of_reach_of_anybody(application_page, dark, tmp_path):
    assert accessibility_findings(application_page, tmp_path, dark=dark) == []


def test_a_page_with_faults_is_found_out(shop_page, tmp_path):
    pale = shop_page.replace("</style>", "p.lead { color: #bbbbbb !important; }</style>")
    nameless = pale.replace('<html lang="en">', "<html>")
    found = {rule for rule, _, _ in accessibility_findings(nameless, tmp_path)}
    assert {"color-contrast", "html-has-lang"} <= found


def test_the_sliders_recompute_the_bill_from_its_own_lines(shop_page, tmp_path):
    # At 10,000 users the bill is 25.21; all requests and the storage grow with users: ten times
    # the users, ten times the bill.
    mover = """<script>addEventListener("load", () => {
      const form = document.querySelector("form.whatif");
      const total = form.querySelector(".total b");
      const seen = [total.textContent];
      form.elements.users.value = 1;
      form.dispatchEvent(new Event("input"));
      seen.push(total.textContent, form.querySelector(".total span").textContent);
      document.body.dataset.seen = seen.join(";");
    });</script>"""
    text = dom(shop_page.replace("</body>", mover + "</body>"), tmp_path)
    assert 'data-seen="25.21;252.08;100,000"' in text


def test_a_slider_of_a_size_goes_from_the_bill_at_half_to_the_bill_at_twice(tmp_path):
    # 10 of requests and 5 of the rest; half the size takes 4 off, twice the size adds 6.
    block = WhatIf(
        users=100, parts=(("notes", "10"),), rest="5", sizes=(("Note.text.bytes", "-4", "6"),)
    )
    page = write_html(Document(title="t", blocks=(block,)))
    mover = """<script>addEventListener("load", () => {
      const form = document.querySelector("form.whatif");
      const size = form.querySelector("input[data-doubled]");
      const seen = [size.parentElement.firstChild.textContent.trim()];
      for (const value of ["0", size.min, size.max]) {
        size.value = value;
        form.dispatchEvent(new Event("input"));
        seen.push(form.querySelector(".total b").textContent);
      }
      document.body.dataset.seen = seen.join(";");
    });</script>"""
    text = dom(page.replace("</body>", mover + "</body>"), tmp_path)
    assert 'data-seen="Note.text.bytes;15.00;11.00;21.00"' in text
