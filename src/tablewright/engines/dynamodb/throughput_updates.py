"""Bring on-demand maximum and warm throughput of an existing table to what a design states.

In: a table and what exists. Out: texts with parameters of UpdateTable. The service takes warm
throughput up only, never down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tablewright.engines.dynamodb.design import Table
from tablewright.engines.dynamodb.observation import ObservedTable
from tablewright.engines.dynamodb.resources import on_demand_maximum, warm_throughput

NO_MAXIMUM = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
"""How DynamoDB takes, and may describe, on-demand without a maximum."""


def maximum_updates(table: Table, existing: ObservedTable) -> list[tuple[str, dict[str, Any]]]:
    """Set or lift the maximum of an on-demand table and its global indexes."""
    changes: list[tuple[str, dict[str, Any]]] = []
    wanted = NO_MAXIMUM | on_demand_maximum(table.mode)
    if wanted != NO_MAXIMUM | existing.description.get("OnDemandThroughput", {}):
        word = "set" if table.mode.is_capped else "lift"
        changes.append(
            (f"{word} the on-demand maximum of {table.name}", {"OnDemandThroughput": wanted})
        )
    for index in table.indexes:
        stored = existing.indexes.get(index.name)
        if index.is_local or stored is None:
            continue
        wanted = NO_MAXIMUM | on_demand_maximum(index.mode or table.mode)
        if wanted != NO_MAXIMUM | stored.get("OnDemandThroughput", {}):
            word = "lift" if wanted == NO_MAXIMUM else "set"
            update = {"Update": {"IndexName": index.name, "OnDemandThroughput": wanted}}
            changes.append(
                (
                    f"{word} the on-demand maximum of the index {index.name} of {table.name}",
                    {"GlobalSecondaryIndexUpdates": [update]},
                )
            )
    return changes


def warm_updates(table: Table, existing: ObservedTable) -> list[tuple[str, dict[str, Any]]]:
    """Return what raises warm throughput to what is stated: a text and parameters each."""
    changes: list[tuple[str, dict[str, Any]]] = []
    raised = _raised(warm_throughput(table.mode), existing.description)
    if raised:
        changes.append((f"warm {table.name}", {"WarmThroughput": raised}))
    for index in table.indexes:
        stored = existing.indexes.get(index.name)
        if index.is_local or stored is None:
            continue
        raised = _raised(warm_throughput(index.mode or table.mode), stored)
        if raised:
            update = {"Update": {"IndexName": index.name, "WarmThroughput": raised}}
            text = f"warm the index {index.name} of {table.name}"
            changes.append((text, {"GlobalSecondaryIndexUpdates": [update]}))
    return changes


def _raised(wanted: dict[str, int], described: Mapping[str, Any]) -> dict[str, int]:
    """Return the units to ask for: none where all that is wanted is there; never fewer."""
    held = described.get("WarmThroughput") or {}
    if all(held.get(name, 0) >= units for name, units in wanted.items()):
        return {}
    return {name: max(units, held.get(name, 0)) for name, units in wanted.items()}
