"""Bringing new facts into an edited file: a three-way merge."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tablewright.cli.main import group
from tablewright.core.errors import UsageError
from tablewright.sources.refresh import merge

BASE = "a: 1\nb: 2\nc: 3\n"


def test_edits_and_comments_stay_and_new_facts_come_in() -> None:
    merged = merge(BASE, "a: 1  # mine\nb: 2\nc: 3\n", "a: 1\nb: 2\nc: 4\nd: 5\n")
    assert merged.text == "a: 1  # mine\nb: 2\nc: 4\nd: 5\n"
    assert merged.conflicts == ()


def test_where_both_changed_the_users_lines_stay_and_the_conflict_is_told() -> None:
    merged = merge(BASE, "a: 1\nb: 20\nc: 3\n", "a: 1\nb: 9\nc: 3\n")
    assert merged.text == "a: 1\nb: 20\nc: 3\n"
    (conflict,) = merged.conflicts
    assert (conflict.line, conflict.mine, conflict.theirs) == (2, ("b: 20",), ("b: 9",))


lines = st.lists(st.sampled_from("abcdef"), max_size=12).map(lambda x: "".join(f"{c}\n" for c in x))


@given(lines, lines)
def test_nothing_new_in_the_sources_changes_nothing(base: str, mine: str) -> None:
    assert merge(base, mine, base).text.splitlines() == mine.splitlines() or not mine


@given(lines, lines)
def test_a_file_nobody_edited_becomes_what_the_sources_say(base: str, theirs: str) -> None:
    merged = merge(base, base, theirs)
    assert merged.text.splitlines() == theirs.splitlines() or not theirs
    assert merged.conflicts == ()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_refresh_keeps_an_edited_rate_and_adds_a_new_table(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    table = "  {n}:\n    Type: AWS::Serverless::SimpleTable\n"
    template.write_text("Resources:\n" + table.format(n="Orders"))
    model = tmp_path / "app"
    run("init", str(model), "--from", str(template))
    path = model / "tablewright.yaml"
    text = path.read_text()
    assert "rate: 10/user/day (assumed)" in text
    path.write_text(text.replace("rate: 10/user/day (assumed)}", "rate: 3/user/day}  # counted"))
    template.write_text("Resources:\n" + table.format(n="Orders") + table.format(n="Visits"))
    output = run("init", str(model), "--from", str(template), "--refresh")
    assert "refreshed" in output
    merged = path.read_text()
    assert "# counted" in merged
    assert "  Visit:" in merged


def test_init_from_writes_nothing_where_a_file_is_already(tmp_path: Path) -> None:
    (tmp_path / "tablewright.yaml").write_text("mine")
    data = tmp_path / "rows.csv"
    data.write_text("id,size\n" + "".join(f"k{n},{n}\n" for n in range(30)))
    result = CliRunner().invoke(group, ["init", str(tmp_path), "--from", str(data)])
    assert isinstance(result.exception, UsageError)
    assert (tmp_path / "tablewright.yaml").read_text() == "mine"
