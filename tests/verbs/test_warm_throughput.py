"""Warm throughput: read, printed, billed once, raised by `up`, imported, and kept by plans."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynamo_proofs import dynamo_design
from sources.importing import imported
from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import TablewrightError
from tablewright.deploy.shapes.database import _table_keys
from tablewright.engines.dynamodb.changes import diff
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, ModeKind
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.loads import ResourceLoad, TableLoad
from tablewright.engines.dynamodb.observation import observe
from tablewright.engines.dynamodb.planning.modes import AUTO, paid_as
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.engines.dynamodb.warm_throughput import charged_once
from tablewright.local.database import Database
from tablewright.session import Options, Session
from tablewright.sources.describe import table_store
from tablewright.sources.inference.declared import index_draft, settings_of, table_comment
from tablewright.verbs.plan import plan

MODEL = """
app: launch
region: us-east-1
scales: [100]
entities: {Thing: {key: id, count: 10/user, attributes: {id: uuid, kind: text(8)}}}
patterns:
  write: {put: Thing, rate: 100/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      things: {key: id, items: Thing, INDEXmode: MODE}
"""
INDEX = "indexes: {by-kind: {key: kind, project: keys-only, mode: {warm: {writes: 9000}}}}, "
WARM = "{warm: {reads: 20000, writes: 8000}}"


def design_of(mode: str, index: str = "") -> tuple[Session, DynamoDesign]:
    text = MODEL.replace("INDEX", index).replace("MODE", mode)
    session = Session(file=read_model(text, "launch.yaml"), options=Options(sample_items=64))
    return session, dynamo_design(session, "one")


def warmed(mode: str, index: str = "") -> list[str]:
    session, _ = design_of(mode, index)
    return [text for text in session.evaluate("one").bill.left_out if text.startswith("warming")]


def test_the_bill_names_the_charge_that_comes_once_and_adds_nothing() -> None:
    # 20,000 - 12,000 = 8,000 reads and 8,000 - 4,000 = 4,000 writes; of the index 9,000 - 4,000
    assert warmed(WARM, INDEX) == [
        "warming things in us-east-1 for 8000 read and 4000 write units a second above what it has "
        "by itself: a charge that comes once and whose price is unknown",
        "warming things/by-kind in us-east-1 for 5000 write units a second above what it has by "
        "itself: a charge that comes once and whose price is unknown",
    ]
    assert warmed("{warm: {reads: 12000, writes: 4000}}") == []
    assert (
        design_of(WARM)[0].evaluate("one").bill.total
        == design_of("on-demand")[0].evaluate("one").bill.total
    )


@pytest.mark.parametrize(
    "mode",
    [
        WARM,
        "{on_demand: {max_writes: 9000}, warm: {writes: 8000}}",
        "{rcu: 5, wcu: 2, warm: {reads: 20000}}",
    ],
)
def test_a_printed_design_reads_as_it_was(mode: str) -> None:
    session, design = design_of(mode)
    assert f"mode: {mode}" in design_section(design, session.model)


def test_a_changed_warm_throughput_is_a_change_of_capacity() -> None:
    _, before = design_of("on-demand")
    _, after = design_of(WARM)
    assert [str(change) for change in diff(before, after)] == [
        "on-demand capacity, warmed for 20000 read and 8000 write units for things"
    ]


@pytest.mark.parametrize("mode", ["{warm: {}}", "{warm: {reads: 0}}", "{warm: {writes: 1.5}}"])
def test_units_that_cannot_be_are_refused(mode: str) -> None:
    with pytest.raises(TablewrightError):
        design_of(mode)


def up(database: Database, mode: str, index: str = "") -> list[str]:
    session, design = design_of(mode, index)
    transport = LocalTransport(database)
    plan = plan_up(session.model, design, observe(transport, ["things"]))
    apply_up(plan, transport, lambda _text: None)
    return [action.text for action in plan.actions]


def held(database: Database) -> tuple[int, int]:
    table: dict[str, Any] = database.call("DescribeTable", {"TableName": "things"})["Table"]
    warm = table["WarmThroughput"]
    return warm["ReadUnitsPerSecond"], warm["WriteUnitsPerSecond"]


def test_up_raises_it_and_never_asks_for_less() -> None:
    database = Database()
    up(database, WARM, INDEX)
    assert held(database) == (20_000, 8_000)
    assert up(database, WARM, INDEX) == []
    assert up(database, "{warm: {reads: 15000, writes: 9000}}", INDEX) == ["warm things"]
    assert held(database) == (20_000, 9_000)
    assert up(database, "on-demand", INDEX) == []
    more = INDEX.replace("9000", "9500")
    assert up(database, "on-demand", more) == ["warm the index by-kind of things"]


def test_terraform_has_a_block_of_it() -> None:
    table = {
        "TableName": "t",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [],
        "WarmThroughput": {"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 8_000},
    }
    (block,) = _table_keys(table)["warm_throughput"]
    assert block.body == {"read_units_per_second": 20_000, "write_units_per_second": 8_000}


def test_a_price_of_ones_own_is_charged_once_in_every_region() -> None:
    # 1,000 write units above 4,000, at 0.002 USD each: 2.00 USD
    load = TableLoad(
        table="t",
        resources=(ResourceLoad(name="t"),),
        mode=CapacityMode(warm_writes=Decimal(5_000)),
        replicas=("eu-west-1",),
    )
    book = PriceBook().with_prices(["aws.dynamodb.warm-throughput.prewarm.us-east-1=0.002"])
    here, there = charged_once(load, book, "us-east-1")
    assert here.endswith("for 1000 write units a second above what it has by itself: once 2.00 USD")
    assert "in eu-west-1" in there
    assert there.endswith("whose price is unknown")


DESCRIBED = {
    "TableName": "things",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
}
BY_KIND = {
    "IndexName": "by-kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def units(reads: int, writes: int, **status: str) -> dict[str, Any]:
    warm = {"ReadUnitsPerSecond": reads, "WriteUnitsPerSecond": writes, **status}
    return {"WarmThroughput": warm}


def test_what_a_table_grew_to_is_a_remark_and_no_setting() -> None:
    # a table has 12,000 reads and 4,000 writes by itself: 4,000 writes are none above it
    store = table_store(
        {
            **DESCRIBED,
            **units(20_000, 4_000, Status="ACTIVE"),
            "GlobalSecondaryIndexes": [{**BY_KIND, **units(12_000, 9_000, Status="ACTIVE")}],
        },
        "here",
    )
    assert settings_of(store)["mode"] == "on-demand"
    assert "mode" not in index_draft(store, store.indexes[0]).fields
    remark = table_comment(store)
    assert "things serves 20000 read units a second at once, grown or bought" in remark
    assert "things/by-kind serves 9000 write units a second" in remark
    new = table_store({**DESCRIBED, **units(12_000, 4_000, Status="ACTIVE")}, "here")
    assert table_comment(new) == "here"


@pytest.mark.parametrize(
    ("stated", "mode", "of_index"),
    [
        ({}, "{warm: {reads: 20000, writes: 8000}}", "on-demand"),
        (
            {"OnDemandThroughput": {"MaxReadRequestUnits": 30_000}},
            "{on_demand: {max_reads: 30000}, warm: {reads: 20000, writes: 8000}}",
            "on-demand",
        ),
        (
            {
                "BillingModeSummary": {"BillingMode": "PROVISIONED"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2},
            },
            "{rcu: 5, wcu: 2, warm: {reads: 20000, writes: 8000}}",
            "{rcu: 5, wcu: 2}",
        ),
    ],
)
def test_what_a_template_states_is_imported_as_warm(
    stated: dict[str, Any], mode: str, of_index: str
) -> None:
    own = {k: v for k, v in stated.items() if k == "ProvisionedThroughput"}
    description = {
        **DESCRIBED,
        **stated,
        **units(20_000, 8_000),
        "GlobalSecondaryIndexes": [{**BY_KIND, **own}],
    }
    store = table_store(description, "here")
    assert settings_of(store)["mode"] == mode
    assert index_draft(store, store.indexes[0]).fields["mode"] == of_index
    assert table_comment(store) == "here"


TEMPLATE = """
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: things
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      WarmThroughput: {ReadUnitsPerSecond: 20000, WriteUnitsPerSecond: 8000}
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
  warm_throughput {
    read_units_per_second  = 20000
    write_units_per_second = 8000
  }
}
"""


@pytest.mark.parametrize(("name", "text"), [("t.yaml", TEMPLATE), ("main.tf", TERRAFORM)])
def test_templates_are_imported(tmp_path: Path, name: str, text: str) -> None:
    if name == "main.tf":
        pytest.importorskip("hcl2")
    path = tmp_path / name
    path.write_text(text)
    assert f"mode: {WARM}" in imported(path).text


def test_another_way_to_pay_keeps_what_a_table_states() -> None:
    both = "{on_demand: {max_writes: 9000}, warm: {reads: 20000, writes: 8000}}"
    _, design = design_of(both, INDEX)
    for kind in ModeKind:
        (table,) = paid_as(design, CapacityMode(kind=kind)).tables
        assert (table.mode.kind, table.mode.warm_reads) == (kind, Decimal(20_000))
        index = table.indexes[0].mode
        assert index is not None
        assert (index.kind, index.warm_writes) == (kind, Decimal(9_000))
    (scaled,) = paid_as(design, AUTO).tables
    # auto scaling to 40,000 units of its own, and to no more than the 9,000 writes allowed
    assert (scaled.mode.max_rcu, scaled.mode.max_wcu) == (Decimal(40_000), Decimal(9_000))
    (capped,) = paid_as(design, CapacityMode()).tables
    assert (capped.mode.max_rcu, capped.mode.max_wcu) == (None, Decimal(9_000))


def test_a_plan_keeps_the_maximum_and_warm_throughput_of_its_table() -> None:
    both = "{on_demand: {max_writes: 9000}, warm: {reads: 20000, writes: 8000}}"
    session, _ = design_of(both)
    design = plan(session, start="one", explained=False).design
    assert isinstance(design, DynamoDesign)
    (mode,) = [table.mode for table in design.tables if table.name == "things"]
    assert (mode.warm_reads, mode.warm_writes) == (Decimal(20_000), Decimal(8_000))
    assert mode.max_wcu == Decimal(9_000)
