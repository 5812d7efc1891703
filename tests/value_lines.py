"""A value as lines to be read beside the file it came from: one line for each thing it says.

Fields that have their default are left out, so that a default which changes shows up as a line.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest


def value_lines(value: Any, path: str = "") -> Iterator[str]:
    """Yield `path = value` for all that a frozen value holds, in the order of its fields."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        said = False
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if field.name == "span" or _is_default(field, inner):
                continue
            said = True
            yield from value_lines(inner, f"{path}.{field.name}" if path else field.name)
        if not said:
            yield f"{path} = {type(value).__name__}()"
    elif isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from value_lines(inner, f"{path}[{name}]")
    elif isinstance(value, tuple | list) and any(map(_is_deep, value)):
        for position, inner in enumerate(value):
            name = getattr(inner, "name", "") or position
            yield from value_lines(inner, f"{path}[{name}]")
    else:
        yield f"{path} = {_plain(value)}"


def expect_lines(path: Path, lines: Iterator[str] | list[str]) -> None:
    """Compare lines with a file; with TABLEWRIGHT_GOLDEN=write the file is written instead."""
    written = "".join(f"{line}\n" for line in lines)
    if os.environ.get("TABLEWRIGHT_GOLDEN") == "write":
        path.write_text(written, encoding="utf-8")
        pytest.skip(f"{path.name} was written")
    known = path.read_text(encoding="utf-8").splitlines()
    moved = difflib.unified_diff(known, written.splitlines(), path.name, "now", "", "", 0, "")
    assert written.splitlines() == known, "\n".join(moved)


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(value == field.default)
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return False


def _is_deep(value: Any) -> bool:
    return dataclasses.is_dataclass(value) or isinstance(value, Mapping | tuple | list)


def _plain(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_plain, value))})"
    if isinstance(value, Decimal):
        return f"{value:.12g}" if value else "0"  # the last digits of a quotient say nothing
    return str(value)
