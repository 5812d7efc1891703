"""Which keys were accessed and throttled most, where Contributor Insights are switched on.

In: requests, when they were carried out or throttled. Out: reports like those of CloudWatch's
GetInsightRuleReport, one for each rule of `insights`. Counts are kept in memory, from the moment
the insights are switched on or the database is opened.

Source: Developer Guide, "CloudWatch Contributor Insights for DynamoDB" (rules by partition key, and
by partition and sort key; accessed and throttled). A Query counts its partition key; a Scan names
no key. Counted are requests for a key, not the units they consume.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tablewright.local.throttling import READS, parts_of, queried_values

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.faults import Fault
    from tablewright.local.tables import Keys, Table

SHOWN = 100
MAX_KEYS = 100_000
"""Different keys that a rule tells apart; later ones are not counted."""

Target = tuple[str, str]
"""A table, and an index of it or the empty string."""


class AccessedKey(NamedTuple):
    """One key that a request is about; `sort` is None where only the partition is known."""

    target: Target
    partition: tuple[str, ...]
    sort: tuple[str, ...] | None


class Contributors:
    """What is counted for one table or index, by rule: PKC, SKC, PKT and SKT."""

    def __init__(self) -> None:
        self.rules: dict[str, Counter[tuple[str, ...]]] = {}

    def add(self, access: AccessedKey, *, kind: str) -> None:
        """Count an access (`C`) or a throttled one (`T`)."""
        self._count(f"PK{kind}", access.partition)
        if access.sort is not None:
            self._count(f"SK{kind}", access.partition + access.sort)

    def _count(self, rule: str, key: tuple[str, ...]) -> None:
        counter = self.rules.setdefault(rule, Counter())
        if key in counter or len(counter) < MAX_KEYS:
            counter[key] += 1


def accesses(
    engine: LocalEngine, operation: str, request: dict[str, Any]
) -> tuple[AccessedKey, ...]:
    """Return the keys a request is about, of tables and indexes that have insights."""
    return tuple(
        access
        for table_name, part in parts_of(operation, request)
        if isinstance(part, dict)
        for access in _of_part(engine, operation, table_name, part)
        if access.target in engine.contributors
    )


def count(engine: LocalEngine, counted: tuple[AccessedKey, ...]) -> None:
    """Count the keys of a request that was carried out."""
    for access in counted:
        contributors = engine.contributors.get(access.target)
        if contributors is not None:
            contributors.add(access, kind="C")


def count_throttled(engine: LocalEngine, counted: tuple[AccessedKey, ...], fault: Fault) -> None:
    """Count the keys of a throttled request, on the table or index that throttled it."""
    resources = {reason.get("resource", "") for reason in fault.extra.get("ThrottlingReasons", ())}
    for access in counted:
        table, index = access.target
        arn = engine.arn(table) + (f"/index/{index}" if index else "")
        if arn in resources:
            engine.contributors[access.target].add(access, kind="T")


def report(engine: LocalEngine) -> dict[str, Any]:
    """Return what was counted, for `GET /_tablewright/insights`."""
    rules = []
    for (name, index), contributors in sorted(engine.contributors.items()):
        table = engine.tables.get(name)
        stored = table.definition.get("ContributorInsights", {}).get(index) if table else None
        if table is None or stored is None:
            continue
        keys = table.indexes[index].keys if index in table.indexes else table.keys
        kinds = ("C", "T") if stored["Mode"] != "THROTTLED_KEYS" else ("T",)
        for part in ("PK", "SK") if keys.sort else ("PK",):
            for kind in kinds:
                counter = contributors.rules.get(part + kind, Counter())
                rules.append(_rule(name, index, keys, part, kind, counter))
    return {"schema": 1, "rules": rules}


def _rule(
    table: str, index: str, keys: Keys, part: str, kind: str, counter: Counter[tuple[str, ...]]
) -> dict[str, Any]:
    labels = keys.partition if part == "PK" else keys.attributes
    ordered = sorted(counter.items(), key=lambda entry: (-entry[1], entry[0]))
    return {
        "TableName": table,
        **({"IndexName": index} if index else {}),
        "Rule": part + kind,
        "Counts": "accessed" if kind == "C" else "throttled",
        "KeyLabels": [name for name, _ in labels],
        "AggregationStatistic": "Sum",
        "AggregateValue": counter.total(),
        "ApproximateUniqueCount": len(counter),
        "Contributors": [
            {"Keys": list(key), "ApproximateAggregateValue": number}
            for key, number in ordered[:SHOWN]
        ],
    }


def _of_part(
    engine: LocalEngine, operation: str, table_name: Any, part: dict[str, Any]
) -> Iterator[AccessedKey]:
    table = engine.tables.get(str(table_name).rpartition("/")[2])  # by name or ARN
    if table is None:
        return
    if operation in ("Query", "Scan"):
        yield from _of_query(table, part)
        return
    image = part.get("Item") or part.get("Key") or {}
    targets = {"": table.keys}
    if operation not in READS:
        targets.update({i.name: i.keys for i in table.written if not i.is_local})
    for index, keys in targets.items():
        partition = _texts(image, [name for name, _ in keys.partition])
        sort = _texts(image, [name for name, _ in keys.sort])
        if partition and (sort or not keys.sort):
            yield AccessedKey((table.name, index), partition, sort)


def _of_query(table: Table, part: dict[str, Any]) -> Iterator[AccessedKey]:
    index = table.indexes.get(str(part.get("IndexName")))
    if "KeyConditionExpression" not in part:
        return
    names = [name for name, _ in (index.keys if index else table.keys).partition]
    partition = _texts(dict(zip(names, queried_values(part, names), strict=True)), names)
    if partition:
        own = index.name if index is not None and not index.is_local else ""
        yield AccessedKey((table.name, own), partition, None)


def _texts(image: Any, names: list[str]) -> tuple[str, ...] | None:
    """Return the values of attributes as text, None if one is missing; no names, None."""
    if not isinstance(image, Mapping) or not names:
        return None
    values = [image.get(name) for name in names]
    texts = [
        str(next(iter(value.values()))) for value in values if isinstance(value, dict) and value
    ]
    return tuple(texts) if len(texts) == len(names) else None
