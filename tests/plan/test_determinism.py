"""The same file gives the same plan, to the byte, whatever Python's hashes are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tablewright.apps import read


def test_two_runs_with_different_hash_seeds_print_the_same_bytes(tmp_path):
    file = tmp_path / "tablewright.yaml"
    file.write_text(read("mongocollectibles"))
    command = [
        sys.executable,
        "-m",
        "tablewright",
        "plan",
        str(file),
        "--json",
        "--from",
        "current",
    ]
    printed = []
    source = str(Path(__file__).parents[2] / "src")
    for seed in ("1", "20"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": source}
        run = subprocess.run(command, capture_output=True, env=environment, check=True)
        printed.append(run.stdout)
    assert len(printed[0]) > 1000
    assert printed[0] == printed[1]
