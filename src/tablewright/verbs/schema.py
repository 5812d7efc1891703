"""`schema`: the JSON Schemas of what the other verbs print with --json, and of the model file.

In: a kind, or nothing. Out: the schema, or a SchemasView of all kinds. The files are derived from
the values by `make docs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen

MODEL = "model"
_PACKAGE = "tablewright.verbs"


@frozen
class SchemaView:
    """One published schema."""

    kind: str
    """The middle of the `schema` text of a value: cost, of tablewright.cost/1."""
    describes: str


@frozen
class SchemasView:
    """Every published schema."""

    schemas: tuple[SchemaView, ...]
    modeline: str
    """The first line of a model file that tells editors where its schema is."""


def published_schemas() -> SchemasView:
    """Return which schemas there are."""
    listed = [
        SchemaView(kind=kind, describes=str(published_schema(kind)["title"])) for kind in _kinds()
    ]
    modeline = f"# yaml-language-server: $schema={schema_path(MODEL)}"
    return SchemasView(schemas=tuple(listed), modeline=modeline)


def published_schema(kind: str) -> Mapping[str, Any]:
    """Return the JSON Schema of a kind of value, or of the model file.

    Raises:
        UsageError: there is none of this kind.

    Example:
        >>> published_schema("cost")["properties"]["schema"]
        {'const': 'tablewright.cost/1'}
    """
    return _read(schema_path(kind))


def schema_path(kind: str) -> Path:
    """Return the file of a schema, for editors and validators; it is part of the package.

    Raises:
        UsageError: there is none of this kind.
    """
    kinds = _kinds()
    if kind not in kinds:
        close = nearest(kind, kinds)
        raise UsageError(
            f"there is no schema `{kind}`",
            remedy=f"did you mean `{close}`?" if close else f"kinds: {', '.join(kinds)}",
        )
    if kind == MODEL:
        file = resources.files("tablewright.model").joinpath("model.schema.json")
    else:
        file = resources.files(_PACKAGE).joinpath("schemas", f"{kind}.json")
    return Path(str(file))


def _read(path: Path) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _kinds() -> list[str]:
    files = resources.files(_PACKAGE).joinpath("schemas").iterdir()
    return sorted([MODEL, *(file.name.removesuffix(".json") for file in files)])
