"""JSON, NDJSON and CSV of one entity each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sources.importing import imported, model_of
from tablewright.core.errors import UsageError
from tablewright.model.values import Kind


def test_a_csv_becomes_an_entity_with_typed_attributes(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    rows = "\n".join(f"{n};Cup;{n}.50;{'true' if n % 2 else 'false'};00{n}" for n in range(1, 31))
    path.write_text(f"id;label;price;listed;code\n{rows}\n")
    product = model_of(path).model.entity("Product")
    kinds = {a.name: a.kind for a in product.attributes}
    assert kinds["price"] is Kind.MONEY
    assert kinds["listed"] is Kind.BOOL
    assert kinds["code"] is Kind.DIGITS  # leading zeros are no number
    assert product.key == ("id",)


def test_lines_and_an_array_of_json_are_the_same(tmp_path: Path) -> None:
    rows = [{"id": f"k{n}", "size": n} for n in range(30)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "b.ndjson").write_text("\n".join(map(json.dumps, rows)))
    first = model_of(tmp_path / "a.json").model.entities[0]
    second = model_of(tmp_path / "b.ndjson").model.entities[0]
    assert first.attributes == second.attributes


def test_a_damaged_line_ends_the_reading_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"id": "a"}\n{"id": "b"}\n{"id": oops}\n')
    assert any("rows.ndjson: cut off or damaged at element 3" in n for n in imported(path).notes)


def test_rows_with_another_number_of_fields_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,a\n1,2\n3\n4,5\n")
    assert any("1 of 3 rows" in note for note in imported(path).notes)


def test_an_empty_file_says_that_it_has_no_records(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,a\n")
    with pytest.raises(UsageError) as problem:
        imported(path)
    assert "it has no records" in problem.value.remedy


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file or folder"):
        imported(tmp_path / "nothing.csv")


def test_nesting_beyond_sense_is_refused_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(UsageError):
        imported(path)
