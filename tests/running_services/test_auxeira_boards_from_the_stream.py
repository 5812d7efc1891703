"""The boards of Auxeira follow the stream of profiles, whoever writes these."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tablewright.evaluation.doors import Target
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.opening import open_store
from tablewright.verbs.serve import app_session
from tablewright_services.auxeira.board_feed import BoardFeed

USER = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(params=["recommended", "current"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AsyncStore]:
    # a file: in memory the database's clock stands, and the stream with it
    target = Target(data=str(tmp_path / "auxeira.db"))
    below = open_store(app_session("auxeira"), request.param, target, create=True)
    yield AsyncStore(below)
    below.close()


def later() -> dt.datetime:
    """Return a time at which every profile has rested."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)


async def profile(store: AsyncStore, score: int, industry: str = "energy") -> None:
    await store.createProfile(
        userId=USER, organisation="Sun & Wind", industry=industry, country="NG", employees=12,
        revenueBand="small", sections={}, completionPercent=0, esgScore=score, entitlements=[],
    )  # fmt: skip


async def scores(store: AsyncStore, *boards: str) -> list[Any]:
    standings = [await store.getStanding(board=board, userId=USER) for board in boards]
    return [standing and (standing.score, standing.delta) for standing in standings]


def test_a_profile_written_past_the_service_enters_its_three_boards(store: AsyncStore) -> None:
    async def run() -> None:
        adapter = store.store.adapter.fork()
        feed = BoardFeed(store, later)
        await feed.begin(adapter)
        assert await feed.step(adapter) == 0
        await profile(store, 70)
        # global, its industry, its country
        assert await feed.step(adapter) == 3
        boards = ("global", "industry#energy", "country#NG", "industry#food")
        assert await scores(store, *boards) == [(70, 0), (70, 0), (70, 0), None]
        assert await feed.step(adapter) == 0

    asyncio.run(run())


def test_a_score_that_was_left_behind_is_put_right_with_its_difference(store: AsyncStore) -> None:
    async def run() -> None:
        adapter = store.store.adapter.fork()
        feed = BoardFeed(store, later)
        await feed.begin(adapter)
        await store.enterBoard(
            board="global", userId=USER, organisation="Sun & Wind", score=40, delta=0, badge={}
        )
        await profile(store, 70)
        assert await feed.step(adapter) == 3  # one is moved, two are entered
        assert await scores(store, "global", "country#NG") == [(70, 30), (70, 0)]

    asyncio.run(run())


def test_a_profile_that_was_just_saved_is_left_to_the_save(store: AsyncStore) -> None:
    async def run() -> None:
        adapter = store.store.adapter.fork()
        clock = [dt.datetime.now(dt.UTC)]
        feed = BoardFeed(store, lambda: clock[0])
        await feed.begin(adapter)
        await profile(store, 70)
        assert await feed.step(adapter) == 0
        clock[0] += dt.timedelta(seconds=5)
        assert await feed.step(adapter) == 3

    asyncio.run(run())
