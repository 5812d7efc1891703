"""The verbs on the reference applications: processor seconds of whole processes, in turns.

`python benchmarks/verbs.py [--base COMMIT] [--rounds N] [--only TEXT] [--clock]`: user and system
time of each verb for each application, the median of some rounds; of a verb that works in two
processes that of both. With `--clock` the seconds that somebody waits, which say something on a
quiet machine only. With a base commit, whose sources are
unpacked beside, both run in turns and the ratio is shown: machines are noisy, the ratio holds.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERBS = ("check", "compare", "plan", "report", "deploy")
sys.path.insert(0, str(ROOT / "src"))


def unpacked(commit: str, folder: Path) -> Path:
    """Return the sources of a commit, unpacked below a folder."""
    archive = subprocess.run(
        ["git", "archive", commit, "src"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as stream:
        stream.extractall(folder, filter="data")
    return folder / "src"


def seconds_of(
    sources: Path, arguments: tuple[str, ...], folder: Path, *, clock: bool = False
) -> float:
    """Return user and system seconds of one process, or the seconds it takes on the clock."""
    environment = {**os.environ, "PYTHONPATH": str(sources)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "tablewright", *arguments],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        waited = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode()
    if process.returncode not in (0, 1):  # a missed target ends with 1
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}: {said[-500:]}")
    return waited if clock else usage.ru_utime + usage.ru_stime


def cases(only: str) -> Iterator[tuple[str, str]]:
    """Yield verbs and applications."""
    from tablewright.apps import NAMES

    for verb in VERBS:
        for app in NAMES:
            if only in f"{verb} {app}":
                yield verb, app


def arguments_of(verb: str) -> tuple[str, ...]:
    """Return the command line of a verb; what would be written is only shown."""
    return ("deploy", "--dry-run") if verb == "deploy" else (verb,)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", default="", help="a commit to compare with")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default="", help="such as `plan poafix`")
    options.add_argument("--clock", action="store_true", help="seconds that somebody waits")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [ROOT / "src"]
        if given.base:
            sources.append(unpacked(given.base, folder / "base"))
        print(f"{'':34}{'now':>8}" + (f"{given.base[:10]:>12}{'ratio':>8}" if given.base else ""))
        for verb, app in cases(given.only):
            seconds: dict[Path, list[float]] = {source: [] for source in sources}
            for _ in range(given.rounds):
                for source, figures in seconds.items():
                    place = folder / str(sources.index(source)) / app
                    if not place.exists():  # each commit with its own model files
                        seconds_of(source, ("init", str(place), "--app", app), folder)
                    figures.append(seconds_of(source, arguments_of(verb), place, clock=given.clock))
            middle = [statistics.median(figures) for figures in seconds.values()]
            line = f"{verb + ' ' + app:34}{middle[0]:8.2f}"
            if given.base:
                line += f"{middle[1]:12.2f}{middle[0] / middle[1]:8.2f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
