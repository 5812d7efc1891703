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
from sources.served import SERVED
from tablewright.cli.main import run
from tablewright.sources.source import Source

for library in ("bson", "hcl2", "sqlglot"):
    pytest.importorskip(library)

pytestmark = [
    # Servers are waited for by clients that are dropped unclosed.
    pytest.mark.filterwarnings("ignore:Unclosed MongoClient"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR"),
]

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
BLOCK = re.compile(r"^    \$ (?P<command>tablewright .*)\n(?P<answer>(?:    .*\n)*)", re.MULTILINE)
LINES = 4
"""Lines of an answer that are shown below the command."""
WRITE = os.environ.get("TABLEWRIGHT_GOLDEN") == "write"
SERVER = re.compile(r"(mongodb|postgresql|cloudwatch)://")
ENDPOINT = "http://localhost:5000"
COMMANDS = [
    pytest.param(
        m["command"], marks=[pytest.mark.needs_server] if SERVER.search(m["command"]) else []
    )
    for m in BLOCK.finditer(PAGE.read_text())
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documented")
    write_all(path)
    return path


def answered_by_server(command: str, scheme: str) -> list[str]:
    """Return the answer with the page's address in place of the server's own."""
    with SERVED[scheme]() as address:
        shown = ENDPOINT if scheme == "cloudwatch" else f"{scheme}://localhost/shop"
        lines = answered(command.replace(shown, address))
        return [line.replace(Source(address).shown, shown) for line in lines]


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
    server = SERVER.search(command)
    lines = answered_by_server(command, server[1]) if server else answered(command)
    text = PAGE.read_text()
    shown = next(m for m in BLOCK.finditer(text) if m["command"] == command)
    if WRITE:
        answer = "".join(f"    {line}\n" for line in lines)
        text = text[: shown.start("answer")] + answer + text[shown.end("answer") :]
        PAGE.write_text(text)
        shown = next(m for m in BLOCK.finditer(text) if m["command"] == command)
    assert [line[4:] for line in shown["answer"].splitlines()] == lines


def test_every_kind_of_source_that_is_a_file_is_shown() -> None:
    sources = {word for param in COMMANDS for word in shlex.split(str(param.values[0]))}
    assert {
        "shop.db", "aws", "export", "template.yaml", "infra", "serverless.yml", "workbench.json",
        "onetable.json", "electrodb.json", "mongoose.json", "schema.sql", "statements.csv", "dump",
        "profile.json", "products.csv", "metrics.json", "access.log",
    } <= sources  # fmt: skip
