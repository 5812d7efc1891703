"""A service as `serve --app` runs it on the database of a folder: a process that can be killed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_SECONDS = 120.0


def started(
    app: str, folder: Path, environment: Mapping[str, str], *options: str
) -> tuple[subprocess.Popen[bytes], str]:
    """Return the process of a service on a database in a folder, and its address."""
    log = folder / f"{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "tablewright", "serve", "--app", app]
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*command, "--target", "local", "--port", "0", *options],
            cwd=folder,
            env={**os.environ, **environment},
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
    """Return the JSON that a service answers; what is no success raises an `OSError`."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", content, headers, method=method)
    with urllib.request.urlopen(request, timeout=START_SECONDS) as reply:
        return json.load(reply)
