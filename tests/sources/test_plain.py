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


def test_names_that_a_model_file_does_not_allow_become_others(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text("it's;größe\nk1;5\nk2;6\n")
    result = imported(path)
    assert result.draft.entities[0].key == ("it_s",)
    assert any("2 fields have names" in note for note in result.notes)


def test_a_first_line_of_values_is_no_line_of_names(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("7,private@example.org\n8,other@example.org\n")
    result = imported(path)
    assert result.draft.entities[0].instances == 2
    assert any("it has no line of names" in note for note in result.notes)
    assert "private" not in result.text


def test_a_file_of_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("id,size\n1,5\n2,6\n".encode("utf-16"))
    assert [a.name for a in imported(path).draft.entities[0].attributes] == ["id", "size"]
