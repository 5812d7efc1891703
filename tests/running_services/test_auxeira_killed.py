"""Auxeira as a process that is killed: what was acknowledged is there when it starts again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .test_auxeira import ORGANISATION, PASSWORD, SECRETS, SECTIONS

pytestmark = pytest.mark.slow
ENVIRONMENT = {**SECRETS, "REQUESTS_PER_MINUTE": "100000", "REPORT_LEASE_SECONDS": "1"}
START_SECONDS, REPORT_SECONDS = 120.0, 60.0


def started(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Return the process of the service on a database in a folder, and its address."""
    log = folder / f"{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "tablewright", "serve", "--app", "auxeira"]
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*command, "--target", "local", "--port", "0"],
            cwd=folder,
            env={**os.environ, **ENVIRONMENT},
            stderr=stream,
        )
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        address = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if address is not None:
            return process, address[0]
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise AssertionError(log.read_text())


def ask(url: str, method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", content, headers, method=method)
    with urllib.request.urlopen(request, timeout=START_SECONDS) as reply:
        return json.load(reply)


def test_what_was_acknowledged_outlives_a_kill_and_its_reports_are_written(tmp_path: Path) -> None:
    process, url = started(tmp_path)
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
    process, url = started(tmp_path)
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
