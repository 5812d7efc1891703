"""PoaFix by its HTTP routes, with the same bodies on every engine."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.testclient import TestClient

from running_services.processes import ask, started
from running_services.running import START, Running, database_of, on_dynamodb_local
from tablewright.core.errors import UsageError
from tablewright.store.failures import StoreError
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.poafix.app import PoaFix
from tablewright_services.poafix.settings import poafix_settings
from tablewright_services.poafix.uploads import Signer, Uploads

PASSWORD = "correct horse battery"
ADMIN = {"email": "first@poafix.example", "password": "the first administrator"}
ORIGIN = "https://admin.poafix.example"
ENVIRONMENT = {
    "JWT_SECRET": "a" * 32,
    "BCRYPT_ROUNDS": "4",
    "REQUESTS_PER_MINUTE": "100000",
    "ADMIN_EMAIL": ADMIN["email"],
    "ADMIN_PASSWORD": ADMIN["password"],
    "ADMIN_CODE_SECRET": "none",
    "CORS_ORIGINS": ORIGIN,
}
SEARCHES = count()
"""Each test searches in a place of its own, 20 km and more from those of the others."""
DESIGNS = [
    "dynamodb",
    on_dynamodb_local("dynamodb"),
    pytest.param("postgresql", marks=pytest.mark.needs_server),
    pytest.param("recommended", marks=pytest.mark.needs_server, id="mongodb"),
]


@pytest.fixture(params=DESIGNS, scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("uploads")
    environment = {**ENVIRONMENT, "UPLOAD_FOLDER": str(folder)}
    with database_of(request.param) as (design, target):
        service = Running(PoaFix, "poafix", design, environment, target=target)
        with service.client:
            yield service


@pytest.fixture
def service(running: Running) -> Running:
    running.time.restart()
    return running


class Account:
    """Somebody who is signed in."""

    def __init__(self, service: Running, tokens: dict[str, Any], email: str) -> None:
        self.client, self.tokens, self.email = service.client, tokens, email
        self.id = tokens["id"]
        self.headers = {"Authorization": f"Bearer {tokens['accessToken']}"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, params=query, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(path, json=body, headers={**self.headers, **headers})

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(path, json=body, headers=self.headers)


def place(north: float = 0.0) -> dict[str, float]:
    return {"lat": -1.286 + north, "lon": 36.817}


def client_of(service: Running) -> Account:
    email = f"{uuid4().hex}@example.org"
    body = {
        "kind": "client",
        "email": email,
        "password": PASSWORD,
        "name": "Ana",
        "phone": "+254 700 000000",
        "address": "Moi Avenue 1",
        "location": place(),
    }
    reply = service.client.post("/auth/register", json=body)
    assert reply.status_code == 201, reply.text
    return Account(service, reply.json(), email)


def provider_of(service: Running, **changed: Any) -> Account:
    email = f"{uuid4().hex}@example.org"
    body = {
        "kind": "provider",
        "email": email,
        "password": PASSWORD,
        "businessName": "Pipes",
        "phone": "+254700000001",
        "serviceType": "plumbing",
        "location": place(),
        "hourlyRate": 600,
        **changed,
    }
    reply = service.client.post("/auth/register", json=body)
    assert reply.status_code == 201, reply.text
    return Account(service, reply.json(), email)


def admin_of(service: Running) -> Account:
    reply = service.client.post("/auth/login", json={"kind": "admin", **ADMIN})
    assert reply.status_code == 200, reply.text
    return Account(service, reply.json(), ADMIN["email"])


def working(service: Running, at: dict[str, float] | None = None, **changed: Any) -> Account:
    """Return a provider who is verified and available."""
    provider = provider_of(service, **changed)
    verified = {"decision": "verified"}
    reply = admin_of(service).post(f"/admin/providers/{provider.id}/verify", verified)
    assert reply.status_code == 200, reply.text
    presence = {"location": at or place(), "isAvailable": True}
    assert provider.put("/providers/me/presence", presence).status_code == 200
    return provider


def requested(client: Account, provider: Account, **headers: str) -> str:
    body = {
        "providerId": provider.id,
        "serviceType": "plumbing",
        "description": "The tap drips.\nIn the kitchen.",
        "location": place(0.01),
    }
    reply = client.post("/requests", body, **headers)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def booked(client: Account, provider: Account, hour: int = 10, **changed: Any) -> str:
    body = {"schedule": f"2026-12-01T{hour:02}:00:00Z", "durationMinutes": 60, **changed}
    reply = provider.post(f"/requests/{requested(client, provider)}/accept", body)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def confirmed(client: Account, provider: Account, hour: int = 10) -> tuple[str, str]:
    """Return the ids of a confirmed booking and of its job."""
    booking = booked(client, provider, hour)
    reply = client.post(f"/bookings/{booking}/confirm")
    assert reply.status_code == 200, reply.text
    return booking, reply.json()["jobId"]


def completed(client: Account, provider: Account, hour: int = 10) -> str:
    """Return the id of the job of a completed booking."""
    booking, job = confirmed(client, provider, hour)
    assert provider.post(f"/bookings/{booking}/start").status_code == 200
    for state in ("working", "finished"):
        assert provider.post(f"/jobs/{job}/progress", {"state": state}).status_code == 201
    assert provider.post(f"/bookings/{booking}/complete").status_code == 200
    return job


def news_of(account: Account, title: str) -> dict[str, Any]:
    """Return a notification, which is stored outside the request that causes it."""
    for _ in range(200):
        for item in account.get("/notifications").json()["items"]:
            if item["title"] == title:
                return dict(item)
        time.sleep(0.01)
    raise AssertionError(f"no news {title!r}")


def error_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]


# ---------------------------------------------------------------- accounts


def test_a_client_and_a_provider_sign_up_and_in(service: Running) -> None:
    for account, kind in ((client_of(service), "client"), (provider_of(service), "provider")):
        body = {"kind": kind, "email": account.email.upper(), "password": PASSWORD}
        tokens = service.client.post("/auth/login", json=body).json()
        assert (tokens["id"], tokens["kind"], tokens["expiresIn"]) == (account.id, kind, 900)
        assert tokens["sessionEnds"] == "2026-12-01T12:00:00+00:00"
        other = {**body, "kind": "admin"}
        assert error_of(service.client.post("/auth/login", json=other)) == (401, "unauthorized")


def test_an_address_has_one_account_of_a_kind(service: Running) -> None:
    email = client_of(service).email
    body = {"kind": "client", "email": email, "password": PASSWORD, "name": "Bo"}
    body |= {"phone": "0700000000", "address": "A", "location": place()}
    assert error_of(service.client.post("/auth/register", json=body)) == (409, "email_in_use")


def test_what_is_kept_of_a_password_is_a_hash_of_bcrypt(service: Running) -> None:
    email = client_of(service).email
    kept = service.store.loginByEmail(email=email).passwordHash
    assert (kept[:7], len(kept)) == ("$2b$04$", 60)


def test_a_wrong_password_an_unknown_and_a_blocked_account_are_answered_alike(
    service: Running,
) -> None:
    blocked, known = client_of(service), client_of(service)
    admin = admin_of(service)
    assert admin.post(f"/admin/users/{blocked.id}/block", {"isBlocked": True}).status_code == 200
    answers = []
    for email, password in (
        (known.email, "x" * 12),
        ("nobody@example.org", PASSWORD),
        (blocked.email, PASSWORD),
    ):
        body = {"kind": "client", "email": email, "password": password}
        reply = service.client.post("/auth/login", json=body)
        answers.append((reply.status_code, reply.text))
    assert answers == [(401, '{"error":"unauthorized","message":"sign in first"}')] * 3
    refresh = {"refreshToken": blocked.tokens["refreshToken"]}
    assert service.client.post("/auth/refresh", json=refresh).status_code == 401


def test_after_ten_wrong_passwords_an_address_is_locked_for_a_quarter_of_an_hour(
    service: Running,
) -> None:
    email = client_of(service).email
    wrong = {"kind": "client", "email": email, "password": "not this one"}
    statuses = [service.client.post("/auth/login", json=wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    right = {**wrong, "password": PASSWORD}
    assert error_of(service.client.post("/auth/login", json=right)) == (429, "locked")
    service.time.seconds += 900
    assert service.client.post("/auth/login", json=right).status_code == 200


def test_a_session_ends_a_day_after_the_sign_in(service: Running) -> None:
    account = client_of(service)
    service.time.moment = START + dt.timedelta(seconds=899)
    assert account.get("/requests").status_code == 200
    service.time.moment = START + dt.timedelta(seconds=900)
    assert error_of(account.get("/requests")) == (401, "unauthorized")
    service.time.moment = START + dt.timedelta(seconds=86_399)
    refresh = {"refreshToken": account.tokens["refreshToken"]}
    tokens = service.client.post("/auth/refresh", json=refresh).json()
    assert tokens["expiresIn"] == 1
    service.time.moment = START + dt.timedelta(seconds=86_400)
    refresh = {"refreshToken": tokens["refreshToken"]}
    assert service.client.post("/auth/refresh", json=refresh).status_code == 401


def test_a_refresh_token_used_twice_ends_its_session(service: Running) -> None:
    account = client_of(service)
    refresh = {"refreshToken": account.tokens["refreshToken"]}
    new = service.client.post("/auth/refresh", json=refresh).json()
    assert service.client.post("/auth/refresh", json=refresh).status_code == 401
    assert account.get("/requests").status_code == 401
    refresh = {"refreshToken": new["refreshToken"]}
    assert service.client.post("/auth/refresh", json=refresh).status_code == 401


def test_who_signs_out_is_out(service: Running) -> None:
    account = client_of(service)
    assert account.post("/auth/logout").status_code == 204
    assert account.get("/requests").status_code == 401
    refresh = {"refreshToken": account.tokens["refreshToken"]}
    assert service.client.post("/auth/refresh", json=refresh).status_code == 401


def test_neither_token_passes_for_the_other(service: Running) -> None:
    tokens = client_of(service).tokens
    crossed = {"Authorization": f"Bearer {tokens['refreshToken']}"}
    assert service.client.get("/requests", headers=crossed).status_code == 401
    body = {"refreshToken": tokens["accessToken"]}
    assert service.client.post("/auth/refresh", json=body).status_code == 401


def test_what_does_not_fit_is_answered_with_a_list_of_fields(service: Running) -> None:
    body = {"kind": "client", "email": "no address", "password": "short", "phone": "+254700000000"}
    reply = service.client.post("/auth/register", json={**body, "location": {"lat": 91, "lon": 0}})
    assert (reply.status_code, reply.json()) == (
        400,
        {
            "error": "invalid",
            "message": "some fields do not fit",
            "fields": [
                {"field": "email", "message": "has not the form that is asked for"},
                {"field": "password", "message": "must have 12 to 128 characters"},
                {"field": "location", "message": "lat must be from -90 to 90"},
            ],
        },
    )
    reply = client_of(service).get("/providers/nearby", lat="x", lng=0, serviceType="singing")
    assert [(f["field"]) for f in reply.json()["fields"]] == ["lat", "serviceType"]
    assert service.client.post("/auth/login", content=b"{").status_code == 400


# ---------------------------------------------------------------- providers


def elsewhere() -> dict[str, float]:
    """Return a place where nobody else searches: 1 degree is 111 km."""
    return {"lat": 1.0 + next(SEARCHES), "lon": 36.817}


def near(account: Account, at: dict[str, float], **more: Any) -> Any:
    asked = {"lat": at["lat"], "lng": at["lon"], "serviceType": "plumbing", **more}
    reply = account.get("/providers/nearby", **asked)
    assert reply.status_code == 200, reply.text
    return reply.json()


def north_of(at: dict[str, float], degrees: float) -> dict[str, float]:
    return {"lat": at["lat"] + degrees, "lon": at["lon"]}


def test_providers_near_a_place_come_nearest_first_with_their_distance(service: Running) -> None:
    client, here = client_of(service), elsewhere()
    steps = (0.03, 0.01, 0.02)
    three = {step: working(service, north_of(here, step), businessName=str(step)) for step in steps}
    working(service, north_of(here, 0.001), serviceType="painting")
    provider_of(service, location=here)  # not verified
    found = near(client, here)
    # 6,371,000 m x pi / 180 = 111,195 m a degree
    assert [(item["id"], item["distanceMetres"]) for item in found["items"]] == [
        (three[0.01].id, 1112),
        (three[0.02].id, 2224),
        (three[0.03].id, 3336),
    ]
    assert found["items"][0] == {
        "id": three[0.01].id,
        "businessName": "0.01",
        "serviceType": "plumbing",
        "rating": 0,
        "totalRatings": 0,
        "hourlyRate": 600,
        "location": {"lat": round(here["lat"] + 0.01, 3), "lon": 36.817},
        "distanceMetres": 1112,
    }
    assert [item["distanceMetres"] for item in near(client, here, radius=2.5)["items"]] == [
        1112,
        2224,
    ]


def test_a_search_comes_page_by_page_and_can_be_narrowed(service: Running) -> None:
    client, here = client_of(service), elsewhere()
    for number in range(5):
        working(service, north_of(here, number / 100), hourlyRate=500 + 100 * number)
    first = near(client, here, limit=2)
    second = near(client, here, limit=2, page=first["next"])
    third = near(client, here, limit=2, page=second["next"])
    rates = [item["hourlyRate"] for page in (first, second, third) for item in page["items"]]
    assert (rates, third["next"]) == ([500, 600, 700, 800, 900], "")
    cheap = near(client, here, maxHourlyRate=650)
    assert [item["hourlyRate"] for item in cheap["items"]] == [500, 600]
    assert near(client, here, minRating=1)["items"] == []
    asked = {"lat": here["lat"], "lng": here["lon"], "serviceType": "plumbing", "page": "forged"}
    assert client.get("/providers/nearby", **asked).status_code == 422


def test_a_search_is_kept_for_a_quarter_of_an_hour_but_nobody_who_left_is_shown(
    service: Running,
) -> None:
    client, here = client_of(service), elsewhere()
    one = working(service, here)
    assert len(near(client, here)["items"]) == 1
    two = working(service, north_of(here, 0.01))
    assert len(near(client, here)["items"]) == 1
    one.put("/providers/me/presence", {"location": here, "isAvailable": False})
    assert near(client, here)["items"] == []
    service.time.seconds += 899
    assert near(client, here)["items"] == []
    service.time.seconds += 1
    assert [item["id"] for item in near(client, here)["items"]] == [two.id]


def test_where_a_provider_is_is_kept_for_half_an_hour_unless_told_otherwise(
    service: Running,
) -> None:
    client, provider = client_of(service), working(service)
    path = f"/providers/{provider.id}/location"
    there = {"location": place(0.5), "isAvailable": True}
    provider.put("/providers/me/presence", there)
    assert client.get(path).json() == {
        "location": {"lat": -0.786, "lon": 36.817},
        "isAvailable": True,
    }
    service.store.updateProviderPresence(
        _id=provider.id, location={"lat": 0, "lon": 36}, isAvailable=True
    )
    service.time.seconds += 1799
    assert client.get(path).json()["location"]["lat"] == -0.786
    service.time.seconds += 1
    assert client.get(path).json()["location"] == {"lat": 0, "lon": 36}
    assert error_of(client.get(f"/providers/{'0' * 24}/location")) == (404, "not_found")


def test_service_types_are_kept_for_an_hour(service: Running) -> None:
    types = service.client.get("/service-types").json()["items"]
    assert (len(types), types[0]) == (8, "plumbing")
    service.client.portal.call(service.service.cache.put, "service-types", ["x"], 3600)
    service.time.seconds += 3599
    assert service.client.get("/service-types").json()["items"] == ["x"]
    service.time.seconds += 1
    assert len(service.client.get("/service-types").json()["items"]) == 8


def test_lists_by_type_show_verified_providers_the_best_rated_first(service: Running) -> None:
    client = client_of(service)
    better, worse = (working(service, serviceType="moving") for _ in range(2))
    provider_of(service, serviceType="moving")
    for id, rating in ((better.id, 5), (worse.id, 3)):
        service.store.rateProvider(_id=id, rating=rating, if_totalRatings=0)
    best = client.get("/providers/top", serviceType="moving").json()["items"]
    assert best == [
        {"id": better.id, "businessName": "Pipes", "rating": 5, "totalRatings": 1},
        {"id": worse.id, "businessName": "Pipes", "rating": 3, "totalRatings": 1},
    ]
    available = client.get("/providers", serviceType="moving").json()["items"]
    assert [item["id"] for item in available] == [better.id, worse.id]


def test_the_page_of_a_provider_tells_no_secrets(service: Running) -> None:
    client, provider = client_of(service), working(service)
    assert client.get(f"/providers/{provider.id}").json() == {
        "id": provider.id,
        "businessName": "Pipes",
        "serviceType": "plumbing",
        "rating": 0,
        "totalRatings": 0,
        "hourlyRate": 600,
        "description": "",
        "photos": [],
        "isAvailable": True,
        "verificationStatus": "verified",
        "location": {"lat": -1.286, "lon": 36.817},
    }
    assert error_of(client.put("/providers/me/presence", {})) == (403, "forbidden")


# ---------------------------------------------------------------- requests, bookings


def test_a_request_is_sent_to_a_provider_who_is_there(service: Running) -> None:
    client, provider = client_of(service), working(service)
    id = requested(client, provider)
    assert client.get(f"/requests/{id}").json() == {
        "id": id,
        "clientId": client.id,
        "providerId": provider.id,
        "status": "pending",
        "serviceType": "plumbing",
        "description": "The tap drips.\nIn the kitchen.",
        "photos": [],
        "location": {"lat": -1.276, "lon": 36.817},
        "createdAt": "2026-11-30T12:00:00.000Z",
        "updatedAt": "2026-11-30T12:00:00.000Z",
    }
    assert [item["id"] for item in provider.get("/requests").json()["items"]] == [id]
    assert news_of(provider, "A new request")["data"] == {"requestId": id}
    stranger = client_of(service)
    assert error_of(stranger.get(f"/requests/{id}")) == (404, "not_found")
    body = {"providerId": provider.id, "serviceType": "plumbing", "description": "x"}
    body["location"] = place()
    painting = {**body, "serviceType": "painting"}
    assert error_of(client.post("/requests", painting)) == (409, "other_service")
    assert error_of(provider.post("/requests", body)) == (403, "forbidden")
    provider.put("/providers/me/presence", {"location": place(), "isAvailable": False})
    assert error_of(client.post("/requests", body)) == (409, "not_available")


def test_a_request_with_the_same_key_is_the_same_one(service: Running) -> None:
    client, provider = client_of(service), working(service)
    keyed = {"Idempotency-Key": "one"}
    assert requested(client, provider, **keyed) == requested(client, provider, **keyed)
    assert len(client.get("/requests").json()["items"]) == 1


@pytest.mark.parametrize("first", ["accept", "reject", "cancel"])
def test_a_request_is_answered_once(service: Running, first: str) -> None:
    client, provider = client_of(service), working(service)
    id = requested(client, provider)
    time_of = {"schedule": "2026-12-01T10:00:00Z", "durationMinutes": 60}
    calls = {
        "accept": lambda: provider.post(f"/requests/{id}/accept", time_of),
        "reject": lambda: provider.post(f"/requests/{id}/reject"),
        "cancel": lambda: client.post(f"/requests/{id}/cancel"),
    }
    assert calls[first]().status_code in (200, 201)
    for call in calls.values():
        assert error_of(call()) == (409, "state")
    other = working(service)
    assert error_of(other.post(f"/requests/{id}/reject")) == (404, "not_found")
    assert error_of(client.post(f"/requests/{id}/reject")) == (403, "forbidden")


def test_a_request_that_waits_for_a_day_expires(service: Running) -> None:
    client, provider = client_of(service), working(service)
    late, swept = requested(client, provider), requested(client, provider)
    hour = {"schedule": "2026-12-09T10:00:00Z", "durationMinutes": 60}
    service.time.moment = START + dt.timedelta(hours=24)
    provider = again(service, provider, "provider")
    assert provider.get(f"/requests/{swept}").json()["status"] == "expired"
    assert error_of(provider.post(f"/requests/{late}/accept", hour)) == (409, "expired")
    assert error_of(provider.post(f"/requests/{late}/accept", hour)) == (409, "state")
    service.client.portal.call(service.service.requests.expire)
    assert service.store.getRequest(_id=swept).status == "expired"
    assert news_of(again(service, client, "client"), "Request expired")


def again(service: Running, account: Account, kind: str) -> Account:
    """Sign in again, after time has passed."""
    body = {"kind": kind, "email": account.email, "password": PASSWORD}
    return Account(service, service.client.post("/auth/login", json=body).json(), account.email)


def test_accepting_makes_a_booking_that_the_client_confirms(service: Running) -> None:
    client, provider = client_of(service), working(service)
    booking = booked(client, provider, durationMinutes=90)
    (listed,) = client.get("/bookings", status="pending").json()["items"]
    # 600 an hour for an hour and a half
    assert (listed["price"], listed["schedule"]) == (900, "2026-12-01T10:00:00.000Z")
    assert error_of(provider.post(f"/bookings/{booking}/confirm")) == (403, "forbidden")
    reply = client.post(f"/bookings/{booking}/confirm")
    job = reply.json()["jobId"]
    assert reply.json() == {"id": booking, "status": "confirmed", "jobId": job}
    assert error_of(client.post(f"/bookings/{booking}/confirm")) == (409, "state")
    assert client.get(f"/bookings/{booking}/job").json() == {
        "id": job,
        "bookingId": booking,
        "providerId": provider.id,
        "state": "assigned",
        "progress": [{"at": "2026-11-30T12:00:00.000Z", "state": "assigned", "note": ""}],
        "payment": {"amount": 900, "currency": "KES", "state": "unpaid", "reference": ""},
        "createdAt": "2026-11-30T12:00:00.000Z",
    }
    assert news_of(provider, "Booking confirmed")["body"] == "2026-12-01T10:00:00.000Z"
    assert [item["id"] for item in provider.get("/bookings").json()["items"]] == [booking]


@pytest.mark.parametrize(
    ("schedule", "error"),
    [
        ("2026-11-30T12:00:00Z", (409, "past")),
        ("2027-11-30T12:00:01Z", (409, "far")),
        ("9999-12-31T23:59:59Z", (409, "far")),
        ("2026-12-01T10:00:00", (400, "invalid")),
        ("tomorrow, at ten", (400, "invalid")),
    ],
)
def test_a_booking_has_a_time_to_come(
    service: Running, schedule: str, error: tuple[int, str]
) -> None:
    client, provider = client_of(service), working(service)
    id = requested(client, provider)
    body = {"schedule": schedule, "durationMinutes": 60}
    assert error_of(provider.post(f"/requests/{id}/accept", body)) == error
    body = {"schedule": "2026-12-01T10:00:00Z", "durationMinutes": 60, "price": 99.999}
    assert error_of(provider.post(f"/requests/{id}/accept", body)) == (400, "invalid")
    assert provider.get(f"/requests/{id}").json()["status"] == "pending"


def test_a_provider_who_was_cut_off_books_the_accepted_request_again(service: Running) -> None:
    client, provider = client_of(service), working(service)
    id = requested(client, provider)
    # accepted, but ended before the booking was made
    service.store.transitionRequest(_id=id, status="accepted", updatedAt=START, if_status="pending")
    body = {"requestId": id, "schedule": "2026-12-01T10:00:00Z", "durationMinutes": 60}
    assert provider.post("/bookings", body).status_code == 201
    assert error_of(provider.post("/bookings", body)) == (409, "state")


def test_no_two_confirmed_bookings_of_a_provider_overlap(service: Running) -> None:
    client, provider = client_of(service), working(service)
    confirmed(client, provider, 10)
    half_past = booked(client, provider, schedule="2026-12-01T10:30:00Z")
    assert error_of(client.post(f"/bookings/{half_past}/confirm")) == (409, "time_taken")
    assert client.get("/bookings", status="pending").json()["items"][0]["id"] == half_past
    confirmed(client, provider, 11)  # begins when the first one ends
    confirmed(client, provider, 9)


def test_a_cancelled_booking_gives_its_time_back(service: Running) -> None:
    client, provider = client_of(service), working(service)
    first, _ = confirmed(client, provider)
    second = booked(client, provider)
    assert error_of(client.post(f"/bookings/{second}/confirm")) == (409, "time_taken")
    assert provider.post(f"/bookings/{first}/cancel").status_code == 200
    assert client.post(f"/bookings/{second}/confirm").status_code == 200
    assert news_of(client, "Booking cancelled")


def test_a_calendar_that_was_not_tidied_is_no_hindrance(service: Running) -> None:
    client, provider = client_of(service), working(service)
    first, _ = confirmed(client, provider)
    # cancelled, but ended before the calendar was written
    service.store.transitionBooking(_id=first, status="cancelled", if_status="confirmed")
    confirmed(client, provider)


def test_of_a_hundred_bookings_of_one_hour_confirmed_at_once_one_is(service: Running) -> None:
    client, provider = client_of(service), working(service)
    with ThreadPoolExecutor(8) as pool:
        bookings = list(pool.map(lambda _: booked(client, provider), range(20)))
    attempts = [bookings[number // 5] for number in range(100)]  # five at once of each
    with ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(lambda id: client.post(f"/bookings/{id}/confirm"), attempts))
    statuses = [reply.status_code for reply in replies]
    assert (statuses.count(200), statuses.count(409)) == (1, 99)
    listed = provider.get("/bookings", status="confirmed").json()["items"]
    assert len(listed) == 1


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        ([], ["start", "complete"]),
        (["confirm"], ["confirm", "complete"]),
        (["confirm", "start"], ["confirm", "start", "cancel"]),
        (["cancel"], ["confirm", "start", "complete", "cancel"]),
    ],
)
def test_a_booking_moves_as_its_states_allow(
    service: Running, moves: list[str], refused: list[str]
) -> None:
    client, provider = client_of(service), working(service)
    booking = booked(client, provider)

    def move(wanted: str) -> Any:
        caller = client if wanted == "confirm" else provider
        return caller.post(f"/bookings/{booking}/{wanted}")

    for wanted in moves:
        assert move(wanted).status_code == 200
    for wanted in refused:
        assert error_of(move(wanted)) == (409, "state")


# ---------------------------------------------------------------- jobs


def test_a_job_moves_as_its_states_allow_and_keeps_its_progress(service: Running) -> None:
    client, provider = client_of(service), working(service)
    booking, job = confirmed(client, provider)

    def note(state: str, text: str = "") -> Any:
        return provider.post(f"/jobs/{job}/progress", {"state": state, "note": text})

    assert error_of(note("working")) == (409, "state")  # the booking has not begun
    assert note("travelling", "on my way").status_code == 201
    provider.post(f"/bookings/{booking}/start")
    assert error_of(provider.post(f"/bookings/{booking}/complete")) == (409, "job")
    assert error_of(note("paused")) == (409, "state")
    for state in ("working", "paused", "working", "finished"):
        assert note(state).status_code == 201
    assert error_of(note("working")) == (409, "state")
    entries = client.get(f"/jobs/{job}").json()["progress"]
    assert [(entry["state"], entry["note"]) for entry in entries] == [
        ("assigned", ""),
        ("travelling", "on my way"),
        ("working", ""),
        ("paused", ""),
        ("working", ""),
        ("finished", ""),
    ]
    assert provider.post(f"/bookings/{booking}/complete").status_code == 200
    assert news_of(client, "Job travelling")["data"] == {"jobId": job}
    assert [item["id"] for item in provider.get("/jobs").json()["items"]] == [job]
    assert error_of(client_of(service).get(f"/jobs/{job}")) == (404, "not_found")


def test_of_many_who_note_the_same_move_one_does(service: Running) -> None:
    client, provider = client_of(service), working(service)
    booking, job = confirmed(client, provider)
    provider.post(f"/bookings/{booking}/start")

    def note(_: int) -> int:
        return int(provider.post(f"/jobs/{job}/progress", {"state": "working"}).status_code)

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(note, range(30)))
    assert (statuses.count(201), statuses.count(409)) == (1, 29)
    assert len(client.get(f"/jobs/{job}").json()["progress"]) == 2


def test_a_job_is_paid_once_and_can_be_paid_back(service: Running) -> None:
    client, provider = client_of(service), working(service)
    _, job = confirmed(client, provider)
    reply = client.post(f"/jobs/{job}/payment")
    reference, pay_at = reply.json()["payment"]["reference"], reply.json()["payAt"]
    assert (reply.status_code, reply.json()["payment"]["state"]) == (202, "pending")
    assert reference.startswith(f"{job}-")
    assert pay_at == f"/payments/{reference}/local"
    # an attempt that was cut off is taken up again
    assert client.post(f"/jobs/{job}/payment").json() == reply.json()
    results = [client.post(pay_at, {}).json()["result"] for _ in range(3)]
    assert results == ["paid", "unchanged", "unchanged"]
    assert error_of(client.post(f"/jobs/{job}/payment")) == (409, "state")
    admin = admin_of(service)
    assert admin.post(f"/admin/jobs/{job}/refund").json() == {"id": job, "state": "refunded"}
    assert error_of(admin.post(f"/admin/jobs/{job}/refund")) == (409, "state")
    assert news_of(provider, "Payment paid")


def test_who_failed_to_pay_tries_again_under_another_reference(service: Running) -> None:
    client, provider = client_of(service), working(service)
    _, job = confirmed(client, provider)
    first = client.post(f"/jobs/{job}/payment").json()
    assert client.post(first["payAt"], {"outcome": "failed"}).json() == {"result": "failed"}
    second = client.post(f"/jobs/{job}/payment").json()
    assert second["payment"]["reference"] != first["payment"]["reference"]
    assert error_of(client.post(first["payAt"], {})) == (409, "attempt")
    assert client.post(second["payAt"], {}).json() == {"result": "paid"}


def test_a_job_is_rated_once_and_only_when_done(service: Running) -> None:
    client, provider = client_of(service), working(service)
    _, open_job = confirmed(client, provider, 8)
    ratings = f"/providers/{provider.id}/ratings"
    assert error_of(client.post(ratings, {"jobId": open_job, "stars": 5})) == (409, "state")
    for hour, stars, mean in ((10, 5, 5), (12, 4, 4.5), (14, 4, 4.33)):
        job = completed(client, provider, hour)
        reply = client.post(ratings, {"jobId": job, "stars": stars})
        assert reply.json()["rating"] == mean
        assert error_of(client.post(ratings, {"jobId": job, "stars": 1})) == (409, "rated")
    assert client.get(f"/jobs/{job}").json()["rating"] == 4
    assert error_of(client.post(ratings, {"jobId": job, "stars": 6})) == (400, "invalid")
    other = working(service)
    elsewhere_rated = client.post(f"/providers/{other.id}/ratings", {"jobId": job, "stars": 5})
    assert error_of(elsewhere_rated) == (404, "not_found")


def test_ratings_given_at_once_all_count(service: Running) -> None:
    client, provider = client_of(service), working(service)
    jobs = [completed(client, provider, hour) for hour in range(1, 13)]
    ratings = f"/providers/{provider.id}/ratings"

    def rate(numbered: tuple[int, str]) -> int:
        number, job = numbered
        body = {"jobId": job, "stars": 1 + number % 5}
        return int(client.post(ratings, body).status_code)

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(rate, enumerate(jobs))) == {201}
    rated = client.get(f"/providers/{provider.id}").json()
    # 1 2 3 4 5 twice, 1 and 2: 33 stars of 12 ratings are 2.75
    assert (rated["totalRatings"], rated["rating"]) == (12, 2.75)


# ---------------------------------------------------------------- notifications


def test_news_are_unread_until_marked_by_their_recipient(service: Running) -> None:
    client, provider = client_of(service), working(service)
    requested(client, provider)
    news = news_of(provider, "A new request")
    assert {name: news[name] for name in ("type", "priority", "read", "createdAt")} == {
        "type": "request",
        "priority": 2,
        "read": False,
        "createdAt": "2026-11-30T12:00:00.000Z",
    }
    before = provider.get("/notifications").json()["unread"]
    path = f"/notifications/{news['id']}/read"
    assert error_of(client.post(path)) == (404, "not_found")
    assert provider.post(path).status_code == 204
    assert provider.get("/notifications").json()["unread"] == before - 1


def test_news_that_cannot_be_stored_are_tried_again(service: Running) -> None:
    client, provider = client_of(service), working(service)
    news, create = service.service.news, service.service.news.store.createNotification
    failures = iter([StoreError("throttled"), StoreError("throttled")])

    class Failing:
        async def createNotification(self, **values: Any) -> Any:  # noqa: N802
            for failure in failures:
                raise failure
            return await create(**values)

    kept, news.store = news.store, Failing()
    try:
        requested(client, provider)
        for _ in range(100):
            if next(failures, None) is None:
                break
            time.sleep(0.02)
    finally:
        news.store = kept
    assert news_of(provider, "A new request")


def test_news_that_wait_are_stored_before_the_service_ends() -> None:
    service = Running(PoaFix, "poafix", "dynamodb", ENVIRONMENT)
    with TestClient(service.service.application(closes=False)) as service.client:
        client, provider = client_of(service), working(service)
        news = service.service.news
        create = news.store.createNotification

        class Slow:
            async def createNotification(self, **values: Any) -> Any:  # noqa: N802
                await asyncio.sleep(0.02)
                return await create(**values)

        news.store = Slow()
        for _ in range(20):
            requested(client, provider)
    titles = [each.title for each in service.store.unreadNotifications(recipient=provider.id)]
    assert titles.count("A new request") == 20


# ---------------------------------------------------------------- administrators


def test_each_role_may_do_what_is_its_own(service: Running) -> None:
    first = admin_of(service)
    made = {}
    for role in ("support", "verifier"):
        email = f"{uuid4().hex}@poafix.example"
        body = {"email": email, "password": PASSWORD, "name": role, "role": role}
        assert first.post("/admin/admins", body).status_code == 201
        sign_in = {"kind": "admin", "email": email, "password": PASSWORD}
        tokens = service.client.post("/auth/login", json=sign_in).json()
        made[role] = Account(service, tokens, email)
    waiting = provider_of(service)
    verify = f"/admin/providers/{waiting.id}/verify"
    rejected = {"decision": "rejected"}
    assert error_of(made["support"].post(verify, rejected)) == (403, "forbidden")
    assert made["verifier"].post(verify, rejected).status_code == 200
    assert error_of(made["verifier"].post(verify, rejected)) == (409, "state")
    assert error_of(made["verifier"].get("/admin/users")) == (403, "forbidden")
    assert made["support"].get("/admin/users").status_code == 200
    assert error_of(made["support"].post("/admin/admins", {**body, "email": "x@y.z"})) == (
        403,
        "forbidden",
    )
    assert error_of(waiting.get("/admin/users")) == (403, "forbidden")
    assert error_of(made["support"].get("/requests")) == (403, "forbidden")
    assert news_of(waiting, "You are rejected")["priority"] == 1


def test_what_an_administrator_does_leaves_an_entry(service: Running) -> None:
    first = admin_of(service)
    email = f"{uuid4().hex}@poafix.example"
    body = {"email": email, "password": PASSWORD, "name": "Vera", "role": "verifier"}
    id = first.post("/admin/admins", body).json()["id"]
    assert first.get("/admin/activity").json()["items"][0] == {
        "at": "2026-11-30T12:00:00.000Z",
        "action": "create admin",
        "target": id,
    }
    sign_in = {"kind": "admin", "email": email, "password": PASSWORD}
    vera = Account(service, service.client.post("/auth/login", json=sign_in).json(), email)
    provider = provider_of(service)
    waiting = vera.get("/admin/providers").json()["items"]
    assert {"id": provider.id, "businessName": "Pipes", "serviceType": "plumbing"} in [
        {name: item[name] for name in ("id", "businessName", "serviceType")} for item in waiting
    ]
    vera.post(f"/admin/providers/{provider.id}/verify", {"decision": "verified"})
    assert first.get("/admin/activity", adminId=id).json()["items"] == [
        {"at": "2026-11-30T12:00:00.000Z", "action": "verified", "target": provider.id}
    ]
    assert error_of(vera.get("/admin/activity", adminId=first.id)) == (403, "forbidden")


def test_administrators_see_clients_requests_and_what_is_to_come(service: Running) -> None:
    admin, client, provider = admin_of(service), client_of(service), working(service)
    booking, _ = confirmed(client, provider)
    pending = requested(client, provider)
    newest = admin.get("/admin/users").json()["items"]
    assert client.id in [item["id"] for item in newest] or len(newest) == 50
    upcoming = admin.get("/admin/bookings/upcoming").json()["items"]
    assert booking in [item["id"] for item in upcoming]
    status = admin.get("/admin/requests", status="pending").json()["items"]
    assert pending in [item["id"] for item in status] or len(status) == 100
    around = admin.get("/admin/users/near", lat=-1.286, lng=36.817, radius=0.5).json()["items"]
    assert {"id": client.id, "name": "Ana", "location": place()} in around or len(around) == 100
    news = admin.get("/admin/notifications", type="system", priority=1).json()["items"]
    assert {item["title"] for item in news} <= {"You are verified", "You are rejected"}


# ---------------------------------------------------------------- uploads


def form_for(account: Account, **changed: Any) -> Any:
    body = {"fileName": "tap.jpg", "contentType": "image/jpeg", "bytes": 5, **changed}
    return account.post("/uploads", body)


def sent(service: Running, form: dict[str, Any], content: bytes, **changed: str) -> Any:
    parts = [
        f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {**form["fields"], **changed}.items()
    ]
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    body = b"".join(parts) + head + content + b"\r\n--limit--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    return service.client.post(form["url"], content=body, headers=headers)


def test_a_file_is_sent_by_a_signed_form_and_read_back(service: Running) -> None:
    client = client_of(service)
    reply = form_for(client, folder="requests")
    form = reply.json()
    assert reply.status_code == 201
    assert re.fullmatch(r"requests/1796040000000-[0-9a-f]{16}-tap\.jpg", form["key"])
    assert form["cdnUrl"] == f"/files/{form['key']}"
    assert form["expiresAt"] == "2026-11-30T12:10:00+00:00"
    content = b"\r\n\x00\xff\n"
    assert sent(service, form, content).json() == {"key": form["key"]}
    read = service.client.get(form["cdnUrl"])
    assert (read.content, read.headers["content-type"]) == (content, "image/jpeg")
    assert read.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert read.headers["x-content-type-options"] == "nosniff"
    assert read.headers["content-disposition"] == 'inline; filename="file.jpg"'


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot"),
        ("a photo (1).php.jpg", "a-photo-1-php"),
        ("ünïcode.png", "n-code"),
        ("....", "file"),
    ],
)
def test_names_of_files_are_cleaned(service: Running, name: str, kept: str) -> None:
    key = form_for(client_of(service), fileName=name).json()["key"]
    assert re.fullmatch(rf"uploads/1796040000000-[0-9a-f]{{16}}-{kept}\.jpg", key)


def test_a_form_takes_only_what_it_was_made_for(service: Running) -> None:
    client = client_of(service)
    form = form_for(client).json()
    assert error_of(sent(service, form, b"sixsix")) == (413, "too_large")
    assert error_of(sent(service, form, b"")) == (413, "too_large")
    other = f"uploads/1796040000000-{'0' * 16}-other.jpg"
    assert error_of(sent(service, form, b"five!", key=other)) == (403, "fields")
    html = {"Content-Type": "text/html"}
    assert error_of(sent(service, form, b"five!", **html)) == (403, "fields")
    policy = base64.b64encode(b'{"expiration": "2999-01-01T00:00:00Z", "conditions": []}')
    assert error_of(sent(service, form, b"five!", policy=policy.decode())) == (403, "signature")
    service.time.moment = START + dt.timedelta(minutes=10)
    assert error_of(sent(service, form, b"five!")) == (403, "expired")
    service.time.moment = START
    for wrong in ({"contentType": "text/html"}, {"bytes": 0}, {"folder": "../etc"}):
        assert error_of(form_for(client, **wrong)) == (400, "invalid")
    assert error_of(form_for(client, bytes=5 * 1024 * 1024 + 1)) == (413, "too_large")
    pdf = form_for(client, contentType="application/pdf", bytes=5 * 1024 * 1024 + 1)
    assert pdf.json()["key"].endswith("-tap.pdf")
    assert service.client.get("/files/../settings.py").status_code == 404
    assert service.client.get(f"/files/{other}").status_code == 404
    assert error_of(service.client.post("/files", content=b"x")) == (415, "type")


def test_a_form_for_a_bucket_is_signed_as_botocore_signs_it() -> None:
    signer = Signer("poafix-storage", "us-east-1", "AKIDEXAMPLE", "secret", "token")
    fields = signer.fields("uploads/1-a.jpg", "image/jpeg", 5, START)
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert policy["expiration"] == "2026-11-30T12:10:00.000Z"
    assert policy["conditions"][0] == {"bucket": "poafix-storage"}
    assert policy["conditions"][-1] == ["content-length-range", 1, 5]
    assert not any("acl" in str(condition).lower() for condition in policy["conditions"])
    request = AWSRequest()
    request.context["s3-presign-post-fields"] = {}
    request.context["s3-presign-post-policy"] = {"conditions": []}
    credentials = Credentials("AKIDEXAMPLE", "secret", "token")
    auth = S3SigV4PostAuth(credentials, "s3", "us-east-1")
    auth.add_auth(request)
    theirs = request.context["s3-presign-post-fields"]
    day = theirs["x-amz-date"][:8]
    assert signer.signature(theirs["policy"], day) == theirs["x-amz-signature"]
    # the file is saved under a name that nobody chose
    assert {"Content-Disposition": 'inline; filename="file.jpg"'} in policy["conditions"]
    # every further field that botocore asks for is one of ours
    assert set(theirs) <= set(fields)


def test_a_bucket_is_read_through_the_cdn() -> None:
    named = {"AWS_BUCKET_NAME": "poafix-storage", "CLOUDFRONT_URL": "https://cdn.example/"}
    uploads = Uploads(poafix_settings({**ENVIRONMENT, **named, "AWS_ACCESS_KEY_ID": "AKID"}))
    given = {"fileName": "a.png", "contentType": "image/png", "bytes": 9}
    form = uploads.form(given, START)
    assert form["url"] == "https://poafix-storage.s3.us-east-1.amazonaws.com/"
    assert form["cdnUrl"] == f"https://cdn.example/{form['key']}"
    scope = "AKID/20261130/us-east-1/s3/aws4_request"
    assert form["fields"]["x-amz-credential"] == scope


# ---------------------------------------------------------------- operating


def test_nothing_personal_is_logged_and_headers_are_there(service: Running) -> None:
    client, provider = client_of(service), working(service)
    requested(client, provider)
    near(client, elsewhere())
    reply = service.client.get("/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})
    for name, value in (
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("strict-transport-security", "max-age=63072000"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ):
        assert reply.headers[name] == value
    log = "".join(service.lines)
    secrets = (client.email, PASSWORD, client.tokens["accessToken"], "drips", "Moi", "36.817")
    assert not any(secret in log for secret in secrets)


def test_pages_of_other_origins_are_not_let_in(service: Running) -> None:
    foreign = service.client.get("/service-types", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
    known = service.client.get("/service-types", headers={"Origin": ORIGIN})
    assert known.headers["access-control-allow-origin"] == ORIGIN


def test_the_document_names_every_route_and_what_it_takes(service: Running) -> None:
    document = service.client.get("/openapi.json").json()
    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", "PoaFix")
    search = document["paths"]["/providers/nearby"]["get"]
    assert [p["name"] for p in search["parameters"] if p["required"]] == [
        "lat",
        "lng",
        "serviceType",
    ]
    send = document["paths"]["/requests"]["post"]
    schema = send["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["providerId", "serviceType", "description", "location"]
    assert {"201", "400", "401", "403", "404", "409", "429"} <= set(send["responses"])
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that takes payments through Paystack, of which only the answer is made up."""
    more = {"PAYSTACK_SECRET_KEY": PAYSTACK, "REQUESTS_PER_MINUTE": "1000"}
    service = Running(PoaFix, "poafix", "dynamodb", {**ENVIRONMENT, **more})
    service.service.jobs.payments = Recorded()
    with service.client:
        yield service


PAYSTACK = "sk_test_" + "k" * 40


class Recorded:
    """Takes payments, or fails."""

    fails = False

    def __init__(self) -> None:
        self.refunds: list[tuple[str, int]] = []

    def refund(self, reference: str, amount: int) -> bool:
        if self.fails:
            raise PaymentFailed("recorded")
        self.refunds.append((reference, amount))
        return False

    def ask(self, reference: str, amount: int, currency: str, email: str) -> str:
        if self.fails:
            raise PaymentFailed("recorded")
        return f"https://checkout.example/{reference}?{amount}{currency}"


def told(service: Running, event: Any, secret: str = PAYSTACK) -> Any:
    """Send an event as Paystack does: HMAC-SHA512 of the raw body, in hexadecimal digits."""
    content = json.dumps(event).encode()
    signature = hmac.new(secret.encode(), content, hashlib.sha512).hexdigest()
    headers = {"x-paystack-signature": signature, "content-type": "application/json"}
    return service.client.post("/webhooks/paystack", content=content, headers=headers)


def charge(reference: str, amount: int = 60_000, event: str = "charge.success") -> Any:
    return {"event": event, "data": {"reference": reference, "amount": amount, "currency": "KES"}}


def test_a_webhook_that_comes_three_times_at_once_counts_once(
    paid: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, provider = client_of(paid), working(paid)
    _, job = confirmed(client, provider)
    reply = client.post(f"/jobs/{job}/payment").json()
    reference = reply["payment"]["reference"]
    assert reply["payAt"] == f"https://checkout.example/{reference}?60000KES"
    store, together = paid.service.jobs.store, asyncio.Barrier(3)
    get_job = store.getJob

    async def read_together(**key: str) -> Any:
        found = await get_job(**key)
        await together.wait()  # each of the three has seen the payment pending
        return found

    with monkeypatch.context() as patched, ThreadPoolExecutor(3) as pool:
        patched.setattr(store, "getJob", read_together, raising=False)
        replies = list(pool.map(lambda _: told(paid, charge(reference)), range(3)))
    results = sorted(reply.json()["result"] for reply in replies)
    assert results == ["paid", "unchanged", "unchanged"]
    assert client.get(f"/jobs/{job}").json()["payment"]["state"] == "paid"
    assert news_of(provider, "Payment paid")
    titles = [item["title"] for item in provider.get("/notifications").json()["items"]]
    assert titles.count("Payment paid") == 1
    assert told(paid, charge(reference, event="charge.failed")).json() == {"result": "unchanged"}
    assert told(paid, charge(reference, event="refund.processed")).json() == {"result": "refunded"}


def test_a_webhook_has_to_be_signed_and_to_fit(paid: Running) -> None:
    client, provider = client_of(paid), working(paid)
    _, job = confirmed(client, provider)
    reference = client.post(f"/jobs/{job}/payment").json()["payment"]["reference"]
    assert told(paid, charge(reference), "another key").status_code == 401
    assert paid.client.post("/webhooks/paystack", json=charge(reference)).status_code == 401
    assert error_of(told(paid, charge(reference, 59_999))) == (409, "amount")
    for event in ({"event": "transfer.success", "data": {}}, {"event": "charge.success"}, {}):
        assert told(paid, event).json() == {"result": "ignored"}
    assert told(paid, charge(f"{'0' * 24}-x")).json() == {"result": "unknown"}
    assert told(paid, []).status_code == 400
    assert client.get(f"/jobs/{job}").json()["payment"]["state"] == "pending"
    assert paid.client.post(f"/payments/{reference}/local", json={}).status_code == 404


def test_a_payment_that_could_not_be_begun_can_be_begun_again(paid: Running) -> None:
    client, provider = client_of(paid), working(paid)
    _, job = confirmed(client, provider)
    paid.service.jobs.payments.fails = True
    assert error_of(client.post(f"/jobs/{job}/payment")) == (502, "payment")
    paid.service.jobs.payments.fails = False
    assert client.get(f"/jobs/{job}").json()["payment"]["state"] == "failed"
    assert client.post(f"/jobs/{job}/payment").status_code == 202


def test_a_caller_makes_a_hundred_requests_a_minute() -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if "MINUTE" not in name}
    service = Running(PoaFix, "poafix", "dynamodb", environment)
    with service.client:
        one, other = client_of(service), client_of(service)
        statuses = [one.get("/requests").status_code for _ in range(101)]
        assert statuses == [200] * 100 + [429]
        assert one.get("/requests").headers["retry-after"] == "1"
        assert other.get("/requests").status_code == 200
        service.time.seconds += 1
        assert one.get("/requests").status_code == 200


@contextmanager
def listening() -> Iterator[tuple[Running, str]]:
    """A service behind a real server, whose answers come as they are written."""
    service = Running(PoaFix, "poafix", "dynamodb", ENVIRONMENT)
    config = uvicorn.Config(service.service.application(), log_config=None, lifespan="on", port=0)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        service.client = httpx2.Client(base_url=url)
        try:
            yield service, url
        finally:
            service.service.ending()
            service.client.close()
            server.should_exit = True
            thread.join(10)


def lines_of(account: Account, **headers: str) -> Iterator[str]:
    with account.client.stream("GET", "/events", headers={**account.headers, **headers}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        yield from stream.iter_lines()


def event_of(lines: Iterator[str]) -> dict[str, str]:
    """Return the next event of a stream."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name in ("id", "event", "data"):
            event[name] = value
        elif not line and "data" in event:
            return event
    raise AssertionError("the stream has ended")


def test_a_change_of_state_reaches_an_open_stream_and_what_was_missed_comes_first() -> None:
    with listening() as (service, _):
        client, provider = client_of(service), working(service)
        news_of(provider, "You are verified")  # else it may come after the stream is opened
        stream = lines_of(provider)
        assert next(stream) == "retry: 3000"
        id = requested(client, provider)
        event = event_of(stream)
        news = json.loads(event["data"])
        assert (event["event"], news["title"]) == ("request", "A new request")
        assert (news["data"], news["id"]) == ({"requestId": id}, event["id"])
        stream.close()
        client.post(f"/requests/{id}/cancel")
        news_of(provider, "Request cancelled")
        resumed = event_of(lines_of(provider, **{"Last-Event-ID": event["id"]}))
        assert json.loads(resumed["data"])["title"] == "Request cancelled"


def test_news_of_another_process_reach_a_stream_that_looks_for_them_once() -> None:
    with listening() as (service, _):
        service.service.news.look_seconds = 0.05
        client, provider = client_of(service), working(service)
        before = requested(client, provider)
        news_of(provider, "A new request")
        other = service.restarted()
        stream = lines_of(provider)
        assert [next(stream) for _ in range(3)] == ["retry: 3000", "", ": alive"]
        with other.client:
            reply = other.client.post(f"/requests/{before}/cancel", headers=client.headers)
            assert reply.status_code == 200
            again = requested(client, provider)  # of this process, so it is pushed
            events = [event_of(stream) for _ in range(2)]
        titles = {json.loads(event["data"])["title"] for event in events}
        assert titles == {"Request cancelled", "A new request"}
        assert {json.loads(event["data"])["data"]["requestId"] for event in events} == {
            before,
            again,
        }
        # several more looks show nothing twice
        assert [next(stream) for _ in range(6)] == [": alive", ""] * 3


def test_a_caller_has_five_streams_at_most_and_idle_ones_are_kept_alive() -> None:
    with listening() as (service, _):
        service.service.news.heartbeat_seconds = 0.05
        client = client_of(service)
        streams = [lines_of(client) for _ in range(5)]
        for stream in streams:
            assert [next(stream) for _ in range(3)] == ["retry: 3000", "", ": alive"]
        refused = client.client.get("/events", headers=client.headers)
        assert error_of(refused) == (429, "too_many")
        service.service.ending()  # as the server does before it waits for answers
        assert [list(stream)[-1] for stream in streams] == [""] * 5


def test_a_stream_ends_with_its_token() -> None:
    with listening() as (service, _):
        service.service.news.heartbeat_seconds = 0.05
        stream = lines_of(client_of(service))
        assert next(stream) == "retry: 3000"
        service.time.moment = START + dt.timedelta(minutes=15)
        assert list(stream)[-1] == ""


@pytest.mark.parametrize("secret", ["", "x" * 31])
def test_the_secret_of_tokens_has_256_bits(secret: str) -> None:
    with pytest.raises(UsageError, match="JWT_SECRET has"):
        poafix_settings({"JWT_SECRET": secret})


@pytest.mark.slow
def test_a_service_that_is_killed_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """On the embedded database beside the model file, by the command line."""
    environment = {"JWT_SECRET": "a" * 32, "BCRYPT_ROUNDS": "4", "REQUESTS_PER_MINUTE": "100000"}
    design = ("--design", "dynamodb")
    body = {"kind": "client", "password": PASSWORD, "name": "Ana", "phone": "+254700000000"}
    body |= {"address": "Moi Avenue 1", "location": place()}
    ids: dict[str, str] = {}

    def register(first: int) -> None:
        with suppress(OSError, HTTPException):
            for number in count(first, 4):
                email = f"{number}@example.org"
                ids[email] = ask(url, "POST", "/auth/register", {**body, "email": email})["id"]

    process, url = started("poafix", tmp_path, environment, *design)
    callers = [threading.Thread(target=register, args=(first,)) for first in range(4)]
    for caller in callers:
        caller.start()
    while len(ids) < 20:
        time.sleep(0.005)
    process.kill()
    process.wait()
    for caller in callers:
        caller.join()
    process, url = started("poafix", tmp_path, environment, *design)
    try:
        for email, id in ids.items():
            sign_in = {"kind": "client", "email": email, "password": PASSWORD}
            assert ask(url, "POST", "/auth/login", sign_in)["id"] == id
    finally:
        process.kill()
        process.wait()
