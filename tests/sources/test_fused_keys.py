"""Keys whose parts run together: `USER123`, `ORD2026-01-31`; and those that only look so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sources.documented import items
from sources.importing import imported, model_of
from tablewright.engines.dynamodb.design import DynamoDesign


def scanned(folder: Path, records: list[dict[str, Any]], keys: tuple[str, ...]) -> Path:
    table = {
        "TableName": "app",
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
    }
    (folder / "app.json").write_text(json.dumps({"Table": table}))
    (folder / "app-scan.json").write_text(json.dumps({"Items": items(records)}))
    return folder


def templates(folder: Path) -> dict[str, list[str]]:
    (design,) = model_of(folder).designs
    assert isinstance(design, DynamoDesign)
    (table,) = design.tables
    return {shape.name: [str(t) for _, t in shape.keys] for shape in table.shapes}


def test_a_word_and_what_follows_it_are_told_apart(tmp_path: Path) -> None:
    users = [{"PK": f"USER{n}", "SK": "PROFILE", "email": f"u{n}@example.org"} for n in range(20)]
    orders = [
        {"PK": f"USER{n % 20}", "SK": f"ORD2026-01-{1 + n // 20:02}", "total": n} for n in range(60)
    ]
    folder = scanned(tmp_path, users + orders, ("PK", "SK"))
    assert templates(folder) == {
        "Ord": ["USER{userId}", "ORD{ordId}"],
        "User": ["USER{userId}", "PROFILE"],
    }
    model = model_of(folder).model
    assert model.entity("Ord").parent == "User"
    assert model.entity("Ord").count.mean == 3  # 60 of 20 users
    assert model.entity("Ord").attribute("ordId").kind.value == "date"


def test_parts_that_equal_attributes_are_these_however_few_items_there_are(tmp_path: Path) -> None:
    records = [
        {"PK": f"USER{n}", "SK": f"C#{n * 7}P#{n + 90}", "userId": n, "cId": n * 7, "pId": n + 90}
        for n in range(3)
    ]
    folder = scanned(tmp_path, records, ("PK", "SK"))
    assert list(templates(folder).values()) == [["USER{userId}", "C#{cId}P#{pId}"]]


def test_words_that_only_differ_before_like_items_are_data(tmp_path: Path) -> None:
    records = [
        {"PK": f"{country}{n}", "SK": "A", "name": f"n{n}"}
        for n in range(10)
        for country in ("DE", "FR", "US")
    ]
    folder = scanned(tmp_path, records, ("PK", "SK"))
    assert templates(folder) == {"App": ["A"]}  # PK is an attribute of its own


def test_an_identifier_with_a_name_of_its_own_stays_whole(tmp_path: Path) -> None:
    records = [{"orderId": f"ORD{n:05}", "total": n} for n in range(60)]
    text = imported(scanned(tmp_path, records, ("orderId",))).text
    assert "orderId: id(8)" in text
    assert "items: App" in text


def test_four_keys_are_too_few_to_tell_by_their_form_alone(tmp_path: Path) -> None:
    records = [{"PK": f"USER{n}", "SK": "PROFILE", "plan": "x y z"} for n in range(4)]
    folder = scanned(tmp_path, records, ("PK", "SK"))
    assert not any("USER{" in t for listed in templates(folder).values() for t in listed)
