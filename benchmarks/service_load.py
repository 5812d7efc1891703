"""How many requests a second the service of Screen Time Journey answers, and how long they take.

    python benchmarks/service_load.py [--seconds 3] [--callers 8] [--users 100]

The service runs as `tablewright serve --app` starts it, in memory, in a process of its own; callers
in threads of this one keep their connections. Shown are requests a second, the median and the 99th
percentile of each route. Both processes share the machine.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import count

SECRET = "a webhook secret of the benchmark"
NUMBERS = count(1)
Ask = Callable[[HTTPConnection], int]


def main() -> int:
    """Start the service, ask each route, print; return 1 where an answer is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--users", type=int, default=100)
    options = parser.parse_args()
    program = [sys.executable, "-m", "tablewright", "serve", "--app", "screen-time-journey"]
    environment = {"SHOPIFY_WEBHOOK_SECRET": SECRET, "REQUESTS_PER_MINUTE": "100000000"}
    process = subprocess.Popen(
        [*program, "--port", "0", "--seed", str(options.users)],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        return measure(process, options)
    finally:
        process.terminate()
        process.wait()


def measure(process: subprocess.Popen[str], options: argparse.Namespace) -> int:
    """Ask each route for so many seconds."""
    messages: list[str] = []
    address = listening(process)
    threading.Thread(target=lambda: collect(process, messages), daemon=True).start()
    token = signed_in(HTTPConnection(address), messages)
    own = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = HTTPConnection(address)
    request(asked, "POST", "/me/commitment", {"goalMinutes": 90}, own)
    request(asked, "POST", "/devices", {"type": "iOS", "name": "Phone"}, own)
    routes: dict[str, Ask] = {
        "GET /me": lambda c: request(c, "GET", "/me", None, own)[0],
        "GET /leaderboard": lambda c: request(c, "GET", "/leaderboard", None, own)[0],
        "GET /config/milestones": lambda c: request(c, "GET", "/config/milestones", None, {})[0],
        "GET /username/…": lambda c: request(c, "GET", "/username/ana_k/availability", None, {})[0],
        "POST /me/check-in": lambda c: request(c, "POST", "/me/check-in", {}, own)[0],
        "GET /devices/device-1/pin": lambda c: request(
            c, "GET", "/devices/device-1/pin", None, own
        )[0],
        "POST /webhooks/shopify": buy,
    }
    print(f"{'route':28}{'a second':>10}{'median ms':>12}{'99 % ms':>10}{'errors':>8}")
    failed = 0
    for name, ask in routes.items():
        seconds, errors = asked_by_many(address, ask, options.callers, options.seconds)
        failed += errors
        middle, late = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
        rate = len(seconds) / options.seconds
        print(f"{name:28}{rate:10,.0f}{middle * 1000:12.1f}{late * 1000:10.1f}{errors:8}")
    return int(failed > 0)


def asked_by_many(address: str, ask: Ask, callers: int, seconds: float) -> tuple[list[float], int]:
    """Return how long each answer took, in order, and how many were errors."""
    taken: list[float] = []
    errors: list[int] = []
    until = time.perf_counter() + seconds

    def caller() -> None:
        connection = HTTPConnection(address)
        while (begun := time.perf_counter()) < until:
            status = ask(connection)
            taken.append(time.perf_counter() - begun)
            if status >= 400:
                errors.append(status)
        connection.close()

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(taken), len(errors)


def request(
    connection: HTTPConnection, method: str, path: str, body: object, headers: dict[str, str]
) -> tuple[int, bytes]:
    """Return the status and the content of an answer."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
    connection.request(method, path, content or None, headers)
    reply = connection.getresponse()
    return reply.status, reply.read()


def buy(connection: HTTPConnection) -> int:
    """Send a message of the shop about a new customer."""
    number = next(NUMBERS)
    order = {"customer": {"id": number, "email": f"{number}@example.org"}, "note": "x" * 2_000}
    body = json.dumps(order).encode()
    headers = {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Webhook-Id": str(number),
        "X-Shopify-Hmac-Sha256": base64.b64encode(
            hmac.digest(SECRET.encode(), body, "sha256")
        ).decode(),
    }
    return request(connection, "POST", "/webhooks/shopify", body, headers)[0]


def listening(process: subprocess.Popen[str]) -> str:
    """Return host and port, once the service listens."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://(127\.0\.0\.1:\d+)", line):
            return found.group(1)
    raise SystemExit("the service did not start")


def collect(process: subprocess.Popen[str], messages: list[str]) -> None:
    """Keep the messages with codes; the log is read and left."""
    assert process.stderr is not None
    for line in iter(process.stderr.readline, ""):
        if "your code is" in line:
            messages.append(line)


def signed_in(connection: HTTPConnection, messages: list[str]) -> str:
    """Return the session of a new customer."""
    buy(connection)
    headers = {"Content-Type": "application/json"}
    request(connection, "POST", "/login", {"email": "1@example.org"}, headers)
    while not messages:
        time.sleep(0.01)
    body = {"email": "1@example.org", "code": messages[-1].split()[-1]}
    status, content = request(connection, "POST", "/login/confirm", body, headers)
    assert status == 200, content
    return str(json.loads(content)["token"])


if __name__ == "__main__":
    sys.exit(main())
