"""A real server prunes partitions as the router says: by month, a range touching one more.

A year of events in twelve partitions; EXPLAIN ANALYZE tells which of them were looked into.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tablewright import read_model
from tablewright.engines.postgresql.ddl import ddl
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.session import Session

pytestmark = pytest.mark.needs_server
MODEL = """
app: t
region: us-east-1
scales: [10]
horizon: 365d
entities:
  Event:
    key: [owner, at, no]
    count: 10/day/user
    append_only: true
    attributes:
      owner: {type: int, min: 1, max: 10}
      at: {type: timestamp, role: time}
      no: id(4)
patterns:
  all: {list: Event, where: owner, all: true, rate: 1/user/day}
  month: {list: Event, where: {owner: given, at: {between: 10%}}, all: true, rate: 1/user/day}
  newest: {list: Event, where: owner, sort: -at, limit: 20, rate: 1/user/day}
  sum: {aggregate: Event, where: {at: {between: 10%}}, rate: 1/day, purpose: report}
designs:
  p: {engine: postgresql, tables: {event: {holds: Event, partition_by: at}}}
"""
TENTH = "at BETWEEN '{low}' AND '{low}'::timestamptz + interval '36.5 days'"
QUERIES = {
    "all": "SELECT * FROM event WHERE owner = 3",
    "month": f"SELECT * FROM event WHERE owner = 3 AND {TENTH}",
    "newest": "SELECT * FROM event WHERE owner = 3 ORDER BY at DESC LIMIT 20",
    "sum": f"SELECT count(*) FROM event WHERE {TENTH}",
}
STARTS = [f"2026-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 29, 3)]
"""Where ranges of a tenth of the year begin: every third day of ten months."""


@pytest.fixture(scope="module")
def year(server):
    file = read_model(MODEL)
    design = file.design("p")
    assert isinstance(design, PostgresDesign)
    create, rest, *_ = ddl(design)
    server.execute("DROP TABLE IF EXISTS event")
    server.execute(create)
    for month in range(1, 13):
        after = f"2026-{month + 1:02}-01" if month < 12 else "2027-01-01"
        server.execute(
            f"CREATE TABLE event_{month:02} PARTITION OF event "
            f"FOR VALUES FROM ('2026-{month:02}-01') TO ('{after}')"
        )
    server.execute(rest)
    server.execute(
        "INSERT INTO event (owner, at, no) SELECT n % 10 + 1, "
        "'2026-01-01Z'::timestamptz + n * interval '14.4 min', to_char(n, 'FM00000') "
        "FROM generate_series(1, 36499) n"
    )
    server.execute("VACUUM ANALYZE event")
    evaluation = Session(file=file).evaluate("p")
    assert isinstance(evaluation, ServerEvaluation)
    return server, evaluation


def touched(server: Any, sql: str) -> int:
    """Return how many partitions were looked into, the one for the rest apart."""
    (found,) = server.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}").fetchone()
    names = set()

    def walk(node: dict[str, Any]) -> None:
        if node.get("Relation Name", "").startswith("event_") and node["Actual Loops"]:
            names.add(node["Relation Name"])
        for inner in node.get("Plans", ()):
            walk(inner)

    walk(found[0]["Plan"])
    return len(names - {"event_rest"})


def test_without_the_time_every_month_is_looked_into(year):
    server, evaluation = year
    assert touched(server, QUERIES["all"]) == 12
    assert evaluation.route("all").requests[0].note.count("12 of 12 partitions") == 1


@pytest.mark.parametrize("name", ["month", "sum"])
def test_a_tenth_of_the_year_touches_two_months_and_a_bit(year, name):
    server, evaluation = year
    found = [touched(server, QUERIES[name].format(low=low)) for low in STARTS]
    real = Decimal(sum(found)) / len(found)
    assert "2.20 of 12 partitions" in evaluation.route(name).requests[0].note
    assert abs(real - Decimal("2.2")) < Decimal("0.15")


def test_the_newest_are_merged_from_all_months(year):
    # The partition for the rest may hold any time, so the months cannot be read one after another.
    server, evaluation = year
    assert touched(server, QUERIES["newest"]) == 12
    assert "12 of 12 partitions" in evaluation.route("newest").requests[0].note
