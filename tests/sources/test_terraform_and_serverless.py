"""Terraform as written and as shown, and serverless.yml."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from sources.importing import imported, model_of
from tablewright.engines.dynamodb.design import DynamoDesign, ModeKind, Table

MAIN = """\
variable "stage" { default = "dev" }
locals { prefix = "shop-${var.stage}" }
resource "aws_dynamodb_table" "orders" {
  name         = "${local.prefix}-orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "N"
  }
  global_secondary_index {
    name               = "inverted"
    hash_key           = "sk"
    range_key          = "pk"
    projection_type    = "INCLUDE"
    non_key_attributes = ["total", "label"]
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
  point_in_time_recovery {
    enabled = var.stage == "prod" ? true : false
  }
  deletion_protection_enabled = var.nothing == "prod" ? true : false
}
"""


def tables(*sources: Path, **options: object) -> dict[str, Table]:
    design = model_of(*sources, **options).designs[0]
    assert isinstance(design, DynamoDesign)
    return {table.name: table for table in design.tables}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("hcl2")
    (tmp_path / "main.tf").write_text(MAIN)
    return tmp_path


def test_variables_locals_and_conditions_are_resolved(folder: Path) -> None:
    table = tables(folder)["shop-dev-orders"]
    assert table.keys == ("pk", "sk")
    assert (table.ttl, table.pitr_days) == ("expires", None)
    assert table.index("inverted").projection.attributes == ("total", "label")


def test_a_parameter_overrides_a_default(folder: Path) -> None:
    table = tables(folder, parameters=(("stage", "prod"),))["shop-prod-orders"]
    assert table.pitr_days == 35


def test_a_variable_without_a_value_is_named_with_its_place(folder: Path) -> None:
    notes = imported(folder).notes
    assert any("the variable `nothing` has no value" in note for note in notes)
    assert any("main.tf:3: `deletion_protection_enabled` is not known" in n for n in notes)


def test_damaged_hcl_is_passed_by_and_the_rest_is_read(folder: Path) -> None:
    (folder / "broken.tf").write_text('resource "x" {')
    result = imported(folder)
    assert any("broken.tf" in note and "not valid HCL" in note for note in result.notes)
    assert len(result.draft.tables) == 1


def test_a_plan_as_json_needs_no_parser(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    values = {
        "name": "events",
        "billing_mode": "PROVISIONED",
        "read_capacity": 5,
        "write_capacity": 2,
        "hash_key": "id",
        "attribute": [{"name": "id", "type": "S"}],
        "point_in_time_recovery": [{"enabled": True}],
    }
    resource = {
        "address": "module.a.aws_dynamodb_table.t",
        "type": "aws_dynamodb_table",
        "values": values,
    }
    child = {"resources": [resource]}
    path.write_text(
        json.dumps(
            {"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [child]}}}
        )
    )
    table = tables(path)["events"]
    assert table.mode.kind is ModeKind.PROVISIONED
    assert table.mode.rcu == Decimal(5)
    assert table.pitr_days == 35


SERVERLESS = """\
service: notes-app
custom:
  stage: ${opt:stage, self:provider.stage}
  table: ${self:service}-${self:custom.stage}-notes
provider: {name: aws, stage: dev}
resources:
  Resources:
    Notes:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: ${self:custom.table}
        AttributeDefinitions: [{AttributeName: userId, AttributeType: S}]
        KeySchema: [{AttributeName: userId, KeyType: HASH}]
        BillingMode: ${env:MODE}
"""


def test_variables_of_serverless_are_resolved(tmp_path: Path) -> None:
    path = tmp_path / "serverless.yml"
    path.write_text(SERVERLESS)
    assert list(tables(path)) == ["notes-app-dev-notes"]
    assert list(tables(path, parameters=(("stage", "prod"),))) == ["notes-app-prod-notes"]
    assert any("`${env:MODE}` has no value" in note for note in imported(path).notes)


def test_resources_in_a_file_of_their_own_are_read_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "resources.yml").write_text(
        "Resources:\n  Notes:\n    Type: AWS::Serverless::SimpleTable\n"
    )
    path = tmp_path / "serverless.yml"
    path.write_text("service: a\nprovider: {name: aws}\nresources: ${file(resources.yml)}\n")
    assert list(tables(path)) == ["Notes"]


def test_a_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("Resources: {}\n")
    inner = tmp_path / "app"
    inner.mkdir()
    path = inner / "serverless.yml"
    path.write_text(
        "service: a\nprovider: {name: aws}\nresources:\n  - ${file(../secret.yml)}\n"
        "  - Resources: {Notes: {Type: 'AWS::Serverless::SimpleTable'}}\n"
    )
    assert any("outside its folder" in note for note in imported(path).notes)
