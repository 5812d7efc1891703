"""What every readable form of a report is made of: sections of paragraphs, tables and the like.

Values only. Each page module makes documents; `render` writes them.
Cells and sentences are finished text (figures formatted, names chosen); a word between backticks
is a name or a value. A document knows nothing of terminals, tags or designs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tablewright.core.frozen import frozen

if TYPE_CHECKING:
    from tablewright.verbs.entities import EntityView
    from tablewright.verbs.pictures import PictureView

TONES = ("", "lead", "note", "good", "bad", "critical", "high", "medium", "low", "info", "total")


@frozen
class ReportColumn:
    """A column: `right` for figures; `grows` where long text may wrap; `whole`: never broken."""

    title: str
    right: bool = False
    grows: bool = False
    whole: bool = False


@frozen
class Row:
    """Cells, one for each column, and one of TONES."""

    cells: tuple[str, ...]
    tone: str = ""


@frozen
class ReportTable:
    """Rows under columns."""

    columns: tuple[ReportColumn, ...]
    rows: tuple[Row, ...]
    caption: str = ""


@frozen
class Paragraph:
    """Sentences, in one of TONES."""

    text: str
    tone: str = ""


@frozen
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@frozen
class Lines:
    """Lines that belong together, such as what was done to each table."""

    items: tuple[str, ...]


@frozen
class Code:
    """Text to be pasted as it is. `language` is python, shell, json or text."""

    text: str
    language: str = "text"


@frozen
class Card:
    """One finding or step: a heading with a label, then labelled sentences."""

    label: str
    title: str
    tone: str = ""
    rows: tuple[tuple[str, str], ...] = ()


@frozen
class Tile:
    """A figure to be seen first: what it is, the figure, what to know of it."""

    label: str
    figure: str
    note: str = ""
    tone: str = ""


@frozen
class Tiles:
    """Figures side by side, for the forms that have room; the sentences beside say the same."""

    items: tuple[Tile, ...]


@frozen
class Series:
    """A named row of points or bars; values are what is drawn, as finished numbers."""

    name: str
    points: tuple[tuple[float, float | None], ...]
    labels: tuple[str, ...] = ()


@frozen
class Chart:
    """A chart, for the forms that can draw; the others write its `table` instead.

    `kind` is lines (log-log), front (points on plain axes), time (lines on plain axes from zero),
    sizes (a histogram), stacked or bars.
    `marks` are named places on the x axis. `summary` says in a sentence what one sees, for those
    who do not.
    """

    kind: str
    title: str
    summary: str
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    names: tuple[str, ...] = ()
    """Of bars: what each stands for."""
    marks: tuple[tuple[float, str], ...] = ()
    table: ReportTable | None = None
    """The same figures; None where a table stands beside the chart in every form."""


@frozen
class Picture:
    """The picture of a design."""

    design: PictureView


@frozen
class Diagram:
    """The entities of a model, for the forms that can draw; the others list them."""

    entities: tuple[EntityView, ...]


@frozen
class WhatIf:
    """Parts of a bill that grow in proportion, to be moved by sliders; other forms leave it out."""

    users: int
    parts: tuple[tuple[str, str], ...]
    """Access pattern and its USD a month at `users`, exact."""
    rest: str
    """USD a month of everything else, which grows with users only."""
    sizes: tuple[tuple[str, str, str], ...] = ()
    """An assumed figure of what is stored, and the USD a month that half and twice of it add."""


@frozen
class Fold:
    """Evidence that may stay closed where the form allows it."""

    summary: str
    blocks: tuple[Block, ...]


@frozen
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]
    anchor: str = ""


@frozen
class Document:
    """A whole document. `heading` is one line under the title."""

    title: str = ""
    heading: str = ""
    blocks: tuple[Block, ...] = ()


Block = (
    Paragraph
    | Tiles
    | ReportTable
    | Bullets
    | Lines
    | Code
    | Card
    | Chart
    | Picture
    | Diagram
    | WhatIf
    | Fold
    | Section
)


SHOW = "Show"
"""The summary of a fold that says nothing of its own."""


def folded(section: Section, summary: str = SHOW) -> Section:
    """Return a section that keeps its heading; what is under it may stay closed."""
    fold = Fold(summary=summary, blocks=section.blocks)
    return Section(title=section.title, anchor=section.anchor, blocks=(fold,))
