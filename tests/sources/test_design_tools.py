"""NoSQL Workbench, OneTable, ElectroDB, Mongoose: schemas that tools write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sources.importing import DATA, imported, model_of
from tablewright.cli.main import run
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.model.values import Kind


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def templates_of(path: Path) -> dict[str, dict[str, str]]:
    design = model_of(path).designs[0]
    assert isinstance(design, DynamoDesign)
    return {
        shape.entity: {key: str(template) for key, template in shape.keys}
        for table in design.tables
        for shape in table.shapes
    }


def attribute(name: str, kind: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": kind}


def test_a_workbench_model_gives_tables_indexes_and_sample_items(tmp_path: Path) -> None:
    table = {
        "TableName": "app",
        "KeyAttributes": {"PartitionKey": attribute("PK"), "SortKey": attribute("SK")},
        "NonKeyAttributes": [attribute("total", "N")],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "GSI1",
                "KeyAttributes": {"PartitionKey": attribute("GSI1PK")},
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "TableData": [
            {
                "PK": {"S": f"USER#u{n % 3}"},
                "SK": {"S": f"ORDER#o{n}"},
                "orderId": {"S": f"o{n}"},
                "total": {"N": str(n)},
            }
            for n in range(12)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    model = {"ModelName": "My Shop", "ModelMetadata": {"Version": "3.0"}, "DataModel": [table]}
    path = write(tmp_path / "model.json", model)
    result = imported(path)
    assert result.draft.app == "my-shop"
    assert templates_of(path)["Order"]["SK"] == "ORDER#{orderId}"
    assert "GSI1: {key: GSI1PK, project: keys-only}" in result.text


def test_a_workbench_model_without_data_gives_its_declared_attributes(tmp_path: Path) -> None:
    table = {
        "TableName": "employees",
        "KeyAttributes": {"PartitionKey": attribute("LoginAlias")},
        "NonKeyAttributes": [attribute("FirstName"), attribute("Skills", "SS")],
    }
    path = write(tmp_path / "m.json", {"ModelName": "Employees", "DataModel": [table]})
    entity = model_of(path).model.entity("Employee")
    assert entity.key == ("LoginAlias",)
    assert entity.attribute("Skills").kind is Kind.SET
    assert entity.attribute("FirstName").sensitive


def test_a_onetable_schema_gives_key_templates_and_enums(tmp_path: Path) -> None:
    schema = {
        "format": "onetable:1.1.0",
        "version": "0.0.1",
        "indexes": {
            "primary": {"hash": "pk", "sort": "sk"},
            "gs1": {"hash": "gs1pk", "sort": "gs1sk", "project": ["status"]},
        },
        "models": {
            "Account": {
                "pk": {"type": "string", "value": "account:${id}"},
                "sk": {"type": "string", "value": "account:"},
                "id": {"type": "string", "required": True},
                "status": {"type": "string", "enum": ["active", "closed"]},
            },
            "User": {
                "pk": {"type": "string", "value": "account:${accountId}"},
                "sk": {"type": "string", "value": "user:${email}"},
                "gs1pk": {"type": "string", "value": "user:${email}"},
                "gs1sk": {"type": "string", "value": "user:"},
                "accountId": {"type": "string", "required": True},
                "email": {"type": "string", "required": True},
                "balance": {"type": "number"},
            },
        },
    }
    path = write(tmp_path / "onetable.json", schema)
    templates = templates_of(path)
    assert templates["Account"] == {"pk": "account:{id}", "sk": "account:"}
    assert templates["User"]["sk"] == "user:{email}"
    status = model_of(path).model.entity("Account").attribute("status")
    assert [value for value, _ in status.values] == ["active", "closed"]


def test_an_electrodb_entity_gives_the_keys_it_composes(tmp_path: Path) -> None:
    entity = {
        "table": "electro",
        "model": {"entity": "task", "service": "taskapp", "version": "1"},
        "attributes": {
            "taskId": {"type": "string", "required": True},
            "team": {"type": "string", "required": True},
            "status": {"type": ["open", "closed"]},
            "points": {"type": "number"},
        },
        "indexes": {
            "task": {
                "pk": {"field": "pk", "composite": ["taskId"]},
                "sk": {"field": "sk", "composite": []},
            },
            "byTeam": {
                "index": "gsi1",
                "pk": {"field": "gsi1pk", "composite": ["team"]},
                "sk": {"field": "gsi1sk", "composite": ["status", "taskId"]},
            },
        },
    }
    path = write(tmp_path / "electro.json", entity)
    # $service#attribute_value in the partition key, $entity_version#… in the sort key.
    assert templates_of(path)["Task"] == {
        "pk": "$taskapp#taskid_{taskId}",
        "sk": "$task_1",
        "gsi1pk": "$taskapp#team_{team}",
        "gsi1sk": "$task_1#status_{status}#taskid_{taskId}",
    }


def test_mongoose_schemas_give_types_references_and_indexes(tmp_path: Path) -> None:
    models = {
        "User": {
            "collection": "users",
            "indexes": [[{"createdAt": 1}, {"expireAfterSeconds": 60}]],
            "paths": {
                "_id": {"instance": "ObjectId", "options": {}},
                "email": {"instance": "String", "options": {"unique": True, "required": True}},
                "role": {"instance": "String", "options": {"enum": ["member", "admin"]}},
                "address.city": {"instance": "String", "options": {}},
                "createdAt": {"instance": "Date", "options": {}},
            },
        },
        "Order": {
            "collection": "orders",
            "indexes": [],
            "paths": {
                "_id": {"instance": "ObjectId", "options": {}},
                "buyer": {"instance": "ObjectId", "options": {"ref": "User"}},
            },
        },
    }
    path = write(tmp_path / "models.json", models)
    model = model_of(path).model
    assert model.entity("Order").attribute("buyer").to == "User"
    assert model.entity("User").attribute("email").unique
    assert [v for v, _ in model.entity("User").attribute("role").values] == ["member", "admin"]
    assert model.entity("User").attribute("address").kind is Kind.MAP
    assert "expire_after: 60s" in imported(path).text


@pytest.mark.parametrize(
    ("name", "note"),
    [
        (
            "mongoose/base-api.json",
            "Its collections are declared in Mongoose ({}).",
        ),
        ("onetable/unique.json", "Its tables are declared in OneTable ({})."),
        ("electrodb/tasks.json", "Its tables are declared in ElectroDB ({})."),
        ("workbench/online-shop.json", "Its tables are declared in NoSQL Workbench ({})."),
    ],
)
def test_the_design_records_where_it_is_declared(name: str, note: str) -> None:
    (design,) = model_of(DATA / name).designs
    assert design.note == note.format(DATA / name)


def test_json_says_where_collections_are_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "our models.json").write_text((DATA / "mongoose" / "base-api.json").read_text())
    assert run(["init", "app", "--from", "our models.json"]) == 0
    capsys.readouterr()
    run(["check", "app", "--json"])
    (design,) = json.loads(capsys.readouterr().out)["designs"]
    assert design["note"] == "Its collections are declared in Mongoose (our models.json)."
