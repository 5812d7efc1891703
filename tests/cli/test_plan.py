"""`plan` on the command line: text, JSON, a section, and the file it writes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tablewright import load
from tablewright.apps import read
from tablewright.cli.main import group


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
    assert float(found["search"]["gap"]) < 0.0001


def test_json_of_a_process_is_nothing_but_json(file):
    # In process, the test runner does not see what the solver prints past `sys.stdout`.
    command = [sys.executable, "-m", "tablewright", "plan", str(file), "--brief", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(answer.stdout)["schema"] == "tablewright.plan/1"
    assert answer.stderr == ""


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


def test_requests_of_every_pattern_are_printed_when_asked_for(file):
    assert "client." not in run(file, "--brief")
    text = run(file, "--brief", "--requests")
    for pattern in load(file).model.patterns:
        assert f"{pattern.name}: " in text
    assert "client.query(" in text
    assert "IndexName='payment_status-created_at-index'" in text


def test_json_and_html_hold_the_requests_of_every_pattern(file, tmp_path):
    names = [pattern.name for pattern in load(file).model.patterns]
    found = json.loads(run(file, "--json", "--brief"))
    assert [one["pattern"] for one in found["requests"]] == names
    assert all(one["requests"][0]["template"] for one in found["requests"])
    page = tmp_path / "plan.html"
    printed = run(file, "--brief", "--output", page)
    assert "The cheapest design found costs" in printed
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert all(name in html for name in names)
    assert "client.query(" in html


def test_the_page_draws_the_front_and_the_best_design_by_scale(tmp_path):
    model = tmp_path / "tablewright.yaml"
    model.write_text(read("llm-proxy"), encoding="utf-8")
    page = tmp_path / "plan.html"
    run(model, "--output", page)
    html = page.read_text(encoding="utf-8")
    assert html.count('<svg xmlns="http://www.w3.org/2000/svg"') >= 2
    assert "The cheapest design by number of tables and indexes" in html
    assert "The planned design and the best one at each scale" in html
    assert "http://" not in html.replace("http://www.w3.org", "")


def test_a_design_that_was_edited_by_hand_is_replaced_with_a_word_about_what_differs(file):
    run(file, "--section", "--write")
    text = file.read_text(encoding="utf-8")
    edited = text.replace("class: infrequent-access", "class: standard", 1)
    assert edited != text
    file.write_text(edited, encoding="utf-8")
    said = run(file, "--section", "--write")
    assert "is replaced; changed: " in said
    assert "table class Standard-IA" in said


TAGS = """\
app: tags
region: us-east-1
scales: [1000]
entities:
  Account: {key: id, attributes: {id: uuid}}
  Tag: {of: Account, key: [id, tag], count: 4, attributes: {tag: text(12)}}
patterns:
  tags: {list: Tag, where: id, rate: 5/user/day}
"""


def test_the_table_of_the_design_says_what_lies_inside_an_item(tmp_path):
    path = tmp_path / "tags.yaml"
    path.write_text(TAGS, encoding="utf-8")
    assert "Account (Tag inside)" in run(path, "--brief")
