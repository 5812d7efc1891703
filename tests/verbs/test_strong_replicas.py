"""Strong replicas and those of other accounts: read, refused, priced, made and imported."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynamo_proofs import dynamo_design
from sources.importing import imported, model_of
from tablewright import read_model
from tablewright.core.errors import ModelError, UsageError
from tablewright.deploy.shapes.database import _table_settings
from tablewright.engines.dynamodb.changes import diff
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.infrastructure import _table
from tablewright.engines.dynamodb.observation import ObservedTable, observe
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.settings import with_settings
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.local.database import Database
from tablewright.session import Options, Session
from tablewright.sources.describe import table_store
from tablewright.sources.inference.declared import settings_of

MODEL = """
app: stores
region: HOME
scales: [10000]
entities:
  Thing:
    key: id
    count: 10/user
    attributes: {id: uuid, kind: text(8), text: text(700), until: epoch}
patterns:
  write: {put: Thing, rate: 100/user/day}
  read: {get: Thing, by: id, consistency: strong, rate: 10/user/day}
  soon: {get: Thing, by: id, rate: 10/user/day}
  both: {transact: [{update: Thing, by: id, set: text}, {put: Thing}], rate: 1/user/day}
  sure: {get: Thing, by: id, consistency: transactional, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      things: {key: id, items: Thing, replicas: REPLICASMORE}
"""
STRONG = "{regions: [us-east-2], consistency: strong, witness: us-west-2}"
THREE = "{regions: [us-east-2, us-west-2], consistency: strong}"
ACCOUNTS = (
    '[{region: us-east-2, account: "123456789012"}, {region: eu-west-1, account: "210987654321"}]'
)


def design_of(
    replicas: str, home: str = "us-east-1", more: str = ""
) -> tuple[Session, DynamoDesign]:
    text = MODEL.replace("HOME", home).replace("REPLICAS", replicas).replace("MORE", more)
    session = Session(file=read_model(text, "stores.yaml"), options=Options(sample_items=64))
    return session, dynamo_design(session, "one")


def refusals(replicas: str, home: str = "us-east-1", more: str = "") -> list[tuple[str, str]]:
    with pytest.raises(ModelError) as caught:
        design_of(replicas, home, more)
    return [(d.message, d.help) for d in caught.value.diagnostics]


@pytest.mark.parametrize("replicas", [STRONG, THREE, ACCOUNTS, "[eu-west-1]"])
def test_a_printed_design_reads_as_it_was(replicas: str) -> None:
    session, design = design_of(replicas)
    assert f"replicas: {replicas}" in design_section(design, session.model)


def test_a_file_may_say_eventual() -> None:
    table = design_of("{regions: eu-west-1, consistency: eventual}")[1].tables[0]
    assert (table.replicas, table.strong_replicas, table.witness) == (("eu-west-1",), False, "")


@pytest.mark.parametrize(
    ("replicas", "home", "more", "message"),
    [
        ("[us-east-1]", "us-east-1", "", "us-east-1 twice among its regions, the home region"),
        ("[eu-west-1, eu-west-1]", "us-east-1", "", "eu-west-1 twice among its regions"),
        ("{regions: [us-east-2], consistency: strong}", "us-east-1", "", "in 2 regions"),
        (THREE.replace("west-2]", "west-2], witness: us-west-1"), "us-east-1", "", "us-west-1"),
        ("{regions: [us-west-1], consistency: strong}", "us-east-1", "", "not of one set"),
        (STRONG.replace("us-west-2", "eu-west-1"), "us-east-1", "", "not of one set"),
        (STRONG, "eu-north-1", "", "which eu-north-1 cannot have"),
        ("{regions: [us-east-2], witness: us-west-2}", "us-east-1", "", "has a witness, and"),
        (ACCOUNTS.replace("210987654321", "123456789012"), "us-east-1", "", "one of its own"),
        (f"[us-west-2, {ACCOUNTS[1:]}", "us-east-1", "", "one of its own"),
        (
            f"{{regions: {ACCOUNTS.replace('eu-west-1', 'us-west-2')}, consistency: strong}}",
            "us-east-1",
            "",
            "strong replicas in other accounts",
        ),
        (THREE, "us-east-1", ", ttl: until", "which do not expire items by `until`"),
        (
            THREE,
            "us-east-1",
            ", indexes: {by-kind: {key: [id, kind], local: yes}}",
            "no local index",
        ),
    ],
)
def test_what_the_service_refuses_is_refused(
    replicas: str, home: str, more: str, message: str
) -> None:
    found = [m for m, _ in refusals(replicas, home, more) if message in m]
    assert len(found) == 1


def test_four_regions_of_a_set_are_one_too_many() -> None:
    # eu-west-1 + eu-west-2 + eu-west-3 + eu-central-1 are 4, and 3 are allowed
    four = "{regions: [eu-west-2, eu-west-3], consistency: strong, witness: eu-central-1}"
    ((message, help),) = refusals(four, "eu-west-1")
    assert message.endswith("in 4 regions, and they are in exactly 3")
    assert help == "beside eu-west-1 state two regions, or one and a witness"


def test_the_place_of_an_error_is_the_field() -> None:
    with pytest.raises(ModelError) as caught:
        design_of(THREE, more=", ttl: until")
    (diagnostic,) = caught.value.diagnostics
    line = MODEL.replace("REPLICAS", THREE).replace("MORE", ", ttl: until").splitlines()[-1]
    assert diagnostic.span.column == line.index("until") + 1


def test_transactions_are_not_served_and_a_strong_read_says_what_it_means() -> None:
    session, _ = design_of(THREE)
    routes = {route.pattern: route for route in session.evaluate("one").routes}
    assert routes["both"].cannot.startswith("things: strong replicas take no transactions")
    assert "strong replicas take no transactions" in routes["sure"].cannot
    assert "the latest version in every region" in routes["read"].requests[0].note
    assert routes["soon"].requests[0].note == ""
    assert "ReplicatedWriteConflictException" in routes["write"].requests[0].note
    routes = {r.pattern: r for r in design_of("[us-east-2]")[0].evaluate("one").routes}
    assert (routes["both"].cannot, routes["sure"].cannot, routes["read"].requests[0].note) == (
        "",
        "",
        "",
    )


def test_a_witness_is_charged_neither_writes_nor_storage() -> None:
    # 10,000 users x 100 writes a day x 365 / 12 days = 30,416,666.67 units a month, each 765 bytes
    # or less and so one unit, at 0.625 USD a million: 19.01 USD in each region with a replica
    def writes(replicas: str) -> dict[str, Decimal]:
        lines = design_of(replicas)[0].evaluate("one").bill.lines
        return {
            line.region: round(line.amount, 2)
            for line in lines
            if line.pattern == "write" and "replicated write" in line.what
        }

    each = Decimal("19.01")
    assert writes(STRONG) == {"us-east-1": each, "us-east-2": each}
    assert writes(THREE) == {"us-east-1": each, "us-east-2": each, "us-west-2": each}
    bill = design_of(STRONG)[0].evaluate("one").bill
    assert {line.region for line in bill.lines if line.what == "storage"} == {
        "us-east-1",
        "us-east-2",
    }
    assert "the witness of things in us-west-2 costs neither writes nor storage" in bill.assumptions
    assert any("round trip to the nearest of us-east-2, us-west-2" in t for t in bill.assumptions)
    assert any("no source says whether it is charged" in text for text in bill.left_out)


def test_the_bill_says_whose_it_is() -> None:
    bill = design_of(ACCOUNTS)[0].evaluate("one").bill
    assert "what things costs in eu-west-1 is on the bill of account 210987654321" in (
        bill.assumptions
    )


def test_another_consistency_is_a_change() -> None:
    _, before = design_of("[us-east-2, us-west-2]")
    _, after = design_of(THREE)
    assert [str(change) for change in diff(before, after)] == [
        "strongly consistent replicas for things, which only a new table can have"
    ]
    _, witnessed = design_of(STRONG)
    assert [str(change) for change in diff(after, witnessed)] == [
        "replicas = us-east-2 for things",
        "witness = us-west-2 for things",
    ]
    with pytest.raises(UsageError, match="regions of things are fixed"):
        with_settings(after, replicas=("eu-west-1",))


def actions_of(replicas: str, described: dict[str, Any] | None = None) -> list[tuple[str, Any]]:
    session, design = design_of(replicas)
    plan = plan_up(session.model, design, _observed(design, described))
    assert plan.refused == ()
    return [
        (action.text, {k: v for k, v in action.parameters.items() if k != "TableName"})
        for action in plan.actions
        if action.operation == "UpdateTable"
    ]


def _observed(design: DynamoDesign, described: dict[str, Any] | None) -> dict[str, ObservedTable]:
    if described is None:
        return {}
    basic = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    }
    table = ObservedTable(
        name="things",
        status="ACTIVE",
        description={**basic, **described},
        ttl="",
        pitr=False,
        tags=(("tablewright:app", "stores"), ("tablewright:design", design.name)),
    )
    return {"things": table}


def test_up_makes_strong_replicas_in_one_request() -> None:
    assert actions_of(STRONG) == [
        (
            "replicate things to us-east-2 with strong consistency and a witness in us-west-2",
            {
                "MultiRegionConsistency": "STRONG",
                "ReplicaUpdates": [{"Create": {"RegionName": "us-east-2"}}],
                "GlobalTableWitnessUpdates": [{"Create": {"RegionName": "us-west-2"}}],
            },
        )
    ]
    ((_, change),) = actions_of(THREE)
    assert change["ReplicaUpdates"] == [
        {"Create": {"RegionName": "us-east-2"}},
        {"Create": {"RegionName": "us-west-2"}},
    ]
    exists = {
        "MultiRegionConsistency": "STRONG",
        "Replicas": [{"RegionName": "us-east-2"}],
        "GlobalTableWitnesses": [{"RegionName": "us-west-2"}],
    }
    assert actions_of(STRONG, exists) == []


@pytest.mark.parametrize(
    ("replicas", "described", "reason"),
    [
        (STRONG, {"ItemCount": 1200}, "holds 1,200 items"),
        (STRONG, {"Replicas": [{"RegionName": "us-east-2"}]}, "cannot become strong"),
        (
            "[us-east-2]",
            {"MultiRegionConsistency": "STRONG", "Replicas": [{"RegionName": "us-east-2"}]},
            "cannot become eventual",
        ),
        (
            STRONG,
            {"MultiRegionConsistency": "STRONG", "Replicas": [{"RegionName": "us-east-2"}]},
            "none of them is added",
        ),
    ],
)
def test_up_refuses_what_no_operation_makes(
    replicas: str, described: dict[str, Any], reason: str
) -> None:
    session, design = design_of(replicas)
    (refused,) = plan_up(session.model, design, _observed(design, described)).refused
    assert reason in refused


def test_up_says_what_another_account_has_to_do() -> None:
    ((text, change),) = actions_of(ACCOUNTS)
    assert "to be made in us-east-2 by account 123456789012" in text
    assert "CreateTable and GlobalTableSourceArn" in text
    assert change == {"GlobalTableSettingsReplicationMode": "ENABLED"}
    assert actions_of(ACCOUNTS, {"GlobalTableSettingsReplicationMode": "ENABLED"}) == []


def test_the_local_engine_says_that_it_has_none() -> None:
    session, design = design_of(STRONG)
    transport = LocalTransport(Database())
    plan = plan_up(session.model, design, observe(transport, ["things"]))
    (passed,) = apply_up(plan, transport, lambda _text: None)
    assert "the local engine does not offer it (" in passed


def test_deploy_writes_them() -> None:
    session, design = design_of(STRONG)
    resource = _table(session.model, design.tables[0], "prod", ())
    properties = resource.properties
    assert properties["MultiRegionConsistency"] == "STRONG"
    assert properties["GlobalTableWitnesses"] == [{"Region": "us-west-2"}]
    assert [r["Region"] for r in properties["Replicas"]] == ["us-east-1", "us-east-2"]
    assert "StreamSpecification" not in properties
    body = _table_settings(properties)
    assert [b.body for b in body["replica"]] == [
        {"region_name": "us-east-2", "consistency_mode": "STRONG"}
    ]
    assert [b.body for b in body["global_table_witness"]] == [{"region_name": "us-west-2"}]


def test_deploy_leaves_replicas_of_other_accounts_to_them() -> None:
    session, design = design_of(ACCOUNTS)
    resource = _table(session.model, design.tables[0], "prod", ())
    (home,) = resource.properties["Replicas"]
    assert (home["Region"], home["GlobalTableSettingsReplicationMode"]) == ("us-east-1", "ENABLED")
    assert "to be made in us-east-2 by account 123456789012" in resource.reason
    assert "replica" not in _table_settings(resource.properties)


TEMPLATE = """
Resources:
  Things:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: things
      BillingMode: PAY_PER_REQUEST
      MultiRegionConsistency: STRONG
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      Replicas: [{Region: eu-west-2}, {Region: eu-west-1}]
      GlobalTableWitnesses: [{Region: eu-west-3}]
"""
TERRAFORM = """
resource "aws_dynamodb_table" "things" {
  name         = "things"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  replica {
    region_name      = "us-east-1"
    consistency_mode = "STRONG"
  }
  global_table_witness {
    region_name = "us-east-2"
  }
}
"""


def test_a_template_is_imported_with_its_home_region(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    text = imported(path).text
    assert "replicas: {regions: [eu-west-1], consistency: strong, witness: eu-west-3}" in text
    assert model_of(path).model.region == "eu-west-2"


def test_terraform_is_imported_with_the_region_that_is_left(tmp_path: Path) -> None:
    pytest.importorskip("hcl2")
    path = tmp_path / "main.tf"
    path.write_text(TERRAFORM)
    text = imported(path).text
    assert "replicas: {regions: [us-east-1], consistency: strong, witness: us-east-2}" in text
    assert model_of(path).model.region == "us-west-2"


def test_a_described_table_is_imported() -> None:
    described = {
        "TableName": "things",
        "TableArn": "arn:aws:dynamodb:us-east-1:111122223333:table/things",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    strong = {
        "MultiRegionConsistency": "STRONG",
        "Replicas": [{"RegionName": "us-east-2"}],
        "GlobalTableWitnesses": [{"RegionName": "us-west-2", "WitnessStatus": "ACTIVE"}],
    }
    arn = "arn:aws:dynamodb:us-east-2:123456789012:table/things"
    own = "arn:aws:dynamodb:us-west-2:111122223333:table/things"
    elsewhere = {
        "Replicas": [
            {"RegionName": "us-east-1"},
            {"RegionName": "us-east-2", "ReplicaArn": arn},
            {"RegionName": "us-west-2", "ReplicaArn": own},
        ]
    }
    assert settings_of(table_store({**described, **strong}, ""))["replicas"] == STRONG
    store = table_store({**described, **elsewhere}, "")
    assert settings_of(store)["replicas"] == (
        '[{region: us-east-2, account: "123456789012"}, us-west-2]'
    )
    assert store.settings.home == "us-east-1"
