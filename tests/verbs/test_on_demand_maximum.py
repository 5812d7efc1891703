"""The maximum of an on-demand table: read, printed, counted as refused, set, and read back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dynamo_proofs import dynamo_design
from tablewright import read_model
from tablewright.core.errors import TablewrightError
from tablewright.deploy.shapes.database import _table_keys
from tablewright.engines.dynamodb.changes import diff
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.engines.dynamodb.infrastructure import _spread_maximum
from tablewright.engines.dynamodb.observation import observe
from tablewright.engines.dynamodb.provisioning import apply_up, plan_up
from tablewright.engines.dynamodb.transport import LocalTransport
from tablewright.local.database import Database
from tablewright.session import Options, Session
from tablewright.sources.describe import table_store
from tablewright.sources.inference.declared import index_draft, settings_of

MODEL = """
app: ceiling
region: us-east-1
scales: [10000]
entities: {Thing: {key: id, count: 10/user, attributes: {id: uuid, kind: text(8), text: text(700)}}}
patterns:
  write: {put: Thing, rate: 100/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      things: {key: id, items: Thing, INDEXmode: MODE}
"""
INDEX = "indexes: {by-kind: {key: kind, project: keys-only, mode: {on_demand: {max_reads: 7}}}}, "
CAPPED = "{on_demand: {max_reads: 1000, max_writes: 10}}"


def session_of(mode: str, index: str = "") -> Session:
    text = MODEL.replace("INDEX", index).replace("MODE", mode)
    return Session(file=read_model(text, "ceiling.yaml"), options=Options(sample_items=64))


def design_of(mode: str, index: str = "") -> tuple[Session, DynamoDesign]:
    session = session_of(mode, index)
    return session, dynamo_design(session, "one")


def test_what_is_above_the_maximum_is_refused_and_costs_nothing_more() -> None:
    # 10,000 users x 100 writes of one unit a day = 1,000,000 / 86,400 s = 11.574 a second;
    # of those 10 are served: 1 - 10 / 11.574 = 1 - 0.864 = 13.6 % refused
    capped = session_of(CAPPED).evaluate("one")
    free = session_of("on-demand").evaluate("one")
    assert round(capped.bill.refused_share, 3) == Decimal("0.136")
    assert "would refuse" in capped.shortcoming
    assert any("on-demand maximum and burst" in text for text in capped.bill.warnings)
    assert free.bill.refused_share == 0
    assert capped.bill.total == free.bill.total
    # 12 a second hold 11.574
    assert session_of("{on_demand: {max_writes: 12}}").evaluate("one").shortcoming == ""


@pytest.mark.parametrize("mode", [CAPPED, "{on_demand: {max_reads: 5}}"])
def test_a_printed_design_reads_as_it_was(mode: str) -> None:
    session, design = design_of(mode, INDEX)
    text = design_section(design, session.model)
    assert f"mode: {mode}" in text
    assert "mode: {on_demand: {max_reads: 7}}" in text


def test_a_changed_maximum_is_a_change_of_capacity() -> None:
    _, before = design_of("on-demand")
    _, after = design_of(CAPPED)
    assert [str(change) for change in diff(before, after)] == [
        "on-demand capacity of at most 1000 read and 10 write units for things"
    ]


@pytest.mark.parametrize(
    "mode",
    [
        "{on_demand: {}}",
        "{on_demand: {max_reads: 0}}",
        "{on_demand: {max_reads: 1.5}}",
        "{on_demand: {max_reads: 5}, rcu: 5}",
        "{on_demand: {max_reads: 5}, reserved: 1y}",
    ],
)
def test_a_maximum_that_cannot_be_is_refused(mode: str) -> None:
    with pytest.raises(TablewrightError):
        session_of(mode).evaluate("one")


def up(database: Database, mode: str, index: str = "") -> list[str]:
    session, design = design_of(mode, index)
    transport = LocalTransport(database)
    plan = plan_up(session.model, design, observe(transport, ["things"]))
    apply_up(plan, transport, lambda _text: None)
    return [action.text for action in plan.actions]


def described(database: Database) -> dict[str, Any]:
    table: dict[str, Any] = database.call("DescribeTable", {"TableName": "things"})["Table"]
    return table


def test_up_sets_changes_and_lifts_it_and_an_import_reads_it_back() -> None:
    database = Database()
    assert up(database, CAPPED, INDEX)[0].endswith("on-demand (at most 1000 read, 10 write)")
    table = described(database)
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 10}
    store = table_store(table, "here")
    assert settings_of(store)["mode"] == CAPPED
    assert index_draft(store, store.indexes[0]).fields["mode"] == "{on_demand: {max_reads: 7}}"
    assert up(database, CAPPED, INDEX) == []
    assert up(database, "{on_demand: {max_writes: 20}}", INDEX) == [
        "set the on-demand maximum of things"
    ]
    assert (
        settings_of(table_store(described(database), ""))["mode"] == "{on_demand: {max_writes: 20}}"
    )
    assert up(database, "on-demand", INDEX) == ["lift the on-demand maximum of things"]
    assert settings_of(table_store(described(database), ""))["mode"] == "on-demand"


def test_deploy_says_it_to_terraform_and_to_a_global_table() -> None:
    maximum = {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 4}
    table = {
        "TableName": "t",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [],
        "OnDemandThroughput": maximum,
    }
    (block,) = _table_keys(table)["on_demand_throughput"]
    assert block.body == {"max_read_request_units": 9, "max_write_request_units": 4}
    everywhere: dict[str, Any] = {
        "OnDemandThroughput": maximum,
        "Replicas": [{"Region": "us-east-1"}, {"Region": "eu-west-1"}],
    }
    _spread_maximum(everywhere)
    reads = {"ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 9}}
    assert everywhere == {
        "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 4},
        "Replicas": [{"Region": "us-east-1", **reads}, {"Region": "eu-west-1", **reads}],
    }


def test_a_mode_of_an_index_is_its_own() -> None:
    _, design = design_of(CAPPED, INDEX)
    assert design.tables[0].indexes[0].mode == CapacityMode(max_rcu=Decimal(7))
