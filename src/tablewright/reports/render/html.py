"""Write a document as one HTML file: no network, readable on paper, in the dark, without script.

In: a document. Out: one string. The template and its style sheet are in `templates`; charts with
axes are drawn by `svg`, bars are rows of a table.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tablewright.reports.document import Block, Chart, Document, Fold, Section, WhatIf

if TYPE_CHECKING:
    from jinja2 import Template

_CODE = re.compile(r"`([^`]+)`")


def write_html(document: Document, *, written_on: str = "") -> str:
    """Return a document as one self-contained HTML page, ending in a newline.

    `written_on` is the day, YYYY-MM-DD, that its head names.
    """
    drawn = {id(chart): number for number, chart in enumerate(_charts(document.blocks), 1)}

    def chart_id(chart: Chart) -> str:
        return f"chart-{drawn[id(chart)]}"

    page = _template().render(
        document=document,
        contents=_contents(document),
        chart_id=chart_id,
        written_on=written_on,
        has_whatif=_has_whatif(document.blocks),
    )
    return page.rstrip("\n") + "\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from tablewright.reports.render.er import draw_entities
    from tablewright.reports.render.svg import draw, draw_narrow

    environment = Environment(
        loader=PackageLoader("tablewright.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["inline"] = inline
    environment.filters["kind"] = lambda block: type(block).__name__
    environment.filters["slug"] = slug
    environment.globals["draw"] = draw
    environment.globals["draw_narrow"] = draw_narrow
    environment.globals["bars"] = bars
    environment.globals["draw_entities"] = draw_entities
    return environment.get_template("report.html")


def inline(text: str) -> Any:
    """Return text with names between backticks as code, everything else escaped."""
    from markupsafe import Markup, escape

    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def slug(text: str) -> str:
    """Return a text as an anchor.

    Example:
        >>> slug("Design current: as it runs")
        'design-current-as-it-runs'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def bars(chart: Chart) -> list[dict[str, Any]]:
    """Return the rows of a chart of bars: name, total, and parts as shares of the longest."""
    totals = [
        sum(series.points[place][1] or 0.0 for series in chart.series)
        for place in range(len(chart.names))
    ]
    longest = max([*totals, 1e-12])
    rows = []
    for place, name in enumerate(chart.names):
        parts, start = [], 0.0
        for number, series in enumerate(chart.series):
            width = 100 * max(series.points[place][1] or 0.0, 0.0) / longest
            if width > 0:
                parts.append(
                    {
                        "color": number,
                        "name": series.name,
                        "start": f"{start:.3f}",
                        "width": f"{width:.3f}",
                        "label": series.labels[place],
                    }
                )
            start += width
        rows.append({"name": name, "total": f"{totals[place]:,.2f}", "parts": parts})
    return rows


def _contents(document: Document) -> list[tuple[str, str]]:
    """Return the sections of the first level: anchor and title."""
    return [
        (block.anchor or slug(block.title), block.title)
        for block in document.blocks
        if isinstance(block, Section)
    ]


def _has_whatif(blocks: tuple[Block, ...]) -> bool:
    return any(
        isinstance(block, WhatIf)
        or (isinstance(block, Section | Fold) and _has_whatif(block.blocks))
        for block in blocks
    )


def _charts(blocks: tuple[Block, ...]) -> list[Chart]:
    charts: list[Chart] = []
    for block in blocks:
        if isinstance(block, Chart):
            charts.append(block)
        elif isinstance(block, Section | Fold):
            charts += _charts(block.blocks)
    return charts
