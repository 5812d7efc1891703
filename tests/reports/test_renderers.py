"""Text and JSON of the hand-made shop."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright.reports.answer import answer
from tablewright.reports.cost import crossing_paragraphs
from tablewright.reports.document import (
    Bullets,
    Chart,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Series,
)
from tablewright.reports.explain import explain_page
from tablewright.reports.render.json import as_data, write_json
from tablewright.reports.render.svg import draw, draw_narrow
from tablewright.reports.render.text import write_text
from tablewright.reports.report import report_page
from tablewright.verbs.check import check_view
from tablewright.verbs.cost import CostCurve, ScalesView, cost_view, scales_view
from tablewright.verbs.diff import diff_view
from tablewright.verbs.explain import explain_view
from tablewright.verbs.report import report_view


@pytest.fixture(scope="module")
def report(assessment):
    return report_page(report_view(assessment))


def test_no_line_of_a_report_is_wider_than_asked(report):
    for width in (80, 100, 140):
        widest = max(write_text(report, width=width).splitlines(), key=len)
        assert len(widest) <= width, widest


def test_text_without_colour_holds_no_escape_and_no_trailing_blank(report):
    text = write_text(report)
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_colour_is_only_there_when_asked_for():
    page = Document(title="t", blocks=(Paragraph(text="missed", tone="bad"),))
    assert "\x1b[31m" in write_text(page, color=True)


def test_figures_line_up_at_the_right():
    table = ReportTable(
        columns=(ReportColumn(title="What"), ReportColumn(title="USD", right=True)),
        rows=(Row(cells=("reads", "5.00")), Row(cells=("writes", "1,234.50"))),
    )
    lines = write_text(Document(title="t", blocks=(table,))).splitlines()
    assert [line[-5:] for line in lines[-2:]] == [" 5.00", "34.50"]
    assert len(lines[-1]) == len(lines[-2])


def test_a_title_of_several_lines_stands_on_its_column():
    table = ReportTable(
        columns=(ReportColumn(title="Where"), ReportColumn(title="USD a month", right=True)),
        rows=(Row(cells=("customers", "5.00")),),
    )
    lines = write_text(Document(title="t", blocks=(table,)), width=17).splitlines()
    assert lines[-3:] == [
        "            USD a",
        "Where       month",
        "customers    5.00",
    ]


def test_lines_of_a_paragraph_end_at_blanks_and_an_item_hangs_below_its_dash():
    page = Document(
        title="t",
        blocks=(Paragraph(text="one two three"), Bullets(items=("four five six",))),
    )
    assert write_text(page, width=9).splitlines()[2:] == [
        "one two",
        "three",
        "",
        "- four",
        "  five",
        "  six",
    ]


def test_letters_that_take_two_columns_are_counted_as_two():
    table = ReportTable(
        columns=(ReportColumn(title="Name"), ReportColumn(title="Bytes")),
        rows=(Row(cells=("\u8868\u8868", "6")), Row(cells=("ab", "2"))),
    )
    lines = write_text(Document(title="t", blocks=(table,))).splitlines()
    assert lines[-2:] == ["\u8868\u8868   6", "ab     2"]


def test_square_brackets_and_emoji_codes_are_printed_as_they_are():
    page = Document(title="t", blocks=(Paragraph(text="[bold]x[/bold] :smile:"),))
    assert "[bold]x[/bold] :smile:" in write_text(page)


def test_the_report_opens_with_what_it_costs_what_is_wrong_and_what_fixing_it_saves(assessment):
    cost, fault, savings = answer(report_view(assessment))
    assert cost == (
        "At 10,000 users the design `current` costs 25.21 USD a month in us-east-1, 0.0025 for "
        "each user; `save_profile` alone takes 22.81 (90 %)."
    )
    assert fault == (
        "It is graded C-, with 1 critical and 1 high findings; the first is on Customer.email: "
        "unique attribute is not enforced."
    )
    assert savings == (
        "2 fixes save 7.09 USD a month and lead to grade A-; the design `recommended` costs "
        "13.79: 11.42 less (45 %)."
    )


def test_a_pattern_that_cannot_be_served_says_why(assessment):
    evaluation = assessment.designs[0].at(10_000)
    routes = (replace(evaluation.routes[0], requests=(), cannot="no index on status"),)
    broken = replace(evaluation, routes=routes)
    page = explain_page(explain_view(broken, "profile"))
    assert "cannot serve this pattern: no index on status" in write_text(page)


def test_json_carries_a_schema_version_and_numbers(assessment):
    data = json.loads(write_json(report_view(assessment), "report"))
    assert data["schema"] == "tablewright.report/1"
    current = data["designs"][0]
    # 36.5M write units 22.8125, 18.25M read units 2.28125, 0.45784 GB 0.11446.
    assert float(current["cost"]["usd_per_month"]) == pytest.approx(25.20821, abs=1e-5)
    assert current["card"]["findings"][0]["level"] == "critical"


def test_json_of_every_view_can_be_written(assessment):
    one = assessment.designs[0].at(100)
    for view in (
        cost_view(one),
        scales_view(assessment),
        check_view(assessment),
        explain_view(one, "profile"),
        diff_view(one, assessment.designs[1].at(100), *(d.description for d in assessment.designs)),
    ):
        assert json.dumps(as_data(view, "x"))


def test_titles_of_figures_are_folded_before_a_word_of_text_is_broken():
    from tablewright.reports.render.text import column_widths

    table = ReportTable(
        columns=(
            ReportColumn(title="Option"),
            ReportColumn(title="Without always free", right=True),
            ReportColumn(title="First limit, users", right=True),
        ),
        rows=(Row(cells=("digitalocean", "1,234.50", "122,477")),),
    )
    # 12 + 19 + 18 and twice 3 between them are 55; "Without" and "limit," are 7 and 6 wide,
    # figures 8 and 7: down to 12 + 8 + 7 no word breaks.
    assert column_widths(table, 40)[0] == 12
    assert sum(column_widths(table, 33, 3)) == 27
    assert column_widths(table, 33, 3) == [12, 8, 7]
    # Narrower than that a word has to break, down to ten letters, and figures keep their room.
    assert column_widths(table, 30, 3) == [10, 8, 7]


def test_the_cheapest_design_is_named_for_each_stretch_of_users_where_one_costs_nothing_at_first():
    def curve(design: str, *usd: str) -> CostCurve:
        points = zip((500, 5_000, 50_000), map(Decimal, usd), strict=True)
        return CostCurve(design=design, points=tuple(points))

    view = ScalesView(
        app="shop",
        region="us-east-1",
        prices_as_of="2026-10-03",
        curves=(curve("recommended", "0.03", "0.30", "2.97"), curve("servers", "0", "0", "5.00")),
        crossings=(),
        left_out=(),
    )
    assert [block.text for block in crossing_paragraphs(view)] == [
        "`servers` is cheapest from 500 to 5,000 users, `recommended` is cheapest at 50,000 users."
    ]


def test_curves_are_drawn_again_for_a_narrow_window_with_a_key_instead_of_labels():
    series = Series(name="current", points=((100.0, 1.0), (1000.0, 10.0)), labels=("1", "10"))
    chart = Chart(
        kind="lines",
        title="USD a month against users",
        summary="At 1,000 users: current 10.",
        series=(series,),
        x_title="users",
        y_title="USD a month",
    )
    wide, narrow = draw(chart, "chart-1"), draw_narrow(chart, "chart-1-narrow")
    assert 'viewBox="0 0 340 282"' in narrow  # 260 and a row of the key
    assert "current 10<" in wide.split("<desc")[1].split("</desc>")[1]
    assert "current 10<" not in narrow.split("</desc>")[1]
    assert ">current<" in narrow
    assert draw_narrow(replace(chart, kind="front"), "chart-2-narrow") == ""
