"""Draw a chart as SVG: pygal lays out axes and curves, the page's style sheet colours them.

In: a chart. Out: one `<svg>` element without script or style, the same for the same chart. Bars
are not drawn here: a row of a table with a rectangle in it says more in less space.
"""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

from tablewright.reports.document import Chart

WIDTH, HEIGHT = 760, 400
NARROW_WIDTH, NARROW_HEIGHT = 340, 260
"""Of the drawing for a telephone, where a part of the wide one would be out of sight; the height
is without the key."""
SHORT_NAME = 12
"""Characters up to which two names stand side by side in the key of a narrow drawing."""
KEY_HEIGHT = 22
LABEL_HEIGHT = 16
CHARACTER_WIDTH = 7
"""Of a label, in units of the drawing; the mean of a proportional font of its size."""
MOST_LABELS = 9
_SVG = "http://www.w3.org/2000/svg"
_DROPPED = {f"{{{_SVG}}}{tag}" for tag in ("defs", "desc", "title", "script", "style")}


def draw_narrow(chart: Chart, id: str) -> str:
    """Return the SVG of curves for a narrow window: a key below instead of labels at their ends.

    Empty for a chart of another kind: it is moved sideways instead.
    """
    if chart.kind != "lines":
        return ""
    return _clean(_lines(chart, narrow=True).render(), chart, id, narrow=True)


def draw(chart: Chart, id: str) -> str:
    """Return the SVG of a chart that has axes; `id` makes its title unique on the page."""
    plot = {"lines": _lines, "front": _front, "time": _time}.get(chart.kind, _sizes)(chart)
    return _clean(plot.render(), chart, id)


def _settings(chart: Chart) -> dict[str, Any]:
    from pygal.style import Style

    fonts = {f"{part}_font_size": 13 for part in ("label", "major_label", "legend", "title")}
    return {
        "js": (),
        "no_prefix": True,
        "disable_xml_declaration": True,
        "width": WIDTH,
        "height": HEIGHT,
        "margin": 12,
        "style": Style(**fonts, value_font_size=12, value_label_font_size=12),
        "show_x_guides": True,
        "truncate_label": -1,
        "truncate_legend": -1,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 3,
        "legend_box_size": 12,
        "x_title": chart.x_title,
        "y_title": chart.y_title,
        "print_labels": True,
    }


def _lines(chart: Chart, *, narrow: bool = False) -> Any:
    """Curves on two logarithmic axes, each labelled at its end, crossings as dots."""
    import pygal

    values = [y for series in chart.series for _, y in series.points if y]
    places = [x for series in chart.series for x, _ in series.points]
    longest = max(len(f"{series.name} {series.labels[-1]}") for series in chart.series)
    settings = _settings(chart)
    if narrow:
        settings |= {"width": NARROW_WIDTH, "height": _narrow_height(chart), "y_title": None}
        settings |= {"legend_at_bottom_columns": _key_columns(chart)}
    plot = pygal.XY(
        **settings,
        logarithmic=True,
        dots_size=4,
        show_legend=narrow,
        margin_right=28 if narrow else 24 + 7 * longest,
    )
    plot.x_labels = [{"label": f"{v:,.0f}", "value": v} for v in _decades(min(places), max(places))]
    plot.y_labels = [{"label": _short(v), "value": v} for v in _decades(min(values), max(values))]
    for series in chart.series:
        nodes: list[Any] = [{"value": point} for point in series.points]
        if not narrow:
            nodes[-1]["label"] = f"{series.name} {series.labels[-1]}"
        plot.add(series.name, nodes)
    for place, name in () if narrow else chart.marks:
        height = _height_at(chart, place)
        plot.add(name, [{"value": (place, height), "label": name}], stroke=False, dots_size=7)
    return plot


def _key_columns(chart: Chart) -> int:
    return 2 if max(len(series.name) for series in chart.series) <= SHORT_NAME else 1


def _narrow_height(chart: Chart) -> int:
    return NARROW_HEIGHT + KEY_HEIGHT * math.ceil(len(chart.series) / _key_columns(chart))


def _front(chart: Chart) -> Any:
    """A few points over whole numbers on plain axes from zero, each labelled, joined by stairs."""
    import pygal

    (series,) = chart.series
    places = [x for x, _ in series.points]
    top = max(y for _, y in series.points if y is not None) or 1.0
    low, high = math.floor(min(places)), math.ceil(max(places))
    step = max(1, math.ceil((high - low) / MOST_LABELS))
    plot = pygal.XY(
        **_settings(chart),
        dots_size=5,
        show_legend=False,
        xrange=(low - 0.5, high + 0.5),
        range=(0, top * 1.15),
        margin_right=40,
    )
    plot.x_labels = [{"label": f"{v:,}", "value": v} for v in range(low, high + 1, step)]
    plot.y_labels = [{"label": _short(v), "value": v} for v in _rounds(top)]
    nodes: list[dict[str, Any]] = []
    for (x, y), label in zip(series.points, series.labels, strict=True):
        if nodes:  # the one before holds until here: a stair, not a slope
            nodes.append({"value": (x, nodes[-1]["value"][1]), "node": {"r": 0}})
        nodes.append({"value": (x, y), "label": label})
    plot.add(series.name, nodes)
    return plot


def _time(chart: Chart) -> Any:
    """Lines over seconds, both axes plain and from zero, marks as upright lines."""
    import pygal

    end = max(x for series in chart.series for x, _ in series.points)
    top = max((y for s in chart.series for _, y in s.points if y is not None), default=0) or 1.0
    plot = pygal.XY(
        **_settings(chart), show_dots=False, xrange=(0, end), range=(0, top * 1.05), margin_right=30
    )
    plot.x_labels = [{"label": f"{v:g}", "value": v} for v in _rounds(end)]
    plot.y_labels = [{"label": _short(v), "value": v} for v in _rounds(top)]
    for series in chart.series:
        plot.add(series.name, [(x, y) for x, y in series.points])
    for place, name in chart.marks:
        plot.add(name, [(place, 0), (place, top)])
    return plot


def _rounds(top: float) -> list[float]:
    """Return a few round numbers from zero up to a number.

    Example:
        >>> _rounds(203.89)
        [0.0, 50.0, 100.0, 150.0, 200.0]
    """
    power = 10.0 ** math.floor(math.log10(top))
    step = next(s for s in (power / 5, power / 2, power, 2 * power) if top / s <= 6)
    return [round(step * number, 12) for number in range(math.floor(top / step) + 1)]


def _sizes(chart: Chart) -> Any:
    """Shares of items by size, sizes on a logarithmic axis, limits as upright lines."""
    import pygal

    places = [x for series in chart.series for x, _ in series.points]
    places += [place for place, _ in chart.marks]
    top = max(y for series in chart.series for _, y in series.points if y is not None)
    low, high = math.floor(math.log2(min(places))), math.ceil(math.log2(max(places)))
    plot = pygal.XY(
        **_settings(chart),
        show_dots=False,
        fill=True,
        xrange=(low, high),
        range=(0, top),
        formatter=lambda point: "",
    )
    step = math.ceil((high - low) / MOST_LABELS)
    plot.x_labels = [
        {"label": _bytes(2**power), "value": power} for power in range(low, high + 1, step)
    ]
    plot.y_labels = [
        {"label": f"{share:.0f} %", "value": share}
        for share in (0, top / 4, top / 2, top * 3 / 4, top)
    ]
    for series in chart.series:
        plot.add(series.name, [(math.log2(x), y) for x, y in series.points])
    for place, name in chart.marks:
        plot.add(name, [(math.log2(place), 0), (math.log2(place), top)], fill=False)
    return plot


def _clean(rendered: bytes, chart: Chart, id: str, *, narrow: bool = False) -> str:
    """Drop what pygal adds beside the drawing, and name the drawing for screen readers."""
    root = ElementTree.fromstring(rendered)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _DROPPED or child.get("class") == "tooltip":
                parent.remove(child)
    marks = len(chart.series)
    for element in root.iter():
        classes = element.get("class", "")
        for number in range(len(chart.marks)):
            name = f"serie-{marks + number} "
            if name in f"{classes} " or name in f"{element.get('id', '')} ":
                element.set("class", f"{classes} mark")
    for element in root.iter():
        if element.get("id", "").startswith("activate-"):
            del element.attrib["id"]
    _spread_labels(root)
    width, height = (NARROW_WIDTH, _narrow_height(chart)) if narrow else (WIDTH, HEIGHT)
    root.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "role": "img",
        "aria-labelledby": f"{id}-title {id}-desc",
        "class": f"chart {chart.kind}{' narrow' if narrow else ''}",
    }
    for number, (tag, text) in enumerate((("title", chart.title), ("desc", chart.summary))):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"{id}-{tag}"})
        element.text = text
        root.insert(number, element)
    text = ElementTree.tostring(root, encoding="unicode")
    return text.replace("ns0:", "").replace("xmlns:ns0=", "xmlns=")


def _spread_labels(root: ElementTree.Element) -> None:
    """Move labels apart, each down to where it covers none that stands higher."""
    labels = [e for e in root.iter(f"{{{_SVG}}}text") if e.get("class") == "label"]
    placed: list[tuple[float, float, float]] = []  # from, to, height
    for label in sorted(labels, key=lambda e: float(e.get("y", "0"))):
        left_side, height = float(label.get("x", "0")), float(label.get("y", "0"))
        right = left_side + CHARACTER_WIDTH * len(label.text or "")
        for other_left, other_right, other in sorted(placed, key=lambda box: box[2]):
            if (
                left_side < other_right
                and other_left < right
                and abs(height - other) < LABEL_HEIGHT
            ):
                height = other + LABEL_HEIGHT
        placed.append((left_side, right, height))
        label.set("y", f"{height:.1f}")


def _decades(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def _height_at(chart: Chart, place: float) -> float:
    """Return the height at which the curves meet: read off the first that spans the place."""
    for series in chart.series:
        for (x, y), (next_x, next_y) in zip(series.points, series.points[1:], strict=False):
            if x <= place <= next_x and y and next_y:
                part = math.log(place / x) / math.log(next_x / x)
                return math.exp(math.log(y) + part * math.log(next_y / y))
    return chart.series[0].points[0][1] or 1.0


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _bytes(value: int) -> str:
    return f"{value // 1024} KB" if value >= 1024 else f"{value} B"
