"""The shape of a normalised SQL statement: which table, which columns select, which are changed.

In: statements as pg_stat_statements keeps them (`… WHERE id = $1`). Out: their syntax tree, the
columns of their conditions, and the shape in the attributes of a design. Values are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.evaluation.observed_accesses import DELETE, INSERT, READ, UPDATE, AccessShape

LONGEST = 20_000
_VERB = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


def parsed(query: str) -> Any:
    """Return the syntax tree of a statement that reads or writes rows; None for others."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    text = query.strip()
    if len(text) > LONGEST or not _VERB.match(text):
        return None
    try:
        return sqlglot.parse_one(text, read="postgres")
    except (SqlglotError, RecursionError):
        return None


def conditions(tree: Any, columns: Collection[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the columns that a statement selects by.

    Args:
        tree: what `parsed` returned.
        columns: those of the table; others are left out.

    Returns:
        Columns that are equal to something, with "=" or "in"; and columns compared otherwise.
    """
    from sqlglot import exp

    where = tree.args.get("where")
    if where is None:
        return {}, ()
    equal: dict[str, str] = {}
    compared: dict[str, None] = {}
    kinds = (exp.EQ, exp.In, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.Like)
    for node in where.find_all(*kinds):
        side = node.this.this if isinstance(node.this, exp.Lower) else node.this
        if not isinstance(side, exp.Column) or side.name not in columns:
            continue
        if isinstance(getattr(node, "expression", None), exp.Column):
            continue  # a join of two tables
        if isinstance(node, exp.EQ | exp.In):
            equal[side.name] = "=" if isinstance(node, exp.EQ) else "in"
        else:
            compared[side.name] = None
    return equal, tuple(compared)


def assigned(tree: Any) -> tuple[str, ...]:
    """Return the columns that an UPDATE sets."""
    from sqlglot import exp

    return tuple(
        each.this.name
        for each in tree.expressions
        if isinstance(getattr(each, "this", None), exp.Column)
    )


def shape_of(query: str, design: PostgresDesign) -> AccessShape | None:
    """Return what a statement asks of the tables of a design.

    None where it asks nothing of them, or only how many rows a whole table has, which is what
    tools of operating ask. Of a join it is the first table that the design has.
    """
    from sqlglot import exp

    tree = parsed(query)
    if tree is None:
        return None
    by_name = {table.name: table for table in design.tables}
    named = [table.name for table in tree.find_all(exp.Table)]
    name = next((name for name in named if name in by_name), None)
    if name is None:
        return None
    attributes = {column.name: column.attribute for column in by_name[name].columns}
    if isinstance(tree, exp.Insert):
        return AccessShape(container=name, verb=INSERT)
    equal, compared = conditions(tree, attributes)
    verb = READ
    changed: tuple[str, ...] = ()
    if isinstance(tree, exp.Update):
        verb, changed = UPDATE, assigned(tree)
    elif isinstance(tree, exp.Delete):
        verb = DELETE
    elif tree.args.get("where") is None and tree.find(exp.Count) and not tree.args.get("group"):
        return None
    return AccessShape(
        container=name,
        verb=verb,
        equal=frozenset(attributes[column] or column for column in equal),
        compared=frozenset(attributes[column] or column for column in compared),
        changed=frozenset(attributes.get(name) or name for name in changed),
    )
