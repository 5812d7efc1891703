"""What is kept for a while beside the database: answers of searches, ended sessions, rates.

In: keys, values, seconds. Out: values until they run out. All of it is of one process, or of all
those that have the same Redis, whose address is the setting `REDIS_URL`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.serve.callers import CallRates

MOST_KEPT = 50_000
ADDRESS = "REDIS_URL"
INSTALL = "pip install 'tablewright[redis]'"
SCHEMES = ("redis://", "rediss://", "unix://")


class Cache(Protocol):
    """Keeps values for a while."""

    async def get(self, key: str) -> Any:
        """Return a value; None where there is none, or it has run out."""
        ...

    async def put(self, key: str, value: Any, seconds: float) -> None:
        """Keep a value."""
        ...

    async def add(self, key: str, value: Any, seconds: float) -> bool:
        """Keep a value where there is none, and return whether there was none."""
        ...

    async def count(self, key: str, seconds: float) -> int:
        """Count up, from 1, and return the count; it begins again once it has run out."""
        ...

    async def drop(self, key: str) -> None:
        """Forget a value."""
        ...


class Limiter(Protocol):
    """Lets each caller make so many requests a minute."""

    async def wait(self, caller: str) -> int:
        """Count a request; return 0, or after how many seconds one will be let through."""
        ...


class SharedState(Protocol):
    """What the processes of a service keep together, where they have a place for it."""

    cache: Cache

    def rates(self, name: str, per_minute: int) -> Limiter:
        """Return the rates of one kind of request."""
        ...

    def metrics(self) -> str:
        """Return lines of the Prometheus format; "" where there is nothing to say."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


def shared_state(
    environment: Mapping[str, str], name: str, ticks: Callable[[], float]
) -> SharedState:
    """Return what a service keeps: in Redis where the environment names one, else in this process.

    Args:
        environment: settings and secrets.
        name: of the service, which tells its keys from those of others.
        ticks: gives seconds of a clock that never goes back.

    Raises:
        UsageError: the setting is no address of a Redis.
        UnsupportedError: it is set, and the package `redis` is not installed.
    """
    address = environment.get(ADDRESS, "")
    if not address:
        return OfThisProcess(ticks)
    if not address.startswith(SCHEMES):
        raise UsageError(
            f"{ADDRESS} is no address of a Redis",
            remedy="write redis://host:6379, or rediss://user:password@host:6379 over TLS",
        )
    try:
        from tablewright_services.common.redis_state import OfRedis
    except ImportError as problem:
        raise UnsupportedError(
            f"{ADDRESS} needs the package {problem.name}", remedy=f"install it: {INSTALL}"
        ) from problem
    return OfRedis(address, name, ticks)


class OfThisProcess:
    """Keeps everything in this process."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self.cache: Cache = LocalCache(ticks)

    def rates(self, name: str, per_minute: int) -> Limiter:
        """Return the rates of one kind of request."""
        return LocalRates(per_minute, self._ticks)

    def metrics(self) -> str:
        """Return nothing: there is nothing that could fail."""
        return ""

    def close(self) -> None:
        """Do nothing: there is no connection."""


class LocalRates:
    """Rates of this process."""

    def __init__(self, per_minute: int, ticks: Callable[[], float]) -> None:
        self._rates = CallRates(per_minute, ticks)

    async def wait(self, caller: str) -> int:
        """Count a request; return 0, or after how many seconds one will be let through."""
        return self._rates.wait(caller)


class LocalCache:
    """A cache of this process; what was written longest ago goes first where it is full.

    Args:
        ticks: gives seconds.
        most: how many values are kept.
    """

    def __init__(self, ticks: Callable[[], float], most: int = MOST_KEPT) -> None:
        self._ticks, self._most = ticks, most
        self._kept: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    async def get(self, key: str) -> Any:
        """Return a value; None where there is none, or it has run out."""
        with self._lock:
            return self._value(key)

    async def put(self, key: str, value: Any, seconds: float) -> None:
        """Keep a value."""
        with self._lock:
            self._keep(key, value, self._ticks() + seconds)

    async def add(self, key: str, value: Any, seconds: float) -> bool:
        """Keep a value where there is none, and return whether there was none."""
        with self._lock:
            if self._value(key) is not None:
                return False
            self._keep(key, value, self._ticks() + seconds)
            return True

    async def count(self, key: str, seconds: float) -> int:
        """Count up, from 1, and return the count; it begins again once it has run out."""
        with self._lock:
            before = self._value(key)
            expires = self._kept[key][0] if before is not None else self._ticks() + seconds
            count = int(before or 0) + 1
            self._keep(key, count, expires)
            return count

    async def drop(self, key: str) -> None:
        """Forget a value."""
        with self._lock:
            self._kept.pop(key, None)

    def _value(self, key: str) -> Any:
        expires, value = self._kept.get(key, (0.0, None))
        if value is not None and self._ticks() >= expires:
            del self._kept[key]
            return None
        return value

    def _keep(self, key: str, value: Any, expires: float) -> None:
        self._kept.pop(key, None)
        self._kept[key] = (expires, value)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
