"""What is kept for a while beside the database: answers of searches, ended sessions, failures.

In: keys, values, seconds. Out: values until they run out. The local cache is of one process; what
several processes have to share goes behind the same protocol.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

MOST_KEPT = 50_000


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
