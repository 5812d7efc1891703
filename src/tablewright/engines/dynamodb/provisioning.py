"""Create and change the tables of a design: desired minus observed, then apply.

`plan_up` is pure: a design and what exists become a list of actions that can be printed. `apply_up`
carries them out one by one, waits for each, and may be interrupted: what is done is then part of
what exists, and the next plan is shorter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.design import CapacityMode, DynamoDesign, ModeKind, Table
from tablewright.engines.dynamodb.observation import (
    APP_TAG,
    DESIGN_TAG,
    UNKNOWN,
    ObservedTable,
    answer_of,
    foreign,
    index_schema_of,
    key_schema_of,
    observe,
    observe_status,
)
from tablewright.engines.dynamodb.replica_updates import refused_replicas, replica_updates
from tablewright.engines.dynamodb.resources import (
    attribute_type,
    create_table,
    index_parameters,
    throughput,
    vector_index_parameters,
)
from tablewright.engines.dynamodb.throughput_updates import maximum_updates, warm_updates
from tablewright.engines.dynamodb.transport import RequestFailedError, Transport
from tablewright.model.values import Model

POLL_SECONDS = 0.05
SLOWEST_POLL_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 3 * 3600.0

Progress = Callable[[str], None]


@frozen
class TableAction:
    """One change: an operation with its parameters, in words, and whether it destroys anything."""

    text: str
    table: str
    operation: str
    parameters: Mapping[str, Any]
    destroys: bool = False
    waits: bool = True
    optional: bool = False
    """An engine that does not know the operation is told so and passed by."""
    marks: bool = False
    """It only writes down whose table it is."""


@frozen
class UpPlan:
    """What has to be done, and what cannot be."""

    actions: tuple[TableAction, ...]
    refused: tuple[str, ...] = ()
    """Changes that no operation makes, such as another primary key."""
    beyond: tuple[str, ...] = ()
    """Settings that tables have and the design does not ask for; they are left as they are."""

    @property
    def destroys(self) -> bool:
        """Whether anything would be lost."""
        return any(action.destroys for action in self.actions)


# ---------------------------------------------------------------- plan


def plan_up(
    model: Model,
    design: DynamoDesign,
    observed: Mapping[str, ObservedTable],
    *,
    adopt: bool = False,
) -> UpPlan:
    """Return what has to be done so that the tables of a design exist as it says.

    Args:
        model: the model.
        design: the design.
        observed: the tables of these names that exist.
        adopt: take tables over that were made by somebody else.
    """
    actions: list[TableAction] = []
    refused: list[str] = []
    beyond: list[str] = []
    strange = () if adopt else foreign(model, observed)
    if strange:
        refused.append(
            f"{not_ours(model, strange)}: look at the differences (`tablewright status`), then say "
            "--adopt to take over what is there"
        )
    for table in design.tables:
        existing = observed.get(table.name)
        if existing is None:
            actions += _create(model, design, table)
            continue
        if table.name in strange:
            continue
        actions += _owned(model, design, existing)
        actions += _change(model, table, existing, refused)
        beyond += _beyond(table, existing)
    return UpPlan(actions=tuple(actions), refused=tuple(refused), beyond=tuple(beyond))


def _owned(model: Model, design: DynamoDesign, existing: ObservedTable) -> list[TableAction]:
    """Mark a table as one of this design, where it is marked otherwise."""
    required = {APP_TAG: model.app, DESIGN_TAG: design.name}
    if existing.tags is None or required.items() <= dict(existing.tags).items():
        return []
    return [
        TableAction(
            text=f"mark {existing.name} as a table of {model.app}, {design.name}",
            table=existing.name,
            operation="TagResource",
            parameters={
                "ResourceArn": existing.description["TableArn"],
                "Tags": [{"Key": key, "Value": value} for key, value in required.items()],
            },
            waits=False,
            marks=True,
        )
    ]


def _beyond(table: Table, existing: ObservedTable) -> list[str]:
    """Return what a table has and the design does not ask for."""
    beyond = []
    if existing.ttl and not table.ttl:
        beyond.append(f"{table.name} expires items by {existing.ttl}")
    if existing.pitr and table.pitr_days is None:
        beyond.append(f"{table.name} is kept recoverable to any point, which is charged by the GB")
    stream = existing.description.get("StreamSpecification") or {}
    if stream.get("StreamEnabled") and not table.stream:
        beyond.append(f"{table.name} streams its changes")
    return beyond


def _create(model: Model, design: DynamoDesign, table: Table) -> list[TableAction]:
    tags = ((APP_TAG, model.app), (DESIGN_TAG, design.name))
    indexes = len(table.indexes)
    also = f" with {indexes} index{'es' if indexes != 1 else ''}" if indexes else ""
    cache = "; the cache before it is made by somebody else" if table.cache else ""
    actions = [
        TableAction(
            text=f"create {table.name}{also}, {_mode_text(table.mode)}{cache}",
            table=table.name,
            operation="CreateTable",
            parameters=create_table(model, table, tags),
        )
    ]
    return actions + _settings(table, None) + _replicas(table, None, [])


def _mode_text(mode: CapacityMode) -> str:
    """Return a capacity mode with its units: "provisioned (5 read, 2 write)"."""
    if mode.is_capped:
        limits = ((mode.max_rcu, "read"), (mode.max_wcu, "write"))
        most = ", ".join(f"{plain(units)} {word}" for units, word in limits if units is not None)
        return f"{mode.kind.value} (at most {most})"
    if mode.rcu is None or mode.wcu is None:
        return mode.kind.value
    return f"{mode.kind.value} ({plain(mode.rcu)} read, {plain(mode.wcu)} write)"


def _settings(table: Table, existing: ObservedTable | None) -> list[TableAction]:
    actions: list[TableAction] = []
    if table.ttl and (existing is None or existing.ttl not in (None, table.ttl)):
        actions.append(
            TableAction(
                text=f"expire items of {table.name} by {table.ttl}",
                table=table.name,
                operation="UpdateTimeToLive",
                parameters={
                    "TableName": table.name,
                    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": table.ttl},
                },
                waits=False,
                optional=True,
            )
        )
    required = table.pitr_days is not None
    if required and (existing is None or existing.pitr is False):
        specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": True}
        if table.pitr_days != 35:
            specification["RecoveryPeriodInDays"] = table.pitr_days
        actions.append(
            TableAction(
                text=f"keep {table.name} recoverable to any point of {table.pitr_days} days",
                table=table.name,
                operation="UpdateContinuousBackups",
                parameters={
                    "TableName": table.name,
                    "PointInTimeRecoverySpecification": specification,
                },
                waits=False,
                optional=True,
            )
        )
    return actions


def _change(
    model: Model, table: Table, existing: ObservedTable, refused: list[str]
) -> list[TableAction]:
    required = create_table(model, table)
    if key_schema_of(required["KeySchema"]) != key_schema_of(
        existing.description.get("KeySchema", ())
    ):
        refused.append(
            f"{table.name} has another primary key: a table cannot be re-keyed in place; give the "
            "new table another name and copy the items, or remove this one with `down`"
        )
        return []
    stored = {i["IndexName"]: i for i in existing.description.get("LocalSecondaryIndexes") or ()}
    local = {index.name: index for index in table.indexes if index.is_local}
    if stored.keys() != local.keys() or any(
        index_schema_of(index_parameters(table, index)) != index_schema_of(stored[name])
        for name, index in local.items()
    ):
        refused.append(
            f"{table.name} has other local indexes: they cannot be changed in place; give the new "
            "table another name and copy the items, or remove this one with `down`"
        )
        return []
    actions = _table_updates(table, required, existing)
    actions += _index_updates(model, table, existing)
    return actions + _settings(table, existing) + _replicas(table, existing, refused)


def _replicas(
    table: Table, existing: ObservedTable | None, refused: list[str]
) -> list[TableAction]:
    """Make a global table; replicas beyond the design are left."""
    described = existing.description if existing is not None else {}
    refused += refused_replicas(table, described)
    return [
        TableAction(
            text=text,
            table=table.name,
            operation="UpdateTable",
            parameters={"TableName": table.name, **change},
            optional=True,
        )
        for text, change in replica_updates(table, described)
    ]


def _table_updates(
    table: Table, wanted: Mapping[str, Any], existing: ObservedTable
) -> list[TableAction]:
    described = existing.description
    changes: list[tuple[str, dict[str, Any]]] = []
    if wanted["BillingMode"] != existing.mode:
        change: dict[str, Any] = {"BillingMode": wanted["BillingMode"]}
        if table.mode.kind is not ModeKind.ON_DEMAND:
            change["ProvisionedThroughput"] = wanted["ProvisionedThroughput"]
            change["GlobalSecondaryIndexUpdates"] = [
                {
                    "Update": {
                        "IndexName": index.name,
                        "ProvisionedThroughput": throughput(index.mode or table.mode),
                    }
                }
                for index in table.indexes
                if not index.is_local
            ]
            if not change["GlobalSecondaryIndexUpdates"]:
                del change["GlobalSecondaryIndexUpdates"]
        changes.append((f"pay {table.name} {table.mode.kind.value}", change))
    elif table.mode.kind is ModeKind.PROVISIONED:
        stored = described.get("ProvisionedThroughput", {})
        units = wanted["ProvisionedThroughput"]
        if any(stored.get(name) != value for name, value in units.items()):
            changes.append((f"set the capacity of {table.name}", {"ProvisionedThroughput": units}))
        changes += _index_capacity(table, existing)
    if table.mode.kind is ModeKind.ON_DEMAND:
        changes += maximum_updates(table, existing)
    changes += warm_updates(table, existing)
    held_class = (described.get("TableClassSummary") or {}).get("TableClass", "STANDARD")
    wanted_class = wanted.get("TableClass", "STANDARD")
    if held_class != wanted_class:
        changes.append((f"make {table.name} {wanted_class}", {"TableClass": wanted_class}))
    if (
        table.deletion_protection is not None
        and bool(described.get("DeletionProtectionEnabled")) != table.deletion_protection
    ):
        word = "protect" if table.deletion_protection else "stop protecting"
        changes.append(
            (
                f"{word} {table.name} from deletion",
                {"DeletionProtectionEnabled": table.deletion_protection},
            )
        )
    stream = wanted.get("StreamSpecification")
    held_stream = described.get("StreamSpecification") or {}
    if stream and held_stream.get("StreamViewType") != stream["StreamViewType"]:
        if held_stream.get("StreamEnabled"):
            changes.append(
                (
                    f"end the stream of {table.name}",
                    {"StreamSpecification": {"StreamEnabled": False}},
                )
            )
        changes.append((f"stream the changes of {table.name}", {"StreamSpecification": stream}))
    return [
        TableAction(
            text=text,
            table=table.name,
            operation="UpdateTable",
            parameters={"TableName": table.name, **change},
        )
        for text, change in changes
    ]


def _index_capacity(table: Table, existing: ObservedTable) -> list[tuple[str, dict[str, Any]]]:
    """Set the capacity of indexes that have another one than the design says."""
    changes: list[tuple[str, dict[str, Any]]] = []
    for index in table.indexes:
        stored = existing.indexes.get(index.name)
        mode = index.mode or table.mode
        if index.is_local or stored is None or mode.kind is not ModeKind.PROVISIONED:
            continue
        units = throughput(mode)
        has = stored.get("ProvisionedThroughput", {})
        if any(has.get(name) != value for name, value in units.items()):
            update = {"Update": {"IndexName": index.name, "ProvisionedThroughput": units}}
            changes.append(
                (
                    f"set the capacity of the index {index.name} of {table.name}",
                    {"GlobalSecondaryIndexUpdates": [update]},
                )
            )
    return changes


def _index_updates(model: Model, table: Table, existing: ObservedTable) -> list[TableAction]:
    """One index change at a time, as the service demands."""
    actions: list[TableAction] = []
    desired = {i.name: i for i in table.indexes if not i.is_local}
    for name, index in existing.indexes.items():
        if name not in desired:
            actions.append(_drop(table, name, f"drop the index {name} of {table.name}"))
        elif index_schema_of(index_parameters(table, desired[name])) != index_schema_of(index):
            actions.append(
                _drop(table, name, f"drop the index {name} of {table.name}, to rebuild it")
            )
            actions.append(_add(model, table, name))
    actions += [_add(model, table, name) for name in desired if name not in existing.indexes]
    return actions + _vector_updates(model, table, existing)


def _vector_updates(model: Model, table: Table, existing: ObservedTable) -> list[TableAction]:
    """Add and drop vector indexes; one that differs is dropped and added: none can be changed."""
    actions: list[TableAction] = []
    desired = {
        index.name: vector_index_parameters(model, table, index) for index in table.vector_indexes
    }
    observed = {
        index["IndexName"]: index for index in existing.description.get("VectorIndexes") or ()
    }
    differing = [
        name
        for name, index in observed.items()
        if name not in desired
        or any(index.get(member) != value for member, value in desired[name].items())
    ]
    for name in differing:
        del observed[name]
        actions.append(
            TableAction(
                text=f"drop the vector index {name} of {table.name}",
                table=table.name,
                operation="UpdateTable",
                parameters={
                    "TableName": table.name,
                    "VectorIndexUpdates": [{"Delete": {"IndexName": name}}],
                },
                destroys=True,
            )
        )
    for vectors in table.vector_indexes:
        if vectors.name in observed:
            continue
        keys = sorted({*table.keys, *vectors.search_attributes})
        actions.append(
            TableAction(
                text=f"add the vector index {vectors.name} to {table.name} and fill it",
                table=table.name,
                operation="UpdateTable",
                parameters={
                    "TableName": table.name,
                    "AttributeDefinitions": [
                        {"AttributeName": key, "AttributeType": attribute_type(model, table, key)}
                        for key in keys
                    ],
                    "VectorIndexUpdates": [{"Create": desired[vectors.name]}],
                },
            )
        )
    return actions


def _drop(table: Table, name: str, text: str) -> TableAction:
    return TableAction(
        text=text,
        table=table.name,
        operation="UpdateTable",
        parameters={
            "TableName": table.name,
            "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}],
        },
        destroys=True,
    )


def _add(model: Model, table: Table, name: str) -> TableAction:
    index = table.index(name)
    return TableAction(
        text=f"add the index {name} to {table.name} and fill it",
        table=table.name,
        operation="UpdateTable",
        parameters={
            "TableName": table.name,
            "AttributeDefinitions": [
                {"AttributeName": key, "AttributeType": attribute_type(model, table, key)}
                for key in sorted({*table.keys, *index.keys})
            ],
            "GlobalSecondaryIndexUpdates": [{"Create": index_parameters(table, index)}],
        },
    )


# ---------------------------------------------------------------- apply


def apply_up(
    plan: UpPlan,
    transport: Transport,
    progress: Progress,
    *,
    allow_destroy: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, ...]:
    """Carry a plan out; return what the engine could not do (and was optional).

    Raises:
        UsageError: the plan would destroy something that was not allowed, or has refused parts.
        EngineError: an action failed; what was done before it stays done.
    """
    if plan.refused:
        raise UsageError("; ".join(plan.refused))
    if plan.destroys and not allow_destroy:
        lost = [action.text for action in plan.actions if action.destroys]
        raise UsageError(
            f"this would {'; '.join(lost)}", remedy="say --allow-destroy if that is meant"
        )
    left_out: list[str] = []
    for number, action in enumerate(plan.actions, 1):
        progress(f"{number}/{len(plan.actions)} {action.text}")
        text = apply_action(action, transport, progress, sleep=sleep)
        left_out += [text] if text else []
    return tuple(left_out)


def apply_action(
    action: TableAction,
    transport: Transport,
    progress: Progress,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Carry one action out, and wait until the table is ready.

    Returns:
        "", or what the engine does not offer (and was optional).

    Raises:
        EngineError: the engine refused.
    """
    try:
        transport.send(action.operation, action.parameters)
    except RequestFailedError as failed:
        is_global = {"ReplicaUpdates", "GlobalTableSettingsReplicationMode"} & set(
            action.parameters
        )
        unknown = failed.code in UNKNOWN or bool(is_global)
        if action.optional and unknown:
            why = f" ({failed.message})" if "MultiRegionConsistency" in action.parameters else ""
            return f"{action.text}: {transport.description} does not offer it{why}"
        if failed.code == "ResourceInUseException" and action.operation == "CreateTable":
            progress(f"{action.table} is being created already")
        else:
            raise
    if action.waits:
        wait_active(transport, action.table, progress, sleep=sleep)
    if action.operation == "CreateTable":
        _keep_tags(transport, action)
    return ""


def _keep_tags(transport: Transport, created: TableAction) -> None:
    """Tag a new table once more, where a server has dropped the tags it was created with."""
    (result,) = observe(transport, [created.table]).values()
    if result.tags == () and created.parameters.get("Tags"):
        arn = result.description["TableArn"]
        answer_of(
            transport, "TagResource", {"ResourceArn": arn, "Tags": created.parameters["Tags"]}
        )


def wait_active(
    transport: Transport,
    name: str,
    progress: Progress,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until a table and all its indexes are ready.

    Raises:
        EngineError: it is not ready after three hours.
    """
    pause, waited, said = POLL_SECONDS, 0.0, ""
    while True:
        described = transport.send("DescribeTable", {"TableName": name}).body["Table"]
        busy = (
            [described.get("TableStatus", "ACTIVE")]
            if (described.get("TableStatus", "ACTIVE") != "ACTIVE")
            else []
        )
        for index in (
            *(described.get("GlobalSecondaryIndexes") or ()),
            *(described.get("VectorIndexes") or ()),
        ):
            if index.get("IndexStatus", "ACTIVE") != "ACTIVE":
                filling = ", being filled" if index.get("Backfilling") else ""
                busy.append(f"{index['IndexName']} {index['IndexStatus']}{filling}")
        if not busy:
            return
        state = f"{name}: {'; '.join(busy)}"
        if state != said:
            progress(state)
            said = state
        if waited > LONGEST_WAIT_SECONDS:
            raise EngineError(
                f"{name} is still not ready ({'; '.join(busy)})",
                remedy="look at it with `tablewright status`, then repeat `tablewright up`",
            )
        sleep(pause)
        waited += pause
        pause = min(SLOWEST_POLL_SECONDS, pause * 1.5)


# ---------------------------------------------------------------- down


def not_ours(model: Model, names: Sequence[str]) -> str:
    """Return in words that tables were made by somebody else.

    Example:
        >>> from types import SimpleNamespace
        >>> not_ours(SimpleNamespace(app="shop"), ["orders", "users"])
        'orders, users were not made here for shop'
    """
    return (
        f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} not made here for {model.app}"
    )


def plan_down(
    model: Model, design: DynamoDesign, observed: Mapping[str, ObservedTable]
) -> tuple[TableAction, ...]:
    """Return what removes the tables of a design that exist.

    Raises:
        UsageError: one of them was made by somebody else.
    """
    strange = foreign(model, observed)
    if strange:
        raise UsageError(
            f"{not_ours(model, strange)}: nothing is removed",
            remedy="remove tables with the tools they were made with, or take them over first "
            "with `tablewright up --adopt`",
        )
    tables = [observed[table.name] for table in design.tables if table.name in observed]
    return tuple(action for table in tables for action in removal(table))


def removal(table: ObservedTable) -> list[TableAction]:
    """Return what deletes a table, after its protection from deletion is taken off."""
    actions = []
    if table.description.get("DeletionProtectionEnabled"):
        actions.append(
            TableAction(
                text=f"stop protecting {table.name} from deletion",
                table=table.name,
                operation="UpdateTable",
                parameters={"TableName": table.name, "DeletionProtectionEnabled": False},
            )
        )
    actions.append(
        TableAction(
            text=f"delete {table.name}",
            table=table.name,
            operation="DeleteTable",
            parameters={"TableName": table.name},
            destroys=True,
            waits=False,
        )
    )
    return actions


def apply_down(
    actions: Iterable[TableAction],
    transport: Transport,
    progress: Progress,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Delete tables, and wait until they are gone."""
    for action in actions:
        progress(action.text)
        try:
            transport.send(action.operation, action.parameters)
        except RequestFailedError as failed:
            if failed.code != "ResourceNotFoundException":
                raise
            continue
        if action.operation == "UpdateTable":
            wait_active(transport, action.table, progress, sleep=sleep)
            continue
        pause = POLL_SECONDS
        while observe_status(transport, action.table):
            sleep(pause)
            pause = min(SLOWEST_POLL_SECONDS, pause * 1.5)
