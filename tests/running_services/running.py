"""A service with a clock that is set by hand, asked through its HTTP routes, and where it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any

import pytest
from peers import DYNAMODB_LOCAL, running

from asking import Client
from tablewright.store.opening import fill_store, open_store
from tablewright.verbs.serve import app_session
from tablewright_services.common.service import Service

START = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


ON_DYNAMODB_LOCAL = " on DynamoDB Local"


def on_dynamodb_local(design: str) -> Any:
    """Return a parameter of a fixture: a design on DynamoDB Local."""
    return pytest.param(design + ON_DYNAMODB_LOCAL, marks=pytest.mark.needs_java)


@contextmanager
def database_of(parameter: str) -> Iterator[tuple[str, str]]:
    """Give the design that a parameter names and where it runs: in memory unless it says another.

    A server that it asks for is there as long as the block.
    """
    if not parameter.endswith(ON_DYNAMODB_LOCAL):
        yield parameter, "memory"
        return
    if DYNAMODB_LOCAL.missing:
        pytest.skip(f"DynamoDB Local is not installed ({DYNAMODB_LOCAL.missing})")
    with running(DYNAMODB_LOCAL) as server:
        yield parameter.removesuffix(ON_DYNAMODB_LOCAL), f"http://127.0.0.1:{server.port}"


_session_of = cache(app_session)
"""The session of an application, read once; what designs cost for the store is kept with it."""


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
        target: str = "memory",
        closes: bool = True,
    ) -> None:
        self.time = Time()
        session = _session_of(app)
        self.store = open_store(
            session, design=design, target=target, create=True, clock=self.time.now
        )
        if seed_users:
            fill_store(self.store, session, seed_users)
        self.environment = environment
        self._start(service, closes=closes)

    def _start(self, service: type[Service], *, closes: bool) -> None:
        self.lines: list[str] = []
        self.service: Any = service(
            self.store,
            self.environment,
            log=self.lines.append,
            now=self.time.now,
            ticks=self.time.ticks,
        )
        application = self.service.application(closes=closes)
        self.client = Client(application)

    def restarted(self) -> Running:
        """Return the service as a new process on the same store, which it leaves open."""
        again = copy(self)
        again._start(type(self.service), closes=False)
        return again
