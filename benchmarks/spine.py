"""The main job: start-up, check, report, growing models. CPU seconds of whole processes.

Each figure is the median of some runs, beside a Python that starts and does nothing, run in turn
with it: machines are noisy, the ratio holds. `--rounds N` sets the number of runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TABLEWRIGHT = (sys.executable, "-m", "tablewright")
NOTHING = (sys.executable, "-c", "pass")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
}


def cpu_seconds(command: tuple[str, ...], folder: Path) -> tuple[float, int]:
    """Return the CPU seconds of a process and its peak memory in MB."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=ENVIRONMENT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode()
    # a missed target ends with 1, and so does a Python that finds no module
    if process.returncode not in (0, 1) or "No module named" in said:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {said[-500:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def row(name: str, command: tuple[str, ...], folder: Path, rounds: int) -> None:
    own: list[float] = []
    idle: list[float] = []
    memory = 0
    cpu_seconds(command, folder)  # compile once
    for _ in range(rounds):
        seconds, peak = cpu_seconds(command, folder)
        own.append(seconds)
        memory = max(memory, peak)
        idle.append(cpu_seconds(NOTHING, folder)[0])
    middle, base = statistics.median(own), statistics.median(idle)
    spread = f"{min(own):8.2f}{max(own):8.2f}"
    print(f"{name:44}{middle:8.2f} s{spread}{middle / base:10.0f} x{memory:8} MB")


def generated(entities: int, patterns: int) -> str:
    """Return a model file with so many entities (two thirds of them children) and patterns."""
    lines = ["app: generated", "region: us-east-1", "scales: [1000, 100000]", "entities:"]
    for number in range(entities):
        lines.append(f"  E{number}:")
        if number % 3:
            lines += [f"    of: E{number - number % 3}", "    count: 5"]
        lines += [
            f"    key: e{number}_id",
            "    attributes:",
            f"      e{number}_id: uuid",
            "      owner: {type: id, bytes: 12, distinct: 1000}",
            "      status: {type: enum, values: {a: 80%, b: 20%}}",
            "      created: timestamp",
            f"      body: text({100 + 37 * number % 3000})",
            "      amount: money",
        ]
    kinds = (
        "get: {e}, by: {k}",
        "list: {e}, where: owner, sort: -created, limit: 20",
        "update: {e}, by: {k}, set: [status]",
        "put: {e}",
        "list: {e}, where: {{status: b}}, limit: 50",
    )
    lines.append("patterns:")
    for number in range(patterns):
        owner = number % entities
        what = kinds[number // entities % 5].format(e=f"E{owner}", k=f"e{owner}_id")
        lines.append(f"  p{number}: {{{what}, rate: {1 + number % 7}/user/day}}")
    lines.append("designs:\n  current:\n    engine: dynamodb\n    tables:")
    for number in range(entities):
        lines.append(
            f"      tbl{number}: {{key: e{number}_id, items: E{number}, indexes: {{"
            "by-owner: {key: [owner, created], project: all}, "
            "by-status: {key: [status, created], project: keys-only}}}"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    print(f"{'':44}{'CPU':>8}  {'least':>8}{'most':>8}{'python -c pass':>12}{'memory':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = folder / "stj"
        subprocess.run(
            [*TABLEWRIGHT, "init", str(app), "--app", "screen-time-journey"],
            check=True,
            capture_output=True,
            env=ENVIRONMENT,
        )
        row("--help", (*TABLEWRIGHT, "--help"), folder, rounds)
        row("check, Screen Time Journey", (*TABLEWRIGHT, "check"), app, rounds)
        report = (*TABLEWRIGHT, "report", "--output", "report.html")
        row("report as HTML, Screen Time Journey", report, app, rounds)
        for entities in (25, 50, 100, 200):
            place = folder / f"e{entities}"
            place.mkdir()
            text = generated(entities, entities * 5)
            (place / "tablewright.yaml").write_text(text, encoding="utf-8")
            name_of = f"check, {entities} entities, {entities * 5} patterns"
            row(name_of, (*TABLEWRIGHT, "check"), place, max(1, rounds // 2))


if __name__ == "__main__":
    main()
