"""The page in a real Chromium: nothing is cut, nothing overlaps, and it prints on few sheets."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.browser import dom, measured, printed_pages
from tablewright.reports.pages import written
from tablewright.session import Options, open_model
from tablewright.verbs.report import report, report_view

pytestmark = pytest.mark.needs_browser
APPS = Path(__file__).parents[2] / "src" / "tablewright" / "apps"


@pytest.fixture(scope="module")
def shop_page(assessment):
    return written(report_view(assessment), "report", "html", written_on="2026-11-30")


@pytest.fixture(scope="module")
def application_page():
    session = open_model(APPS / "mongocollectibles", Options(sample_items=64))
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
