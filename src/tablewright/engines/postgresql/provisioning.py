"""From what exists in a PostgreSQL database to the tables of a design, one statement at a time.

In: a connection, a design. Out: what exists, and the statements that are missing. The design is
created for comparison in a schema that is rolled back, so that the server itself says how it writes
types, checks and indexes: nothing is compared as text that somebody typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tablewright.engines.postgresql.ddl import (
    column_sql,
    create_sql,
    extensions,
    index_sql,
    literal,
    quoted,
    reference_name,
    reference_sql,
)
from tablewright.engines.postgresql.design import Column, PgTable, PostgresDesign
from tablewright.evaluation.doors import ProvisionPlan, ProvisionStep

if TYPE_CHECKING:
    import psycopg

SCRATCH = "tablewright_scratch"
MARK = "tablewright:"
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname, a.attnum
"""
CONSTRAINTS = """
SELECT c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND k.contype <> 'n'
"""
INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid), x.indisvalid
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)
"""
TABLES = """
SELECT c.relname, obj_description(c.oid, 'pg_class'), c.reltuples::bigint,
       pg_total_relation_size(c.oid), c.relpages
FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
"""


@dataclass(kw_only=True)
class ObservedPgTable:
    """A table as the server describes it."""

    name: str
    comment: str = ""
    rows: int = 0
    bytes: int = 0
    columns: dict[str, tuple[str, bool, str]] = field(default_factory=dict)
    """Type, NOT NULL, default."""
    primary_key: str = ""
    checks: dict[str, str] = field(default_factory=dict)
    foreign_keys: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    invalid: set[str] = field(default_factory=set)
    """Indexes whose concurrent build was interrupted."""

    def is_foreign(self, app: str) -> bool:
        """Whether it was not made here for an application."""
        return not self.comment.startswith(f"{MARK}{app}/")


def mark_sql(table: str, app: str, design: str) -> str:
    """Return the statement that marks a table as one of a design."""
    return f"COMMENT ON TABLE {quoted(table)} IS {literal(f'{MARK}{app}/{design}')}"


def observe(connection: psycopg.Connection[Any], schema: str) -> dict[str, ObservedPgTable]:
    """Return the tables of a schema."""
    tables: dict[str, ObservedPgTable] = {}
    for name, comment, rows, size, _ in connection.execute(TABLES, (quoted(schema),)):
        tables[name] = ObservedPgTable(name=name, comment=comment or "", rows=rows, bytes=size)
    for name, column, kind, not_null, default in connection.execute(COLUMNS, (quoted(schema),)):
        if name in tables:
            tables[name].columns[column] = (kind, not_null, default or "")
    for name, constraint, kind, text in connection.execute(CONSTRAINTS, (quoted(schema),)):
        if name not in tables:
            continue
        text = _unqualified(text, schema)
        if kind == "p":
            tables[name].primary_key = text
        elif kind == "f":
            tables[name].foreign_keys[constraint] = text
        elif kind == "c":
            tables[name].checks[constraint] = text
    for name, index, text, is_valid in connection.execute(INDEXES, (quoted(schema),)):
        if name in tables:
            tables[name].indexes[index] = _unqualified(text, schema)
            if not is_valid:
                tables[name].invalid.add(index)
    return tables


def _unqualified(text: str, schema: str) -> str:
    return re.sub(rf'(?<![\w"])(?:{re.escape(schema)}|{re.escape(quoted(schema))})\.', "", text)


def desired(
    connection: psycopg.Connection[Any], design: PostgresDesign
) -> dict[str, ObservedPgTable]:
    """Return the tables of a design as this server would describe them; nothing is left behind."""
    import psycopg

    with connection.transaction() as transaction:
        for statement in extensions(design):
            connection.execute(statement)
        connection.execute(f"CREATE SCHEMA {SCRATCH}")
        connection.execute(f"SET LOCAL search_path = {SCRATCH}, public")
        for table in design.tables:
            for statement in create_sql(table):
                connection.execute(statement)
        for table in design.tables:
            for key in table.foreign_keys:
                connection.execute(reference_sql(table, key))
            for index in table.indexes:
                connection.execute(index_sql(table, index))
        tables = observe(connection, SCRATCH)
        raise psycopg.Rollback(transaction)
    return tables


def plan(
    design: PostgresDesign,
    app: str,
    observed: Mapping[str, ObservedPgTable],
    wanted: Mapping[str, ObservedPgTable],
    *,
    adopt: bool = False,
    relations: Iterable[str] = (),
) -> ProvisionPlan:
    """Return the statements from what exists to a design.

    Args:
        design: the design.
        app: the application.
        observed: the tables that exist, by name.
        wanted: the tables of the design as the server would describe them.
        adopt: take over tables that were not made here.
        relations: the names of all tables, indexes and views of the schema.
    """
    steps: list[ProvisionStep] = []
    refused: list[str] = []
    beyond: list[str] = []
    strange = [t.name for t in design.tables if t.name in observed]
    strange = [name for name in strange if observed[name].is_foreign(app) and not adopt]
    if strange:
        verb = "was" if len(strange) == 1 else "were"
        refused.append(
            f"{', '.join(strange)} {verb} not made here for {app}: look at the differences "
            "(`tablewright status`), then say --adopt to take over what is there"
        )
    fresh = [table for table in design.tables if table.name not in observed]
    claimed = set(relations) - set(observed)
    if fresh:
        steps += [_step(text, fresh[0].name, text) for text in extensions(design)]
    for table in fresh:
        if table.name in claimed:
            refused.append(f"{table.name} exists and is not a table: rename or drop it first")
            continue
        statement = "; ".join([*create_sql(table), mark_sql(table.name, app, design.name)])
        steps.append(_step(f"create the table {table.name}", table.name, statement))
    for table in design.tables:
        if table.name in strange:
            continue
        existing = observed.get(table.name)
        change = _Change(table, existing, wanted[table.name], claimed)
        if existing is not None:
            if existing.comment != f"{MARK}{app}/{design.name}":
                mark = mark_sql(table.name, app, design.name)
                text = f"mark {table.name} as a table of {app}"
                steps.append(replace(_step(text, table.name, mark), marks=True))
            change.columns()
        change.references()
        change.indexes()
        steps += change.steps
        refused += change.refused
        beyond += change.beyond
    return ProvisionPlan(steps=tuple(steps), refused=tuple(refused), beyond=tuple(beyond))


def _step(
    text: str, table: str, statement: str, *, destroys: bool = False, is_slow: bool = False
) -> ProvisionStep:
    return ProvisionStep(
        text=text,
        container=table,
        operation="SQL",
        parameters={"sql": statement},
        statement=statement,
        destroys=destroys,
        is_slow=is_slow,
    )


class _Change:
    """The statements for one table."""

    def __init__(
        self,
        table: PgTable,
        existing: ObservedPgTable | None,
        wanted: ObservedPgTable,
        taken: set[str],
    ) -> None:
        self.table, self.existing, self.wanted, self.taken = table, existing, wanted, taken
        self.steps: list[ProvisionStep] = []
        self.refused: list[str] = []
        self.beyond: list[str] = []

    def add(self, text: str, statement: str, **options: bool) -> None:
        """Add a step."""
        self.steps.append(_step(text, self.table.name, statement, **options))

    def columns(self) -> None:
        """Add columns that are missing; say which differ, and which the design does not have."""
        existing, name = self.existing, self.table.name
        assert existing is not None
        if existing.primary_key != self.wanted.primary_key:
            self.refused.append(
                f"{name} has {existing.primary_key or 'no primary key'}, the design says "
                f"{self.wanted.primary_key}: give the new table another name and copy the rows, or "
                "remove this one with `down`"
            )
        for column in self.table.columns:
            kind, not_null, _ = self.wanted.columns[column.name]
            if column.name not in existing.columns:
                self._add_column(column)
                continue
            other, is_required, _ = existing.columns[column.name]
            if other != kind:
                self.refused.append(
                    f"{name}.{column.name} is {other}, the design says {kind}: change the column "
                    "with a migration of your own, or the design"
                )
            elif is_required != not_null:
                verb = "SET" if not_null else "DROP"
                self.add(
                    f"{'require' if not_null else 'no longer require'} {name}.{column.name}",
                    f"ALTER TABLE {quoted(name)} ALTER {quoted(column.name)} {verb} NOT NULL",
                    is_slow=not_null,
                )
        extra = [column for column in existing.columns if column not in self.wanted.columns]
        self.beyond += [f"{name} has the column {column}" for column in extra]
        for check, text in self.wanted.checks.items():
            if text not in existing.checks.values():
                self.add(
                    f"add the check {check} to {name}",
                    f"ALTER TABLE {quoted(name)} ADD CONSTRAINT {quoted(check)} {text}",
                    is_slow=True,
                )

    def _add_column(self, column: Column) -> None:
        name = self.table.name
        if column.not_null and not column.default and self.existing and self.existing.rows:
            self.refused.append(
                f"{name} has rows and lacks {column.name}, which the design requires without a "
                "default: add the column with values of your own first"
            )
            return
        self.add(
            f"add the column {column.name} to {name}",
            f"ALTER TABLE {quoted(name)} ADD COLUMN {column_sql(column)}",
        )

    def references(self) -> None:
        """Add foreign keys that are missing."""
        known = {} if self.existing is None else self.existing.foreign_keys
        for key in self.table.foreign_keys:
            name = reference_name(self.table, key)
            if self.wanted.foreign_keys[name] not in known.values():
                self.add(
                    f"add the foreign key {name} to {self.table.name}",
                    reference_sql(self.table, key),
                    is_slow=self.existing is not None,
                )

    def indexes(self) -> None:
        """Add, replace and drop indexes; those of a table that exists are built concurrently."""
        known = {} if self.existing is None else self.existing.indexes
        invalid = set() if self.existing is None else self.existing.invalid
        names = [index.name for index in self.table.indexes]
        for index in self.table.indexes:
            exists = index.name in known
            if exists and known[index.name] == self.wanted.indexes[index.name]:
                if index.name not in invalid:
                    continue
                self.add(
                    f"drop the unfinished index {index.name}", self._drop(index.name), is_slow=False
                )
            elif exists:
                self.add(
                    f"drop the index {index.name} of {self.table.name}, to build it again",
                    self._drop(index.name),
                    destroys=True,
                )
            elif index.name in self.taken:
                self.refused.append(
                    f"the name {index.name} is taken by something else in the schema: rename that, "
                    "or the index of the design"
                )
                continue
            statement = index_sql(self.table, index)
            if self.existing is not None and not self.table.partition_by:
                statement = statement.replace("INDEX", "INDEX CONCURRENTLY", 1)
            self.add(
                f"build the index {index.name} of {self.table.name}",
                statement,
                is_slow=self.existing is not None,
            )
        for name in known:
            if name not in names:
                self.add(
                    f"drop the index {name} of {self.table.name}", self._drop(name), destroys=True
                )

    def _drop(self, name: str) -> str:
        is_concurrent = "" if self.table.partition_by else "CONCURRENTLY "
        return f"DROP INDEX {is_concurrent}{quoted(name)}"


def drop_sql(names: Sequence[str]) -> str:
    """Return the statement that drops tables, whichever of them refer to each other."""
    return f"DROP TABLE {', '.join(map(quoted, names))}"
