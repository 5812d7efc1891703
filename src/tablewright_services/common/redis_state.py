"""What the processes of a service keep together in a Redis (7 and later) or Valkey.

In: keys, JSON-like values, seconds. Out: values until they run out. Every write is made in this
process as well, so that where Redis does not answer each process goes on with what it knows itself,
without an error to a caller; it is asked again after some seconds.

The rates are buckets that are refilled evenly, counted by a script within Redis, by its clock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tablewright.serve.callers import CallRates
from tablewright_services.common.caches import Cache, Limiter, LocalCache

T = TypeVar("T")
ANSWERS_WITHIN_SECONDS = 0.5
PAUSE_SECONDS = 5.0
"""How long a Redis that did not answer is left alone."""
BUCKET = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most = tonumber(ARGV[1])
local each_ms = most / 60000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'filled')
local tokens = tonumber(kept[1]) or most
tokens = math.min(most, tokens + math.max(0, now - (tonumber(kept[2]) or now)) * each_ms)
local wait = 0
if tokens < 1 then
  wait = math.ceil((1 - tokens) / each_ms / 1000)
else
  tokens = tokens - 1
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'filled', now)
redis.call('PEXPIRE', KEYS[1], 60000)
return wait
"""
"""A request of a caller: KEYS[1] is the bucket, ARGV[1] how many a minute it lets through."""
DECIMAL, TIME = "$decimal", "$time"


class Away(Exception):
    """Redis does not answer."""


class OfRedis:
    """Keeps everything in a Redis.

    Args:
        address: `redis://…`, `rediss://…` or `unix://…`.
        name: of the service; its keys begin with it.
        ticks: gives seconds of a clock that never goes back.
    """

    def __init__(self, address: str, name: str, ticks: Callable[[], float]) -> None:
        self._redis = Redis.from_url(
            address,
            decode_responses=True,
            socket_timeout=ANSWERS_WITHIN_SECONDS,
            socket_connect_timeout=ANSWERS_WITHIN_SECONDS,
            # once more at once, as the server may have closed a connection that rested
            retry=Retry(NoBackoff(), 1),
        )
        self._name, self._ticks = name, ticks
        self._lock = threading.Lock()
        self._away_until = float("-inf")
        self.failures = 0
        """How often Redis did not answer."""
        self.script = self._redis.register_script(BUCKET)
        self.cache: Cache = RedisCache(self)

    def key(self, kind: str, name: str) -> str:
        """Return the key of something in Redis, without an address or a place in clear."""
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:40]
        return f"{self._name}:{kind}:{digest}"

    async def ask(self, question: Callable[[Redis], T]) -> T:
        """Return what Redis answers.

        Raises:
            Away: it does not.
        """
        if self._ticks() < self._away_until:
            raise Away
        try:
            return await asyncio.to_thread(question, self._redis)
        except (RedisError, OSError) as problem:
            with self._lock:
                self.failures += 1
                self._away_until = self._ticks() + PAUSE_SECONDS
            raise Away from problem

    def local_cache(self) -> LocalCache:
        """Return a cache of this process by the same clock."""
        return LocalCache(self._ticks)

    def rates(self, name: str, per_minute: int) -> Limiter:
        """Return the rates of one kind of request."""
        return RedisRates(self, name, per_minute, CallRates(per_minute, self._ticks))

    def metrics(self) -> str:
        """Return how often Redis did not answer."""
        return f"# TYPE redis_failures_total counter\nredis_failures_total {self.failures}\n"

    def close(self) -> None:
        """Let connections go."""
        self._redis.close()


class RedisCache:
    """A cache in a Redis; `Cache` says what its methods do."""

    def __init__(self, state: OfRedis) -> None:
        self._state, self._local = state, state.local_cache()

    async def get(self, key: str) -> Any:
        """Return a value; None where there is none, or it has run out."""
        name = self._key(key)
        try:
            text = await self._state.ask(lambda redis: redis.get(name))
        except Away:
            return await self._local.get(key)
        return None if text is None else decoded(str(text))

    async def put(self, key: str, value: Any, seconds: float) -> None:
        """Keep a value."""
        await self._local.put(key, value, seconds)
        name, text, milliseconds = self._key(key), encoded(value), _milliseconds(seconds)
        try:
            await self._state.ask(lambda redis: redis.set(name, text, px=milliseconds))
        except Away:
            return

    async def add(self, key: str, value: Any, seconds: float) -> bool:
        """Keep a value where there is none, and return whether there was none."""
        name, text, milliseconds = self._key(key), encoded(value), _milliseconds(seconds)
        is_new_here = await self._local.add(key, value, seconds)
        try:
            return await self._state.ask(
                lambda redis: redis.set(name, text, px=milliseconds, nx=True) is not None
            )
        except Away:
            return is_new_here

    async def count(self, key: str, seconds: float) -> int:
        """Count up, from 1, and return the count; it begins again once it has run out."""
        name, milliseconds = self._key(key), _milliseconds(seconds)
        counted_here = await self._local.count(key, seconds)

        def counted(redis: Redis) -> int:
            steps = redis.pipeline(transaction=True)
            steps.incr(name)
            steps.pexpire(name, milliseconds, nx=True)
            return int(steps.execute()[0])

        try:
            return await self._state.ask(counted)
        except Away:
            return counted_here

    async def drop(self, key: str) -> None:
        """Forget a value."""
        await self._local.drop(key)
        name = self._key(key)
        try:
            await self._state.ask(lambda redis: redis.delete(name))
        except Away:
            return

    def _key(self, key: str) -> str:
        return self._state.key("kept", key)


class RedisRates:
    """Rates that all processes count together."""

    def __init__(self, state: OfRedis, name: str, per_minute: int, local: CallRates) -> None:
        self._state, self._name, self._local = state, name, local
        self._per_minute = per_minute

    async def wait(self, caller: str) -> int:
        """Count a request; return 0, or after how many seconds one will be let through."""
        key = self._state.key(f"rate:{self._name}", caller)
        script, most = self._state.script, self._per_minute
        try:
            return int(await self._state.ask(lambda redis: script(keys=[key], args=[most])))
        except Away:
            return self._local.wait(caller)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def encoded(value: Any) -> str:
    """Return a value as JSON; decimals and times stay what they are."""
    return json.dumps(value, default=_tagged)


def decoded(text: str) -> Any:
    """Return the value of a text that `encoded` made."""
    return json.loads(text, object_hook=_untagged)


def _tagged(value: Any) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {DECIMAL: str(value)}
    if isinstance(value, dt.datetime):
        return {TIME: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not kept")


def _untagged(members: dict[str, Any]) -> Any:
    if members.keys() == {DECIMAL}:
        return Decimal(members[DECIMAL])
    if members.keys() == {TIME}:
        return dt.datetime.fromisoformat(members[TIME])
    return members


__all__ = ["OfRedis", "RedisCache", "RedisRates", "decoded", "encoded"]
