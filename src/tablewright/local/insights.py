"""Contributor Insights: which tables and indexes have them, and the rules that the service makes.

In: requests of the right shape. Out: replies. `contributors` counts by key, which CloudWatch does
for the service.

Source: API reference, UpdateContributorInsights, DescribeContributorInsights,
ListContributorInsights; Developer Guide, "Analyzing data access using CloudWatch Contributor
Insights" (the rules for partition and sort keys, accessed and throttled).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.contributors import Contributors, Target
from tablewright.local.faults import ResourceNotFoundException
from tablewright.local.operations.describe_table import existing

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Keys, Table

PAGE = 100
_ALL_KEYS = "ACCESSED_AND_THROTTLED_KEYS"
_MEMBER = "ContributorInsights"


def update(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Switch insights on or off. Inside a write."""
    table, name = _target(engine, request)
    settings = dict(table.definition.get(_MEMBER, {}))
    is_on = request["ContributorInsightsAction"] == "ENABLE"
    previous = settings.get(name or "", {})
    mode = request.get("ContributorInsightsMode", previous.get("Mode", _ALL_KEYS))
    moment = round(engine.clock(), 3)
    settings[name or ""] = {"Status": "ENABLED" if is_on else "DISABLED", "Mode": mode,
                            "Changed": moment}  # fmt: skip
    engine.save({**table.definition, _MEMBER: settings})
    engine.contributors.pop((table.name, name or ""), None)
    if is_on:
        engine.contributors[table.name, name or ""] = Contributors()
    out = _named(table, name)
    out["ContributorInsightsStatus"] = "ENABLING" if is_on else "DISABLING"
    out["ContributorInsightsMode"] = mode
    return out


def load_contributors(engine: LocalEngine) -> dict[Target, Contributors]:
    """Return empty counts for the tables and indexes that have insights."""
    return {
        (table.name, index): Contributors()
        for table in engine.tables.values()
        for index, stored in table.definition.get(_MEMBER, {}).items()
        if stored["Status"] == "ENABLED"
    }


def describe(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a table's or an index's insights. Inside a read."""
    table, name = _target(engine, request)
    stored = table.definition.get(_MEMBER, {}).get(name or "")
    out = _named(table, name)
    if stored is None:
        return {**out, "ContributorInsightsStatus": "DISABLED"}
    out["ContributorInsightsStatus"] = stored["Status"]
    out["ContributorInsightsMode"] = stored["Mode"]
    out["LastUpdateDateTime"] = stored["Changed"]
    if stored["Status"] == "ENABLED":
        keys = table.keys if name is None else table.indexes[name].keys
        out["ContributorInsightsRuleList"] = _rules(table, name, keys, stored)
    return out


def summaries(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the tables and indexes whose insights were ever switched. In a read."""
    if "TableName" in request:
        tables = [existing(engine, request["TableName"])]
    else:
        tables = [engine.tables[name] for name in sorted(engine.tables)]
    listed = [
        {
            **_named(table, name or None),
            "ContributorInsightsStatus": stored["Status"],
            "ContributorInsightsMode": stored["Mode"],
        }
        for table in tables
        for name, stored in sorted(table.definition.get(_MEMBER, {}).items())
    ]
    start = int(request["NextToken"]) if request.get("NextToken", "").isdigit() else 0
    limit = request.get("MaxResults") or PAGE
    reply: dict[str, Any] = {"ContributorInsightsSummaries": listed[start : start + limit]}
    if start + limit < len(listed):
        reply["NextToken"] = str(start + limit)
    return reply


def _target(engine: LocalEngine, request: dict[str, Any]) -> tuple[Table, str | None]:
    table = existing(engine, request["TableName"])
    name: str | None = request.get("IndexName")
    if name is not None:
        index = table.indexes.get(name)
        if index is None or index.is_local:
            raise ResourceNotFoundException(
                f"Requested resource not found: Index: {name} not found"
            )
    return table, name


def _named(table: Table, index: str | None) -> dict[str, Any]:
    out = {"TableName": table.name}
    if index is not None:
        out["IndexName"] = index
    return out


def _rules(table: Table, index: str | None, keys: Keys, stored: dict[str, Any]) -> list[str]:
    """Return the names of the rules: PK and SK for the keys, C for accessed, T for throttled."""
    kinds = ("C", "T") if stored["Mode"] == _ALL_KEYS else ("T",)
    parts = ("PK", "SK") if keys.sort else ("PK",)
    where = table.name if index is None else f"{table.name}-{index}"
    moment = int(stored["Changed"] * 1000)
    return [f"DynamoDBContributorInsights-{p}{k}-{where}-{moment}" for p in parts for k in kinds]
