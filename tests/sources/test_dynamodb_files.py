"""describe-table and scan files of the AWS command line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sources.importing import imported, model_of
from tablewright.engines.dynamodb.design import DynamoDesign, ModeKind, ProjectionKind
from tablewright.model.values import Kind

DESCRIBED: dict[str, Any] = {
    "Table": {
        "TableName": "app",
        "KeySchema": [
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
            {"AttributeName": "GSI1PK", "AttributeType": "S"},
        ],
        "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "GSI1",
                "KeySchema": [{"AttributeName": "GSI1PK", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1},
            }
        ],
        "ItemCount": 5000,
        "TableSizeBytes": 900000,
    }
}


def user(number: int) -> dict[str, Any]:
    return {
        "PK": {"S": f"USER#u{number:03}"},
        "SK": {"S": "PROFILE"},
        "userId": {"S": f"u{number:03}"},
        "email": {"S": f"person{number}@example.org"},
        "createdAt": {"S": f"2026-01-01T00:00:{number % 60:02}.000Z"},
    }


def order(number: int) -> dict[str, Any]:
    return {
        "PK": {"S": f"USER#u{number % 20:03}"},
        "SK": {"S": f"ORDER#o{number:04}"},
        "orderId": {"S": f"o{number:04}"},
        "GSI1PK": {"S": f"STATUS#{'open' if number % 4 == 0 else 'paid'}"},
        "status": {"S": "open" if number % 4 == 0 else "paid"},
        "total": {"N": str(1000 + number)},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = [user(n) for n in range(20)] + [order(n) for n in range(80)]
    (tmp_path / "app.json").write_text(json.dumps(DESCRIBED))
    (tmp_path / "app-scan.json").write_text(
        json.dumps({"Items": items, "Count": 100, "ScannedCount": 100, "LastEvaluatedKey": {}})
    )
    ttl = {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}}
    (tmp_path / "app-ttl.json").write_text(json.dumps(ttl))
    return tmp_path


def test_kinds_of_a_single_table_become_entities_with_their_key_templates(folder: Path) -> None:
    design = model_of(folder).designs[0]
    assert isinstance(design, DynamoDesign)
    table = design.table("app")
    templates = {s.entity: {k: str(t) for k, t in s.keys} for s in table.shapes}
    assert templates == {
        "User": {"PK": "USER#{userId}", "SK": "PROFILE"},
        "Order": {"PK": "USER#{userId}", "SK": "ORDER#{orderId}", "GSI1PK": "STATUS#{status}"},
    }


def test_settings_come_from_describe_table_and_its_siblings(folder: Path) -> None:
    design = model_of(folder).designs[0]
    assert isinstance(design, DynamoDesign)
    table = design.table("app")
    assert table.mode.kind is ModeKind.PROVISIONED
    assert (table.mode.rcu, table.mode.wcu) == (Decimal(7), Decimal(3))
    assert table.ttl == "expiresAt"
    index = table.index("GSI1")
    assert index.projection.kind is ProjectionKind.INCLUDE
    assert index.mode is not None
    assert index.mode.rcu == Decimal(2)


def test_children_are_counted_per_parent(folder: Path) -> None:
    model = model_of(folder).model
    child = model.entity("Order")
    assert child.parent == "User"
    # 80 orders of 20 users: the share of those seen is used_names of all 5,000 items alike.
    assert child.count.mean == Decimal(4)
    # 20 of 100 items are users, so 1,000 of 5,000.
    assert model.scales[0] == 1000


def test_codes_become_an_enum_with_shares_and_unique_addresses_are_marked(folder: Path) -> None:
    model = model_of(folder).model
    status = model.entity("Order").attribute("status")
    assert status.kind is Kind.ENUM
    assert dict(status.values) == {"paid": Decimal("0.75"), "open": Decimal("0.25")}
    email = model.entity("User").attribute("email")
    assert email.kind is Kind.EMAIL
    assert email.unique
    assert email.sensitive


def test_no_value_of_the_data_is_in_the_model_file(folder: Path) -> None:
    text = imported(folder).text
    for secret in ("person1", "u001", "o0001", "example.org", "2026-01-01T"):
        assert secret not in text


def test_a_scan_that_is_cut_off_gives_what_came_before_and_says_where(folder: Path) -> None:
    path = folder / "app-scan.json"
    path.write_text(path.read_text()[:6000])
    result = imported(folder)
    assert any("app-scan.json: cut off at element" in note for note in result.notes)
    assert "User" in [entity.name for entity in result.draft.entities]


def test_a_scan_without_schema_guesses_its_keys_and_says_so(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "orders-scan.json").write_text((folder / "app-scan.json").read_text())
    result = imported(alone)
    assert result.draft.tables[0].key == ("PK", "SK")
    assert any("they are guessed" in note for note in result.notes)


def test_mixed_types_in_one_attribute_are_named(tmp_path: Path) -> None:
    items = [
        {"id": {"S": f"k{n}"}, "size": {"N": str(n)} if n % 4 else {"S": "many and more"}}
        for n in range(40)
    ]
    (tmp_path / "things-scan.json").write_text(json.dumps({"Items": items, "ScannedCount": 40}))
    # 30 of 40 values are numbers, 10 texts.
    assert "mixed types: number 75 %, text 25 %" in imported(tmp_path).text


def test_keys_of_numbers_and_binary_stay_what_they_are(tmp_path: Path) -> None:
    table = {
        "TableName": "readings",
        "KeySchema": [
            {"AttributeName": "device", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
    }
    items = [{"device": {"B": "AAEC"}, "at": {"N": str(n)}} for n in range(30)]
    (tmp_path / "readings.json").write_text(json.dumps({"Table": table}))
    (tmp_path / "readings-scan.json").write_text(json.dumps({"Items": items, "ScannedCount": 1}))
    entity = model_of(tmp_path).model.entity("Reading")
    assert entity.key == ("device", "at")
    assert entity.attribute("device").kind is Kind.BINARY
    assert entity.attribute("at").kind.is_number


def test_a_table_without_items_is_described_by_its_keys(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(json.dumps(DESCRIBED))
    entity = model_of(tmp_path).model.entity("App")
    assert entity.key == ("PK", "SK")


def test_items_of_other_forms_are_passed_by_and_counted(tmp_path: Path) -> None:
    items = [{"id": {"S": f"k{n}"}} for n in range(9)] + [{"id": {"X": "odd"}}]
    (tmp_path / "odd-scan.json").write_text(json.dumps({"Items": items, "ScannedCount": 10}))
    assert any(
        "1 of 10 items are not in DynamoDB's wire form" in n for n in imported(tmp_path).notes
    )


def test_a_document_of_sixteen_megabytes_is_read(tmp_path: Path) -> None:
    items = [{"id": {"S": f"k{n}"}, "body": {"S": "x" * (16 << 20)}} for n in range(2)]
    (tmp_path / "big-scan.json").write_text(json.dumps({"Items": items, "ScannedCount": 2}))
    assert not [n for n in imported(tmp_path).notes if "cut off" in n]
