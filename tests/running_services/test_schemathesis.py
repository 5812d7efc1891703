"""Services and data APIs against their own OpenAPI documents, by schemathesis: all answers.

schemathesis is a program of its own in .peers/schemathesis (`scripts/install-peers`). It sends what
a document allows and what it forbids, to services signed in, and checks that no answer is a fault
or is not in the document, by status, kind and schema, and that methods that are not there are
refused.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from peers import SCHEMATHESIS
from starlette.applications import Starlette

from running_services.running import Running
from running_services.test_security import SIGN_IN, running  # noqa: F401  a fixture
from tablewright import apps
from tablewright.serve.application import DataApi
from tablewright.serve.settings import ServeSettings
from tablewright.store.opening import fill_store, open_store
from tablewright.verbs.serve import app_session

pytestmark = [pytest.mark.needs_server, pytest.mark.slow]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
"""Not that `Allow` lists what the document has at a path: another path with a name in it may match
the same address, and is answered there."""
ENDLESS = ("/events",)
"""What answers as long as somebody listens."""
SIGNS_OUT = ("/auth/logout",)
EXAMPLES = 15
START_SECONDS = 30


@contextlib.contextmanager
def served(application: Starlette) -> Iterator[str]:
    """Serve over HTTP while the block lasts; give the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(application, port=port, log_level="critical", server_header=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + START_SECONDS
        while not server.started and time.monotonic() < until:
            time.sleep(0.05)
        assert server.started
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def require_answers_as_documented(application: Starlette, folder: Path, *options: str) -> None:
    """Send what the document of an application allows and forbids; fail with what it says."""
    if not SCHEMATHESIS.exists():
        pytest.skip("schemathesis is not installed (scripts/install-peers)")
    with served(application) as address:
        command = [str(SCHEMATHESIS), "run", f"{address}/openapi.json", *options]
        command += ["--checks", ",".join(CHECKS)]
        command += ["--phases", "examples,coverage,fuzzing", "-n", str(EXAMPLES), "--seed", "1"]
        command += ["--no-shrink", "--generation-database", "none", "--warnings", "off"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-6_000:] + ran.stderr[-2_000:]


def test_no_answer_is_a_fault_or_missing_from_the_document(
    running: Running,  # noqa: F811
    tmp_path: Path,
) -> None:
    (token,) = SIGN_IN[running.store.model.app](running).values()
    excluded = [part for path in (*ENDLESS, *SIGNS_OUT) for part in ("--exclude-path", path)]
    application = running.restarted().service.application(closes=False)
    signed_in = ["-H", f"Authorization: {token}"]
    require_answers_as_documented(application, tmp_path, *excluded, *signed_in)


@pytest.mark.parametrize("app", apps.NAMES)
def test_no_answer_of_a_data_api_is_a_fault_or_missing_from_its_document(
    app: str, tmp_path: Path
) -> None:
    session = app_session(app)
    design = "dynamodb" if app == "poafix" else "recommended"
    with open_store(session, design, "memory", create=True) as store:
        fill_store(store, session, 3)
        settings = ServeSettings(rate_per_minute=1_000_000)
        api = DataApi(store, settings, log=lambda line: None)
        require_answers_as_documented(api.application(closes=False), tmp_path)
