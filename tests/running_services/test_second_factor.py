"""Codes of authenticators, and who has to send one: administrators of PoaFix, the shop's staff."""

from __future__ import annotations

import base64
import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from running_services.running import START, Running
from tablewright.core.errors import UsageError
from tablewright_services.common.second_factor import SecondFactor, code_of
from tablewright_services.mongocollectibles.app import MongoCollectibles
from tablewright_services.mongocollectibles.settings import shop_settings
from tablewright_services.poafix.app import PoaFix
from tablewright_services.poafix.settings import poafix_settings

SECRET = "of which the codes are made, 36 long"
PASSWORD = "the first administrator"
ADMIN = "first@poafix.example"
POAFIX = {
    "JWT_SECRET": "a" * 32,
    "BCRYPT_ROUNDS": "4",
    "ADMIN_EMAIL": ADMIN,
    "ADMIN_PASSWORD": PASSWORD,
    "ADMIN_CODE_SECRET": SECRET,
}
SHOP = {
    "SESSION_SECRET": "s" * 32,
    "PAYMONGO_WEBHOOK_SECRET": "whsk_" + "w" * 24,
    "STAFF_PASSWORD": PASSWORD,
    "STAFF_CODE_SECRET": SECRET,
    "SIGN_INS_PER_MINUTE": "1000",
}


def code_at(moment: dt.datetime, name: str = ADMIN) -> str:
    return code_of(SecondFactor(SECRET.encode()).key(name), int(moment.timestamp()) // 30)


@pytest.fixture
def poafix() -> Iterator[Running]:
    running = Running(PoaFix, "poafix", "dynamodb", POAFIX)
    with running.client:
        yield running


@pytest.fixture
def shop() -> Iterator[Running]:
    running = Running(MongoCollectibles, "mongocollectibles", "recommended", SHOP)
    with running.client:
        yield running


def signed_in(poafix: Running, code: str | None, email: str = ADMIN) -> Any:
    body = {"kind": "admin", "email": email, "password": PASSWORD}
    return poafix.client.post("/auth/login", json=body | ({} if code is None else {"code": code}))


# RFC 6238, appendix B, SHA1: the last six of the eight digits it prints
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_a_code_is_that_of_the_standard(seconds: int, code: str) -> None:
    assert code_of(b"12345678901234567890", seconds // 30) == code


def test_a_code_is_taken_half_a_minute_early_or_late() -> None:
    factor = SecondFactor(SECRET.encode())
    now = START.timestamp()
    for steps, is_taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = code_at(START + dt.timedelta(seconds=30 * steps))
        expected = int(now) // 30 + steps if is_taken else None
        assert factor.step_of(ADMIN, code, now) == expected
    assert factor.step_of("other@poafix.example", code_at(START), now) is None


def test_what_an_authenticator_reads_holds_the_secret_of_one_name() -> None:
    factor = SecondFactor(SECRET.encode())
    address = urlsplit(factor.address("ana@example.org", "PoaFix"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/PoaFix:ana%40example.org"
    query = parse_qs(address.query)
    assert query["issuer"] == ["PoaFix"]
    assert base64.b32decode(query["secret"][0]) == factor.key("ana@example.org")


def test_the_command_shows_what_an_authenticator_reads() -> None:
    command = [sys.executable, "-m", "tablewright_services.common.second_factor"]
    environment = {**os.environ, "ADMIN_CODE_SECRET": SECRET}
    shown = subprocess.run(
        [*command, "ADMIN_CODE_SECRET", ADMIN],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    secret = re.search(r"secret=([A-Z2-7]{32})&", shown.stdout)
    assert secret is not None, shown.stderr
    assert base64.b32decode(secret[1]) == SecondFactor(SECRET.encode()).key(ADMIN)
    wrong = subprocess.run([*command, "NOT_SET", ADMIN], capture_output=True, text=True, timeout=60)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("usage: ")


# ---------------------------------------------------------------- PoaFix


def test_an_administrator_signs_in_with_a_code_of_now_once(poafix: Running) -> None:
    for code in (None, "000000", code_at(START, "other@poafix.example")):
        refused = signed_in(poafix, code)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
    assert signed_in(poafix, code_at(START)).status_code == 200
    assert signed_in(poafix, code_at(START)).status_code == 401
    poafix.time.moment = START + dt.timedelta(seconds=30)
    assert signed_in(poafix, code_at(poafix.time.moment)).status_code == 200


def test_guessing_codes_locks_an_administrator_out(poafix: Running) -> None:
    assert {signed_in(poafix, f"{n:06}").status_code for n in range(10)} == {401}
    assert signed_in(poafix, code_at(START)).status_code == 429


def test_a_new_administrator_gets_an_authenticator_of_the_own(poafix: Running) -> None:
    headers = {"Authorization": f"Bearer {signed_in(poafix, code_at(START)).json()['accessToken']}"}
    vera = "vera@poafix.example"
    body = {"email": vera, "password": PASSWORD, "name": "Vera", "role": "verifier"}
    created = poafix.client.post("/admin/admins", json=body, headers=headers)
    assert created.status_code == 201
    address = created.json()["authenticator"]
    secret = base64.b32decode(parse_qs(urlsplit(address).query)["secret"][0])
    code = code_of(secret, int(START.timestamp()) // 30)
    assert signed_in(poafix, code, vera).status_code == 200


def test_clients_need_no_code(poafix: Running) -> None:
    body = {"kind": "client", "email": "a@example.org", "password": PASSWORD, "name": "Ana"}
    place = {"phone": "0700000000", "address": "A 1", "location": {"lat": 1, "lon": 2}}
    assert poafix.client.post("/auth/register", json={**body, **place}).status_code == 201
    assert poafix.client.post("/auth/login", json=body).status_code == 200


# ---------------------------------------------------------------- the shop


def test_the_staff_signs_in_with_a_code_of_now_once(shop: Running) -> None:
    code = code_at(START, "staff")
    for given in ({}, {"code": "000000"}):
        body = {"password": PASSWORD, **given}
        assert shop.client.post("/api/staff/session", json=body).status_code == 401
    right = {"password": PASSWORD, "code": code}
    statuses = [shop.client.post("/api/staff/session", json=right).status_code for _ in range(2)]
    assert statuses == [200, 401]


def test_a_wrong_password_uses_no_code_up(shop: Running) -> None:
    code = code_at(START, "staff")
    wrong = {"password": "another password", "code": code}
    assert shop.client.post("/api/staff/session", json=wrong).status_code == 401
    right = {"password": PASSWORD, "code": code}
    assert shop.client.post("/api/staff/session", json=right).status_code == 200


def test_the_page_of_the_staff_asks_for_the_code(shop: Running) -> None:
    page = shop.client.get("/dashboard")
    assert 'name="code"' in page.text
    form = {"password": PASSWORD, "code": code_at(START, "staff")}
    entered = shop.client.post("/dashboard/session", data=form, follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/dashboard")
    again = shop.client.post("/dashboard/session", data=form, follow_redirects=False)
    assert again.status_code == 401


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("read", "environment", "variable"),
    [(poafix_settings, POAFIX, "ADMIN_CODE_SECRET"), (shop_settings, SHOP, "STAFF_CODE_SECRET")],
)
def test_a_password_of_those_who_administer_needs_a_second_factor(
    read: Any, environment: dict[str, str], variable: str
) -> None:
    for secret in ("", "x" * 31):
        with pytest.raises(UsageError, match=variable):
            read({**environment, variable: secret})
    assert read({**environment, variable: "none"}).second_factor is None
    # without a password, and so without a first one, those of a database are not let in either
    without = {name: value for name, value in environment.items() if "PASSWORD" not in name}
    factor = read({**without, variable: ""}).second_factor
    assert factor.step_of(ADMIN, code_at(START), START.timestamp()) is None


def test_those_who_administer_have_no_password_that_many_have() -> None:
    with pytest.raises(UsageError, match="ADMIN_PASSWORD is one that many have"):
        poafix_settings({**POAFIX, "ADMIN_PASSWORD": "Qwerty123456"})
    with pytest.raises(UsageError, match="STAFF_PASSWORD is one that many have"):
        shop_settings({**SHOP, "STAFF_PASSWORD": "Qwerty123456"})
