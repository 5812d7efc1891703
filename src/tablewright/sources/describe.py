"""What DynamoDB says of a table, as facts: DescribeTable and its siblings.

In: replies of DescribeTable, DescribeTimeToLive, DescribeContinuousBackups and
DescribeScalableTargets, from files or live. Out: `SourceTable` facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.sources.facts import DYNAMODB, IndexFacts, SourceTable, TableSettings

PITR_DAYS = 35
"""Days kept where point-in-time recovery is on and no other period is stated."""


def table_store(table: Mapping[str, Any], place: str) -> SourceTable:
    """Return a table as DescribeTable (or CreateTable) describes it.

    Raises:
        KeyError: it has no name or key schema.
    """
    keys = _keys(table["KeySchema"])
    throughput = table.get("ProvisionedThroughput") or {}
    indexes = [_index(i, is_local=False) for i in table.get("GlobalSecondaryIndexes") or ()]
    indexes += [_index(i, is_local=True) for i in table.get("LocalSecondaryIndexes") or ()]
    items = table.get("ItemCount")
    stored = table.get("TableSizeBytes")
    return SourceTable(
        name=str(table["TableName"]),
        engine=DYNAMODB,
        keys=(*keys[0], *keys[1]),
        key_types=tuple(
            (str(d["AttributeName"]), str(d["AttributeType"]))
            for d in table.get("AttributeDefinitions") or ()
        ),
        indexes=tuple(indexes),
        settings=TableSettings(
            mode=_mode(table, throughput),
            read_units=_units(throughput.get("ReadCapacityUnits")),
            write_units=_units(throughput.get("WriteCapacityUnits")),
            stream=_stream(table.get("StreamSpecification") or {}),
            infrequent_access=_is_infrequent(table),
            deletion_protection=table.get("DeletionProtectionEnabled"),
            max_read_units=_maximum(table, "MaxReadRequestUnits"),
            max_write_units=_maximum(table, "MaxWriteRequestUnits"),
            warm_read_units=_warm(table, "ReadUnitsPerSecond", shown=False),
            warm_write_units=_warm(table, "WriteUnitsPerSecond", shown=False),
            grown_read_units=_warm(table, "ReadUnitsPerSecond", shown=True),
            grown_write_units=_warm(table, "WriteUnitsPerSecond", shown=True),
            home=_of_arn(table.get("TableArn"), 3) if table.get("Replicas") else "",
            replicas=tuple(
                str(r["RegionName"])
                for r in table.get("Replicas") or ()
                if r.get("RegionName", "") not in ("", _of_arn(table.get("TableArn"), 3))
            ),
            strong_replicas=table.get("MultiRegionConsistency") == "STRONG",
            witness=next(
                (str(w.get("RegionName", "")) for w in table.get("GlobalTableWitnesses") or ()), ""
            ),
            replica_accounts=_accounts(table),
        ),
        # A count of 0 is six hours old at most, and is what a new table says whatever it holds.
        items=Decimal(items) if items else None,
        stored_bytes=Decimal(stored) if stored else None,
        place=place,
    )


def _accounts(table: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return region and account of the replicas in accounts other than the table's."""
    own = _of_arn(table.get("TableArn"), 4)
    stated = [
        (str(r.get("RegionName")), _of_arn(r.get("ReplicaArn"), 4))
        for r in table.get("Replicas") or ()
    ]
    return tuple((region, account) for region, account in stated if account and account != own)


def _of_arn(arn: Any, place: int) -> str:
    """Return a part of an ARN, such as region (3) or account (4); "" where there is none."""
    parts = str(arn or "").split(":")
    return parts[place] if len(parts) > 5 else ""


def _keys(schema: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parts = [(str(k["AttributeName"]), str(k.get("KeyType", "HASH"))) for k in schema]
    return (
        tuple(name for name, kind in parts if kind == "HASH"),
        tuple(name for name, kind in parts if kind == "RANGE"),
    )


def _index(index: Mapping[str, Any], *, is_local: bool) -> IndexFacts:
    partition, sort = _keys(index["KeySchema"])
    projection = index.get("Projection") or {}
    kind = str(projection.get("ProjectionType", "ALL"))
    throughput = index.get("ProvisionedThroughput") or {}
    return IndexFacts(
        name=str(index["IndexName"]),
        keys=partition,
        sort_keys=sort,
        projection={"KEYS_ONLY": "keys-only", "INCLUDE": "include"}.get(kind, "all"),
        included=tuple(str(n) for n in projection.get("NonKeyAttributes") or ()),
        is_local=is_local,
        read_units=_units(throughput.get("ReadCapacityUnits")),
        write_units=_units(throughput.get("WriteCapacityUnits")),
        max_read_units=_maximum(index, "MaxReadRequestUnits"),
        max_write_units=_maximum(index, "MaxWriteRequestUnits"),
        warm_read_units=_warm(index, "ReadUnitsPerSecond", shown=False),
        warm_write_units=_warm(index, "WriteUnitsPerSecond", shown=False),
        grown_read_units=_warm(index, "ReadUnitsPerSecond", shown=True),
        grown_write_units=_warm(index, "WriteUnitsPerSecond", shown=True),
    )


def _maximum(part: Mapping[str, Any], name: str) -> Decimal | None:
    """Return one on-demand maximum of a table or index, in units a second; -1 and 0 are none."""
    stated = part.get("OnDemandThroughput") or {}
    return _units(stated.get(name))


def _warm(part: Mapping[str, Any], name: str, *, shown: bool) -> Decimal | None:
    """Return the warm throughput of a table or index: what is shown of it, or what is asked for.

    A description has a status and one figure for what it grew to and what was bought; a request or
    a template has the units that are wanted.
    """
    stated = part.get("WarmThroughput") or {}
    return _units(stated.get(name)) if ("Status" in stated) == shown else None


def _units(value: Any) -> Decimal | None:
    try:
        units = Decimal(str(value))
    except ArithmeticError:
        return None
    return units if units > 0 else None


def _mode(table: Mapping[str, Any], throughput: Mapping[str, Any]) -> str | None:
    summary = table.get("BillingModeSummary") or {}
    mode = summary.get("BillingMode") or table.get("BillingMode")
    if mode == "PAY_PER_REQUEST":
        return "on-demand"
    if mode == "PROVISIONED" or _units(throughput.get("ReadCapacityUnits")) is not None:
        return "provisioned"
    return None


def _stream(specification: Mapping[str, Any]) -> str | None:
    enabled = specification.get("StreamEnabled", "StreamViewType" in specification)
    if not enabled or str(enabled).lower() == "false":
        return None
    return str(specification.get("StreamViewType", "NEW_AND_OLD_IMAGES")).lower().replace("_", "-")


def _is_infrequent(table: Mapping[str, Any]) -> bool | None:
    summary = table.get("TableClassSummary") or {}
    name = summary.get("TableClass") or table.get("TableClass")
    return None if name is None else name == "STANDARD_INFREQUENT_ACCESS"


def with_ttl(store: SourceTable, reply: Mapping[str, Any]) -> SourceTable:
    """Return a store with what DescribeTimeToLive says."""
    description = reply.get("TimeToLiveDescription") or {}
    if description.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        return store
    name = description.get("AttributeName")
    return replace(store, settings=replace(store.settings, ttl=str(name))) if name else store


def with_backups(store: SourceTable, reply: Mapping[str, Any]) -> SourceTable:
    """Return a store with what DescribeContinuousBackups says."""
    description = reply.get("ContinuousBackupsDescription") or {}
    pitr = description.get("PointInTimeRecoveryDescription") or {}
    if pitr.get("PointInTimeRecoveryStatus") != "ENABLED":
        return store
    days = int(pitr.get("RecoveryPeriodInDays") or PITR_DAYS)
    return replace(store, settings=replace(store.settings, pitr_days=days))


def with_scaling(
    store: SourceTable,
    targets: Iterable[Mapping[str, Any]],
    policies: Iterable[Mapping[str, Any]] = (),
) -> SourceTable:
    """Return a store with what auto scaling says of it (of its indexes only the table's counts)."""
    resource = f"table/{store.name}"
    settings = store.settings
    for target in targets:
        if target.get("ResourceId") != resource:
            continue
        least, maximum = _units(target.get("MinCapacity")), _units(target.get("MaxCapacity"))
        dimension = str(target.get("ScalableDimension"))
        if dimension.endswith("ReadCapacityUnits"):
            settings = replace(settings, read_units=least, max_read_units=maximum)
        elif dimension.endswith("WriteCapacityUnits"):
            settings = replace(settings, write_units=least, max_write_units=maximum)
        settings = replace(settings, mode="auto-scaling")
    for policy in policies:
        if policy.get("ResourceId") == resource:
            configuration = policy.get("TargetTrackingScalingPolicyConfiguration") or {}
            value = _units(configuration.get("TargetValue"))
            if value is not None:
                settings = replace(settings, target=value / 100)
    return replace(store, settings=settings)
