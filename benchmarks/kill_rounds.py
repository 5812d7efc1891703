"""Kill a writing process again and again; after each round nothing may be lost or half done.

    python benchmarks/kill_rounds.py                    1,000 rounds
    python benchmarks/kill_rounds.py --rounds 20 --durable

Each round kills four writing threads with SIGKILL at a random place, opens the file and compares
items, global index, vector index and stream with each other and with what was acknowledged.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from kill_rounds import Acknowledged, check_file, kill_a_writer

ROUNDS_PER_FILE = 20
"""Rounds after which a new file is begun, so that checking stays quick."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--durable", action="store_true")
    chosen = options.parse_args()
    chance = random.Random(chosen.seed)
    start = time.monotonic()
    writes = deletions = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(chosen.rounds):
            if number % ROUNDS_PER_FILE == 0:
                path = Path(folder) / f"{number}.db"
                known = Acknowledged()
            before = len(known.wrote), len(known.deleted)
            kill_a_writer(path, known, number, chance.randrange(1, 120), durable=chosen.durable)
            check_file(path, known)
            writes += len(known.wrote) - before[0]
            deletions += len(known.deleted) - before[1]
            if number % ROUNDS_PER_FILE == ROUNDS_PER_FILE - 1:
                path.unlink()
    minutes = (time.monotonic() - start) / 60
    print(
        f"{chosen.rounds:,} rounds in {minutes:.1f} minutes: {2 * writes:,} writes and "
        f"{deletions:,} deletions acknowledged, none lost; indexes and stream agree"
    )


if __name__ == "__main__":
    main()
