"""A report that two processes worked on says what one process says."""

from __future__ import annotations

import pytest

from tablewright.core.processes import SETTING, can_share
from tablewright.reports.pages import written
from tablewright.session import Options, open_to_read
from tablewright.verbs.report import report


@pytest.mark.skipif(not can_share(), reason="one processor, or no fork")
def test_two_processes_say_what_one_says(monkeypatch):
    few = Options(sample_items=16)
    together = written(report(open_to_read("mongocollectibles", few)), "report", "json")
    monkeypatch.setenv(SETTING, "1")
    assert written(report(open_to_read("mongocollectibles", few)), "report", "json") == together
