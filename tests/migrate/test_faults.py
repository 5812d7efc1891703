"""Credentials that expire and networks that fail in the middle: the run ends, the next goes on."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from migrate.test_answers import moved
from migrate.test_kills import Server, connected
from migrate.test_migration import FILE, ORDERS, WHOLE, contents, database, fill
from tablewright.core.errors import EngineError
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.transport import LocalTransport, failure_of
from tablewright.local.database import Database


class Expiring(LocalTransport):
    """A way to the local engine with credentials that may have expired."""

    has_expired = False

    def send(self, operation, parameters, *, label=""):
        if self.has_expired:
            text = "The security token included in the request is expired"
            raise failure_of(operation, "ExpiredTokenException", text, {})
        return super().send(operation, parameters, label=label)


def expiring(design_name):
    """Return a database, and the way to it."""
    transport = Expiring(Database())
    adapter = DynamoAdapter(FILE.model, FILE.design(design_name), transport)
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter, transport


def test_credentials_of_the_source_expire_and_the_next_run_goes_on(tmp_path):
    source, way = expiring("apart")
    fill(source)
    target = database("together")
    move = moved(source, target, tmp_path)
    way.has_expired = True
    with pytest.raises(EngineError, match=r"(?i)expired") as raised:
        move.check()
    assert raised.value.remedy

    way.has_expired = False
    assert move.check().is_clear
    move.write()

    assert contents(target) == WHOLE
    assert move.verify().is_clean


def test_credentials_of_the_target_expire_between_two_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("tablewright.operate.migration.WRITTEN_AT_ONCE", 1)
    source = database("apart")
    fill(source)
    target, way = expiring("together")
    move = moved(source, target, tmp_path)
    move.check()
    write, calls = target.bulk_write, []

    def bulk_write(records):
        calls.append(1)
        if len(calls) == 3:
            way.has_expired = True
        return write(records)

    target.bulk_write = bulk_write
    with pytest.raises(EngineError, match=r"(?i)expired") as raised:
        move.write()
    assert raised.value.remedy

    way.has_expired = False
    # two users and three orders, of which two were written
    assert move.write() == 2 + len(ORDERS) - 2
    assert contents(target) == WHOLE
    assert move.verify().is_clean


class Network:
    """A way to a server that can be cut: what is open breaks off, and nothing is let in."""

    def __init__(self, port):
        self.inner = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_cut = False
        self.open = []
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def cut(self):
        self.is_cut = True
        for each in self.open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.cut()
        for each in (self.listener, *self.open):
            each.close()

    def _listen(self):
        while True:
            try:
                outside, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                outside.close()
                continue
            inside = socket.create_connection(("127.0.0.1", self.inner))
            self.open += [outside, inside]
            for one, other in ((outside, inside), (inside, outside)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass_on(one, other):
        try:
            while data := one.recv(65_536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.mark.slow
def test_a_network_that_fails_between_two_writes_ends_the_run_and_the_next_goes_on(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("tablewright.operate.migration.WRITTEN_AT_ONCE", 1)
    source = database("apart")
    fill(source)
    server = Server(tmp_path / "target.db")
    network = Network(server.port)
    try:
        target = connected(network, "together", tmp_path)
        for step in target.plan_provision().steps:
            target.provision(step, lambda text: None)
        move = moved(source, target, tmp_path)
        move.check()
        write, calls = target.bulk_write, []

        def bulk_write(records):
            calls.append(1)
            if len(calls) == 3:
                network.cut()
            return write(records)

        target.bulk_write = bulk_write
        with pytest.raises(EngineError) as raised:
            move.write()
        assert raised.value.remedy

        network.is_cut = False
        assert move.write() == 2 + len(ORDERS) - 2
        assert move.verify().is_clean
    finally:
        network.close()
        server.kill()
