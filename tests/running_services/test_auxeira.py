"""Auxeira by its HTTP routes, with the same bodies on every engine."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from running_services.running import START, Running, database_of, on_dynamodb_local
from tablewright.core.errors import UsageError
from tablewright.serve.callers import signed_token
from tablewright.store.failures import StoreError
from tablewright_services.auxeira import reports
from tablewright_services.auxeira.app import Auxeira
from tablewright_services.auxeira.settings import auxeira_settings
from tablewright_services.auxeira.success import Success
from tablewright_services.auxeira.writers import LocalWriter, WriterFailed
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.signatures import hex_signature

PASSWORD = "correct horse battery"
SECRETS = {
    "JWT_SECRET": "a" * 32,
    "JWT_REFRESH_SECRET": "r" * 32,
    "PAYSTACK_SECRET_KEY": "the secret of the local payments",
}
ENVIRONMENT = {**SECRETS, "REQUESTS_PER_MINUTE": "100000"}
ORGANISATION = {
    "organisation": "Sun & Wind",
    "industry": "energy",
    "country": "NG",
    "employees": 12,
    "revenueBand": "small",
}
# environment (4 x 50 + 3 x 100) / 7 = 71.4, social (3 x 50 + 4 x 100) / 7 = 78.6,
# governance (3 x 50 + 3 x 100) / 6 = 75: the mean is 75.0
SECTIONS: dict[str, dict[str, Any]] = {
    "environment": {
        "renewableShare": 50,
        "recycledShare": 50,
        "reusedWaterShare": 50,
        "screenedSuppliersShare": 50,
        "measuresEmissions": True,
        "hasReductionTarget": True,
        "hasBiodiversityPolicy": True,
    },
    "social": {
        "livingWageShare": 50,
        "trainedShare": 50,
        "accessibleSitesShare": 50,
        "hasHumanRightsPolicy": True,
        "hasSafetySystem": True,
        "hasParentalLeave": True,
        "supportsCommunity": True,
    },
    "governance": {
        "independentBoardShare": 50,
        "boardAttendanceShare": 50,
        "ethicsTrainedShare": 50,
        "hasEthicsCode": True,
        "protectsWhistleblowers": True,
        "protectsPersonalData": True,
    },
}
Headers = dict[str, str]


@pytest.fixture(
    params=[
        "recommended",
        "current",
        on_dynamodb_local("recommended"),
        pytest.param("postgresql", marks=pytest.mark.needs_server),
        pytest.param("mongodb", marks=pytest.mark.needs_server),
    ],
    scope="module",
)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with database_of(request.param) as (design, target):
        service = Running(Auxeira, "auxeira", design, ENVIRONMENT, target=target)
        service.service.accounts.passwords = BcryptPasswords(4)  # the default takes long
        with service.client:
            yield service


@pytest.fixture
def service(running: Running) -> Running:
    running.time.restart()
    running.time.seconds += 300  # scores of an industry that are kept have run out
    return running


def signed_up(service: Running, role: str = "member") -> tuple[Headers, str, dict[str, Any]]:
    """Return the headers, the address and the tokens of a new user."""
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": PASSWORD, "role": role}
    reply = service.client.post("/api/auth/register", json=body)
    assert reply.status_code == 201, reply.text
    tokens = reply.json()
    return {"Authorization": f"Bearer {tokens['accessToken']}"}, email, tokens


def with_profile(service: Running, **changed: Any) -> Headers:
    """Return the headers of a new user whose profile is complete."""
    role = "expert" if "skills" in changed else "member"
    headers, _, _ = signed_up(service, role)
    body = {**ORGANISATION, "sections": SECTIONS, **changed}
    reply = service.client.post("/api/profile", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.json()["completionPercent"] == 100
    return headers


def scoring(score: int) -> dict[str, dict[str, Any]]:
    """Return answers that make a score: all shares, all yes-or-no no, but for one section."""
    return {
        section: {
            name: score if isinstance(value, int) and not isinstance(value, bool) else False
            for name, value in fields.items()
        }
        for section, fields in SECTIONS.items()
    }


def ask_report(service: Running, headers: Headers, kind: str = "carbon") -> Any:
    body = {"reportType": kind, "profile": {}}
    return service.client.post("/api/reports/generate", json=body, headers=headers)


def in_status(service: Running, headers: Headers, report: str, status: str = "ready") -> Any:
    """Return a report as soon as it has a status."""
    for _ in range(500):
        found = service.client.get(f"/api/reports/{report}", headers=headers).json()["report"]
        if found["status"] == status:
            return found
        time.sleep(0.01)
    raise AssertionError(f"the report is {found['status']}")


def paid(
    reference: str, amount: int, currency: str = "NGN", event: str = "charge.success"
) -> bytes:
    data = {"reference": reference, "amount": amount, "currency": currency, "status": "success"}
    return json.dumps({"event": event, "data": data}).encode()


def deliver(service: Running, body: bytes, signature: str | None = None) -> Any:
    if signature is None:
        signature = hex_signature(body, SECRETS["PAYSTACK_SECRET_KEY"].encode(), "sha512")
    headers = {"x-paystack-signature": signature}
    return service.client.post("/api/webhooks/paystack", content=body, headers=headers)


def credits(service: Running, headers: Headers, number: int = 5) -> None:
    """Buy credits."""
    body = {"product": "credits", "credits": number}
    asked = service.client.post("/api/payments/initialize", json=body, headers=headers)
    assert asked.status_code == 201, asked.text
    event = paid(asked.json()["reference"], asked.json()["amount"])
    assert deliver(service, event).json() == {"result": "paid"}


def open_project(service: Running, headers: Headers, **changed: Any) -> str:
    body = {
        "title": "A well",
        "description": "Water for 100 people",
        "goal": 100_000,
        "currency": "NGN",
        "deadline": "2027-01-30T12:00:00Z",
        **changed,
    }
    reply = service.client.post("/api/projects", json=body, headers=headers)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["project"]["projectId"])


def at_once(call: Callable[[int], Any], times: int, threads: int = 16) -> list[Any]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call, range(times)))


# ---------------------------------------------------------------- accounts


def test_a_user_registers_signs_in_and_reaches_a_protected_route(service: Running) -> None:
    _, email, tokens = signed_up(service)
    body = {"email": email.upper(), "password": PASSWORD}
    again = service.client.post("/api/auth/register", json=body)
    assert (again.status_code, again.json()["error"]) == (409, "email_in_use")
    reply = service.client.post("/api/auth/login", json=body)
    assert (reply.json()["userId"], reply.json()["expiresIn"]) == (tokens["userId"], 900)
    headers = {"Authorization": f"Bearer {reply.json()['accessToken']}"}
    profile = service.client.get("/api/profile", headers=headers)
    assert (profile.status_code, profile.json()["completionPercent"]) == (200, 0)
    assert service.client.get("/api/profile").status_code == 401


def test_a_password_is_kept_as_bcrypt_and_a_refresh_token_as_a_digest(service: Running) -> None:
    _, _, tokens = signed_up(service)
    user = service.store.getUserById(userId=tokens["userId"])
    assert user.passwordHash.startswith("$2b$04$")
    assert len(user.passwordHash) == 60
    assert user.refreshTokenHash not in tokens["refreshToken"]
    assert len(user.refreshTokenHash) == 64


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(service: Running) -> None:
    _, email, _ = signed_up(service)
    post = partial(service.client.post, "/api/auth/login")
    wrong = post(json={"email": email, "password": "x" * 12})
    unknown = post(json={"email": "no@x.org", "password": "x" * 12})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401


def test_a_disabled_user_does_not_sign_in(service: Running) -> None:
    email = f"{uuid4().hex}@example.org"
    service.store.registerUser(
        userId=str(uuid4()),
        email=email,
        passwordHash=BcryptPasswords(4).hash(PASSWORD),
        role="member",
        status="disabled",
        refreshTokenHash="x",
        settings={},
    )
    body = {"email": email, "password": PASSWORD}
    assert service.client.post("/api/auth/login", json=body).status_code == 401


def test_guessing_passwords_is_slowed_down(service: Running) -> None:
    _, email, _ = signed_up(service)
    body = {"email": email, "password": "not this one"}
    statuses = [service.client.post("/api/auth/login", json=body).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "a@b.c", "password": "short"}, 422),
        ({"email": "a@b.c", "password": "x" * 129}, 422),
        ({"email": "no address", "password": PASSWORD}, 422),
        ({"email": "a@b.c", "password": PASSWORD, "role": "admin"}, 422),
        ({"email": 5, "password": PASSWORD}, 422),
        ({}, 422),
    ],
)
def test_what_is_no_account_is_refused(service: Running, body: Any, status: int) -> None:
    assert service.client.post("/api/auth/register", json=body).status_code == status


def test_a_refresh_token_is_used_once_and_is_no_access_token(service: Running) -> None:
    _, _, tokens = signed_up(service)

    def attempt(_: int) -> int:
        body = {"refreshToken": tokens["refreshToken"]}
        return int(service.client.post("/api/auth/refresh", json=body).status_code)

    assert sorted(at_once(attempt, 4)) == [200, 401, 401, 401]
    crossed = {"Authorization": f"Bearer {tokens['refreshToken']}"}
    assert service.client.get("/api/profile", headers=crossed).status_code == 401
    body = {"refreshToken": tokens["accessToken"]}
    assert service.client.post("/api/auth/refresh", json=body).status_code == 401


def test_tokens_run_out(service: Running) -> None:
    headers, _, tokens = signed_up(service)
    service.time.moment = START + dt.timedelta(minutes=15) - dt.timedelta(seconds=1)
    assert service.client.get("/api/profile", headers=headers).status_code == 200
    service.time.moment = START + dt.timedelta(minutes=15)
    assert service.client.get("/api/profile", headers=headers).status_code == 401
    service.time.moment = START + dt.timedelta(days=7)
    body = {"refreshToken": tokens["refreshToken"]}
    assert service.client.post("/api/auth/refresh", json=body).status_code == 401


# ---------------------------------------------------------------- profiles


def test_a_profile_shows_its_progress(service: Running) -> None:
    headers, _, _ = signed_up(service)
    post = partial(service.client.post, "/api/profile", headers=headers)
    begun = post(json=ORGANISATION).json()
    assert (begun["completionPercent"], len(begun["missing"])) == (0, 20)
    half = post(json={"sections": {"environment": SECTIONS["environment"]}}).json()
    # 7 of 20 fields; the score is a third of 71.4
    assert (half["completionPercent"], half["profile"]["esgScore"]) == (35, 24)
    assert half["missing"][0] == "social.livingWageShare"
    rest = {name: SECTIONS[name] for name in ("social", "governance")}
    whole = post(json={"sections": rest}).json()
    assert (whole["completionPercent"], whole["missing"]) == (100, [])
    stored = service.client.get("/api/profile", headers=headers).json()
    assert stored == whole
    profile = stored["profile"]
    assert (profile["esgScore"], profile["credits"], profile["entitlements"]) == (75, 0, [])
    assert profile["sections"] == SECTIONS


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"organisation": "<script>alert(1)</script>"}, "organisation"),
        ({"organisation": ""}, "organisation"),
        ({"industry": "magic"}, "industry"),
        ({"employees": "12"}, "employees"),
        ({"employees": True}, "employees"),
        ({"skills": ["solar"]}, "skills"),
        ({"sections": {"social": {"trainedShare": 101}}}, "sections.social.trainedShare"),
        ({"sections": {"social": {"hasSafetySystem": 1}}}, "sections.social.hasSafetySystem"),
        ({"sections": {"social": {"mood": True}}}, "sections.social.mood"),
        ({"sections": {"other": {}}}, "sections"),
        ({"sections": []}, "sections"),
    ],
)  # fmt: skip
def test_what_may_not_be_in_a_profile_is_refused(service: Running, body: Any, field: str) -> None:
    headers, _, _ = signed_up(service)
    reply = service.client.post("/api/profile", json={**ORGANISATION, **body}, headers=headers)
    assert reply.status_code == 422
    assert field in reply.json()["message"]
    assert service.client.get("/api/profile", headers=headers).json()["profile"] is None


def test_a_new_profile_says_who_the_organisation_is(service: Running) -> None:
    headers, _, _ = signed_up(service)
    reply = service.client.post("/api/profile", json={"sections": SECTIONS}, headers=headers)
    assert reply.json()["message"] == "organisation is missing"


def test_saves_at_once_lose_nothing(service: Running) -> None:
    headers, _, _ = signed_up(service)
    service.client.post("/api/profile", json=ORGANISATION, headers=headers)
    fields = [
        (section, name, value)
        for section in ("environment", "social")
        for name, value in SECTIONS[section].items()
    ][:8]

    def save(number: int) -> int:
        section, name, value = fields[number]
        body = {"sections": {section: {name: value}}}
        return int(service.client.post("/api/profile", json=body, headers=headers).status_code)

    assert at_once(save, 8, threads=4) == [200] * 8
    stored = service.client.get("/api/profile", headers=headers).json()
    assert stored["completionPercent"] == 40


# ---------------------------------------------------------------- reports


def test_there_are_fifteen_types_five_of_them_premium(service: Running) -> None:
    types = service.client.get("/api/reports/types").json()["types"]
    assert len(types) == 15
    assert [each["name"] for each in types if each["premium"]] == [
        "governance", "climate-risk", "disclosure", "goals", "benchmark",
    ]  # fmt: skip


def test_a_report_is_refused_until_the_profile_is_complete(service: Running) -> None:
    headers, _, _ = signed_up(service)
    assert ask_report(service, headers).status_code == 409
    service.client.post("/api/profile", json=ORGANISATION, headers=headers)
    refused = ask_report(service, headers)
    assert (refused.status_code, refused.json()["error"]) == (409, "profile_incomplete")
    assert (refused.json()["completionPercent"], len(refused.json()["missing"])) == (0, 20)
    body = {"reportType": "carbon", "profile": {"sections": SECTIONS}}
    asked = service.client.post("/api/reports/generate", json=body, headers=headers)
    assert asked.status_code == 201


def test_a_report_is_queued_then_written_beside_the_requests(service: Running) -> None:
    headers = with_profile(service)
    asked = ask_report(service, headers)
    report = asked.json()["report"]
    assert (asked.status_code, report["status"], report["title"]) == (
        201, "queued", "Carbon footprint",
    )  # fmt: skip
    ready = in_status(service, headers, report["reportId"])
    assert ready["content"].startswith(
        "# Carbon footprint: Sun & Wind\n"
        "\n"
        "Sun & Wind works in energy in NG with 12 people. Its score is 75 of 100.\n"
        "\n"
        "## Environment\n"
        "\n"
        "- renewable share: 50 %\n"
    )
    assert (ready["model"], ready["sources"]) == ("local", ["profile of the organisation"])
    assert ready["completedAt"] == "2026-11-30T12:00:00.000Z"
    # a year later: 30 November 2027, 12:00
    assert ready["expiresAt"] == 1_827_576_000
    views = service.client.get(f"/api/reports/{report['reportId']}", headers=headers).json()
    assert views["report"]["viewCount"] == ready["viewCount"] + 1
    (listed,) = service.client.get("/api/reports", headers=headers).json()["reports"]
    assert listed["summary"] == (
        "Sun & Wind works in energy in NG with 12 people. Its score is 75 of 100."
    )
    assert service.client.get("/api/reports?type=water", headers=headers).json()["reports"] == []


def test_all_fifteen_types_are_written(service: Running) -> None:
    headers = with_profile(service)
    credits(service, headers)
    types = [each["name"] for each in service.client.get("/api/reports/types").json()["types"]]
    asked = [ask_report(service, headers, each).json()["report"]["reportId"] for each in types]
    for report in asked:
        assert in_status(service, headers, report)["content"].startswith("# ")
    assert len(set(asked)) == 15
    listed = service.client.get("/api/reports", headers=headers).json()["reports"]
    assert sorted(each["reportType"] for each in listed) == sorted(types)


def test_what_is_no_request_for_a_report_is_refused(service: Running) -> None:
    headers = with_profile(service)
    assert ask_report(service, headers, "horoscope").status_code == 400
    assert ask_report(service, {}).status_code == 401
    premium = ask_report(service, headers, "goals")
    assert (premium.status_code, premium.json()["error"]) == (402, "payment_required")
    others = with_profile(service)
    report = ask_report(service, others).json()["report"]["reportId"]
    for path in (f"/api/reports/{report}", "/api/reports/" + "0" * 26):
        assert service.client.get(path, headers=headers).status_code == 404
    assert service.client.get("/api/reports/nothing", headers=headers).status_code == 422


def test_the_same_request_within_a_minute_is_the_same_report(service: Running) -> None:
    headers = with_profile(service)
    replies = at_once(lambda _: ask_report(service, headers), 8)
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["report"]["reportId"] for reply in replies}) == 1
    service.time.moment = START + dt.timedelta(seconds=59)
    first = replies[0].json()["report"]["reportId"]
    assert ask_report(service, headers).json()["report"]["reportId"] == first
    service.time.moment = START + dt.timedelta(seconds=61)
    later = ask_report(service, headers).json()["report"]
    service.time.moment = START + dt.timedelta(seconds=120)  # in the next minute, 59 seconds later
    assert ask_report(service, headers).json()["report"]["reportId"] == later["reportId"]
    assert later["reportId"] != first
    assert later["createdAt"] == "2026-11-30T12:01:01.000Z"


def test_of_a_hundred_premium_requests_at_once_as_many_types_are_written_as_credits_are_left(
    service: Running,
) -> None:
    headers = with_profile(service)
    credits(service, headers, 5)
    for kind in ("goals", "benchmark"):
        assert ask_report(service, headers, kind).status_code == 201
    service.time.moment = START + dt.timedelta(minutes=2)
    kinds = ("governance", "climate-risk", "disclosure", "goals", "benchmark")
    replies = at_once(lambda number: ask_report(service, headers, kinds[number % 5]), 100)
    assert {reply.status_code for reply in replies} == {201, 402}
    written = {r.json()["report"]["reportId"] for r in replies if r.status_code == 201}
    assert len(written) == 3
    assert service.client.get("/api/profile", headers=headers).json()["profile"]["credits"] == 0


def test_a_bought_type_needs_no_credits(service: Running) -> None:
    headers = with_profile(service)
    body = {"product": "report-type", "reportType": "goals"}
    asked = service.client.post("/api/payments/initialize", json=body, headers=headers).json()
    assert (asked["amount"], asked["currency"]) == (300_000, "NGN")
    assert deliver(service, paid(asked["reference"], 300_000)).json() == {"result": "paid"}
    for minutes in (0, 2):
        service.time.moment = START + dt.timedelta(minutes=minutes)
        assert ask_report(service, headers, "goals").status_code == 201
    assert ask_report(service, headers, "benchmark").status_code == 402
    profile = service.client.get("/api/profile", headers=headers).json()["profile"]
    assert (profile["entitlements"], profile["credits"]) == (["goals"], 0)


class FailingWriter:
    def write(self, kind: Any, profile: Mapping[str, Any]) -> Any:
        raise WriterFailed("out of ink")


def test_a_report_whose_writer_fails_is_failed_and_can_be_tried_again(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = with_profile(service)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(service.service.reports, "sleep", sleep)
    monkeypatch.setattr(service.service.reports, "writer", FailingWriter())
    report = ask_report(service, headers).json()["report"]["reportId"]
    assert "content" not in in_status(service, headers, report, "failed")
    assert slept == [1, 2]
    monkeypatch.setattr(service.service.reports, "writer", LocalWriter())
    again = service.client.post(f"/api/reports/{report}/retry", headers=headers)
    assert again.status_code == 202
    assert in_status(service, headers, report)["content"].startswith("# Carbon footprint")


def test_jobs_outlive_the_process_that_took_them(service: Running) -> None:
    headers = with_profile(service)
    user = service.service.accounts.caller(
        service.service.claims(_Bearer(headers), SECRETS["JWT_SECRET"].encode())
    ).user_id
    ids = {name: reports.report_id(user, name, START) for name in ("water", "energy")}
    for name, report in ids.items():  # as a process left them that was killed
        service.store.createReport(
            userId=user, reportId=report, reportType=name, title=name, premium=False
        )
    begun = service.store.getReportHeader(userId=user, reportId=ids["energy"])
    service.store.startReport(
        userId=user, reportId=ids["energy"], if_status="queued", if_startedAt=begun.startedAt
    )
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        service.time.moment += dt.timedelta(seconds=seconds)

    other = another(service)
    other.reports.sleep = sleep
    with TestClient(other.application(closes=False)):
        for report in ids.values():
            for _ in range(500):
                header = service.store.getReportHeader(userId=user, reportId=report)
                if header.status == "ready":
                    break
                time.sleep(0.01)
            assert header.status == "ready"
    assert 300.0 in slept  # the lease of the one that somebody was said to be writing


def another(service: Running, **environment: str) -> Auxeira:
    """Return a second service on the same store."""
    return Auxeira(
        service.store,
        {**SECRETS, **environment},
        log=service.lines.append,
        now=service.time.now,
        ticks=service.time.ticks,
    )


class _Bearer:
    """As much of a request as its token needs."""

    def __init__(self, headers: Headers) -> None:
        self.headers = {"authorization": headers["Authorization"]}
        self.state = type("State", (), {})()


# ---------------------------------------------------------------- boards, benchmarks, experts


def test_a_new_score_moves_the_rank_at_once(service: Running) -> None:
    country = {"country": "KE", "industry": "mining"}
    first, second = with_profile(service, **country), with_profile(service, **country)
    before = service.client.get("/api/leaderboard/country-KE", headers=first).json()
    mine = before["own"]["rank"]
    assert before["own"]["score"] == 75
    better = {"sections": {"governance": {"independentBoardShare": 100}}}
    service.client.post("/api/profile", json=better, headers=second)
    after = service.client.get("/api/leaderboard/country-KE", headers=second).json()
    # governance is 500 / 6 = 83.3 now: (71.4 + 78.6 + 83.3) / 3 = 77.8
    assert after["own"] == {"rank": 1, "score": 78, "delta": 3}
    assert [each["score"] for each in after["top"]] == sorted(
        (each["score"] for each in after["top"]), reverse=True
    )
    assert after["top"][0]["isOwn"]
    below = service.client.get("/api/leaderboard/country-KE", headers=first).json()
    assert below["own"]["rank"] in (mine, mine + 1)
    assert service.client.get("/api/leaderboard/moon", headers=first).status_code == 404


def test_equal_scores_stand_in_the_order_of_their_ids(service: Running) -> None:
    users = [with_profile(service, country="SE", sections=scoring(40)) for _ in range(4)]
    board = service.client.get("/api/leaderboard/country-SE", headers=users[0]).json()["top"]
    tied = [each["userId"] for each in board if each["score"] == 20]
    assert len(tied) >= 4
    assert tied == sorted(tied)
    assert [each["rank"] for each in board] == list(range(1, len(board) + 1))


def test_who_moves_to_another_country_stands_on_its_board_only(service: Running) -> None:
    headers = with_profile(service, country="GH")
    body = {"country": "UG", "organisation": "Moved & Co"}
    assert service.client.post("/api/profile", json=body, headers=headers).status_code == 200
    own = {
        board: service.client.get(f"/api/leaderboard/{board}", headers=headers).json()["own"]
        for board in ("country-GH", "country-UG", "global")
    }
    assert own["country-GH"] is None
    assert own["country-UG"]["score"] == own["global"]["score"] == 75
    board = service.client.get("/api/leaderboard/country-UG", headers=headers).json()
    assert [each["organisation"] for each in board["top"] if each["isOwn"]] == ["Moved & Co"]


def test_a_benchmark_is_the_share_of_the_industry_that_scores_lower(service: Running) -> None:
    # shares of 40, all else no: 4 of 7, 3 of 7 and 3 of 6 fields, so 40 x 0.5 = 20
    for score in (20, 40, 60):
        with_profile(service, industry="finance", sections=scoring(score))
    headers = with_profile(service, industry="finance", sections=scoring(100))
    assert service.client.get("/api/benchmark", headers=headers).json() == {
        "industry": "finance",
        "score": 50,
        "profiles": 4,
        "percentile": 100,
    }
    own = {"sections": scoring(50)}
    service.client.post("/api/profile", json=own, headers=headers)
    # 10 and 20 are lower than 25, 30 is not: 66.7 %
    assert service.client.get("/api/benchmark", headers=headers).json()["percentile"] == 67
    nobody, _, _ = signed_up(service)
    assert service.client.get("/api/benchmark", headers=nobody).status_code == 409


def test_experts_are_matched_by_skills_industry_and_region(service: Running) -> None:
    def expert(name: str, industry: str, country: str, *skills: str, **more: Any) -> None:
        about = {"organisation": name, "industry": industry, "country": country}
        with_profile(service, **about, skills=list(skills), **more)

    expert("all of it", "food", "IN", "soil", "bees", industries=["retail"], regions=["in"])
    expert("half the skills", "retail", "FR", "soil")
    expert("no skill", "retail", "IN", "welding")
    expert("nothing", "food", "FR", "knitting")
    headers = with_profile(service)
    query = "need=soil,bees&industry=retail&region=IN"
    found = service.client.get(f"/api/experts/match?{query}", headers=headers).json()["experts"]
    # 0.5 + 0.3 + 0.2; 0.25 + 0.3; 0.3 + 0.2
    assert [(each["organisation"], each["score"]) for each in found] == [
        ("all of it", 1),
        ("half the skills", 0.55),
        ("no skill", 0.5),
    ]
    assert found[0]["skills"] == ["bees", "soil"]
    for wrong in ("", "need=", "need=soil&industry=magic", "need=soil&region=XX"):
        reply = service.client.get(f"/api/experts/match?{wrong}", headers=headers)
        assert reply.status_code == 422


# ---------------------------------------------------------------- projects and payments


def test_a_pledge_counts_once_it_is_paid_and_an_event_three_times_counts_once(
    service: Running,
) -> None:
    owner, giver = with_profile(service), with_profile(service)
    project = open_project(service, owner)
    path = f"/api/projects/{project}"
    body = {"amount": 60_000}
    asked = service.client.post(f"{path}/pledges", json=body, headers=giver)
    assert asked.status_code == 201
    reference = asked.json()["reference"]
    shown = service.client.get(path, headers=giver).json()["project"]
    assert (shown["pledged"], shown["status"]) == (0, "open")
    results = [deliver(service, paid(reference, 60_000)).json()["result"] for _ in range(3)]
    assert results == ["paid", "known", "known"]
    shown = service.client.get(path, headers=giver).json()["project"]
    assert (shown["pledged"], shown["status"]) == (60_000, "open")
    assert service.client.get(f"{path}/pledges", headers=owner).json() == {
        "pledges": [
            {
                "pledgeId": reference,
                "amount": 60_000,
                "state": "paid",
                "createdAt": "2026-11-30T12:00:00.000Z",
            }
        ],
        "cursor": "",
    }
    payment = service.client.get(f"/api/payments/{reference}", headers=giver).json()["payment"]
    assert (payment["state"], payment["product"], payment["subject"]) == ("paid", "pledge", project)
    assert service.client.get(f"/api/payments/{reference}", headers=owner).status_code == 404


def test_pledges_at_once_add_up_to_exactly_what_was_paid(service: Running) -> None:
    headers = with_profile(service)
    project = open_project(service, headers, goal=10_000_000)
    path = f"/api/projects/{project}"
    body = {"amount": 700}
    references = [
        service.client.post(f"{path}/pledges", json=body, headers=headers).json()["reference"]
        for _ in range(20)
    ]

    def redeliver(number: int) -> str:
        for _ in range(20):  # Paystack repeats what was not answered with 200
            # five times in a row, so that the same event comes at the same time
            reply = deliver(service, paid(references[number // 5], 700))
            if reply.status_code == 200:
                return str(reply.json()["result"])
        raise AssertionError(reply.text)

    results = at_once(redeliver, 100)
    assert (results.count("paid"), results.count("known")) == (20, 80)
    shown = service.client.get(path, headers=headers).json()["project"]
    pledges = service.client.get(f"{path}/pledges", headers=headers).json()["pledges"]
    assert shown["pledged"] == sum(each["amount"] for each in pledges) == 14_000


def test_a_project_is_funded_at_its_goal_and_takes_no_more(service: Running) -> None:
    headers = with_profile(service)
    project = open_project(service, headers)
    path = f"/api/projects/{project}"
    asked = [
        service.client.post(f"{path}/pledges", json={"amount": 100_000}, headers=headers).json()
        for _ in range(2)
    ]
    assert deliver(service, paid(asked[0]["reference"], 100_000)).json() == {"result": "paid"}
    late = deliver(service, paid(asked[1]["reference"], 100_000))
    assert late.json() == {"result": "refund-due"}
    shown = service.client.get(path, headers=headers).json()["project"]
    assert (shown["pledged"], shown["status"]) == (100_000, "funded")
    more = service.client.post(f"{path}/pledges", json={"amount": 500}, headers=headers)
    assert (more.status_code, more.json()["message"]) == (409, "the project is funded")
    unknown = service.client.post("/api/projects/x/pledges", json={"amount": 500}, headers=headers)
    assert unknown.status_code == 404


def test_a_project_is_closed_at_its_deadline(service: Running) -> None:
    headers, email, _ = signed_up(service)
    project = open_project(service, headers, deadline="2026-12-01T12:00:00Z")
    pledge = {"amount": 500}
    path = f"/api/projects/{project}"
    asked = service.client.post(f"{path}/pledges", json=pledge, headers=headers).json()
    listed = service.client.get("/api/projects", headers=headers).json()["projects"]
    assert project in [each["projectId"] for each in listed]
    service.time.moment = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
    body = {"email": email, "password": PASSWORD}
    tokens = service.client.post("/api/auth/login", json=body).json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    listed = service.client.get("/api/projects", headers=headers).json()["projects"]
    assert project not in [each["projectId"] for each in listed]
    late = deliver(service, paid(asked["reference"], 500))
    assert late.json() == {"result": "refund-due"}
    assert service.client.get(path, headers=headers).json()["project"]["status"] == "closed"
    refused = service.client.post(f"{path}/pledges", json=pledge, headers=headers)
    assert refused.status_code == 409


def test_a_draft_is_opened_by_its_owner_only(service: Running) -> None:
    owner, other = with_profile(service), with_profile(service)
    project = open_project(service, owner, status="draft")
    path = f"/api/projects/{project}"
    pledge = service.client.post(f"{path}/pledges", json={"amount": 500}, headers=other)
    assert pledge.json()["message"] == "the project is draft"
    assert service.client.post(f"{path}/open", headers=other).status_code == 404
    opened = service.client.post(f"{path}/open", headers=owner).json()["project"]
    assert opened["status"] == "open"
    assert service.client.post(f"{path}/open", headers=owner).status_code == 409
    (own,) = service.client.get("/api/projects?owner=me", headers=owner).json()["projects"]
    assert own["projectId"] == project


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "<img src=x onerror=alert(1)>"},
        {"description": 5},
        {"goal": 1},
        {"currency": "XXX"},
        {"deadline": "soon"},
        {"deadline": "2026-11-30T12:00:00Z"},
        {"status": "funded"},
    ],
)
def test_what_is_no_project_is_refused(service: Running, changed: Any) -> None:
    headers, _, _ = signed_up(service)
    body = {
        "title": "A well",
        "description": "Water",
        "goal": 100_000,
        "currency": "NGN",
        "deadline": "2027-01-30T12:00:00Z",
        **changed,
    }
    reply = service.client.post("/api/projects", json=body, headers=headers)
    assert reply.status_code == 422
    assert next(iter(changed)) in reply.json()["message"]


def test_events_of_payments_are_believed_only_if_signed_and_as_asked_for(service: Running) -> None:
    headers = with_profile(service)
    body = {"product": "credits", "credits": 5}

    def asked() -> str:
        reply = service.client.post("/api/payments/initialize", json=body, headers=headers)
        return str(reply.json()["reference"])

    reference = asked()
    event = paid(reference, 150_000)
    sha256 = hex_signature(event, SECRETS["PAYSTACK_SECRET_KEY"].encode())
    for signature in ("", "0" * 128, sha256, hex_signature(event, b"another", "sha512")):
        assert deliver(service, event, signature).status_code == 401
    assert deliver(service, event[:-1] + b" }").status_code == 200  # the same, signed as it is
    three = [deliver(service, event).json()["result"] for _ in range(3)]
    assert three == ["known"] * 3
    assert deliver(service, paid(asked(), 1)).json() == {"result": "refund-due"}
    assert deliver(service, paid(asked(), 150_000, "USD")).json() == {"result": "refund-due"}
    failed = asked()
    event = paid(failed, 150_000, event="charge.failed")
    assert deliver(service, event).json() == {"result": "failed"}
    assert deliver(service, paid(failed, 150_000)).json() == {"result": "refund-due"}
    assert deliver(service, paid("0" * 26, 5)).json() == {"result": "unknown"}
    assert deliver(service, paid(asked(), 1, event="invoice.create")).json() == {
        "result": "ignored"
    }
    assert deliver(service, b"[]").status_code == 400
    assert deliver(service, b"{").status_code == 400
    assert service.client.get("/api/profile", headers=headers).json()["profile"]["credits"] == 5


def refund(
    reference: str, amount: int | str, event: str = "refund.processed", currency: str = "NGN"
) -> bytes:
    """Return an event about a refund, which names the payment by `transaction_reference`."""
    data = {"transaction_reference": reference, "amount": amount, "currency": currency}
    return json.dumps({"event": event, "data": data}).encode()


def bought(service: Running, headers: Headers, **body: Any) -> str:
    """Buy something, with its event; return the reference of the payment."""
    asked = service.client.post("/api/payments/initialize", json=body, headers=headers).json()
    paying = paid(asked["reference"], asked["amount"], asked["currency"])
    assert deliver(service, paying).json() == {"result": "paid"}
    return str(asked["reference"])


def profile_of(service: Running, headers: Headers) -> Any:
    return service.client.get("/api/profile", headers=headers).json()["profile"]


def state_of(service: Running, headers: Headers, reference: str) -> str:
    shown = service.client.get(f"/api/payments/{reference}", headers=headers)
    return str(shown.json()["payment"]["state"])


def test_a_refund_that_comes_three_times_takes_the_credits_away_once(service: Running) -> None:
    headers = with_profile(service)
    first = bought(service, headers, product="credits", credits=5)
    bought(service, headers, product="credits", credits=5)
    results = [deliver(service, refund(first, "150000")).json()["result"] for _ in range(3)]
    assert results == ["refunded", "known", "known"]
    assert profile_of(service, headers)["credits"] == 5
    assert state_of(service, headers, first) == "refunded"
    assert deliver(service, paid(first, 150_000)).json() == {"result": "known"}


def test_credits_that_were_spent_are_not_owed(service: Running) -> None:
    headers = with_profile(service)
    reference = bought(service, headers, product="credits", credits=5)
    assert ask_report(service, headers, "climate-risk").status_code == 201
    assert profile_of(service, headers)["credits"] == 4
    deliver(service, refund(reference, 150_000))
    assert profile_of(service, headers)["credits"] == 0


def test_a_type_that_was_paid_back_has_to_be_paid_for_again(service: Running) -> None:
    headers = with_profile(service)
    reference = bought(service, headers, product="report-type", reportType="benchmark")
    deliver(service, refund(reference, 300_000))
    assert ask_report(service, headers, "benchmark").status_code == 402
    bought(service, headers, product="report-type", reportType="benchmark")
    assert ask_report(service, headers, "benchmark").status_code == 201


def test_the_total_of_a_project_is_that_of_its_paid_pledges_also_after_refunds(
    service: Running,
) -> None:
    headers = with_profile(service)
    project = open_project(service, headers)
    references = [
        bought(service, headers, product="pledge", projectId=project, amount=amount)
        for amount in (700, 500)
    ]

    def redeliver(number: int) -> str:
        for _ in range(20):
            reply = deliver(service, refund(references[0], 700, currency="EUR"))
            if reply.status_code == 200:
                return str(reply.json()["result"])
        raise AssertionError(reply.text)

    results = at_once(redeliver, 12)
    assert (results.count("refunded"), results.count("known")) == (1, 11)
    path = f"/api/projects/{project}"
    pledges = service.client.get(f"{path}/pledges", headers=headers).json()["pledges"]
    assert {each["amount"]: each["state"] for each in pledges} == {700: "refunded", 500: "paid"}
    shown = service.client.get(path, headers=headers).json()["project"]
    assert shown["pledged"] == 500


def test_a_refund_that_overtakes_its_payment_is_forged_or_of_a_part_changes_nothing(
    service: Running,
) -> None:
    headers = with_profile(service)
    body = {"product": "credits", "credits": 5}
    asked = service.client.post("/api/payments/initialize", json=body, headers=headers).json()
    reference = asked["reference"]
    early = deliver(service, refund(reference, 150_000))
    assert (early.status_code, early.json()["error"]) == (409, "too_early")
    assert deliver(service, paid(reference, 150_000)).json() == {"result": "paid"}
    assert deliver(service, refund(reference, 150_000), "0" * 128).status_code == 401
    part = deliver(service, refund(reference, 149_999))
    assert part.json() == {"result": "partly-refunded"}
    failed = deliver(service, refund(reference, 150_000, "refund.failed"))
    assert failed.json() == {"result": "refund-failed"}
    assert deliver(service, refund("0" * 26, 5)).json() == {"result": "unknown"}
    assert state_of(service, headers, reference) == "paid"
    assert profile_of(service, headers)["credits"] == 5
    page = service.client.get("/metrics").text
    assert 'noted_total{event="partly_refunded"} ' in page
    assert 'noted_total{event="refund_failed"} ' in page


class Recorded:
    """Takes refunds, as Paystack: their end is told later."""

    def __init__(self, *, fails: bool = False) -> None:
        self.refunds: list[tuple[str, int]] = []
        self.fails = fails

    def ask(self, reference: str, amount: int, currency: str, email: str) -> str:
        return f"https://checkout.example/{reference}"

    def refund(self, reference: str, amount: int) -> bool:
        if self.fails:
            raise PaymentFailed("recorded")
        self.refunds.append((reference, amount))
        return False


@pytest.fixture
def recorded(service: Running) -> Iterator[Recorded]:
    purchases = service.service.purchases
    before, purchases.payments = purchases.payments, Recorded()
    yield purchases.payments
    purchases.payments = before


def administrator(service: Running) -> Headers:
    claims = {"sub": "an administrator", "role": "admin"}
    claims["exp"] = service.time.moment.timestamp() + 60
    token = signed_token(claims, SECRETS["JWT_SECRET"].encode())
    return {"Authorization": f"Bearer {token}"}


def test_money_that_buys_nothing_any_more_is_asked_back_at_once(
    service: Running, recorded: Recorded
) -> None:
    headers = with_profile(service)
    body = {"product": "credits", "credits": 5}
    asked = service.client.post("/api/payments/initialize", json=body, headers=headers).json()
    reference = asked["reference"]
    for result in ("refund-due", "known", "known"):
        assert deliver(service, paid(reference, 140_000)).json() == {"result": result}
    assert recorded.refunds == [(reference, 140_000)]
    assert deliver(service, refund(reference, 140_000)).json() == {"result": "refunded"}
    assert state_of(service, headers, reference) == "refunded"


def test_an_administrator_gives_a_payment_back(service: Running, recorded: Recorded) -> None:
    headers = with_profile(service)
    reference = bought(service, headers, product="credits", credits=5)
    path = f"/api/payments/{reference}/refund"
    assert service.client.post(path, headers=headers).status_code == 403
    asked = service.client.post(path, headers=administrator(service))
    assert (asked.status_code, asked.json()) == (202, {"state": "paid"})
    assert recorded.refunds == [(reference, 150_000)]
    deliver(service, refund(reference, 150_000))
    again = service.client.post(path, headers=administrator(service))
    assert (again.status_code, again.json()) == (200, {"state": "refunded"})
    assert len(recorded.refunds) == 1
    none = f"/api/payments/{'0' * 26}/refund"
    assert service.client.post(none, headers=administrator(service)).status_code == 404
    body = {"product": "credits", "credits": 5}
    pending = service.client.post("/api/payments/initialize", json=body, headers=headers).json()
    path = f"/api/payments/{pending['reference']}/refund"
    assert service.client.post(path, headers=administrator(service)).status_code == 409
    recorded.fails = True
    path = f"/api/payments/{bought(service, headers, **body)}/refund"
    assert service.client.post(path, headers=administrator(service)).status_code == 502


def test_without_a_key_of_paystack_a_payment_is_made_at_the_service_itself(
    service: Running,
) -> None:
    headers = with_profile(service)
    body = {"product": "credits", "credits": 20}
    asked = service.client.post("/api/payments/initialize", json=body, headers=headers).json()
    path = asked["authorizationUrl"]
    assert path == f"/api/payments/{asked['reference']}/local"
    others, _, _ = signed_up(service)
    assert service.client.post(path, headers=others).status_code == 404
    results = [service.client.post(path, headers=headers).json()["result"] for _ in range(2)]
    assert results == ["paid", "known"]
    assert service.client.get("/api/profile", headers=headers).json()["profile"]["credits"] == 20
    real = another(service, PAYSTACK_SECRET_KEY="sk_test_" + "0" * 40)
    client = TestClient(real.application(closes=False))
    assert client.post(path, headers=headers).status_code == 404


# ---------------------------------------------------------------- operating


def test_health_has_exactly_these_five_fields(service: Running) -> None:
    reply = service.client.get("/health")
    assert (reply.status_code, reply.json()) == (
        200,
        {
            "success": True,
            "status": "healthy",
            "message": "Auxeira ESG Dashboard Backend is running!",
            "timestamp": "2026-11-30T12:00:00.000Z",
            "version": "2.0",
        },
    )


def test_the_document_names_every_route_but_the_local_one(service: Running) -> None:
    document = service.client.get("/openapi.json").json()
    assert document["info"]["title"] == "Auxeira"
    operations = [
        (method, path) for path, methods in document["paths"].items() for method in methods
    ]
    assert len(operations) == 28
    assert ("post", "/api/reports/generate") in operations
    names = [
        each["operationId"] for methods in document["paths"].values() for each in methods.values()
    ]
    assert len(set(names)) == 28
    assert document["paths"]["/health"]["get"]["security"] == []
    assert document["paths"]["/api/profile"]["get"]["security"] == [{"bearer": []}]


def test_the_dashboard_runs_its_own_scripts_only_and_calls_where_the_setting_says(
    service: Running,
) -> None:
    page = service.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert '<meta name="api-base" content="/api">' in page.text
    assert page.text.count("<label>") == 3 + 5 + 20 + 1
    assert '<input id="shown" type="checkbox"> Show the password' in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "connect-src 'self';" in policy
    assert "<script>" not in page.text
    for name, kind in (
        ("client.js", "text/javascript"),
        ("dashboard.js", "text/javascript"),
        ("style.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
    ):
        assert f"/{name}" in page.text
        reply = service.client.get(f"/{name}")
        assert reply.headers["content-type"].startswith(kind)
        assert "innerHTML" not in reply.text
    elsewhere = another(service, API_BASE_URL="https://api.auxeira.example/api")
    page = TestClient(elsewhere.application(closes=False)).get("/")
    assert '<meta name="api-base" content="https://api.auxeira.example/api">' in page.text
    assert (
        "connect-src 'self' https://api.auxeira.example;" in page.headers["content-security-policy"]
    )


def test_the_items_of_success_are_met(service: Running) -> None:
    def ask(method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        reply = service.client.request(method, path, json=body, headers=dict(headers))
        return reply.status_code, reply.json()

    hundredths = itertools.count(0, 0.01)
    items = list(Success(ask, partial(next, hundredths), lambda _: time.sleep(0.01)).items())
    assert [(item.number, item.is_met) for item in items] == [
        (2, True), (3, True), (4, True), (5, True), (6, True),
    ]  # fmt: skip


def test_pages_of_the_dashboards_may_call_and_others_may_not(service: Running) -> None:
    headers, _, _ = signed_up(service)
    dashboard = {"Origin": "https://app.auxeira.example"}
    allowed = service.client.get("/api/profile", headers={**headers, **dashboard})
    assert allowed.headers["access-control-allow-origin"] == "https://app.auxeira.example"
    asks = {"Access-Control-Request-Method": "POST"}
    before = service.client.options("/api/profile", headers={**dashboard, **asks})
    assert before.status_code == 204
    assert "Authorization" in before.headers["access-control-allow-headers"]
    foreign = {"Origin": "https://evil.example"}
    for reply in (
        service.client.get("/api/profile", headers={**headers, **foreign}),
        service.client.options("/api/profile", headers={**foreign, **asks}),
    ):
        assert reply.status_code == 403
        assert "access-control-allow-origin" not in reply.headers
    own = service.client.get("/api/profile", headers={**headers, "Origin": "http://testserver"})
    assert own.status_code == 200


def test_a_user_has_sixty_requests_a_minute(service: Running) -> None:
    headers, _, _ = signed_up(service)
    client = TestClient(another(service).application(closes=False))
    statuses = [client.get("/api/profile", headers=headers).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert client.get("/api/profile", headers=headers).headers["retry-after"] == "1"
    others, _, _ = signed_up(service)
    assert client.get("/api/profile", headers=others).status_code == 200


def test_each_call_of_a_user_is_an_event_that_expires(service: Running) -> None:
    headers = with_profile(service)
    service.client.get("/api/reports/nothing", headers=headers)
    expected = [("save", "/api/profile", "ok"), ("view", "/api/reports/nothing", "failed")]
    for _ in range(500):
        events = service.client.get("/api/activity", headers=headers).json()["events"]
        seen = [(e["type"], e["path"], e["outcome"]) for e in events]
        if set(expected) <= set(seen):
            break
        time.sleep(0.01)
    assert set(expected) <= set(seen)
    # 90 days after 30 November 2026, 12:00
    assert {each["expiresAt"] for each in events} == {1_803_816_000}
    assert service.client.get("/api/activity?cursor=forged", headers=headers).status_code == 422


def test_events_that_wait_when_the_service_ends_are_written(service: Running) -> None:
    headers, _, tokens = signed_up(service)
    other = another(service)
    for number in range(40):
        other.activity.note(tokens["userId"], "view", f"/{number}", 1, "ok", "test")
    with TestClient(other.application(closes=False)):
        pass
    events = service.client.get("/api/activity", headers=headers).json()["events"]
    assert {f"/{number}" for number in range(40)} <= {each["path"] for each in events}
    assert other.activity.lost == 0


def test_nothing_personal_is_logged(service: Running) -> None:
    headers, email, tokens = signed_up(service)
    service.client.post("/api/profile", json=ORGANISATION, headers=headers)
    credits(service, headers)
    log = "".join(service.lines)
    for secret in (email, PASSWORD, tokens["accessToken"], tokens["refreshToken"], "Sun & Wind"):
        assert secret not in log


def test_an_error_says_nothing_of_the_inside(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers, _, _ = signed_up(service)

    def broken(name: str, arguments: Any) -> Any:
        raise StoreError("auxeira-user-profiles: secret key AKIA", pattern=name)

    monkeypatch.setattr(service.store, "call", broken)
    reply = service.client.get("/api/profile", headers=headers)
    assert reply.status_code == 500
    for inside in ("auxeira-user-profiles", "AKIA", "Traceback", "StoreError", "getProfile"):
        assert inside not in reply.text


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {**SECRETS, "JWT_SECRET": "x" * 31},
        {**SECRETS, "JWT_SECRET": SECRETS["JWT_REFRESH_SECRET"]},
        {**SECRETS, "BCRYPT_ROUNDS": "9"},
        {**SECRETS, "REQUESTS_PER_MINUTE": "many"},
    ],
)
def test_settings_that_would_not_hold_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        auxeira_settings(environment)


def test_settings_have_safe_defaults() -> None:
    settings = auxeira_settings(SECRETS)
    assert (settings.bcrypt_rounds, settings.requests_per_minute) == (10, 60)
    assert "a" * 32 not in repr(settings)
    assert Auxeira.default_port == 3000
