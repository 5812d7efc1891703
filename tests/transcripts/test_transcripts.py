"""Every transcript is a session on the command line that is typed again here, to the letter.

A file holds sections (`# name`), each of them commands (`$ tablewright ...`) and what they print,
both streams together, with `(exit code N)` where it is not 0. All sections of a file run in one
new directory. README and docs show these sections. `make golden` writes the answers anew.
Times, which differ from run to run, are written as `_`.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

import pytest

from tablewright.cli.main import run

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.txt"))
TIMES = re.compile(r" +ms p50/95/99| +\d+\.\d/\d+\.\d/\d+\.\d")
WRITE = os.environ.get("TABLEWRIGHT_GOLDEN") == "write"


def typed(line: str) -> str:
    """Return what a command prints."""
    words = shlex.split(line, comments=True)
    assert words[0] == "tablewright", line
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = run(words[1:])
    assert code != 70, printed.getvalue()  # our own bug is never what is expected
    text = TIMES.sub("  _", printed.getvalue())
    if text and not text.endswith("\n"):
        text += "\n"
    return text + (f"(exit code {code})\n" if code else "")


def replayed(text: str) -> str:
    """Return the transcript with every command typed again."""
    out = []
    for line in text.splitlines():
        if line.startswith("$ "):
            out += [line, typed(line[2:]).rstrip("\n"), ""]
        elif line.startswith("# "):
            out += [line, ""]
    return "\n".join(out).rstrip("\n") + "\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_session_prints_what_is_written_down(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = file.read_text()
    now = replayed(text)
    if WRITE:
        file.write_text(now)
    assert now == file.read_text()
