"""Derive the JSON Schema of what each verb prints with --json from the types of its value.

In: the page functions that show the values, whose first parameter is the value. Out: one schema for
each kind, in the form in which `core.plain_data` writes values: a Decimal is text, an index is
`table.index`, a tuple is a list. `make docs` writes them into src/tablewright/verbs/schemas.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import json
import pkgutil
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src/tablewright/verbs/schemas"
DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


class Writer:
    """Writes the schema of one kind; classes it meets become definitions."""

    def __init__(self) -> None:
        self.definitions: dict[str, dict[str, Any]] = {}
        self._names: dict[type, str] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type."""
        if kind is Decimal:
            return {"type": "string", "pattern": DECIMAL}
        if kind in PLAIN:
            return dict(PLAIN[kind])
        if isinstance(kind, typing.NewType):
            return self.of(kind.__supertype__)
        if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
            return {"enum": [str(member) for member in kind]}
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return {"enum": [member.value for member in kind]}
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            # A value of a type may be one of an engine's own type derived from it.
            kinds = [{"$ref": f"#/$defs/{self._defined(part)}"} for part in derived(kind)]
            return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        return self._generic(kind)

    def _generic(self, kind: Any) -> dict[str, Any]:
        origin, parts = typing.get_origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            return {"anyOf": [self.of(part) for part in parts]}
        if origin is typing.Literal:
            return {"enum": list(parts)}
        if origin is tuple and parts[-1:] != (Ellipsis,):
            items = [self.of(part) for part in parts]
            return {
                "type": "array",
                "prefixItems": items,
                "items": False,
                "minItems": len(items),
            }
        if origin in (tuple, list, set, frozenset, Sequence):
            return {"type": "array", "items": self.of(parts[0])}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.of(parts[1])}
        # A protocol or a class that only an engine knows: its form is the engine's.
        return {}

    def _defined(self, kind: type) -> str:
        if kind not in self._names:
            name = kind.__name__
            while name in self.definitions:
                name += "_"
            self._names[kind] = name
            self.definitions[name] = {}  # a class may hold itself
            self.definitions[name] = self.fields(kind)
        return self._names[kind]

    def fields(self, kind: type) -> dict[str, Any]:
        """Return the schema of a dataclass: all of its fields, no others."""
        hints = hints_of(kind)
        names = [field.name for field in dataclasses.fields(kind)]
        return {
            "type": "object",
            "properties": {name: self.of(hints[name]) for name in names},
            "required": names,
            "additionalProperties": False,
        }


def derived(kind: type) -> list[type]:
    """Return a class of this package and those derived from it."""
    classes: list[type] = [kind]
    subclasses: list[type] = kind.__subclasses__()
    for part in subclasses:
        # (a class with slots is made twice, and the first of the two is nobody's)
        home = sys.modules[part.__module__]
        if home.__name__.startswith("tablewright.") and getattr(home, part.__name__, "") is part:
            classes += derived(part)
    return sorted(set(classes), key=lambda part: (part is not kind, part.__module__, part.__name__))


def value_type(page: str) -> type:
    """Return the type of the value that a page shows."""
    module, _, function = page.partition(":")
    shows = getattr(import_module(f"tablewright.reports.{module}"), function)
    first = next(iter(inspect.signature(shows).parameters))
    value: type = hints_of(shows)[first]
    return value


def hints_of(annotated: Any) -> dict[str, Any]:
    """Return the types of a class's fields or a function's parameters.

    Names that a module imports for annotations alone are imported here.
    """
    classes = inspect.getmro(annotated) if isinstance(annotated, type) else (annotated,)
    names: dict[str, Any] = {}
    for module in {part.__module__ for part in classes if part.__module__ != "builtins"}:
        names |= guarded_imports(module)
    return typing.get_type_hints(annotated, localns=names)


@cache
def guarded_imports(module: str) -> dict[str, Any]:
    """Return what a module imports below `if TYPE_CHECKING:`."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        alias.asname or alias.name: getattr(import_module(str(statement.module)), alias.name)
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }


def schema_of(kind: str, page: str) -> dict[str, Any]:
    """Return the schema of one kind of value."""
    writer = Writer()
    content = writer.fields(value_type(page))
    name = f"tablewright.{kind}/1"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tablewright:{kind}:1",
        "title": f"What is printed as {name}",
        **content,
        "properties": {"schema": {"const": name}, **content["properties"]},
        "required": ["schema", *content["required"]],
        "$defs": dict(sorted(writer.definitions.items())),
    }


def files() -> dict[str, str]:
    """Return the text of every schema file by its name."""
    import tablewright
    from tablewright.reports.pages import PAGES

    for module in pkgutil.walk_packages(tablewright.__path__, "tablewright."):
        if not module.name.endswith("__main__"):
            import_module(module.name)  # so that every derived class is known
    schemas = {kind: schema_of(kind, page) for kind, page in PAGES.items()}
    return {
        f"{kind}.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for kind, schema in sorted(schemas.items())
    }


def main() -> int:
    """Write the files; with --check only say which are stale."""
    TARGET.mkdir(exist_ok=True)
    stale = []
    texts = files()
    for path in TARGET.glob("*.json"):
        if path.name not in texts:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.unlink()
    for name, text in texts.items():
        path = TARGET / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    print(f"{'stale' if '--check' in sys.argv else 'written'}: {', '.join(stale) or 'nothing'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    raise SystemExit(main())
