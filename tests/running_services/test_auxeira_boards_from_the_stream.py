"""The boards of Auxeira follow the stream of profiles, whoever writes these."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tablewright.engines.dynamodb.infrastructure import share_of
from tablewright.engines.dynamodb.transport import RequestFailedError
from tablewright.evaluation.doors import Target
from tablewright.local.policy.accesses import accesses_of
from tablewright.local.policy.documents import read_policy
from tablewright.local.policy.evaluation import evaluate
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.opening import open_store
from tablewright.verbs.serve import app_session
from tablewright_services.auxeira.board_feed import BoardFeed
from tablewright_services.common.alerts import LoggedAlerts

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
PROFILES = "auxeira-user-profiles"
SILENT = LoggedAlerts(lambda line: None)
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


async def profile(
    store: AsyncStore, score: int, industry: str = "energy", user: str = USER
) -> None:
    await store.createProfile(
        userId=user, organisation="Sun & Wind", industry=industry, country="NG", employees=12,
        revenueBand="small", sections={}, completionPercent=0, esgScore=score, entitlements=[],
    )  # fmt: skip


async def scores(store: AsyncStore, *boards: str) -> list[Any]:
    standings = [await store.getStanding(board=board, userId=USER) for board in boards]
    return [standing and (standing.score, standing.delta) for standing in standings]


def test_a_profile_written_past_the_service_enters_its_three_boards(store: AsyncStore) -> None:
    async def run() -> None:
        adapter = store.store.adapter.fork()
        feed = BoardFeed(store, later, SILENT)
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
        feed = BoardFeed(store, later, SILENT)
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
        feed = BoardFeed(store, lambda: clock[0], SILENT)
        await feed.begin(adapter)
        await profile(store, 70)
        assert await feed.step(adapter) == 0
        clock[0] += dt.timedelta(seconds=5)
        assert await feed.step(adapter) == 3

    asyncio.run(run())


# ------------------------------------------------------- on AWS, under its role


class Guarded:
    """A transport that refuses what a policy does not allow, as the service does."""

    def __init__(self, inner: Any, document: dict[str, Any]) -> None:
        self.inner, self.policies = inner, [read_policy(document)]

    def send(self, operation: str, parameters: Any, **more: Any) -> Any:
        for access in accesses_of(
            operation,
            parameters,
            partition_keys=lambda *_: ("userId",),
            arn=lambda name: ARN + name,
        ):
            action, resource = access.action, access.resource
            if not evaluate(self.policies, action=action, resource=resource).is_allowed:
                message = f"not authorized to perform {action} on {resource}"
                raise RequestFailedError(operation, "AccessDeniedException", message)
        return self.inner.send(operation, parameters, **more)


def document_of(rights: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a policy that allows actions on resources."""
    allowed = [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in rights
    ]
    return {"Version": "2012-10-17", "Statement": allowed}


def rights_of_the_feed(store: AsyncStore, arn: str) -> list[tuple[str, str]]:
    """Return what deploy gives for `follows: Profile`: action and resource."""
    session = app_session("auxeira")
    share = share_of(session.evaluate(store.store.design), "production", ())
    assert set(share.granted(())) == set(share.grants)
    following = [grant for grant in share.granted(["Profile"]) if grant not in share.grants]
    places = {False: f"{ARN}{PROFILES}", True: arn}
    assert {grant.table for grant in following} == {"AuxeiraUserProfilesTable"}
    return [(grant.action, places[grant.is_stream]) for grant in following]


def followed_under(store: AsyncStore, rights: list[tuple[str, str]], user: str) -> int:
    """Return how many standings a new profile wrote, while the feed may do just this."""

    async def run() -> int:
        await feed.begin(adapter)
        await profile(store, 70, user=user)
        return await feed.step(adapter)

    adapter = store.store.adapter.fork()
    adapter.transport = Guarded(adapter.transport, document_of(rights))
    feed = BoardFeed(store, later, SILENT)
    return asyncio.run(run())


def test_the_feed_runs_under_the_rights_that_deploy_gives_and_needs_each(store: AsyncStore) -> None:
    described = store.store.adapter.transport.send("DescribeTable", {"TableName": PROFILES})
    rights = rights_of_the_feed(store, described.body["Table"]["LatestStreamArn"])
    assert {action for action, _ in rights} == {
        "dynamodb:DescribeTable",
        "dynamodb:DescribeStream",
        "dynamodb:GetShardIterator",
        "dynamodb:GetRecords",
    }
    assert followed_under(store, rights, USER) == 3
    for number, (action, resource) in enumerate(rights):
        fewer = [right for right in rights if right[0] != action]
        with pytest.raises(RequestFailedError, match=f"perform {action} on {resource}"):
            followed_under(store, fewer, f"{USER[:-1]}{number}")


def test_a_feed_that_may_not_read_its_stream_says_so_once_and_goes_on_trying(
    store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    feed = BoardFeed(store, later, LoggedAlerts(lines.append), again=0.01, every=0.01)
    adapter = store.store.adapter.fork()
    allowed = adapter.transport
    adapter.transport = Guarded(allowed, document_of([("dynamodb:GetRecords", "*")]))
    monkeypatch.setattr(store.store.adapter, "fork", lambda: adapter)

    async def until(state: str) -> None:
        while feed.state != state:
            await asyncio.sleep(0.01)

    async def run() -> None:
        work = asyncio.create_task(feed.work())
        await asyncio.wait_for(until("failing"), 30)
        assert "board_feed_following 0\n" in feed.metrics()
        adapter.transport = allowed
        await asyncio.wait_for(until("following"), 30)
        assert "board_feed_following 1\n" in feed.metrics()
        work.cancel()

    asyncio.run(run())
    assert [json.loads(line)["alert"] for line in lines] == ["boards do not follow the stream"]
    assert "not authorized to perform dynamodb:DescribeTable" in lines[0]
