"""Recognise the same PostgreSQL design under other names of entities and types.

In: two designs, perhaps of two model files. Out: the second with entities named and types spelled
as in the first, wherever the tables are alike. What is left different is a difference of the
database.
"""

from __future__ import annotations

from dataclasses import replace

from tablewright.engines.postgresql.design import Column, PgTable, PostgresDesign


def aligned(before: PostgresDesign, after: PostgresDesign) -> PostgresDesign:
    """Return `after` with the names and the order of `before` for what is stored alike.

    A table of the same name with the same columns holds the same, whatever the entity is called.
    Other names of a type, such as decimal for numeric, are no difference.
    """
    known = {table.name: table for table in before.tables}
    order = {name: number for number, name in enumerate(known)}
    tables = [_table(known[t.name], t) if t.name in known else t for t in after.tables]
    tables.sort(key=lambda table: order.get(table.name, len(order)))
    return replace(after, tables=tuple(tables))


def _table(before: PgTable, after: PgTable) -> PgTable:
    spelled = {column.name: column for column in before.columns}
    columns = [_column(spelled[c.name], c) if c.name in spelled else c for c in after.columns]
    if {c.name for c in columns} != set(spelled):
        return replace(after, columns=tuple(columns))
    column_order = list(spelled)
    columns.sort(key=lambda column: column_order.index(column.name))
    index_order = {index.name: number for number, index in enumerate(before.indexes)}
    indexes = sorted(after.indexes, key=lambda i: index_order.get(i.name, len(index_order)))
    return replace(after, entity=before.entity, columns=tuple(columns), indexes=tuple(indexes))


def _column(before: Column, after: Column) -> Column:
    is_same = before.type == after.type and _arguments(before.sql) == _arguments(after.sql)
    return replace(after, sql=before.sql) if is_same else after


def _arguments(sql: str) -> str:
    """Return what tells types of one name apart: the length, or of an array the whole type.

    Example:
        >>> _arguments("decimal(10, 2)"), _arguments("INTEGER[]"), _arguments("text")
        ('(10,2)', 'integer[]', '')
    """
    text = sql.lower().replace(" ", "")
    if text.endswith("[]"):
        return text
    start = text.find("(")
    return text[start:] if start >= 0 else ""
