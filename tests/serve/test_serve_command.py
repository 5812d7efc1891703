"""`tablewright serve` as a process: one command, an application with data, and its refusals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tablewright.cli.main import run

SHOP = Path(__file__).parents[1] / "store" / "shop.yaml"


def command(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tablewright", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def refused(*arguments: str, **environment: str) -> str:
    with command(*arguments, **environment) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors
    assert "Traceback" not in errors
    return errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_application_is_served_with_data_until_it_is_interrupted(number: int) -> None:
    with command("mongocollectibles", "--port", "0") as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert url is not None, first + process.stderr.read()
        with urllib.request.urlopen(f"{url[0]}/api/listCollectibles", timeout=30) as reply:
            assert reply.status == 200
            assert b'"name"' in reply.read()
        process.send_signal(number)
        assert process.wait(timeout=30) == 0


def test_the_service_of_an_application_runs_with_data_and_secrets_of_its_own() -> None:
    with command("--app", "llm-proxy", "--port", "0", "--seed", "3") as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert url is not None, first + process.stderr.read()
        assert first.startswith("Service llm-proxy on ")
        with urllib.request.urlopen(f"{url[0]}/health", timeout=30) as reply:
            assert reply.read() == b'{"status":"ok"}'
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_who_tries_a_service_is_told_how_to_sign_in() -> None:
    with command("--app", "screen-time-journey", "--port", "0", "--seed", "2") as process:
        assert process.stderr is not None
        told: list[str] = []
        while not told or not told[-1].startswith("One of the sampled users"):
            told.append(process.stderr.readline())
            assert told[-1], told
        url = told[0].removeprefix("Service screen-time-journey on ").partition(". ")[0]
        email = told[-1].removeprefix("One of the sampled users is ").strip().removesuffix(".")
        assert f"Described in {url}/openapi.json; " in "".join(told)
        assert "Set to try it out: SHOW_CODES=yes.\n" in told
        assert posted(f"{url}/login", {"email": email}) == {"expiresIn": 600}
        code = None
        while code is None:
            code = re.search(r"your code is (\d{6})", process.stderr.readline())
        assert "token" in posted(f"{url}/login/confirm", {"email": email, "code": code[1]})
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def posted(url: str, body: dict[str, str]) -> dict[str, object]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, object] = json.load(reply)
        return answer


Told = Callable[..., str]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Return what is said of a command that is refused, run in this process."""

    def refusal(*arguments: str) -> str:
        assert run(["serve", *arguments]) == 2
        return capsys.readouterr().err

    return refusal


def test_a_service_on_a_server_needs_secrets_that_hold(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_SECRET", "")
    errors = told("--app", "llm-proxy", "--target", "local")
    assert "JWT_SECRET has 0 characters" in errors


def test_what_cannot_be_served_is_said(told: Told) -> None:
    assert "no API key is set" in told(str(SHOP), "--host", "0.0.0.0", "--target", "memory")
    assert "did you mean `auxeira`" in told("--app", "auxera")
    assert "did you mean `memory`" in told(str(SHOP), "--target", "memry")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "choose another --port" in told(str(SHOP), "--target", "memory", "--port", port)


def test_a_missing_package_is_named_with_its_command(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ImportError('no', name='uvicorn')\n")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    errors = refused(str(SHOP), "--target", "memory", PYTHONPATH=path)
    assert "serving needs the package uvicorn" in errors
    assert "pip install 'tablewright[serve]'" in errors
