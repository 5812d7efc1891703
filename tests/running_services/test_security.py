"""What every service withstands: OWASP ASVS 4.0.3, level 1, as far as HTTP shows it.

Each test runs over all services of `SERVICES`; the chapter of the standard is beside it. What is
open to anybody is listed here by hand: a route that is added without authentication fails.
"""

from __future__ import annotations

import base64
import importlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from running_services.running import START, Running
from running_services.test_poafix import client_of
from running_services.test_screen_time_journey import customer
from tablewright.core.errors import EngineError
from tablewright.serve.callers import signed_token
from tablewright_services import SERVICES
from tablewright_services.common.declarations import DeclaredOperation
from tablewright_services.screen_time_journey.messages import KeptMessages

OPEN = {"GET /health", "GET /openapi.json"}
OPEN_TO_ANYBODY = {
    "auxeira": {
        "POST /api/auth/register",
        "POST /api/auth/login",
        "POST /api/auth/refresh",
        "GET /api/reports/types",
    },
    "llm-proxy": {"POST /auth/register", "POST /auth/login", "POST /auth/refresh"},
    "mongocollectibles": {
        "GET /api/collectibles",
        "GET /api/collectibles/{id}",
        "POST /api/rentals/quote",
        "POST /api/rentals/checkout",
        "POST /api/rentals/access",
        "GET /api/rentals/{id}",
        "POST /api/staff/session",
    },
    "poafix": {
        "POST /auth/register",
        "POST /auth/login",
        "POST /auth/refresh",
        "GET /service-types",
        "GET /files/{key:path}",
    },
    "screen-time-journey": {
        "GET /username/{name}/availability",
        "GET /config/{key}",
        "POST /login",
        "POST /login/confirm",
        "POST /login/renew",
    },
}
SIGNED = {
    "auxeira": {"POST /api/webhooks/paystack"},
    "llm-proxy": {"POST /webhooks/app-store"},
    "mongocollectibles": {"POST /api/webhooks/paymongo"},
    "poafix": {"POST /webhooks/paystack", "POST /files"},
    "screen-time-journey": {"POST /webhooks/shopify"},
}
DESIGNS = {"poafix": "dynamodb"}
ENDLESS = {"GET /events"}
"""What answers as long as somebody listens."""
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**40,
    1e308,
    "",
    "\x00",
    "\ud7ff\u202e\U0001f600",
    "x" * 5_000,
    "' OR 1=1 --",
    "{{7*7}}${7*7}<script>alert(1)</script>",
    "../../etc/passwd",
    {"$gt": ""},
    {"a": {"b": [[]]}},
    [None],
    [{"$where": "1"}],
)
SHOWS_THE_INSIDE = re.compile(
    r"Traceback|\.py\b|line \d+|Error\(|tablewright|sqlite|psycopg|botocore|SELECT |secret inside"
)


def signed_up(running: Running, path: str, **more: Any) -> dict[str, str]:
    body = {"email": f"{secrets.token_hex(8)}@example.org", "password": "a long password 1", **more}
    reply = running.client.post(path, json=body)
    assert reply.status_code == 201, reply.text
    return {"Authorization": f"Bearer {reply.json()['accessToken']}"}


SIGN_IN: dict[str, Callable[[Running], dict[str, str]]] = {
    "auxeira": lambda running: signed_up(running, "/api/auth/register", role="member"),
    "llm-proxy": lambda running: signed_up(running, "/auth/register"),
    "mongocollectibles": lambda running: {
        "Authorization": f"Bearer {running.service.access.staff_token()}"
    },
    "poafix": lambda running: client_of(running).headers,
    "screen-time-journey": customer,
}


@pytest.fixture(params=list(SERVICES), scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    app = request.param
    module, _, name = SERVICES[app].partition(":")
    service = getattr(importlib.import_module(module), name)
    environment = {
        **service.trial_settings,
        **{name: secrets.token_urlsafe(32) for name in service.secret_names},
        "SHOPIFY_WEBHOOK_SECRET": "the secret that the shop signs with, 36",
        "REQUESTS_PER_MINUTE": "1000000",
        "CALLS_PER_MINUTE": "1000000",
        "BCRYPT_ROUNDS": "10" if app == "auxeira" else "4",
        "UPLOAD_FOLDER": str(tmp_path_factory.mktemp("uploads")),
    }
    running = Running(service, app, DESIGNS.get(app, "recommended"), environment)
    running.service.messages = KeptMessages()
    with running.client:
        yield running


@pytest.fixture(autouse=True)
def rested(request: pytest.FixtureRequest) -> None:
    """Let whoever waits for a rate call again."""
    if "running" in request.fixturenames:
        request.getfixturevalue("running").time.seconds += 600


@pytest.fixture
def app(running: Running) -> str:
    return str(running.store.model.app)


def operations(running: Running, *access: str) -> list[DeclaredOperation]:
    return [each for each in running.service.operations.values() if each.access in access]


def named(operation: DeclaredOperation) -> str:
    return f"{operation.method} {operation.path}"


def path_of(operation: DeclaredOperation, part: str = "x") -> str:
    return re.sub(r"{[^}]*}", part, operation.path)


# ---------------------------------------------------------------- V4: access


def test_no_route_is_open_but_those_that_are_listed(running: Running, app: str) -> None:
    assert {named(each) for each in operations(running, "public")} == OPEN | OPEN_TO_ANYBODY[app]
    assert {named(each) for each in operations(running, "signed")} == SIGNED[app]
    assert {named(each) for each in operations(running, "local")} == {"GET /metrics"}


def test_every_route_is_declared_or_a_page(running: Running) -> None:
    declared = set(running.service.operations)
    for route in running.service.routes():
        if not isinstance(route, Route):
            continue
        for method in (route.methods or set()) - {"HEAD"}:
            same = {route.path, route.path.removeprefix("/api"), f"/api{route.path}"}
            if not declared & {(method, path) for path in same}:
                # a page: it is shown, leads to where one signs in, or refuses a form that is none
                reply = running.client.request(
                    method, re.sub(r"{[^}]*}", "x", route.path), follow_redirects=False
                )
                kind = reply.headers.get("content-type", "")
                assert kind.startswith(("text/", "image/")) or reply.status_code in (
                    303,
                    400,
                    403,
                ), route.path
                assert "set-cookie" not in reply.headers


def wrong_tokens() -> list[dict[str, str]]:
    claims = {"sub": "x", "use": "session", "role": "admin", "exp": START.timestamp() + 9_999}
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    content = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    tokens = [
        signed_token(claims, b"another secret of thirty-two bytes"),
        signed_token({**claims, "exp": START.timestamp() - 1}, b""),
        f"{header}.{content}.",
        "a.b.c",
        "é" * 10,
        "",
    ]
    return [{}, {"Authorization": "Basic eDp5"}] + [
        {"Authorization": f"Bearer {token}".encode()}
        for token in tokens  # type: ignore[dict-item]
    ]


def test_who_has_no_valid_token_is_refused_everywhere_whatever_is_sent(running: Running) -> None:
    for operation in operations(running, "bearer"):
        for headers in wrong_tokens():
            reply = running.client.request(
                operation.method, path_of(operation), headers=headers, json={}
            )
            assert reply.status_code == 401, (named(operation), headers)
            assert reply.headers["www-authenticate"] == "Bearer"


def test_what_has_to_be_signed_is_refused_without_a_signature(running: Running, app: str) -> None:
    for operation in operations(running, "signed"):
        reply = running.client.request(operation.method, path_of(operation), json={"a": 1})
        assert reply.status_code in (400, 401, 403, 415, 422), named(operation)


def test_a_token_of_one_is_none_of_another_service(running: Running) -> None:
    own = SIGN_IN[str(running.store.model.app)](running)["Authorization"]
    changed = own[:-4] + ("AAAA" if not own.endswith("AAAA") else "BBBB")
    for operation in operations(running, "bearer")[:3]:
        if named(operation) not in ENDLESS:
            reply = running.client.request(
                operation.method, path_of(operation), headers={"Authorization": changed}
            )
            assert reply.status_code == 401


MORE = {"role": "admin", "kind": "admin", "isAdmin": True, "plan": "business", "credits": 1000}
"""Members of a body that nobody may set for themselves."""


def test_members_that_nobody_may_set_change_nothing(running: Running, app: str) -> None:
    client = running.client
    account = {"email": f"{secrets.token_hex(8)}@example.org", "password": "a long password 1"}
    if app == "llm-proxy":
        tokens = client.post("/auth/register", json={**account, **MORE}).json()
        headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        assert client.get("/subscription", headers=headers).json()["plan"] == "free"
    elif app == "auxeira":
        assert client.post("/api/auth/register", json={**account, **MORE}).status_code == 422
        headers = signed_up(running, "/api/auth/register", **{**MORE, "role": "member"})
        claims = headers["Authorization"].split(".")[1]
        assert json.loads(base64.urlsafe_b64decode(claims + "=="))["role"] == "member"
    elif app == "poafix":
        assert client.post("/auth/register", json={**account, **MORE}).status_code == 400
        assert client.get("/admin/users", headers=client_of(running).headers).status_code == 403
    elif app == "screen-time-journey":
        headers = customer(running)
        change = {"goalMinutes": 90, "status": "active", "streak": 1000, "level": 9}
        client.post("/me/commitment", json=change, headers=headers)
        own = client.get("/me", headers=headers).json()
        assert (own["streak"], own["level"]) == (0, 0)
    else:
        body = {"collectible_id": "none", "store_id": "store-a", "duration": 7, "total_fee": 1}
        assert client.post("/api/rentals/checkout", json=body).status_code in (404, 422)


# ---------------------------------------------------------------- V2: passwords

REGISTER = {
    "auxeira": ("/api/auth", {"role": "member"}),
    "llm-proxy": ("/auth", {}),
    "poafix": (
        "/auth",
        {
            "kind": "client",
            "name": "Ana",
            "phone": "0700000000",
            "address": "A 1",
            "location": {"lat": 1, "lon": 2},
        },
    ),
}
"""By service with passwords of users: where one registers, and with what besides."""


@pytest.mark.parametrize("characters", [11, 12, 128, 129])
def test_64_and_128_characters_are_a_password_whatever_keeps_it(
    running: Running, app: str, characters: int
) -> None:
    if app not in REGISTER:
        return  # nobody chooses a password there
    path, more = REGISTER[app]
    body = {"email": f"{secrets.token_hex(8)}@example.org", **more}
    body["password"] = ("näve 🐦 passwörd" * 9)[:characters]
    is_one = 12 <= characters <= 128
    refusal = 400 if app == "poafix" else 422
    reply = running.client.post(f"{path}/register", json=body)
    assert reply.status_code == (201 if is_one else refusal)
    if is_one:
        assert running.client.post(f"{path}/login", json=body).status_code == 200
        shorter = {**body, "password": body["password"][:-1]}
        assert running.client.post(f"{path}/login", json=shorter).status_code == 401


def test_a_password_of_a_leaked_list_is_refused(running: Running, app: str) -> None:
    if app not in REGISTER:
        return
    path, more = REGISTER[app]
    for password in ("qwerty123456", "QWERTY123456", "1q2w3e4r5t6y", "justinbieber"):
        body = {"email": f"{secrets.token_hex(8)}@example.org", "password": password, **more}
        reply = running.client.post(f"{path}/register", json=body)
        assert reply.status_code == (400 if app == "poafix" else 422)
        assert "in every list of leaked ones" in reply.text


# ---------------------------------------------------------------- V8: the own data

EXPORT = {
    "auxeira": ("/api/account/export", {"user", "profile", "reports", "projects", "activity"}),
    "llm-proxy": ("/account/export", {"user", "usage", "receipts"}),
    "poafix": (
        "/account/export",
        {"account", "requests", "bookings", "jobs", "notifications"},
    ),
}


def test_everybody_gets_what_is_kept_of_them_without_secrets(running: Running, app: str) -> None:
    if app not in EXPORT:
        return  # the shop shows rentals by a link, the journey erases
    path, members = EXPORT[app]
    reply = running.client.get(path, headers=SIGN_IN[app](running))
    assert reply.status_code == 200
    assert set(reply.json()) == members
    assert "@example.org" in reply.text
    assert not re.search(r"[Hh]ash|\$2b\$|argon2", reply.text)


# ---------------------------------------------------------------- V14: headers


def test_every_answer_has_the_security_headers(running: Running) -> None:
    client = running.client
    bearer = operations(running, "bearer")[0]
    replies = [
        client.get("/health"),
        client.get("/openapi.json"),
        client.get("/there/is/no/such/page"),
        client.delete("/health"),
        client.request(bearer.method, path_of(bearer)),
    ]
    assert [reply.status_code for reply in replies] == [200, 200, 404, 405, 401]
    for reply in replies:
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "DENY"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["strict-transport-security"] == "max-age=63072000"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["content-type"].startswith("application/")
        assert reply.headers["content-disposition"] == 'attachment; filename="api.json"'
        assert "server" not in reply.headers
        assert "access-control-allow-origin" not in reply.headers


def test_a_method_that_is_not_there_is_told_which_ones_are(running: Running) -> None:
    paths: dict[str, set[str]] = {}
    for operation in operations(running, "bearer", "public", "signed"):
        paths.setdefault(operation.path, set()).add(operation.method)
    for path, methods in paths.items():
        reply = running.client.request("TRACE", re.sub(r"{[^}]*}", "x", path))
        assert reply.status_code == 405
        assert methods <= set(reply.headers["allow"].split(", "))


def test_a_page_of_another_origin_reads_nothing(running: Running) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for reply in (
        running.client.get("/health", headers=headers),
        running.client.options("/health", headers=headers),
    ):
        assert "access-control-allow-origin" not in reply.headers


def test_an_id_of_a_request_is_taken_only_where_it_is_one(running: Running) -> None:
    good = running.client.get("/health", headers={"X-Request-Id": "abc-123-def"})
    assert good.headers["x-request-id"] == "abc-123-def"
    for wrong in ("short", "<script>alert(1)</script>", "x" * 65, '"quoted" id'):
        reply = running.client.get("/health", headers={"X-Request-Id": wrong})
        assert re.fullmatch("[0-9a-f]{16}", reply.headers["x-request-id"])


# ---------------------------------------------------------------- V5, V12, V13: what is sent


def test_a_body_is_read_no_further_than_allowed(running: Running) -> None:
    most = running.service.max_body_bytes
    headers = {"Content-Type": "application/json"}

    def in_chunks() -> Iterator[bytes]:
        yield b'{"email": "'
        for _ in range(most // 1_000 + 1):
            yield b"x" * 1_000
        yield b'"}'

    for operation in operations(running, "public", "signed"):
        if operation.method == "GET" or operation.path == "/files":
            continue
        path = path_of(operation)
        for content in (b" " * (most + 1), in_chunks()):
            reply = running.client.request(operation.method, path, content=content, headers=headers)
            assert reply.status_code == 413, named(operation)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/plain", b'{"email": "a@example.org"}'),
        ("application/x-www-form-urlencoded", b"email=a@example.org"),
        ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        ("", b'{"email": "a@example.org"}'),
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b"null"),
        ("application/json", b'{"email": NaN}'),
        ("application/json", b'{"email": "\xff\xfe"}'),
        ("application/json", b"[" * 20_000),
        ("application/json", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    ],
)
def test_what_is_no_json_object_is_a_bad_request(
    running: Running, kind: str, content: bytes
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    for operation in operations(running, "public"):
        if operation.body is not None:
            running.time.seconds += 60
            reply = running.client.request(
                operation.method, path_of(operation), content=content, headers=headers
            )
            assert reply.status_code in (400, 415, 422), named(operation)
            assert not SHOWS_THE_INSIDE.search(reply.text), reply.text


def likely(schema: Any) -> Any:
    """Return a value that a schema may well allow."""
    kind = schema["type"]
    if kind == "string":
        if "enum" in schema:
            return schema["enum"][0]
        return "a@example.org" if "@" in schema.get("pattern", "") else "x" * schema["minLength"]
    if kind == "array":
        return [likely(schema["items"])] * schema["minItems"]
    if kind == "object":
        members = schema.get("properties", {})
        return {name: likely(members[name]) for name in schema.get("required", ())}
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1)}.get(kind, True)


def test_no_value_of_a_body_a_query_or_a_path_makes_a_service_fail(
    running: Running, app: str
) -> None:
    headers = SIGN_IN[app](running)
    paths = running.client.get("/openapi.json").json()["paths"]
    undocumented: set[tuple[str, int]] = set()
    for operation in operations(running, "bearer", "public"):
        if named(operation) in ENDLESS:
            continue
        path = re.sub(r":\w+}", "}", operation.path)
        described = paths[path][operation.method.lower()]["responses"]
        requests: list[dict[str, Any]] = [{"params": {}}]
        for name, field in (operation.body or {}).items():
            body = {key: likely(each.schema) for key, each in (operation.body or {}).items()}
            requests += [{"json": {**body, name: value}} for value in HOSTILE if field]
        for name in operation.query:
            requests += [{"params": {name: str(value)}} for value in HOSTILE]
        running.time.seconds += 600
        for request in requests:
            running.time.seconds += 6
            reply = running.client.request(
                operation.method, path_of(operation), headers=headers, **request
            )
            assert reply.status_code < 500, (named(operation), request, reply.text)
            if str(reply.status_code) not in described:
                undocumented.add((named(operation), reply.status_code))
            assert not SHOWS_THE_INSIDE.search(reply.text), reply.text
        for part in ("%00", "..%2F..%2Fetc%2Fpasswd", "x" * 3_000, "%F0%9F%98%80", "%27%20OR%201"):
            if "{" in operation.path:
                sent = {"json": {}} if operation.body is not None else {}
                reply = running.client.request(
                    operation.method, path_of(operation, part), headers=headers, **sent
                )
                assert reply.status_code < 500, (named(operation), part, reply.text)
                if str(reply.status_code) not in described and "%2F" not in part:
                    undocumented.add((named(operation), reply.status_code))
    assert undocumented == set()


# ---------------------------------------------------------------- V7: errors and logs


def test_a_failure_shows_nothing_of_the_inside(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks() -> None:
        raise RuntimeError("a secret inside at /srv/app.py")

    monkeypatch.setattr(running.service.store, "look", breaks)
    reply = running.client.get("/health")
    assert reply.status_code == 500
    content = reply.json()
    assert set(content) <= {"title", "status", "request_id"}
    assert "secret" not in reply.text
    line = json.loads(running.lines[-1])
    assert (line["problem"], line["request_id"]) == ("RuntimeError", content["request_id"])
    assert "secret" not in running.lines[-1]


def test_a_database_that_does_not_answer_is_said_and_no_more(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_away() -> None:
        raise EngineError("no route to 10.0.0.7:5432 as user postgres")

    monkeypatch.setattr(running.service.store, "look", is_away)
    reply = running.client.get("/health")
    assert reply.status_code == 503
    assert "10.0.0.7" not in reply.text
    assert "postgres" not in reply.text


def test_no_token_no_query_and_no_body_is_logged(running: Running, app: str) -> None:
    headers = SIGN_IN[app](running)
    running.client.get("/health?token=in-the-query", headers=headers)
    for operation in operations(running, "public"):
        if operation.body is not None:
            running.client.request(
                operation.method, path_of(operation), json={"email": "in.the.body@example.org"}
            )
    log = "".join(running.lines)
    assert headers["Authorization"].removeprefix("Bearer ") not in log
    assert "in-the-query" not in log
    assert "in.the.body" not in log


def test_metrics_are_for_this_machine_only(running: Running) -> None:
    assert running.client.get("/metrics").status_code == 200
    page = running.client.get("/metrics").text
    assert "example.org" not in page


# ---------------------------------------------------------------- the document


def test_the_document_says_who_may_call_and_what_is_answered(running: Running) -> None:
    document = running.client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert "/metrics" not in document["paths"]
    ids = []
    for operation in operations(running, "bearer", "public", "signed"):
        path = re.sub(r":\w+}", "}", operation.path)
        described = document["paths"][path][operation.method.lower()]
        ids.append(described["operationId"])
        expected = [{"bearer": []}] if operation.access == "bearer" else []
        assert described["security"] == expected
        assert ("401" in described["responses"]) >= (operation.access == "bearer")
        assert ("requestBody" in described) >= (operation.body is not None)
    assert len(set(ids)) == len(ids)


def test_every_service_of_the_package_is_looked_at() -> None:
    assert set(OPEN_TO_ANYBODY) == set(SIGNED) == set(SIGN_IN) == set(SERVICES)
    folder = Path(importlib.import_module("tablewright_services").__file__ or "").parent
    packages = {each.parent.name for each in folder.glob("*/app.py")}
    assert packages == {name.replace("-", "_") for name in SERVICES}
