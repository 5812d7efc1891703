"""`plan` on the command line: text, JSON, a section, and the file it writes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tablewright.apps import read
from tablewright.cli.main import group
from tablewright.design.reader import load


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tablewright.yaml"
    path.write_text(read("mongocollectibles"), encoding="utf-8")
    return path


def run(*args: object) -> str:
    done = CliRunner().invoke(group, ["plan", *map(str, args)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_answer_comes_first_and_the_search_last(file):
    lines = run(file, "--width", 120).strip().splitlines()
    assert lines[3].startswith("The cheapest design found costs ")
    assert "differ by" in " ".join(lines[-2:])


def test_the_answer_is_also_json(file):
    found = json.loads(run(file, "--json", "--brief", "--from", "current"))
    assert found["schema"] == "tablewright.plan/1"
    assert found["design"]["name"] == "planned"
    assert found["steps"]
    assert found["search"]["gap"] < 0.0001


def test_the_design_is_written_and_writing_again_changes_nothing(file):
    before = file.read_text(encoding="utf-8")
    section = run(file, "--section", "--write")
    once = file.read_text(encoding="utf-8")
    assert "planned" not in before
    assert before.splitlines()[0] == once.splitlines()[0]
    assert section.splitlines()[-2] in once
    assert load(file).design("planned").engine == "dynamodb"
    run(file, "--section", "--write")
    assert file.read_text(encoding="utf-8") == once


def test_steps_name_what_changes_and_what_it_saves(file):
    text = run(file, "--brief", "--from", "current", "--width", 120)
    assert "From current, step by step" in text
    assert "USD a month" in text
    assert "USD once" in text
