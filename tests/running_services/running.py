"""A service that runs in memory, with a clock set by hand, asked through its HTTP routes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from starlette.testclient import TestClient

from tablewright.store.opening import fill_store, open_store
from tablewright.verbs.serve import app_session
from tablewright_services.common.service import Service

START = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = START
        self.seconds = 0.0

    def now(self) -> dt.datetime:
        return self.moment

    def ticks(self) -> float:
        return self.seconds

    def restart(self) -> None:
        """Set the clock back, and let whoever waits for a rate call again."""
        self.moment = START
        self.seconds += 60


class Running:
    """A service on a design of its application, its clock and its log."""

    def __init__(
        self,
        service: type[Service],
        app: str,
        design: str,
        environment: Mapping[str, str],
        *,
        seed_users: int = 0,
    ) -> None:
        self.time = Time()
        self.lines: list[str] = []
        session = app_session(app)
        self.store = open_store(session, design=design, target="memory", clock=self.time.now)
        if seed_users:
            fill_store(self.store, session, seed_users)
        self.service: Any = service(
            self.store,
            environment,
            log=self.lines.append,
            now=self.time.now,
            ticks=self.time.ticks,
        )
        self.client = TestClient(self.service.application(), raise_server_exceptions=False)
