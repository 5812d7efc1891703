"""Source, target and migrator are killed at random moments of a migration under writes.

Whatever is killed, after the last resume both sides are equal: nothing is lost, nothing doubled.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migrate.kill_worker import SOURCE, TARGET
from migrate.test_following import FILE, STREAMED, Application, database, stored
from tablewright.core.errors import TablewrightError
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1] / "src")])}
ROUNDS = int(os.environ.get("TABLEWRIGHT_KILL_ROUNDS", "50"))
WITHIN_SECONDS = float(os.environ.get("TABLEWRIGHT_KILL_SECONDS", "60"))
"""That a process may take to start or to end; on a busy machine more are needed."""


class Server:
    """A local engine behind HTTP, that can be killed and started again on its file."""

    def __init__(self, path):
        self.path = path
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", "tablewright", "local", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--data", str(self.path)],
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def connected(server, design_name, folder):
    connector = make_engine("dynamodb").connector
    return connector.connect(
        FILE.model, FILE.design(design_name), Target(endpoint=server.endpoint), folder
    )


class Patient:
    """A source as the application sees it: what fails is tried again once the server is back."""

    def __init__(self, server, folder):
        self.adapter = connected(server, SOURCE, folder)

    def __getattr__(self, name):
        return getattr(self.adapter, name)

    def bulk_write(self, records):
        return self._again("bulk_write", list(records))

    def remove(self, records):
        return self._again("remove", list(records))

    def _again(self, operation, records):
        until = time.monotonic() + WITHIN_SECONDS
        while True:
            try:
                return getattr(self.adapter, operation)(records)
            except TablewrightError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)


def migrator(folder, source, target):
    command = [sys.executable, str(HERE / "kill_worker.py"), str(folder)]
    return subprocess.Popen(
        [*command, source.endpoint, target.endpoint, str(folder / "shop.yaml")],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )


def write_something(application, chance):
    user = f"u{chance.randint(0, 9)}"
    kind = chance.choice(["user", "order", "order", "drop"])
    if kind == "user" or user not in application.users:
        application.put_user(user, bio=f"b{chance.random()}")
    elif kind == "order":
        application.put_order(user, f"{user}o{chance.randint(0, 5)}", chance.randint(1, 99))
    elif application.orders:
        application.drop_order(chance.choice(sorted(application.orders)))


def kill_round(victim, servers, folder, application, chance):
    """Run the migrator under writes, and kill one of the three at a random moment."""
    running = migrator(folder, *servers)
    time.sleep(chance.uniform(0, 0.4))
    until = time.monotonic() + chance.uniform(0, 1.6)
    while time.monotonic() < until:
        write_something(application, chance)
    if victim == "migrator":
        running.kill()
    else:
        server = servers[0] if victim == "source" else servers[1]
        server.kill()
        server.start()
    running.communicate(timeout=WITHIN_SECONDS)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_whoever_is_killed(tmp_path):
    chance = random.Random(16)
    (tmp_path / "shop.yaml").write_text(STREAMED)
    source, target = Server(tmp_path / "source.db"), Server(tmp_path / "target.db")
    try:
        for server, name in ((source, SOURCE), (target, TARGET)):
            adapter = connected(server, name, tmp_path)
            for step in adapter.plan_provision().steps:
                adapter.provision(step, lambda text: None)
        application = Application(Patient(source, tmp_path))
        for number in range(10):
            application.put_user(f"u{number}")
            application.put_order(f"u{number}", f"u{number}o0", 1)

        for number in range(ROUNDS):
            (tmp_path / "rounds.txt").write_text(f"{number} rounds are over\n")
            victim = chance.choice(["source", "target", "migrator"])
            kill_round(victim, (source, target), tmp_path, application, chance)

        last = migrator(tmp_path, source, target)
        _, said = last.communicate(timeout=WITHIN_SECONDS)
        assert last.returncode == 0, said
        assert stored(connected(target, TARGET, tmp_path)) == expected_of(application)
    finally:
        source.kill()
        target.kill()


def expected_of(application):
    """Return what a target holds that got the final state only."""
    fresh = Application(database(TARGET))
    fresh.orders = dict(application.orders)
    for user in application.users.values():
        fresh.put_user(user["user_id"], user["bio"], user["email"])
    return stored(fresh.adapter)
