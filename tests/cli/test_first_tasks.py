"""The five first tasks of docs/newcomers.md, in an empty folder: what each ends with."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tablewright.cli.main import run

ROOT = Path(__file__).parents[2]
NEWCOMERS = " ".join((ROOT / "docs/newcomers.md").read_text(encoding="utf-8").split())
Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Typed:
    """Run a command line in an empty folder; return exit code, and stdout with spaces joined."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run_it(line: str) -> tuple[int, str]:
        code = run(line.split())
        return code, " ".join(capsys.readouterr().out.split())

    return run_it


def shown(text: str) -> str:
    """Return a sentence, which the page has to have."""
    assert text in NEWCOMERS, f"docs/newcomers.md does not say: {text}"
    return text


@pytest.mark.slow
def test_the_page_of_first_tasks_says_what_the_commands_print(typed: Typed, tmp_path: Path) -> None:
    code, started = typed("init")
    assert (code, "wrote tablewright.yaml" in started) == (0, True)
    bill = typed("cost")[1]
    costs = re.findall(r"[\d,]+ (\d\.\d\d) 0\.00088", bill)
    assert shown("0.09, 0.88 and 8.83") == f"{costs[0]}, {costs[1]} and {costs[2]}"

    code, planned = typed("plan --write")
    assert code == 0
    assert (
        shown("cheapest design found costs 7.87 USD a month at 10,000 users; `first` costs 8.83.")
        in planned
    )
    assert "Not checked: `planned`" in typed("check")[1]
    assert "grade A" in typed("check --design planned")[1]

    assert typed("check --all --json --output main.json")[0] == 0
    file = tmp_path / "tablewright.yaml"
    text = file.read_text()
    file.write_text(re.sub(r"(saveNote:.*rate: )6/", r"\g<1>90/", text))
    code, difference = typed("diff --baseline main.json")
    assert code == 1
    assert shown("`first` costs 105.85 USD a month: 97.01 more (1,098 %)") in difference
    assert shown("Newly missed: monthly cost of `first` at 10,000 users") in difference
    file.write_text(text)

    code, compared = typed("compare --short")
    assert code == 0
    assert "decides between" in compared

    code, proved = typed("prove --design planned")
    assert code == 0
    assert (
        shown("Proved: every answer is right, and the meter is within 1 % of the prediction")
        in proved
    )
    assert "0.79 USD a month predicted, 0.79 as metered, at 1,000 users" in proved


def test_every_command_of_the_page_is_counted_in_its_table() -> None:
    page = (ROOT / "docs/newcomers.md").read_text(encoding="utf-8")
    counts = [int(n) for n in re.findall(r"^\| [\w ]+ \| (\d) \|", page, re.MULTILINE)]
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:6]
    typed_there = [len(re.findall(r"^    (?:pip|tablewright) ", s, re.MULTILINE)) for s in sections]
    assert counts == typed_there == [3, 2, 2, 1, 1]
