"""The action for pull requests: its script between two commits, and what it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tablewright.deploy.pipeline import SETUP_PYTHON

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
MODEL = """app: shop
scales: [1000]
entities:
  Order:
    key: id
    count: 10/user
    attributes: {id: uuid, note: text(200)}
patterns:
  readOrder: {get: Order, by: id, rate: 5/user/day}
targets:
  monthly_cost: {1000: 1.00}
designs:
  current:
    engine: dynamodb
    tables:
      orders: {key: id, items: {Order: {}}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose main branch has the model file."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "tablewright.yaml").write_text(MODEL)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def git(folder: Path, *words: str) -> None:
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
    names |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    subprocess.run(["git", *words], cwd=folder, env={**os.environ, **names}, check=True)


def bill_of_change(folder: Path, model: str, programs: Path) -> tuple[int, str]:
    """Return the status of the script, and what it wrote."""
    command = programs / "tablewright"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tablewright "$@"\n')
    command.chmod(0o755)
    output = programs / "bill.md"
    done = subprocess.run(
        [ROOT / "scripts" / "bill-of-change", model, "main", output],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert output.is_file(), done.stderr
    return done.returncode, output.read_text()


def test_a_change_says_what_it_adds_and_fails_where_a_budget_is_newly_missed(
    repository: Path, tmp_path: Path
) -> None:
    # 5,000 reads of half a unit a day, 1,000 users, 30.42 days at 0.125 USD a million: 9.51 USD
    (repository / "tablewright.yaml").write_text(MODEL.replace("5/user/day", "5000/user/day"))
    status, written = bill_of_change(repository, "tablewright.yaml", tmp_path)
    assert status == 1
    assert "readOrder" in written
    assert "| monthly cost, database | 1,000 | 1.00 | 9.51 | missed |" in written


def test_a_change_within_the_budget_passes(repository: Path, tmp_path: Path) -> None:
    (repository / "tablewright.yaml").write_text(MODEL.replace("5/user/day", "6/user/day"))
    status, written = bill_of_change(repository, "tablewright.yaml", tmp_path)
    assert (status, "readOrder" in written) == (0, True)


def test_a_file_that_is_new_is_shown_by_itself(repository: Path, tmp_path: Path) -> None:
    (repository / "other.yaml").write_text(MODEL)
    status, written = bill_of_change(repository, "other.yaml", tmp_path)
    assert (status, "shop" in written) == (0, True)


def test_the_action_runs_the_script_and_a_pinned_version_of_what_it_uses() -> None:
    steps = ACTION["runs"]["steps"]
    assert [step["uses"] for step in steps if "uses" in step] == [SETUP_PYTHON.partition(" #")[0]]
    (bill,) = [step for step in steps if step.get("id") == "bill"]
    assert '"$PLACE/scripts/bill-of-change" "$MODEL" "$BASE"' in bill["run"]
    # what a caller gives reaches a shell as a variable, never as a part of its program
    assert not [step for step in steps if "${{" in step.get("run", "")]
