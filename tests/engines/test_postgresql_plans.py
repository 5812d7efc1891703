"""A real planner: PostgreSQL goes through the index that our router chose, at 100,000 rows.

Tables are loaded with sampled rows, indexed and analysed; each read of the model is written as SQL
with values of an actual row, and EXPLAIN tells which index serves it. Settings are those PostgreSQL
comes with (random_page_cost 4), so that a scan is rather too cheap than too dear.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import tablewright
from pg_values import sent
from tablewright import ModelFile, load
from tablewright.engines.postgresql.ddl import ddl, extensions, quoted
from tablewright.engines.postgresql.design import PgTable, PostgresDesign
from tablewright.engines.postgresql.engine import PostgresEngine
from tablewright.engines.postgresql.plan import plan
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.model.values import Condition, Entity, Model, Pattern, Verb
from tablewright.sample.sample import Sample
from tablewright.session import Session

pytestmark = pytest.mark.needs_server
APPS = Path(tablewright.__file__).parent / "apps"
ROWS = 100_000
READS = (Verb.GET, Verb.LIST, Verb.AGGREGATE, Verb.NEAR)
RANGES = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Loaded:
    """A table with its sampled rows in the server, at the users that make so many rows."""

    def __init__(
        self, connection: Any, model: Model, design: PostgresDesign, table: PgTable, n: int
    ):
        self.connection, self.model, self.table = connection, model, table
        self.entity: Entity = model.entity(table.entity)
        self.users = math.ceil(n / model.instances(table.entity, 1000) * 1000)
        sample = Sample(model)
        self.columns = {
            a.name: sample.values(self.entity.name, a.name, n, self.users)
            for a in self.entity.attributes
            if table.column_of(a.name) is not None
        }
        statements = ddl(design)
        mine = [
            s for s in statements if f" {quoted(table.name)} " in s and "ADD CONSTRAINT" not in s
        ]
        for statement in extensions(design):
            connection.execute(statement)
        connection.execute(f"DROP TABLE IF EXISTS {quoted(table.name)}")
        connection.execute(mine[0])
        self.fill(n)
        for statement in mine[1:]:
            connection.execute(statement)
        connection.execute(f"VACUUM ANALYZE {quoted(table.name)}")

    def fill(self, n: int) -> None:
        held = [c for c in self.table.columns if c.attribute]
        names = ", ".join(quoted(c.name) for c in held)
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {quoted(self.table.name)} ({names}) FROM STDIN") as copy,
        ):
            for at in range(n):
                copy.write_row([sent(self.columns[c.attribute][at], c.type) for c in held])

    def column(self, attribute: str) -> str:
        column = self.table.column_of(attribute)
        assert column is not None
        return quoted(column.name)

    def literal(self, attribute: str, value: Any) -> str:
        column = self.table.column_of(attribute)
        assert column is not None
        text = str(sent(value, column.type)).replace("'", "''")
        return f"'{text}'::{column.sql}"

    def usual_row(self, pattern: Pattern) -> int:
        """Return a row whose values are about as frequent as the router takes them to be."""
        counts = {
            c.attribute: Counter(map(str, self.columns[c.attribute]))
            for c in pattern.where
            if c.operator == "eq" and c.value is None and self.table.column_of(c.attribute)
        }

        def oddness(at: int) -> float:
            shares = (
                (held[str(self.columns[name][at])] / len(self.columns[name]), 1 / len(held))
                for name, held in counts.items()
            )
            return sum(abs(share - taken) for share, taken in shares)

        return min(range(min(2000, len(self.columns[self.entity.key[0]]))), key=oddness)

    def where(self, pattern: Pattern) -> str:
        row = self.usual_row(pattern)
        parts = [self.condition(c, row) for c in pattern.where if self.table.column_of(c.attribute)]
        return " AND ".join(parts) or "true"

    def condition(self, c: Condition, row: int) -> str:
        name = self.column(c.attribute)
        if c.operator == "in":
            return f"{name} IN ({', '.join(self.literal(c.attribute, v) for v in c.values)})"
        if c.operator == "eq":
            value = c.value if c.value is not None else self.columns[c.attribute][row]
            return f"{name} = {self.literal(c.attribute, value)}"
        held = sorted(v for v in self.columns[c.attribute] if v is not None)
        share = float(c.share if c.share is not None else 0.3)
        n = len(held) - 1
        if c.operator == "between":
            low, high = held[int(n * (0.5 - share / 2))], held[int(n * (0.5 + share / 2))]
            return (
                f"{name} BETWEEN {self.literal(c.attribute, low)} "
                f"AND {self.literal(c.attribute, high)}"
            )
        edge = held[int(n * (share if c.operator in ("lt", "le") else 1 - share))]
        return f"{name} {RANGES[c.operator]} {self.literal(c.attribute, edge)}"

    def sql(self, pattern: Pattern) -> str:
        wanted = pattern.select or self.entity.names
        names = [n for n in wanted if self.table.column_of(n)]
        columns = ", ".join(self.column(name) for name in names)
        if pattern.verb is Verb.AGGREGATE:
            columns = "count(*), " + ", ".join(f"max({self.column(n)})" for n in names)
        text = f"SELECT {columns} FROM {quoted(self.table.name)} WHERE {self.where(pattern)}"
        order = [self.column(n) + (" DESC" if down else "") for n, down in pattern.sort]
        if pattern.verb is Verb.NEAR:
            place = next(c for c in self.table.columns if c.type == "point")
            point = self.columns[place.attribute][0]
            here = f"ll_to_earth({point['lat']}, {point['lon']})"
            there = f"ll_to_earth({quoted(place.name)}[1], {quoted(place.name)}[0])"
            metres = (pattern.radius_km or 10) * 1000
            text += f" AND earth_box({here}, {metres}) @> {there}"
            text += f" AND earth_distance({here}, {there}) <= {metres}"
            order = [f"{there} <-> {here}"]
        if order and pattern.verb is not Verb.AGGREGATE:
            text += f" ORDER BY {', '.join(order)}"
        if pattern.limit is not None and not pattern.complete:
            text += f" LIMIT {pattern.limit}"
        return text

    def used(self, pattern: Pattern) -> str:
        """Return the index that PostgreSQL goes through, or the table where it scans it."""
        (found,) = self.connection.execute(f"EXPLAIN (FORMAT JSON) {self.sql(pattern)}").fetchone()
        names = list(indexes_of(found[0]["Plan"]))
        return f"{self.table.name}/{names[0]}" if names else self.table.name


def indexes_of(node: dict[str, Any]):
    if "Index Name" in node:
        yield node["Index Name"]
    for inner in node.get("Plans", ()):
        yield from indexes_of(inner)


def compared(server: Any, file: ModelFile, design: PostgresDesign, name: str, rows: int):
    """Yield each read of a table with the index we chose and the one PostgreSQL uses."""
    table = design.table(name)
    held = Loaded(server, file.model, design, table, rows)
    evaluation = PostgresEngine().evaluate(
        file.model, design, held.users, Session(file=file).book(), sample_items=64, cases=("value",)
    )
    assert isinstance(evaluation, ServerEvaluation)
    for pattern in file.model.patterns:
        if pattern.entity == table.entity and pattern.verb in READS:
            yield pattern.name, evaluation.route(pattern.name).target, held.used(pattern)


MAIN = [
    ("poafix", "", "service_request", ROWS),
    ("poafix", "", "booking", ROWS),
    ("poafix", "", "job", ROWS),
    ("poafix", "", "notification", ROWS),
    ("poafix", "", "app_user", 40_000),
    ("poafix", "", "provider", 10_000),
    ("llm-proxy", "", "usage", ROWS),
    ("llm-proxy", "", "app_user", 40_000),
    ("mongocollectibles", "postgresql", "rentals", ROWS),
    ("mongocollectibles", "postgresql", "collectibles", 200),
    ("mongocollectibles", "postgresql", "warehouses", 600),
]
"""Planned designs, and the stated one; the stores and parents that do not grow as they are."""


TIES = {("poafix", "availableProvidersByType")}
"""Two plans of nearly the same cost by its own constants: 185 to scan until 50 are found, 198 by
the index, which it takes."""


@pytest.mark.parametrize(("app", "stated", "table", "rows"), MAIN)
def test_postgresql_uses_the_index_that_was_chosen(server, app, stated, table, rows, capsys):
    file = load(APPS / app)
    design = file.design(stated) if stated else plan(file.model)
    found = list(compared(server, file, design, table, rows))
    with capsys.disabled():
        for name, ours, real in found:
            print(f"  {app:18} {name:28} {ours:58} {'same' if ours == real else real}")  # noqa: T201
    assert found
    apart = [one for one in found if one[1] != one[2]]
    assert [one for one in apart if (app, one[0]) not in TIES] == []
