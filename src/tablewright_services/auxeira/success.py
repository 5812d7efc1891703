"""Whether a running service does what success was said to be: items 2 to 6 of the plan.

    python -m tablewright_services.auxeira.success http://127.0.0.1:3000

In: the address. Out: a line for each item, and 1 where one failed. It registers a user of its own,
whose payments the service itself makes, so it is for a service without a key of Paystack's.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tablewright.core.frozen import frozen
from tablewright_services.auxeira.domain import PREMIUM, REPORT_TYPES, SECTIONS, SHARE

HEALTH = {"success": bool, "status": str, "message": str, "timestamp": str, "version": str}
RANK_SECONDS = 1.0
"""Within so long a changed score has to show."""
REPORT_SECONDS = 60.0
Answer = tuple[int, Mapping[str, Any]]
Ask = Callable[[str, str, Mapping[str, Any] | None, Mapping[str, str]], Answer]
"""Sends method, path, body and headers; returns status and body."""


class NotMet(Exception):
    """An item is not met; the text says what was there instead."""


@frozen(kw_only=False)
class Item:
    """One item of the plan and how it went."""

    number: int
    name: str
    is_met: bool
    detail: str


class Success:
    """Checks one service.

    Args:
        ask: sends a request.
        ticks: gives seconds of a clock that never goes back.
        sleep: pauses.
    """

    def __init__(
        self,
        ask: Ask,
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._send, self.ticks, self.sleep = ask, ticks, sleep
        self._headers: dict[str, str] = {}

    def items(self) -> Iterator[Item]:
        """Yield the items in order; the later ones need the user that the third registers."""
        checks: tuple[tuple[int, str, Callable[[], str]], ...] = (
            (2, "health", self._health),
            (3, "registration and sign-in", self._sign_in),
            (4, "profile", self._profile),
            (5, "reports of all fifteen types", self._reports),
            (6, "leaderboard in real time", self._leaderboard),
        )
        for number, name, check in checks:
            try:
                yield Item(number, name, True, check())
            except NotMet as problem:
                yield Item(number, name, False, str(problem))

    def _health(self) -> str:
        _, body = self._ask("GET", "/health", status=200)
        kinds = {name: type(value) for name, value in body.items()}
        if kinds != HEALTH or body["success"] is not True or body["status"] != "healthy":
            raise NotMet(f"the body is {dict(body)}")
        return f"version {body['version']}"

    def _sign_in(self) -> str:
        account = {
            "email": f"success-{secrets.token_hex(8)}@example.org",
            "password": secrets.token_urlsafe(16),
        }
        self._ask("POST", "/api/auth/register", account, status=201)
        self._ask("POST", "/api/auth/login", {**account, "password": "x" * 12}, status=401)
        _, tokens = self._ask("POST", "/api/auth/login", account, status=200)
        self._ask("GET", "/api/profile", status=401)
        self._headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        self._ask("GET", "/api/profile", status=200)
        return "a wrong password is refused, a protected route answers"

    def _profile(self) -> str:
        body = {
            "organisation": "Success & Co",
            "industry": "energy",
            "country": "NG",
            "employees": 12,
            "revenueBand": "small",
        }
        _, begun = self._ask("POST", "/api/profile", body, status=200)
        self._ask("POST", "/api/reports/generate", {"reportType": "carbon"}, status=409)
        self._ask("POST", "/api/profile", {"sections": _answers(50)}, status=200)
        _, stored = self._ask("GET", "/api/profile", status=200)
        percents = begun["completionPercent"], stored["completionPercent"]
        if percents != (0, 100) or stored["profile"]["sections"] != _answers(50):
            raise NotMet(f"completion went from {percents[0]} to {percents[1]} %")
        return "completion went from 0 to 100 %"

    def _reports(self) -> str:
        purchase = {"product": "credits", "credits": len(PREMIUM)}
        _, payment = self._ask("POST", "/api/payments/initialize", purchase, status=201)
        self._ask("POST", str(payment["authorizationUrl"]), status=200)
        begun = self.ticks()
        for name in REPORT_TYPES:
            self._ask("POST", "/api/reports/generate", {"reportType": name}, status=201)
        while self.ticks() - begun < REPORT_SECONDS:
            _, listed = self._ask("GET", "/api/reports", status=200)
            ready = {r["reportType"] for r in listed["reports"] if r["status"] == "ready"}
            if ready == set(REPORT_TYPES):
                return f"{len(ready)} were written in {self.ticks() - begun:.1f} s"
            self.sleep(0.5)
        raise NotMet(f"{len(ready)} of {len(REPORT_TYPES)} were written")

    def _leaderboard(self) -> str:
        self._ask("POST", "/api/profile", {"sections": _answers(100)}, status=200)
        begun = self.ticks()
        while True:
            _, board = self._ask("GET", "/api/leaderboard/global", status=200)
            delay = self.ticks() - begun
            if board["own"] is not None and board["own"]["score"] == 100:
                break
            if delay > RANK_SECONDS:
                raise NotMet(f"after {delay:.1f} s the board shows {board['own']}")
        if delay > RANK_SECONDS:
            raise NotMet(f"the rank showed after {delay:.3f} s")
        return f"rank {board['own']['rank']} showed after {delay:.3f} s"

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, status: int
    ) -> Answer:
        """Return an answer that has a status; wait where the service says there were too many."""
        while True:
            answered, content = self._send(method, path, body, self._headers)
            if answered != 429:
                break
            self.sleep(1)
        if answered != status:
            raise NotMet(f"{method} {path} was answered {answered} and not {status}")
        return answered, content


def _answers(share: int) -> dict[str, dict[str, Any]]:
    return {
        section: {name: share if kind == SHARE else True for name, kind in fields.items()}
        for section, fields in SECTIONS.items()
    }


def asking(url: str) -> Ask:
    """Return what sends requests to a service at an address."""

    def ask(
        method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> Answer:
        content = None if body is None else json.dumps(body).encode()
        sent = {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}{path}", content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            return refused.code, {}
        except (OSError, ValueError) as problem:
            raise NotMet(f"{method} {path}: {problem}") from problem

    return ask


def main(arguments: list[str]) -> int:
    """Check the service at an address; return 1 where an item is not met."""
    if len(arguments) != 1 or not arguments[0].startswith(("http://", "https://")):
        sys.stderr.write("usage: python -m tablewright_services.auxeira.success URL\n")
        return 2
    failed = 0
    for item in Success(asking(arguments[0].rstrip("/"))).items():
        verdict = "pass" if item.is_met else "FAIL"
        sys.stdout.write(f"{item.number}. {verdict}  {item.name}: {item.detail}\n")
        failed += not item.is_met
    return int(bool(failed))


__all__ = ["Answer", "Ask", "Item", "NotMet", "Success", "asking", "main"]

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
