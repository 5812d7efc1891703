"""What PostgreSQL's EXPLAIN says a statement took: rows, index entries, pages, by table and index.

In: the plan as EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) gives it. Out: consumption, and the access
path in the form of a route's target. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tablewright.evaluation.doors import Consumption

PREFIX = "EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) "
SCANS = ("Seq Scan", "Parallel Seq Scan")
INDEX_SCANS = ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
PAGE_DIMENSIONS = (("Shared Hit Blocks", "pages hit"), ("Shared Read Blocks", "pages read"))


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a plan's nodes, each before those below it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def consumption(plan: Mapping[str, Any], table: str) -> tuple[Consumption, ...]:
    """Return the rows and index entries read, the rows and bytes written, and the pages touched.

    Args:
        plan: the topmost node.
        table: the statement's table, to which pages are counted.
    """
    uses: list[Consumption] = []

    def use(resource: str, dimension: str, amount: Any) -> None:
        if amount:
            units = Decimal(str(amount))
            uses.append(Consumption(resource=resource, dimension=dimension, units=units))

    relation = table
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
    for name, dimension in PAGE_DIMENSIONS:
        use(table, dimension, plan.get(name, 0))
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
