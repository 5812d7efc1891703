"""Describe a DynamoDB design: tables, item shapes, indexes and settings as neutral values.

In: a design. Out: a DesignDescription. No sizes, no routes, no prices.
"""

from __future__ import annotations

from tablewright.capacity.limits import MAX_ITEM_BYTES
from tablewright.engines.dynamodb.design import DynamoDesign, Index, ItemShape, Table
from tablewright.evaluation.description import (
    ContainerDescription,
    DesignDescription,
    EngineTerms,
    IndexDescription,
    RecordDescription,
    key_text,
)

TERMS = EngineTerms(limit_bytes=MAX_ITEM_BYTES, limit_name="400 KB")
"""Amazon DynamoDB Developer Guide, "Quotas": an item has at most 400 KB."""


def describe(design: DynamoDesign) -> DesignDescription:
    """Return a design as neutral values."""
    kinds = dict.fromkeys(table.mode.kind.value for table in design.tables)
    return DesignDescription(
        design=design.name,
        engine=design.engine,
        mode=" and ".join(kinds),
        containers=tuple(_table(table) for table in design.tables),
        terms=TERMS,
    )


def _table(table: Table) -> ContainerDescription:
    return ContainerDescription(
        name=table.name,
        key=key_text(table.keys),
        settings=tuple(_settings(table).items()),
        records=tuple(_shape(shape) for shape in table.shapes),
        indexes=tuple(_index(index) for index in table.indexes),
    )


def _index(index: Index) -> IndexDescription:
    return IndexDescription(
        name=index.name,
        key=key_text(index.keys),
        projection=str(index.projection),
        is_local=index.is_local,
    )


def _shape(shape: ItemShape) -> RecordDescription:
    attributes = list(shape.attributes)
    attributes += [f"{embed.attribute} (all {embed.entity})" for embed in shape.embeds]
    compressed = {name for name, _ in shape.compress}
    texts = [_attribute(name, shape, compressed) for name in attributes]
    if shape.guards:
        texts = [f"keeps {', '.join(shape.guards)} unique"]
    keys = tuple((name, str(template)) for name, template in shape.keys)
    key_texts = [f"{name} = {template}" for name, template in keys]
    parts = (", ".join(key_texts), ", ".join(texts))
    return RecordDescription(
        name=shape.name,
        entity=shape.entity,
        keys=keys,
        attributes=tuple(attributes),
        content="; ".join(part for part in parts if part),
    )


def _attribute(name: str, shape: ItemShape, compressed: set[str]) -> str:
    if name in compressed:
        return f"{name} (gzip)"
    return f"{name} (pointer)" if name in shape.offload else name


def _settings(table: Table) -> dict[str, str]:
    mode = table.mode
    settings = {"capacity": mode.kind.value}
    if mode.rcu is not None or mode.wcu is not None:
        settings["capacity"] += f" {mode.rcu or 0} RCU, {mode.wcu or 0} WCU"
    if mode.is_capped:
        limits = ((mode.max_rcu, "RRU/s"), (mode.max_wcu, "WRU/s"))
        most = ", ".join(f"{units} {word}" for units, word in limits if units is not None)
        settings["capacity"] += f", at most {most}"
    if mode.reserved_years:
        settings["reserved"] = f"{mode.reserved_years} y"
    settings["class"] = "infrequent access" if table.infrequent_access else "standard"
    if table.ttl:
        settings["TTL"] = table.ttl
    if table.pitr_days:
        settings["recovery"] = f"{table.pitr_days} days"
    if table.backups_kept:
        settings["backups"] = str(table.backups_kept)
    if table.stream:
        settings["stream"] = table.stream
    if table.deletion_protection is not None:
        settings["deletion protection"] = "on" if table.deletion_protection else "off"
    if table.cache:
        settings["cache"] = str(table.cache)
    if table.replicas:
        accounts = dict(table.replica_accounts)
        settings["replicas"] = ", ".join(
            f"{r} in account {accounts[r]}" if r in accounts else r for r in table.replicas
        )
    if table.strong_replicas:
        settings["consistency of replicas"] = "strong"
    if table.witness:
        settings["witness"] = table.witness
    return settings
