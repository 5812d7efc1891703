"""What Spark adds to a migration, and what a second processor gives.

    python benchmarks/migrate_spark.py [--items 20000] [--json FILE]

The same items of one kilobyte are moved from one local engine to another, both behind HTTP: in one
process, and by Spark on `local[1]` and `local[2]`. The engines are processes of their own on the
same machine. Times are those of the clock, and the processor time of everything but the engines:
driver, workers and the Java machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from migrate import MODEL  # the benchmark beside this one
from tablewright import read_model
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target
from tablewright.session import Options, Session

MODES = ("process", "local[1]", "local[2]")


def engine(path: Path, port: int, realism: str = "") -> subprocess.Popen[bytes]:
    """Start a local engine, and wait until it answers."""
    import socket

    command = [sys.executable, "-m", "tablewright", "local", "--port", str(port)]
    command += ["--realism", realism] if realism else []
    process = subprocess.Popen(
        [*command, "--data", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return process
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the local engine does not start")


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def filled(session: Session, name: str, endpoint: str, items: int) -> None:
    """Make the tables of a design, and fill them."""
    connector = make_engine("dynamodb").connector
    adapter = connector.connect(
        session.model, session.design(name), Target(endpoint=endpoint), Path()
    )
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    rows = (
        {
            "thing_id": f"{number:08d}-0000-4000-8000-000000000000",
            "status": "a",
            "made_at": "2026-01-02T03:04:05Z",
            "body": f"{number:08d}" * 115,
        }
        for number in range(items)
    )
    adapter.bulk_write(
        record for row in rows for record in adapter.codec.encode("Thing", row, lambda entity: ())
    )


def migrated(mode: str, folder: Path, model: Path, endpoints: tuple[str, str]) -> dict[str, float]:
    """Run the command as people do; return seconds on the clock and of processors."""
    command = [sys.executable, "-m", "tablewright", "migrate", str(model)]
    command += ["--from", "before", "--to", "after", "--work-dir", str(folder)]
    command += ["--source-endpoint", endpoints[0], "--endpoint", endpoints[1]]
    if mode != "process":
        command += ["--engine", "spark", "--shares", "8"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    run = subprocess.run(
        command,
        env={**os.environ, "TABLEWRIGHT_SPARK_MASTER": mode},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode or "both sides hold the same" not in run.stdout:
        raise SystemExit(run.stdout + run.stderr)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "processor seconds": used}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    session = Session(read_model(MODEL, "kilobyte.yaml"), Options())
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "tablewright.yaml"
        model.write_text(MODEL)
        for items in (0, options.items):
            for mode in MODES:
                ports = free_port(), free_port()
                endpoints = (f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}")
                label = f"{mode}-{items}".replace("[", "").replace("]", "")
                engines = [
                    engine(folder / f"{label}-{side}.db", port) for side, port in enumerate(ports)
                ]
                try:
                    filled(session, "before", endpoints[0], items)
                    filled(session, "after", endpoints[1], 0)
                    figure = migrated(mode, folder / label, model, endpoints)
                    figures[f"{mode}, {items:,} items"] = figure
                    shown = ", ".join(f"{name} {value:,.1f}" for name, value in figure.items())
                    print(f"  {mode}, {items:,} items: {shown}", flush=True)
                finally:
                    for process in engines:
                        process.kill()
                        process.wait()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
