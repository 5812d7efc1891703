"""Definitions of tables: checked when a table is created or changed, and shown by DescribeTable.

In: CreateTable and UpdateTable requests of the right shape. Out: the JSON object the engine stores
for a table (the members of the API, and the engine's own `Space` and `Expiry`), and the description
the service would show of it. It does not know storage.

Source: AWS API reference, CreateTable, UpdateTable and TableDescription; Developer Guide, "Service,
account, and table quotas", for the limits.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import (
    MAX_GLOBAL_INDEXES,
    MAX_INDEX_KEY_ATTRIBUTES,
    MAX_LOCAL_INDEXES,
    MAX_PROJECTED_ATTRIBUTES,
)
from tablewright.local.faults import ValidationException
from tablewright.local.tagging import merged
from tablewright.local.validation import INVALID
from tablewright.local.vectors.definitions import (
    check_vector_indexes,
    describe_vector_indexes,
    included_count,
    is_allocating,
)

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

MAX_UNITS = 1_000_000_000_000

PAY_PER_REQUEST = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"


def check_has_table_name(request: Mapping[str, Any]) -> None:
    """Refuse a request about a table that lacks its name."""
    if request.get("TableName") is None:
        raise ValidationException(
            "The parameter 'TableName' is required but was not present in the request"
        )


def check_table_name(request: Mapping[str, Any]) -> None:
    """Refuse a request about a table that lacks its name, or whose name no table can have."""
    check_has_table_name(request)
    name = request["TableName"]
    if isinstance(name, str) and not name.startswith("arn:") and not 3 <= len(name) <= 255:
        raise ValidationException(
            "TableName must be at least 3 characters long and at most 255 characters long"
        )


def check_new_table(request: Mapping[str, Any]) -> None:
    """Check what a CreateTable request says beyond the shape of its members.

    Raises:
        ValidationException: billing mode and throughput, keys, definitions or indexes do not fit.
    """
    mode = request.get("BillingMode", PROVISIONED)
    check_throughput(mode, request.get("ProvisionedThroughput"))
    types = [entry["AttributeName"] for entry in request["AttributeDefinitions"]]
    schema = request["KeySchema"]
    _check_keys(schema, types, is_global=False, is_table=True)
    local = request.get("LocalSecondaryIndexes")
    global_ = request.get("GlobalSecondaryIndexes")
    vectors = request.get("VectorIndexes")
    if local is None and global_ is None and vectors is None and len(schema) != len(types):
        raise _invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes "
            "defined in AttributeDefinitions"
        )
    names: set[str] = set()
    if local is not None:
        _check_local_indexes(local, schema, types, names)
    if global_ is not None:
        if not global_:
            raise _invalid("List of GlobalSecondaryIndexes is empty")
        for index in global_:
            check_global_index(index, types, names, mode)
        if len(global_) > MAX_GLOBAL_INDEXES:
            raise _invalid(
                f"GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL_INDEXES}"
            )
    if vectors is not None:
        check_vector_indexes(vectors, types, mode, names)
    check_included([*(local or ()), *(global_ or ()), *(vectors or ())])
    used = [schema, *(index["KeySchema"] for index in (*(local or ()), *(global_ or ())))]
    used += [index.get("SearchSchema") or () for index in vectors or ()]
    check_definitions_used(types, used)
    check_stream(request.get("StreamSpecification"))


def check_throughput(mode: str, throughput: Mapping[str, int] | None) -> None:
    """Refuse a throughput that does not go with the billing mode."""
    if mode == PAY_PER_REQUEST:
        if throughput is not None:
            raise _invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST"
            )
        return
    if throughput is None:
        raise _invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode "
            "is PROVISIONED"
        )
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput[member] > MAX_UNITS:
            raise ValidationException(
                f"Given value {throughput[member]} for {member} is out of bounds"
            )


def check_stream(stream: Mapping[str, Any] | None) -> None:
    """Refuse a stream specification that contradicts itself."""
    if stream is None:
        return
    if stream["StreamEnabled"] and "StreamViewType" not in stream:
        raise _invalid("StreamViewType is required when StreamEnabled is true")
    if not stream["StreamEnabled"] and "StreamViewType" in stream:
        raise _invalid(
            "Table is being created with a stream disabled, UpdateViewType should not be specified"
        )


def check_definitions_used(
    defined: Sequence[str], schemas: Sequence[Sequence[Mapping[str, str]]]
) -> None:
    """Refuse attribute definitions that no key uses, or that are given twice."""
    if len(set(defined)) != len(defined):
        raise _invalid("Duplicate AttributeName in AttributeDefinitions")
    keys = {part["AttributeName"] for schema in schemas for part in schema}
    unused = [name for name in defined if name not in keys]
    if unused:
        raise _invalid(
            "Some AttributeDefinitions are not used. AttributeDefinitions: "
            f"[{', '.join(defined)}], keys used: [{', '.join(sorted(keys))}]"
        )


def check_global_index(
    index: Mapping[str, Any], types: Sequence[str], names: set[str], mode: str
) -> None:
    """Check one global index; `names` collects the index names of the table."""
    _check_keys(index["KeySchema"], types, is_global=True)
    _check_projection(index["Projection"])
    name = index["IndexName"]
    if mode == PAY_PER_REQUEST and "ProvisionedThroughput" in index:
        raise _invalid(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode "
            "is PAY_PER_REQUEST"
        )
    if mode == PROVISIONED and "ProvisionedThroughput" not in index:
        raise _invalid(
            f"ProvisionedThroughput must be specified for index: {name} when BillingMode is "
            "PROVISIONED"
        )
    _check_unique(name, names)


def _check_local_indexes(
    indexes: Sequence[Mapping[str, Any]],
    schema: Sequence[Mapping[str, str]],
    types: Sequence[str],
    names: set[str],
) -> None:
    if not indexes:
        raise _invalid("List of LocalSecondaryIndexes is empty")
    if len(schema) != 2:
        raise _invalid(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    table_partition = schema[0]["AttributeName"]
    for index in indexes:
        name = index["IndexName"]
        _check_keys(index["KeySchema"], types, is_global=False)
        if len(index["KeySchema"]) != 2:
            raise _invalid(f"Index KeySchema does not have a range key for index: {name}")
        partition = index["KeySchema"][0]["AttributeName"]
        if partition != table_partition:
            raise _invalid(
                "Index KeySchema does not have the same leading hash key as table KeySchema for "
                f"index: {name}. index hash key: {partition}, table hash key: {table_partition}"
            )
        _check_projection(index["Projection"])
        _check_unique(name, names)
    if len(indexes) > MAX_LOCAL_INDEXES:
        raise _invalid(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {MAX_LOCAL_INDEXES}"
        )


def _check_keys(
    schema: Sequence[Mapping[str, str]],
    types: Sequence[str],
    *,
    is_global: bool,
    is_table: bool = False,
) -> None:
    names = [part["AttributeName"] for part in schema]
    kinds = [part["KeyType"] for part in schema]
    if any(name not in types for name in names):
        raise _invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(types)}]"
        )
    if len(set(names)) != len(names):
        if is_table:
            raise ValidationException(
                "Invalid KeySchema: Some index key attribute have no definition"
            )
        if len(names) == 2:
            raise ValidationException(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name"
            )
        raise ValidationException("Invalid KeySchema: attribute names must be unique")
    if kinds[0] != "HASH":
        raise ValidationException(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
        )
    partitions, sorts = kinds.count("HASH"), kinds.count("RANGE")
    if not is_global:
        if partitions > 1:
            raise ValidationException(
                "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
            )
        return
    if kinds != ["HASH"] * partitions + ["RANGE"] * sorts:
        raise ValidationException(
            "Invalid KeySchema: All HASH key elements must come before the RANGE key elements"
        )
    if partitions > MAX_INDEX_KEY_ATTRIBUTES or sorts > MAX_INDEX_KEY_ATTRIBUTES:
        kind = "HASH" if partitions > MAX_INDEX_KEY_ATTRIBUTES else "RANGE"
        raise ValidationException(
            f"Invalid KeySchema: The number of {kind} key elements exceeds the limit of "
            f"{MAX_INDEX_KEY_ATTRIBUTES}"
        )


def _check_projection(projection: Mapping[str, Any]) -> None:
    kind = projection.get("ProjectionType")
    if kind is None:
        raise _invalid("Unknown ProjectionType: null")
    if "NonKeyAttributes" in projection and kind != "INCLUDE":
        raise _invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    attributes = projection.get("NonKeyAttributes") or ()
    if len(set(attributes)) != len(attributes):
        raise _invalid(f"Duplicate attribute in NonKeyAttributes: [{', '.join(attributes)}]")
    if kind == "INCLUDE" and "NonKeyAttributes" not in projection:
        raise _invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")


def check_included(indexes: Sequence[Mapping[str, Any]]) -> None:
    """Refuse indexes that name too many attributes together."""
    count = sum(
        included_count(index)
        if "VectorAttribute" in index
        else len(index["Projection"].get("NonKeyAttributes") or ())
        for index in indexes
    )
    if count > MAX_PROJECTED_ATTRIBUTES:
        raise _invalid(
            "The total number of user specified non-key attributes in all indexes exceeds the "
            f"limit of {MAX_PROJECTED_ATTRIBUTES}"
        )


def _check_unique(name: str, names: set[str]) -> None:
    if name in names:
        raise _invalid(f"Duplicate index name: {name}")
    names.add(name)


def _invalid(message: str) -> ValidationException:
    return ValidationException(INVALID + message)


# -- stored definitions -------------------------------------------------------------------------

_KEPT = (
    "TableName", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes", "VectorIndexes", "OnDemandThroughput", "WarmThroughput",
    "DeletionProtectionEnabled",
)  # fmt: skip


def new_definition(engine: LocalEngine, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a table to be created, without the spaces of table and indexes."""
    now = engine.clock()
    mode = request.get("BillingMode", PROVISIONED)
    definition: dict[str, Any] = {
        name: request[name] for name in _KEPT if request.get(name) is not None
    }
    definition.update(
        TableStatus="ACTIVE",
        TableId=str(uuid.uuid4()),
        CreationDateTime=round(now, 3),
        BillingMode=mode,
        ProvisionedThroughput=request.get("ProvisionedThroughput")
        or {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
    )
    if mode == PAY_PER_REQUEST:
        definition["PayPerRequestSince"] = round(now, 3)
    if request.get("TableClass"):
        definition["TableClass"] = request["TableClass"]
    set_stream(definition, request.get("StreamSpecification"), now)
    set_encryption(engine, definition, request.get("SSESpecification"))
    if request.get("Tags"):
        definition["Tags"] = merged([], request["Tags"])
    for index in definition.get("GlobalSecondaryIndexes", ()):
        index["IndexStatus"] = "ACTIVE"
    for index in definition.get("VectorIndexes", ()):
        index["IndexStatus"] = "ACTIVE"
    return definition


def add_table(engine: LocalEngine, request: Mapping[str, Any]) -> Table:
    """Create a table that has been checked, with room for itself and its indexes. In a write."""
    definition = new_definition(engine, request)
    definition["Space"] = engine.new_space()
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes", "VectorIndexes"):
        for index in definition.get(member, ()):
            index["Space"] = engine.new_space()
    return engine.save(definition)


def set_stream(definition: dict[str, Any], stream: Mapping[str, Any] | None, now: float) -> None:
    """Switch a table's stream on or off; None leaves it as it is."""
    if stream is None:
        return
    if stream["StreamEnabled"]:
        definition["StreamSpecification"] = dict(stream)
        definition["StreamLabel"] = _label(now)
        definition["StreamSince"] = round(now, 3)
    else:
        definition.pop("StreamSpecification", None)


def set_encryption(
    engine: LocalEngine, definition: dict[str, Any], encryption: Mapping[str, Any] | None
) -> None:
    """Note which key encrypts a table; nothing is encrypted here."""
    if encryption is None:
        return
    if not encryption.get("Enabled"):
        definition.pop("SSEDescription", None)
        return
    key = encryption.get("KMSMasterKeyId") or "alias/aws/dynamodb"
    definition["SSEDescription"] = {
        "Status": "ENABLED",
        "SSEType": "KMS",
        "KMSMasterKeyArn": f"arn:aws:kms:{engine.region}:{engine.account}:{key}",
    }


def _label(now: float) -> str:
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(now, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


# -- descriptions -------------------------------------------------------------------------------


def describe(engine: LocalEngine, table: Table, *, status: str | None = None) -> dict[str, Any]:
    """Return the TableDescription of a table. Inside a read.

    Args:
        engine: where the table lives.
        table: the table.
        status: the state to show instead of the table's, such as CREATING in the reply to the
            request that created it.
    """
    definition = table.definition
    items, size = engine.counts(table)
    arn = engine.arn(table.name)
    out: dict[str, Any] = {
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "TableName": table.name,
        "KeySchema": definition["KeySchema"],
        "TableStatus": status or ("UPDATING" if is_allocating(definition) else table.status),
        "CreationDateTime": definition["CreationDateTime"],
        "ProvisionedThroughput": _throughput(definition),
        "TableSizeBytes": size,
        "ItemCount": items,
        "TableArn": arn,
        "TableId": definition["TableId"],
        "DeletionProtectionEnabled": definition.get("DeletionProtectionEnabled", False),
    }
    if definition["BillingMode"] == PAY_PER_REQUEST or "PayPerRequestSince" in definition:
        summary = {"BillingMode": definition["BillingMode"]}
        if "PayPerRequestSince" in definition:
            summary["LastUpdateToPayPerRequestDateTime"] = definition["PayPerRequestSince"]
        out["BillingModeSummary"] = summary
    for member in ("OnDemandThroughput", "SSEDescription", "RestoreSummary"):
        if member in definition:
            out[member] = definition[member]
    if "TableClass" in definition:
        out["TableClassSummary"] = {"TableClass": definition["TableClass"]}
        if "TableClassSince" in definition:
            out["TableClassSummary"]["LastUpdateDateTime"] = definition["TableClassSince"]
    if "WarmThroughput" in definition:
        out["WarmThroughput"] = {**definition["WarmThroughput"], "Status": "ACTIVE"}
    if "StreamSpecification" in definition:
        out["StreamSpecification"] = definition["StreamSpecification"]
    if "StreamLabel" in definition:
        out["LatestStreamLabel"] = definition["StreamLabel"]
        out["LatestStreamArn"] = f"{arn}/stream/{definition['StreamLabel']}"
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if definition.get(member):
            out[member] = [
                _describe_index(engine, table, index, status) for index in definition[member]
            ]
    if table.replicas:
        out["GlobalTableVersion"] = "2019.11.21"
        out["MultiRegionConsistency"] = "EVENTUAL"
        out["DisassociationProtectionEnabled"] = definition.get("DisassociationProtection", True)
        out["Replicas"] = [
            {**replica, "ReplicaStatus": "ACTIVE"} for replica in definition["Replicas"]
        ]
    if table.vectors:
        out["VectorIndexes"] = describe_vector_indexes(engine, table, status)
    return out


def describe_restored(engine: LocalEngine, table: Table) -> dict[str, Any]:
    """Return the TableDescription of a table whose restore is told to go on. Inside a read."""
    description = describe(engine, table, status="CREATING")
    description["RestoreSummary"] = {**description["RestoreSummary"], "RestoreInProgress": True}
    return description


def _describe_index(
    engine: LocalEngine, table: Table, stored: Mapping[str, Any], status: str | None
) -> dict[str, Any]:
    index = table.indexes[stored["IndexName"]]
    items, size = engine.counts(index)
    out: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": stored["KeySchema"],
        "Projection": stored["Projection"],
        "IndexSizeBytes": size,
        "ItemCount": items,
        "IndexArn": f"{engine.arn(table.name)}/index/{index.name}",
    }
    if not index.is_local:
        out["IndexStatus"] = "CREATING" if status == "CREATING" else index.status
        if stored.get("Backfilling"):
            out["Backfilling"] = True
        out["ProvisionedThroughput"] = _throughput(stored)
        if "OnDemandThroughput" in stored:
            out["OnDemandThroughput"] = stored["OnDemandThroughput"]
        if "WarmThroughput" in stored:
            out["WarmThroughput"] = {**stored["WarmThroughput"], "Status": "ACTIVE"}
    return out


def _throughput(definition: Mapping[str, Any]) -> dict[str, Any]:
    throughput = definition.get("ProvisionedThroughput") or {}
    out = {
        "NumberOfDecreasesToday": definition.get("DecreasesToday", 0),
        "ReadCapacityUnits": throughput.get("ReadCapacityUnits", 0),
        "WriteCapacityUnits": throughput.get("WriteCapacityUnits", 0),
    }
    for member in ("LastIncreaseDateTime", "LastDecreaseDateTime"):
        if member in definition:
            out[member] = definition[member]
    return out
