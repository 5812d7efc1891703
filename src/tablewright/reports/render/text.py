"""Write a document as text for a terminal or a pipe.

In: a document, a width and whether to colour. Out: one string. Charts become the
tables of their figures.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from tablewright.reports.document import (
    SHOW,
    Block,
    Bullets,
    Card,
    Chart,
    Code,
    Diagram,
    Document,
    Fold,
    Lines,
    Paragraph,
    Picture,
    ReportTable,
    Section,
    Tiles,
    WhatIf,
)
from tablewright.verbs.entities import entity_lines

if TYPE_CHECKING:
    from rich.console import Console

    from tablewright.verbs.pictures import PictureView

GAP = 3
"""Blanks between columns."""
NARROW_GAP = 2
"""The same in a table that would not fit otherwise."""
JOINT = re.compile(r"\s+|(?<=[.\-_/,])|(?<=[a-z0-9])(?=[A-Z])")
"""Where a cell may be broken: at blanks, after a joint of a name, at a hump of a camelCase one."""
LEAST_WIDTH = 10

_STYLES = {
    "": "",
    "lead": "bold",
    "note": "dim",
    "good": "green",
    "bad": "red",
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
    "total": "bold",
}


def write_text(document: Document, *, width: int = 100, color: bool = False) -> str:
    """Return a document as text of at most `width` columns, ending in one newline."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    if document.title:
        console.print(document.title, style="bold", soft_wrap=True)
    if document.heading:
        console.print(document.heading, style="dim")
    _write(console, document.blocks, depth=0)
    lines = [line if color else line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _write(console: Console, blocks: tuple[Block, ...], depth: int) -> None:
    previous: Block | None = None
    for part in blocks:
        block = part.table if isinstance(part, Chart) else part
        if block is None or isinstance(block, Tiles | WhatIf):
            continue
        if not (isinstance(previous, Paragraph) and isinstance(block, Paragraph)):
            console.print()
        _write_block(console, block, depth)
        previous = block


def _write_block(console: Console, block: Block, depth: int) -> None:
    if isinstance(block, Paragraph):
        console.print(block.text, style=_STYLES[block.tone])
    elif isinstance(block, ReportTable):
        _write_table(console, block)
    elif isinstance(block, Bullets):
        for item in block.items:
            _hanging(console, "- ", item)
    elif isinstance(block, Lines):
        for line in block.items:
            console.print(line, soft_wrap=True)
    elif isinstance(block, Code):
        for line in block.text.splitlines():
            console.print("  " + line, soft_wrap=True)
    elif isinstance(block, Card):
        _write_card(console, block)
    elif isinstance(block, Diagram):
        for line in entity_lines(block.entities):
            _hanging(console, "- ", line)
    elif isinstance(block, Picture):
        _write_picture(console, block.design)
    elif isinstance(block, Fold):
        if block.summary != SHOW:  # text has nothing to open
            console.print(block.summary, style="bold")
        _write(console, block.blocks, depth)
    elif isinstance(block, Section):
        console.print(block.title, style="bold underline" if depth == 0 else "bold")
        if not console.is_terminal:
            console.print(("=" if depth == 0 else "-") * min(len(block.title), console.width))
        _write(console, block.blocks, depth + 1)


def _hanging(console: Console, label: str, text: str, style: str = "") -> None:
    """Print a label and a text whose further lines are indented below its first."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=0)
    grid.add_column(width=len(label), no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(label, style=style), Text(text))
    console.print(grid)


def _write_table(console: Console, table: ReportTable) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    if table.caption:
        console.print(table.caption, style="bold")
    gap = GAP if _fits(table, console.width) else NARROW_GAP
    grid = Grid(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    widths = column_widths(table, console.width, gap)
    for column, width in zip(table.columns, widths, strict=True):
        grid.add_column(
            Text(fold(column.title, width)),
            justify="right" if column.right else "left",
            no_wrap=True,
            min_width=width,
        )
    for row in table.rows:
        cells = (Text(fold(c, w)) for c, w in zip(row.cells, widths, strict=True))
        grid.add_row(*cells, style=_STYLES[row.tone])
    console.print(grid, crop=False, overflow="ignore", no_wrap=True)


def _fits(table: ReportTable, width: int) -> bool:
    wide = _full_widths(table)
    return sum(wide) + GAP * (len(wide) - 1) <= width


def _full_widths(table: ReportTable) -> list[int]:
    """Return how wide each column is where all have room."""
    wide = [len(column.title) for column in table.columns]
    for row in table.rows:
        longest = [max(len(line) for line in cell.split("\n")) for cell in row.cells]
        wide = [max(pair) for pair in zip(wide, longest, strict=True)]
    return wide


def column_widths(table: ReportTable, width: int, gap: int = GAP) -> list[int]:
    """Return how wide each column is so that the table fits: figures keep their room.

    Columns of text shrink, the widest first: down to their longest part that `fold` does not break
    for looks. Then titles of figures are written on more lines, and only where that is not enough
    columns of text shrink to `LEAST_WIDTH`, which breaks words.
    """
    widths = _full_widths(table)
    parts = [LEAST_WIDTH] * len(widths)
    for row in (tuple(column.title for column in table.columns), *(r.cells for r in table.rows)):
        longest = (max(map(len, JOINT.split(cell)), default=0) for cell in row)
        parts = [max(pair) for pair in zip(parts, longest, strict=True)]
    flexible = [i for i, c in enumerate(table.columns) if not c.right and not c.whole]
    of_figures = [i for i, column in enumerate(table.columns) if column.right]
    figures = [max((len(row.cells[i]) for row in table.rows), default=0) for i in range(len(parts))]
    titles = [max(map(len, column.title.split() or [""])) for column in table.columns]
    under_titles = [max(pair) for pair in zip(figures, titles, strict=True)]
    excess = sum(widths) + gap * (len(widths) - 1) - width
    passes = (
        (flexible, parts),
        (of_figures, under_titles),
        (flexible, [LEAST_WIDTH] * len(widths)),
    )
    for columns, least in passes:
        while excess > 0:
            shrinkable = [i for i in columns if widths[i] > least[i]]
            if not shrinkable:
                break
            widths[max(shrinkable, key=lambda i: (widths[i], i))] -= 1
            excess -= 1
    return widths


def fold(text: str, width: int) -> str:
    r"""Break a text into lines of a width: at blanks, else at a joint of a name, else anywhere.

    Example:
        >>> fold("orders.by-status-index", 12)
        'orders.by-\nstatus-index'
    """
    if "\n" in text:
        return "\n".join(fold(line, width) for line in text.split("\n"))
    lines: list[str] = []
    rest = text
    while len(rest) > width:
        end = rest.rfind(" ", 0, width + 1)
        if end <= 0:
            joints = [match.start() for match in JOINT.finditer(rest, 1, width + 1)]
            end = joints[-1] if joints else width
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return "\n".join([*lines, rest])


def _write_card(console: Console, card: Card) -> None:
    label = f"{card.label:<9} " if card.label else ""
    _hanging(console, label, card.title, _STYLES[card.tone])
    width = max(8, *(len(name) + 1 for name, _ in card.rows), 0)
    for name, text in card.rows:
        head = f"{name:<{width}}" if name else ""
        _hanging(console, " " * len(label) + head, text)


def _write_picture(console: Console, design: PictureView) -> None:
    from tablewright.verbs.pictures import container_facts

    record = f"  {design.terms.record:<9}"
    for table in design.containers:
        console.print(f"{table.name}  ({', '.join(container_facts(table))})", style="bold")
        for kind in table.records:
            _hanging(console, record, f"{kind.name}: {kind.content}")
        for pattern in table.patterns:
            _hanging(console, "  <->      ", pattern)
        for index in table.indexes:
            key = ", ".join(part for part in (index.key, index.projection) if part)
            _hanging(console, "  index    ", f"{index.name}  ({key})")
            for pattern in index.patterns or ("no pattern reads it",):
                _hanging(console, "    <->    ", pattern)
