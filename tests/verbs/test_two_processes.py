"""A report that two processes worked on says what one process says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tablewright.core.processes import SETTING

SRC = Path(__file__).parents[2] / "src"
# Prints how often it was forked, then the report. A process with other threads, as that of the
# tests may be, does not share its work.
PROGRAM = """
import os
from tablewright.reports.pages import written
from tablewright.session import Options, open_to_read
from tablewright.verbs.report import report

forks, fork = [], os.fork
os.fork = lambda: forks.append("one") or fork()
view = report(open_to_read("mongocollectibles", Options(sample_items=16)))
page = written(view, "report", "json")
print(len(forks))
print(page)
"""


def reported(processes: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(SRC), SETTING: processes},
        capture_output=True,
        text=True,
        check=True,
    )
    forks, _, page = ran.stdout.partition("\n")
    return int(forks), page


@pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="one processor, or no fork"
)
def test_two_processes_say_what_one_says() -> None:
    forks, together = reported("")
    assert forks >= 1
    assert reported("1") == (0, together)
