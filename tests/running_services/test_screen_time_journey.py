"""Screen Time Journey by its HTTP routes, with the same bodies on every engine."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from running_services.running import START, Running, database_of, on_dynamodb_local
from tablewright.core.errors import UsageError
from tablewright.store.opening import open_store
from tablewright.verbs.serve import app_session
from tablewright_services.screen_time_journey.app import ScreenTimeJourney
from tablewright_services.screen_time_journey.domain import customer_id_of
from tablewright_services.screen_time_journey.messages import KeptMessages, MessageFailed
from tablewright_services.screen_time_journey.settings import journey_settings
from tablewright_services.screen_time_journey.shop import ShopFailed

WEBHOOK_SECRET = "the secret that the shop signs with, 36"
ENVIRONMENT = {
    "JWT_SECRET": "j" * 32,
    "CODE_SECRET": "c" * 32,
    "PIN_ENCRYPTION_KEY": "p" * 32,
    "SHOPIFY_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "REQUESTS_PER_MINUTE": "10000",
}
DESIGNS = [
    "recommended",
    on_dynamodb_local("recommended"),
    pytest.param("postgresql", marks=pytest.mark.needs_server),
    pytest.param("mongodb", marks=pytest.mark.needs_server),
]


def started(design: str, target: str = "memory", **environment: str) -> Running:
    running = Running(
        ScreenTimeJourney,
        "screen-time-journey",
        design,
        {**ENVIRONMENT, **environment},
        target=target,
    )
    running.service.messages = KeptMessages()
    return running


@pytest.fixture(params=DESIGNS, scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with database_of(request.param) as (design, target):
        service = started(design, target)
        with service.client:
            yield service


@pytest.fixture
def service(running: Running) -> Running:
    running.time.restart()
    running.service.messages = KeptMessages()
    return running


# ---------------------------------------------------------------- what a test says to the service


def shop_says(
    service: Running, topic: str, content: Any, *, secret: str = WEBHOOK_SECRET, **headers: str
) -> Any:
    """Send a message of the shop as Shopify signs it: HMAC-SHA256 of the raw body in base 64."""
    body = json.dumps(content).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    sent = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature.decode(),
        "X-Shopify-Webhook-Id": str(uuid4()),
        "X-Shopify-Triggered-At": "2026-11-30T12:00:00Z",
        "X-Shopify-Shop-Domain": "journey.myshopify.com",
        **headers,
    }
    return service.client.post("/webhooks/shopify", content=body, headers=sent)


def shop_id() -> int:
    """Return an id as the shop gives them: a 64-bit integer."""
    return uuid4().int >> 66


def new_phone() -> str:
    """Return the number of a phone that nobody has yet."""
    return f"+467{uuid4().int % 10**8:08}"


def bought(service: Running, email: str = "") -> tuple[int, str]:
    """Return the shop's id and the address of a customer who just paid."""
    who, address = shop_id(), email or f"{uuid4().hex}@example.org"
    order = {
        "id": shop_id(),
        "customer": {"id": who, "email": address},
        "financial_status": "paid",
        "updated_at": "2026-11-30T12:00:00+00:00",
        "shipping_address": {"city": "Uppsala"},
        "line_items": [{"title": "Commitment", "price": "49.00"}],
    }
    reply = shop_says(service, "orders/paid", order)
    assert (reply.status_code, reply.json()) == (200, {"result": "active"}), reply.text
    return who, address


def last_code(service: Running, destination: str) -> str:
    return [code for to, code in service.service.messages.sent if to == destination][-1]


def signed_in(service: Running, address: str) -> dict[str, str]:
    """Return the headers of a customer who signed in by a code."""
    service.time.seconds += 60
    assert service.client.post("/login", json={"email": address}).status_code == 202
    body = {"email": address, "code": last_code(service, address)}
    reply = service.client.post("/login/confirm", json=body)
    assert reply.status_code == 200, reply.text
    return {"Authorization": f"Bearer {reply.json()['token']}"}


def customer(service: Running) -> dict[str, str]:
    return signed_in(service, bought(service)[1])


def contract(who: int, status: str) -> dict[str, Any]:
    return {"id": shop_id(), "customer_id": who, "status": status, "revision_id": str(uuid4())}


# ---------------------------------------------------------------- messages of the shop


def test_a_purchase_makes_a_customer_who_can_sign_in(service: Running) -> None:
    _, address = bought(service)
    me = service.client.get("/me", headers=signed_in(service, address)).json()
    assert me.pop("username").startswith("member_")
    assert me == {
        "email": address,
        "phone": None,
        "status": "active",
        "streak": 0,
        "level": 0,
        "milestone": "",
        "next": {"day": 1, "level": 1, "title": "First day"},
        "goalMinutes": None,
        "since": None,
        "history": [],
    }


def test_a_message_counts_once_however_often_it_is_delivered(service: Running) -> None:
    who, address = bought(service)
    headers = signed_in(service, address)
    content = contract(who, "paused")
    once = {"X-Shopify-Webhook-Id": str(uuid4())}
    results = [
        shop_says(service, "subscription_contracts/update", content, **once).json()
        for _ in range(3)
    ]
    assert results == [{"result": "paused"}, {"result": "duplicate"}, {"result": "duplicate"}]
    changes = service.client.get("/me/events?type=subscription_changed", headers=headers).json()
    statuses = [each["detail"]["status"] for each in changes["events"]]
    assert statuses.count("paused") == 1


def test_a_message_delivered_many_times_at_once_counts_once(service: Running) -> None:
    address = f"{uuid4().hex}@example.org"
    order = {
        "id": 1,
        "customer": {"id": shop_id(), "email": address},
        "updated_at": "2026-11-30T11:59:59Z",
    }
    once = {"X-Shopify-Webhook-Id": str(uuid4())}
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(lambda _: shop_says(service, "orders/paid", order, **once), range(8))
        )
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.json()["result"] for reply in replies} <= {"active", "duplicate"}
    events = service.client.get("/me/events", headers=signed_in(service, address)).json()["events"]
    assert events == [
        {
            "at": "2026-11-30T11:59:59.000Z",
            "type": "subscription_changed",
            "detail": {"status": "active", "by": "shop"},
        }
    ]


def test_a_signed_body_is_not_taken_again_under_another_id(service: Running) -> None:
    # Shopify signs the body only: who copied one could send it with an id and a time of his own
    who, address = bought(service)
    content = contract(who, "cancelled")
    topic = "subscription_contracts/update"
    assert shop_says(service, topic, content).json() == {"result": "cancelled"}
    assert shop_says(service, topic, content).json() == {"result": "duplicate"}
    assert service.client.get("/me", headers=signed_in(service, address)).json()["status"] == (
        "cancelled"
    )


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"X-Shopify-Hmac-Sha256": "forged"}, 401),
        ({"X-Shopify-Hmac-Sha256": ""}, 401),
        ({"X-Shopify-Webhook-Id": ""}, 400),
        ({"X-Shopify-Webhook-Id": "a b"}, 400),
        ({"X-Shopify-Topic": ""}, 400),
        ({"X-Shopify-Triggered-At": "2026-11-28T11:59:59Z"}, 422),
        ({"X-Shopify-Triggered-At": "2026-11-30T12:05:01Z"}, 422),
        ({"X-Shopify-Triggered-At": "yesterday"}, 400),
    ],
)
def test_what_the_shop_did_not_send_now_is_refused(
    service: Running, changed: dict[str, str], status: int
) -> None:
    content = {"customer": {"id": 1, "email": "never@example.org"}}
    reply = shop_says(service, "orders/paid", content, **changed)
    assert reply.status_code == status
    service.client.post("/login", json={"email": "never@example.org"})
    assert service.service.messages.sent == []


def test_a_body_signed_with_another_secret_or_changed_by_a_byte_is_refused(
    service: Running,
) -> None:
    content = {"customer": {"id": 1, "email": "never@example.org"}}
    assert shop_says(service, "orders/paid", content, secret="x" * 32).status_code == 401
    body = json.dumps(content).encode()
    signature = base64.b64encode(hmac.digest(WEBHOOK_SECRET.encode(), body, "sha256")).decode()
    headers = {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Webhook-Id": "1",
    }
    spaced = service.client.post("/webhooks/shopify", content=body + b" ", headers=headers)
    assert spaced.status_code == 401


def test_an_older_message_changes_nothing_that_is_newer(service: Running) -> None:
    who, address = bought(service)
    topic = "subscription_contracts/update"
    late = {"X-Shopify-Triggered-At": "2026-11-30T11:00:00Z"}
    newer = {"X-Shopify-Triggered-At": "2026-11-30T12:00:01Z"}
    assert shop_says(service, topic, contract(who, "cancelled"), **newer).json() == {
        "result": "cancelled"
    }
    service.time.moment = START + dt.timedelta(minutes=1)
    assert shop_says(service, topic, contract(who, "active"), **late).json() == {"result": "stale"}
    me = service.client.get("/me", headers=signed_in(service, address)).json()
    assert me["status"] == "cancelled"


def test_a_customer_who_is_not_known_yet_is_asked_for_again(service: Running) -> None:
    who = shop_id()
    content = contract(who, "active")
    once = {"X-Shopify-Webhook-Id": str(uuid4())}
    topic = "subscription_contracts/create"
    assert shop_says(service, topic, content, **once).status_code == 409
    person = {"id": who, "email": f"{uuid4().hex}@example.org", "updated_at": "2026-11-30T12:00Z"}
    assert shop_says(service, "customers/create", person).json() == {"result": "stored"}
    assert shop_says(service, topic, content, **once).json() == {"result": "active"}


def test_a_customer_is_found_by_address_and_follows_to_another(service: Running) -> None:
    who, address = bought(service)
    other = f"{uuid4().hex}@example.org"
    for email in (address.upper(), other):
        person = {"id": who, "email": email, "note": email}
        assert shop_says(service, "customers/update", person).json() == {"result": "stored"}
    assert service.client.get("/me", headers=signed_in(service, other)).json()["status"] == "active"
    service.client.post("/login", json={"email": address})
    assert address not in dict(service.service.messages.sent)


def test_an_address_is_one_customer_even_where_the_shop_has_two(service: Running) -> None:
    _, address = bought(service)
    second, _ = bought(service, address)
    assert service.store.getSubscriber(customer_id=customer_id_of(second)) is None


def test_a_code_sent_to_the_address_of_before_signs_nobody_in(service: Running) -> None:
    who, address = bought(service)
    other = f"{uuid4().hex}@example.org"
    service.client.post("/login", json={"email": address})
    shop_says(service, "customers/update", {"id": who, "email": other})
    body = {"email": other, "code": last_code(service, address)}
    assert service.client.post("/login/confirm", json=body).status_code == 401


def test_topics_that_say_nothing_to_us_are_taken_and_left(service: Running) -> None:
    assert shop_says(service, "products/update", {"id": shop_id()}).json() == {"result": "ignored"}
    assert shop_says(service, "orders/paid", {"id": 5}).status_code == 400
    assert shop_says(service, "orders/paid", {"customer": {"id": True}}).status_code == 400
    assert shop_says(service, "orders/paid", [1]).status_code == 400


def test_a_customer_is_erased_when_the_shop_says_so(service: Running) -> None:
    who, address = bought(service)
    headers = signed_in(service, address)
    client = service.client
    client.post("/devices", json={"type": "iOS", "name": "Phone"}, headers=headers)
    client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
    redaction = {"shop_id": 1, "customer": {"id": who, "email": address}, "orders_to_redact": []}
    assert shop_says(service, "customers/redact", redaction).json() == {"result": "erased"}
    assert client.get("/me", headers=headers).status_code == 401
    assert client.get("/devices", headers=headers).json() == {"devices": []}
    assert client.get("/me/events", headers=headers).json()["events"] == []
    client.post("/login", json={"email": address})
    assert [to for to, _ in service.service.messages.sent].count(address) == 1


# ---------------------------------------------------------------- signing in


def test_a_known_and_an_unknown_address_are_answered_alike(service: Running) -> None:
    _, address = bought(service)
    known = service.client.post("/login", json={"email": address})
    unknown = service.client.post("/login", json={"email": "nobody@example.org"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert [to for to, _ in service.service.messages.sent] == [address]
    wrong = {"code": "000000" if last_code(service, address) != "000000" else "000001"}
    first = service.client.post("/login/confirm", json={"email": address, **wrong})
    second = service.client.post("/login/confirm", json={"email": "nobody@example.org", **wrong})
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.status_code == 401


def test_a_code_is_worth_one_session(service: Running) -> None:
    _, address = bought(service)
    service.client.post("/login", json={"email": address})
    body = {"email": address, "code": last_code(service, address)}

    def attempt(_: int) -> int:
        return int(service.client.post("/login/confirm", json=body).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [200, 401, 401, 401]


def test_five_wrong_codes_end_a_code_however_many_guess_at_once(service: Running) -> None:
    phone = new_phone()
    _, address = bought(service)
    headers = signed_in(service, address)
    service.client.post("/verify/whatsapp", json={"phone": phone}, headers=headers)
    right = last_code(service, phone)
    wrong = f"{(int(right) + 1) % 10**6:06}"

    def guess(_: int) -> int:
        body = {"code": wrong}
        return int(
            service.client.post("/verify/whatsapp/confirm", json=body, headers=headers).status_code
        )

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, range(20))) == {422}
    late = service.client.post("/verify/whatsapp/confirm", json={"code": right}, headers=headers)
    assert late.status_code == 422
    service.client.post("/verify/whatsapp", json={"phone": phone}, headers=headers)
    again = {"code": last_code(service, phone)}
    assert (
        service.client.post("/verify/whatsapp/confirm", json=again, headers=headers).status_code
        == 200
    )


def test_a_fifth_try_is_still_a_try(service: Running) -> None:
    headers = customer(service)
    phone = new_phone()
    service.client.post("/verify/whatsapp", json={"phone": phone}, headers=headers)
    right = last_code(service, phone)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    statuses = [
        service.client.post(
            "/verify/whatsapp/confirm", json={"code": code}, headers=headers
        ).status_code
        for code in (wrong, wrong, wrong, wrong, right)
    ]
    assert statuses == [422, 422, 422, 422, 200]


def test_a_code_holds_for_ten_minutes(service: Running) -> None:
    _, address = bought(service)
    for seconds, status in ((599, 200), (600, 401)):
        service.time.restart()
        service.client.post("/login", json={"email": address})
        service.time.moment = START + dt.timedelta(seconds=seconds)
        body = {"email": address, "code": last_code(service, address)}
        assert service.client.post("/login/confirm", json=body).status_code == status
    assert service.client.post("/login/confirm", json=body).status_code == 401


def test_five_codes_are_sent_an_hour(service: Running) -> None:
    phone = new_phone()
    headers = customer(service)
    body = {"phone": phone}
    statuses = [
        service.client.post("/verify/whatsapp", json=body, headers=headers).status_code
        for _ in range(6)
    ]
    assert statuses == [202, 202, 202, 202, 202, 429]
    service.time.moment = START + dt.timedelta(hours=1)
    assert service.client.post("/verify/whatsapp", json=body, headers=headers).status_code == 202
    code = {"code": last_code(service, phone)}
    confirmed = service.client.post("/verify/whatsapp/confirm", json=code, headers=headers)
    assert confirmed.status_code == 200


def test_only_the_last_code_that_was_sent_counts(service: Running) -> None:
    _, address = bought(service)
    for _ in range(2):
        service.client.post("/login", json={"email": address})
    first, second = (code for _, code in service.service.messages.sent)
    if first != second:
        body = {"email": address, "code": first}
        assert service.client.post("/login/confirm", json=body).status_code == 401
    body = {"email": address, "code": second}
    assert service.client.post("/login/confirm", json=body).status_code == 200


def test_attempts_to_sign_in_are_slowed_down(service: Running) -> None:
    body = {"email": f"{uuid4().hex}@example.org", "code": "123456"}
    statuses = [service.client.post("/login/confirm", json=body).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_a_session_ends_after_a_day_and_is_renewed_for_a_month(service: Running) -> None:
    _, address = bought(service)
    service.client.post("/login", json={"email": address})
    body = {"email": address, "code": last_code(service, address)}
    tokens = service.client.post("/login/confirm", json=body).json()
    headers = {"Authorization": f"Bearer {tokens['token']}"}
    service.time.moment = START + dt.timedelta(days=1) - dt.timedelta(seconds=1)
    assert service.client.get("/me", headers=headers).status_code == 200
    session = {"renewToken": tokens["token"]}
    assert service.client.post("/login/renew", json=session).status_code == 401
    service.time.moment = START + dt.timedelta(days=1)
    assert service.client.get("/me", headers=headers).status_code == 401
    renewed = service.client.post("/login/renew", json={"renewToken": tokens["renewToken"]}).json()
    headers = {"Authorization": f"Bearer {renewed['token']}"}
    assert service.client.get("/me", headers=headers).status_code == 200
    crossed = {"Authorization": f"Bearer {renewed['renewToken']}"}
    assert service.client.get("/me", headers=crossed).status_code == 401
    assert service.client.post("/login/renew", json={"renewToken": "a.b.c"}).status_code == 401
    service.time.moment = START + dt.timedelta(days=30)
    late = service.client.post("/login/renew", json={"renewToken": tokens["renewToken"]})
    assert late.status_code == 401


# ---------------------------------------------------------------- names


def test_of_many_claims_of_a_name_at_once_one_wins(service: Running) -> None:
    everybody = [customer(service) for _ in range(10)]
    name = f"n_{uuid4().hex[:12]}"

    def claim(number: int) -> int:
        headers = everybody[number % len(everybody)]
        reply = service.client.put("/me/username", json={"username": name}, headers=headers)
        return int(reply.status_code)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(claim, range(100))) == {200, 409}
    owners = [
        headers
        for headers in everybody
        if service.client.get("/me", headers=headers).json()["username"] == name
    ]
    assert len(owners) == 1
    again = service.client.put("/me/username", json={"username": name}, headers=owners[0])
    assert again.json() == {"username": name}


def test_a_name_is_free_until_it_is_claimed_and_again_when_it_is_left(service: Running) -> None:
    headers = customer(service)
    name, other = f"a_{uuid4().hex[:12]}", f"b_{uuid4().hex[:12]}"

    def is_free(username: str) -> bool:
        return bool(service.client.get(f"/username/{username}/availability").json()["available"])

    assert is_free(name)
    service.client.put("/me/username", json={"username": name.upper()}, headers=headers)
    assert (is_free(name), is_free(other)) == (False, True)
    service.client.put("/me/username", json={"username": other}, headers=headers)
    assert (is_free(name), is_free(other)) == (True, False)


@pytest.mark.parametrize("name", ["ab", "a" * 21, "å_name", "with space", "member_1", "a-b"])
def test_names_have_three_to_twenty_letters_digits_or_underscores(
    service: Running, name: str
) -> None:
    headers = customer(service)
    assert service.client.get(f"/username/{name}/availability").status_code == 422
    reply = service.client.put("/me/username", json={"username": name}, headers=headers)
    assert (reply.status_code, reply.json()["error"]) == (422, "invalid")


# ---------------------------------------------------------------- phones


def test_a_phone_is_one_customers(service: Running) -> None:
    phone = new_phone()
    first, second = customer(service), customer(service)
    for headers, status in ((first, 200), (second, 409), (first, 200)):
        service.client.post("/verify/whatsapp", json={"phone": phone}, headers=headers)
        body = {"code": last_code(service, phone)}
        reply = service.client.post("/verify/whatsapp/confirm", json=body, headers=headers)
        assert reply.status_code == status
    assert service.client.get("/me", headers=first).json()["phone"] == phone
    assert service.client.get("/me", headers=second).json()["phone"] is None


def test_a_code_for_signing_in_verifies_no_phone(service: Running) -> None:
    number = new_phone()
    _, address = bought(service)
    headers = signed_in(service, address)
    service.client.post("/verify/whatsapp", json={"phone": number}, headers=headers)
    service.time.seconds += 60
    service.client.post("/login", json={"email": address})
    login, phone = last_code(service, address), last_code(service, number)
    if login != phone:
        reply = service.client.post(
            "/verify/whatsapp/confirm", json={"code": login}, headers=headers
        )
        assert (reply.status_code, reply.json()["error"]) == (422, "wrong_code")


def test_a_message_that_is_not_taken_is_a_bad_gateway(service: Running) -> None:
    class Refusing:
        def send(self, destination: str, code: str) -> None:
            raise MessageFailed("no")

    headers = customer(service)
    service.service.messages = Refusing()
    body = {"phone": "+46700000104"}
    reply = service.client.post("/verify/whatsapp", json=body, headers=headers)
    assert (reply.status_code, reply.json()["error"]) == (502, "message")
    for phone in ("46700000104", "+0123456789", "+46 70 000 01 04", ""):
        reply = service.client.post("/verify/whatsapp", json={"phone": phone}, headers=headers)
        assert reply.status_code == 422


# ---------------------------------------------------------------- devices and PINs


def test_a_device_has_a_pin_that_is_shown_to_its_owner_and_noted(service: Running) -> None:
    headers, others = customer(service), customer(service)
    client = service.client
    device = client.post("/devices", json={"type": "iOS", "name": "Phone"}, headers=headers).json()
    assert (device["id"], device["type"], device["name"]) == ("device-1", "iOS", "Phone")
    assert "pin" not in json.dumps(device)
    path = "/devices/device-1/pin"
    pin = client.get(path, headers=headers).json()["pin"]
    assert (len(pin), pin.isdigit()) == (4, True)
    new = client.post(path, headers=headers)
    assert new.status_code == 201
    assert client.get(path, headers=headers).json() == new.json()
    assert client.get(path, headers=others).status_code == 404
    assert client.post(path, headers=others).status_code == 404
    assert client.delete("/devices/device-1", headers=others).status_code == 404
    service.time.moment += dt.timedelta(seconds=1)
    events = client.get("/me/events", headers=headers).json()["events"]
    types = sorted(each["type"] for each in events if "device" in each["detail"])
    assert types == ["device_added", "pin_created", "pin_revealed", "pin_revealed"]


def test_pins_are_stored_encrypted_and_bound_to_their_device(service: Running) -> None:
    headers = customer(service)
    client = service.client
    for name in ("One", "Two"):
        client.post("/devices", json={"type": "iOS", "name": name}, headers=headers)
    pin = client.get("/devices/device-1/pin", headers=headers).json()["pin"]
    store, records = service.store, {}
    customer_id = service.service.claims  # the id is in the session only
    token = headers["Authorization"].split(".")[1]
    customer_id = json.loads(base64.urlsafe_b64decode(token + "=="))["sub"]
    for listed in store.devicesByCustomer(customer_id=customer_id):
        assert listed.pincode is None
        key = {"customer_id": customer_id, "device_id": listed.device_id}
        records[listed.device_id] = store.getPinRecord(user_id=listed.user_id, **key)
    assert len(records["device-1"].pincode) == 44
    assert pin not in records["device-1"].pincode
    moved = {"customer_id": customer_id, "device_id": "device-2"}
    store.updatePin(
        user_id=records["device-2"].user_id,
        **moved,
        pincode=records["device-1"].pincode,
        timestamp=START,
    )
    reply = client.get("/devices/device-2/pin", headers=headers)
    assert (reply.status_code, reply.json()["error"]) == (409, "unreadable")
    assert client.post("/devices/device-2/pin", headers=headers).status_code == 201
    assert client.get("/devices/device-2/pin", headers=headers).status_code == 200


def test_nobody_enrols_more_than_ten_devices_even_at_once(service: Running) -> None:
    headers = customer(service)

    def enrol(number: int) -> int:
        body = {"type": "Android", "name": f"Phone {number}"}
        return int(service.client.post("/devices", json=body, headers=headers).status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(enrol, range(16)))
    assert (statuses.count(201), statuses.count(409)) == (10, 6)
    devices = service.client.get("/devices", headers=headers).json()["devices"]
    assert sorted(each["id"] for each in devices) == sorted(f"device-{n}" for n in range(1, 11))


def test_a_removed_device_is_gone_with_its_pin_and_frees_its_place(service: Running) -> None:
    headers = customer(service)
    client = service.client
    for name in ("One", "Two"):
        client.post("/devices", json={"type": "Windows", "name": name}, headers=headers)
    assert client.delete("/devices/device-1", headers=headers).status_code == 204
    assert client.delete("/devices/device-1", headers=headers).status_code == 404
    assert client.get("/devices/device-1/pin", headers=headers).status_code == 404
    left = client.get("/devices", headers=headers).json()["devices"]
    assert [each["name"] for each in left] == ["Two"]
    third = client.post("/devices", json={"type": "iOS", "name": "Three"}, headers=headers)
    assert third.json()["id"] == "device-1"
    both = client.get("/devices", headers=headers).json()["devices"]
    # enrolled at the same moment, they come in the order of their ids on every database
    assert [each["name"] for each in both] == ["Three", "Two"]


def test_a_device_is_configured_and_has_a_profile(service: Running) -> None:
    headers = customer(service)
    client = service.client
    client.post("/devices", json={"type": "macOS", "name": "Laptop"}, headers=headers)
    body = {"settings": {"limits": {"social": 30}}}
    path = "/devices/device-1"
    assert client.put(f"{path}/settings", json=body, headers=headers).status_code == 204
    large = {"settings": {"text": "x" * 2_000}}
    assert client.put(f"{path}/settings", json=large, headers=headers).status_code == 413
    profile = client.get(f"{path}/profile", headers=headers).json()
    assert (profile["type"], profile["content"]["PayloadRemovalDisallowed"]) == (
        "supervision",
        True,
    )
    for wrong in ({"type": "BeOS", "name": "x"}, {"type": "iOS"}, {"type": "iOS", "name": ""}):
        assert client.post("/devices", json=wrong, headers=headers).status_code == 422


# ---------------------------------------------------------------- the commitment


def test_a_streak_grows_by_the_day_and_reaches_milestones(service: Running) -> None:
    _, address = bought(service)
    headers = signed_in(service, address)
    client = service.client
    begun = client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
    assert (begun.status_code, begun.json()["since"]) == (201, "2026-11-30T12:00:00.000Z")
    twice = client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
    assert (twice.status_code, twice.json()["error"]) == (409, "commitment_runs")
    for days, level, title in ((1, 1, "First day"), (6, 1, "First day"), (7, 2, "One week")):
        service.time.moment = START + dt.timedelta(days=days)
        headers = signed_in(service, address)
        me = client.post("/me/check-in", json={"minutes": 75}, headers=headers).json()
        assert (me["streak"], me["level"], me["milestone"]) == (days, level, title)
    assert me["next"] == {"day": 14, "level": 3, "title": "Two weeks"}
    events = client.get("/me/events?type=milestone_reached", headers=headers).json()["events"]
    assert [each["detail"] for each in events] == [
        {"level": 2, "title": "One week"},
        {"level": 1, "title": "First day"},
    ]


def test_giving_in_resets_the_streak_once_and_is_remembered(service: Running) -> None:
    _, address = bought(service)
    headers = signed_in(service, address)
    client = service.client
    for path in ("/me/check-in", "/me/surrender"):
        reply = client.post(path, json={}, headers=headers)
        assert (reply.status_code, reply.json()["error"]) == (409, "no_commitment")
    client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
    service.time.moment = START + dt.timedelta(days=30)
    headers = signed_in(service, address)
    assert client.get("/me", headers=headers).json()["level"] == 4

    def give_in(_: int) -> int:
        return int(client.post("/me/surrender", headers=headers).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(give_in, range(4))) == {200}
    me = client.get("/me", headers=headers).json()
    assert (me["streak"], me["level"], me["since"]) == (0, 0, "2026-12-30T12:00:00.000Z")
    assert me["history"] == [
        {"start": "2026-11-30T12:00:00.000Z", "end": "2026-12-30T12:00:00.000Z", "days": 30}
    ]
    events = client.get("/me/events?type=surrender", headers=headers).json()["events"]
    assert [each["detail"] for each in events] == [{"days": 30}]


def test_who_gives_in_twice_at_once_gives_in_once_however_late_the_second_is_saved(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = bought(service)
    headers = signed_in(service, address)
    service.client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
    customer_id = str(service.store.subscriberByEmail(email=address).customer_id)
    service.time.moment = START + dt.timedelta(days=30)
    subscribers = service.service.subscribers
    save, saves = subscribers.store.saveProgress, count(1)

    async def give_in_twice() -> None:
        is_done = asyncio.Event()

        async def held(**arguments: Any) -> Any:
            if next(saves) == 2:  # until the other is done, unless that waits for this one
                with suppress(TimeoutError):
                    await asyncio.wait_for(is_done.wait(), 0.5)
            return await save(**arguments)

        async def give_in() -> None:
            await subscribers.surrender(customer_id)
            is_done.set()

        monkeypatch.setattr(subscribers.store, "saveProgress", held, raising=False)
        await asyncio.gather(give_in(), give_in())

    asyncio.run(give_in_twice())
    headers = signed_in(service, address)
    events = service.client.get("/me/events?type=surrender", headers=headers).json()["events"]
    assert [each["detail"] for each in events] == [{"days": 30}]


def test_the_goal_can_be_changed_within_a_day(service: Running) -> None:
    headers = customer(service)
    client = service.client
    assert client.patch("/me", json={"goalMinutes": 60}, headers=headers).status_code == 409
    client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
    changed = client.patch("/me", json={"goalMinutes": 60}, headers=headers)
    assert changed.json()["goalMinutes"] == 60
    for wrong in (0, 1_441, "60", 1.5, True):
        reply = client.patch("/me", json={"goalMinutes": wrong}, headers=headers)
        assert reply.status_code == 422


def test_the_history_comes_page_by_page_and_by_time(service: Running) -> None:
    _, address = bought(service)
    headers = signed_in(service, address)
    client = service.client
    client.post("/devices", json={"type": "iOS", "name": "Phone"}, headers=headers)
    for number in range(60):
        service.time.moment = START + dt.timedelta(minutes=1 + number)
        client.get("/devices/device-1/pin", headers=headers)
    first = client.get("/me/events", headers=headers).json()
    rest = client.get("/me/events", params={"cursor": first["cursor"]}, headers=headers).json()
    # 60 of the PIN, one of the device, one of the purchase
    assert (len(first["events"]), len(rest["events"]), rest["cursor"]) == (50, 12, "")
    times = [each["at"] for each in (*first["events"], *rest["events"])]
    assert times == sorted(times, reverse=True)
    between = {"from": "2026-11-30T12:10:00Z", "to": "2026-11-30T12:19:00Z"}
    some = client.get("/me/events", params=between, headers=headers).json()["events"]
    assert len(some) == 10
    for wrong in ("cursor=forged", "type=other", "from=yesterday-or-so", "from=2026-11-30T12:10"):
        assert client.get(f"/me/events?{wrong}", headers=headers).status_code == 422


# ---------------------------------------------------------------- leaderboard and cancellation


@pytest.mark.parametrize("place", ["recommended", "current", *DESIGNS[1:]])
def test_the_leaderboard_ranks_the_active_by_streak_and_then_by_name(place: str) -> None:
    with database_of(place) as (design, target):
        service = started(design, target)
        with service.client:
            rank_everybody(service)


def rank_everybody(service: Running) -> None:
    client = service.client
    # begun so many days ago; in the order of the alphabet they are others than by streak
    days = {"zoe_z": 40, "ann_a": 7, "bob_b": 7, "mia_m": 0, "gone_g": 90}
    addresses = {name: f"{name}@example.org" for name in days}
    for name, streak in days.items():
        service.time.moment = START - dt.timedelta(days=streak)
        at = service.time.moment.isoformat()
        order = {
            "customer": {"id": shop_id(), "email": addresses[name]},
            "updated_at": at,
        }
        shop_says(service, "orders/paid", order, **{"X-Shopify-Triggered-At": at})
        headers = signed_in(service, addresses[name])
        client.post("/me/commitment", json={"goalMinutes": 90}, headers=headers)
        client.put("/me/username", json={"username": name}, headers=headers)
    service.time.moment = START
    for address in addresses.values():
        headers = signed_in(service, address)
        client.post("/me/check-in", json={}, headers=headers)
    client.post("/me/cancel", headers=headers)
    headers = signed_in(service, "bob_b@example.org")
    assert client.get("/leaderboard", headers=headers).json() == {
        "board": [
            {"rank": 1, "username": "zoe_z", "streak": 40, "level": 4},
            {"rank": 2, "username": "ann_a", "streak": 7, "level": 2},
            {"rank": 3, "username": "bob_b", "streak": 7, "level": 2},
            {"rank": 4, "username": "mia_m", "streak": 0, "level": 0},
        ],
        "own": {"rank": 3, "username": "bob_b", "streak": 7, "level": 2},
    }
    top = client.get("/leaderboard?limit=1", headers=headers).json()
    assert [each["username"] for each in top["board"]] == ["zoe_z"]
    assert top["own"]["rank"] == 3
    for limit in ("0", "101", "x", "1.5"):
        reply = client.get(f"/leaderboard?limit={limit}", headers=headers)
        assert reply.status_code == 422


def test_a_cancellation_reaches_the_shop_and_holds_against_older_messages(
    service: Running,
) -> None:
    who, address = bought(service)
    headers = signed_in(service, address)
    for _ in range(2):
        reply = service.client.post("/me/cancel", headers=headers)
        assert (reply.status_code, reply.json()) == (200, {"status": "cancelled"})
    assert service.service.shop.ended.count(address) == 1
    late = contract(who, "active")
    topic = "subscription_contracts/update"
    before = {"X-Shopify-Triggered-At": "2026-11-30T11:59:59Z"}
    assert shop_says(service, topic, late, **before).json() == {"result": "stale"}
    assert service.client.get("/me", headers=headers).json()["status"] == "cancelled"
    events = service.client.get("/me/events?type=subscription_changed", headers=headers).json()
    assert events["events"][0]["detail"] == {"status": "cancelled", "by": "customer"}


def test_what_the_shop_did_not_cancel_is_not_cancelled(service: Running) -> None:
    class Silent:
        def end_subscriptions(self, email: str) -> int:
            raise ShopFailed("no")

    headers = customer(service)
    kept, service.service.shop = service.service.shop, Silent()
    try:
        reply = service.client.post("/me/cancel", headers=headers)
    finally:
        service.service.shop = kept
    assert (reply.status_code, reply.json()["error"]) == (502, "shop")
    assert service.client.get("/me", headers=headers).json()["status"] == "active"


# ---------------------------------------------------------------- configuration and operating


def test_the_configuration_is_read_at_most_every_five_minutes() -> None:
    service = started("recommended")
    with service.client as client:
        for _ in range(5):
            assert client.get("/config/milestones").json()["levels"][3] == {
                "day": 30,
                "level": 4,
                "title": "One month",
            }
        assert service.store.bill.patterns["getConfig"].calls == 1
        service.time.seconds += 300
        steps = client.get("/config/device_setup_flow").json()["steps"]
        assert sorted(steps) == ["Android", "Windows", "iOS", "macOS"]
        client.get("/config/milestones")
        assert service.store.bill.patterns["getConfig"].calls == 3
        assert client.get("/config/other").status_code == 404


def test_every_route_is_there_under_api_as_well(service: Running) -> None:
    headers = customer(service)
    assert service.client.get("/api/health").json() == {"status": "ok"}
    own = service.client.get("/api/me", headers=headers)
    assert own.json() == service.client.get("/me", headers=headers).json()
    assert service.client.get("/api/me").status_code == 401
    assert service.client.get("/api/nothing").json()["error"] == "not_found"


def test_nothing_personal_is_logged(service: Running) -> None:
    phone = new_phone()
    who, address = bought(service)
    headers = signed_in(service, address)
    client = service.client
    client.post("/verify/whatsapp", json={"phone": phone}, headers=headers)
    code = last_code(service, phone)
    client.post("/verify/whatsapp/confirm", json={"code": code}, headers=headers)
    client.put("/me/username", json={"username": "seen_by_all"}, headers=headers)
    client.post("/devices", json={"type": "iOS", "name": "Ana's phone"}, headers=headers)
    pin = client.get("/devices/device-1/pin", headers=headers).json()["pin"]
    client.get("/username/seen_by_all/availability")
    log = "".join(service.lines)
    secrets = (address, str(who), phone, "seen_by_all", "Ana", headers["Authorization"])
    for secret in secrets:
        assert secret not in log
    assert f'"{pin}"' not in log
    assert f'"{code}"' not in log


@pytest.mark.parametrize(
    "changed",
    [
        {"JWT_SECRET": "short"},
        {"PIN_ENCRYPTION_KEY": ""},
        {"CODE_SECRET": "j" * 32},
        {"SHOPIFY_WEBHOOK_SECRET": "s" * 31},
    ],
)
def test_secrets_have_to_be_long_and_different(changed: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        journey_settings({**ENVIRONMENT, **changed})


def test_secrets_of_before_still_open_what_they_closed() -> None:
    service = started(
        "recommended", SHOPIFY_WEBHOOK_SECRET_BEFORE="the one of last month, 32 long!!"
    )
    with service.client:
        order = {"customer": {"id": 7, "email": "ana@example.org"}}
        reply = shop_says(service, "orders/paid", order, secret="the one of last month, 32 long!!")
        assert reply.json() == {"result": "active"}


def test_a_killed_process_loses_nothing_that_it_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    program = [sys.executable, "-m", "tablewright", "serve", "--app", "screen-time-journey"]
    with log.open("w") as lines:
        process = subprocess.Popen(
            [*program, "--target", "local", "--port", "0"],
            cwd=tmp_path,
            env={**os.environ, **ENVIRONMENT},
            stderr=lines,
        )
    listening = re.compile(r"http://127\.0\.0\.1:\d+")
    while (found := listening.search(log.read_text())) is None:
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    address = found.group()
    acknowledged: list[str] = []
    enough = threading.Event()

    def buy(number: int) -> None:
        email = f"{number}@example.org"
        body = json.dumps({"customer": {"id": number, "email": email}}).encode()
        signature = base64.b64encode(hmac.digest(WEBHOOK_SECRET.encode(), body, "sha256")).decode()
        headers = {
            "X-Shopify-Topic": "orders/paid",
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Webhook-Id": str(number),
        }
        request = urllib.request.Request(f"{address}/webhooks/shopify", body, headers)
        with suppress(OSError, HTTPException):
            if enough.is_set():
                return
            with urllib.request.urlopen(request) as reply:
                assert reply.status == 200
                acknowledged.append(email)
        if len(acknowledged) >= 40 and not enough.is_set():
            enough.set()
            process.kill()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(buy, range(1, 201)))
    process.wait()
    assert 40 <= len(acknowledged) < 200
    session = app_session("screen-time-journey")
    monkeypatch.chdir(tmp_path)
    with open_store(session, "recommended", "local") as store:
        for email in acknowledged:
            subscriber = store.subscriberByEmail(email=email)
            assert subscriber.subscription_status == "active"
            events = store.listEventsOfType(
                customer_id=subscriber.customer_id, event_type="subscription_changed"
            )
            assert len(events) == 1
