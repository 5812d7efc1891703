"""The page of answers is what the verbs print; the fast half holds that it has what it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
QUESTIONS = yaml.safe_load((ROOT / "docs/questions.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/answers.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_of_answers_is_what_the_verbs_print_today() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/answers", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "app", ["auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey"]
)
def test_every_application_has_its_answer_and_its_questions_on_the_page(app: str) -> None:
    rows = QUESTIONS[app]
    section = PAGE.split(f"## {app}\n")[1].split("\n## ")[0]
    assert f"$ tablewright compare {app} --short\nStart with `" in section
    assert len(rows) >= 6
    for row in rows:
        assert f"| {row['ask']} | `{row['verb']}` | {row['says']} |" in section
