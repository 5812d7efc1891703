"""Every folder here is a case: a model file, a command, and exactly what it prints.

`make golden` rewrites the expected files; `why` in case.yaml says what the case shows.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from tablewright.cli.main import run

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/case.yaml"))
WRITE = os.environ.get("TABLEWRIGHT_GOLDEN") == "write"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_command_prints_exactly_what_is_expected(folder, capsys, monkeypatch):
    case = yaml.safe_load((folder / "case.yaml").read_text())
    assert set(case) == {"command", "exit", "why"}
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    assert run(case["command"]) == case["exit"]
    printed = capsys.readouterr()
    for stream, text in (("stdout", printed.out), ("stderr", printed.err)):
        expected = folder / "expected" / f"{stream}.txt"
        if WRITE:
            expected.parent.mkdir(exist_ok=True)
            if text:
                expected.write_text(text)
            else:
                expected.unlink(missing_ok=True)
        assert text == (expected.read_text() if expected.exists() else "")
