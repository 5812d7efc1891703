"""Write a document as Markdown, for wikis and pull requests.

In: a document. Out: one string. Charts become the tables of their figures.
"""

from __future__ import annotations

import re

from tablewright.reports.document import (
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
from tablewright.verbs.pictures import PictureView, container_facts

_SPECIAL = re.compile(r"([\\*\[\]<>|#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")


def write_markdown(document: Document) -> str:
    """Return a document as Markdown, ending in one newline."""
    parts = [f"# {escape(document.title)}"] if document.title else []
    if document.heading:
        parts.append(escape(document.heading))
    parts += _blocks(document.blocks, level=2)
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    r"""Return text in which only backticks keep a meaning.

    Example:
        >>> escape("by_email is *hot*: `by_email`")
        'by_email is \\*hot\\*: `by_email`'
    """
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # an odd backtick: no code to keep
        return _SPECIAL.sub(r"\\\1", text).replace("`", "\\`")
    pieces[::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[::2]]
    return "`".join(pieces)


def _blocks(blocks: tuple[Block, ...], level: int) -> list[str]:
    return [text for block in blocks if (text := _block(block, level))]


def _block(block: Block, level: int) -> str:
    if isinstance(block, Chart):
        return _table(block.table) if block.table is not None else ""
    if isinstance(block, Tiles | WhatIf):
        return ""
    if isinstance(block, Paragraph):
        return _paragraph(block)
    if isinstance(block, ReportTable):
        return _table(block)
    if isinstance(block, Bullets | Lines):
        return "\n".join(f"- {escape(item.strip())}" for item in block.items)
    if isinstance(block, Code):
        return f"```{block.language}\n{block.text}\n```"
    if isinstance(block, Card):
        return _card(block)
    if isinstance(block, Diagram):
        return "\n".join(f"- {escape(line)}" for line in entity_lines(block.entities))
    if isinstance(block, Picture):
        return _picture(block.design)
    if isinstance(block, Fold):
        inner = "\n\n".join(_blocks(block.blocks, level))
        return f"<details><summary>{escape(block.summary)}</summary>\n\n{inner}\n\n</details>"
    assert isinstance(block, Section)
    head = f"{'#' * min(level, 6)} {escape(block.title)}"
    return "\n\n".join([head, *_blocks(block.blocks, level + 1)])


def _paragraph(block: Paragraph) -> str:
    text = escape(block.text)
    if block.tone == "lead":
        return f"**{text}**"
    return f"_{text}_" if block.tone == "note" else text


def _table(table: ReportTable) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cells) + " |"

    lines = [line(tuple(escape(column.title) for column in table.columns))]
    lines.append(line(tuple("---:" if column.right else "---" for column in table.columns)))
    for row in table.rows:
        cells = tuple(escape(cell).replace("\n", "<br>") for cell in row.cells)
        if row.tone == "total":
            cells = tuple(f"**{cell}**" if cell else "" for cell in cells)
        lines.append(line(cells))
    caption = f"**{escape(table.caption)}**\n\n" if table.caption else ""
    return caption + "\n".join(lines)


def _card(card: Card) -> str:
    head = f"**{escape(card.label)}** {escape(card.title)}" if card.label else escape(card.title)
    rows = [f"  - {name}: {escape(text)}" for name, text in card.rows]
    return "\n".join([f"- {head}", *rows])


def _picture(design: PictureView) -> str:
    lines = []
    for table in design.containers:
        lines.append(f"- `{table.name}` ({escape(', '.join(container_facts(table)))})")
        for record in table.records:
            lines.append(f"  - {design.terms.record} `{record.name}`: {escape(record.content)}")
        if table.patterns:
            lines.append(f"  - served here: {_names(table.patterns)}")
        for index in table.indexes:
            readers = _names(index.patterns) if index.patterns else "no pattern reads it"
            key = escape(", ".join(part for part in (index.key, index.projection) if part))
            lines.append(f"  - index `{index.name}` ({key}): {readers}")
    return "\n".join(lines)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
