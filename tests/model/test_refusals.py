"""What a broken model file is answered: each problem with its place, its words and what to do.

`refusals.txt` holds a file and its answer for each kind of problem. TABLEWRIGHT_GOLDEN=write
rewrites the answers; the difference is read line by line.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tablewright import read_model
from tablewright.core.errors import ModelError

CASES = Path(__file__).with_name("refusals.txt")
TITLE, ANSWER = "=== ", "--- answered\n"


def cases() -> dict[str, tuple[str, str]]:
    """Return the file and the answer of each case, by its title."""
    found = {}
    for section in CASES.read_text(encoding="utf-8").split(TITLE)[1:]:
        title, _, rest = section.partition("\n")
        file, _, answered = rest.partition(ANSWER)
        found[title] = (file.replace("<BEL>", "\x07").replace("<TAB>", "\t"), answered)
    return found


def answer(file: str) -> str:
    """Return what reading a file says, a line for each problem and one for each remedy."""
    with pytest.raises(ModelError) as caught:
        read_model(file, "bad.yaml")
    lines = []
    for found in caught.value.diagnostics:
        assert found.span is not None
        lines.append(f"{found.span.line}:{found.span.column} {found.id}: {found.message}\n")
        if found.help:
            lines.append(f"    {found.help}\n")
    return "".join(lines)


@pytest.mark.parametrize("title", list(cases()))
def test_a_broken_file_is_answered_with_place_words_and_remedy(title: str) -> None:
    file, answered = cases()[title]
    assert answer(file) == answered.rstrip("\n") + "\n"


@pytest.mark.skipif(os.environ.get("TABLEWRIGHT_GOLDEN") != "write", reason="rewrites the answers")
def test_rewrite_the_answers() -> None:
    sections = [
        f"{TITLE}{title}\n{file}{ANSWER}{answer(file)}\n" for title, (file, _) in cases().items()
    ]
    text = "".join(sections).replace("\x07", "<BEL>").replace("\t", "<TAB>")
    CASES.write_text(text, encoding="utf-8")
