"""What users hand over by mistake, or as nobody expects: an answer, and no half a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sources.importing import imported
from tablewright.core.errors import UsageError

pytest.importorskip("sqlglot")


@pytest.mark.parametrize("name", ["a.json.gz", "a.sql", "a.yaml", "a.txt"])
def test_an_empty_file_is_called_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UsageError, match=r"is empty|no table or collection"):
        imported(tmp_path / name)


def test_a_folder_without_files_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no files"):
        imported(tmp_path)


def test_what_begins_like_an_address_and_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="this postgresql:// is no address"):
        imported("postgresql://[::1")


def test_a_table_whose_name_a_model_file_cannot_have_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    path.write_text(
        'CREATE TABLE "t x" (id int PRIMARY KEY);\nCREATE TABLE u (id int PRIMARY KEY);'
    )
    result = imported(path)
    assert [table.name for table in result.draft.tables] == ["u"]
    assert any("'t x' was left out" in note for note in result.notes)


def test_a_collection_whose_name_a_model_file_cannot_have_is_left_out(tmp_path: Path) -> None:
    document = json.dumps({"_id": {"$oid": "0" * 24}, "n": 1})
    for name in ("my things", "users"):
        (tmp_path / f"{name}.json").write_text(document)
    result = imported(tmp_path)
    assert [table.name for table in result.draft.tables] == ["users"]
    assert any("'my things' was left out" in note for note in result.notes)


def test_tables_of_one_name_in_two_databases_are_two(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, v text);")
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "orders",
            "AttributeDefinitions": [{"AttributeName": "customer", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
        },
    }
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"Orders": table}}))
    result = imported(tmp_path / "schema.sql", tmp_path / "template.json")
    assert [(t.name, t.key) for t in result.draft.tables] == [("orders", ("customer",))]
    assert any("orders is in postgresql and was left out" in note for note in result.notes)


def test_rates_alone_ask_for_what_says_which_tables_there_are(tmp_path: Path) -> None:
    result = {"Id": "a", "Label": "orders Query", "Timestamps": [], "Values": [5.0, 6.0]}
    (tmp_path / "metrics.json").write_text(json.dumps({"MetricDataResults": [result]}))
    with pytest.raises(UsageError) as problem:
        imported(tmp_path / "metrics.json")
    assert "name what says which there are as well" in str(problem.value.remedy)


def test_a_table_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY);")
    with pytest.raises(UsageError, match="there is no table nothing") as problem:
        imported(tmp_path / "schema.sql", tables=("nothing",))
    assert "there are: orders" in str(problem.value.remedy)


def test_files_of_other_kinds_in_a_folder_are_named(tmp_path: Path) -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }}  # fmt: skip
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"Orders": table}}))
    assert not any("passed by" in note for note in imported(tmp_path).notes)
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY);")
    notes = imported(tmp_path).notes
    assert any(f"such as --from {tmp_path / 'schema.sql'}" in note for note in notes)
