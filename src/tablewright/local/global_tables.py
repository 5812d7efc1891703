"""Global tables of version 2017.11.29, as far as one region goes.

In: requests of the right shape. Out: replies. A global table of this version has its replica in
the database's own region and no other: any other is refused by name. `replicas` has the current
version, over several regions.

Source: API reference, CreateGlobalTable, UpdateGlobalTable, DescribeGlobalTable, ListGlobalTables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.definitions import PAY_PER_REQUEST
from tablewright.local.faults import (
    GlobalTableAlreadyExistsException,
    GlobalTableNotFoundException,
    ReplicaAlreadyExistsException,
    ReplicaNotFoundException,
    TableNotFoundException,
    ValidationException,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

PAGE = 100
_MEMBER = "GlobalTable"


def create(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Make a table a global table. Inside a write."""
    name = request["GlobalTableName"]
    _check_regions(engine, [each.get("RegionName") for each in request["ReplicationGroup"]])
    table = engine.tables.get(name)
    if table is None:
        raise TableNotFoundException(f"Table not found: {name}")
    if _MEMBER in table.definition:
        raise GlobalTableAlreadyExistsException(f"Global table already exists: {name}")
    stream = table.definition.get("StreamSpecification") or {}
    if stream.get("StreamViewType") != "NEW_AND_OLD_IMAGES":
        raise ValidationException(
            f"Table {name} needs a stream with new and old images to be a global table"
        )
    created = {"Created": round(engine.clock(), 3)}
    saved = engine.save({**table.definition, _MEMBER: created})
    return {"GlobalTableDescription": _description(engine, saved, "CREATING")}


def update(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Refuse to add or remove replicas: there is one. Inside a write."""
    table = _global_table(engine, request["GlobalTableName"])
    for change in request["ReplicaUpdates"]:
        added, removed = change.get("Create"), change.get("Delete")
        if added is not None:
            _check_regions(engine, [added["RegionName"]])
            raise ReplicaAlreadyExistsException(
                f"Replica already exists in region {added['RegionName']}"
            )
        if removed is not None and removed["RegionName"] != engine.region:
            raise ReplicaNotFoundException(f"Replica not found in region {removed['RegionName']}")
        if removed is not None:
            table = engine.save(
                {name: value for name, value in table.definition.items() if name != _MEMBER}
            )
    return {"GlobalTableDescription": _description(engine, table, "UPDATING")}


def describe(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Return a global table's description. Inside a read."""
    table = _global_table(engine, request["GlobalTableName"])
    return {"GlobalTableDescription": _description(engine, table, "ACTIVE")}


def settings(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Return the capacity of a global table's replica. Inside a read."""
    table = _global_table(engine, request["GlobalTableName"])
    definition = table.definition
    throughput = definition["ProvisionedThroughput"]
    replica = {
        "RegionName": engine.region,
        "ReplicaStatus": "ACTIVE",
        "ReplicaProvisionedReadCapacityUnits": throughput["ReadCapacityUnits"],
        "ReplicaProvisionedWriteCapacityUnits": throughput["WriteCapacityUnits"],
    }
    if definition["BillingMode"] == PAY_PER_REQUEST:
        replica["ReplicaBillingModeSummary"] = {"BillingMode": PAY_PER_REQUEST}
    return {"GlobalTableName": table.name, "ReplicaSettings": [replica]}


def listed(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the global tables with a replica in a region. Inside a read."""
    names = sorted(name for name, table in engine.tables.items() if _MEMBER in table.definition)
    if request.get("RegionName", engine.region) != engine.region:
        names = []
    start = request.get("ExclusiveStartGlobalTableName", "")
    names = [name for name in names if name > start]
    limit = request.get("Limit", PAGE)
    group = [{"RegionName": engine.region}]
    reply: dict[str, Any] = {
        "GlobalTables": [
            {"GlobalTableName": name, "ReplicationGroup": group} for name in names[:limit]
        ]
    }
    if len(names) > limit:
        reply["LastEvaluatedGlobalTableName"] = names[limit - 1]
    return reply


def _check_regions(engine: LocalEngine, regions: list[str | None]) -> None:
    absent = [region for region in regions if region != engine.region]
    if absent and engine.peers:
        raise ValidationException(
            "Global tables of version 2017.11.29 have one replica here: use UpdateTable with "
            "ReplicaUpdates (version 2019.11.21) for other regions"
        )
    if absent or not regions:
        raise ValidationException(
            f"This database stands for {engine.region} alone: it holds no replica in "
            f"{', '.join(map(str, absent)) or 'no region'}"
        )


def _global_table(engine: LocalEngine, name: str) -> Table:
    table = engine.tables.get(name)
    if table is None or _MEMBER not in table.definition:
        raise GlobalTableNotFoundException(f"Global table with name: '{name}' does not exist.")
    return table


def _description(engine: LocalEngine, table: Table, status: str) -> dict[str, Any]:
    stored = table.definition.get(_MEMBER)
    group = [] if stored is None else [{"RegionName": engine.region, "ReplicaStatus": "ACTIVE"}]
    return {
        "ReplicationGroup": group,
        "GlobalTableArn": f"arn:aws:dynamodb::{engine.account}:global-table/{table.name}",
        "CreationDateTime": engine.clock() if stored is None else stored["Created"],
        "GlobalTableStatus": status,
        "GlobalTableName": table.name,
    }
