"""What the store adds to plain boto3 calls: the same requests, through both, to the same server.

python benchmarks/store_calls.py [--seconds 4]

The server is the local engine in a process of its own. Both ways take turns in slices of a tenth of
a second, so that what else the machine does slows both. Plain is the very request of the store,
sent by `boto3.client("dynamodb")`, without asking what it consumed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tablewright.engines.dynamodb.transport import CountingTransport, Reply
from tablewright.store.opening import open_store
from tablewright.store.store import Store
from tablewright.verbs.serve import app_session

SLICE_SECONDS = 0.1
USERS = 200
PREPARED = 400
"""Different requests of each pattern, asked one after the other again and again."""


@contextmanager
def server() -> Iterator[str]:
    """Run the local engine in memory; yield where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tablewright", "local", "--port", str(port), "--in-memory"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


class Recorder:
    """A transport that keeps what is sent."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request, and keep it."""
        self.sent.append((operation, dict(parameters)))
        return self.inner.send(operation, parameters, label=label)


def plain_calls(store: Store, name: str, questions: list[dict[str, Any]]) -> Any:
    """Return the requests that the store sends for each question."""
    adapter: Any = store.adapter
    counting: CountingTransport = adapter._counting
    recorder = Recorder(counting.inner)
    counting.inner = recorder
    listed = []
    for question in questions:
        recorder.sent = []
        store.call(name, question)
        listed.append(recorder.sent)
    counting.inner = recorder.inner
    return listed


def questions(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return arguments for patterns of each kind, on users that are stored first."""
    users = [
        store.call(
            "createUser",
            {
                "email": f"user{number}@example.org",
                "passwordHash": "x" * 97,
                "plan": "business",
                "limit": 10_000_000,
                "status": "active",
                "source": "none",
                "periodStart": "2026-01-01",
                "periodEnd": "2036-01-01",
                "preferences": {},
            },
        )
        for number in range(USERS)
    ]
    for user, _ in itertools.product(users, range(20)):
        store.call("recordUsage", usage_of(user.userId))
    chosen = [users[number % USERS] for number in range(PREPARED)]
    return {
        "getUserById": [{"userId": user.userId} for user in chosen],
        "incrementUsage": [
            {"userId": user.userId, "email": user.email, "tokens": 150} for user in chosen
        ],
        "recordUsage": [usage_of(user.userId) for user in chosen],
        "listUsageByPeriod": [
            {
                "userId": user.userId,
                "timestamp_from": "2026-01-01",
                "timestamp_to": "2036-01-01",
                "limit": 10,
            }
            for user in chosen
        ],
    }


def usage_of(user_id: str) -> dict[str, Any]:
    """Return a record of usage."""
    return {
        "userId": user_id,
        "provider": "openai",
        "model": "gpt-4",
        "status": "ok",
        "tokens": 150,
        "promptTokens": 100,
        "completionTokens": 50,
        "cost": 0.0045,
        "latencyMs": 800,
    }


def measured(
    ways: Mapping[str, Callable[[int], None]], seconds: float
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return the seconds of each call of each way, and its processor seconds in the mean."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    processor = dict.fromkeys(ways, 0.0)
    count = dict.fromkeys(ways, 0)
    end = time.perf_counter() + seconds * len(ways)
    while time.perf_counter() < end:
        for way, call in ways.items():
            listed = times[way]
            slice_end = time.perf_counter() + SLICE_SECONDS
            used = time.thread_time()
            started = time.perf_counter()
            while started < slice_end:
                call(count[way] % PREPARED)
                count[way] += 1
                now = time.perf_counter()
                listed.append(now - started)
                started = now
            processor[way] += time.thread_time() - used
    return times, {way: processor[way] / max(1, count[way]) for way in ways}


def plain_way(client: Any, store: Any, sent: list[Any]) -> Callable[[int], None]:
    """Return what sends the requests of a question through boto3; what is put is new each time."""
    from botocore import xform_name

    sort_keys = {table.name: table.sort_key for table in store.design.tables}
    fresh = itertools.count(10_000_000)

    def plain(number: int) -> None:
        for operation, parameters in sent[number]:
            request = dict(parameters)
            if operation == "PutItem":
                item, key = parameters["Item"], sort_keys[parameters["TableName"]]
                value = f"{item[key]['S'][:-8]}{next(fresh)}"
                request["Item"] = {**item, key: {"S": value}}
            getattr(client, xform_name(operation))(**request)

    return plain


def main() -> int:
    """Measure, and print a line for each pattern."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    seconds = parser.parse_args().seconds
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "local")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    import boto3

    pair = f"{'boto3':>10}{'store':>10}{'added':>9}"
    print(f"{'microseconds':20}{'p50':>29}{'processor, mean':>29}{'p99':>20}")
    print(f"{'':20}{pair}{pair}{'boto3':>11}{'store':>9}")
    with (
        server() as url,
        open_store(
            app_session("llm-proxy"), design="recommended", target=url, create=True
        ) as store,
    ):
        client = boto3.client("dynamodb", endpoint_url=url)
        for name, asked in questions(store).items():
            sent = plain_calls(store, name, asked)

            plain = plain_way(client, store, sent)

            def through_store(number: int, name: str = name, asked: Any = asked) -> None:
                store.call(name, asked[number])

            ways = {"boto3": plain, "store": through_store}
            measured(ways, 0.5)
            found, processor = measured(ways, seconds)
            times = {way: sorted(each) for way, each in found.items()}
            middle = {way: each[len(each) // 2] * 1e6 for way, each in times.items()}
            late = {way: each[len(each) * 99 // 100] * 1e6 for way, each in times.items()}
            row = f"{name:20}"
            for each in (middle, {way: used * 1e6 for way, used in processor.items()}):
                added = each["store"] / each["boto3"] - 1
                row += f"{each['boto3']:10,.0f}{each['store']:10,.0f}{added:9.1%}"
            print(f"{row}{late['boto3']:11,.0f}{late['store']:9,.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
