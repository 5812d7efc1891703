"""Every transcript of docs/import.md is typed again here; it shows how the answer begins."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sources.documented import write_all
from tablewright.cli.main import run

for library in ("bson", "hcl2", "sqlglot"):
    pytest.importorskip(library)

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
BLOCK = re.compile(r"^    \$ (?P<command>tablewright .*)\n(?P<answer>(?:    .*\n)*)", re.MULTILINE)
LINES = 4
"""Lines of an answer that are shown below the command."""
WRITE = os.environ.get("TABLEWRIGHT_GOLDEN") == "write"
SERVER = re.compile(r"(mongodb|postgresql)://")
COMMANDS = [m["command"] for m in BLOCK.finditer(PAGE.read_text()) if not SERVER.search(m[0])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documented")
    write_all(path)
    return path


def answered(command: str) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = run(shlex.split(command, comments=True)[1:])
    assert code == 0, printed.getvalue()
    return printed.getvalue().splitlines()[:LINES]


def _imported_and_edited() -> None:
    """Import the template alone and put in how often one thinks that orders are stored."""
    answered("tablewright init app --from template.yaml --parameter Stage=prod")
    path = Path("app/tablewright.yaml")
    text = path.read_text()
    assumed = "{put: Order, rate: 0.5/user/day (assumed)}"
    assert assumed in text
    path.write_text(text.replace(assumed, "{put: Order, rate: 2/user/day}"))


@pytest.mark.parametrize("command", COMMANDS)
def test_an_import_answers_as_documented(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(folder)
    shutil.rmtree("app", ignore_errors=True)
    if "--refresh" in command:
        _imported_and_edited()
    lines = answered(command)
    text = PAGE.read_text()
    shown = next(m for m in BLOCK.finditer(text) if m["command"] == command)
    if WRITE:
        answer = "".join(f"    {line}\n" for line in lines)
        text = text[: shown.start("answer")] + answer + text[shown.end("answer") :]
        PAGE.write_text(text)
        shown = next(m for m in BLOCK.finditer(text) if m["command"] == command)
    assert [line[4:] for line in shown["answer"].splitlines()] == lines


def test_every_kind_of_source_that_is_a_file_is_shown() -> None:
    sources = {word for command in COMMANDS for word in shlex.split(command)}
    assert {
        "shop.db", "aws", "export", "template.yaml", "infra", "serverless.yml", "workbench.json",
        "onetable.json", "electrodb.json", "mongoose.json", "schema.sql", "statements.csv", "dump",
        "profile.json", "products.csv", "metrics.json", "access.log",
    } <= sources  # fmt: skip
