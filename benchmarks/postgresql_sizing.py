"""Measure the calibration that ships with PostgreSQL, and the model of its cache beside a server.

    python benchmarks/postgresql_sizing.py [--calls 2000] [--rounds 5] [--machine TEXT] [--write]

Runs what `tablewright calibrate` runs, on an embedded server, with the long values of all reference
applications; `--write` puts the result into src/tablewright/engines/postgresql/calibration.yaml.
Then the hit rate of a cache that is smaller than its data is measured beside what the model says.
Processor time is the on-CPU time of the server's processes, so that other load changes little.
"""

from __future__ import annotations

import argparse
import random
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import tablewright
from tablewright import apps, read_model
from tablewright.engines.postgresql.calibrating import calibrate
from tablewright.engines.postgresql.targets import connect, temporary
from tablewright.evaluation.calibration import calibration_text

TARGET = Path(tablewright.__file__).parent / "engines/postgresql/calibration.yaml"
APPS = ("auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey")
CACHE_MB = 16
READS = 6000
FILLER = 1900
"""Bytes of a row: four of them fill a page."""


def hits() -> dict[str, float]:
    """Return the share of page reads that a cache of a part of the data answers, reads at random.

    The model says: as much as the cache is of the data.
    """
    chance = random.Random(1)
    shares = {}
    reached = temporary()
    with closing(reached):
        buffers = reached.connection.execute("SHOW shared_buffers").fetchone()
        assert buffers is not None
        cache_mb = int(str(buffers[0]).removesuffix("MB"))
        for times in (1.5, 3, 6):
            mb = int(cache_mb * times)
            with closing(connect(reached.address)) as db:
                db.execute("DROP TABLE IF EXISTS wider")
                db.execute("CREATE TABLE wider (id int PRIMARY KEY, body text)")
                db.execute("ALTER TABLE wider ALTER body SET STORAGE PLAIN")
                db.execute(
                    f"INSERT INTO wider SELECT n, repeat('x', {FILLER}) "
                    f"FROM generate_series(1, {mb * 1024 // 2}) n"
                )
                db.execute("VACUUM ANALYZE wider")
            for is_measured in (False, True):
                with closing(connect(reached.address)) as db:
                    if is_measured:
                        db.execute("SELECT pg_stat_reset()")
                    reads = READS if is_measured else int(READS * times * cache_mb / CACHE_MB)
                    for _ in range(reads):
                        db.execute(
                            "SELECT length(body) FROM wider WHERE id = %s",
                            (chance.randint(1, mb * 512),),
                            prepare=True,
                        ).fetchall()
                time.sleep(2)  # statistics of a connection arrive within a second of its end
            with closing(connect(reached.address)) as db:
                row = db.execute(
                    "SELECT heap_blks_hit, heap_blks_read FROM pg_statio_user_tables "
                    "WHERE relname = 'wider'"
                ).fetchone()
            assert row is not None
            name = f"hit share, {cache_mb} MB of {mb} MB, model {1 / times:.2f}"
            shares[name] = row[0] / (row[0] + row[1])
    return shares


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--calls", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--machine", default="")
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    models = [read_model(apps.read(name), f"{name}.yaml").model for name in APPS]
    reached = temporary()
    with closing(reached):
        calibration = calibrate(
            reached, models, calls=given.calls, rounds=given.rounds, say=lambda text: None
        )
    if given.machine:
        calibration = replace(calibration, machine=given.machine)
    text = calibration_text(calibration)
    print(text, end="", flush=True)
    if given.write:
        TARGET.write_text(text)
    for name, share in hits().items():
        print(f"{name:<60} {share:10.3f}")


if __name__ == "__main__":
    main()
