"""Load figures of the services: requests a second and p99 of their main routes.

python benchmarks/services.py [--seconds 3] [--connections 8] [--only mongocollectibles]

Each service runs as `serve --app` starts it, in memory with sampled data. In process, its ASGI
application is called directly, by as many callers at once as there are connections; over HTTP,
uvicorn serves it in a process of its own, on kept connections. The client takes part of the
processor too: on two cores these are lower bounds.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import itertools
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tablewright.serve.callers import signed_token
from tablewright.store.opening import fill_store, open_store
from tablewright.verbs.serve import APP_USERS, app_session
from tablewright.verbs.serve_app import service_of
from tablewright_services.common.signatures import base64_signature
from tablewright_services.screen_time_journey.domain import customer_id_of

JSON = {"content-type": "application/json"}
SECRET = "a secret of the benchmark, 32 bytes and more"
PASSWORD = "correct horse battery"
ADMIN = "first@example.org"
MANY = "1000000000"
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "llm-proxy": {
        "JWT_SECRET": f"1 {SECRET}",
        "JWT_REFRESH_SECRET": f"2 {SECRET}",
        "RECEIPT_SECRET": SECRET,
        "REQUESTS_PER_MINUTE": MANY,
        "SIGN_INS_PER_MINUTE": MANY,
    },
    "mongocollectibles": {
        "SESSION_SECRET": f"1 {SECRET}",
        "PAYMONGO_WEBHOOK_SECRET": f"2 {SECRET}",
        "STAFF_PASSWORD": PASSWORD,
        "STAFF_CODE_SECRET": "none",
        "CALLS_PER_MINUTE": MANY,
        "SIGN_INS_PER_MINUTE": MANY,
    },
    "screen-time-journey": {
        "JWT_SECRET": f"1 {SECRET}",
        "CODE_SECRET": f"2 {SECRET}",
        "PIN_ENCRYPTION_KEY": f"3 {SECRET}",
        "SHOPIFY_WEBHOOK_SECRET": SECRET,
        "REQUESTS_PER_MINUTE": MANY,
    },
    "poafix": {
        "JWT_SECRET": SECRET,
        "REQUESTS_PER_MINUTE": MANY,
        "BCRYPT_ROUNDS": "4",
        "ADMIN_EMAIL": ADMIN,
        "ADMIN_PASSWORD": PASSWORD,
        "ADMIN_CODE_SECRET": "none",
    },
    "auxeira": {
        "JWT_SECRET": f"1 {SECRET}",
        "JWT_REFRESH_SECRET": f"2 {SECRET}",
        "PAYSTACK_SECRET_KEY": f"3 {SECRET}",
        "REQUESTS_PER_MINUTE": MANY,
        "SIGN_INS_PER_MINUTE": MANY,
    },
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the body as data."""
        return json.loads(self.body)


Ask = Callable[[Asked], Awaitable[Reply]]
Scenario = Callable[[Ask], Awaitable[dict[str, Iterator[Asked]]]]


def post(path: str, content: Any, headers: Mapping[str, str] | None = None) -> Asked:
    """Return a POST of JSON."""
    body = json.dumps(content).encode()
    return Asked(method="POST", path=path, headers={**JSON, **(headers or {})}, body=body)


def bearer(token: str) -> dict[str, str]:
    """Return the header of a token."""
    return {"authorization": f"Bearer {token}"}


async def answered(ask: Ask, asked: Asked) -> Any:
    """Return the answer to a request that has to succeed."""
    reply = await ask(asked)
    if reply.status >= 400:
        raise RuntimeError(f"{asked.method} {asked.path}: {reply.status} {reply.body[:300]!r}")
    return reply.json()


# ------------------------------------------------------------ what is asked


async def llm_proxy(ask: Ask) -> dict[str, Iterator[Asked]]:
    """Return the main routes of the proxy, for 20 users with a large plan."""
    users = []
    ends = time.time() + 86_400
    for number in range(20):
        body = {"email": f"load{number}@example.org", "password": PASSWORD}
        tokens = await answered(ask, post("/auth/register", body))
        headers = bearer(tokens["accessToken"])
        claims = {
            "originalTransactionId": f"{number:015}",
            "transactionId": f"{number:015}",
            "productId": "business.monthly",
            "purchaseDate": "2026-01-01T00:00:00Z",
            "expiresDate": "2036-01-01T00:00:00Z",
            "exp": ends,
        }
        signed = {"signedTransaction": signed_token(claims, SECRET.encode())}
        await answered(ask, post("/subscription/receipts", signed, headers))
        users.append(headers)
    question = {"model": "gpt-4", "messages": [{"role": "user", "content": "what is it"}]}
    return {
        "GET /subscription": itertools.cycle(
            Asked(method="GET", path="/subscription", headers=each) for each in users
        ),
        "POST /v1/chat/completions": itertools.cycle(
            post("/v1/chat/completions", question, each) for each in users
        ),
        "GET /usage": itertools.cycle(
            Asked(method="GET", path="/usage", headers=each) for each in users
        ),
    }


async def mongocollectibles(ask: Ask) -> dict[str, Iterator[Asked]]:
    """Return the main routes of the shop, with 1,500 copies to rent."""
    signed_in = await answered(ask, post("/staff/session", {"password": PASSWORD}))
    staff = bearer(signed_in["data"]["session"])
    names = [f"load-{number}" for number in range(500)]
    figure = {"name": "Batman Figure", "size": "S", "image_url": "/images/batman.jpg"}
    for name in names:
        put = post(f"/collectibles/{name}", figure, staff)
        await answered(ask, Asked(method="PUT", path=put.path, headers=put.headers, body=put.body))
        for number in range(3):
            copy = {"warehouse_id": f"wh-{number}", "distances": [1 + number, 2, 3]}
            await answered(ask, post(f"/collectibles/{name}/copies", copy, staff))
    order = {"store_id": "store-a", "duration": 10}
    orders = [{"collectible_id": name, **order} for name in names]
    return {
        "GET /collectibles": itertools.repeat(Asked(method="GET", path="/collectibles")),
        "GET /collectibles/{id}": itertools.cycle(
            Asked(method="GET", path=f"/collectibles/{name}") for name in names
        ),
        "POST /rentals/quote": itertools.cycle(post("/rentals/quote", each) for each in orders),
        "POST /rentals/checkout": (
            post("/rentals/checkout", {**each, "customer_email": "ana@example.ph"})
            for _ in range(3)
            for each in orders
        ),
    }


async def auxeira(ask: Ask) -> dict[str, Iterator[Asked]]:
    """Return main routes of Auxeira, for ten users."""
    users = []
    for number in range(10):
        body = {"email": f"load{number}@example.org", "password": f"{PASSWORD} 1A!", "name": "Ana"}
        reply = await answered(ask, post("/api/auth/register", body))
        found = reply.get("data", reply)
        users.append(bearer(found.get("accessToken") or found["tokens"]["accessToken"]))
    return {
        f"GET {path}": itertools.cycle(
            [Asked(method="GET", path=path, headers=each) for each in users]
        )
        for path in ("/api/profile", "/api/projects", "/api/leaderboard/global")
    }


def paid_order(number: int) -> Asked:
    """Return the shop's message that a customer has paid."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    order = {
        "id": 9_000 + number,
        "customer": {"id": 1_000 + number, "email": f"load{number}@example.org"},
        "financial_status": "paid",
        "updated_at": now,
        "line_items": [{"title": "Commitment", "price": "49.00"}],
    }
    body = json.dumps(order).encode()
    headers = {
        **JSON,
        "x-shopify-topic": "orders/paid",
        "x-shopify-hmac-sha256": base64_signature(body, SECRET.encode()),
        "x-shopify-webhook-id": str(uuid.uuid4()),
        "x-shopify-triggered-at": now,
        "x-shopify-shop-domain": "load.myshopify.com",
    }
    return Asked(method="POST", path="/webhooks/shopify", headers=headers, body=body)


async def screen_time_journey(ask: Ask) -> dict[str, Iterator[Asked]]:
    """Return main routes for 20 customers who have just paid, each with a device."""
    users = []
    for number in range(20):
        await answered(ask, paid_order(number))
        ends = int(time.time()) + 80_000
        claims = {"sub": customer_id_of(1_000 + number), "use": "session", "exp": ends}
        headers = bearer(signed_token(claims, f"1 {SECRET}".encode()))
        await answered(ask, post("/me/commitment", {"goalMinutes": 90}, headers))
        await answered(ask, post("/devices", {"type": "iOS", "name": "Phone"}, headers))
        users.append(headers)
    paths = ("/me", "/devices", "/devices/device-1/pin", "/leaderboard", "/config/milestones")
    return {
        **{
            f"GET {path}": itertools.cycle(
                [Asked(method="GET", path=path, headers=each) for each in users]
            )
            for path in paths
        },
        "GET /username/{name}/availability": (
            Asked(method="GET", path=f"/username/load{number}/availability")
            for number in itertools.count()
        ),
        "POST /me/check-in": itertools.cycle([post("/me/check-in", {}, each) for each in users]),
        "POST /webhooks/shopify": (paid_order(number) for number in itertools.count(20)),
    }


async def poafix(ask: Ask) -> dict[str, Iterator[Asked]]:
    """Return the main routes of PoaFix, with a hundred providers around one place."""
    admin = {"kind": "admin", "email": ADMIN, "password": PASSWORD}
    verifier = bearer((await answered(ask, post("/auth/login", admin)))["accessToken"])
    here = {"lat": -1.286, "lon": 36.817}
    person = {"password": PASSWORD, "phone": "+254700000000", "location": here}
    client = {"kind": "client", "email": "load@example.org", "name": "Ana", "address": "A 1"}
    headers = bearer((await answered(ask, post("/auth/register", person | client)))["accessToken"])
    offer = {"kind": "provider", "businessName": "Pipes", "serviceType": "plumbing"}
    providers: list[tuple[str, dict[str, str]]] = []
    for number in range(100):
        one = {"email": f"load{number}@example.org", "hourlyRate": 600}
        account = await answered(ask, post("/auth/register", person | offer | one))
        id, own = account["id"], bearer(account["accessToken"])
        verdict = {"decision": "verified"}
        await answered(ask, post(f"/admin/providers/{id}/verify", verdict, verifier))
        place = {"lat": -1.286 + number / 2000, "lon": 36.817}
        presence = post("/providers/me/presence", {"location": place, "isAvailable": True}, own)
        await answered(ask, replace(presence, method="PUT"))
        providers.append((id, own))
    near = "/providers/nearby?serviceType=plumbing&lng=36.817&lat="
    moved = {"location": here, "isAvailable": True}
    wish = {"serviceType": "plumbing", "location": here, "description": "The tap drips."}
    return {
        "GET /providers/nearby, not kept": (
            Asked(method="GET", path=f"{near}{-1.286 + n / 10_000:.4f}", headers=headers)
            for n in itertools.count()
        ),
        "GET /providers/nearby, kept": itertools.repeat(
            Asked(method="GET", path=f"{near}-1.286", headers=headers)
        ),
        "GET /providers/{id}": itertools.cycle(
            Asked(method="GET", path=f"/providers/{id}", headers=headers) for id, _ in providers
        ),
        "PUT /providers/me/presence": itertools.cycle(
            replace(post("/providers/me/presence", moved, own), method="PUT")
            for _, own in providers
        ),
        "POST /requests": itertools.cycle(
            post("/requests", {**wish, "providerId": id}, headers) for id, _ in providers
        ),
        "GET /notifications": itertools.cycle(
            Asked(method="GET", path="/notifications", headers=own) for _, own in providers
        ),
    }


SCENARIOS: Mapping[str, Scenario] = {
    "screen-time-journey": screen_time_journey,
    "poafix": poafix,
    "llm-proxy": llm_proxy,
    "mongocollectibles": mongocollectibles,
    "auxeira": auxeira,
}


# ------------------------------------------------------------ in process


def asgi_caller(application: Any) -> Ask:
    """Return what calls an ASGI application."""

    async def ask(asked: Asked) -> Reply:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        path, _, query = asked.path.partition("?")
        headers = [(name.encode(), value.encode()) for name, value in asked.headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [*headers, (b"host", b"127.0.0.1")],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }
        await application(scope, receive, send)
        body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        return Reply(status=sent[0]["status"], body=body)

    return ask


@asynccontextmanager
async def in_process(app: str) -> AsyncIterator[Sequence[Ask]]:
    """Yield what calls the ASGI application of a service."""
    session = app_session(app)
    service_class = service_of(app)
    store = open_store(session, design=service_class.trial_design, target="memory")
    fill_store(store, session, APP_USERS)
    service = service_class(store, ENVIRONMENTS[app], log=str)
    application = service.application()

    ask = asgi_caller(application)
    async with application.router.lifespan_context(application):
        yield itertools.repeat(ask)  # type: ignore[misc]


# ------------------------------------------------------------ over HTTP


@asynccontextmanager
async def over_http(app: str) -> AsyncIterator[Sequence[Ask]]:
    """Yield what asks a server of the service, each over a connection of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tablewright", "serve", "--app", app, "--port", str(port)],
        env={**os.environ, **ENVIRONMENTS[app]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    writers: list[asyncio.StreamWriter] = []

    async def connected() -> Ask:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        transport = writer.transport.get_extra_info("socket")
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        async def ask(asked: Asked) -> Reply:
            head = f"{asked.method} {asked.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n" + "".join(
                f"{name}: {value}\r\n" for name, value in asked.headers.items()
            )
            writer.write(f"{head}content-length: {len(asked.body)}\r\n\r\n".encode() + asked.body)
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            length = next(int(x[15:]) for x in lines if x.startswith(b"content-length:"))
            return Reply(status=int(lines[0].split()[1]), body=await reader.readexactly(length))

        return ask

    try:
        for _ in range(1_200):
            try:
                first = await connected()
                break
            except OSError:
                await asyncio.sleep(0.05)
        yield _Connections(first, connected)
    finally:
        for writer in writers:
            writer.close()
        process.terminate()
        process.wait()


class _Connections(list[Ask]):
    """Connections that are opened once they are wanted."""

    def __init__(self, first: Ask, connected: Callable[[], Awaitable[Ask]]) -> None:
        super().__init__([first])
        self.connected = connected


# ------------------------------------------------------------ measuring


async def loaded(
    callers: Sequence[Ask], requests: Iterator[Asked], seconds: float
) -> tuple[list[float], float]:
    """Let callers ask as fast as they can; return the seconds of each answer, and of the whole.

    Raises:
        RuntimeError: an answer was an error.
    """
    times: list[float] = []
    started = time.perf_counter()

    async def one(ask: Ask) -> None:
        while (began := time.perf_counter()) < started + seconds:
            asked = next(requests, None)
            if asked is None:
                return
            reply = await ask(asked)
            if reply.status >= 400:
                raise RuntimeError(f"{asked.path}: {reply.status} {reply.body[:300]!r}")
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(one(ask) for ask in callers))
    return sorted(times), time.perf_counter() - started


async def measure(app: str, seconds: float, connections: int) -> None:
    """Print a line for each main route of a service."""
    for way, opened in (("in process", in_process), ("HTTP", over_http)):
        async with opened(app) as asks:
            if isinstance(asks, _Connections):
                callers = [asks[0], *[await asks.connected() for _ in range(connections - 1)]]
            else:
                callers = list(itertools.islice(asks, connections))
            for label, requests in (await SCENARIOS[app](callers[0])).items():
                await loaded(callers, itertools.islice(requests, 50), seconds)
                times, took = await loaded(callers, requests, seconds)
                middle, late = (times[len(times) * part // 100] * 1e3 for part in (50, 99))
                rate = len(times) / took
                print(
                    f"{app:20}{label:40}{way:12}{rate:10,.0f}{middle:9.1f}{late:9.1f}", flush=True
                )


def main() -> int:
    """Measure all services, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", action="append", choices=sorted(SCENARIOS))
    options = parser.parse_args()
    print(f"{'service':20}{'route':40}{'':12}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}")
    for app in options.only or SCENARIOS:
        asyncio.run(measure(app, options.seconds, options.connections))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
