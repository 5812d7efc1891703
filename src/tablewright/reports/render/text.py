"""Write a document as text for a terminal or a pipe.

In: a document, a width and whether to colour. Out: one string. Charts become the
tables of their figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

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
    from tablewright.verbs.pictures import PictureView

GAP = 3
"""Blanks between columns."""
NARROW_GAP = 2
"""The same in a table that would not fit otherwise."""
JOINT = re.compile(r"\s+|(?<=[.\-_/,])|(?<=[a-z0-9])(?=[A-Z])")
"""Where a cell may be broken: at blanks, after a joint of a name, at a hump of a camelCase one."""
LEAST_WIDTH = 10
_WORD = re.compile(r"\s*\S+\s*")
_CONTROLS = dict.fromkeys((7, 8, 11, 12, 13))
"""Characters that would move the cursor: bell, backspace, vertical tab, form feed, return."""

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

_CODES = {
    "bold": "1", "dim": "2", "underline": "4", "red": "31", "green": "32", "yellow": "33",
    "cyan": "36",
}  # fmt: skip
"""ECMA-48, "Select graphic rendition"."""


@dataclass
class _Page:
    """The lines of a document as they are written."""

    width: int
    color: bool
    lines: list[str] = field(default_factory=list)

    def write(self, text: str = "", style: str = "") -> None:
        """Write lines as they are."""
        for line in text.split("\n"):
            self.lines.append(self.styled(line.expandtabs().translate(_CONTROLS), style))

    def write_wrapped(self, text: str, style: str = "", label: str = "", bold: str = "") -> None:
        """Write a text with line breaks at blanks, indented below a label of style `bold`."""
        room = max(1, self.width - len(label))
        head = self.styled(label, bold)
        for paragraph in text.split("\n"):
            for line in wrapped(paragraph.expandtabs().translate(_CONTROLS), room):
                self.lines.append(head + self.styled(line, style))
                head = " " * len(label)

    def styled(self, text: str, style: str) -> str:
        """Return a text in a style, as it is where the page has no colour."""
        if not style or not self.color or not text:
            return text
        codes = ";".join(_CODES[word] for word in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m"


def write_text(document: Document, *, width: int = 100, color: bool = False) -> str:
    """Return a document as text of at most `width` columns, ending in one newline."""
    page = _Page(width=width, color=color)
    if document.title:
        page.write(document.title, "bold")
    if document.heading:
        page.write_wrapped(document.heading, "dim")
    _write(page, document.blocks, depth=0)
    return "\n".join(line.rstrip() for line in page.lines).strip("\n") + "\n"


def _write(page: _Page, blocks: tuple[Block, ...], depth: int) -> None:
    previous: Block | None = None
    for part in blocks:
        block = part.table if isinstance(part, Chart) else part
        if block is None or isinstance(block, Tiles | WhatIf):
            continue
        if not (isinstance(previous, Paragraph) and isinstance(block, Paragraph)):
            page.write()
        _write_block(page, block, depth)
        previous = block


def _write_block(page: _Page, block: Block, depth: int) -> None:
    if isinstance(block, Paragraph):
        page.write_wrapped(block.text, _STYLES[block.tone])
    elif isinstance(block, ReportTable):
        _write_table(page, block)
    elif isinstance(block, Bullets):
        for item in block.items:
            page.write_wrapped(item, label="- ")
    elif isinstance(block, Lines):
        for line in block.items:
            page.write(line)
    elif isinstance(block, Code):
        for line in block.text.splitlines():
            page.write("  " + line)
    elif isinstance(block, Card):
        _write_card(page, block)
    elif isinstance(block, Diagram):
        for line in entity_lines(block.entities):
            page.write_wrapped(line, label="- ")
    elif isinstance(block, Picture):
        _write_picture(page, block.design)
    elif isinstance(block, Fold):
        if block.summary != SHOW:  # text has nothing to open
            page.write_wrapped(block.summary, "bold")
        _write(page, block.blocks, depth)
    elif isinstance(block, Section):
        page.write_wrapped(block.title, "bold underline" if depth == 0 else "bold")
        if not page.color:
            page.write(("=" if depth == 0 else "-") * min(len(block.title), page.width))
        _write(page, block.blocks, depth + 1)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text that is broken at blanks, and within a word that has no room.

    Example:
        >>> list(wrapped("a table and an index", 8))
        ['a table', 'and an', 'index']
        >>> list(wrapped("ab abcdefghij", 4))
        ['ab', 'abcd', 'efgh', 'ij']
    """
    start = used = 0
    for word in _WORD.finditer(text):
        room = cells(word.group().rstrip())
        if used + room <= width:
            used += cells(word.group())
            continue
        breaks = [word.start()] if room <= width else _within(word, width)
        for place in breaks:
            if place > start:
                yield text[start:place].rstrip()
                start = place
        used = cells(text[start : word.end()])
    yield text[start:].rstrip()


def _within(word: re.Match[str], width: int) -> list[int]:
    """Return where the parts of a word begin that has no room in a line."""
    breaks, used = [word.start()], 0
    for place, letter in enumerate(word.group(), word.start()):
        used += cells(letter)
        if used > width:
            breaks.append(place)
            used = cells(letter)
    return breaks


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Example:
        >>> cells("table"), cells("\u8868")
        (5, 2)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text
    )


def _write_table(page: _Page, table: ReportTable) -> None:
    if table.caption:
        page.write_wrapped(table.caption, "bold")
    gap = GAP if _fits(table, page.width) else NARROW_GAP
    widths = column_widths(table, page.width, gap)
    titles = [
        fold(c.title, width).split("\n") for c, width in zip(table.columns, widths, strict=True)
    ]
    tallest = max(map(len, titles), default=0)
    rows = [([[""] * (tallest - len(title)) + title for title in titles], "bold")]
    for row in table.rows:
        texts = zip(row.cells, widths, strict=True)
        rows.append(([fold(text, width).split("\n") for text, width in texts], _STYLES[row.tone]))
    for parts, style in rows:
        for line in zip_longest(*parts, fillvalue=""):
            padded = (
                _padded(text, width, column.right)
                for text, width, column in zip(line, widths, table.columns, strict=True)
            )
            page.write((" " * gap).join(padded).rstrip(), style)


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


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
        >>> fold("bruno.joon.ab", 10)  # the second stop has no room
        'bruno.\njoon.ab'
    """
    if "\n" in text:
        return "\n".join(fold(line, width) for line in text.split("\n"))
    lines: list[str] = []
    rest = text
    while len(rest) > width:
        end = rest.rfind(" ", 0, width + 1)
        if end <= 0:
            joints = [match.start() for match in JOINT.finditer(rest, 1, width + 1)]
            end = max((joint for joint in joints if joint <= width), default=width)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return "\n".join([*lines, rest])


def _write_card(page: _Page, card: Card) -> None:
    label = f"{card.label:<9} " if card.label else ""
    page.write_wrapped(card.title, label=label, bold=_STYLES[card.tone])
    width = max(8, *(len(name) + 1 for name, _ in card.rows), 0)
    for name, text in card.rows:
        head = f"{name:<{width}}" if name else ""
        page.write_wrapped(text, label=" " * len(label) + head)


def _write_picture(page: _Page, design: PictureView) -> None:
    from tablewright.verbs.pictures import container_facts

    record = f"  {design.terms.record:<9}"
    for table in design.containers:
        page.write_wrapped(f"{table.name}  ({', '.join(container_facts(table))})", "bold")
        for kind in table.records:
            page.write_wrapped(f"{kind.name}: {kind.content}", label=record)
        for pattern in table.patterns:
            page.write_wrapped(pattern, label="  <->      ")
        for index in table.indexes:
            key = ", ".join(part for part in (index.key, index.projection) if part)
            page.write_wrapped(f"{index.name}  ({key})", label="  index    ")
            for pattern in index.patterns or ("no pattern reads it",):
                page.write_wrapped(pattern, label="    <->    ")
