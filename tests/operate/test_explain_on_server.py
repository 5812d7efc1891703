"""`explain --on-server`: what the server says it would do, without its being done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operate.shop_engines import DESIGNS, MODEL, NEEDS, NOTES, call, seeded

PLANS = {
    "items": "",
    # author and at are the key: one index serves the condition and the order
    "documents": "IXSCAN latest",
    "rows": "using notes_pkey on notes",
}


@pytest.mark.parametrize("design", DESIGNS)
def test_the_plan_of_a_list_names_the_index_that_the_server_takes(
    design: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = seeded(tmp_path, design)
    capsys.readouterr()
    options = ("notes", file, "--design", design, "--on-server")
    assert call("explain", *options) == 0
    page = capsys.readouterr().out
    told = page.split("How the server would run it")[1]
    assert PLANS[design] in told
    if design == "items":
        assert "it tells no plan" in " ".join(told.split())
    assert call("explain", *options, "--json") == 0
    assert PLANS[design] in json.loads(capsys.readouterr().out)["plan"]


@pytest.mark.parametrize("design", DESIGNS)
def test_a_write_whose_plan_is_asked_for_is_not_done(
    design: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = seeded(tmp_path, design)
    assert call("explain", "write", file, "--design", design, "--on-server") == 0
    capsys.readouterr()
    assert call("status", file, "--design", design, "--json") == 0
    tables = json.loads(capsys.readouterr().out)["tables"]
    assert {t["table"]: t["items"] for t in tables}["notes"] == NOTES


@pytest.mark.needs_server
def test_a_server_without_the_tables_says_what_makes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in NEEDS["rows"]:
        pytest.importorskip(module)
    file = tmp_path / "tablewright.yaml"
    file.write_text(MODEL)
    assert call("explain", "notes", file, "--design", "rows", "--on-server") == 3
    said = capsys.readouterr().err
    assert 'relation "notes" does not exist' in said
    assert "create the tables of the design first: tablewright up" in said
