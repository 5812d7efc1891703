"""Leave out of a draft what the reader of model files refuses, and say so.

In: a draft, its text, and the line of an error. Out: the draft without the pattern, the figures,
the index or the kind of item that stands there. So odd data gives a file with a gap, not none.
"""

from __future__ import annotations

import re

from tablewright.sources.draft import Draft

_SECTION = re.compile(r"([a-z]+):")
_NAME = re.compile(r"( +)\"?([^\s\"#:]+)\"?:")


def leave_out(draft: Draft, text: str, line: int, message: str) -> bool:
    """Leave out what a line describes; return whether anything could be.

    Args:
        draft: is changed.
        text: what was printed of it.
        line: counted from 1.
        message: what the reader says, for the note.
    """
    section, names = _place(text.splitlines(), line)
    if section == "patterns":
        return _pattern(draft, names.get(2, ""), message)
    if section == "entities":
        return _attribute(draft, names.get(2, ""), names.get(6, ""), message)
    if section == "designs":
        return _design(draft, names, message)
    return False


def _place(lines: list[str], line: int) -> tuple[str, dict[int, str]]:
    """Return the section of a line, and the names above it by their indentation."""
    names: dict[int, str] = {}
    depth = 1_000
    for text in reversed(lines[:line]):
        section = _SECTION.match(text)
        if section is not None:
            return section[1], names
        match = _NAME.match(text)
        if match is not None and len(match[1]) < depth:
            depth = len(match[1])
            names[depth] = match[2]
    return "", names


def _pattern(draft: Draft, name: str, message: str) -> bool:
    patterns = [pattern for pattern in draft.patterns if pattern.name != name]
    if len(patterns) == len(draft.patterns):
        return False
    draft.patterns = patterns
    draft.notes.append(f"the access pattern `{name}` was left out: {message}")
    return True


def _attribute(draft: Draft, entity_name: str, name: str, message: str) -> bool:
    entity = next((e for e in draft.entities if e.name == entity_name), None)
    if entity is None:
        return False
    attribute = entity.attribute(name) if name else None
    last = entity.attribute(entity.key[-1]) if entity.key else None
    if attribute is None and last is not None and (last.type, last.options) != ("id", {}):
        # The key has too few values for the instances: give it as many as any id has.
        last.type, last.options = "id", {}
    elif attribute is None:
        if entity.count == "1/user":
            return False
        entity.count, entity.count_label = "1/user", "assumed"
    elif attribute.options or attribute.type not in ("text", "id"):
        attribute.type = "id" if name in entity.key else "text"
        attribute.options = {}
    elif name not in entity.key:
        entity.attributes.remove(attribute)
    else:
        return False
    draft.notes.append(f"figures of `{entity_name}` were left out: {message}")
    return True


def _design(draft: Draft, names: dict[int, str], message: str) -> bool:
    table = next((t for t in draft.tables if t.name == names.get(6)), None)
    if table is None:
        return False
    inner = names.get(10, "")
    if names.get(8) == "indexes" or any(index.name == inner for index in table.indexes):
        table.indexes = [index for index in table.indexes if index.name != inner]
    elif names.get(8) == "items" and len(table.shapes) > 1:
        table.shapes = [shape for shape in table.shapes if shape.name != inner]
    elif names.get(8) == "columns" and inner in table.columns:
        table.columns[inner] = (table.columns[inner][0], "text")
    elif names.get(8) in table.settings:
        del table.settings[names[8]]
    else:
        return False
    draft.notes.append(f"a part of `{table.name}` was left out: {message}")
    return True
