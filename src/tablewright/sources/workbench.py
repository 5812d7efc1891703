"""Import models of NoSQL Workbench for DynamoDB.

In: the JSON it exports (model format 1, 2 and 3: `ModelName`, `DataModel`). Out: facts of tables,
their indexes, facets as access patterns, and of the sample items in the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.sources.facts import (
    DYNAMODB,
    Declared,
    IndexFacts,
    ObservedAccess,
    SourceFacts,
    SourceTable,
    TableSettings,
)
from tablewright.sources.sampling import with_items
from tablewright.sources.source import ReadOptions, Source
from tablewright.sources.wire import plain_item

TITLE = "NoSQL Workbench"
_HEAD = re.compile(r'"(ModelName|DataModel)"\s*:')


def recognises(source: Source) -> bool:
    """Whether a file is a model of NoSQL Workbench."""
    return source.is_file and len(set(_HEAD.findall(source.head_text))) == 2


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables of a model.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        document = json.loads(source.document())
        tables = document["DataModel"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise UsageError(
            f"{source.shown} is no model of NoSQL Workbench", remedy="export it again as JSON"
        ) from problem
    notes: list[str] = []
    stores: list[SourceTable] = []
    accesses: list[ObservedAccess] = []
    for number, table in enumerate(tables, 1):
        place = f"{source.shown}, table {number}"
        try:
            store = _table(table, place)
        except (KeyError, TypeError, AttributeError):
            notes.append(f"{place}: it has no name or key and was passed by")
            continue
        items = list(_items(table, notes, place))
        if items:
            declared = store.declared
            store = replace(with_items(store, items, is_all=True), declared=declared)
        stores.append(store)
        accesses += _facets(table, store)
    name = re.sub(r"[^A-Za-z0-9]+", "-", str(document.get("ModelName", ""))).strip("-").lower()
    count = len(stores)
    noun = "table" if count == 1 else "tables"
    return SourceFacts(
        declared_by=f"NoSQL Workbench ({source.shown})",
        app=name if re.fullmatch(r"[a-z][a-z0-9-]*", name) else "",
        region=options.region,
        stores=tuple(stores),
        accesses=tuple(accesses),
        notes=tuple(notes),
        sources=(f"{count} {noun} of the model {source.shown} (NoSQL Workbench)",),
    )


def _table(table: Mapping[str, Any], place: str) -> SourceTable:
    keys, types = _keys(table["KeyAttributes"])
    declared = [Declared(name=n, type=t) for n, t in types]
    for attribute in table.get("NonKeyAttributes") or ():
        declared.append(
            Declared(
                name=str(attribute["AttributeName"]), type=str(attribute.get("AttributeType", "S"))
            )
        )
    indexes = []
    for index in table.get("GlobalSecondaryIndexes") or ():
        index_keys, index_types = _keys(index["KeyAttributes"])
        types += index_types
        projection = index.get("Projection") or {}
        kind = str(projection.get("ProjectionType", "ALL"))
        indexes.append(
            IndexFacts(
                name=str(index["IndexName"]),
                keys=index_keys[:1],
                sort_keys=index_keys[1:],
                projection={"KEYS_ONLY": "keys-only", "INCLUDE": "include"}.get(kind, "all"),
                included=tuple(str(n) for n in projection.get("NonKeyAttributes") or ()),
            )
        )
    return SourceTable(
        name=str(table["TableName"]),
        engine=DYNAMODB,
        keys=keys,
        key_types=tuple(dict(types).items()),
        indexes=tuple(indexes),
        declared=tuple(declared),
        settings=_settings(table),
        place=place,
    )


def _keys(attributes: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    parts = [attributes["PartitionKey"]]
    if attributes.get("SortKey"):
        parts.append(attributes["SortKey"])
    names = tuple(str(part["AttributeName"]) for part in parts)
    types = [(str(p["AttributeName"]), str(p.get("AttributeType", "S"))) for p in parts]
    return names, types


def _settings(table: Mapping[str, Any]) -> TableSettings:
    mode = table.get("BillingMode")
    provisioned = table.get("ProvisionedCapacitySettings") or {}
    throughput = provisioned.get("ProvisionedThroughput") or {}
    if mode != "PROVISIONED" or not throughput:
        return TableSettings(mode="on-demand" if mode != "PROVISIONED" else "provisioned")
    settings = TableSettings(
        mode="provisioned",
        read_units=Decimal(str(throughput.get("ReadCapacityUnits", 5))),
        write_units=Decimal(str(throughput.get("WriteCapacityUnits", 5))),
    )
    for word, kind in (("read", "AutoScalingRead"), ("write", "AutoScalingWrite")):
        scaling = provisioned.get(kind) or {}
        limits = scaling.get("ScalableTargetRequest") or {}
        if "MinCapacity" not in limits or "MaxCapacity" not in limits:
            continue
        changes: dict[str, Any] = {
            f"{word}_units": Decimal(str(limits["MinCapacity"])),
            f"max_{word}_units": Decimal(str(limits["MaxCapacity"])),
        }
        target = (scaling.get("ScalingPolicyConfiguration") or {}).get("TargetValue")
        if target:
            changes["target"] = Decimal(str(target)) / 100
        settings = replace(settings, mode="auto-scaling", **changes)
    return settings


def _items(table: Mapping[str, Any], notes: list[str], place: str) -> Iterator[Mapping[str, Any]]:
    passed_by = 0
    for item in table.get("TableData") or ():
        try:
            yield plain_item(item)
        except (ValueError, AttributeError, TypeError):
            passed_by += 1
    if passed_by:
        notes.append(f"{place}: {passed_by} sample items are not in DynamoDB's wire form")


def _facets(table: Mapping[str, Any], store: SourceTable) -> list[ObservedAccess]:
    """Return the access patterns that facets stand for; their rate is not known."""
    accesses = []
    for facet in table.get("TableFacets") or ():
        name = re.sub(r"[^A-Za-z0-9_]+", "_", str(facet.get("FacetName", ""))).strip("_")
        if not name:
            continue
        accesses.append(
            ObservedAccess(
                store=store.name,
                operation="list" if len(store.keys) > 1 else "get",
                name=f"view_{name}",
                entity=name,
                place=f"facet {facet['FacetName']}",
            )
        )
    return accesses
