"""How long `prove` takes from start to verdict: Screen Time Journey, 1,000 users, 10,000 requests.

    python benchmarks/proving.py [--design current] [--users 1000] [--requests 10000]

A process of its own, start-up included; wall time, and processor time beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Measure and print; return the exit code of `prove`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--design", default="recommended")
    parser.add_argument("--users", default="1000")
    parser.add_argument("--requests", default="10000")
    options = parser.parse_args()
    command = [sys.executable, "-m", "tablewright"]
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "stj"
        subprocess.run(
            [*command, "init", str(where), "--app", "screen-time-journey"],
            check=True,
            capture_output=True,
        )
        begun, used = time.perf_counter(), os.times()
        done = subprocess.run(
            [
                *[*command, "prove", str(where / "tablewright.yaml"), "--design", options.design],
                *["--users", options.users, "--requests", options.requests],
            ],
            check=False,
        )
        now = os.times()
        cpu = now.children_user + now.children_system - used.children_user - used.children_system
        print(
            f"\n{time.perf_counter() - begun:.1f} s from start to verdict, {cpu:.1f} s of it work"
        )
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
