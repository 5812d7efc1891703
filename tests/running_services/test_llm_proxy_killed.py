"""The LLM proxy as a process that is killed: answered calls are counted and recorded."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from .processes import ask, started
from .test_llm_proxy import ENVIRONMENT, PASSWORD

pytestmark = pytest.mark.slow
USERS = 4
CALL = {"model": "gpt-4", "messages": [{"role": "user", "content": "hello"}]}


def test_a_call_that_was_answered_is_counted_and_recorded_after_a_kill(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "REQUESTS_PER_MINUTE": "100000"}
    process, url = started("llm-proxy", tmp_path, environment)
    accounts = [{"email": f"{n}@example.org", "password": PASSWORD} for n in range(USERS)]
    tokens = [ask(url, "POST", "/auth/register", each)["accessToken"] for each in accounts]
    sent, answered = Counter[int](), Counter[int]()

    def call(user: int) -> None:
        with suppress(OSError, HTTPException):
            while True:
                sent[user] += 1
                ask(url, "POST", "/v1/chat/completions", CALL, tokens[user])
                answered[user] += 1

    callers = [threading.Thread(target=call, args=(user,)) for user in range(USERS)]
    for caller in callers:
        caller.start()
    while answered.total() < 40:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for caller in callers:
        caller.join()
    process, url = started("llm-proxy", tmp_path, environment)
    try:
        for user, account in enumerate(accounts):
            token = ask(url, "POST", "/auth/login", account)["accessToken"]
            used = ask(url, "GET", "/subscription", token=token)["used"]
            assert answered[user] <= used <= sent[user]
            totals = ask(url, "GET", "/usage/summary", token=token)["totals"]
            recorded = sum(each["calls"] for each in totals)
            assert answered[user] <= recorded <= used
    finally:
        process.terminate()
        process.wait()
