"""What a normalised SQL statement asks: which table, by which columns, in which order.

In: statements as pg_stat_statements keeps them (`… WHERE id = $1`), and the tables there are. Out:
an `ObservedAccess`, or None for what is no access of one table. Values are placeholders there
already; literals that were not replaced are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tablewright.engines.postgresql.statement_shapes import assigned, conditions, parsed
from tablewright.sources.facts import ObservedAccess, SourceTable


def access_of(query: str, stores: Mapping[str, SourceTable]) -> ObservedAccess | None:
    """Return the access a statement is.

    Args:
        query: one statement.
        stores: the tables by name.
    """
    from sqlglot import exp

    tree = parsed(query)
    if tree is None:
        return None
    tables = [t.name for t in tree.find_all(exp.Table)]
    table = next((name for name in tables if name in stores), None)
    if table is None:
        return None
    if isinstance(tree, exp.Insert):
        return ObservedAccess(store=table, operation="put")
    selected, compared = conditions(tree, {d.name for d in stores[table].declared})
    equal = tuple(name for name, sign in selected.items() if sign == "=")
    ranged = (*(name for name, sign in selected.items() if sign == "in"), *compared)
    operation = "list"
    sets: tuple[str, ...] = ()
    key = stores[table].keys
    if isinstance(tree, exp.Update):
        operation = "update"
        sets = assigned(tree)
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
