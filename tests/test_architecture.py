"""What the layout of the source promises: short modules and functions, engines behind one door.

Import contracts are in `pyproject.toml` and run in `make check`; here is what they cannot see.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tablewright"
LONGEST_MODULE, LONGEST_FUNCTION = 700, 80
MOST_EXCEPTIONS = 5

LONG_MODULES: dict[str, str] = {}
"""Modules over 700 lines, each with the reason."""

LONG_FUNCTIONS: dict[str, str] = {}
"""Functions over 80 lines, each with the reason."""


@cache
def modules() -> tuple[tuple[str, str], ...]:
    return tuple(
        (path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    )


def functions(text: str) -> list[tuple[str, int]]:
    return read_once(text)[0]


@cache
def read_once(text: str) -> tuple[list[tuple[str, int]], list[str]]:
    """Return the functions of a module with their lines, and the names that it uses."""
    functions, names = [], []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.append((node.name, (node.end_lineno or node.lineno) - node.lineno + 1))
        elif isinstance(node, ast.Name):
            names.append(node.id)
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
    return functions, names


def test_functions_are_measured_from_def_to_their_last_line() -> None:
    text = "@decorated\ndef f(a):\n    x = 1\n\n    return x\n\n\nasync def g(): ...\n"
    assert functions(text) == [("f", 4), ("g", 1)]


def test_modules_are_short_but_for_those_that_are_listed() -> None:
    long = {name for name, text in modules() if len(text.splitlines()) > LONGEST_MODULE}
    assert long <= set(LONG_MODULES)
    assert len(LONG_MODULES) <= MOST_EXCEPTIONS
    assert all(LONG_MODULES.values())


def test_functions_are_short_but_for_those_that_are_listed() -> None:
    long = {
        f"{name}:{function}"
        for name, text in modules()
        for function, lines in functions(text)
        if lines > LONGEST_FUNCTION
    }
    assert long <= set(LONG_FUNCTIONS)
    assert len(LONG_FUNCTIONS) <= MOST_EXCEPTIONS
    assert all(LONG_FUNCTIONS.values())


ENGINE_CLASSES = re.compile(r"((Dynamo|Mongo|Postgres|Pg)[A-Z]\w+|Server(Evaluation|Engine|Facts))")
MAY_KNOW_ENGINES = ("engines/", "sources/", "testing.py")
"""The engines; importers, which read what an engine's tools write; a fixture of DynamoDB."""


def test_no_engine_class_is_named_outside_of_the_engines() -> None:
    named = {
        f"{name}: {match}"
        for name, text in modules()
        if not name.startswith(MAY_KNOW_ENGINES)
        for match in read_once(text)[1]
        if ENGINE_CLASSES.fullmatch(match)
    }
    assert named == set()


def test_contracts_keep_the_middle_and_the_verbs_from_engines() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    forbidden = [c for c in contracts["contracts"] if c["type"] == "forbidden"]
    whole = next(c for c in forbidden if c["forbidden_modules"] == ["tablewright.engines"])
    assert {f"tablewright.{p}" for p in ("review", "plan", "compare", "migrate")} <= set(
        whole["source_modules"]
    )
    assert not whole.get("ignore_imports")
    particular = next(
        c for c in forbidden if "tablewright.engines.dynamodb" in c["forbidden_modules"]
    )
    assert {"tablewright.verbs", "tablewright.session"} <= set(particular["source_modules"])
    assert not particular.get("ignore_imports")
    folders = {p.name for p in (SOURCE / "engines").iterdir() if (p / "__init__.py").exists()}
    assert {f"tablewright.engines.{name}" for name in folders} == set(
        particular["forbidden_modules"]
    )
