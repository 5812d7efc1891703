"""Ways to a MongoDB: an embedded server of this machine, or the address of one.

In: a target, a folder. Out: an open client, and what has to be closed with it. The embedded server
is SecantusDB in a process of its own (GPL-2.0: it is started and spoken to, never imported); it
listens on a loopback port and ends with the command that started it.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.engines.servers.addresses import require_no_production, shown
from tablewright.evaluation.doors import Target

if TYPE_CHECKING:
    from pymongo import MongoClient

INSTALL = "pip install 'tablewright[mongodb]'"
INSTALL_EMBEDDED = "pip install 'tablewright[mongodb-embedded]'"
PROGRAM = "secantusd-py"
SCHEMES = ("mongodb", "mongodb+srv")
OLDEST = (4, 4)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
STARTS_WITHIN_SECONDS = 60.0
STOPS_WITHIN_SECONDS = 20.0


@frozen
class ReachedMongo:
    """An open client and what belongs to it."""

    client: MongoClient[Any]
    database: str
    """The database that the address names; "" for the one the design names."""
    description: str
    is_local: bool
    is_embedded: bool
    keeps_expired: bool
    """It serves a proof: TTL indexes are made without their expiry, lest sampled data vanish."""
    close: Callable[[], None]
    is_encrypted: bool = True
    """What is sent is encrypted, or does not leave this machine."""


def reach(target: Target, folder: Path, *, creates: bool) -> ReachedMongo:
    """Connect to the database that is meant.

    Raises:
        UsageError: the address is none of MongoDB's, or names production.
        EngineError: nothing answers there, or it refuses.
    """
    if target.is_local:
        folder = Path(target.data) if target.data else folder
        if not creates and not folder.exists():
            return temporary()
        return _embedded(folder, f"the embedded MongoDB ({folder})", lambda: None)
    if target.endpoint.partition("://")[0] not in SCHEMES:
        raise UsageError(
            f"`{shown(target.endpoint) if target.endpoint else 'Amazon DynamoDB'}` is no address "
            "of a MongoDB",
            remedy="write --endpoint mongodb://HOST/DATABASE or mongodb+srv://…",
        )
    client = connect(target.endpoint)
    from pymongo.uri_parser import parse_uri

    parsed = parse_uri(target.endpoint)
    user, database = parsed.get("username") or "nobody", parsed.get("database") or ""
    hosts = tuple(f"{host}:{port}" for host, port in parsed["nodelist"])
    server = f"{', '.join(hosts)}, MongoDB {client.server_info()['version']}, as {user}"
    try:
        require_no_production((*hosts, user, database), server, is_allowed=target.allow_production)
    except UsageError:
        client.close()
        raise
    return ReachedMongo(
        client=client,
        database=database,
        description=server,
        is_local=False,
        is_embedded=False,
        keeps_expired=False,
        close=client.close,
        is_encrypted=_is_encrypted(parsed),
    )


def _is_encrypted(parsed: dict[str, Any]) -> bool:
    """Whether an address asks for TLS, or names this machine only."""
    if parsed["options"].get("tls", parsed["options"].get("ssl", False)):
        return True
    return all(host in LOOPBACK for host, _ in parsed["nodelist"])


def connect(address: str, *, within_seconds: float = 10.0) -> MongoClient[Any]:
    """Open a client and see that the server answers.

    Raises:
        UnsupportedError: the driver is not installed.
        EngineError: nothing answers, the password is wrong, or the server is too old.
    """
    try:
        from pymongo import MongoClient, errors
    except ImportError as problem:
        raise UnsupportedError(
            "MongoDB needs the driver pymongo", remedy=f"install it: {INSTALL}"
        ) from problem
    client: MongoClient[Any] | None = None
    try:
        client = MongoClient(
            address,
            serverSelectionTimeoutMS=int(within_seconds * 1000),
            uuidRepresentation="standard",
            tz_aware=True,
            appname="tablewright",
        )
        version = client.server_info()["versionArray"]
    except (errors.PyMongoError, ValueError) as problem:
        if client is not None:
            client.close()
        raise EngineError(
            f"{shown(address)} cannot be reached: {_reason(problem)}",
            remedy="check the address, that the server runs, and user and password in the address",
        ) from problem
    if tuple(version[:2]) < OLDEST:
        client.close()
        raise EngineError(
            f"{shown(address)} is MongoDB {version[0]}.{version[1]}: too old",
            remedy=f"take version {OLDEST[0]}.{OLDEST[1]} or later",
        )
    return client


def _reason(problem: Exception) -> str:
    text = str(problem).partition(", Timeout:")[0].strip()
    return text.splitlines()[0] if text else type(problem).__name__


def temporary() -> ReachedMongo:
    """Start an embedded server whose data are gone once it is closed."""
    folder = Path(mkdtemp(prefix="tablewright-mongo-"))

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    description = "the embedded MongoDB, in a temporary folder"
    return _embedded(folder, description, remove, keeps_expired=True)


def _program() -> str:
    beside = Path(sys.executable).parent / PROGRAM
    program = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if program is None:
        raise UnsupportedError(
            "an embedded MongoDB is not installed",
            remedy=f"install it (SecantusDB, GPL-2.0, run as a process of its own): "
            f"{INSTALL_EMBEDDED}; or name a server: --endpoint mongodb://…",
        )
    return program


def _embedded(
    folder: Path, description: str, remove: Callable[[], None], *, keeps_expired: bool = False
) -> ReachedMongo:
    folder.mkdir(parents=True, exist_ok=True)
    port, log = _free_port(), folder / "server.log"
    options = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder.resolve())]
    # Without --sync-on-commit acknowledged writes are lost when the process is killed.
    command = [_program(), *options, "--sync-on-commit", "--log-level", "ERROR"]
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, cwd=folder
        )
    address = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    try:
        client = _await(process, address, log)
    except BaseException:
        _stop(process)
        remove()
        raise

    def close() -> None:
        client.close()
        _stop(process)
        remove()

    return ReachedMongo(
        client=client,
        database="",
        description=f"{description}, SecantusDB",
        is_local=True,
        is_embedded=True,
        keeps_expired=keeps_expired,
        close=close,
    )


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> MongoClient[Any]:
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            return connect(address, within_seconds=2.0)
        except EngineError as problem:
            has_ended = process.poll() is not None
            if not has_ended and time.monotonic() < until:
                continue
            text = log.read_text(errors="replace").strip()
            last = text.splitlines()[-1] if text else problem.message
            raise EngineError(
                f"the embedded MongoDB does not start: {last}",
                remedy=f"look at {log}; another process may use the folder",
            ) from problem


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
