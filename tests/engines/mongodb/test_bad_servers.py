"""Servers that refuse, die or are others: the message names the cause, the next `up` goes on.

The server is SecantusDB, which knows users and roles as MongoDB does.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tablewright import apps, read_model
from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.engines.mongodb import targets
from tablewright.engines.mongodb.adapter import MongoAdapter, _asked, missing_right
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.mongodb.targets import connect, reach
from tablewright.evaluation.doors import Target
from tablewright.session import Options, Session

APP = "mongocollectibles"
pytest.importorskip("pymongo")


def silent(text: str) -> None:
    pass


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(read_model(apps.read(APP), f"{APP}.yaml"), Options())


@pytest.fixture
def design(session: Session) -> MongoDesign:
    design = session.design("planned-mongodb")
    assert isinstance(design, MongoDesign)
    return design


class Server:
    """SecantusDB as a process of its own on a folder, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        try:
            self.program = targets._program()
        except UnsupportedError as problem:
            pytest.skip(str(problem))
        self.folder, self.port = folder, targets._free_port()
        self.start()

    def start(self, *more: str) -> None:
        """Start it and wait until it answers."""
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--sync-on-commit"]
        options += ["--log-level", "ERROR", "--storage-path", str(self.folder), *more]
        self.process = subprocess.Popen([self.program, *options], stdin=subprocess.DEVNULL)
        while True:
            try:
                connect(self.address(), within_seconds=1).close()
                return
            except EngineError:
                assert self.process.poll() is None
                time.sleep(0.05)

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def address(self, user: str = "") -> str:
        """Return its address, of a user where one is named."""
        return f"mongodb://{user}127.0.0.1:{self.port}/shop?directConnection=true&authSource=admin"

    def adapter(self, session: Session, design: MongoDesign, user: str = "") -> MongoAdapter:
        """Return an adapter on it."""
        reached = reach(Target(endpoint=self.address(user)), self.folder, creates=False)
        return MongoAdapter(session.model, design, reached)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.kill()


# ---------------------------------------------------------------- without a server


def test_an_address_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(EngineError) as caught:
        connect("mongodb://ana:secret@127.0.0.1:1/shop", within_seconds=0.2)
    assert "mongodb://127.0.0.1:1/shop cannot be reached" in caught.value.message
    assert "secret" not in str(caught.value)


def test_something_else_that_answers_there_is_no_mongodb() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        port = listener.getsockname()[1]
        with pytest.raises(EngineError, match=f"127.0.0.1:{port}/shop cannot be reached"):
            connect(f"mongodb://127.0.0.1:{port}/shop?directConnection=true", within_seconds=0.5)


def test_a_full_disk_is_named_and_that_what_was_acknowledged_is_there() -> None:
    from pymongo.errors import OperationFailure

    def write() -> None:
        raise OperationFailure("available disk space is less than required", code=14031)

    with pytest.raises(EngineError) as caught:
        _asked(write)
    assert caught.value.message == (
        "the server's disk is full: available disk space is less than required"
    )
    assert caught.value.remedy == "make room, then repeat: what was acknowledged is there"


def test_a_right_without_a_database_is_told_as_the_server_says_it() -> None:
    error = missing_right("command listDatabases requires authentication")
    assert error.message == "a right is missing: command listDatabases requires authentication"
    assert error.remedy == "have it granted to this user, or connect as another one"


# ---------------------------------------------------------------- a server


@pytest.mark.needs_server
def test_a_version_that_is_too_old_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "OLDEST", (99, 0))
    with pytest.raises(EngineError) as caught:
        connect(server.address())
    assert "is MongoDB 8." in caught.value.message
    assert "too old" in caught.value.message
    assert caught.value.remedy == "take version 99.0 or later"


@pytest.mark.needs_server
def test_a_wrong_password_and_a_missing_role_are_named(
    session: Session, design: MongoDesign, server: Server
) -> None:
    with connect(server.address()) as client:
        role: dict[str, Any] = {"role": "read", "db": "shop"}
        client.admin.command("createUser", "guest", pwd="right", roles=[role])
    server.kill()
    server.start("--auth")
    with pytest.raises(EngineError) as caught:
        server.adapter(session, design, "guest:hidden@").plan_provision()
    assert "authentication failed" in caught.value.message.lower()
    assert "user and password in the address" in (caught.value.remedy or "")
    assert "hidden" not in str(caught.value)
    adapter = server.adapter(session, design, "guest:right@")
    first = adapter.plan_provision().steps[0]
    with pytest.raises(EngineError) as denied:
        adapter.provision(first, silent)
    assert denied.value.message.startswith("a right is missing: not authorized on shop")
    assert denied.value.remedy == (
        "have an administrator run: db.grantRolesToUser(…, "
        '[{role: "readWrite", db: "shop"}, {role: "dbAdmin", db: "shop"}])'
    )
    adapter.close()


@pytest.mark.needs_server
def test_a_collection_and_an_index_of_somebody_else_are_not_touched_without_leave(
    session: Session, design: MongoDesign, server: Server
) -> None:
    adapter = server.adapter(session, design)
    name, index = next((c.name, i) for c in design.collections for i in c.indexes)
    with connect(server.address()) as client:
        client["shop"][name].insert_one({"_id": "theirs", "other": 1})
        client["shop"][name].create_index([("other", 1)], name=index.name)
    (refused,) = adapter.plan_provision().refused
    assert f"{name} was not made here for {APP}" in refused
    plan = adapter.plan_provision(adopt=True)
    assert plan.destroys
    assert f"drop the index {index.name} of {name}, to build it again" in [
        step.text for step in plan.steps if step.destroys
    ]
    adapter.close()


@pytest.mark.needs_server
def test_what_a_killed_server_did_not_do_is_done_by_the_next_up(
    session: Session, design: MongoDesign, server: Server
) -> None:
    adapter = server.adapter(session, design)
    steps = adapter.plan_provision().steps
    done, rest = steps[:2], steps[2:]
    for step in done:
        adapter.provision(step, silent)
    server.kill()
    with pytest.raises(EngineError) as caught:
        adapter.provision(rest[0], silent)
    assert caught.value.message.startswith("the connection to MongoDB is gone: ")
    assert "check that the server runs, then repeat" in (caught.value.remedy or "")
    adapter.close()
    server.start()
    adapter = server.adapter(session, design)
    assert [s.text for s in adapter.plan_provision().steps] == [s.text for s in rest]
    for step in adapter.plan_provision().steps:
        adapter.provision(step, silent)
    assert adapter.plan_provision().steps == ()
    adapter.close()
