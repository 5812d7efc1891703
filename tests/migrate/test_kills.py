"""Source, target and migrator are killed at random moments of a migration under writes.

Whatever is killed, after the last resume both sides are equal: nothing is lost, nothing doubled.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pkgutil
import random
import socket
import time
from collections import Counter

import pytest

import tablewright.cli.commands
import tablewright.local
from migrate import kill_worker
from migrate.test_following import FILE, Application, database, stored
from tablewright.core.errors import TablewrightError
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target

SOURCE, TARGET = "guarded", "embedded"
FORKS = multiprocessing.get_context("fork")
"""Each process is a fork of this one, which has imported everything, so that a round is short."""
for package in (tablewright.local, tablewright.cli.commands):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
ROUNDS = int(os.environ.get("TABLEWRIGHT_KILL_ROUNDS", "50"))
WITHIN_SECONDS = float(os.environ.get("TABLEWRIGHT_KILL_SECONDS", "60"))
"""That a process may take to start or to end; on a busy machine more are needed."""
LONGEST_PAUSE_SECONDS = 3.0
"""Between two kills; most are much shorter. A migrator takes about a second if undisturbed."""


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
        self.process = FORKS.Process(target=kill_worker.serve, args=(self.port, self.path))
        self.process.start()
        until = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.01)
        raise AssertionError("the server does not start")

    def kill(self):
        self.process.kill()
        self.process.join()


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


def ended(process):
    process.join(WITHIN_SECONDS)
    assert process.exitcode is not None, "the migrator does not end"


def write_something(application, chance):
    user = f"u{chance.randint(0, 9)}"
    kind = chance.choice(["user", "order", "order", "drop"])
    if kind == "user" or user not in application.users:
        application.put_user(user, bio=f"b{chance.random()}")
    elif kind == "order":
        application.put_order(user, f"{user}o{chance.randint(0, 5)}", chance.randint(1, 99))
    elif application.orders:
        application.drop_order(chance.choice(sorted(application.orders)))


class Killing:
    """A migration under writes, of which one process after the other is killed and started again.

    `ends` counts how migrators ended that nobody killed, by exit code, and who was killed.
    """

    def __init__(self, folder, source, target, application, chance):
        self.folder, self.source, self.target = folder, source, target
        self.application, self.chance = application, chance
        # ready to be used by forks only: what they open must not be shared
        self.sides = connected(source, SOURCE, folder), connected(target, TARGET, folder)
        self.running = None
        self.ends = Counter()

    def migrator(self):
        """Start a process that migrates."""
        work = (self.folder, FILE.model, *self.sides)
        process = FORKS.Process(target=kill_worker.migrate, args=work)
        process.start()
        return process

    def round(self):
        """Write for a random time, and kill one of the three."""
        if self.running is None:
            self.running = self.migrator()
        until = time.monotonic() + LONGEST_PAUSE_SECONDS * self.chance.random() ** 3
        while time.monotonic() < until:
            write_something(self.application, self.chance)
            time.sleep(0.01)
        if not self.running.is_alive():
            self.ends[f"migrator ended with {self.running.exitcode}"] += 1
            self.running = self.migrator()
        victim = self.chance.choice(["source", "target", "migrator"])
        if victim == "migrator":
            self.running.kill()
            self.running.join()
            self.running = None
        else:
            server = self.source if victim == "source" else self.target
            server.kill()
            server.start()
        self.ends[f"{victim} killed"] += 1

    def finish(self):
        """Let the migrator that runs end, and one more run without kills."""
        if self.running is not None:
            ended(self.running)
        last = self.migrator()
        ended(last)
        return last.exitcode


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_whoever_is_killed(tmp_path):
    chance = random.Random(16)
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

        killing = Killing(tmp_path, source, target, application, chance)
        for number in range(ROUNDS):
            killing.round()
            (tmp_path / "rounds.txt").write_text(f"{number + 1} rounds: {dict(killing.ends)}\n")
        assert killing.finish() == 0, (tmp_path / "said.txt").read_text()
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
