"""Access patterns as SQL: one call of a pattern on a PostgreSQL design.

In: a model, a design, a call with its values. Out: statements with parameters, in the order they
are run. Pure: `explain` prints them, the adapter runs them. Which index serves a statement is the
server's choice, not said here.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.engines.postgresql.codec import columns_of
from tablewright.engines.postgresql.ddl import literal, primary_columns, quoted
from tablewright.engines.postgresql.design import Column, PgTable, PostgresDesign
from tablewright.engines.postgresql.values import json_text, sql_value
from tablewright.engines.postgresql.vectors import vector_text
from tablewright.model.values import Entity, Model, Pattern, Verb
from tablewright.sample.calls import Call, Row
from tablewright.sample.conditions import WriteTest, write_tests
from tablewright.sample.world import EARTH_KM, Test

EARTHDISTANCE_KM = 6378.168
"""The radius of the earth in the extension earthdistance (PostgreSQL manual, F.13)."""

COMPARATORS = {"eq": "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
READ_COMPARATORS = {**COMPARATORS, "ne": "<>"}
WRITE_COMPARATORS = {**COMPARATORS, "ne": "<>", "differs": "<>"}


_NEARNESS = {"cosine": "<=>", "euclidean": "<->", "dot_product": "<#>"}
"""pgvector's operators, which order by an index of the same metric."""


@frozen
class SqlStatement:
    """One SQL statement with its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()
    returns_rows: bool = False
    needs_row: bool = False
    """It has to find or change a row: else the condition of the write does not hold."""
    table: str = ""

    @property
    def text(self) -> str:
        """The statement with its values in place, to be pasted into psql."""
        text, parts = "", self.sql.split("%s")
        for part, value in zip(parts, (*self.parameters, None), strict=True):
            text += part.replace("%%", "%")
            if part is not parts[-1] or len(parts) == len(self.parameters):
                text += _literal(value)
        return text


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal | float):
        return str(value)
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, datetime.date):
        return literal(value.isoformat())
    return literal(str(value))


class SqlBuilder:
    """Writes the statements of calls on one design."""

    def __init__(self, model: Model, design: PostgresDesign) -> None:
        self.model, self.design = model, design

    def build(self, call: Call) -> tuple[SqlStatement, ...]:
        """Return the statements of a call; several belong into one transaction.

        Raises:
            UnsupportedError: no table keeps what the pattern asks for.
        """
        pattern = call.pattern
        if pattern.verb in (Verb.TRANSACT, Verb.READ):
            return tuple(each for part in call.parts for each in self.build(part))
        if pattern.verb is Verb.PUT:
            return tuple(self._insert(table, call) for table in self._tables(pattern.entity))
        if pattern.verb is Verb.CHECK:
            return (self._check(call),)
        if pattern.verb is Verb.DELETE:
            tables = self._tables(pattern.entity)[::-1]
            return tuple(self._delete(table, each) for each in call.all for table in tables)
        if pattern.verb is Verb.UPDATE:
            return tuple(each for part in call.all for each in self._updates(part))
        return (self._select(call),)

    def _tables(self, entity: str) -> list[PgTable]:
        tables = [table for table in self.design.tables if table.entity == entity]
        if not tables:
            raise UnsupportedError(f"no table of `{self.design.name}` keeps {entity}")
        return tables

    def _table_with(self, entity: str, names: Sequence[str]) -> PgTable:
        """Return the table that keeps the named attributes of an entity, most of them at least."""
        tables = self._tables(entity)
        return max(tables, key=lambda table: sum(table.column_of(n) is not None for n in names))

    def _column(self, table: PgTable, attribute: str) -> Column:
        column = table.column_of(attribute)
        if column is None:
            raise UnsupportedError(f"no column of {table.name} keeps `{attribute}`")
        return column

    # ------------------------------------------------------------ reads

    def _select(self, call: Call) -> SqlStatement:
        pattern = call.pattern
        entity = self.model.entity(pattern.entity)
        names = pattern.select if pattern.select is not None else entity.names
        table = self._table_with(entity.name, [*names, *(test.attribute for test in call.tests)])
        columns = [
            column
            for column in table.columns
            if column.attribute and column.attribute in {*names, *entity.key}
        ]
        listed = ", ".join(quoted(column.name) for column in columns)
        conditions, parameters = self._conditions(table, call)
        text = f"SELECT {listed} FROM {quoted(table.name)}"
        if conditions:
            text += " WHERE " + " AND ".join(conditions)
        near = next((test for test in call.tests if test.operator == "near"), None)
        if near is not None:
            text += f" ORDER BY {_earth(self._column(table, near.attribute))} <-> {_HERE}"
            parameters += _point(near)
        elif pattern.verb is Verb.SIMILAR:
            vector = call.row.get(pattern.to)
            metric = entity.attribute(pattern.to).metric
            text += f" ORDER BY {quoted(self._column(table, pattern.to).name)} "
            text += f"{_NEARNESS[metric]} %s"
            parameters.append(None if vector is None else vector_text(vector))
        elif pattern.sort:
            text += " ORDER BY " + ", ".join(self._order(table, entity, pattern))
        limit = pattern.limit
        if pattern.verb is Verb.GET and pattern.batch == 1 and not _is_single(entity, pattern):
            limit = 1
        if call.is_page and limit is not None:
            text += self._page(table, entity, call, is_sorted="ORDER BY" in text)
        elif limit is not None:
            text += f" LIMIT {limit}"
        return SqlStatement(
            sql=text, parameters=tuple(parameters), returns_rows=True, table=table.name
        )

    def _page(self, table: PgTable, entity: Entity, call: Call, *, is_sorted: bool) -> str:
        """Return what cuts a page out: one row more than asked for tells whether there is a next.

        The key decides among rows that are equal by the order asked for.
        """
        named = {name for name, _ in call.pattern.sort}
        columns = [table.column_of(name) for name in entity.key if name not in named]
        keys = ", ".join(quoted(column.name) for column in columns if column is not None)
        order = (", " if is_sorted else " ORDER BY ") + keys if keys else ""
        assert call.pattern.limit is not None
        offset = f" OFFSET {int(call.resume)}" if call.resume else ""
        return f"{order} LIMIT {call.pattern.limit + 1}{offset}"

    def existence(self, call: Call) -> SqlStatement:
        """Return what tells whether the instance of a write is there."""
        entity = self.model.entity(call.pattern.entity)
        table = self._table_with(entity.name, entity.key)
        bare = replace(call.pattern, condition="", condition_on=(), condition_tests=())
        row = {name: call.row.get(name) for name in identifying(entity, call.pattern)}
        bare_call = replace(call, pattern=bare, row=row, unchanged={})
        where, keys = self._identified(table, entity, bare_call)
        return SqlStatement(
            sql=f"SELECT 1 FROM {quoted(table.name)} WHERE {where}", parameters=tuple(keys)
        )

    def _order(self, table: PgTable, entity: Entity, pattern: Pattern) -> list[str]:
        """Return the order asked for; instances without the attribute come first."""
        terms = []
        for name, descending in pattern.sort:
            column = self._column(table, name)
            text = quoted(column.name) + (" DESC" if descending else "")
            if entity.attribute(name).presence < 1:
                text += " NULLS LAST" if descending else " NULLS FIRST"
            terms.append(text)
        return terms

    def _conditions(self, table: PgTable, call: Call) -> tuple[list[str], list[Any]]:
        if call.more:
            return self._one_of(table, call)
        conditions: list[str] = []
        parameters: list[Any] = []
        for test in call.tests:
            text, values = self._condition(table, call.pattern, test)
            conditions.append(text)
            parameters += values
        return conditions, parameters

    def _one_of(self, table: PgTable, call: Call) -> tuple[list[str], list[Any]]:
        """Return the condition of a batch: the attributes asked by are one of several values."""
        columns = [self._column(table, test.attribute) for test in call.tests]
        names = ", ".join(quoted(column.name) for column in columns)
        row = ", ".join("%s" for _ in columns)
        if len(columns) > 1:
            names, row = f"({names})", f"({row})"
        parameters = [
            sql_value(column, test.operands[0])
            for each in call.all
            for column, test in zip(columns, each.tests, strict=True)
        ]
        return [f"{names} IN ({', '.join(row for _ in call.all)})"], parameters

    def _condition(self, table: PgTable, pattern: Pattern, test: Test) -> tuple[str, list[Any]]:
        column = self._column(table, test.attribute)
        name = quoted(column.name)
        if test.operator == "near":
            metres = float(test.operands[1]) * 1000 * EARTHDISTANCE_KM / EARTH_KM
            place = _earth(column)
            text = f"earth_box({_HERE}, %s) @> {place} AND earth_distance({_HERE}, {place}) <= %s"
            return text, [*_point(test), metres, *_point(test), metres]
        if test.operator == "begins_with":
            escaped = str(test.operands[0])
            for mark in ("\\", "%", "_"):
                escaped = escaped.replace(mark, f"\\{mark}")
            return f"{name} LIKE %s", [f"{escaped}%"]
        if test.operator == "words":
            return f"to_tsvector('simple', {name}) @@ plainto_tsquery('simple', %s)", [
                test.operands[0]
            ]
        if test.operator in ("exists", "absent"):
            return f"{name} IS {'NOT NULL' if test.operator == 'exists' else 'NULL'}", []
        if test.operator in ("contains", "size"):
            return _within(column, test)
        values = [sql_value(column, operand) for operand in test.operands]
        if test.operator == "in":
            return f"{name} IN ({', '.join('%s' for _ in values)})", values
        if test.operator == "between":
            return f"{name} BETWEEN %s AND %s", [values[0], values[-1]]
        if test.operator == "eq" and test.attribute in pattern.ignore_case:
            return f"lower({name}) = lower(%s)", values[:1]
        return f"{name} {READ_COMPARATORS[test.operator]} %s", values[:1]

    # ------------------------------------------------------------ writes

    def _insert(self, table: PgTable, call: Call) -> SqlStatement:
        columns = [column for column in table.columns if column.attribute]
        names = ", ".join(quoted(column.name) for column in columns)
        row = "(" + ", ".join("%s" for _ in columns) + ")"
        parameters = [
            sql_value(column, content[column.name])
            for each in call.all
            for content in [columns_of(table, each.after or each.row)]
            for column in columns
        ]
        text = f"INSERT INTO {quoted(table.name)} ({names}) VALUES "
        text += ", ".join(row for _ in call.all)
        is_absent = call.pattern.condition == "absent"
        if is_absent:
            text += " ON CONFLICT DO NOTHING"
        elif table.primary_key:
            key = primary_columns(table)
            changed = [column.name for column in columns if column.name not in key]
            assigned = ", ".join(f"{quoted(name)} = EXCLUDED.{quoted(name)}" for name in changed)
            action = f"UPDATE SET {assigned}" if changed else "NOTHING"
            text += f" ON CONFLICT ({', '.join(map(quoted, key))}) DO {action}"
        return SqlStatement(
            sql=text, parameters=tuple(parameters), needs_row=is_absent, table=table.name
        )

    def _updates(self, call: Call) -> list[SqlStatement]:
        entity = self.model.entity(call.pattern.entity)
        statements = []
        for table in self._tables(entity.name):
            assigned: list[str] = []
            parameters: list[Any] = []
            for name in call.pattern.touched:
                column = table.column_of(name)
                if column is not None:
                    text, values = self._assignment(column, name, call)
                    assigned.append(text)
                    parameters += values
            if not assigned:
                continue
            where, keys = self._identified(table, entity, call)
            text = f"UPDATE {quoted(table.name)} SET {', '.join(assigned)} WHERE {where}"
            statements.append(
                SqlStatement(
                    sql=text,
                    parameters=(*parameters, *keys),
                    needs_row=True,
                    table=table.name,
                )
            )
        return statements

    def _assignment(self, column: Column, name: str, call: Call) -> tuple[str, list[Any]]:
        place, pattern = quoted(column.name), call.pattern
        new = call.after.get(name)
        if name in pattern.removes or new is None:
            return f"{place} = NULL", []
        if name in pattern.increments:
            amount = call.amount(name)
            sign = "-" if amount < 0 else "+"
            return f"{place} = coalesce({place}, 0) {sign} {plain(Decimal(abs(amount)))}", []
        if name in pattern.appends:
            old = call.row.get(name)
            added = list(new)[len(old) if isinstance(old, list) else 0 :]
            value = sql_value(column, added)
            if column.type == "array":
                return f"{place} = {place} || %s::{column.sql}", [value]
            return f"{place} = coalesce({place}, '[]') || %s::jsonb", [value]
        return f"{place} = %s", [sql_value(column, new)]

    def _delete(self, table: PgTable, call: Call) -> SqlStatement:
        where, keys = self._identified(table, self.model.entity(call.pattern.entity), call)
        return SqlStatement(
            sql=f"DELETE FROM {quoted(table.name)} WHERE {where}",
            parameters=tuple(keys),
            needs_row=bool(call.pattern.condition) or call.must_exist,
            table=table.name,
        )

    def _check(self, call: Call) -> SqlStatement:
        entity = self.model.entity(call.pattern.entity)
        table = self._table_with(entity.name, [*entity.key, *call.pattern.condition_on])
        where, keys = self._identified(table, entity, call)
        return SqlStatement(
            sql=f"SELECT 1 FROM {quoted(table.name)} WHERE {where} FOR SHARE",
            parameters=tuple(keys),
            needs_row=True,
            table=table.name,
        )

    def _identified(self, table: PgTable, entity: Entity, call: Call) -> tuple[str, list[Any]]:
        """Return what names the row of an instance, with the condition of the write."""
        names = identifying(entity, call.pattern)
        columns = [self._column(table, name) for name in names]
        terms = [f"{quoted(column.name)} = %s" for column in columns]
        values = [sql_value(c, call.row.get(n)) for c, n in zip(columns, names, strict=True)]
        condition, more = self._write_condition(table, call)
        return " AND ".join([*terms, *condition]), [*values, *more]

    def _write_condition(self, table: PgTable, call: Call) -> tuple[list[str], list[Any]]:
        entity = self.model.entity(table.entity)
        tests = [
            test
            for test in write_tests(entity, call)
            if table.column_of(test.attribute) is not None
            if not test.other or table.column_of(test.other) is not None
        ]
        if not tests:
            return (["false"] if call.must_fail and call.pattern.condition else []), []
        written = [self._write_test(table, test) for test in tests]
        return [text for text, _ in written], [value for _, more in written for value in more]

    def _write_test(self, table: PgTable, test: WriteTest) -> tuple[str, list[Any]]:
        """Return one comparison of a condition; NULL meets none but that for its absence."""
        column = self._column(table, test.attribute)
        name = quoted(column.name)
        if test.operator in ("exists", "absent"):
            return f"{name} IS {'NOT ' if test.operator == 'exists' else ''}NULL", []
        if test.other:
            other = quoted(self._column(table, test.other).name)
            return f"{name} {WRITE_COMPARATORS[test.operator]} {other}", []
        values = [sql_value(column, operand) for operand in test.operands]
        if test.operator == "in":
            return f"{name} IN ({', '.join('%s' for _ in values)})", values
        return f"{name} {WRITE_COMPARATORS[test.operator]} %s", values


_HERE = "ll_to_earth(%s, %s)"


def _earth(column: Column) -> str:
    """Return a place as the point in space that earthdistance indexes."""
    return f"ll_to_earth({quoted(column.name)}[1], {quoted(column.name)}[0])"


def _point(test: Test) -> list[float]:
    point = test.operands[0]
    return [float(point["lat"]), float(point["lon"])]


def _is_single(entity: Entity, pattern: Pattern) -> bool:
    """Whether the conditions name at most one instance."""
    names = set(pattern.equalities)
    return set(entity.key) <= names or any(
        attribute.unique and attribute.name in names for attribute in entity.attributes
    )


def identifying(entity: Entity, pattern: Pattern) -> tuple[str, ...]:
    """Return the attributes that name the instance of a write: those asked by, else the key."""
    names = set(pattern.equalities)
    if not set(entity.key) <= names:
        for attribute in entity.attributes:
            if attribute.unique and attribute.name in names:
                return (attribute.name,)
    return entity.key


def key_of(table: PgTable, row: Row) -> tuple[Any, ...]:
    """Return the values of a table's primary key in a row by column."""
    return tuple(row[name] for name in primary_columns(table))


def _within(column: Column, test: Test) -> tuple[str, list[Any]]:
    """Return what asks for a part of a value, or for its length at least."""
    name, value = quoted(column.name), test.operands[0]
    if test.operator == "contains":
        if column.type == "array":
            return f"%s = ANY({name})", [value]
        if column.type in ("jsonb", "json"):
            return f"{name}::jsonb @> %s::jsonb", [json_text([value])]
        return f"strpos({name}, %s) > 0", [value]
    if column.type == "array":
        return f"cardinality({name}) >= %s", [value]
    if column.type in ("jsonb", "json"):
        length = (
            f"CASE jsonb_typeof({name}::jsonb) WHEN 'array' THEN jsonb_array_length({name}::jsonb) "
            f"ELSE (SELECT count(*) FROM jsonb_object_keys({name}::jsonb)) END"
        )
        return f"{length} >= %s", [value]
    return f"length({name}) >= %s", [value]
