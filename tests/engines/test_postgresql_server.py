"""A real PostgreSQL: the DDL applies, and tables and indexes take the bytes that were predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tablewright
from pg_values import sent
from tablewright import load
from tablewright.engines.postgresql.ddl import ddl, quoted
from tablewright.engines.postgresql.design import PgTable, PostgresDesign
from tablewright.engines.postgresql.layout import PgLayout
from tablewright.engines.postgresql.plan import plan
from tablewright.sample.sample import Sample

pytestmark = pytest.mark.needs_server
APPS = Path(tablewright.__file__).parent / "apps"
ROWS = 3000


@pytest.fixture
def schema(server):
    server.execute("DROP SCHEMA IF EXISTS public CASCADE")
    server.execute("CREATE SCHEMA public")
    return server


def fill(connection: Any, table: PgTable, values: list[dict[str, Any]]) -> None:
    """Insert row by row: COPY would extend the file by many empty pages at once."""
    names = ", ".join(quoted(column.name) for column in table.columns)
    places = ", ".join(f"%s::{column.sql}" for column in table.columns)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({places})",
            [[sent(row[c.name], c.type) for c in table.columns] for row in values],
        )


@pytest.mark.parametrize(
    "app", ["poafix", "mongocollectibles", "llm-proxy", "auxeira", "screen-time-journey"]
)
def test_the_ddl_of_a_planned_design_applies(schema, app):
    for statement in ddl(plan(load(APPS / app).model)):
        schema.execute(statement)


def test_the_ddl_of_the_stated_schema_applies(schema):
    design = load(APPS / "mongocollectibles").design("postgresql")
    assert isinstance(design, PostgresDesign)
    for statement in ddl(design):
        schema.execute(statement)
    found = schema.execute(
        "SELECT count(*) FROM information_schema.table_constraints "
        "WHERE constraint_type = 'FOREIGN KEY'"
    ).fetchone()
    assert found == (2,)


@pytest.mark.parametrize("app", ["poafix", "mongocollectibles", "llm-proxy"])
def test_tables_and_indexes_take_the_bytes_that_were_predicted(schema, app, capsys):
    model = load(APPS / app).model
    design = plan(model)
    statements = ddl(design)
    for statement in statements:
        if statement.startswith(("CREATE TABLE", "CREATE EXTENSION")):
            schema.execute(statement)
    figures = [
        one for table in design.tables for one in measure(schema, model, design, table, statements)
    ]
    with capsys.disabled():
        print(f"\n{app}: predicted and real bytes")  # noqa: T201
        for name, size, real in figures:
            share = 100 * (size - real) / real if real else 0
            print(f"  {name:62} {size:>12,} {real:>12,} {share:6.1f} %")  # noqa: T201
    wrong = [
        (name, size, real)
        for name, size, real in figures
        if abs(size - real) > max(real * 5 // 100, least_pages(name) * 8192)
    ]
    assert wrong == []


def least_pages(name):
    """Return the pages that a size may be off: GiST picks at random among those as good."""
    return 3 if "_near_" in name else 1


def measure(connection, model, design, table, statements):
    """Load a table, index it, and return names with predicted and real bytes."""
    rows = min(ROWS, int(model.instances(table.entity, max(model.scales))))
    values = PgLayout(model, design, Sample(model), rows).values(table)
    fill(connection, table, values)
    for statement in statements:
        if "INDEX" in statement and f" ON {quoted(table.name)} " in statement:
            connection.execute(statement)
    connection.execute(f"REINDEX TABLE {quoted(table.name)}")
    ratios = {(table.name, name): r for name, r in measured_ratios(connection, table).items()}
    layout = PgLayout(model, design, Sample(model), rows, ratios)
    predicted = layout.loaded(table, len(values), ratio=1.0)
    for name, size in predicted.indexes:
        yield name, size, size_of(connection, name)
    if ratios:
        # How well one value is compressed decides where it lies: only the whole can be predicted.
        (real,) = connection.execute(
            f"SELECT pg_total_relation_size('{quoted(table.name)}')"
        ).fetchone()
        whole = predicted.heap + predicted.toast + sum(size for _, size in predicted.indexes)
        yield f"{table.name} (rows, compressed, and indexes)", whole, real
        return
    yield table.name, predicted.heap, size_of(connection, table.name)
    (toast,) = connection.execute(
        "SELECT coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0) "
        f"FROM pg_class WHERE oid = '{quoted(table.name)}'::regclass"
    ).fetchone()
    if toast:
        yield f"{table.name} (toast)", predicted.toast, toast


def size_of(connection, name):
    (real,) = connection.execute(f"SELECT pg_relation_size('{quoted(name)}')").fetchone()
    return real


def measured_ratios(connection: Any, table: PgTable) -> dict[str, float]:
    """Return what compression leaves of large values: it follows from the data, as they are."""
    found = {}
    for column in table.columns:
        if column.type not in ("text", "jsonb"):
            continue
        name = quoted(column.name)
        # An expression is not compressed: its size is that of the plain value, header included.
        plain = (
            f"jsonb_path_query_first({name}, '$')" if column.type == "jsonb" else f"{name} || ''"
        )
        packed, whole = connection.execute(
            f"SELECT sum(pg_column_size({name})), sum(pg_column_size({plain})) "
            f"FROM {quoted(table.name)} WHERE pg_column_compression({name}) IS NOT NULL"
        ).fetchone()
        if packed:
            found[column.name] = float(packed) / float(whole)
    return found
