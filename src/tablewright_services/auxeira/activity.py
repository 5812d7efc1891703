"""What a user did, noted outside the path of the request.

Events wait in memory until they are written; those that wait when the service ends are written
before it closes. They are not durable by the model: a process that is killed loses what waits.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.model.values import Attribute, Kind
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.calling import generated
from tablewright.store.failures import StoreError
from tablewright_services.common.service import Now

MOST_WAITING = 10_000
LONGEST_PATH, LONGEST_CLIENT = 100, 130
_EVENT_ID = Attribute(name="eventId", kind=Kind.ULID)


class Activity:
    """Notes events, and writes them beside the requests.

    Attributes:
        lost: how many were not written, for want of room or of the database.
    """

    def __init__(self, store: AsyncStore, now: Now) -> None:
        self.store, self.now = store, now
        self.lost = 0
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)

    def note(
        self, user_id: str, kind: str, path: str, duration_ms: int, outcome: str, client: str
    ) -> None:
        """Note one request of a user."""
        moment = self.now()
        event = {
            "userId": user_id,
            "timestamp": moment,
            "eventId": generated(_EVENT_ID, moment),
            "type": kind,
            "path": path[:LONGEST_PATH],
            "durationMs": duration_ms,
            "outcome": outcome,
            "client": "".join(each for each in client if each.isprintable())[:LONGEST_CLIENT],
        }
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.lost += 1

    async def work(self) -> None:
        """Write events until cancelled, and then those that wait."""
        writing: asyncio.Future[None] | None = None
        try:
            while True:
                event = await self._waiting.get()
                writing = asyncio.ensure_future(self._write(event))
                await asyncio.shield(writing)
        finally:
            if writing is not None:
                await writing  # it may have been at it when it was cancelled
            while not self._waiting.empty():
                await self._write(self._waiting.get_nowait())

    async def _write(self, event: dict[str, Any]) -> None:
        try:
            await self.store.recordActivity(**event)
        except (StoreError, EngineError):
            self.lost += 1


__all__ = ["Activity"]
