"""The list of collectibles, kept for as long as the model lets it be stale.

In: a store, a cache, clocks. Out: the list as JSON with its ETag. One caller at a time reads it
again, from the cache that the processes share where one of them has read it; a change made here is
seen here at once, and by other processes within the time that the list may be old.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.serve.writing import json_bytes
from tablewright.store.asynchronous import AsyncStore
from tablewright_services.common.caches import Cache

KEPT_SECONDS = 300
"""The staleness that the pattern listCollectibles allows."""

CACHE_KEY = "catalogue"


@frozen
class Shelf:
    """The list as it was read."""

    items: tuple[dict[str, Any], ...]
    body: bytes
    etag: str
    read_at: float


class CollectiblesCache:
    """The available collectibles."""

    def __init__(
        self,
        store: AsyncStore,
        cache: Cache,
        clock: Callable[[], float],
        ticks: Callable[[], float],
    ) -> None:
        """Take what the list is read with.

        Args:
            store: runs the access patterns.
            cache: keeps the list for other processes.
            clock: gives seconds since 1970.
            ticks: gives seconds of a clock that never goes back.
        """
        self.store, self.cache, self.clock, self.ticks = store, cache, clock, ticks
        self.hits = self.misses = 0
        self._shelf: Shelf | None = None
        self._reading = asyncio.Lock()

    async def shelf(self) -> tuple[Shelf, bool]:
        """Return the list, and whether it was kept."""
        cached = self._fresh()
        if cached is None:
            async with self._reading:
                cached = self._fresh()
                if cached is None:
                    self._shelf = cached = await self._shared()
                if cached is None:
                    self.misses += 1
                    self._shelf = shelf = await self._read()
                    return shelf, False
        self.hits += 1
        return cached, True

    async def forget(self) -> None:
        """Read the list again the next time."""
        self._shelf = None
        await self.cache.drop(CACHE_KEY)

    async def _shared(self) -> Shelf | None:
        """Return the list as another process read it, as old as it is; None where none did."""
        kept = await self.cache.get(CACHE_KEY)
        if kept is None:
            return None
        age = max(0.0, self.clock() - kept["read_at"])
        return _shelf(tuple(kept["items"]), self.ticks() - age) if age < KEPT_SECONDS else None

    def _fresh(self) -> Shelf | None:
        shelf = self._shelf
        is_fresh = shelf is not None and self.ticks() - shelf.read_at < KEPT_SECONDS
        return shelf if is_fresh else None

    async def _read(self) -> Shelf:
        started, moment = self.ticks(), self.clock()
        listed = await self.store.listCollectibles()
        items = tuple(
            {"id": each.id, "name": each.name, "size": each.size, "image_url": each.image_url}
            for each in sorted(listed, key=lambda each: str(each.id))
        )
        await self.cache.put(CACHE_KEY, {"items": items, "read_at": moment}, KEPT_SECONDS)
        return _shelf(items, started)


def _shelf(items: tuple[dict[str, Any], ...], read_at: float) -> Shelf:
    body = json_bytes({"success": True, "data": items})
    return Shelf(items=items, body=body, etag=etag_of(body), read_at=read_at)


def etag_of(body: bytes) -> str:
    """Return the entity tag of a body (RFC 9110, section 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_current(received: str, etag: str) -> bool:
    """Whether a caller's `If-None-Match` names what it would get again.

    Example:
        >>> is_current('W/"a", "b"', '"b"'), is_current('"a"', '"b"')
        (True, False)
    """
    tags = {tag.strip().removeprefix("W/") for tag in received.split(",")}
    return etag in tags or "*" in tags


__all__ = ["KEPT_SECONDS", "CollectiblesCache", "Shelf", "etag_of", "is_current"]
