"""Notifications: queued by what happens, stored outside the request, pushed to open streams.

A change of state puts news on a queue and is answered; a worker stores them and hands them to the
streams of their recipient in this process. A stream that is opened again first gets what is unread
since the last it saw, from the database. News of another process arrive with that, or earlier where
streams look into the database now and then, which is for whoever runs several processes to set.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound, StoreError
from tablewright_services.common.service import Now, RequestRefused
from tablewright_services.poafix import views
from tablewright_services.poafix.accounts import Caller
from tablewright_services.poafix.domain import new_id, stamp

MOST_QUEUED = 10_000
MOST_UNSEEN = 100
"""Events that wait for a stream which does not read them; then it ends, and comes again."""
MOST_STREAMS = 5
"""Open streams of one caller."""
MOST_REMEMBERED = 1_000
"""Events that a stream remembers to have seen: far more than a look shows."""
ATTEMPTS = 5
HEARTBEAT_SECONDS = 15.0


@frozen(kw_only=False)
class News:
    """Something that its recipient should know."""

    recipient: str
    recipient_type: str
    type: str
    title: str
    body: str
    data: Mapping[str, Any]
    priority: int = 2


class Notifications:
    """Stores news and pushes them.

    Args:
        store: keeps them.
        now: tells the time.
        log: is told what could not be stored.
        look_seconds: how often an open stream looks for news of other processes; never if 0.
    """

    def __init__(
        self, store: AsyncStore, now: Now, log: Callable[[str], None], look_seconds: float = 0
    ) -> None:
        self.store, self.now, self.log = store, now, log
        self.look_seconds = look_seconds
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        self._queue: asyncio.Queue[News] = asyncio.Queue(MOST_QUEUED)
        self._streams: defaultdict[str, set[asyncio.Queue[dict[str, Any] | None]]]
        self._streams = defaultdict(set)
        self._latest = ""

    async def tell(self, news: News) -> None:
        """Queue news; waits only where the queue is full."""
        await self._queue.put(news)

    async def work(self) -> None:
        """Store and push what is queued until cancelled, and then what is left."""
        try:
            while True:
                delivery = asyncio.ensure_future(self._deliver(await self._queue.get()))
                try:
                    await asyncio.shield(delivery)
                except asyncio.CancelledError:
                    await delivery
                    raise
        finally:
            while not self._queue.empty():
                await self._deliver(self._queue.get_nowait())

    async def _deliver(self, news: News) -> None:
        now = self.now()
        stored = {
            "_id": self._next_id(now),
            "recipient": news.recipient,
            "recipientType": news.recipient_type,
            "type": news.type,
            "priority": news.priority,
            "read": False,
            "createdAt": now,
            "title": news.title,
            "body": news.body,
            "data": dict(news.data),
        }
        for attempt in range(ATTEMPTS):
            try:
                await self.store.createNotification(**stored)
                break
            except StoreError as problem:
                if attempt + 1 == ATTEMPTS:
                    self.log(json.dumps({"problem": f"news not stored: {type(problem).__name__}"}))
                    return
                await asyncio.sleep(0.05 * 2**attempt)
        shown = {"id": stored["_id"], **{name: stored[name] for name in views.NOTIFICATION}}
        self._push(news.recipient, {**shown, "createdAt": stamp(now)})

    def _next_id(self, now: dt.datetime) -> str:
        """Return an id behind all before, also within one millisecond: streams resume by it."""
        id = new_id(now, secrets.token_bytes(6))
        if id <= self._latest:
            id = f"{int(self._latest, 16) + 1:024x}"
        self._latest = id
        return id

    def _push(self, recipient: str, event: dict[str, Any]) -> None:
        for stream in tuple(self._streams.get(recipient, ())):
            if stream.full():  # it does not read: it ends, and comes again
                self._end(stream)
            else:
                stream.put_nowait(event)

    def end_streams(self) -> None:
        """End all streams; their callers come again where there is somebody to come to."""
        for streams in tuple(self._streams.values()):
            for stream in tuple(streams):
                self._end(stream)

    def _end(self, stream: asyncio.Queue[dict[str, Any] | None]) -> None:
        while not stream.empty():
            stream.get_nowait()
        stream.put_nowait(None)

    # ------------------------------------------------------------ reading

    async def unread(self, recipient: str, page: str | None) -> dict[str, Any]:
        """Return unread notifications, newest first; `unread` counts those of the page."""
        notifications = await self.store.unreadNotifications(recipient=recipient, page=page)
        items = [views.view(each, views.NOTIFICATION) for each in notifications]
        return {"items": items, "unread": len(items), "next": notifications.next}

    async def mark_read(self, recipient: str, id: str) -> None:
        """Mark a notification of a recipient.

        Raises:
            Refused: there is none of that id for this recipient.
        """
        try:
            await self.store.markNotificationRead(_id=id, recipient=recipient)
        except (NotFound, ConditionFailed) as missing:
            raise RequestRefused(404, "not_found", "there is no such notification") from missing

    def open_stream(self, caller: Caller) -> asyncio.Queue[dict[str, Any] | None]:
        """Open a stream of a caller.

        Raises:
            Refused: enough are open.
        """
        streams = self._streams[caller.id]
        if len(streams) >= MOST_STREAMS:
            raise RequestRefused(429, "too_many", "you have enough open streams")
        stream: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MOST_UNSEEN)
        streams.add(stream)
        return stream

    async def events(
        self, caller: Caller, stream: asyncio.Queue[dict[str, Any] | None], last_seen: str
    ) -> AsyncIterator[bytes]:
        """Yield server-sent events until the caller's token runs out.

        Args:
            caller: whose they are.
            stream: from `open_stream`.
            last_seen: the id of the last event seen; what is unread since comes first.
        """
        try:
            yield b"retry: 3000\n\n"
            seen = SeenEvents()
            for event in await self._missed(caller.id, last_seen, seen):
                yield _written(event)
            pauses = [self.heartbeat_seconds, *([self.look_seconds] if self.look_seconds else [])]
            while (seconds_left := caller.ends - self.now().timestamp()) > 0:
                news: list[dict[str, Any]] | None = None
                with suppress(TimeoutError):
                    pushed = await asyncio.wait_for(stream.get(), min(seconds_left, *pauses))
                    if pushed is None:
                        return
                    news = [pushed]
                if news is None:
                    news = await self._of_others(caller.id)
                    yield b": alive\n\n"
                for event in news:
                    if seen.is_new(event["id"]):
                        yield _written(event)
        finally:
            self._streams[caller.id].discard(stream)
            if not self._streams[caller.id]:
                del self._streams[caller.id]

    async def _missed(
        self, recipient: str, last_seen: str, seen: SeenEvents
    ) -> list[dict[str, Any]]:
        """Return what came since an event; a new stream only notes what is there."""
        if not last_seen and not self.look_seconds:
            return []
        page = await self.unread(recipient, None)
        missed = []
        for event in reversed(page["items"]):
            seen.is_new(event["id"])
            if last_seen and event["id"] > last_seen:
                missed.append(event)
        return missed

    async def _of_others(self, recipient: str) -> list[dict[str, Any]]:
        """Return what is unread, the oldest first, if streams look; it is tried again later."""
        if not self.look_seconds:
            return []
        try:
            page = await self.unread(recipient, None)
        except StoreError:
            return []
        return list(reversed(page["items"]))


class SeenEvents:
    """The ids of the last events of a stream."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}

    def is_new(self, id: str) -> bool:
        """Note an event; return whether it was not noted before."""
        if id in self._ids:
            return False
        self._ids[id] = None
        if len(self._ids) > MOST_REMEMBERED:
            del self._ids[next(iter(self._ids))]
        return True


def _written(event: Mapping[str, Any]) -> bytes:
    content = json.dumps(event, default=_plain)
    return f"id: {event['id']}\nevent: {event['type']}\ndata: {content}\n\n".encode()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


__all__ = ["News", "Notifications"]
