"""Creating and changing tables: plans, what they refuse, and interruptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynamo_proofs import dynamo_design
from operate.faulty import Faulty, refuse, vanish
from tablewright import load
from tablewright.core.errors import UsageError
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.auto_scaling import apply_scaling, scaling_targets
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, Index, ModeKind, Table
from tablewright.engines.dynamodb.observation import observe
from tablewright.engines.dynamodb.provisioning import apply_down, apply_up, plan_down, plan_up
from tablewright.engines.dynamodb.transport import (
    EndpointError,
    LocalTransport,
    Reply,
    RequestFailedError,
)
from tablewright.local.database import Database
from tablewright.model.values import Model
from tablewright.session import Options, Session

SHOP = Path(__file__).parents[1] / "data" / "shop.yaml"


@pytest.fixture(scope="module")
def model() -> Model:
    return load(SHOP).model


@pytest.fixture(scope="module")
def design() -> DynamoDesign:
    return dynamo_design(Session(load(SHOP), Options()), "multi")


@pytest.fixture
def database() -> Iterator[Database]:
    with Database() as made:
        yield made


def up(model: Model, design: DynamoDesign, transport: LocalTransport, **options: bool) -> list[str]:
    """Bring tables to a design; return what was done, in words."""
    observed = observe(transport, [table.name for table in design.tables])
    plan = plan_up(model, design, observed)
    apply_up(plan, transport, lambda text: None, sleep=lambda seconds: None, **options)
    return [action.text for action in plan.actions]


def with_first_table(design: DynamoDesign, **changes: object) -> DynamoDesign:
    first, *rest = design.tables
    return replace(design, tables=(replace(first, **changes), *rest))  # type: ignore[arg-type]


def test_a_second_run_changes_nothing(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    done = up(model, design, LocalTransport(database))
    assert sum(text.startswith("create ") for text in done) == len(design.tables)
    assert up(model, design, LocalTransport(database)) == []


def test_an_interrupted_run_is_carried_on(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    with pytest.raises(EndpointError):
        up(model, design, Faulty(database, "CreateTable", {2: vanish}))
    assert database.call("ListTables", {})["TableNames"] == [design.tables[0].name]
    with pytest.raises(RequestFailedError):
        up(model, design, Faulty(database, "CreateTable", {1: refuse("ExpiredTokenException")}))
    up(model, design, LocalTransport(database))
    assert up(model, design, LocalTransport(database)) == []


def extra(name: str, key: str) -> Index:
    return Index(name=name, partition_keys=(key,))


def test_indexes_are_added_one_at_a_time(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    first = design.tables[0]
    new = tuple(extra(f"by-{name}", name) for name in first.shapes[0].attributes[:2])
    up(model, with_first_table(design, indexes=()), LocalTransport(database))
    plan = plan_up(
        model,
        with_first_table(design, indexes=new),
        observe(LocalTransport(database), [t.name for t in design.tables]),
    )
    assert [len(a.parameters["GlobalSecondaryIndexUpdates"]) for a in plan.actions] == [1, 1]
    apply_up(plan, LocalTransport(database), lambda text: None)
    held = database.call("DescribeTable", {"TableName": first.name})["Table"]
    states = {i["IndexName"]: i["IndexStatus"] for i in held["GlobalSecondaryIndexes"]}
    assert states == {index.name: "ACTIVE" for index in new}


def test_an_index_is_dropped_only_when_that_is_allowed(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    transport = LocalTransport(database)
    name = design.tables[0].shapes[0].attributes[0]
    up(model, with_first_table(design, indexes=(extra("unused", name),)), transport)
    bare = with_first_table(design, indexes=())
    with pytest.raises(UsageError) as caught:
        up(model, bare, transport)
    assert "drop the index unused" in caught.value.message
    assert "--allow-destroy" in caught.value.remedy
    assert len(up(model, bare, transport, allow_destroy=True)) == 1
    assert up(model, bare, transport) == []


def test_another_primary_key_is_refused(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    transport = LocalTransport(database)
    up(model, design, transport)
    first = design.tables[0]
    other = next(name for name in first.shapes[0].attributes if name not in first.keys)
    plan = plan_up(
        model,
        with_first_table(design, partition_key=other, sort_key=None, indexes=()),
        observe(transport, [first.name]),
    )
    assert any("a table cannot be re-keyed in place" in text for text in plan.refused)
    assert all(action.table != first.name for action in plan.actions)


def test_settings_are_followed(model: Model, design: DynamoDesign, database: Database) -> None:
    transport = LocalTransport(database)
    plain = with_first_table(
        design, pitr_days=None, ttl=None, stream=None, deletion_protection=False
    )
    up(model, plain, transport)
    name = design.tables[0].name
    rich = with_first_table(
        design,
        pitr_days=35,
        ttl="gone_at",
        stream="new-and-old-images",
        deletion_protection=True,
        mode=CapacityMode(kind=ModeKind.PROVISIONED, rcu=Decimal(7), wcu=Decimal(3)),
    )
    assert len(up(model, rich, transport)) == 5
    assert up(model, rich, transport) == []
    table = database.call("DescribeTable", {"TableName": name})["Table"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    ttl = database.call("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "gone_at"
    tags = database.call("ListTagsOfResource", {"ResourceArn": table["TableArn"]})["Tags"]
    assert {"Key": "tablewright:app", "Value": "shop"} in tags


class WithoutTags(LocalTransport):
    """A server that drops the tags a table is created with, as some emulators do."""

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        if operation == "CreateTable":
            parameters = {name: value for name, value in parameters.items() if name != "Tags"}
        return super().send(operation, parameters, label=label)


def test_a_table_that_was_created_without_its_tags_gets_them_at_once(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    up(model, design, WithoutTags(database))
    for table in design.tables:
        arn = database.call("DescribeTable", {"TableName": table.name})["Table"]["TableArn"]
        tags = database.call("ListTagsOfResource", {"ResourceArn": arn})["Tags"]
        assert {"Key": "tablewright:app", "Value": "shop"} in tags


def test_the_capacity_of_an_index_follows_the_design(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    transport = LocalTransport(database)
    name = design.tables[0].shapes[0].attributes[0]

    def provisioned(reads: int) -> DynamoDesign:
        mode = CapacityMode(kind=ModeKind.PROVISIONED, rcu=Decimal(5), wcu=Decimal(5))
        own = replace(mode, rcu=Decimal(reads))
        return with_first_table(design, mode=mode, indexes=(replace(extra("one", name), mode=own),))

    up(model, provisioned(7), transport)
    assert up(model, provisioned(7), transport) == []
    table = design.tables[0].name
    assert up(model, provisioned(9), transport) == [f"set the capacity of the index one of {table}"]
    described = database.call("DescribeTable", {"TableName": table})["Table"]
    (index,) = described["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
    assert up(model, provisioned(9), transport) == []


def test_local_indexes_cannot_be_changed_in_place(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    transport = LocalTransport(database)
    up(model, design, transport)
    first = design.tables[0]
    local = Index(
        name="mine",
        partition_keys=(first.partition_key,),
        sort_keys=(first.shapes[0].attributes[-1],),
        is_local=True,
    )
    changed = with_first_table(design, indexes=(*first.indexes, local))
    plan = plan_up(model, changed, observe(transport, [t.name for t in design.tables]))
    assert plan.refused == (
        f"{first.name} has other local indexes: they cannot be changed in place; give the new "
        "table another name and copy the items, or remove this one with `down`",
    )


def test_a_replica_that_the_engine_does_not_offer_is_passed_by_and_said(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    transport = LocalTransport(database)
    wide = with_first_table(design, replicas=("eu-west-1",))
    plan = plan_up(model, wide, {})
    passed = apply_up(plan, transport, lambda text: None)
    assert passed == (
        f"replicate {design.tables[0].name} to eu-west-1: the local engine does not offer it",
    )


def test_protected_tables_are_unprotected_and_deleted(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    transport = LocalTransport(database)
    up(model, with_first_table(design, deletion_protection=True), transport)
    found = observe(transport, [table.name for table in design.tables])
    apply_down(plan_down(model, design, found), transport, lambda text: None)
    assert database.call("ListTables", {})["TableNames"] == []


# ---------------------------------------------------------------- auto-scaling


def scaled(table: Table) -> Table:
    mode = CapacityMode(
        kind=ModeKind.AUTO_SCALING,
        rcu=Decimal(5),
        wcu=Decimal(2),
        max_rcu=Decimal(100),
        max_wcu=Decimal(40),
        target=Decimal("0.6"),
    )
    return replace(table, mode=mode, indexes=(extra("one", table.shapes[0].attributes[0]),))


def test_tables_and_indexes_scale_both_kinds_of_capacity(design: DynamoDesign) -> None:
    table = scaled(design.tables[0])
    targets = scaling_targets(replace(design, tables=(table,)))
    assert [(t.resource_id, t.dimension, t.least, t.most) for t in targets] == [
        (f"table/{table.name}", "dynamodb:table:ReadCapacityUnits", 5, 100),
        (f"table/{table.name}", "dynamodb:table:WriteCapacityUnits", 2, 40),
        (f"table/{table.name}/index/one", "dynamodb:index:ReadCapacityUnits", 5, 100),
        (f"table/{table.name}/index/one", "dynamodb:index:WriteCapacityUnits", 2, 40),
    ]
    settings = targets[1].policy["TargetTrackingScalingPolicyConfiguration"]
    assert settings["TargetValue"] == 60
    metric = settings["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert metric == "DynamoDBWriteCapacityUtilization"


def test_what_is_asked_of_auto_scaling_is_what_the_service_takes(design: DynamoDesign) -> None:
    import boto3
    from botocore.stub import Stubber

    client = boto3.client(
        "application-autoscaling",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    table = replace(scaled(design.tables[0]), indexes=())
    targets = scaling_targets(replace(design, tables=(table,)))
    with Stubber(client) as stub:
        for target in targets:
            stub.add_response("register_scalable_target", {}, target.registration)
            answer = {"PolicyARN": "arn:aws:policy", "Alarms": []}
            stub.add_response("put_scaling_policy", answer, target.policy)
        apply_scaling(targets, client, lambda text: None)
        stub.assert_no_pending_responses()


# ---------------------------------------------------------------- through the adapter


def test_auto_scaling_is_set_in_every_run_where_there_is_such_a_service(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    sent: list[str] = []

    class Service:
        def register_scalable_target(self, **parameters: object) -> None:
            sent.append(f"register {parameters['ResourceId']}")

        def put_scaling_policy(self, **parameters: object) -> None:
            sent.append(f"scale {parameters['ResourceId']}")

    table = replace(scaled(design.tables[0]), indexes=())
    one = replace(design, tables=(table,))
    adapter = DynamoAdapter(model, one, LocalTransport(database), scaling=Service)
    plan = adapter.plan_provision()
    assert plan.not_offered == ()
    # a table has read and write capacity: two targets, with the bounds in words
    assert [step.text.partition(" ")[0] for step in plan.repeated] == [f"table/{table.name}"] * 2
    for step in (*plan.steps, *plan.repeated):
        adapter.provision(step, lambda text: None)
    assert sent == [f"register table/{table.name}", f"scale table/{table.name}"] * 2
    again = adapter.plan_provision()
    assert (again.steps, again.repeated) == ((), plan.repeated)


def test_where_nothing_scales_by_itself_that_is_said(
    model: Model, design: DynamoDesign, database: Database
) -> None:
    table = replace(scaled(design.tables[0]), indexes=())
    adapter = DynamoAdapter(model, replace(design, tables=(table,)), LocalTransport(database))
    plan = adapter.plan_provision()
    assert plan.repeated == ()
    assert len(plan.not_offered) == 2
    assert all("only Amazon scales by itself" in text for text in plan.not_offered)
