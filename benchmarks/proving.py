"""How long `prove` takes from start to verdict: Screen Time Journey, 1,000 users, 10,000 requests.

    python benchmarks/proving.py [--design current] [--users 1000] [--requests 10000]

Both designs, each in a process of its own, start-up included; wall time, and processor time beside
it. Less than 15 seconds is what was set as the goal. Ends with 1 where a design is not proved.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DESIGNS = ("current", "recommended")


def main() -> int:
    """Measure and print; return 1 where a proof failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--design", choices=DESIGNS, help="only this one")
    parser.add_argument("--users", default="1000")
    parser.add_argument("--requests", default="10000")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "stj"
        run("init", str(where), "--app", "screen-time-journey")
        for design in (options.design,) if options.design else DESIGNS:
            begun, used = time.perf_counter(), processor_seconds()
            done = run(
                *["prove", str(where / "tablewright.yaml"), "--design", design],
                *["--users", options.users, "--requests", options.requests],
            )
            wall, cpu = time.perf_counter() - begun, processor_seconds() - used
            verdict = "proved" if done.returncode == 0 else "NOT proved"
            failed = failed or done.returncode != 0
            print(
                f"{design:12} {wall:5.1f} s from start to verdict, {cpu:5.1f} s of it work: "
                f"{verdict}",
                flush=True,
            )
            if done.returncode:
                print(done.stdout, done.stderr, sep="\n")
    return int(failed)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in a process of its own."""
    command = [sys.executable, "-m", "tablewright", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def processor_seconds() -> float:
    """Return the processor time of all processes that were run and ended."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    raise SystemExit(main())
