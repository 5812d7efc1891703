"""What PostgreSQL's EXPLAIN says a statement took: rows, index entries, pages, by table and index.

In: the plan as EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) gives it. Out: consumption, and the access
path in the form of a route's target. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tablewright.evaluation.doors import Consumption
from tablewright.evaluation.values import PAGE

SERIALIZES = 170_000
"""Version 17, the first whose EXPLAIN also reads the long values that a reply would send."""
SCANS = ("Seq Scan", "Parallel Seq Scan")
INDEX_SCANS = ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
FROM_DISK = "pages from disk"
"""Those of the pages touched that were not in the server's own memory."""


def prefix(server_version: int) -> str:
    """Return what is put before a statement, for a version as libpq gives it.

    Example:
        >>> prefix(160_002)
        'EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) '
    """
    serialized = "SERIALIZE TEXT, " if server_version >= SERIALIZES else ""
    return f"EXPLAIN (ANALYZE, BUFFERS, WAL, {serialized}TIMING OFF, FORMAT JSON) "


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a plan's nodes, each before those below it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def consumption(explained: Mapping[str, Any], table: str) -> tuple[Consumption, ...]:
    """Return the rows and index entries read, the rows and bytes written, the pages of a read.

    Args:
        explained: the plan with what else EXPLAIN says beside it.
        table: the statement's table, to which pages are counted.
    """
    uses: list[Consumption] = []

    def use(resource: str, dimension: str, amount: Any) -> None:
        if amount:
            units = Decimal(str(amount))
            uses.append(Consumption(resource=resource, dimension=dimension, units=units))

    plan, relation = explained["Plan"], table
    for node in nodes(plan):
        kind = node["Node Type"]
        relation = node.get("Relation Name", relation)
        examined = _examined(node)
        if kind in SCANS or kind == "Bitmap Heap Scan":
            use(relation, "read", examined)
        elif kind in INDEX_SCANS:
            use(f"{relation}/{node['Index Name']}", "read", examined)
            if kind == "Index Scan":
                use(relation, "read", examined)
            elif kind == "Index Only Scan":
                use(relation, "read", node.get("Heap Fetches", 0))
        elif kind == "ModifyTable":
            use(relation, "write", _written(node))
    parts = (plan, explained.get("Serialization", {}))
    from_disk = sum(part.get("Shared Read Blocks", 0) for part in parts)
    if plan["Node Type"] != "ModifyTable":  # which counts every visit of a page
        use(table, PAGE, sum(part.get("Shared Hit Blocks", 0) for part in parts) + from_disk)
    use(table, FROM_DISK, from_disk)
    use(table, "WAL bytes", plan.get("WAL Bytes", 0))
    return tuple(uses)


def _examined(node: Mapping[str, Any]) -> Decimal:
    """Return the rows or entries a node looked at: those passed on and those filtered out."""
    rows = Decimal(str(node.get("Actual Rows", 0)))
    for name in ("Rows Removed by Filter", "Rows Removed by Index Recheck"):
        rows += Decimal(str(node.get(name, 0)))
    return rows * Decimal(str(node.get("Actual Loops", 1)))


def _written(node: Mapping[str, Any]) -> Decimal:
    """Return the rows a write changed: of an insert those that were new, else those that came."""
    if "Tuples Inserted" in node:
        return Decimal(node["Tuples Inserted"])
    inner = node.get("Plans", ())
    return sum((Decimal(str(each.get("Actual Rows", 0))) for each in inner), Decimal(0))


def access_path(plan: Mapping[str, Any]) -> str:
    """Return where a plan finds its rows: "table/index", or the table where it is scanned.

    Example:
        >>> access_path({"Node Type": "Limit", "Plans": [
        ...     {"Node Type": "Index Scan", "Relation Name": "t", "Index Name": "i"}]})
        't/i'
    """
    relation = ""
    for node in nodes(plan):
        relation = str(node.get("Relation Name", relation))
        if node["Node Type"] in INDEX_SCANS:
            return f"{relation}/{node['Index Name']}"
        if node["Node Type"] in SCANS:
            return relation
    return ""
