"""The parts of Auxeira that need no database: rules, passwords, Paystack, the remote writer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tablewright.serve.callers import Unauthorized
from tablewright_services.auxeira import domain, success
from tablewright_services.auxeira.domain import REPORT_TYPES
from tablewright_services.auxeira.reports import report_id
from tablewright_services.auxeira.writers import LocalWriter, RemoteWriter, WriterFailed
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.paystack import PaystackPayments, is_signed

from .running import START

PROFILE = {
    "organisation": "Sun & Wind",
    "industry": "energy",
    "country": "NG",
    "employees": 12,
    "esgScore": 24,
    "sections": {
        "environment": {"renewableShare": 80, "measuresEmissions": False},
        "social": {},
        "governance": {},
    },
}


@contextmanager
def vendor(status: int, answer: bytes) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Run a server that always answers the same; yield its address and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Vendor(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(
                {
                    "path": self.path,
                    "authorization": self.headers["Authorization"],
                    "body": json.loads(body),
                }
            )
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *about: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Vendor)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---------------------------------------------------------------- passwords


def test_a_hash_of_bcrypt_is_one_that_others_verify() -> None:
    passwords = BcryptPasswords(4)
    # vectors of jBCrypt, whose 2a is 2b for passwords of 7-bit characters
    for password, kept in (
        ("", "$2b$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
        ("a", "$2b$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abc", "$2b$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    ):
        passwords.require(password, kept)
        with pytest.raises(Unauthorized):
            passwords.require(f"{password}x", kept)


def test_every_character_of_a_long_password_counts() -> None:
    passwords = BcryptPasswords(4)
    # 72 bytes are all that bcrypt itself looks at: 36 letters of two bytes each
    for password in ("x" * 73, "x" * 128, "é" * 37, "é" * 128):
        kept = passwords.hash(password)
        passwords.require(password, kept)
        for other in (password[:-1], password[:72], f"{password[:-1]}y"):
            if other != password:
                with pytest.raises(Unauthorized):
                    passwords.require(other, kept)


def test_a_long_password_that_other_software_cut_off_is_still_the_users() -> None:
    passwords = BcryptPasswords(4)
    kept_elsewhere = passwords.hash("x" * 72)
    passwords.require("x" * 80, kept_elsewhere)
    with pytest.raises(Unauthorized):
        passwords.require("y" + "x" * 79, kept_elsewhere)


def test_a_password_is_verified_and_another_or_nobodys_is_not() -> None:
    passwords = BcryptPasswords(4)
    kept = passwords.hash("correct horse")
    assert kept.startswith("$2b$04$")
    assert kept != passwords.hash("correct horse")
    passwords.require("correct horse", kept)
    for password, hashed in (
        ("correct hors", kept),
        ("correct horse", None),
        ("nobody has this password", None),
        ("correct horse", "no hash at all"),
        ("correct horse", ""),
    ):
        with pytest.raises(Unauthorized):
            passwords.require(password, hashed)


# ---------------------------------------------------------------- rules


def test_a_complete_profile_answers_twenty_fields() -> None:
    assert domain.FIELDS == 20
    assert [len(fields) for fields in domain.SECTIONS.values()] == [7, 7, 6]
    assert domain.completion_percent(PROFILE["sections"]) == 10
    assert domain.missing_fields(PROFILE["sections"])[0] == "environment.recycledShare"


@pytest.mark.parametrize(
    ("sections", "score"),
    [
        ({}, 0),
        # 80 / 7 = 11.43, a third of it is 3.81
        (PROFILE["sections"], 4),
        # 100 / 6 / 3 = 5.56; 50 / 6 / 3 = 2.78; 9 / 6 / 3 = 0.5, half a point up
        ({"governance": {"hasEthicsCode": True}}, 6),
        ({"governance": {"independentBoardShare": 50}}, 3),
        ({"governance": {"independentBoardShare": 9}}, 1),
        ({"governance": {"independentBoardShare": 8}}, 0),
    ],
)
def test_a_score_is_the_mean_of_the_sections(sections: Any, score: int) -> None:
    assert domain.esg_score(sections) == score


@dataclass
class Listed:
    userId: str  # noqa: N815
    score: int = 0
    skills: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    country: str = "DE"


def test_ranks_go_by_score_and_then_by_id() -> None:
    standings = [Listed("b", 5), Listed("c", 9), Listed("a", 5)]
    assert [(rank, s.userId) for rank, s in domain.ranked(standings)] == [
        (1, "c"), (2, "a"), (3, "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expert", "score"),
    [
        (Listed("x", skills=("soil", "bees", "wind")), "0.5"),
        (Listed("x", skills=("soil",)), "0.25"),
        (Listed("x", skills=("wind",), industries=("food",)), "0.3"),
        (Listed("x", skills=("soil",), industries=("food",), regions=("KE",)), "0.75"),
        (Listed("x", skills=("soil", "bees"), industries=("food",), country="KE"), "1"),
        (Listed("x", skills=("wind",)), "0"),
    ],
)
def test_experts_are_scored_by_skills_industry_and_region(expert: Listed, score: str) -> None:
    need = frozenset({"soil", "bees"})
    assert domain.expert_score(need, "food", "KE", expert, "retail") == Decimal(score)


@pytest.mark.parametrize("text", ["<b>", "a </p>", "<!--", "bell\x07", " ", "x" * 41])
def test_markup_and_control_characters_are_no_plain_text(text: str) -> None:
    with pytest.raises(domain.BadField):
        domain.plain_text("title", text, 40)


def test_a_report_has_one_id_for_user_type_and_minute() -> None:
    first = report_id("ana", "water", START)
    assert first == report_id("ana", "water", START.replace(second=59))
    others = {
        report_id("ben", "water", START),
        report_id("ana", "waste", START),
        report_id("ana", "water", START.replace(minute=1)),
    }
    assert len(others | {first}) == 4
    # 30 November 2026, 12:00 is 1,796,040,000,000 ms: in base 32 of Crockford 01M8P570G0
    assert first[:10] == "01M8P570G0"


# ---------------------------------------------------------------- writers


def test_the_local_writer_names_what_would_raise_the_score() -> None:
    written = LocalWriter().write(REPORT_TYPES["carbon"], PROFILE)
    assert "- renewable share: 80 %\n" in written.content
    assert "- measures emissions: no\n" in written.content
    assert "- recycled share: not answered\n" in written.content
    assert written.content.endswith(
        "## What to do next\n"
        "\n"
        "1. Raise has biodiversity policy (environment).\n"
        "2. Raise has reduction target (environment).\n"
        "3. Raise measures emissions (environment).\n"
    )
    assert written == LocalWriter().write(REPORT_TYPES["carbon"], dict(PROFILE))


def test_the_remote_writer_sends_what_the_type_is_about() -> None:
    content = {"choices": [{"message": {"content": "# Carbon"}}], "model": "small-1"}
    with vendor(200, json.dumps(content).encode()) as (url, asked):
        written = RemoteWriter(url, "the key").write(REPORT_TYPES["carbon"], PROFILE)
    assert (written.content, written.model) == ("# Carbon", "small-1")
    (request,) = asked
    assert request["path"] == "/v1/chat/completions"
    assert request["authorization"] == "Bearer the key"
    facts = json.loads(request["body"]["messages"][1]["content"])
    assert facts == {
        "organisation": "Sun & Wind",
        "industry": "energy",
        "country": "NG",
        "sections": {"environment": {"renewableShare": 80, "measuresEmissions": False}},
    }


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b""),
        (200, b"no JSON"),
        (200, b'{"choices": []}'),
        (200, b'{"choices": [{"message": {"content": " "}}]}'),
    ],
)
def test_a_remote_writer_without_a_text_has_failed(status: int, answer: bytes) -> None:
    with vendor(status, answer) as (url, _), pytest.raises(WriterFailed):
        RemoteWriter(url, "key").write(REPORT_TYPES["carbon"], PROFILE)


# ---------------------------------------------------------------- Paystack


def test_a_payment_is_asked_for_at_paystack() -> None:
    answer = b'{"status": true, "data": {"authorization_url": "https://checkout.example/x"}}'
    with vendor(200, answer) as (url, asked):
        place = PaystackPayments(url, b"sk_test_key").ask("ref", 500, "NGN", "ana@x.org")
    assert place == "https://checkout.example/x"
    assert asked == [
        {
            "path": "/transaction/initialize",
            "authorization": "Bearer sk_test_key",
            "body": {"reference": "ref", "amount": 500, "currency": "NGN", "email": "ana@x.org"},
        }
    ]
    with vendor(401, b"{}") as (url, _), pytest.raises(PaymentFailed):
        PaystackPayments(url, b"sk_test_key").ask("ref", 500, "NGN", "ana@x.org")
    with pytest.raises(ValueError, match="https"):
        PaystackPayments("http://paystack.example", b"sk_test_key")


def test_a_signature_is_the_hmac_sha512_of_the_body() -> None:
    # RFC 4231, test case 2
    signature = (
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    )
    assert is_signed(b"what do ya want for nothing?", signature, b"Jefe")
    assert not is_signed(b"what do ya want for nothing!", signature, b"Jefe")
    assert not is_signed(b"what do ya want for nothing?", signature[:-1], b"Jefe")


# ---------------------------------------------------------------- success


def test_success_says_what_is_not_met() -> None:
    def ask(method: str, path: str, body: Any, headers: Any) -> Any:
        return (200, {"success": True, "status": "healthy"}) if path == "/health" else (503, {})

    items = list(success.Success(ask).items())
    assert [item.is_met for item in items] == [False] * 5
    assert items[0].detail == "the body is {'success': True, 'status': 'healthy'}"
    assert items[1].detail == "POST /api/auth/register was answered 503 and not 201"
