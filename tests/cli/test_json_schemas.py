"""What each verb prints with --json, in a process of its own, against the published JSON Schemas.

In process, the test runner does not see what a compiled library prints past `sys.stdout`. The
processes are forked from one that has imported the commands, which takes most of a start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import verb_schemas
from jsonschema import Draft202012Validator

from operate.test_prices import url  # noqa: F401 - a fixture
from tablewright.cli.main import VERBS
from tablewright.reports.pages import PAGES

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "src/tablewright/verbs/schemas"
SOURCE = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100"}
MODEL = """
app: small
region: us-east-1
scales: [10, 100]
targets: {monthly_cost: {10: 5}}
entities:
  Author: {key: id, attributes: {id: uuid, name: text(20)}}
  Note: {key: [author, at], count: 3/user, attributes: {author: ref(Author), at: timestamp, text: text(200)}}
patterns:
  author: {get: Author, by: id, rate: 10/user/day}
  notes: {list: Note, where: author, sort: -at, limit: 2, rate: 5/user/day (assumed)}
  write: {put: Note, rate: 1/user/day}
claims:
  cheap: {says: "a dollar", about: monthly_cost, users: 100, value: 1}
designs:
  two: {engine: dynamodb, tables: {authors: {key: id, items: Author}, notes: {key: [author, at], items: Note}}}
  other: {engine: dynamodb, tables: {authors: {key: id, items: Author, pitr: 7d}, notes: {key: [author, at], items: Note}}}
  rows: {engine: postgresql, tables: {authors: {holds: Author}, notes: {holds: Note}}}
"""  # noqa: E501 - one line for each thing reads best here
IMPORTED = tuple(f"tablewright.{name}" for name in ("cli", "engines", "proof", "reports", "verbs"))
# Reads a line of JSON for each command, its words and the files for its two streams, and answers
# with its exit code. A fork ends as a process does: by what `main` raises.
LAUNCHER = """
import contextlib, gc, io, json, os, pkgutil, sys
import tablewright
from tablewright.cli.main import main, run
for module in pkgutil.walk_packages(tablewright.__path__, "tablewright."):
    if module.name.startswith(IMPORTED):
        __import__(module.name)
with contextlib.redirect_stdout(io.StringIO()):
    run(["report"])  # reads prices, rules and offers for all forks
gc.freeze()  # what is imported is looked through by no fork
for line in sys.stdin:
    words, *files = json.loads(line)
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["tablewright", *words]
        main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
DDL = "CREATE TABLE notes (id bigint PRIMARY KEY, body text NOT NULL);\n"
# Each kind of value with the command that prints it, in the order in which they are run. The codes
# are those of success, and of a target missed.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("init", "init copy"),
    ("import", "init imported --from notes.sql"),
    ("refreshed-model", "init imported --from notes.sql --refresh"),
    ("check", "check"),
    ("plan", "plan --from two --brief"),
    ("scales", "cost"),
    ("cost", "cost --users 100"),
    ("compare", "compare"),
    ("explain", "explain notes"),
    ("rule", "explain DDB-KEY-010"),
    ("diff", "diff two other"),
    ("baseline", "diff --baseline main.json"),
    ("report", "report"),
    ("usual-design", "plan --engine mongodb"),
    ("roadmap", "roadmap"),
    ("ddl", "ddl --design rows"),
    ("generate", "generate client --design two"),
    ("up", "up --design two"),
    ("seed", "seed --design two --users 10"),
    ("prove", "prove --design two --requests 50"),
    ("load", "prove --design two --clients 2 --duration 1s --rate 20 --users 10"),
    ("status", "status --design two"),
    ("guide", "guide --design two"),
    ("export", "export --design two --out exported"),
    ("imported", "import exported --design two"),
    ("doctor", "doctor --design two"),
    ("usage", "usage --design two"),
    ("probe", "probe"),
    ("backup", "backup --design two"),
    ("restore", "restore --design two --drill"),
    ("archive", "archive --design two --entity Note --older-than 0 --to old --dry-run"),
    ("archive", "archive --design two --entity Note --attribute text --older-than 0 --to values"),
    (
        "archive-put-back",
        "archive --design two --entity Note --attribute text --put-back values",
    ),
    ("down", "down --design two"),
    ("migrate-plan", "migrate --from two --to other --plan"),
    ("migrate-code", "migrate --from two --to other --code"),
    ("migrate-job", "migrate --from two --to rows --job glue --out job"),
    ("migrate", "migrate --from two --to other --status"),
    ("deploy-options", "deploy --list"),
    ("deploy", "deploy --option serverless-aws --dry-run"),
    ("schemas", "schema"),
    ("prices", "prices --key aws.dynamodb.ondemand.rru.standard"),
    (
        "refreshed-prices",
        "prices --refresh --region us-east-1 --from PRICE_LIST --out prices.yaml",
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verbs")
    (path / "tablewright.yaml").write_text(MODEL, encoding="utf-8")
    (path / "notes.sql").write_text(DDL, encoding="utf-8")
    baseline = subprocess.run(
        [sys.executable, "-m", "tablewright", "check", "--all", "--json"],
        cwd=path,
        env=SOURCE,
        capture_output=True,
        text=True,
        check=False,
    )
    (path / "main.json").write_text(baseline.stdout, encoding="utf-8")
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Iterator[Run]:
    """Run commands in the folder, each in a process: exit code, standard output and error."""
    out, err = tmp_path / "out", tmp_path / "err"
    with subprocess.Popen(
        [sys.executable, "-c", f"IMPORTED = {IMPORTED!r}\n{LAUNCHER}"],
        cwd=folder,
        env=SOURCE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run_it(*words: str) -> tuple[int, str, str]:
            print(json.dumps([words, str(out), str(err)]), file=process.stdin, flush=True)
            code = int(process.stdout.readline())
            return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

        yield run_it
        process.stdin.close()


def schema(kind: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    return content


def parts_of(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Yield every part of a JSON value with its path."""
    yield path, value
    if isinstance(value, dict):
        for name, part in value.items():
            yield from parts_of(part, f"{path}.{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from parts_of(part, f"{path}[{number}]")


def assert_valid(kind: str, text: str) -> None:
    """Check that a text is JSON and nothing else, and of the published form."""
    value = json.loads(text)
    wrong = [
        f"{error.json_path}: {error.message[:200]}"
        for error in Draft202012Validator(schema(kind)).iter_errors(value)
    ]
    assert wrong == []
    assert value["schema"] == f"tablewright.{kind}/1"
    # A float is rounded by whoever reads it; exact figures are text.
    assert [path for path, part in parts_of(value) if isinstance(part, float)] == []


def test_the_published_schemas_are_those_of_the_values() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")} == (
        verb_schemas.files()
    ), "run `make docs`"


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_a_schema_is_valid_and_states_no_figure_as_a_float(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    kinds = [part["type"] for _, part in parts_of(schema(kind)) if _has_type(part)]
    assert "number" not in kinds


def _has_type(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("type"), str)


def test_every_kind_of_value_is_printed_by_a_command_here() -> None:
    elsewhere = {"local", "serve", "calibrate"}  # below, and tests/engines/test_calibration.py
    assert {kind for kind, _ in COMMANDS} | elsewhere == set(PAGES)
    assert {command.split()[0] for _, command in COMMANDS} | elsewhere == set(VERBS)


def test_every_verb_prints_json_and_nothing_else(run: Run, url: str) -> None:  # noqa: F811
    # One test, since what `up` made is what `seed` fills and `down` removes.
    for kind, command in COMMANDS:
        code, out, err = run(*command.replace("PRICE_LIST", url).split(), "--json")
        assert code in (0, 1), (command, out, err)
        try:
            assert_valid(kind, out)
        except (AssertionError, ValueError) as problem:
            raise AssertionError(f"{command}: {problem}") from problem


def test_local_prints_json_and_nothing_else(folder: Path) -> None:
    command = [sys.executable, "-m", "tablewright", "local", "--in-memory", "--port", "0", "--json"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**SOURCE, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    while not lines or lines[-1] != "}\n":  # the value is complete: the server listens
        line = process.stdout.readline()
        assert line, "the server ended before it had printed where it listens"
        lines.append(line)
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert_valid("local", "".join(lines) + rest)


def test_a_published_schema_is_printed_and_a_wrong_name_suggests_the_nearest() -> None:
    command = [sys.executable, "-m", "tablewright", "schema"]
    answer = subprocess.run([*command, "status"], env=SOURCE, capture_output=True, text=True)
    assert json.loads(answer.stdout) == schema("status")
    wrong = subprocess.run([*command, "statis"], env=SOURCE, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "did you mean `status`?" in wrong.stderr
