"""The LLM proxy by its HTTP routes, with the same bodies on every engine."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from uuid import uuid4

import anyio
import pytest

from running_services.running import START, Running, database_of, on_dynamodb_local
from tablewright.core.errors import UsageError
from tablewright.serve.callers import signed_token, verified_claims
from tablewright_services.llm_proxy.app import AdmittedCall, LlmProxy
from tablewright_services.llm_proxy.providers import ProviderFailed
from tablewright_services.llm_proxy.settings import proxy_settings

PASSWORD = "correct horse battery"
RECEIPTS = "the key of the local validator, 32 bytes"
PURCHASES = count(100_000_000_000_000)
ENVIRONMENT = {
    "JWT_SECRET": "a" * 32,
    "JWT_REFRESH_SECRET": "r" * 32,
    "RECEIPT_SECRET": RECEIPTS,
    "REQUESTS_PER_MINUTE": "10000",
}


@pytest.fixture(
    params=[
        "recommended",
        on_dynamodb_local("recommended"),
        pytest.param("postgresql", marks=pytest.mark.needs_server),
        pytest.param("planned-mongodb", marks=pytest.mark.needs_server),
    ],
    scope="module",
)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with database_of(request.param) as (design, target):
        service = Running(LlmProxy, "llm-proxy", design, ENVIRONMENT, target=target)
        with service.client:
            yield service


@pytest.fixture
def service(running: Running) -> Running:
    running.time.restart()
    return running


def signed_up(service: Running) -> tuple[dict[str, str], str, dict[str, Any]]:
    """Return the headers, the address and the tokens of a new user."""
    email = f"{uuid4().hex}@example.org"
    reply = service.client.post("/auth/register", json={"email": email, "password": PASSWORD})
    assert reply.status_code == 201, reply.text
    tokens = reply.json()
    return {"Authorization": f"Bearer {tokens['accessToken']}"}, email, tokens


def ask(service: Running, headers: dict[str, str], text: str = "what is it", **more: Any) -> Any:
    body = {"model": "gpt-4", "messages": [{"role": "user", "content": text}], **more}
    return service.client.post("/v1/chat/completions", json=body, headers=headers)


def new_purchase() -> dict[str, str]:
    """Return the ids of a purchase that nobody made before: 15 digits, the first transaction."""
    number = str(next(PURCHASES))
    return {"originalTransactionId": number, "transactionId": number}


def receipt(**changed: Any) -> str:
    claims = {
        "originalTransactionId": "100000000000001",
        "transactionId": "100000000000001",
        "productId": "pro.monthly",
        "purchaseDate": "2026-11-30T12:00:00Z",
        "expiresDate": "2026-12-30T12:00:00Z",
        "exp": START.timestamp() + 400 * 86_400,
        **changed,
    }
    return signed_token(claims, RECEIPTS.encode())


# ---------------------------------------------------------------- accounts


def test_a_user_registers_signs_in_and_is_known(service: Running) -> None:
    _, email, _ = signed_up(service)
    body = {"email": email.upper(), "password": PASSWORD}
    again = service.client.post("/auth/register", json=body)
    assert (again.status_code, again.json()["error"]) == (409, "email_in_use")
    tokens = service.client.post("/auth/login", json=body).json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    assert service.client.get("/subscription", headers=headers).json() == {
        "plan": "free",
        "used": 0,
        "limit": 50,
        "resetAt": "2026-12-01T00:00:00Z",
        "status": "active",
    }


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(service: Running) -> None:
    _, email, _ = signed_up(service)
    wrong = service.client.post("/auth/login", json={"email": email, "password": "x" * 12})
    unknown = service.client.post("/auth/login", json={"email": "no@x.org", "password": "x" * 12})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401


def test_guessing_passwords_is_slowed_down(service: Running) -> None:
    _, email, _ = signed_up(service)
    body = {"email": email, "password": "not this one"}
    statuses = [service.client.post("/auth/login", json=body).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "a@b.c", "password": "short"}, 422),
        ({"email": "no address", "password": PASSWORD}, 422),
        ({"email": 5, "password": PASSWORD}, 422),
        ({}, 422),
    ],
)
def test_what_is_no_account_is_refused(service: Running, body: Any, status: int) -> None:
    assert service.client.post("/auth/register", json=body).status_code == status


@pytest.mark.parametrize(("characters", "status"), [(11, 422), (12, 201), (128, 201), (129, 422)])
def test_a_password_has_twelve_to_128_characters_of_any_kind(
    service: Running, characters: int, status: int
) -> None:
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": ("näve 🐦 " * 20)[:characters]}
    assert service.client.post("/auth/register", json=body).status_code == status
    if status == 201:
        assert service.client.post("/auth/login", json=body).status_code == 200
        shorter = {**body, "password": body["password"][:-1]}
        assert service.client.post("/auth/login", json=shorter).status_code == 401


def test_a_refresh_token_is_used_once_and_is_no_access_token(service: Running) -> None:
    _, _, tokens = signed_up(service)
    refresh = {"refreshToken": tokens["refreshToken"]}

    def attempt(_: int) -> int:
        return int(service.client.post("/auth/refresh", json=refresh).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [200, 401, 401, 401]
    crossed = {"Authorization": f"Bearer {tokens['refreshToken']}"}
    assert service.client.get("/subscription", headers=crossed).status_code == 401
    assert (
        service.client.post(
            "/auth/refresh", json={"refreshToken": tokens["accessToken"]}
        ).status_code
        == 401
    )


def test_an_access_token_runs_out_after_fifteen_minutes(service: Running) -> None:
    headers, _, _ = signed_up(service)
    service.time.moment = START + dt.timedelta(minutes=15) - dt.timedelta(seconds=1)
    assert service.client.get("/subscription", headers=headers).status_code == 200
    service.time.moment = START + dt.timedelta(minutes=15)
    assert service.client.get("/subscription", headers=headers).status_code == 401
    assert service.client.get("/subscription").status_code == 401


# ---------------------------------------------------------------- calls


def test_a_call_is_forwarded_counted_and_recorded(service: Running) -> None:
    headers, _, _ = signed_up(service)
    reply = ask(service, headers)
    text = "The recorded answer to a question of 3 words."
    assert reply.json()["choices"][0]["message"]["content"] == text
    assert reply.json()["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 9,
        "total_tokens": 12,
    }
    assert service.client.get("/subscription", headers=headers).json()["used"] == 1
    (record,) = service.client.get("/usage", headers=headers).json()["records"]
    # 12 tokens at 30 USD a million are 0.00036; a record keeps four places
    assert (record["tokens"], record["cost"], record["status"]) == (12, 0.0004, "ok")
    totals = service.client.get("/usage/summary?month=2026-11", headers=headers).json()["totals"]
    assert totals == [
        {"day": "2026-11-30", "provider": "openai", "calls": 1, "tokens": 12, "cost": 0.0004}
    ]
    other_month = service.client.get("/usage/summary?month=2026-10", headers=headers)
    assert other_month.json()["totals"] == []
    assert service.client.get("/usage/summary?month=no", headers=headers).status_code == 422


def test_an_answer_can_be_streamed(service: Running) -> None:
    headers, _, _ = signed_up(service)
    reply = ask(service, headers, stream=True)
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in reply.text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    pieces = [json.loads(each)["choices"][0]["delta"]["content"] for each in events[:-1]]
    assert "".join(pieces) == "The recorded answer to a question of 3 words."
    (record,) = service.client.get("/usage", headers=headers).json()["records"]
    assert (record["tokens"], record["status"]) == (12, "ok")


def test_of_many_calls_at_once_as_many_are_admitted_as_are_left(service: Running) -> None:
    headers, _, _ = signed_up(service)
    for _ in range(40):
        assert ask(service, headers).status_code == 200

    def attempt(_: int) -> int:
        return int(ask(service, headers).status_code)

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(attempt, range(100)))
    assert (statuses.count(200), statuses.count(429)) == (10, 90)
    refused = ask(service, headers)
    assert refused.json() == {
        "error": "quota",
        "message": "the quota is used up",
        "plan": "free",
        "used": 50,
        "limit": 50,
        "resetAt": "2026-12-01T00:00:00Z",
        "status": "active",
    }


def test_a_new_month_begins_again(service: Running) -> None:
    headers, email, _ = signed_up(service)
    for _ in range(50):
        ask(service, headers)
    assert ask(service, headers).status_code == 429
    service.time.moment = dt.datetime(2026, 12, 1, 0, 0, 1, tzinfo=dt.UTC)
    body = {"email": email, "password": PASSWORD}
    tokens = service.client.post("/auth/login", json=body).json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    assert ask(service, headers).status_code == 200
    standing = service.client.get("/subscription", headers=headers).json()
    assert (standing["used"], standing["resetAt"]) == (1, "2027-01-01T00:00:00Z")


def test_a_repeated_call_with_a_key_counts_once(service: Running) -> None:
    headers, _, _ = signed_up(service)
    keyed = {**headers, "Idempotency-Key": "one"}
    first, second = ask(service, keyed), ask(service, keyed)
    assert first.json() == second.json()
    assert service.client.get("/subscription", headers=headers).json()["used"] == 1


def test_a_failed_provider_is_a_bad_gateway_and_is_recorded(service: Running) -> None:
    headers, _, _ = signed_up(service)
    assert ask(service, headers, "please fail").status_code == 502
    (record,) = service.client.get("/usage", headers=headers).json()["records"]
    assert (record["tokens"], record["status"]) == (0, "failed")
    assert "event" not in ask(service, headers, "please fail", stream=True).text
    for wrong in ({"messages": []}, {"messages": [{"content": 5}]}, {"model": ""}):
        assert ask(service, headers, **wrong).status_code == 422


def user_of(tokens: dict[str, Any]) -> str:
    return str(verified_claims(tokens["accessToken"], b"a" * 32, START.timestamp())["sub"])


def counted(service: Running, user_id: str) -> tuple[int, int]:
    """Return how many calls and tokens are counted for a user."""
    user = service.store.getUserById(userId=user_id)
    return user.requests, user.tokens


def test_a_call_that_the_provider_fails_is_given_back_with_its_tokens(service: Running) -> None:
    headers, _, tokens = signed_up(service)
    assert ask(service, headers, "three words long").status_code == 200
    assert counted(service, user_of(tokens)) == (1, 3)
    assert ask(service, headers, "please fail").status_code == 502
    assert ask(service, headers, "please fail", stream=True).status_code == 200
    assert counted(service, user_of(tokens)) == (1, 3)


def test_sixty_failures_at_once_leave_the_whole_quota(service: Running) -> None:
    headers, _, tokens = signed_up(service)
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: ask(service, headers, "please fail"), range(60)))
    # no more than 20 of the 50 are counted at any time
    assert [reply.status_code for reply in replies] == [502] * 60
    assert counted(service, user_of(tokens)) == (0, 0)


def test_a_failure_is_not_taken_from_a_period_that_began_after_the_call(service: Running) -> None:
    _, email, tokens = signed_up(service)
    december = dt.datetime(2026, 12, 1, 0, 0, 1, tzinfo=dt.UTC)
    service.time.moment = december
    body = {"email": email, "password": PASSWORD}
    tokens = service.client.post("/auth/login", json=body).json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    assert ask(service, headers, "three words long").status_code == 200
    user_id = user_of(tokens)
    give_back = service.service.subscriptions.give_back
    asyncio.run(give_back(user_id, email, 2, START))
    assert counted(service, user_id) == (1, 3)
    asyncio.run(give_back(user_id, email, 3, december))
    asyncio.run(give_back(user_id, email, 3, december))  # nothing is counted any more
    assert counted(service, user_id) == (0, 0)


class BreakingOff:
    """A provider that fails after the first piece of its answer."""

    name = "openai"

    def stream(self, model: str, messages: Any) -> Iterator[str]:
        yield "The first"
        raise ProviderFailed("broke off")


def test_a_stream_that_breaks_off_says_so_and_is_given_back(service: Running) -> None:
    headers, _, tokens = signed_up(service)
    recorded, service.service.provider = service.service.provider, BreakingOff()
    try:
        reply = ask(service, headers, stream=True)
    finally:
        service.service.provider = recorded
    assert reply.text == (
        'data: {"choices": [{"index": 0, "delta": {"content": "The first"}}]}\n\n'
        'data: {"error": "provider"}\n\n'
        "data: [DONE]\n\n"
    )
    assert counted(service, user_of(tokens)) == (0, 0)
    (record,) = service.client.get("/usage", headers=headers).json()["records"]
    assert record["status"] == "failed"


def test_a_call_whose_client_goes_away_stays_counted_and_is_recorded(service: Running) -> None:
    headers, email, tokens = signed_up(service)
    proxy, user_id = service.service, user_of(tokens)

    async def leave() -> None:
        moment = await proxy.subscriptions.admit(user_id, email, 3)
        messages = [{"content": "three words long"}]
        call = AdmittedCall(user_id, email, "gpt-4", messages, 3, moment, proxy.ticks())
        with anyio.CancelScope() as scope:
            async for _ in proxy._events(call):
                scope.cancel()

    anyio.run(leave)
    assert counted(service, user_id) == (1, 3)
    (record,) = service.client.get("/usage", headers=headers).json()["records"]
    assert record["status"] == "failed"


def test_usage_comes_page_by_page(service: Running) -> None:
    headers, _, _ = signed_up(service)
    client = service.client
    signed = receipt(**new_purchase())
    client.post("/subscription/receipts", json={"signedTransaction": signed}, headers=headers)
    for number in range(60):
        service.time.moment = START + dt.timedelta(seconds=number)
        assert ask(service, headers).status_code == 200
    first = client.get("/usage", headers=headers).json()
    rest = client.get("/usage", params={"cursor": first["cursor"]}, headers=headers).json()
    assert (len(first["records"]), len(rest["records"]), rest["cursor"]) == (50, 10, "")
    times = [record["timestamp"] for record in (*first["records"], *rest["records"])]
    assert times == sorted(times, reverse=True)
    assert client.get("/usage?cursor=forged", headers=headers).status_code == 422


# ---------------------------------------------------------------- receipts


def test_a_receipt_buys_a_plan_once_and_for_one_user(service: Running) -> None:
    headers, _, _ = signed_up(service)
    client = service.client
    own = receipt(**new_purchase())
    for _ in range(3):
        reply = client.post(
            "/subscription/receipts", json={"signedTransaction": own}, headers=headers
        )
        assert reply.json()["plan"] == "pro"
    standing = client.get("/subscription", headers=headers).json()
    assert (standing["plan"], standing["limit"]) == ("pro", 1_000)
    others, _, _ = signed_up(service)
    stolen = client.post("/subscription/receipts", json={"signedTransaction": own}, headers=others)
    assert (stolen.status_code, stolen.json()["error"]) == (422, "bad_receipt")
    forged = signed_token({"exp": START.timestamp() + 9}, b"f" * 32)
    for wrong in (forged, "", receipt(productId="gold"), receipt(transactionId=5)):
        body = {"signedTransaction": wrong}
        reply = client.post("/subscription/receipts", json=body, headers=headers)
        assert reply.status_code == 422


def test_notifications_renew_and_end_a_plan(service: Running) -> None:
    headers, _, _ = signed_up(service)
    client = service.client
    ids = new_purchase()
    bought = {"signedTransaction": receipt(**ids)}
    client.post("/subscription/receipts", json=bought, headers=headers)

    def notify(**changed: Any) -> Any:
        signed = receipt(**{**ids, **changed})
        return client.post("/webhooks/app-store", json={"signedPayload": signed})

    renewed = {
        "notificationType": "DID_RENEW",
        "transactionId": new_purchase()["transactionId"],
        "productId": "business.monthly",
        "purchaseDate": "2026-12-30T12:00:00Z",
        "expiresDate": "2027-01-30T12:00:00Z",
    }
    for _ in range(3):
        assert notify(**renewed).json() == {"result": "business"}
    assert client.get("/subscription", headers=headers).json()["limit"] == 10_000
    assert notify(notificationType="PRICE_INCREASE").json() == {"result": "ignored"}
    assert notify(notificationType="REFUND").json() == {"result": "free"}
    assert client.get("/subscription", headers=headers).json()["plan"] == "free"
    unknown = notify(notificationType="EXPIRED", originalTransactionId="8" * 15)
    assert unknown.json() == {"result": "unknown"}
    forged = client.post("/webhooks/app-store", json={"signedPayload": "a.b.c"})
    assert forged.status_code == 401


# ---------------------------------------------------------------- operating


def test_nothing_personal_is_logged_and_headers_are_there(service: Running) -> None:
    headers, email, tokens = signed_up(service)
    ask(service, headers, "a private question")
    reply = service.client.get("/health")
    assert reply.status_code == 200
    assert reply.headers["x-content-type-options"] == "nosniff"
    log = "".join(service.lines)
    for secret in (email, PASSWORD, tokens["accessToken"], "private"):
        assert secret not in log


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"JWT_SECRET": "x" * 31, "JWT_REFRESH_SECRET": "y" * 32},
        {"JWT_SECRET": "x" * 32, "JWT_REFRESH_SECRET": "x" * 32},
    ],
)
def test_secrets_have_to_be_long_and_two(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        proxy_settings(environment)
