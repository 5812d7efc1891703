"""The data API of the shop: answers, refusals, limits and what operating it takes."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import tablewright
from asking import Client
from tablewright.core.errors import UsageError
from tablewright.serve.application import DataApi
from tablewright.serve.aws import lambda_handler
from tablewright.serve.edge import SECURITY_HEADERS
from tablewright.serve.settings import ServeSettings, require_protection, settings_of
from tablewright.store.store import Store

SHOP = Path(__file__).parents[1] / "store" / "shop.yaml"
KEY, OTHER_KEY = "0123456789abcdef", "fedcba9876543210"
SECRET = "a secret of at least 32 characters"
NOW = 1_800_000_000.0
NEW = {"email": "ana@x.org", "name": "Ana", "limit": 2, "periodEnd": "2100-01-01T00:00:00Z"}


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with tablewright.open_store(SHOP, design="tables", target="memory") as opened:
        yield opened


class Served:
    """A client of an API, with its log and its clock."""

    def __init__(self, store: Store, settings: ServeSettings) -> None:
        self.lines: list[str] = []
        self.ticks = Clock()
        self.api = DataApi(store, settings, self.lines.append, lambda: NOW, self.ticks)
        self.app = self.api.application(closes=False)
        self.client = Client(self.app)


@pytest.fixture
def served(store: Store) -> Served:
    return Served(store, ServeSettings())


def register(client: Client, name: str) -> str:
    reply = client.post("/api/register", json={**NEW, "email": f"{name}@x.org"})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["customerId"])


def protected(store: Store, **environment: str) -> Served:
    keys = {"TABLEWRIGHT_API_KEYS": f"shop:{KEY}, report:{OTHER_KEY}"}
    return Served(store, settings_of({**keys, **environment}))


def token(claims: dict[str, Any], secret: str = SECRET, alg: str = "HS256") -> str:
    def encoded(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    signed = f"{encoded(json.dumps({'alg': alg}).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{signed}.{encoded(hmac.new(secret.encode(), signed.encode(), 'sha256').digest())}"


# ---------------------------------------------------------------- answers


def test_each_kind_of_pattern_has_its_answer(served: Served) -> None:
    client = served.client
    customer = register(client, "kinds")
    stored = client.get("/api/customer", params={"customerId": customer})
    assert stored.json()["requests"] == 0
    assert client.post("/api/count", json={"customerId": customer}).status_code == 204
    order = client.post("/api/addOrder", json={"customerId": customer, "total": 19.90})
    assert (order.status_code, order.json()["status"]) == (201, "open")
    listed = client.get("/api/orders", params={"customerId": customer}).json()
    assert [each["total"] for each in listed["items"]] == [19.9]
    assert listed["next"] == ""


def test_refusals_have_their_status_and_say_where(served: Served) -> None:
    client = served.client
    customer = register(client, "refused")
    nobody = "00000000-0000-4000-8000-000000000000"
    taken = client.post("/api/register", json={**NEW, "email": "refused@x.org"})
    assert taken.status_code == 409
    assert client.get("/api/customer", params={"customerId": nobody}).status_code == 404
    rename = {"customerId": nobody, "name": "X"}
    assert client.post("/api/rename", json=rename).status_code == 404
    for _ in range(2):
        assert client.post("/api/count", json={"customerId": customer}).status_code == 204
    assert client.post("/api/count", json={"customerId": customer}).status_code == 409
    wrong = client.post("/api/register", json={"email": "no", "limit": 1.5})
    assert wrong.status_code == 422
    assert wrong.headers["content-type"] == "application/problem+json"
    places = [problem["place"] for problem in wrong.json()["problems"]]
    assert places == ["email", "name", "limit", "periodEnd"]
    number = client.get("/api/orders", params={"customerId": customer, "limit": "many"})
    assert number.json()["problems"] == [
        {"place": "limit", "message": "must be a whole number, not a text"}
    ]
    assert client.get("/api/nothing").status_code == 404
    assert client.get("/api/register").status_code == 405


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[1]", {}, 400),
        (b"", {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b" " * 1_048_577, {}, 413),
        (b'{"email": "\\ud800@x.y"}', {}, 422),
    ],
)
def test_a_body_that_is_none_is_refused(
    served: Served, body: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"content-type": "application/json", **headers}
    reply = served.client.post("/api/register", content=body, headers=sent)
    # a lone surrogate is no JSON to some parsers, and no text to the others
    assert reply.status_code in ({status, 400} if status == 422 else {status})


def test_a_body_is_read_no_further_than_allowed(store: Store) -> None:
    small = Served(store, ServeSettings(max_body_bytes=1_000))
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 100
            yield b" " * 100

    headers = {"content-type": "application/json"}
    assert small.client.post("/api/register", content=chunks(), headers=headers).status_code == 413


# ---------------------------------------------------------------- callers


def test_callers_need_a_key_or_a_token(store: Store) -> None:
    client = protected(store, TABLEWRIGHT_JWT_SECRET=SECRET).client
    path = "/api/byEmail?email=nobody@x.org"
    for headers in (
        {},
        {"X-API-Key": "wrong key of 16 chars"},
        {"X-API-Key": ""},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {token({'sub': 'a', 'exp': NOW - 1})}"},
        {"Authorization": f"Bearer {token({'sub': 'a'})}"},
        {"Authorization": f"Bearer {token({'exp': NOW + 9, 'nbf': NOW + 5})}"},
        {"Authorization": f"Bearer {token({'exp': NOW + 9}, secret='x' * 32)}"},
        {"Authorization": f"Bearer {token({'exp': NOW + 9}, alg='none')}"},
        {"Authorization": f"Bearer {token({'exp': NOW + 9}).rpartition('.')[0]}."},
    ):
        reply = client.get(path, headers=headers)
        assert reply.status_code == 401, headers
        assert reply.headers["www-authenticate"] == "Bearer"
    for headers in (
        {"X-API-Key": KEY},
        {"Authorization": f"Bearer {OTHER_KEY}"},
        {"Authorization": f"Bearer {token({'sub': 'ana', 'exp': NOW + 9})}"},
    ):
        assert client.get(path, headers=headers).status_code == 404, headers
    assert client.get("/health").status_code == client.get("/openapi.json").status_code == 200
    assert client.get("/metrics").status_code == 401


def test_each_caller_has_a_rate_of_its_own(store: Store) -> None:
    served = protected(store, TABLEWRIGHT_RATE_PER_MINUTE="3")
    path = "/api/byEmail?email=nobody@x.org"

    def status(key: str) -> int:
        return int(served.client.get(path, headers={"X-API-Key": key}).status_code)

    assert [status(KEY) for _ in range(4)] == [404, 404, 404, 429]
    assert status(OTHER_KEY) == 404
    late = served.client.get(path, headers={"X-API-Key": KEY})
    assert late.headers["retry-after"] == "20"  # 3 a minute: one in 20 seconds
    served.ticks.seconds += 20
    assert [status(KEY) for _ in range(2)] == [404, 429]


@pytest.mark.parametrize(
    "environment",
    [
        {"TABLEWRIGHT_API_KEYS": "shop:short"},
        {"TABLEWRIGHT_API_KEYS": KEY},
        {"TABLEWRIGHT_JWT_SECRET": "x" * 31},
        {"TABLEWRIGHT_RATE_PER_MINUTE": "0"},
        {"TABLEWRIGHT_MAX_BODY_BYTES": "1MB"},
    ],
)
def test_settings_that_protect_nothing_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError) as raised:
        settings_of(environment)
    assert not any(len(v) > 8 and v in str(raised.value) for v in environment.values())


def test_nobody_else_is_served_without_a_key() -> None:
    with pytest.raises(UsageError, match="no API key"):
        require_protection(settings_of({}))
    require_protection(settings_of({"TABLEWRIGHT_API_KEYS": f"a:{KEY}"}))


def test_secrets_are_not_shown(store: Store) -> None:
    settings = settings_of({"TABLEWRIGHT_API_KEYS": f"a:{KEY}", "TABLEWRIGHT_JWT_SECRET": SECRET})
    assert KEY not in repr(settings)
    assert SECRET not in repr(settings)


def test_only_named_origins_may_read_answers(store: Store) -> None:
    client = protected(store, TABLEWRIGHT_CORS_ORIGINS="https://shop.example").client
    asked = {"Access-Control-Request-Method": "POST"}
    own = client.options("/api/register", headers={"Origin": "https://shop.example", **asked})
    assert own.headers["access-control-allow-origin"] == "https://shop.example"
    foreign = client.options("/api/register", headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in foreign.headers
    closed = Served(store, ServeSettings()).client
    reply = closed.get("/health", headers={"Origin": "https://shop.example"})
    assert "access-control-allow-origin" not in reply.headers


# ---------------------------------------------------------------- operating


def test_every_answer_has_security_headers_and_an_id(served: Served) -> None:
    for path in ("/health", "/ready", "/openapi.json", "/metrics", "/nothing", "/api/customer"):
        reply = served.client.get(path, headers={"X-Request-Id": "req-12345678"})
        for name, value in SECURITY_HEADERS.items():
            assert reply.headers[name] == value, path
        assert reply.headers["x-request-id"] == "req-12345678"
    injected = served.client.get("/health", headers={"X-Request-Id": "a b"})
    assert injected.headers["x-request-id"] != "a b"


def test_an_error_of_ours_shows_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("table Shop, key hunter2")

    monkeypatch.setattr(served.api.store, "call", fail)
    reply = served.client.get("/api/byEmail?email=a@b.c")
    assert reply.status_code == 500
    assert set(reply.json()) == {"title", "status", "request_id"}
    assert "hunter2" not in reply.text
    assert json.loads(served.lines[-1])["problem"] == "RuntimeError"


def test_the_log_has_neither_arguments_nor_values(served: Served) -> None:
    register(served.client, "secretive")
    served.client.get("/api/byEmail?email=secretive@x.org")
    line = json.loads(served.lines[-1])
    assert (line["pattern"], line["status"], line["caller"]) == ("byEmail", 200, "anybody")
    assert "secretive" not in "".join(served.lines)


def test_it_is_ready_while_the_database_answers(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert served.client.get("/ready").status_code == 200

    def fail() -> None:
        raise OSError("gone")

    monkeypatch.setattr(served.api.store, "look", fail)
    assert served.client.get("/ready").status_code == 200  # for five seconds
    served.ticks.seconds += 5
    assert served.client.get("/ready").status_code == 503
    assert served.client.get("/health").status_code == 200


def test_metrics_count_calls_units_and_dollars() -> None:
    with tablewright.open_store(SHOP, design="tables", target="memory") as own:
        served = Served(own, ServeSettings())
        register(served.client, "metered")
        served.client.get("/api/byEmail?email=nobody@x.org")
        page = served.client.get("/metrics").text
    assert 'tablewright_requests_total{pattern="register",status="201"} 1' in page
    assert 'tablewright_request_seconds_bucket{pattern="register",le="+Inf"} 1' in page
    # a transaction of a customer and a guard below 1 KB: 2 x 2 units of 0.625 USD a million
    assert 'tablewright_units_total{pattern="register",dimension="write"} 4' in page
    assert 'tablewright_usd_total{pattern="register"} 0.0000025' in page


def test_the_document_describes_every_route(served: Served) -> None:
    document = served.client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {f"/api/{name}" for name in served.api.store.patterns}
    put = document["paths"]["/api/register"]["post"]
    body = put["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["email", "name", "limit", "periodEnd"]
    jsonschema.Draft202012Validator.check_schema(body)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    customer = register(served.client, "described")
    stored = served.client.get("/api/customer", params={"customerId": customer}).json()
    jsonschema.validate(stored, document["components"]["schemas"]["Customer"])


def test_a_lambda_answers_alike(served: Served) -> None:
    handler = lambda_handler(served.app)

    def event(method: str, path: str, query: str = "", body: str = "") -> dict[str, Any]:
        return {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"Content-Type": "application/json", "Host": "api.example"},
            "requestContext": {"http": {"method": method, "path": path, "sourceIp": "1.2.3.4"}},
            "body": base64.b64encode(body.encode()).decode(),
            "isBase64Encoded": True,
        }

    new = json.dumps({**NEW, "email": "lambda@x.org"})
    put = handler(event("POST", "/api/register", body=new), None)
    assert (put["statusCode"], put["isBase64Encoded"]) == (201, False)
    got = handler(event("GET", "/api/byEmail", "email=lambda%40x.org"), None)
    assert json.loads(got["body"]) == json.loads(put["body"])
    assert handler(event("GET", "/api/byEmail", "email=x"), None)["statusCode"] == 422
