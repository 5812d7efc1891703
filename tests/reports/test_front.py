"""The chart of a front: a stair over whole numbers, from zero, each point labelled."""

from __future__ import annotations

from tablewright.reports.document import Chart, Series
from tablewright.reports.render.svg import draw


def front(*points: tuple[float, float]) -> str:
    chart = Chart(
        kind="front",
        title="Cost by tables",
        summary="Less with more.",
        x_title="tables",
        y_title="USD",
        series=(
            Series(name="cheapest", points=points, labels=tuple(f"{y:.2f}" for _, y in points)),
        ),
    )
    return draw(chart, "front-1")


def test_every_point_has_its_figure_and_every_number_its_place():
    drawn = front((7, 440.84), (8, 287.42), (10, 203.89))
    for text in ("440.84", "287.42", "203.89", ">7<", ">8<", ">9<", ">10<", ">0<", ">400<"):
        assert text in drawn
    assert 'class="chart front"' in drawn
    assert "Less with more." in drawn


def test_only_points_have_dots_and_not_the_corners_of_the_stair():
    drawn = front((1, 4.0), (2, 3.0), (3, 2.0))
    circles = drawn.count("<circle")
    assert circles == 5  # three points, and two corners of no size
    assert drawn.count('r="0"') == 2


def test_a_front_that_costs_nothing_can_be_drawn():
    assert "svg" in front((1, 0.0), (2, 0.0))


def test_the_same_chart_is_drawn_alike():
    assert front((1, 4.0), (2, 3.0)) == front((1, 4.0), (2, 3.0))
