"""The boards, fed from the stream of profiles: whoever changes a profile, its standings follow.

The service writes standings itself when a profile is saved. What another program writes, or a
process that died in between left behind, arrives here: each change of a profile in the stream is
compared with its standings, and what differs is put right. A profile is looked at once it has
rested for some seconds, so that a save at work is not overtaken.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

from tablewright.core.errors import EngineError, TablewrightError, UnsupportedError
from tablewright.evaluation.doors import Adapter
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import NotFound, StoreError
from tablewright_services.auxeira.domain import boards_of
from tablewright_services.common.alerts import Alerts
from tablewright_services.common.service import Now

EVERY_SECONDS = 5.0
AGAIN_SECONDS = 60.0
"""After so long it is tried again to follow a stream that could not be."""
REST_SECONDS = 2.0
PROFILE = "Profile"


class BoardFeed:
    """Reads the stream of profiles, and puts boards right.

    Attributes:
        corrected: how many standings were written or removed.
        state: `none` where there is no stream to follow, else `following` or `failing`.
    """

    def __init__(
        self,
        store: AsyncStore,
        now: Now,
        alerts: Alerts,
        *,
        every: float = EVERY_SECONDS,
        rest: float = REST_SECONDS,
        again: float = AGAIN_SECONDS,
    ) -> None:
        self.store, self.now, self.every, self.rest = store, now, every, rest
        self.alerts, self.again = alerts, again
        self.corrected = 0
        self.state = "none"
        self._waiting: dict[str, frozenset[str]] = {}
        """By user, the boards that the profile stood on before its changes."""
        self._position = ""
        self._containers: list[str] = []

    async def work(self) -> None:
        """Follow the stream until cancelled; where the design has none, end.

        What cannot be read is told to the operators, once, and tried again.
        """
        if self.store.store.design.engine != "dynamodb":
            return  # a server keeps its log for whoever follows, and its disk fills
        adapter = await asyncio.to_thread(self.store.store.adapter.fork)
        while not self._position:
            try:
                await self.begin(adapter)
            except UnsupportedError:
                return  # the design has no stream
            except EngineError as problem:  # a right that lacks, tables that are not there yet
                self._failing(problem)
                await asyncio.sleep(self.again)
        self.state = "following"
        while True:
            await asyncio.sleep(self.every)
            try:
                await self.step(adapter)
            except (StoreError, EngineError) as problem:
                self._failing(problem)  # the position stays: the next step reads it again
            else:
                self.state = "following"

    def _failing(self, problem: TablewrightError) -> None:
        """Tell the operators, unless they know."""
        if self.state != "failing":
            self.alerts.tell("boards do not follow the stream", reason=str(problem))
        self.state = "failing"

    def metrics(self) -> str:
        """Return whether the stream is followed, where there is one; how much was put right."""
        followed = f"board_feed_following {int(self.state == 'following')}\n"
        return (
            ("# TYPE board_feed_following gauge\n" + followed if self.state != "none" else "")
            + "# TYPE board_feed_corrected_total counter\n"
            + f"board_feed_corrected_total {self.corrected}\n"
        )

    async def begin(self, adapter: Adapter) -> None:
        """Follow from now on.

        Raises:
            UnsupportedError: the design has no stream of profiles.
            EngineError: the database does not answer.
        """
        kinds = adapter.codec.kinds
        self._containers = sorted(
            {kind.container for kind in kinds if kind.entity == PROFILE and not kind.is_copy}
        )
        self._position = await asyncio.to_thread(adapter.follow_from, self._containers)

    async def step(self, adapter: Adapter) -> int:
        """Read what changed, put right what has rested; return how many standings were written.

        Raises:
            EngineError: the database does not answer, or the stream is gone.
        """
        for before, after, position in await asyncio.to_thread(self._read, adapter):
            user = (after or before or {}).get("userId")
            if user is not None:
                boards = frozenset(_boards(before) if before else ())
                self._waiting[user] = self._waiting.get(user, frozenset()) | boards
            self._position = position
        written = 0
        for user in sorted(self._waiting):
            written += await self._put_right(user)
        self.corrected += written
        return written

    def _read(self, adapter: Adapter) -> list[tuple[Any, Any, str]]:
        rows = _rows_of(adapter)
        return [
            (rows(change.container, change.before), rows(change.container, change.after),
             change.position)
            for change in adapter.changes(self._containers, self._position)
        ]  # fmt: skip

    async def _put_right(self, user: str) -> int:
        profile = await self.store.getProfile(userId=user)
        if profile is not None:
            changed = dt.datetime.fromisoformat(profile.updatedAt)
            if self.now() - changed < dt.timedelta(seconds=self.rest):
                return 0  # it may be saved right now: next time
        before = self._waiting.pop(user)
        current = _boards(profile.as_dict()) if profile is not None else ()
        written = 0
        for board in current:
            written += await self._stand(board, user, profile)
        for board in sorted(before - set(current)):
            try:
                await self.store.leaveBoard(board=board, userId=user)
                written += 1
            except NotFound:
                continue
        return written

    async def _stand(self, board: str, user: str, profile: Any) -> int:
        """Write a standing that is missing or old; return how many were."""
        standing = await self.store.getStanding(board=board, userId=user)
        if standing is None:
            await self.store.enterBoard(
                board=board,
                userId=user,
                organisation=profile.organisation,
                score=profile.esgScore,
                delta=0,
                badge={},
            )
            return 1
        if standing.score == profile.esgScore:
            return 0
        await self.store.upsertScore(
            board=board,
            userId=user,
            score=profile.esgScore,
            delta=profile.esgScore - standing.score,
            updatedAt=self.now(),
        )
        return 1


def _boards(profile: Any) -> tuple[str, ...]:
    return boards_of(profile["industry"], profile["country"])


def _rows_of(adapter: Adapter) -> Callable[[str, Any], Any]:
    """Return what reads a profile from a record of the stream; None from another's."""

    def row(container: str, content: Any) -> Any:
        if content is None:
            return None
        for fragment in adapter.codec.decode(container, content):
            if fragment.entity == PROFILE and not fragment.is_copy:
                return dict(fragment.attributes)
        return None

    return row


__all__ = ["BoardFeed"]
