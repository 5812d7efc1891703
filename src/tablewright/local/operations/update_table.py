"""UpdateTable: change throughput, billing, class, protection, stream, or one global index."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import MAX_GLOBAL_INDEXES, MAX_MODE_SWITCHES_PER_DAY
from tablewright.local.background import start_backfill
from tablewright.local.definitions import (
    PAY_PER_REQUEST,
    PROVISIONED,
    check_global_index,
    check_included,
    check_stream,
    check_table_name,
    check_throughput,
    describe,
    set_encryption,
    set_stream,
)
from tablewright.local.faults import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.operations.describe_table import existing
from tablewright.local.replicas import (
    SHARED,
    change_replicas,
    peers_of,
    protect,
    refuse_witnesses,
)
from tablewright.local.tables import Table
from tablewright.local.validation import INVALID, check_request
from tablewright.local.vectors.definitions import check_mode, search_attributes
from tablewright.local.vectors.updating import (
    add_vector_index,
    check_vector_deletion,
    delete_vector_index,
    start_filling,
    vector_change,
    without_vector_index,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

DAY_SECONDS = 24 * 3600

_CHANGES = (
    "BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput",
    "StreamSpecification", "SSESpecification", "TableClass", "DeletionProtectionEnabled",
    "GlobalSecondaryIndexUpdates", "VectorIndexUpdates",
)  # fmt: skip


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateTable request."""
    check_table_name(request)
    request = check_request("update_table", request)
    refuse_witnesses(request)
    if request.get("ReplicaUpdates"):
        return {"TableDescription": change_replicas(engine, request)}
    if "DisassociationProtectionEnabled" in request:
        return {"TableDescription": _protect(engine, request)}
    description = _change(engine, request)
    shared = {member: request[member] for member in SHARED if member in request}
    if shared and engine.peers:
        with engine.store.reading:
            table = existing(engine, request["TableName"])
        for peer in peers_of(engine, table):
            _change(peer, {"TableName": table.name, **deepcopy(shared)})
    return {"TableDescription": description}


def _protect(engine: LocalEngine, request: Mapping[str, Any]) -> dict[str, Any]:
    if len(request) > 2:
        raise ValidationException(
            "DisassociationProtectionEnabled cannot be combined with another change"
        )
    is_protected = request["DisassociationProtectionEnabled"]
    return protect(engine, request["TableName"], is_protected=is_protected)


def _change(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Change a table in one region; return its TableDescription."""
    if not any(request.get(name) not in (None, []) for name in _CHANGES):
        raise ValidationException(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )
    check_stream(request.get("StreamSpecification"))
    with engine.store.writing:
        table = existing(engine, request["TableName"])
        if table.status != "ACTIVE":
            raise ResourceInUseException(
                "Attempt to change a resource which is still in use: Table is being "
                f"{table.status.lower()}: {table.name}"
            )
        if table.replicas and request.get("StreamSpecification"):
            raise ValidationException("The stream of a global table cannot be changed")
        definition = deepcopy(table.definition)
        change = _index_change(request)
        vector = vector_change(request, sum("Update" not in entry for entry in [change] if entry))
        _set_billing(engine, definition, request)
        _set_options(engine, definition, request)
        filled = None
        if "Create" in vector:
            filled = add_vector_index(engine, table, definition, request, vector["Create"])
        elif "Delete" in vector:
            check_vector_deletion(table, vector["Delete"]["IndexName"])
        check_mode(definition)
        shown: dict[str, str] = {}
        created = None
        if "Update" in change:
            _update_index(definition, change["Update"])
            shown[change["Update"]["IndexName"]] = "UPDATING"
        elif "Create" in change:
            created = _create_index(engine, table, definition, request, change["Create"])
        elif "Delete" in change:
            shown[change["Delete"]["IndexName"]] = "DELETING"
            _check_deletion(table, change["Delete"]["IndexName"])
        saved = engine.save(definition)
        description = describe(engine, saved, status="UPDATING")
        for index in description.get("GlobalSecondaryIndexes", ()):
            index["IndexStatus"] = shown.get(index["IndexName"], index["IndexStatus"])
        for index in description.get("VectorIndexes", ()):
            if index["IndexName"] == filled:
                index["Backfilling"] = False
            elif "Delete" in vector and index["IndexName"] == vector["Delete"]["IndexName"]:
                index["IndexStatus"] = "DELETING"
        if "Delete" in change:
            _delete_index(engine, saved, change["Delete"]["IndexName"])
        if "Delete" in vector:
            _delete_vector_index(engine, saved, vector["Delete"]["IndexName"])
    if created is not None:
        start_backfill(engine, saved, saved.indexes[created])
    if filled is not None:
        start_filling(engine, saved, filled)
    return description


def _index_change(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one change of global indexes a request may have, besides their throughput."""
    changes = request.get("GlobalSecondaryIndexUpdates") or []
    for change in changes:
        if len(change) != 1:
            raise ValidationException(
                f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, "
                "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not "
                "be null"
                if not change
                else f"{INVALID}Only one of GlobalSecondaryIndexUpdate.Update, "
                "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete can be "
                "specified"
            )
    online = [change for change in changes if "Update" not in change]
    if len(online) > 1:
        raise LimitExceededException(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"
        )
    return online[0] if online else (changes[0] if changes else {})


def _set_billing(
    engine: LocalEngine, definition: dict[str, Any], request: Mapping[str, Any]
) -> None:
    now = round(engine.clock(), 3)
    mode = request.get("BillingMode", definition["BillingMode"])
    throughput = request.get("ProvisionedThroughput")
    if mode == PAY_PER_REQUEST:
        check_throughput(mode, throughput)
        if definition["BillingMode"] != PAY_PER_REQUEST:
            switches = [
                moment
                for moment in definition.get("OnDemandSwitches", ())
                if moment > now - DAY_SECONDS
            ]
            if len(switches) >= MAX_MODE_SWITCHES_PER_DAY:
                raise LimitExceededException(
                    "Subscriber limit exceeded: Update to PayPerRequest mode are limited to "
                    f"{MAX_MODE_SWITCHES_PER_DAY} in 24 hour(s)"
                )
            definition["OnDemandSwitches"] = [*switches, now]
            definition["PayPerRequestSince"] = now
            nothing = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
            definition["ProvisionedThroughput"] = nothing
            for index in definition.get("GlobalSecondaryIndexes", ()):
                index["ProvisionedThroughput"] = nothing
    elif definition["BillingMode"] != PROVISIONED:
        check_throughput(mode, throughput)
        throughputs = {
            change["Update"]["IndexName"]: change["Update"].get("ProvisionedThroughput")
            for change in request.get("GlobalSecondaryIndexUpdates") or []
            if "Update" in change
        }
        for index in definition.get("GlobalSecondaryIndexes", ()):
            if throughputs.get(index["IndexName"]) is None:
                raise ValidationException(
                    f"{INVALID}ProvisionedThroughput must be specified for index: "
                    f"{index['IndexName']}"
                )
            index["ProvisionedThroughput"] = throughputs[index["IndexName"]]
        definition["ProvisionedThroughput"] = throughput
    elif throughput is not None:
        check_throughput(mode, throughput)
        _change_throughput(definition, throughput, now)
    definition["BillingMode"] = mode


def _change_throughput(definition: dict[str, Any], throughput: dict[str, int], now: float) -> None:
    """Note a new provisioned throughput, and when it last rose and fell."""
    old = definition["ProvisionedThroughput"]
    if old == throughput:
        details = " ".join(
            f"Current {name} provisioned for the table: {old[name]}. "
            f"Requested {name}: {throughput[name]}."
            for name in ("ReadCapacityUnits", "WriteCapacityUnits")
        )
        raise ValidationException(
            "The provisioned throughput for the table will not change. The requested value "
            f"equals the current value. {details} Refer to the Amazon DynamoDB Developer Guide "
            "for current limits and how to request higher limits."
        )
    if any(throughput[name] > old[name] for name in old):
        definition["LastIncreaseDateTime"] = now
    if any(throughput[name] < old[name] for name in old):
        definition["LastDecreaseDateTime"] = now
        definition["DecreasesToday"] = definition.get("DecreasesToday", 0) + 1
    definition["ProvisionedThroughput"] = throughput


def _set_options(
    engine: LocalEngine, definition: dict[str, Any], request: Mapping[str, Any]
) -> None:
    now = round(engine.clock(), 3)
    for member in ("OnDemandThroughput", "WarmThroughput", "DeletionProtectionEnabled"):
        if member in request:
            definition[member] = request[member]
    if "TableClass" in request:
        definition["TableClass"] = request["TableClass"]
        definition["TableClassSince"] = now
    stream = request.get("StreamSpecification")
    if stream is not None:
        if stream["StreamEnabled"] and "StreamSpecification" in definition:
            raise ValidationException(
                f"Table already has an enabled stream: TableName: {definition['TableName']}"
            )
        if not stream["StreamEnabled"] and "StreamSpecification" not in definition:
            raise ValidationException(
                f"Table has no stream to disable: TableName: {definition['TableName']}"
            )
        set_stream(definition, stream, now)
    set_encryption(engine, definition, request.get("SSESpecification"))


def _update_index(definition: dict[str, Any], update: Mapping[str, Any]) -> None:
    for index in definition.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] == update["IndexName"]:
            for member in ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"):
                if member in update:
                    index[member] = update[member]
            return
    raise ResourceNotFoundException("Requested resource not found")


def _create_index(
    engine: LocalEngine,
    table: Table,
    definition: dict[str, Any],
    request: Mapping[str, Any],
    create: dict[str, Any],
) -> str:
    """Add a global index to a definition, to be filled; return its name."""
    name: str = create["IndexName"]
    types = {
        attribute["AttributeName"]: attribute["AttributeType"]
        for attribute in definition["AttributeDefinitions"]
    }
    requested = request.get("AttributeDefinitions") or ()
    for entry in requested:  # what is known already keeps its type
        types.setdefault(entry["AttributeName"], entry["AttributeType"])
    if name in table.indexes or name in table.vectors:
        raise ValidationException("Attempting to create an index which already exists")
    defined = [entry["AttributeName"] for entry in requested]
    check_global_index(create, defined, set(), definition["BillingMode"])
    indexes = definition.setdefault("GlobalSecondaryIndexes", [])
    if len(indexes) >= MAX_GLOBAL_INDEXES:
        raise LimitExceededException(
            "Subscriber limit exceeded: GlobalSecondaryIndex count exceeds the per-table limit "
            f"of {MAX_GLOBAL_INDEXES}"
        )
    states = {index.status for index in table.indexes.values()}
    states.update(vector.status for vector in table.vectors.values())
    if states & {"CREATING", "DELETING"}:
        raise LimitExceededException(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"
        )
    indexes.append(
        {**create, "IndexStatus": "CREATING", "Backfilling": True, "Space": engine.new_space()}
    )
    check_included([*(definition.get("LocalSecondaryIndexes") or ()), *indexes])
    _keep_definitions(definition, types)
    return name


def _check_deletion(table: Table, name: str) -> None:
    index = table.indexes.get(name)
    if index is None or index.is_local:
        raise ResourceNotFoundException("Requested resource not found")


def _delete_index(engine: LocalEngine, table: Table, name: str) -> None:
    definition = deepcopy(table.definition)
    remaining = [
        index for index in definition["GlobalSecondaryIndexes"] if index["IndexName"] != name
    ]
    if remaining:
        definition["GlobalSecondaryIndexes"] = remaining
    else:
        del definition["GlobalSecondaryIndexes"]
    types = {
        entry["AttributeName"]: entry["AttributeType"]
        for entry in definition["AttributeDefinitions"]
    }
    _keep_definitions(definition, types)
    engine.store.drop(table.indexes[name].space)
    engine.save(definition)


def _delete_vector_index(engine: LocalEngine, table: Table, name: str) -> None:
    definition = deepcopy(table.definition)
    without_vector_index(definition, name)
    types = {
        entry["AttributeName"]: entry["AttributeType"]
        for entry in definition["AttributeDefinitions"]
    }
    _keep_definitions(definition, types)
    delete_vector_index(engine, table, definition)


def _keep_definitions(definition: dict[str, Any], types: Mapping[str, str]) -> None:
    """Reduce the attribute definitions of a table to those its keys use."""
    schemas = [definition["KeySchema"]]
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas.extend(index["KeySchema"] for index in definition.get(member) or ())
    used = {part["AttributeName"] for schema in schemas for part in schema}
    for vector in definition.get("VectorIndexes") or ():
        used.update(search_attributes(vector))
    definition["AttributeDefinitions"] = [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in types.items()
        if name in used
    ]
