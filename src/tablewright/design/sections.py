"""Put the section of a design into the text of a model file, leaving everything else as it was.

In: the text of a file, a name, the section an engine printed. Out: the new text. It knows no engine
and touches no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def with_section(source: str, name: str, section: str) -> str:
    r"""Return the text of a model file with one design added or replaced, all else as it was.

    Comments and layout outside the design are kept, whatever they are; inside it they are lost.

    Raises:
        ValueError: `designs` is written in braces, so that no block can be put into it.

    Example:
        >>> with_section("app: a\n", "planned", "  planned:\n    engine: dynamodb\n")
        'app: a\n\ndesigns:\n  planned:\n    engine: dynamodb\n'
    """
    import yaml

    root = yaml.compose(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    lines = source.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    designs = _entry(root, "designs")
    if designs is None:
        return "".join([*lines, "\ndesigns:\n", section])
    key, value = designs
    if not isinstance(value, yaml.MappingNode):  # `designs:` with nothing after it
        position = key.start_mark.line + 1
        return "".join([*lines[:position], section, *lines[position:]])
    if value.flow_style:
        raise ValueError("`designs` is written in braces")
    indent = value.value[0][0].start_mark.column
    moved = _indented(section, indent)
    for place, (child, _) in enumerate(value.value):
        if child.value != name:
            continue
        start = child.start_mark.line
        after = value.value[place + 1][0].start_mark.line if place + 1 < len(value.value) else None
        end = _end_of(lines, start, indent, after)
        return "".join([*lines[:start], moved, *lines[end:]])
    end = _end_of(lines, value.value[-1][0].start_mark.line, indent, None)
    return "".join([*lines[:end], "\n", moved, *lines[end:]])


def _entry(root: object, name: str) -> tuple[Any, Any] | None:
    for key, value in getattr(root, "value", ()) if root is not None else ():
        if key.value == name:
            return key, value
    return None


def _end_of(lines: Sequence[str], start: int, indent: int, after: int | None) -> int:
    """Return the line after an entry: comments and blanks before the next one belong to that."""
    last = start
    for position in range(start + 1, len(lines) if after is None else after):
        text = lines[position]
        if not text.strip():
            continue
        depth = len(text) - len(text.lstrip(" "))
        if depth <= indent:
            break
        last = position
    return last + 1


def _indented(section: str, indent: int) -> str:
    shift = " " * max(0, indent - 2)
    cut = max(0, 2 - indent)
    return "".join(
        shift + line[cut:] if line.strip() else line for line in section.splitlines(keepends=True)
    )
