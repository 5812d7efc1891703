"""A migration beside the loop that people write: time, and what is left after a kill.

    python benchmarks/migrate_peer.py [--items 20000] [--kills 3] [--json FILE]

The peer is a plain loop with boto3, written here: scan a page, put it in batches of 25, no place
kept, no check, unprocessed items not looked at, as most examples have it. (mongo2dynamo and the
bulk executor of amazon-dynamodb-tools could not be had from a package index.) Both copy the same
items of one kilobyte between two local engines behind HTTP, and are killed with SIGKILL at the same
shares of their own time; then each is started again until it ends. Throttled, the target has so few
write units that a quarter of the items do not fit into its burst, as the service would have it.
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

from migrate_spark import engine, filled, free_port

from migrate import MODEL
from tablewright import read_model
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target
from tablewright.session import Options, Session

BURST_SECONDS = 300
"""Of unused capacity that a table keeps: Developer Guide, "Burst and adaptive capacity"."""
WORKER = """
import sys
import boto3
from botocore.config import Config

source, target = sys.argv[1:3]
options = dict(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
reader = boto3.client("dynamodb", endpoint_url=source, **options)
writer = boto3.client("dynamodb", endpoint_url=target, **options)
start, batch_number = {}, 0
while True:
    page = reader.scan(TableName="things", **start)
    items = page["Items"]
    for first in range(0, len(items), 25):
        puts = [
            {"PutRequest": {"Item": {"PK": {"S": "T#" + i["thing_id"]["S"]}, "SK": {"S": "THING"}, **i}}}
            for i in items[first : first + 25]
        ]
        writer.batch_write_item(RequestItems={"all": puts})
    if "LastEvaluatedKey" not in page:
        break
    start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
"""  # noqa: E501 - as people write it


def commands(folder: Path, model: Path, endpoints: tuple[str, str]) -> dict[str, list[str]]:
    """Return how each is started."""
    migrate = [sys.executable, "-m", "tablewright", "migrate", str(model), "--from", "before"]
    migrate += ["--to", "after", "--work-dir", str(folder / "work")]
    migrate += ["--source-endpoint", endpoints[0], "--endpoint", endpoints[1]]
    worker = folder / "loop.py"
    worker.write_text(WORKER)
    return {"migrate": migrate, "loop": [sys.executable, str(worker), *endpoints]}


def ended(command: list[str], kills: int, seconds: float) -> tuple[int, float]:
    """Run until it ends, killed so many times before; return runs and processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for number in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds * (number + 1) / (kills + 1))
        process.kill()
        process.wait()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return kills + 1, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def counted(session: Session, endpoint: str) -> int:
    """Return how many items the target holds."""
    connector = make_engine("dynamodb").connector
    adapter = connector.connect(
        session.model, session.design("after"), Target(endpoint=endpoint), Path()
    )
    items = sum(len(page) for _, page in adapter.scan("all"))
    adapter.close()
    return items


def measured(name: str, items: int, kills: int, folder: Path) -> dict[str, float]:
    """Copy once undisturbed, then killed, then throttled; return figures."""
    figures: dict[str, float] = {}
    seconds = 0.0
    for label in ("undisturbed", "killed", "throttled"):
        place = folder / f"{name}-{label}"
        place.mkdir()
        is_throttled = label == "throttled"
        # three quarters of the items, of one or two units each, fit into the burst
        units = max(1, round(items * 2 * 0.75 / BURST_SECONDS))
        text = MODEL if not is_throttled else throttling(MODEL, units)
        session = Session(read_model(text, "kilobyte.yaml"), Options())
        model = place / "tablewright.yaml"
        model.write_text(text)
        ports = free_port(), free_port()
        endpoints = (f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}")
        engines = [
            engine(place / f"{side}.db", port, '{"throughput": true}' if side == throttled else "")
            for side, port in enumerate(ports)
            for throttled in (1 if is_throttled else -1,)
        ]
        try:
            filled(session, "before", endpoints[0], items)
            filled(session, "after", endpoints[1], 0)
            command = commands(place, model, endpoints)[name]
            begun = time.perf_counter()
            runs, used = ended(command, kills if label == "killed" else 0, seconds)
            seconds = seconds or time.perf_counter() - begun
            figures[f"{label}, runs"] = runs
            figures[f"{label}, processor seconds"] = used
            figures[f"{label}, items missing"] = items - counted(session, endpoints[1])
            print(f"  {name}, {label}: {list(figures.values())[-3:]}", flush=True)
        finally:
            for process in engines:
                process.kill()
                process.wait()
    return figures


def throttling(model: str, units: int) -> str:
    """Return the model with a target of so many write units a second."""
    head, mark, tail = model.rpartition("mode: on-demand")
    assert mark
    return f"{head}mode: {{rcu: 1000, wcu: {units}}}{tail}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for peer in ("migrate", "loop"):
            results[peer] = measured(peer, options.items, options.kills, Path(name))
            print(f"{peer}:")
            for label, figure in results[peer].items():
                print(f"  {label:36}{figure:>12,.1f}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
