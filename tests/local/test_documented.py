"""docs/local-engine.md says what there is, no more and no less."""

import re
from pathlib import Path

from tablewright.local import operations

PAGE = (Path(__file__).parents[2] / "docs" / "local-engine.md").read_text(encoding="utf-8")


def test_the_page_lists_exactly_the_operations_there_are():
    section = PAGE.partition("## What it supports")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| ")]
    listed = {name for row in rows for name in re.findall(r"[A-Z]\w+", row)}
    assert listed == set(operations.names())


def test_the_page_names_every_realism_option():
    from dataclasses import fields

    from tablewright.local.realism import RealismOptions

    section = PAGE.partition("## Realism")[2].partition("\n## ")[0]
    listed = set(re.findall(r'^\| `"(\w+)"', section, re.MULTILINE))
    assert listed == {field.name for field in fields(RealismOptions)}


def test_the_first_example_runs_as_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    exec(compile(code, "docs/local-engine.md", "exec"), {})
    assert capsys.readouterr().out == "1.0\n"
