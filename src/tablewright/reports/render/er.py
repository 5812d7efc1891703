"""Draw the entities of a model: boxes with attributes, lines to parents and references.

In: entities. Out: one `<svg>` element without script or style. Parents stand above their children;
an entity that stands alone is in the first row.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tablewright.verbs.entities import EntityView

BOX_WIDTH, LINE, HEAD, GAP_X, GAP_Y = 210, 17, 26, 34, 62
MOST_ATTRIBUTES = 7
MOST_IN_A_ROW = 4


def draw_entities(entities: Sequence[EntityView], id: str) -> str:
    """Return the diagram as SVG; `id` makes its title unique on the page."""
    places, width, height = _layout(entities)
    lines = [line for entity in entities for line in _lines(entity, places)]
    boxes = [_box(entity, *places[entity.name]) for entity in entities]
    summary = ", ".join(
        f"{entity.name} of {entity.parent}" if entity.parent else entity.name for entity in entities
    )
    return (
        f'<svg class="entities" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-labelledby="{id}-title"><title id="{id}-title">{escape(summary)}</title>'
        + "".join((*lines, *boxes))
        + "</svg>"
    )


def _layout(
    entities: Sequence[EntityView],
) -> tuple[dict[str, tuple[int, int]], int, int]:
    """Return the place of every box, the width and the height."""
    by_name = {entity.name: entity for entity in entities}

    def depth(entity: EntityView) -> int:
        parent = by_name.get(entity.parent)
        return 0 if parent is None else depth(parent) + 1

    levels: dict[int, list[EntityView]] = {}
    for entity in entities:
        levels.setdefault(depth(entity), []).append(entity)
    places: dict[str, tuple[int, int]] = {}
    top = 4
    for level in sorted(levels):
        for start in range(0, len(levels[level]), MOST_IN_A_ROW):
            row = levels[level][start : start + MOST_IN_A_ROW]
            for column, entity in enumerate(row):
                places[entity.name] = (4 + column * (BOX_WIDTH + GAP_X), top)
            top += max(_height(entity) for entity in row) + GAP_Y
    right = max((x for x, _ in places.values()), default=0) + BOX_WIDTH + 4
    return places, right, max(top - GAP_Y + 8, 40)


def _height(entity: EntityView) -> int:
    shown = min(len(entity.attributes), MOST_ATTRIBUTES)
    more = 1 if len(entity.attributes) > MOST_ATTRIBUTES else 0
    return HEAD + LINE * (shown + more) + 6


def _box(entity: EntityView, x: int, y: int) -> str:
    size = f'width="{BOX_WIDTH}" height="{_height(entity)}"'
    parts = [
        f'<rect class="box" x="{x}" y="{y}" {size} rx="6"/>',
        f'<text class="name" x="{x + 10}" y="{y + 18}">{escape(entity.name)}</text>',
    ]
    for number, attribute in enumerate(entity.attributes[:MOST_ATTRIBUTES]):
        line = y + HEAD + LINE * (number + 1) - 5
        mark = "key" if attribute.is_key else "attribute"
        parts.append(
            f'<text class="{mark}" x="{x + 10}" y="{line}">{escape(_short(attribute.name, 17))}'
            f'</text><text class="type" x="{x + BOX_WIDTH - 10}" y="{line}">'
            f"{escape(attribute.type)}</text>"
        )
    more = len(entity.attributes) - MOST_ATTRIBUTES
    if more > 0:
        line = y + HEAD + LINE * (MOST_ATTRIBUTES + 1) - 5
        parts.append(f'<text class="type more" x="{x + 10}" y="{line}">and {more} more</text>')
    return "".join(parts)


def _lines(entity: EntityView, places: dict[str, tuple[int, int]]) -> list[str]:
    """Return a solid line to the parent with the count, and a dashed one to each reference."""
    x, y = places[entity.name]
    drawn = []
    if entity.parent in places:
        drawn.append(_line("parent", places[entity.parent], (x, y)))
        middle = x + BOX_WIDTH // 2 + 6
        drawn.append(f'<text class="count" x="{middle}" y="{y - 10}">{escape(entity.count)}</text>')
    drawn += [
        _line("reference", places[name], (x, y))
        for name in entity.refers_to
        if name in places and name not in (entity.parent, entity.name)
    ]
    return drawn


def _line(kind: str, start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a line from one box to another; boxes are drawn over it."""
    half = BOX_WIDTH // 2
    return (
        f'<path class="{kind}" d="M{start[0] + half} {start[1] + HEAD} L{end[0] + half} {end[1]}"/>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
