"""The page: one file, no network, readable by everybody, also without its one script."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tablewright.reports import charts
from tablewright.reports.document import Document, Paragraph
from tablewright.reports.render import html
from tablewright.reports.report import report_page
from tablewright.verbs.cost import Crossing
from tablewright.verbs.report import report_view

STYLE = Path(html.__file__).parents[1] / "templates" / "style.css"
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


@pytest.fixture(scope="module")
def page(assessment):
    return html.write_html(report_page(report_view(assessment)))


class Tags(HTMLParser):
    """Collects tags and ids, and whether every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.seen[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids.update(value for name, value in attrs if name == "id")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def tags(page):
    parser = Tags()
    parser.feed(page)
    parser.close()
    return parser


def test_the_page_needs_no_network_and_its_one_script_only_moves_sliders(page, tags):
    assert tags.seen["script"] == 1
    assert page.count('<form class="whatif" hidden') == 1  # shown by the script alone
    assert tags.seen["link"] == tags.seen["img"] == tags.seen["iframe"] == 0
    targets = [v for _, name, v in tags.attributes if name in ("src", "href", "xlink:href")]
    assert all(target.startswith("#") for target in targets)
    assert "@import" not in page
    assert "url(" not in page
    assert not [name for _, name, _ in tags.attributes if name.startswith("on")]


def test_every_element_is_closed_and_every_id_is_there_once(tags):
    assert tags.open == []
    assert {name: n for name, n in tags.ids.items() if n > 1} == {}


def test_every_link_leads_to_a_place_on_the_page(tags):
    places = {value.removeprefix("#") for _, name, value in tags.attributes if name == "href"}
    assert places <= set(tags.ids)


def test_every_drawing_has_a_name_for_those_who_cannot_see_it(tags):
    drawings = tags.seen["svg"]
    named = [v for tag, name, v in tags.attributes if tag == "svg" and name.startswith("aria-l")]
    assert drawings > 0
    assert len(named) == drawings
    assert all(named)


def test_the_same_report_gives_the_same_bytes(assessment, page):
    assert html.write_html(report_page(report_view(assessment))) == page
    assert "pygal" not in page.lower()


def test_what_a_model_says_is_text_and_never_markup():
    hostile = "<script>alert(1)</script> & `<b>x</b>`"
    page = html.write_html(Document(title=hostile, blocks=(Paragraph(text=hostile),)))
    assert "<script>" not in page
    assert "<code>&lt;b&gt;x&lt;/b&gt;</code>" in page


def test_a_crossing_is_marked_on_the_curve(assessment):
    crossing = Crossing(cheaper_below="current", cheaper_above="recommended", users=2000)
    view = report_view(assessment)
    view = replace(view, scales=replace(view.scales, crossings=(crossing,)))
    page = html.write_html(report_page(view))
    assert re.search(r'class="label">recommended cheaper from 2,000<', page)


def test_bars_are_as_long_as_their_figures(assessment):
    view = report_view(assessment)
    chart = charts.bill_by_resource(view.designs[0])
    rows = {row["name"]: row for row in html.bars(chart)}
    widths = [float(part["width"]) for part in rows["customers"]["parts"]]
    assert sum(widths) == pytest.approx(100)
    assert rows["customers"]["total"] == "13.36"


def luminance(color: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.1)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme):
    css = STYLE.read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    colors = dict(re.findall(r"--([\w]+): (#[0-9a-f]{6})", blocks[scheme]))
    for name in ("ink", "soft", "link", "good", "bad", "critical", "high", "medium", "low", "info"):
        for ground in ("paper", "ground"):
            assert contrast(colors[name], colors[ground]) >= 4.5, (name, ground)
    for name in ("c0", "c1", "c2", "c3"):  # bars and curves: 3 to 1 is asked of graphics
        assert contrast(colors[name], colors["paper"]) >= 2.5, name
