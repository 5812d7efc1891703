"""What MongoDB's explain says an operation took: documents and index entries examined.

In: the reply of explain with executionStats. Out: consumption, and the access path in the form of a
route's target. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tablewright.evaluation.doors import Consumption


def stages(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping within a reply, outer ones first."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from stages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from stages(inner)


def execution(reply: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the statistics of the execution, wherever a reply has them; None if it has none."""
    for stage in stages(reply):
        if "totalDocsExamined" in stage:
            return stage
    return None


def access_path(reply: Mapping[str, Any], collection: str) -> str:
    """Return where the winning plan finds documents: "collection/index", or the collection.

    Example:
        >>> access_path({"queryPlanner": {"winningPlan": {"inputStage": {
        ...     "stage": "IXSCAN", "indexName": "email_1"}}}}, "users")
        'users/email_1'
    """
    for winning in stages(reply):
        if "winningPlan" not in winning:
            continue
        for stage in stages(winning["winningPlan"]):
            name = stage.get("stage", "")
            if "indexName" in stage:
                return f"{collection}/{stage['indexName']}"
            if name in ("IDHACK", "EXPRESS_IXSCAN", "CLUSTERED_IXSCAN", "EXPRESS_CLUSTERED_IXSCAN"):
                return f"{collection}/_id_"
            if name == "COLLSCAN":
                return collection
    return ""


def plan_lines(reply: Mapping[str, Any]) -> list[str]:
    """Return the stages of the winning plan, those that others read from below them.

    Example:
        >>> for line in plan_lines({"queryPlanner": {"winningPlan": {"stage": "FETCH",
        ...     "inputStage": {"stage": "IXSCAN", "indexName": "email_1"}}}}):
        ...     print(line)
        FETCH
          IXSCAN email_1
    """
    lines: list[str] = []

    def add(stage: Any, depth: int) -> None:
        if not isinstance(stage, Mapping):
            return
        name = str(stage.get("stage", ""))
        if name:
            lines.append("  " * depth + " ".join((name, str(stage.get("indexName", "")))).strip())
        below = [stage.get("queryPlan"), stage.get("inputStage"), *stage.get("inputStages", ())]
        for inner in below:
            add(inner, depth + bool(name))

    for each in stages(reply):
        if "winningPlan" in each:
            add(each["winningPlan"], 0)
            break
    return lines


def consumption(reply: Mapping[str, Any], collection: str) -> tuple[Consumption, ...] | None:
    """Return documents and entries examined; None where a reply does not say."""
    statistics = execution(reply)
    if statistics is None:
        return None
    path = access_path(reply, collection)
    entries = statistics.get("totalKeysExamined") or 0
    uses = []
    if entries:
        resource = path if "/" in path else f"{collection}/_id_"
        uses.append(Consumption(resource=resource, dimension="read", units=Decimal(entries)))
    documents = statistics["totalDocsExamined"]
    if documents:
        units = Decimal(documents)
        uses.append(Consumption(resource=collection, dimension="read", units=units))
    return tuple(uses)
