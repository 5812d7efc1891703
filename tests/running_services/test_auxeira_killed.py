"""Auxeira as a process that is killed: what was acknowledged is there when it starts again."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from .processes import ask, started
from .test_auxeira import ORGANISATION, PASSWORD, SECRETS, SECTIONS

pytestmark = pytest.mark.slow
ENVIRONMENT = {**SECRETS, "REQUESTS_PER_MINUTE": "100000", "REPORT_LEASE_SECONDS": "1"}
REPORT_SECONDS = 60.0


def test_what_was_acknowledged_outlives_a_kill_and_its_reports_are_written(tmp_path: Path) -> None:
    process, url = started("auxeira", tmp_path, ENVIRONMENT)
    users: list[tuple[dict[str, str], set[str]]] = []
    for number in range(5):
        account = {"email": f"user{number}@example.org", "password": PASSWORD}
        token = ask(url, "POST", "/api/auth/register", account)["accessToken"]
        profile = {**ORGANISATION, "sections": SECTIONS}
        ask(url, "POST", "/api/profile", profile, token)
        asked = [
            ask(url, "POST", "/api/reports/generate", {"reportType": kind}, token)
            for kind in ("carbon", "water", "waste")
        ]
        users.append((account, {each["report"]["reportId"] for each in asked}))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process, url = started("auxeira", tmp_path, ENVIRONMENT)
    try:
        for account, reports in users:
            token = ask(url, "POST", "/api/auth/login", account)["accessToken"]
            assert ask(url, "GET", "/api/profile", token=token)["completionPercent"] == 100
            ends = time.monotonic() + REPORT_SECONDS
            ready: set[str] = set()
            while ready != reports and time.monotonic() < ends:
                listed = ask(url, "GET", "/api/reports", token=token)["reports"]
                assert {each["reportId"] for each in listed} == reports
                ready = {each["reportId"] for each in listed if each["status"] == "ready"}
                time.sleep(0.1)
            assert ready == reports
    finally:
        process.terminate()
        process.wait()
