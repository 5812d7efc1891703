"""Backups of tables, and tables made from other tables: what restores have in common.

In: a table, or a backup and what its restored table is to be called. Out: a copy of the table's
items with its definition; a new table with items and filled indexes.

A backup is a space with the items and a row of the register with the definition. A restored table
has the keys, indexes and capacity of its source; streams, expiry, tags and recovery are not
restored. Sources: Developer Guide, "Backing up and restoring tables in DynamoDB"; API reference,
CreateBackup, RestoreTableFromBackup, RestoreTableToPointInTime.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tablewright.local import register
from tablewright.local.definitions import PAY_PER_REQUEST, add_table, check_throughput
from tablewright.local.faults import (
    BackupNotFoundException,
    TableAlreadyExistsException,
    TableNotFoundException,
    ValidationException,
)
from tablewright.local.tables import Held
from tablewright.local.vectors.definitions import (
    check_mode,
    restored_vector_indexes,
    search_attributes,
)
from tablewright.local.vectors.writing import add_existing
from tablewright.local.writing import Image

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

KIND = "backup"

_COPIED = (
    "AttributeDefinitions", "KeySchema", "BillingMode", "OnDemandThroughput", "TableClass",
)  # fmt: skip
_INDEX_MEMBERS = (
    "IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput",
    "WarmThroughput",
)  # fmt: skip

Row = dict[str, Any]


def source_table(engine: LocalEngine, name: str) -> Table:
    """Return the table to copy.

    Raises:
        TableNotFoundException: there is none of that name.
    """
    table = engine.tables.get(name) or engine.tables.get(name.rpartition(":table/")[2])
    if table is None:
        raise TableNotFoundException(f"Table not found: {name}")
    return table


def make_backup(engine: LocalEngine, table: Table, name: str) -> Row:
    """Copy a table and return the backup's row. Inside a write."""
    now = engine.clock()
    space = engine.new_space()
    engine.store.copy(table.space, space)
    items, size = engine.counts(table)
    tail = zlib.crc32(f"{name}{space}".encode())
    row: Row = {
        "arn": f"{engine.arn(table.name)}/backup/{int(now * 1000):014d}-{tail:08x}",
        "name": name,
        "created": round(now, 3),
        "space": space,
        "items": items,
        "bytes": size,
        "table": table.definition,
    }
    register.keep(engine, KIND, row["arn"], row)
    return row


def find_backup(engine: LocalEngine, arn: str) -> Row:
    """Return a backup's row. Inside a read.

    Raises:
        BackupNotFoundException: there is none of that ARN.
    """
    row = register.find(engine, KIND, arn)
    if row is None:
        raise BackupNotFoundException(f"Backup not found: {arn}")
    return row


def details(row: Row, status: str = "AVAILABLE") -> dict[str, Any]:
    """Return the BackupDetails of a backup."""
    return {
        "BackupArn": row["arn"],
        "BackupName": row["name"],
        "BackupSizeBytes": row["bytes"],
        "BackupStatus": status,
        "BackupType": "USER",
        "BackupCreationDateTime": row["created"],
    }


def described(engine: LocalEngine, row: Row, status: str = "AVAILABLE") -> dict[str, Any]:
    """Return the BackupDescription of a backup: itself, and its table as it was."""
    table = row["table"]
    source = {
        "TableName": table["TableName"],
        "TableId": table["TableId"],
        "TableArn": engine.arn(table["TableName"]),
        "TableSizeBytes": row["bytes"],
        "ItemCount": row["items"],
        "KeySchema": table["KeySchema"],
        "TableCreationDateTime": table["CreationDateTime"],
        "ProvisionedThroughput": table["ProvisionedThroughput"],
        "BillingMode": table["BillingMode"],
    }
    features: dict[str, Any] = {}
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if table.get(member):
            features[member] = [_index(index) for index in table[member]]
    if table.get("VectorIndexes"):
        features["VectorIndexes"] = restored_vector_indexes(table["VectorIndexes"], None)
    if "StreamSpecification" in table:
        features["StreamDescription"] = table["StreamSpecification"]
    if table.get("Expiry"):
        features["TimeToLiveDescription"] = {
            "TimeToLiveStatus": "ENABLED",
            "AttributeName": table["Expiry"]["AttributeName"],
        }
    return {
        "BackupDetails": details(row, status),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": features,
    }


def _index(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {member: definition[member] for member in _INDEX_MEMBERS if definition.get(member)}


# Restoring


def restored_table(
    engine: LocalEngine,
    source: Mapping[str, Any],
    request: Mapping[str, Any],
    summary: dict[str, Any],
) -> Table:
    """Create the table of a restore: its source's definition with the request's overrides.

    Inside a write; its items come next, then `fill_indexes`.

    Raises:
        TableAlreadyExistsException: there is a table of the new name.
        ValidationException: an override does not fit the source.
    """
    name = request["TargetTableName"]
    if name in engine.tables:
        raise TableAlreadyExistsException(f"Table already exists: {name}")
    definition: dict[str, Any] = {
        member: source[member] for member in _COPIED if source.get(member)
    }
    definition["TableName"] = name
    if "OnDemandThroughputOverride" in request:
        definition["OnDemandThroughput"] = request["OnDemandThroughputOverride"]
    if "SSESpecificationOverride" in request:
        definition["SSESpecification"] = request["SSESpecificationOverride"]
    mode = request.get("BillingModeOverride", source["BillingMode"])
    definition["BillingMode"] = mode
    throughput = request.get("ProvisionedThroughputOverride")
    if mode != PAY_PER_REQUEST:
        definition["ProvisionedThroughput"] = throughput or source["ProvisionedThroughput"]
        check_throughput(mode, _positive(definition["ProvisionedThroughput"]))
    elif throughput is not None:
        check_throughput(mode, throughput)
    for member, override in (
        ("LocalSecondaryIndexes", "LocalSecondaryIndexOverride"),
        ("GlobalSecondaryIndexes", "GlobalSecondaryIndexOverride"),
    ):
        indexes = _indexes(source.get(member) or (), request.get(override))
        if indexes:
            definition[member] = indexes
    vectors = restored_vector_indexes(
        source.get("VectorIndexes") or (), request.get("VectorIndexOverride")
    )
    if vectors:
        definition["VectorIndexes"] = vectors
        check_mode(definition)
    definition["AttributeDefinitions"] = _used_attributes(definition)
    table = add_table(engine, definition)
    table.definition["RestoreSummary"] = {
        **summary,
        "RestoreInProgress": False,
    }
    return engine.save(table.definition)


def _positive(throughput: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a throughput, None if it is that of an on-demand table: nothing."""
    return throughput if throughput.get("ReadCapacityUnits") else None


def _indexes(known: Any, override: list[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Return the indexes to restore: all, or those an override names, which must be the same."""
    if override is None:
        return [_index(index) for index in known]
    by_name = {index["IndexName"]: index for index in known}
    for index in override:
        source = by_name.get(index["IndexName"])
        if source is None or source["KeySchema"] != index["KeySchema"]:
            raise ValidationException(
                "One or more parameter values were invalid: index override does not match an "
                f"index of the source table: {index['IndexName']}"
            )
    return [_index({**by_name[index["IndexName"]], **index}) for index in override]


def _used_attributes(definition: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the attribute definitions that the keys of a table and its indexes still need."""
    schemas = [definition["KeySchema"]]
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in definition.get(member, ())]
    names = {entry["AttributeName"] for schema in schemas for entry in schema}
    for vector in definition.get("VectorIndexes", ()):
        names.update(search_attributes(vector))
    defined = definition["AttributeDefinitions"]
    return [attribute for attribute in defined if attribute["AttributeName"] in names]


def fill_indexes(engine: LocalEngine, table: Table) -> None:
    """Give every item of a restored table its entries in all indexes. Inside a write."""
    for counted in table.counted:
        counted.held = Held(None)  # counted when asked
    if not table.indexes and not table.vectors:
        return
    for key, size, raw in engine.store.range(table.space):
        image = Image(size, raw)
        for vector in table.vectors.values():
            add_existing(engine, vector, key, image)
        for index in table.indexes.values():
            if index.keys.has(image.item):
                projected = index.projected is not None
                entry = Image.of(index.entry(image.item)) if projected else image
                engine.store.put(index.space, index.entry_key(image.item), entry.size, entry.raw)
