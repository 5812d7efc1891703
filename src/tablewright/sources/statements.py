"""What a normalised SQL statement asks: which table, by which columns, in which order.

In: statements as pg_stat_statements keeps them (`… WHERE id = $1`), and the tables there are. Out:
an `ObservedAccess`, or None for what is no access of one table. Values are placeholders there
already; literals that were not replaced are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tablewright.sources.facts import ObservedAccess, SourceTable

LONGEST = 20_000


def access_of(query: str, stores: Mapping[str, SourceTable]) -> ObservedAccess | None:
    """Return the access a statement is.

    Args:
        query: one statement.
        stores: the tables by name.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text = query.strip()
    if len(text) > LONGEST or not re.match(
        r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b", text, re.IGNORECASE
    ):
        return None
    try:
        tree = sqlglot.parse_one(text, read="postgres")
    except (SqlglotError, RecursionError):
        return None
    tables = [t.name for t in tree.find_all(exp.Table)]
    table = next((name for name in tables if name in stores), None)
    if table is None:
        return None
    if isinstance(tree, exp.Insert):
        return ObservedAccess(store=table, operation="put")
    equal, ranged = _conditions(tree, stores[table])
    operation = "list"
    sets: tuple[str, ...] = ()
    key = stores[table].keys
    if isinstance(tree, exp.Update):
        operation = "update"
        sets = tuple(
            e.this.name
            for e in tree.expressions
            if isinstance(getattr(e, "this", None), exp.Column)
        )
    elif isinstance(tree, exp.Delete):
        operation = "delete"
    elif key and set(key) <= set(equal) and not ranged:
        operation = "get"
    elif not equal and not ranged:
        operation = "scan"
    return ObservedAccess(
        store=table,
        operation=operation,
        by=equal,
        ranged=ranged,
        sets=sets,
        sort=_sort(tree),
        limit=_limit(tree),
    )


def _limit(tree: Any) -> int | None:
    """Return the number of a LIMIT; None where there is none or it is a placeholder."""
    from sqlglot import exp

    limit = tree.args.get("limit")
    number = getattr(limit, "expression", None)
    if not isinstance(number, exp.Literal) or not str(number.this).isdigit():
        return None
    return int(number.this) or None


def _conditions(tree: Any, store: SourceTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from sqlglot import exp

    where = tree.args.get("where")
    if where is None:
        return (), ()
    columns = {d.name for d in store.declared}
    equal: dict[str, None] = {}
    ranged: dict[str, None] = {}
    for node in where.find_all(exp.EQ, exp.In, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between):
        column = node.this if isinstance(node.this, exp.Column) else None
        if column is None or column.name not in columns:
            continue
        if isinstance(getattr(node, "expression", None), exp.Column):
            continue  # a join of two tables
        (equal if isinstance(node, exp.EQ) else ranged)[column.name] = None
    return tuple(equal), tuple(ranged)


def _sort(tree: Any) -> tuple[str, ...]:
    from sqlglot import exp

    order = tree.args.get("order")
    if order is None:
        return ()
    names = []
    for ordered in order.expressions:
        column = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        if isinstance(column, exp.Column):
            is_down = isinstance(ordered, exp.Ordered) and ordered.args.get("desc")
            names.append(f"-{column.name}" if is_down else column.name)
    return tuple(names)
