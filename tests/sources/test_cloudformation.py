"""CloudFormation, SAM and CDK templates."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from sources.importing import imported, model_of
from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.design import DynamoDesign, ModeKind, Table
from tablewright.sources import yaml_files

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: {Type: String}
  Units: {Type: Number, Default: 4}
Mappings:
  Prefix: {prod: {name: shop}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${Stage}-orders"
      BillingMode: !If [IsProd, PROVISIONED, PAY_PER_REQUEST]
      ProvisionedThroughput: !If
        - IsProd
        - {ReadCapacityUnits: !Ref Units, WriteCapacityUnits: 2}
        - !Ref AWS::NoValue
      AttributeDefinitions:
        - {AttributeName: customerId, AttributeType: S}
        - {AttributeName: placedAt, AttributeType: N}
      KeySchema:
        - {AttributeName: customerId, KeyType: HASH}
        - {AttributeName: placedAt, KeyType: RANGE}
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: !If [IsProd, true, false]}
  Sessions:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: token, Type: String}
  Extra:
    Type: AWS::DynamoDB::Table
    Condition: IsProd
    Properties:
      TableName: !Join ["-", [!FindInMap [Prefix, !Ref Stage, name], extra]]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


def tables(path: Path, **options: object) -> dict[str, Table]:
    design = model_of(path, **options).designs[0]
    assert isinstance(design, DynamoDesign)
    return {table.name: table for table in design.tables}


def test_intrinsic_functions_are_resolved_with_the_parameters_given(template: Path) -> None:
    resolved = tables(template, parameters=(("Stage", "prod"),))
    orders = resolved["prod-orders"]
    assert orders.keys == ("customerId", "placedAt")
    assert orders.mode.kind is ModeKind.PROVISIONED
    assert (orders.mode.rcu, orders.mode.wcu) == (Decimal(4), Decimal(2))
    assert (orders.ttl, orders.pitr_days) == ("expires", 35)
    assert "shop-extra" in resolved
    assert resolved["Sessions"].partition_key == "token"


def test_a_condition_that_does_not_hold_leaves_its_table_out(template: Path) -> None:
    result = imported(template, parameters=(("Stage", "dev"),))
    assert "shop-extra" not in result.text
    assert any("`Extra` is left out" in note for note in result.notes)


def test_a_missing_parameter_is_named_with_file_and_what_it_hides(template: Path) -> None:
    result = imported(template)
    assert any("template.yaml: the parameter `Stage` has no value" in n for n in result.notes)
    assert any("the name of `OrdersTable` is not fully known" in n for n in result.notes)
    assert "OrdersTable" in result.text


def test_a_yaml_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_files, "MOST_NODES", 20_000)
    path = tmp_path / "bomb.yaml"
    lines = ["AWSTemplateFormatVersion: x", "a0: &a0 [1,2,3,4,5,6,7,8,9]"]
    for n in range(1, 10):
        refs = ",".join([f"*a{n - 1}"] * 9)
        lines.append(f"a{n}: &a{n} [{refs}]")
    path.write_text("\n".join([*lines, "Resources: {T: {Type: AWS::DynamoDB::Table}}"]))
    with pytest.raises(UsageError, match="aliases multiply to more than 20,000 values"):
        imported(path)


def test_a_template_that_is_no_yaml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n   Properties: [\n")
    with pytest.raises(UsageError, match=r"broken\.yaml:4"):
        imported(path)


def test_a_table_without_keys_is_passed_by_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "Resources:\n  A:\n    Type: AWS::DynamoDB::Table\n    Properties: {TableName: a}\n"
        "  Sessions:\n    Type: AWS::Serverless::SimpleTable\n"
    )
    result = imported(path)
    assert any("t.yaml:3: `A` was passed by: `KeySchema` is missing" in n for n in result.notes)
    assert [t.name for t in result.draft.tables] == ["Sessions"]


def test_output_of_cdk_is_read_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    (folder / "Shop.template.json").write_text(
        '{"Resources": {"Orders1A2B3C4D": {"Type": "AWS::DynamoDB::Table", "Properties": '
        '{"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": '
        '[{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}}}}'
    )
    model = model_of(tmp_path).model
    assert [entity.name for entity in model.entities] == ["Order"]


def test_two_hundred_tables_of_a_template_are_read_in_time(tmp_path: Path) -> None:
    path = tmp_path / "wide.yaml"
    table = (
        "  Thing{n}:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      BillingMode: "
        "PAY_PER_REQUEST\n      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]\n"
        "      KeySchema: [{{AttributeName: id, KeyType: HASH}}]\n"
    )
    path.write_text("Resources:\n" + "".join(table.format(n=n) for n in range(200)))
    begin = time.process_time()
    assert len(imported(path).draft.tables) == 200
    # 5 s on an idle machine; a busy one shares its caches.
    assert time.process_time() - begin < 15


def test_the_on_demand_maxima_of_a_global_table_are_read(tmp_path: Path) -> None:
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    by_kind = [{"AttributeName": "kind", "KeyType": "HASH"}]
    template = {
        "Resources": {
            "Things": {
                "Type": "AWS::DynamoDB::GlobalTable",
                "Properties": {
                    "TableName": "things",
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": key,
                    "AttributeDefinitions": [
                        {"AttributeName": "id", "AttributeType": "S"},
                        {"AttributeName": "kind", "AttributeType": "S"},
                    ],
                    "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 40},
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": "by-kind",
                            "KeySchema": by_kind,
                            "Projection": {"ProjectionType": "ALL"},
                            "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 30},
                        }
                    ],
                    "Replicas": [
                        {
                            "Region": "us-east-1",
                            "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 90},
                            "GlobalSecondaryIndexes": [
                                {
                                    "IndexName": "by-kind",
                                    "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 70},
                                }
                            ],
                        },
                        {"Region": "eu-west-1"},
                    ],
                },
            }
        }
    }
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    table = tables(path)["things"]
    (index,) = table.indexes
    assert (table.mode.kind, table.mode.max_rcu, table.mode.max_wcu) == (ModeKind.ON_DEMAND, 90, 40)
    assert index.mode is not None
    assert (index.mode.max_rcu, index.mode.max_wcu) == (70, 30)
