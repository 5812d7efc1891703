"""A DynamoDB design as infrastructure: tables, scaling, backups, and what each pattern may do.

In: a model, a design, its routes, an environment. Out: resources of the neutral tree and grants.
Pure: the same `create_table` parameters that `up` sends are written down here, so that a template
and a table created by `up` cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.core.quantities import ONE, ZERO
from tablewright.deploy.alarm_values import Expected
from tablewright.deploy.grants import USER, ChangeFeed, Grant
from tablewright.deploy.resources import Ref, Resource, Text, logical_name
from tablewright.deploy.stack import DatabaseShare
from tablewright.engines.dynamodb.design import (
    CapacityMode,
    DynamoDesign,
    ModeKind,
    Table,
)
from tablewright.engines.dynamodb.global_tables import elsewhere
from tablewright.engines.dynamodb.requests import asked_attributes
from tablewright.engines.dynamodb.resources import create_table
from tablewright.engines.dynamodb.settings import table_name
from tablewright.engines.dynamodb.steps import (
    ObjectStep,
    ReadStep,
    Step,
    TransactionStep,
    WriteStep,
)
from tablewright.engines.dynamodb.transport import STREAM_OPERATIONS
from tablewright.evaluation.values import Evaluation, Route
from tablewright.model.values import Model, Pattern

TABLE = "AWS::DynamoDB::Table"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"

_TRANSACTION_ACTIONS = {
    "PutItem": "dynamodb:PutItem",
    "UpdateItem": "dynamodb:UpdateItem",
    "DeleteItem": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
"""Rights a part of TransactWriteItems needs: those of the single operations.

AWS Developer Guide, "Using IAM with DynamoDB transactions": there is no right of its own for
TransactWriteItems or TransactGetItems."""


def logical_table(table: Table) -> str:
    """Return the logical name of a table's resource."""
    return logical_name(table.name, "table")


def share_of(
    evaluation: Evaluation, environment: str, tags: tuple[tuple[str, str], ...]
) -> DatabaseShare:
    """Return what a design adds to a stack: tables, rights, what the estimate expects of each."""
    design = evaluation.design
    assert isinstance(design, DynamoDesign)
    return DatabaseShare(
        resources=infrastructure(evaluation.model, design, environment, tags),
        grants=grants(design, evaluation.routes, evaluation.model.patterns),
        expected=tuple(_expected(evaluation, design)),
        feeds=tuple(_feeds(design)),
    )


def _feeds(design: DynamoDesign) -> Iterable[ChangeFeed]:
    """Yield what following each entity needs, where a stream of its table tells its changes.

    The stream of now is found by describing the table: `ListStreams` could not name a resource.
    """
    for table in design.tables:
        if table.stream is None:
            continue
        entities = {shape.entity for shape in table.shapes if not shape.guards}
        for entity in sorted(entities):
            described = Grant(
                action="dynamodb:DescribeTable",
                table=logical_table(table),
                patterns=(f"changes of {entity}",),
            )
            read = (
                replace(described, action=f"dynamodb:{operation}", is_stream=True)
                for operation in sorted(STREAM_OPERATIONS)
            )
            yield ChangeFeed(entity=entity, grants=(described, *read))


def _expected(evaluation: Evaluation, design: DynamoDesign) -> Iterable[Expected]:
    """Yield units a second of every table and global index at the peaks of its patterns."""
    model, users = evaluation.model, evaluation.users
    patterns = {pattern.name: pattern for pattern in model.patterns}
    units: dict[tuple[str, str], Decimal] = {}
    for route in evaluation.routes:
        pattern = patterns[route.pattern]
        calls = model.calls_per_second(pattern, users) * max(ONE, pattern.peak)
        for request in route.requests:
            for use in request.uses:
                place = (use.resource, use.dimension)
                units[place] = units.get(place, ZERO) + calls * use.units.mean
    operations = _operations(evaluation)
    failed = _failed_conditions(evaluation)
    for table in design.tables:
        names = ["", *(index.name for index in table.indexes if not index.is_local)]
        for index in names:
            resource = f"{table.name}/{index}" if index else table.name
            mode = table.mode if not index else table.index(index).mode or table.mode
            yield Expected(
                table=logical_table(table),
                index=index,
                reads_per_second=units.get((resource, "read"), ZERO),
                writes_per_second=units.get((resource, "write"), ZERO),
                is_provisioned=mode.kind is not ModeKind.ON_DEMAND,
                streams=table.stream is not None and not index,
                operations=operations.get(table.name, ()) if not index else (),
                failed_conditions_per_second=failed.get(table.name, ZERO) if not index else ZERO,
                replicas=table.replicas if not index else (),
            )


def _operations(evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """Return the operations that patterns send to each table, as its metrics name them."""
    sent: dict[str, set[str]] = {}
    for route in evaluation.routes:
        for step in route.steps if route.is_served else ():
            if isinstance(step, TransactionStep):
                for part in step.parts:
                    sent.setdefault(part.table, set()).add("TransactWriteItems")
            elif isinstance(step, ReadStep | WriteStep):
                sent.setdefault(step.table, set()).add(step.operation)
    return {table: tuple(sorted(names)) for table, names in sent.items()}


def _failed_conditions(evaluation: Evaluation) -> dict[str, Decimal]:
    """Return the conditions a second that the model expects to fail, by table, at the peaks."""
    model = evaluation.model
    routes = {route.pattern: route for route in evaluation.routes}
    failed: dict[str, Decimal] = {}
    for pattern in model.patterns:
        route = routes.get(pattern.name)
        if not pattern.fails or route is None or not route.is_served:
            continue
        calls = model.calls_per_second(pattern, evaluation.users) * max(ONE, pattern.peak)
        tables = {step.table for step in route.steps if isinstance(step, WriteStep)}
        for table in tables:
            failed[table] = failed.get(table, ZERO) + calls * pattern.fails
    return failed


def infrastructure(
    model: Model, design: DynamoDesign, environment: str, tags: tuple[tuple[str, str], ...]
) -> tuple[Resource, ...]:
    """Return the tables of a design and what makes their capacity follow the load."""
    resources: list[Resource] = []
    for table in design.tables:
        resources.append(_table(model, table, environment, tags))
        resources.extend(_scaling(table))
    return tuple(resources)


def _table(
    model: Model, table: Table, environment: str, tags: tuple[tuple[str, str], ...]
) -> Resource:
    if table.vector_indexes:
        raise UnsupportedError(
            f"{table.name} has vector indexes, which neither CloudFormation nor Terraform could "
            "declare when this was checked (2026-09-02)",
            remedy="deploy the design without them, and add them with UpdateTable afterwards",
        )
    properties = dict(create_table(model, table, tags))
    properties["TableName"] = table_name(table, environment)
    stream = properties.pop("StreamSpecification", None)
    if table.ttl:
        properties["TimeToLiveSpecification"] = {"AttributeName": table.ttl, "Enabled": True}
    recovery: dict[str, Any] = {"PointInTimeRecoveryEnabled": table.pitr_days is not None}
    if table.pitr_days is not None and table.pitr_days < 35:
        recovery["RecoveryPeriodInDays"] = table.pitr_days
    properties["DeletionProtectionEnabled"] = bool(table.deletion_protection)
    reason = f"holds {', '.join(dict.fromkeys(shape.entity for shape in table.shapes))}"
    if table.cache:
        reason += f"; the cache before it ({table.cache}) is not in this template: make it yourself"
    if not table.replicas:
        properties["PointInTimeRecoverySpecification"] = recovery
        if stream:  # CloudFormation has no StreamEnabled of its own: the view type switches it on
            properties["StreamSpecification"] = {"StreamViewType": stream["StreamViewType"]}
        return Resource(
            name=logical_table(table),
            kind=TABLE,
            properties=properties,
            reason=reason,
            keeps_data=True,
            price_keys=("aws.dynamodb",),
        )
    return Resource(
        name=logical_table(table),
        kind=GLOBAL_TABLE,
        properties=_global(properties, table, model.region, recovery),
        reason=f"{reason}, in {', '.join((model.region, *table.replicas))}{elsewhere(table)}",
        keeps_data=True,
        price_keys=("aws.dynamodb",),
    )


def _global(
    properties: dict[str, Any], table: Table, region: str, recovery: dict[str, Any]
) -> dict[str, Any]:
    """Return the properties of a table with replicas: settings of a region go to its replica."""
    moved = ("DeletionProtectionEnabled", "TableClass", "Tags")
    of_replica = {name: properties.pop(name) for name in moved if name in properties}
    of_replica["PointInTimeRecoverySpecification"] = {
        "PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryEnabled"]
    }
    accounts = dict(table.replica_accounts)
    if not table.strong_replicas:
        properties["StreamSpecification"] = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    elif table.stream:
        properties["StreamSpecification"] = {"StreamViewType": table.stream}
    if table.strong_replicas:
        properties["MultiRegionConsistency"] = "STRONG"
    if table.witness:
        properties["GlobalTableWitnesses"] = [{"Region": table.witness}]
    if accounts:
        of_replica["GlobalTableSettingsReplicationMode"] = "ENABLED"
    regions = (region, *(r for r in table.replicas if r not in accounts))
    properties["Replicas"] = [{"Region": r, **of_replica} for r in regions]
    if properties.pop("ProvisionedThroughput", None) is not None:
        properties["WriteProvisionedThroughputSettings"] = {
            "WriteCapacityAutoScalingSettings": {
                "MinCapacity": int(table.mode.wcu or 1),
                "MaxCapacity": int(table.mode.max_wcu or table.mode.wcu or 1),
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": float(table.mode.target * 100)
                },
            }
        }
        for replica in properties["Replicas"]:
            replica["ReadProvisionedThroughputSettings"] = {
                "ReadCapacityUnits": int(table.mode.rcu or 1)
            }
    for index in properties.get("GlobalSecondaryIndexes", ()):
        index.pop("ProvisionedThroughput", None)
    _spread_maximum(properties)
    return properties


def _spread_maximum(properties: dict[str, Any]) -> None:
    """Say on-demand maxima as a global table does: of writes for all regions, of reads in each."""
    of_replica: dict[str, Any] = {}
    of_indexes: list[dict[str, Any]] = []
    for part in (properties, *properties.get("GlobalSecondaryIndexes", ())):
        maximum = part.pop("OnDemandThroughput", {})
        if "MaxWriteRequestUnits" in maximum:
            part["WriteOnDemandThroughputSettings"] = {
                "MaxWriteRequestUnits": maximum["MaxWriteRequestUnits"]
            }
        if "MaxReadRequestUnits" in maximum:
            reads = {"MaxReadRequestUnits": maximum["MaxReadRequestUnits"]}
            if part is properties:
                of_replica["ReadOnDemandThroughputSettings"] = reads
            else:
                of_indexes.append(
                    {"IndexName": part["IndexName"], "ReadOnDemandThroughputSettings": reads}
                )
    if of_indexes:
        of_replica["GlobalSecondaryIndexes"] = of_indexes
    for replica in properties["Replicas"]:
        replica.update(of_replica)


def _scaling(table: Table) -> Iterable[Resource]:
    """Yield a scalable target and its policy for what scales by itself."""
    yield from _scaled(table, "", table.mode)
    for index in table.indexes:
        if not index.is_local:
            yield from _scaled(table, index.name, index.mode or table.mode)


def _scaled(table: Table, index: str, mode: CapacityMode) -> Iterable[Resource]:
    if mode.kind is not ModeKind.AUTO_SCALING or table.replicas:
        return
    kind = "index" if index else "table"
    path = f"/index/{index}" if index else ""
    for word, least, maximum in (
        ("Read", mode.rcu, mode.max_rcu),
        ("Write", mode.wcu, mode.max_wcu),
    ):
        target = logical_name(table.name, index, word, "scaling")
        yield Resource(
            name=target,
            kind="AWS::ApplicationAutoScaling::ScalableTarget",
            properties={
                "ServiceNamespace": "dynamodb",
                "ResourceId": Text(("table/", Ref(logical_table(table)), path)),
                "ScalableDimension": f"dynamodb:{kind}:{word}CapacityUnits",
                "MinCapacity": max(1, int(least or 1)),
                "MaxCapacity": max(1, int(maximum or least or 1)),
            },
            reason=f"{word.lower()} capacity of {table.name}{'/' + index if index else ''} "
            "follows the load",
        )
        yield Resource(
            name=f"{target}Policy",
            kind="AWS::ApplicationAutoScaling::ScalingPolicy",
            properties={
                "PolicyName": f"{word.lower()}-utilization",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": Ref(target),
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": float(mode.target * 100),
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": f"DynamoDB{word}CapacityUtilization"
                    },
                },
            },
        )


# ------------------------------------------------------------------ what patterns may do


def grants(
    design: DynamoDesign, routes: Iterable[Route], patterns: Iterable[Pattern] = ()
) -> tuple[Grant, ...]:
    """Return the rights every pattern that the design serves needs, by its route's own steps.

    Args:
        design: the tables.
        routes: the requests of each pattern.
        patterns: the model's own; where one belongs to its user, its rights say so.
    """
    needed: list[Grant] = []
    tables = {table.name: table for table in design.tables}
    scopes = {pattern.name: pattern.scope for pattern in patterns}
    for route in routes:
        if not route.is_served:
            continue
        granted = [grant for step in route.steps for grant in _granted(step, route.pattern, tables)]
        scope = scopes.get(route.pattern, "")
        if scope:
            granted = _scoped(granted, route, tables, scope)
        needed.extend(granted)
    return tuple(dict.fromkeys(needed))


def _scoped(
    granted: list[Grant], route: Route, tables: dict[str, Table], scope: str
) -> list[Grant]:
    """Return the rights with the key that bounds them, if every request of the route has it."""
    leading: list[str] = []
    attributes: list[tuple[str, ...]] = []
    for step in route.steps:
        if not isinstance(step, ReadStep):
            return granted
        table = tables[step.table]
        key = table.index(step.index).partition_keys[0] if step.index else table.partition_key
        leading.append(_leading_key(table, step.entity, key, scope))
        attributes.append(_asked(step, table))
    if not all(leading) or len(leading) != len(granted):
        return granted
    return [
        replace(grant, leading_key=key, attributes=names)
        for grant, key, names in zip(granted, leading, attributes, strict=True)
    ]


def _leading_key(table: Table, entity: str, key: str, scope: str) -> str:
    """Return the text of a partition key with the user in it; "" if it holds anything else."""
    for shape in table.shapes:
        template = shape.template(key) if shape.entity == entity else None
        if template is None:
            continue
        texts = [
            part.literal or (USER if part.attribute == scope else "") for part in template.parts
        ]
        return "".join(texts) if all(texts) and USER in texts else ""
    return ""


def _asked(step: ReadStep, table: Table) -> tuple[str, ...]:
    """Return the attributes a request names: those asked for, its keys, what it filters by.

    None where it takes all that there are: it then names none, and cannot be held to some.
    """
    shape = next(shape for shape in table.shapes if shape.name == step.shape)
    projected = asked_attributes(table, shape, step)
    if not projected:
        return ()
    keys = table.index(step.index).keys if step.index else table.keys
    named = keys if step.sort else keys[:1]
    filtered = [condition.attribute for condition in step.filters]
    return tuple(sorted({name.partition(".")[0] for name in (*projected, *named, *filtered)}))


def _granted(step: Step, pattern: str, tables: dict[str, Table]) -> Iterable[Grant]:
    if isinstance(step, TransactionStep):
        for part in step.parts:
            yield Grant(
                action=_TRANSACTION_ACTIONS[part.operation],
                table=logical_table(tables[part.table]),
                patterns=(pattern,),
            )
    elif isinstance(step, ReadStep):
        operation = "GetItem" if step.operation == "TransactGetItems" else step.operation
        yield Grant(
            action=f"dynamodb:{operation}",
            table=logical_table(tables[step.table]),
            index=step.index or "",
            patterns=(pattern,),
        )
    elif isinstance(step, WriteStep):
        is_batched = step.batch > 1 and step.operation in ("PutItem", "DeleteItem")
        operation = "BatchWriteItem" if is_batched else step.operation
        yield Grant(
            action=_TRANSACTION_ACTIONS.get(operation, f"dynamodb:{operation}"),
            table=logical_table(tables[step.table]),
            patterns=(pattern,),
        )
    else:
        assert isinstance(step, ObjectStep)
