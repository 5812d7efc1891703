"""Patterns that the design serves and the target at hand does not run are named."""

from __future__ import annotations

import subprocess
import sys

MODEL = """
app: words
region: us-east-1
scales: [100]
entities:
  Note:
    key: id
    count: 5/user
    attributes: {id: uuid, body: text(200)}
patterns:
  find: {search: Note, where: body, limit: 10, rate: 1/user/day}
  read: {get: Note, where: id, rate: 1/user/day}
"""


def test_a_search_for_words_is_named_as_not_run_and_the_rest_is_proved(tmp_path):
    (tmp_path / "tablewright.yaml").write_text(MODEL, encoding="utf-8")
    options = ["--design", "planned-postgresql", "--users", "2", "--requests", "20"]
    done = subprocess.run(
        [sys.executable, "-m", "tablewright", "prove", str(tmp_path), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "find was not run here: which texts contain a word is for the server" in done.stdout
    assert "not run" in done.stdout.split("read")[0]
    assert "Proved: every answer is right." in done.stdout
