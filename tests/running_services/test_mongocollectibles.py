"""MongoCollectibles by its HTTP routes, with the same bodies on every engine."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from running_services.running import START, Running, database_of, on_dynamodb_local
from tablewright.core.errors import UsageError
from tablewright.serve.aws import lambda_handler
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.mongocollectibles.app import MongoCollectibles
from tablewright_services.mongocollectibles.domain import (
    EFFECTS,
    Effect,
    RentalOrder,
    centavos,
    effect,
    quote,
)
from tablewright_services.mongocollectibles.payments import (
    BadWebhook,
    CheckoutCharge,
    PayMongo,
    signature_header,
    verified_message,
)
from tablewright_services.mongocollectibles.settings import shop_settings

WEBHOOK_SECRET = "whsk_" + "w" * 24
PASSWORD = "open sesame 1"
ENVIRONMENT = {
    "SESSION_SECRET": "s" * 32,
    "PAYMONGO_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "STAFF_PASSWORD": PASSWORD,
    "STAFF_CODE_SECRET": "none",
    "CALLS_PER_MINUTE": "100000",
    "SIGN_INS_PER_MINUTE": "2",
}
ON_SERVER = pytest.mark.needs_server
EMAIL = "ana@example.ph"


@pytest.fixture(
    params=[
        "recommended",
        "current",
        on_dynamodb_local("recommended"),
        pytest.param("planned-postgresql", marks=ON_SERVER),
        pytest.param("planned-mongodb", marks=ON_SERVER),
    ],
    scope="module",
)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with database_of(request.param) as (design, target):
        service = Running(
            MongoCollectibles, "mongocollectibles", design, ENVIRONMENT, target=target
        )
        with service.client:
            yield service


@pytest.fixture
def service(running: Running) -> Running:
    running.time.restart()
    running.client.cookies.clear()
    running.service.mailer.messages.clear()
    return running


def staff(service: Running) -> dict[str, str]:
    """Return the header of somebody of the staff, who has signed in."""
    return {"Authorization": f"Bearer {service.service.access.staff_token()}"}


def stocked(service: Running, *distances: list[int], size: str = "S") -> str:
    """Return a new collectible with a copy at each of these distances to the stores."""
    name = f"col-{uuid4().hex[:12]}"
    body = {
        "name": "Batman Figure",
        "description": "As good as new",
        "size": size,
        "image_url": "/images/batman.jpg",
    }
    headers = staff(service)
    assert service.client.put(f"/collectibles/{name}", json=body, headers=headers).is_success
    for number, each in enumerate(distances, start=1):
        copy = {"warehouse_id": f"wh-001-{number}", "distances": each}
        path = f"/collectibles/{name}/copies"
        assert service.client.post(path, json=copy, headers=headers).status_code == 201
    return name


def order(name: str, **changed: Any) -> dict[str, Any]:
    return {"collectible_id": name, "store_id": "store-a", "duration": 10, **changed}


def check_out(service: Running, name: str, key: str = "", **changed: Any) -> Any:
    body = {**order(name), "customer_email": EMAIL, **changed}
    headers = {"Idempotency-Key": key} if key else {}
    return service.client.post("/rentals/checkout", json=body, headers=headers)


def rented(service: Running, name: str, **changed: Any) -> str:
    reply = check_out(service, name, **changed)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["data"]["rental_id"])


def event(kind: str, rental_id: str, amount: int = 1_010_000, **changed: Any) -> dict[str, Any]:
    """Return an event as PayMongo sends it; amounts are in centavos."""
    payment = {
        "id": "pay_gPSJ6SB24SVEa5hH8LrXBtd4",
        "type": "payment",
        "attributes": {
            "amount": amount,
            "currency": "PHP",
            "status": "paid",
            "external_reference_number": rental_id,
        },
    }
    subject: dict[str, Any] = payment
    if kind.startswith("checkout_session"):
        subject = {
            "id": "cs_CbFCTDfxvMFNjwjVi26Uzhtj",
            "type": "checkout_session",
            "attributes": {"reference_number": rental_id, "payments": [payment]},
        }
    attributes = {"type": kind, "livemode": False, "data": subject, "created_at": 1700000000}
    identity = {"id": "evt_9dEfhxpnJ7oGrbdFzH3mCBxy", "type": "event"}
    return {"data": {**identity, "attributes": {**attributes, **changed}}}


def send(service: Running, content: Any, *, age: int = 0, secret: str = WEBHOOK_SECRET) -> Any:
    body = json.dumps(content).encode()
    moment = int(service.time.moment.timestamp()) - age
    header = signature_header(body, secret.encode(), moment)
    headers = {"Paymongo-Signature": header, "Content-Type": "application/json"}
    return service.client.post("/api/webhooks/paymongo", content=body, headers=headers)


def told(service: Running, kind: str, rental_id: str, **changed: Any) -> str:
    reply = send(service, event(kind, rental_id, **changed))
    assert reply.status_code == 200, reply.text
    return str(reply.json()["data"]["result"])


def status_of(service: Running, rental_id: str) -> str:
    return str(service.client.get(f"/rentals/{rental_id}").json()["data"]["payment_status"])


def copies_left(service: Running, name: str) -> list[str]:
    copies = service.client.get(f"/collectibles/{name}").json()["data"]["copies"]
    return [copy["warehouse_id"] for copy in copies]


# ---------------------------------------------------------------- catalogue


def test_the_catalogue_is_read_once_and_given_out_until_it_changes(service: Running) -> None:
    name = stocked(service, [1, 4, 5])
    client = service.client
    first, second = client.get("/collectibles"), client.get("/api/collectibles")
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "public, max-age=300"
    body = first.json()
    assert body["success"] is True
    assert body == second.json()
    assert {
        "id": name,
        "name": "Batman Figure",
        "size": "S",
        "image_url": "/images/batman.jpg",
    } in body["data"]
    tag = first.headers["etag"]
    same = client.get("/collectibles", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    other = stocked(service)
    changed = client.get("/collectibles", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["x-cache"]) == (200, "MISS")
    assert other in {each["id"] for each in changed.json()["data"]}
    metrics = client.get("/metrics").text
    assert re.search(r'^catalogue_reads_total\{result="hit"\} [1-9]', metrics, re.M)


def test_the_catalogue_is_read_anew_after_five_minutes(service: Running) -> None:
    stocked(service)
    service.client.get("/collectibles")
    service.time.seconds += 299
    assert service.client.get("/collectibles").headers["x-cache"] == "HIT"
    service.time.seconds += 1
    assert service.client.get("/collectibles").headers["x-cache"] == "MISS"


def test_a_collectible_is_shown_with_its_copies(service: Running) -> None:
    name = stocked(service, [1, 4, 5], [3, 2, 3])
    reply = service.client.get(f"/api/collectibles/{name}")
    assert reply.json() == {
        "success": True,
        "data": {
            "id": name,
            "name": "Batman Figure",
            "description": "As good as new",
            "size": "S",
            "image_url": "/images/batman.jpg",
            "available": True,
            "copies": [
                {"warehouse_id": "wh-001-1", "distances": distances(1, 4, 5)},
                {"warehouse_id": "wh-001-2", "distances": distances(3, 2, 3)},
            ],
        },
    }
    tag = {"If-None-Match": reply.headers["etag"]}
    assert service.client.get(f"/collectibles/{name}", headers=tag).status_code == 304
    missing = service.client.get("/collectibles/col-none")
    assert missing.status_code == 404
    assert missing.json() == {
        "success": False,
        "error": {"code": "not_found", "message": "there is no such collectible"},
    }


def distances(*days: int) -> dict[str, int]:
    return dict(zip(("store-a", "store-b", "store-c"), days, strict=True))


def test_only_the_staff_changes_the_catalogue(service: Running) -> None:
    body = {"name": "Robin", "size": "S", "image_url": "/images/robin.jpg"}
    assert service.client.put("/collectibles/col-x", json=body).status_code == 401
    assert service.client.post("/collectibles/col-x/copies", json={}).status_code == 401
    headers = staff(service)
    wrong = service.client.put("/collectibles/col-x", json={**body, "size": "XL"}, headers=headers)
    assert wrong.status_code == 422
    name = stocked(service, [1, 1, 1])
    path = f"/collectibles/{name}/copies"
    for copy, status in (
        ({"warehouse_id": "wh-001-1", "distances": [1, 1, 1]}, 409),
        ({"warehouse_id": "wh-9", "distances": [1, 1]}, 422),
        ({"warehouse_id": "wh-9", "distances": [1, 1, -1]}, 422),
        ({"distances": [1, 1, 1]}, 422),
    ):
        assert service.client.post(path, json=copy, headers=headers).status_code == status
    nowhere = {"warehouse_id": "wh-1", "distances": [1, 1, 1]}
    unknown = service.client.post("/collectibles/col-none/copies", json=nowhere, headers=headers)
    assert unknown.status_code == 404


# ---------------------------------------------------------------- quotes


@pytest.mark.parametrize(
    ("asked", "copy", "fee"),
    [
        # the nearest copy of each store: 1,000 a day and 100 for each unit of distance
        ({"store_id": "store-a"}, "wh-001-1", 10_100),
        ({"store_id": "store-b"}, "wh-001-2", 10_200),
        ({"store_id": "store-c"}, "wh-001-2", 10_300),
        # below a week the rate is double
        ({"store_id": "store-b", "duration": 5}, "wh-001-2", 10_200),
        ({"store_id": "store-a", "duration": 6}, "wh-001-1", 12_100),
        ({"store_id": "store-a", "duration": 7}, "wh-001-1", 7_100),
    ],
)
def test_a_quote_takes_the_nearest_copy(
    service: Running, asked: dict[str, Any], copy: str, fee: int
) -> None:
    name = stocked(service, [1, 4, 5], [3, 2, 3])
    data = service.client.post("/rentals/quote", json=order(name, **asked)).json()["data"]
    assert (data["warehouse_id"], data["total_fee"], data["currency"]) == (copy, fee, "PHP")
    assert data["valid_until"] == "2026-11-30T12:15:00Z"
    assert copies_left(service, name) == ["wh-001-1", "wh-001-2"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"store_id": "store-d"}, 400, "unknown_store"),
        ({"duration": 0}, 400, "bad_duration"),
        ({"duration": 366}, 400, "bad_duration"),
        ({"duration": "10"}, 422, "invalid"),
        ({"duration": True}, 422, "invalid"),
        ({"collectible_id": 5}, 422, "invalid"),
        ({"collectible_id": "col-none"}, 404, "not_found"),
    ],
)
def test_what_is_no_order_gets_no_quote(
    service: Running, changed: dict[str, Any], status: int, code: str
) -> None:
    name = stocked(service, [1, 1, 1])
    reply = service.client.post("/rentals/quote", json={**order(name), **changed})
    assert (reply.status_code, reply.json()["success"]) == (status, False)
    assert reply.json()["error"]["code"] == code


def test_without_a_copy_there_is_no_quote(service: Running) -> None:
    reply = service.client.post("/rentals/quote", json=order(stocked(service)))
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "unavailable")


def test_the_larger_cost_more_and_ties_go_by_the_id_of_the_copy() -> None:
    copies = [
        SimpleNamespace(warehouse_id=name, distances_to_stores=[2, 2, 2]) for name in ("b", "a")
    ]
    for size, fee in (("S", 7_200), ("M", 35_200), ("L", 70_200)):
        found = quote(RentalOrder(collectible_id="c", store_id="store-c", duration=7), size, copies)
        assert found is not None
        assert (found.warehouse_id, found.total_fee) == ("a", Decimal(fee))
    assert centavos(Decimal("10100.05")) == 1_010_005
    with pytest.raises(ValueError, match="centavos"):
        centavos(Decimal("0.001"))


# ---------------------------------------------------------------- checkout


def test_a_checkout_reserves_the_copy_and_says_where_to_pay(service: Running) -> None:
    name = stocked(service, [1, 4, 5], [3, 2, 3])
    data = check_out(service, name).json()["data"]
    rental_id = data["rental_id"]
    assert data == {
        "rental_id": rental_id,
        "checkout_url": f"/pay/{rental_id}",
        "payment_status": "pending",
        "total_fee": 10_100,
        "currency": "PHP",
    }
    assert copies_left(service, name) == ["wh-001-2"]
    # whoever knows the id sees the rental, not whose it is
    assert service.client.get(f"/api/rentals/{rental_id}").json()["data"] == {
        "id": rental_id,
        "collectible_id": name,
        "warehouse_id": "wh-001-1",
        "store_id": "store-a",
        "duration": 10,
        "total_fee": 10_100,
        "payment_status": "pending",
        "checkout_url": f"/pay/{rental_id}",
        "quote": {"rate_per_day": 1_000, "factor": 1, "distance": 1, "delivery_fee": 100},
        "created_at": "2026-11-30T12:00:00.000Z",
        # a day on the way and ten days of rent
        "due_at": "2026-12-11T12:00:00.000Z",
    }
    assert service.client.get("/rentals/rental-none").status_code == 404


def test_of_a_hundred_buyers_of_the_last_copy_one_gets_it(service: Running) -> None:
    name = stocked(service, [1, 1, 1])

    def attempt(number: int) -> tuple[int, str]:
        reply = check_out(service, name, customer_email=f"buyer{number}@example.ph")
        return reply.status_code, reply.json().get("error", {}).get("code", "")

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(attempt, range(100)))
    assert outcomes == {(201, ""): 1, (409, "unavailable"): 99}
    assert copies_left(service, name) == []


def test_three_copies_are_rented_by_three_at_most(service: Running) -> None:
    name = stocked(service, [1, 1, 1], [2, 2, 2], [3, 3, 3])
    fees = [check_out(service, name).json()["data"]["total_fee"] for _ in range(3)]
    assert fees == [10_100, 10_200, 10_300]
    assert check_out(service, name).status_code == 409


def test_a_checkout_with_a_key_is_made_once(service: Running) -> None:
    name = stocked(service, [1, 1, 1], [2, 2, 2])
    key = uuid4().hex

    def attempt(_: int) -> Any:
        return check_out(service, name, key)

    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(attempt, range(8)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["data"]["rental_id"] for reply in replies}) == 1
    assert copies_left(service, name) == ["wh-001-2"]
    other = check_out(service, name, key, duration=20)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")
    # the key of one customer is not that of another
    assert check_out(service, name, key, customer_email="ben@example.ph").status_code == 201


def test_a_quote_holds_for_fifteen_minutes_and_for_its_fee(service: Running) -> None:
    name = stocked(service, [1, 1, 1], [2, 2, 2])
    token = service.client.post("/rentals/quote", json=order(name)).json()["data"]["quote"]
    forged = check_out(service, name, quote=token[:-2])
    assert (forged.status_code, forged.json()["error"]["code"]) == (409, "quote_expired")
    longer = check_out(service, name, quote=token, duration=20)
    assert (longer.status_code, longer.json()["error"]["code"]) == (409, "quote_changed")
    service.time.moment = START + dt.timedelta(minutes=15)
    late = check_out(service, name, quote=token)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "quote_expired")
    service.time.moment = START + dt.timedelta(minutes=15) - dt.timedelta(seconds=1)
    assert check_out(service, name, quote=token).status_code == 201
    # the nearest copy is gone now, and the next one costs more
    dearer = check_out(service, name, quote=token)
    assert (dearer.status_code, dearer.json()["error"]["code"]) == (409, "quote_changed")
    assert dearer.json()["error"]["quote"]["total_fee"] == 10_200


def test_a_payment_provider_that_fails_leaves_nothing_behind(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = stocked(service, [1, 1, 1])

    def fails(_: object) -> None:
        raise PaymentFailed("recorded failure")

    monkeypatch.setattr(service.service.payments, "begin", fails)
    reply = check_out(service, name, "a-key")
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "payment_provider")
    assert copies_left(service, name) == ["wh-001-1"]
    monkeypatch.undo()
    assert check_out(service, name, "a-key").status_code == 201


def test_a_checkout_without_an_address_is_refused(service: Running) -> None:
    name = stocked(service, [1, 1, 1])
    for email in ("no address", 5, None):
        assert check_out(service, name, customer_email=email).status_code == 422
    assert copies_left(service, name) == ["wh-001-1"]


@pytest.mark.needs_server
def test_a_database_without_a_place_for_the_copy_is_said_to_serve_no_rentals() -> None:
    running = Running(MongoCollectibles, "mongocollectibles", "postgresql", ENVIRONMENT)
    with running.client:
        name = stocked(running, [1, 1, 1])
        reply = check_out(running, name)
        assert (reply.status_code, reply.json()["error"]["code"]) == (501, "not_served")
        assert copies_left(running, name) == ["wh-001-1"]


# ---------------------------------------------------------------- payment


@pytest.mark.parametrize("kind", ["payment.paid", "checkout_session.payment.paid"])
def test_a_payment_told_three_times_counts_once(service: Running, kind: str) -> None:
    name = stocked(service, [1, 1, 1])
    rental_id = rented(service, name)
    assert [told(service, kind, rental_id) for _ in range(3)] == [
        "completed",
        "unchanged",
        "unchanged",
    ]
    assert status_of(service, rental_id) == "completed"
    (message,) = service.service.mailer.messages
    assert (message.to, message.subject) == (EMAIL, "Your rental is confirmed")
    assert message.text == (
        f"Your rental {rental_id} is paid: {name} for 10 days, 10,100.00 pesos. "
        "Collect it at Store A; bring it back by 2026-12-11."
    )
    assert copies_left(service, name) == []


def test_payments_told_at_the_same_time_count_once(service: Running) -> None:
    rental_id = rented(service, stocked(service, [1, 1, 1]))
    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(lambda _: told(service, "payment.paid", rental_id), range(16)))
    assert results == {"completed": 1, "unchanged": 15}
    assert len(service.service.mailer.messages) == 1


@pytest.mark.parametrize("kind", ["failed", "expired"])
def test_a_payment_that_fails_gives_the_copy_back_once(service: Running, kind: str) -> None:
    name = stocked(service, [1, 1, 1])
    first = rented(service, name)
    assert told(service, f"payment.{kind}", first) == kind
    assert (status_of(service, first), copies_left(service, name)) == (kind, ["wh-001-1"])
    # told again after somebody else has rented the copy, it stays with them
    second = rented(service, name)
    assert told(service, f"payment.{kind}", first) == "unchanged"
    assert copies_left(service, name) == []
    assert status_of(service, second) == "pending"
    assert list(service.service.mailer.messages) == []


def test_money_for_a_rental_that_is_over_goes_back(service: Running) -> None:
    name = stocked(service, [1, 1, 1])
    rental_id = rented(service, name)
    told(service, "payment.failed", rental_id)
    assert [told(service, "payment.paid", rental_id) for _ in range(3)] == ["given_back"] * 3
    assert status_of(service, rental_id) == "failed"
    refunds = service.service.payments.refunds
    assert refunds["pay_gPSJ6SB24SVEa5hH8LrXBtd4"] == 1_010_000
    assert list(service.service.mailer.messages) == []


def test_a_refund_before_its_payment_has_to_come_again(service: Running) -> None:
    rental_id = rented(service, stocked(service, [1, 1, 1]))
    early = send(service, event("payment.refunded", rental_id))
    assert (early.status_code, early.json()["error"]["code"]) == (409, "too_early")
    assert told(service, "payment.paid", rental_id) == "completed"
    assert told(service, "payment.refunded", rental_id) == "refunded"
    assert told(service, "payment.paid", rental_id) == "unchanged"
    assert told(service, "payment.failed", rental_id) == "unchanged"
    assert status_of(service, rental_id) == "refunded"


def test_a_payment_of_another_amount_changes_nothing(service: Running) -> None:
    rental_id = rented(service, stocked(service, [1, 1, 1]))
    assert told(service, "payment.paid", rental_id, amount=1_009_999) == "amount_differs"
    assert status_of(service, rental_id) == "pending"


def test_messages_about_nothing_here_are_taken(service: Running) -> None:
    assert told(service, "payment.paid", "rental-none") == "unknown"
    assert told(service, "payment.paid", "") == "ignored"
    assert told(service, "source.chargeable", "rental-none") == "ignored"


def test_only_what_the_provider_signed_just_now_counts(service: Running) -> None:
    rental_id = rented(service, stocked(service, [1, 1, 1]))
    paid = event("payment.paid", rental_id)
    refused = [
        send(service, paid, secret="whsk_" + "x" * 24),
        send(service, paid, age=301),
        send(service, paid, age=-301),
        send(service, event("payment.paid", rental_id, livemode=True)),
        send(service, {"data": []}),
        service.client.post("/webhooks/paymongo", content=json.dumps(paid)),
    ]
    assert [reply.status_code for reply in refused] == [401] * 6
    assert status_of(service, rental_id) == "pending"
    assert send(service, paid, age=300).status_code == 200
    assert status_of(service, rental_id) == "completed"


def test_the_signature_is_that_of_paymongo() -> None:
    # echo -n '1496734173.{"data":1}' | openssl dgst -sha256 -hmac whsk_test
    digest = "6353e6c6755d6046019df50482212029ca6ca96b1ae96842adef41a1a3190ace"
    body, secret = b'{"data":1}', b"whsk_test"
    assert signature_header(body, secret, 1496734173) == f"t=1496734173,te={digest},li="
    live = signature_header(body, secret, 1496734173, is_live=True)
    assert live == f"t=1496734173,te=,li={digest}"
    for header, is_live, why in (
        (f"t=1496734173,te={digest},li=", False, "no event"),  # signed, but nothing is in it
        (f"t=1496734173,te={digest},li=", True, "another signature"),
        (f"t=x,te={digest}", False, "no time stamp"),
        ("", False, "no time stamp"),
    ):
        with pytest.raises(BadWebhook, match=why):
            verified_message(body, header, secret, 1496734173.0, is_live=is_live)


class PaymentServer(BaseHTTPRequestHandler):
    """Stands in for PayMongo: keeps what it is asked, and answers as its documents show."""

    asked: ClassVar[list[tuple[str, str, Any]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["content-length"] or 0)
        body = self.rfile.read(length)
        content = json.loads(body)["data"]["attributes"] if body else None
        self.asked.append((self.path, self.headers["authorization"], content))
        session = {"id": "cs_1", "attributes": {"checkout_url": "https://checkout.paymongo.com/1"}}
        is_paid = self.path.endswith("/expire")
        answer = json.dumps({"errors": []} if is_paid else {"data": session}).encode()
        self.send_response(400 if is_paid or self.path == "/refunds" else 200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["authorization"], None))
        refund = {"attributes": {"amount": 1_010_000, "status": "succeeded"}}
        answers = {
            "/checkout_sessions/cs_1": {"payments": [{"id": "pay_1"}]},
            "/payments/pay_1": {"status": "paid", "refunds": [refund]},
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"attributes": answers[self.path]}}).encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def test_paymongo_is_asked_as_it_wants_to_be() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), PaymentServer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        paymongo = PayMongo("sk_test_1", "https://shop.example", url)
        charge = CheckoutCharge(rental_id="rental-1", amount=1_010_000, text="Batman", email=EMAIL)
        session = paymongo.begin(charge)
        assert (session.id, session.url) == ("cs_1", "https://checkout.paymongo.com/1")
        with pytest.raises(PaymentFailed, match="400"):
            paymongo.end("cs_1")  # paid, or expired before
        # refused because it was given back before
        assert paymongo.refund("pay_1", 1_010_000, "rental-1") is True
        assert paymongo.payment_of("cs_1") == "pay_1"
        server.shutdown()
    # base64 of "sk_test_1:"
    key = "Basic c2tfdGVzdF8xOg=="
    back = "https://shop.example/shop/rentals/rental-1"
    assert PaymentServer.asked == [
        (
            "/checkout_sessions",
            key,
            {
                "billing": {"email": EMAIL},
                "line_items": [
                    {"amount": 1_010_000, "currency": "PHP", "name": "Batman", "quantity": 1}
                ],
                "payment_method_types": ["card", "gcash", "paymaya", "grab_pay"],
                "reference_number": "rental-1",
                "metadata": {"rental_id": "rental-1"},
                "description": "Batman",
                "success_url": back,
                "cancel_url": back,
            },
        ),
        ("/checkout_sessions/cs_1/expire", key, None),
        (
            "/refunds",
            key,
            {
                "amount": 1_010_000,
                "payment_id": "pay_1",
                "reason": "others",
                "metadata": {"rental_id": "rental-1"},
            },
        ),
        ("/payments/pay_1", key, None),
        ("/checkout_sessions/cs_1", key, None),
    ]
    with pytest.raises(PaymentFailed):
        paymongo.begin(charge)
    with pytest.raises(ValueError, match="https"):
        PayMongo("sk_test_1", "https://shop.example", "http://paymongo.example")


def test_a_payment_moves_only_as_it_may() -> None:
    moves = {
        (present, told_status)
        for told_status, effects in EFFECTS.items()
        for present, what in effects.items()
        if what is Effect.MOVE
    }
    assert moves == {
        ("pending", "completed"),
        ("pending", "failed"),
        ("pending", "expired"),
        ("completed", "refunded"),
    }
    assert effect("completed", "expired") is Effect.LATE
    assert effect("refunded", "pending") is Effect.EARLY
    assert effect("completed", "refunded") is Effect.NONE


# ---------------------------------------------------------------- the end of a rental


def expire(service: Running) -> int:
    portal = service.client.portal
    assert portal is not None
    return int(portal.call(service.service.rentals.expire))


def test_rentals_that_are_not_paid_expire_after_half_an_hour(service: Running) -> None:
    service.time.moment = START + dt.timedelta(days=2)
    expire(service)  # those of other tests
    service.time.moment = START + dt.timedelta(days=3)
    name, other = stocked(service, [1, 1, 1]), stocked(service, [1, 1, 1])
    early, paid = rented(service, name), rented(service, other)
    told(service, "payment.paid", paid)
    service.time.moment += dt.timedelta(minutes=30) - dt.timedelta(seconds=1)
    assert expire(service) == 0
    service.time.moment += dt.timedelta(seconds=1)
    assert expire(service) == 1
    assert (status_of(service, early), status_of(service, paid)) == ("expired", "completed")
    assert copies_left(service, name) == ["wh-001-1"]
    assert expire(service) == 0
    assert told(service, "payment.paid", early) == "given_back"


def test_what_a_killed_process_left_behind_expires(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rental is there, and its copy is not reserved: another one's reservation stays."""
    name = stocked(service, [1, 1, 1])

    async def killed(**_: Any) -> None:
        raise SystemError("nothing runs after this")

    store = service.service.rentals.store
    monkeypatch.setattr(store, "reserveWarehouseUnit", killed, raising=False)
    assert check_out(service, name, "killed").status_code == 500
    monkeypatch.undo()
    other = rented(service, name)
    told(service, "payment.paid", other)
    service.time.moment = START + dt.timedelta(minutes=31)
    assert expire(service) >= 1
    assert (status_of(service, other), copies_left(service, name)) == ("completed", [])


def test_a_return_frees_the_copy_once(service: Running) -> None:
    name = stocked(service, [1, 1, 1])
    rental_id = rented(service, name)
    path, headers = f"/rentals/{rental_id}/return", staff(service)
    assert service.client.post(path).status_code == 401
    unpaid = service.client.post(path, headers=headers)
    assert (unpaid.status_code, unpaid.json()["error"]["code"]) == (409, "not_out")
    told(service, "payment.paid", rental_id)
    assert service.client.post(path, headers=headers).json() == {
        "success": True,
        "data": {"returned": True},
    }
    assert copies_left(service, name) == ["wh-001-1"]
    # returned again after somebody else has rented the copy, it stays with them
    rented(service, name)
    assert service.client.post(path, headers=headers).status_code == 200
    assert copies_left(service, name) == []
    shown = service.client.get(f"/rentals/{rental_id}").json()["data"]
    assert shown["returned_at"] == "2026-11-30T12:00:00.000Z"
    missing = service.client.post("/rentals/rental-none/return", headers=headers)
    assert missing.status_code == 404


# ---------------------------------------------------------------- who may see what


def test_a_customer_sees_the_own_rentals_by_a_link(service: Running) -> None:
    email = f"{uuid4().hex[:8]}@example.ph"
    name = stocked(service, [1, 1, 1], [2, 2, 2])
    first = rented(service, name, customer_email=email.upper())
    service.time.moment = START + dt.timedelta(seconds=1)
    second = rented(service, name, customer_email=email)
    sent = service.client.post("/rentals/access", json={"customer_email": email})
    assert (sent.status_code, sent.json()["data"]) == (202, {"sent": True})
    (message,) = service.service.mailer.messages
    headers = {"Authorization": f"Bearer {message.text.rpartition(' ')[2]}"}
    listed = service.client.get("/rentals", params={"email": email}, headers=headers).json()
    assert [each["id"] for each in listed["data"]["rentals"]] == [second, first]
    others = service.client.get("/rentals", params={"email": EMAIL}, headers=headers)
    assert others.status_code == 403
    assert service.client.get("/rentals", params={"email": email}).status_code == 401
    # a customer's token opens nothing of the staff
    assert service.client.post(f"/rentals/{first}/return", headers=headers).status_code == 401
    of_staff = service.client.get("/rentals", params={"email": email}, headers=staff(service))
    assert len(of_staff.json()["data"]["rentals"]) == 2


def test_asking_for_a_link_says_nothing_about_who_rents(service: Running) -> None:
    known, unknown = (
        service.client.post("/rentals/access", json={"customer_email": email})
        for email in (EMAIL, "nobody@example.ph")
    )
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())


def test_guessing_the_password_is_slowed_down(service: Running) -> None:
    body = {"password": "not this one"}
    replies = [service.client.post("/staff/session", json=body) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [401, 401, 429]
    assert int(replies[-1].headers["retry-after"]) == 30


def test_a_session_survives_a_restart_and_ends_after_a_working_day(service: Running) -> None:
    reply = service.client.post("/staff/session", json={"password": PASSWORD})
    headers = {"Authorization": f"Bearer {reply.json()['data']['session']}"}
    again = MongoCollectibles(service.store, ENVIRONMENT, log=str, now=service.time.now)
    name = stocked(service, [1, 1, 1])
    rental_id = rented(service, name)
    told(service, "payment.paid", rental_id)
    answer = lambda_handler(again.application(closes=False))(
        {
            "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}},
            "rawPath": f"/api/rentals/{rental_id}/return",
            "headers": {**headers, "Host": "example.org"},
        },
        None,
    )
    assert (answer["statusCode"], json.loads(answer["body"])["success"]) == (200, True)
    service.time.moment = START + dt.timedelta(hours=8)
    body = {"name": "Robin", "size": "S", "image_url": "/images/robin.jpg"}
    over = service.client.put("/collectibles/col-x", json=body, headers=headers)
    assert over.status_code == 401


# ---------------------------------------------------------------- pages


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_a_customer_rents_on_the_pages(service: Running) -> None:
    name = stocked(service, [1, 1, 1])
    client = service.client
    shop = client.get("/")
    assert f'href="/shop/{name}"' in shop.text
    assert "script" not in shop.text
    assert shop.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    quoted = client.get(f"/shop/{name}", params={"store_id": "store-a", "duration": "5"})
    assert "10,100.00" in quoted.text  # 1,000 for five days, twice, and a day's delivery
    form = {**fields_of(quoted.text), "customer_email": EMAIL}
    ordered = [client.post(f"/shop/{name}", data=form, follow_redirects=False) for _ in range(2)]
    assert [reply.status_code for reply in ordered] == [303, 303]
    place = ordered[0].headers["location"]
    assert place == ordered[1].headers["location"]  # sent twice, rented once
    assert "10,100.00 pesos" in client.get(place).text
    done = client.post(place, data={"outcome": "payment.paid"})
    assert done.status_code == 200
    assert "completed" in done.text
    assert client.get(place).status_code == 409
    gone = client.get(f"/shop/{name}", params={"store_id": "store-a", "duration": "5"})
    assert "no copy is available" in gone.text
    assert client.get("/shop/col-none").status_code == 404
    assert client.get("/style.css").headers["content-type"].startswith("text/css")
    assert '<link rel="icon" type="image/svg+xml" href="/icon.svg">' in shop.text
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"


def test_what_others_wrote_is_text_on_the_pages(service: Running) -> None:
    body = {"name": "<b>Bold</b>", "description": "a & b", "size": "S", "image_url": "/i.jpg"}
    service.client.put("/collectibles/col-bold", json=body, headers=staff(service))
    assert "&lt;b&gt;Bold&lt;/b&gt;" in service.client.get("/").text
    assert "a &amp; b" in service.client.get("/shop/col-bold").text


def test_the_staff_takes_copies_back_on_the_dashboard(service: Running) -> None:
    client = service.client
    name = stocked(service, [1, 1, 1])
    rental_id = rented(service, name)
    told(service, "payment.paid", rental_id)
    service.time.moment = START + dt.timedelta(days=12)
    page = client.get("/dashboard").text
    assert "Sign in" in page
    assert '<input type="password" name="password"' in page
    shown = client.get(page.partition('<p><a href="')[2].partition('"')[0]).text
    assert '<input type="text" name="password"' in shown
    assert client.post("/dashboard/session", data={"password": "no"}).status_code == 401
    reply = client.post("/dashboard/session", data={"password": PASSWORD}, follow_redirects=False)
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/dashboard", params={"status": "pending"}).status_code == 200
    page = find_page(service, rental_id)
    # due eleven days after the checkout: a day on the way, ten of rent
    assert "2026-12-11 overdue" in page
    path = f"/dashboard/rentals/{rental_id}/return"
    assert client.post(path, data={"form": "forged"}).status_code == 401
    assert copies_left(service, name) == []
    token = fields_of(page)["form"]
    assert client.post(path, data={"form": token}).status_code == 200
    assert copies_left(service, name) == ["wh-001-1"]
    assert '<td data-head="Returned">2026-12-12</td>' in find_page(service, rental_id)
    out = client.post("/dashboard/sign-out", data={"form": token})
    assert "Sign in" in out.text


def find_page(service: Running, rental_id: str) -> str:
    """Return the page of the dashboard that shows a rental."""
    place = "/dashboard?status=completed"
    while True:
        text = service.client.get(place).text
        if rental_id in text:
            return text
        (place,) = (each.replace("&amp;", "&") for each in re.findall(r'"([^"]*page=[^"]*)"', text))


# ---------------------------------------------------------------- operating


def rest_event(method: str, path: str, content: Any = None, **more: Any) -> dict[str, Any]:
    """Return what a REST API of API Gateway hands to a function."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", "Host": "api.example"},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"identity": {"sourceIp": "192.0.2.1"}, "stage": "production"},
        "body": None if content is None else json.dumps(content),
        "isBase64Encoded": False,
        **more,
    }


def test_a_function_behind_a_rest_api_answers_alike(service: Running) -> None:
    answers = lambda_handler(service.service.application(closes=False))
    name = stocked(service, [1, 4, 5])
    listed = answers(rest_event("GET", "/api/collectibles"), None)
    assert (listed["statusCode"], listed["isBase64Encoded"]) == (200, False)
    assert json.loads(listed["body"]) == service.client.get("/api/collectibles").json()
    quoted = answers(rest_event("POST", "/api/rentals/quote", order(name)), None)
    assert json.loads(quoted["body"])["data"]["total_fee"] == 10_100
    asked = {
        "queryStringParameters": {"store_id": "store-b", "duration": "7"},
        "multiValueQueryStringParameters": {"store_id": ["store-b"], "duration": ["7"]},
    }
    page = answers(rest_event("GET", f"/shop/{name}", **asked), None)
    assert "7,400.00" in page["body"]  # a week at 1,000, and four days' delivery
    form = {
        "body": f"password={PASSWORD.replace(' ', '+')}",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }
    signed_in = answers(rest_event("POST", "/dashboard/session", **form), None)
    (cookie,) = signed_in["multiValueHeaders"]["set-cookie"]
    assert cookie.startswith("__Host-staff=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    headers = {"headers": {"Cookie": cookie.partition(";")[0]}}
    assert "Sign out" in answers(rest_event("GET", "/dashboard", **headers), None)["body"]


def test_the_document_says_each_route_once_and_how_errors_look(service: Running) -> None:
    document = service.client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/health",
        "/openapi.json",
        "/api/collectibles",
        "/api/collectibles/{id}",
        "/api/collectibles/{id}/copies",
        "/api/rentals",
        "/api/rentals/access",
        "/api/rentals/checkout",
        "/api/rentals/quote",
        "/api/rentals/{id}",
        "/api/rentals/{id}/refund",
        "/api/rentals/{id}/return",
        "/api/staff/session",
        "/api/webhooks/paymongo",
    }
    body = document["paths"]["/api/rentals/checkout"]["post"]["requestBody"]["content"]
    required = body["application/json"]["schema"]["required"]
    assert required == ["collectible_id", "store_id", "duration", "customer_email"]
    error = document["components"]["schemas"]["Error"]
    assert error["required"] == ["success", "error"]
    for path in ("/nowhere", "/api/nowhere"):
        assert service.client.get(path).json() == {
            "success": False,
            "error": {"code": "not_found", "message": "there is no such page"},
        }


def test_calls_above_the_rate_have_to_wait(service: Running) -> None:
    environment = {**ENVIRONMENT, "CALLS_PER_MINUTE": "3"}
    slow = MongoCollectibles(service.store, environment, log=str, now=service.time.now)
    answers = lambda_handler(slow.application(closes=False))
    body = json.dumps(order("col-none"))
    replies = [
        answers(
            {
                "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}},
                "rawPath": "/api/rentals/quote",
                "headers": {"content-type": "application/json"},
                "body": body,
            },
            None,
        )
        for _ in range(4)
    ]
    assert [reply["statusCode"] for reply in replies] == [404, 404, 404, 429]
    assert replies[-1]["headers"]["retry-after"] == "20"


def test_a_body_that_is_too_large_or_no_json_is_refused(service: Running) -> None:
    large = service.client.post("/rentals/quote", json={"x": "y" * 70_000})
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
    headers = {"content-type": "application/json"}
    broken = service.client.post("/rentals/quote", content=b"{", headers=headers)
    assert (broken.status_code, broken.json()["success"]) == (400, False)


def test_nothing_personal_is_logged(service: Running) -> None:
    name = stocked(service, [1, 1, 1])
    rental_id = rented(service, name)
    told(service, "payment.paid", rental_id)
    service.client.get("/rentals", params={"email": EMAIL}, headers=staff(service))
    service.client.post("/staff/session", json={"password": PASSWORD})
    assert service.client.get("/api/health").json() == {"success": True, "data": {"status": "ok"}}
    log = "".join(service.lines)
    # Which collectible it is stands in the alert of its payment: the catalogue is everybody's.
    for secret in (EMAIL, PASSWORD, rental_id, WEBHOOK_SECRET):
        assert secret not in log


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"SESSION_SECRET": "short"}, "SESSION_SECRET"),
        ({"PAYMONGO_WEBHOOK_SECRET": "whsk_short"}, "PAYMONGO_WEBHOOK_SECRET"),
        ({"STAFF_PASSWORD": "eleven char"}, "STAFF_PASSWORD"),
        ({"PAYMONGO_SECRET_KEY": "sk_test_x"}, "PUBLIC_URL"),
        ({"CALLS_PER_MINUTE": "many"}, "CALLS_PER_MINUTE"),
    ],
)
def test_settings_that_cannot_be_are_refused(changed: dict[str, str], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        shop_settings({**ENVIRONMENT, **changed})


def test_live_mode_follows_from_the_key() -> None:
    live = {"PAYMONGO_SECRET_KEY": "sk_live_x", "PUBLIC_URL": "https://example.ph/"}
    assert shop_settings({**ENVIRONMENT, **live}).is_live
    assert not shop_settings(ENVIRONMENT).is_live


class Process:
    """The service as `serve --app` runs it, on a database in a file of a folder."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tablewright", "serve", "--app", "mongocollectibles"]
        self.process = subprocess.Popen(
            [*command, "--target", "local", "--port", "0", "--json"],
            cwd=folder,
            env={**os.environ, **ENVIRONMENT},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        line = next(each for each in self.process.stdout if '"url"' in each)
        self.url = line.split('"')[3]

    def ask(self, method: str, path: str, content: Any = None, **headers: str) -> Any:
        body = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(f"{self.url}{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read())["data"]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.mark.slow
def test_a_killed_service_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    service = Process(tmp_path)
    token = service.ask("POST", "/staff/session", {"password": PASSWORD})["session"]
    staff = {"Authorization": f"Bearer {token}"}
    body = {"name": "Batman Figure", "size": "S", "image_url": "/images/batman.jpg"}
    service.ask("PUT", "/collectibles/col-001", body, **staff)
    for number in range(60):
        copy = {"warehouse_id": f"wh-{number:03}", "distances": [1, 1, 1]}
        service.ask("POST", "/collectibles/col-001/copies", copy, **staff)
    acknowledged: list[str] = []
    asked = {**order("col-001"), "customer_email": EMAIL}

    def rent() -> None:
        with suppress(OSError, ValueError):
            while True:
                data = service.ask("POST", "/rentals/checkout", asked)
                acknowledged.append(data["rental_id"])

    renters = [threading.Thread(target=rent) for _ in range(4)]
    for renter in renters:
        renter.start()
    while len(acknowledged) < 20:
        time.sleep(0.005)
    service.kill()
    for renter in renters:
        renter.join()
    again = Process(tmp_path)
    try:
        rentals = [again.ask("GET", f"/rentals/{each}") for each in acknowledged]
        assert {rental["payment_status"] for rental in rentals} == {"pending"}
        copies = [rental["warehouse_id"] for rental in rentals]
        assert len(set(copies)) == len(copies)
        left = again.ask("GET", "/collectibles/col-001")["copies"]
        assert not {copy["warehouse_id"] for copy in left} & set(copies)
    finally:
        again.kill()
