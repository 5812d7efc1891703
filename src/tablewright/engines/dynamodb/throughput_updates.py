"""Bring on-demand maximum and warm throughput of an existing table to what a design states.

In: a table and what exists. Out: texts with parameters of UpdateTable. The service takes warm
throughput up only, never down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tablewright.engines.dynamodb.design import CapacityMode, Table
from tablewright.engines.dynamodb.observation import ObservedTable
from tablewright.engines.dynamodb.resources import on_demand_maximum, warm_throughput

NO_MAXIMUM = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
"""How DynamoDB takes, and may describe, on-demand without a maximum."""


Update = tuple[str, dict[str, Any]]
"""A text, and parameters of UpdateTable."""


def maximum_updates(table: Table, existing: ObservedTable) -> list[Update]:
    """Set or lift the maximum of an on-demand table and its global indexes."""
    changes: list[Update] = []
    for where, mode, described, update in _places(table, existing):
        wanted = NO_MAXIMUM | on_demand_maximum(mode)
        if wanted != NO_MAXIMUM | described.get("OnDemandThroughput", {}):
            word = "lift" if wanted == NO_MAXIMUM else "set"
            text = f"{word} the on-demand maximum of {where}"
            changes.append((text, update({"OnDemandThroughput": wanted})))
    return changes


def warm_updates(table: Table, existing: ObservedTable) -> list[Update]:
    """Return what raises warm throughput to what is stated: a text and parameters each."""
    changes: list[Update] = []
    for where, mode, described, update in _places(table, existing):
        raised = _raised(warm_throughput(mode), described)
        if raised:
            changes.append((f"warm {where}", update({"WarmThroughput": raised})))
    return changes


def _places(
    table: Table, existing: ObservedTable
) -> Iterator[tuple[str, CapacityMode, Mapping[str, Any], Callable[[dict[str, Any]], Any]]]:
    """Yield the table and its global indexes that exist.

    Each with its name in words, its mode, what is described of it, and what makes parameters of
    UpdateTable of its settings.
    """
    yield table.name, table.mode, existing.description, dict
    for index in table.indexes:
        stored = existing.indexes.get(index.name)
        if not index.is_local and stored is not None:
            where = f"the index {index.name} of {table.name}"
            yield where, index.mode or table.mode, stored, partial(_of_index, index.name)


def _of_index(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters of UpdateTable that change one index."""
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **settings}}]}


def _raised(wanted: dict[str, int], described: Mapping[str, Any]) -> dict[str, int]:
    """Return the units to ask for: none where all that is wanted is there; never fewer."""
    held = described.get("WarmThroughput") or {}
    if all(held.get(name, 0) >= units for name, units in wanted.items()):
        return {}
    return {name: max(units, held.get(name, 0)) for name, units in wanted.items()}
