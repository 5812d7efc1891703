"""Make a table global: eventual replicas one by one, strong ones at once, no other account's.

In: a table of a design and what DescribeTable says of it ({} where it is made now). Out: what
UpdateTable is asked, in words and parameters, and what no operation makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.engines.dynamodb.design import Table
from tablewright.engines.dynamodb.global_tables import elsewhere

Update = tuple[str, dict[str, Any]]


def replica_updates(table: Table, described: Mapping[str, Any]) -> Iterator[Update]:
    """Yield what makes the replicas of a table that are not there yet."""
    stored = _stored_regions(described)
    if table.replica_accounts:
        mode = described.get("GlobalTableSettingsReplicationMode")
        if mode != "ENABLED" and not set(table.replicas) <= stored:
            yield (
                f"let {table.name} be the source of replicas in other accounts{elsewhere(table)}",
                {"GlobalTableSettingsReplicationMode": "ENABLED"},
            )
        return
    if table.strong_replicas:
        if not stored:
            yield _strong(table)
        return
    for region in table.replicas:
        if region not in stored:
            yield (
                f"replicate {table.name} to {region}",
                {"ReplicaUpdates": [{"Create": {"RegionName": region}}]},
            )


def _strong(table: Table) -> Update:
    """Return the one request that makes strong replicas, of a table without items."""
    change: dict[str, Any] = {
        "MultiRegionConsistency": "STRONG",
        "ReplicaUpdates": [{"Create": {"RegionName": region}} for region in table.replicas],
    }
    text = f"replicate {table.name} to {', '.join(table.replicas)} with strong consistency"
    if table.witness:
        change["GlobalTableWitnessUpdates"] = [{"Create": {"RegionName": table.witness}}]
        text += f" and a witness in {table.witness}"
    return text, change


def refused_replicas(table: Table, described: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a table would have to be and cannot become.

    Developer Guide, "Using DynamoDB global tables", key facts about MRSC, read 2026-12: strong
    replicas are made of a table without data, and none is added or taken away alone; the
    consistency of a global table is never changed.
    """
    stored = _stored_regions(described)
    if not table.replicas or not described:
        return
    is_strong = described.get("MultiRegionConsistency") == "STRONG"
    if not stored:
        if table.strong_replicas and described.get("ItemCount"):
            yield (
                f"{table.name} holds {described['ItemCount']:,} items, and strong replicas are "
                "made of an empty table: give the new table another name and copy the items"
            )
        return
    if is_strong != table.strong_replicas:
        has, wants = ("strong", "eventual") if is_strong else ("eventual", "strong")
        yield (
            f"{table.name} has {has} replicas, and they cannot become {wants} ones: give the new "
            "table another name and copy the items"
        )
    elif is_strong:
        witnesses = {w.get("RegionName") for w in described.get("GlobalTableWitnesses") or ()}
        wanted = {table.witness} if table.witness else set()
        if not set(table.replicas) <= stored or witnesses != wanted:
            yield (
                f"{table.name} has strong replicas in other regions, and none of them is added or "
                "removed alone: state those it has, or copy its items to a new table"
            )


def _stored_regions(described: Mapping[str, Any]) -> set[str]:
    return {str(replica["RegionName"]) for replica in described.get("Replicas") or ()}
