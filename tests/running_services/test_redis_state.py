"""What several processes of a service keep together, in a real Redis; and without it."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from peers import free_port
from redis import Redis
from redis.exceptions import RedisError

from running_services import test_poafix as poafix_tests
from running_services.running import Running
from tablewright.core.errors import UnsupportedError, UsageError
from tablewright_services.common import caches
from tablewright_services.common.caches import OfThisProcess, shared_state
from tablewright_services.common.redis_state import OfRedis, decoded, encoded
from tablewright_services.mongocollectibles.app import MongoCollectibles
from tablewright_services.poafix.app import PoaFix
from tablewright_services.screen_time_journey.app import ScreenTimeJourney

ON_SERVER = pytest.mark.needs_server
T = TypeVar("T")


def awaited(answer: Awaitable[T]) -> T:
    async def wait() -> T:
        return await answer

    return asyncio.run(wait())


class Server:
    """A redis-server without a file, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis.from_url(self.address, decode_responses=True)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(100):
            try:
                self.client.ping()
                return
            except RedisError:
                time.sleep(0.05)
        raise RuntimeError("redis-server does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    started = Server(tmp_path_factory.mktemp("redis"))
    yield started
    started.client.close()
    started.stop()


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        request.getfixturevalue("server").client.flushall()


class Ticks:
    """A clock that is set by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


# ---------------------------------------------------------------- which is taken


def test_without_an_address_everything_is_of_this_process() -> None:
    assert isinstance(shared_state({}, "x", Ticks()), OfThisProcess)


@pytest.mark.parametrize("address", ["127.0.0.1:6379", "http://cache", "redis:"])
def test_what_is_no_address_of_a_redis_is_said(address: str) -> None:
    with pytest.raises(UsageError, match="REDIS_URL is no address of a Redis"):
        shared_state({"REDIS_URL": address}, "x", Ticks())


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "tablewright_services.common.redis_state")
    with pytest.raises(UnsupportedError, match="REDIS_URL needs the package redis") as refused:
        shared_state({"REDIS_URL": "redis://127.0.0.1"}, "x", Ticks())
    assert refused.value.remedy == f"install it: {caches.INSTALL}"


def test_decimals_and_times_come_back_as_they_were() -> None:
    moment = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
    value = {"fee": Decimal("10100.50"), "at": moment, "n": 1, "list": [Decimal(0), None, True]}
    assert decoded(encoded(value)) == value
    with pytest.raises(TypeError, match="bytes is not kept"):
        encoded(b"x")


# ---------------------------------------------------------------- the cache


@pytest.fixture
def pair(server: Server) -> Iterator[tuple[OfRedis, OfRedis]]:
    """Two processes of one service."""
    ticks = Ticks()
    states = OfRedis(server.address, "shop", ticks), OfRedis(server.address, "shop", ticks)
    yield states
    for each in states:
        each.close()


@ON_SERVER
def test_what_one_process_keeps_another_reads(pair: tuple[OfRedis, OfRedis]) -> None:
    first, second = (state.cache for state in pair)
    assert awaited(second.get("a")) is None
    awaited(first.put("a", {"fee": Decimal("1.50")}, 60))
    assert awaited(second.get("a")) == {"fee": Decimal("1.50")}
    awaited(second.drop("a"))
    assert awaited(first.get("a")) is None


@ON_SERVER
def test_services_do_not_see_each_others_values(server: Server) -> None:
    shop, other = (OfRedis(server.address, name, Ticks()) for name in ("shop", "other"))
    awaited(shop.cache.put("a", 1, 60))
    assert awaited(other.cache.get("a")) is None
    shop.close()
    other.close()


@ON_SERVER
def test_a_value_runs_out_after_its_seconds(server: Server, pair: tuple[OfRedis, OfRedis]) -> None:
    cache = pair[0].cache
    awaited(cache.put("search", [1], 900))
    awaited(cache.put("soon", [1], 0.05))
    left = max(server.client.pttl(key) for key in server.client.scan_iter())
    assert 890_000 < left <= 900_000
    time.sleep(0.1)
    assert awaited(cache.get("soon")) is None


@ON_SERVER
def test_of_two_processes_one_adds(pair: tuple[OfRedis, OfRedis]) -> None:
    first, second = (state.cache for state in pair)
    assert [awaited(each.add("used", True, 60)) for each in (first, second, first)] == [
        True,
        False,
        False,
    ]


@ON_SERVER
def test_processes_count_together_from_the_first_on(
    server: Server, pair: tuple[OfRedis, OfRedis]
) -> None:
    first, second = (state.cache for state in pair)
    assert [awaited(each.count("failures", 900)) for each in (first, second, first)] == [1, 2, 3]
    assert awaited(second.get("failures")) == 3
    (key,) = server.client.scan_iter()
    server.client.pexpire(key, 500)
    awaited(first.count("failures", 900))  # which makes the time no longer
    assert server.client.pttl(key) <= 500


@ON_SERVER
def test_no_key_shows_of_whom_it_is(server: Server, pair: tuple[OfRedis, OfRedis]) -> None:
    awaited(pair[0].cache.put("code:ana@example.org", True, 60))
    awaited(pair[0].rates("requests", 5).wait("ana@example.org"))
    keys = sorted(server.client.scan_iter())
    assert [key.rpartition(":")[0] for key in keys] == ["shop:kept", "shop:rate:requests"]
    assert not any("ana" in key for key in keys)


# ---------------------------------------------------------------- rates


@ON_SERVER
def test_processes_share_a_rate(pair: tuple[OfRedis, OfRedis]) -> None:
    first, second = (state.rates("requests", 6) for state in pair)
    waits = [awaited(rates.wait("ana")) for rates in (first, second) * 3]
    assert waits == [0] * 6
    # six a minute: one more is let through every ten seconds
    assert 9 <= awaited(second.wait("ana")) <= 10
    assert awaited(second.wait("bo")) == 0
    assert awaited(pair[0].rates("sign-ins", 6).wait("ana")) == 0


@ON_SERVER
def test_a_rate_is_refilled_evenly(pair: tuple[OfRedis, OfRedis]) -> None:
    rates = pair[0].rates("requests", 600)
    assert [awaited(rates.wait("ana")) for _ in range(600)].count(0) == 600
    time.sleep(0.25)  # which refills 2.5, and the 600 calls took some time too
    assert awaited(rates.wait("ana")) == 0


# ---------------------------------------------------------------- an outage


@ON_SERVER
def test_where_redis_is_away_each_process_goes_on_with_what_it_knows(server: Server) -> None:
    ticks = Ticks()
    state = OfRedis(server.address, "shop", ticks)
    cache, rates = state.cache, state.rates("requests", 1)
    awaited(cache.put("ended:session", True, 60))
    server.stop()
    try:
        assert awaited(cache.get("ended:session")) is True
        assert awaited(cache.get("other")) is None
        assert awaited(cache.add("used", True, 60)) is True
        assert awaited(cache.add("used", True, 60)) is False
        assert awaited(cache.count("failures", 60)) == 1
        awaited(cache.drop("ended:session"))
        assert awaited(cache.get("ended:session")) is None
        assert [awaited(rates.wait("ana")) for _ in range(2)] == [0, 60]
        # it was asked once, and then left alone for five seconds
        assert state.metrics().endswith("redis_failures_total 1\n")
    finally:
        server.start()
    assert awaited(cache.get("used")) is True  # still of this process
    ticks.seconds = 5
    assert awaited(cache.get("used")) is None  # asked again: Redis knows nothing of it
    state.close()


# ---------------------------------------------------------------- services


def twins(server: Server, service: Any, app: str, design: str, **more: str) -> list[Running]:
    """Return two processes of a service on one database and one Redis."""
    environment = {**service.trial_settings, **more, "REDIS_URL": server.address}
    first = Running(service, app, design, environment, closes=False)
    return [first, first.restarted()]


@ON_SERVER
def test_who_signs_out_at_one_process_is_out_at_the_other(server: Server, tmp_path: Path) -> None:
    settings = {**poafix_tests.ENVIRONMENT, "UPLOAD_FOLDER": str(tmp_path)}
    first, second = twins(server, PoaFix, "poafix", "dynamodb", **settings)
    with first.client, second.client:
        account = poafix_tests.client_of(first)
        assert second.client.get("/requests", headers=account.headers).status_code == 200
        assert account.post("/auth/logout").status_code == 204
        assert second.client.get("/requests", headers=account.headers).status_code == 401


@ON_SERVER
def test_wrong_passwords_lock_an_address_at_every_process(server: Server, tmp_path: Path) -> None:
    settings = {**poafix_tests.ENVIRONMENT, "UPLOAD_FOLDER": str(tmp_path)}
    both = twins(server, PoaFix, "poafix", "dynamodb", **settings)
    with both[0].client, both[1].client:
        email = poafix_tests.client_of(both[0]).email
        wrong = {"kind": "client", "email": email, "password": "not this one"}
        statuses = [
            both[n % 2].client.post("/auth/login", json=wrong).status_code for n in range(11)
        ]
    assert statuses == [401] * 10 + [429]


@ON_SERVER
def test_a_search_of_one_process_is_kept_for_the_other(server: Server, tmp_path: Path) -> None:
    settings = {**poafix_tests.ENVIRONMENT, "UPLOAD_FOLDER": str(tmp_path)}
    first, second = twins(server, PoaFix, "poafix", "dynamodb", **settings)
    with first.client, second.client:
        account = poafix_tests.client_of(first)
        query = {"lat": -1.286, "lng": 36.817, "serviceType": "plumbing"}
        answers = [
            each.client.get("/providers/nearby", params=query, headers=account.headers)
            for each in (first, second)
        ]
        assert answers[0].content == answers[1].content
        calls = second.store.bill.calls
        again = second.client.get("/providers/nearby", params=query, headers=account.headers)
        assert (again.content, second.store.bill.calls) == (answers[0].content, calls)


@ON_SERVER
def test_the_catalogue_is_read_once_for_all_processes(server: Server) -> None:
    settings = {"SESSION_SECRET": "s" * 32, "PAYMONGO_WEBHOOK_SECRET": "whsk_" + "w" * 24}
    both = twins(server, MongoCollectibles, "mongocollectibles", "recommended", **settings)
    with both[0].client, both[1].client:
        replies = [each.client.get("/api/collectibles") for each in both]
        assert [reply.headers["x-cache"] for reply in replies] == ["MISS", "HIT"]
        assert replies[0].content == replies[1].content
        assert replies[0].headers["etag"] == replies[1].headers["etag"]


@ON_SERVER
def test_the_configuration_is_read_once_for_all_processes(server: Server) -> None:
    secrets = {name: f"{name} {'x' * 32}" for name in ScreenTimeJourney.secret_names}
    both = twins(server, ScreenTimeJourney, "screen-time-journey", "recommended", **secrets)
    with both[0].client, both[1].client:
        first = both[0].client.get("/config/milestones")
        calls = both[0].store.bill.calls
        second = both[1].client.get("/config/milestones")
        assert (second.content, both[1].store.bill.calls) == (first.content, calls)
