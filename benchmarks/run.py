"""Run the project's benchmarks, one after another, each in a process of its own.

    python benchmarks/run.py            all of them
    python benchmarks/run.py --list     what there is
    python benchmarks/run.py client     only those whose name has "client" in it

Options behind `--` go to the benchmark: `python benchmarks/run.py http -- --seconds 5 --rounds 3`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = {
    "spine": "start-up, check and report, and models of growing size",
    "engine": "the local engine through its own API, in memory and on disk",
    "local_client": "the local engine through boto3 in process, beside moto",
    "local_http": "the local engine over HTTP, beside DynamoDB Local, dynoxide and dynalite",
    "store_calls": "calls of the store beside plain boto3 calls, over HTTP",
    "services": "main routes of the services, in process and over HTTP",
    "shop_day": "a day of MongoCollectibles by its routes, beside the predicted bill",
    "sampling": "items drawn from a model",
    "seeding": "items of 1 KB seeded through the local engine in process",
    "migrate": "items of 1 KB from one local database to another, checked and verified",
    "migrate_peer": "a migration beside a plain loop: time, and what a kill leaves behind",
    "migrate_spark": "a migration on Spark beside one process (minutes; only when named)",
    "migrate_apps": "the migrations of the five applications (minutes; only when named)",
    "proving": "prove of Screen Time Journey, from start to verdict",
    "three_engines": "one application on three databases, measured and priced (only when named)",
    "kill_rounds": "a writer killed again and again (1,000 rounds; only when named)",
    "soak": "a server under mixed load: flat memory (ten minutes; only when named)",
    "vectors": "vector search: exact beside the speed of memory, approximate with its recall",
    "postgresql_sizing": "what a PostgreSQL server takes for the work that sizing counts",
    "wiredtiger_sizing": "what MongoDB's storage engine keeps and writes (only when named)",
}

LONG = {
    "kill_rounds",
    "migrate_apps",
    "migrate_spark",
    "soak",
    "three_engines",
    "wiredtiger_sizing",
}
"""Run only when they are named."""


def main(arguments: list[str]) -> int:
    """Run the benchmarks named; return the first exit code that is not 0."""
    if "--list" in arguments:
        for name, what in BENCHMARKS.items():
            print(f"{name:19}{what}")
        return 0
    at = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, options = arguments[:at], arguments[at + 1 :]
    chosen = [
        name
        for name in BENCHMARKS
        if any(part in name for part in wanted) or (not wanted and name not in LONG)
    ]
    if not chosen:
        print(f"no benchmark of that name; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    env = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
    for name in chosen:
        print(f"\n== {name}: {BENCHMARKS[name]}\n", flush=True)
        done = subprocess.run([sys.executable, HERE / f"{name}.py", *options], env=env, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
