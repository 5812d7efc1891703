"""Work in two processes: each job once, errors where they are asked for, nobody left over."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tablewright.core.processes import SETTING, can_share, worked_ahead

PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
alone = pytest.mark.skipif(
    not can_share(), reason="one processor, no fork, or threads beside the tests (-n): run apart"
)


@pytest.mark.skipif(can_share() or PROCESSORS == 1, reason="the tests below run, or cannot")
def test_the_tests_below_pass_in_a_process_without_other_threads():
    # Workers of pytest-xdist have a thread of their own, so that none of them may be copied.
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", __file__]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.split()[0] == "s" + 9 * ".", done.stdout  # this one is left out there


def by_whom() -> int:
    """Take long enough for the other process to take the next job."""
    time.sleep(0.05)
    return os.getpid()


def answers(number: int) -> Callable[[], int]:
    return lambda: number * number


@alone
def test_two_processes_take_the_jobs_in_turns():
    workers = worked_ahead([by_whom] * 6)
    assert sorted(workers) == [0, 1, 2, 3, 4, 5]
    assert len(set(workers.values())) == 2
    assert os.getpid() in workers.values()


@alone
def test_each_result_is_that_of_its_job():
    assert worked_ahead([answers(n) for n in range(1000)]) == {n: n * n for n in range(1000)}


@alone
def test_a_job_that_fails_has_no_result_and_the_others_have():
    def fails() -> int:
        raise ValueError("no")

    assert worked_ahead([answers(2), fails, answers(3)]) == {0: 4, 2: 9}


@alone
def test_jobs_of_a_job_are_left_to_its_own_process():
    assert worked_ahead([lambda: worked_ahead([by_whom, by_whom])] * 2) == {0: {}, 1: {}}


@alone
def test_one_job_needs_no_second_process():
    assert worked_ahead([by_whom]) == {}


@alone
def test_a_setting_keeps_the_work_in_one_process(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    assert worked_ahead([by_whom, by_whom]) == {}


@alone
def test_a_process_with_threads_is_not_copied():
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert worked_ahead([by_whom, by_whom]) == {}
    finally:
        ended.set()
        thread.join()


@alone
def test_results_that_cannot_be_sent_are_computed_where_they_are_asked_for():
    mine = os.getpid()

    def unsent() -> object:
        by_whom()
        return 1 if os.getpid() == mine else threading.Lock()

    found = worked_ahead([unsent, unsent])
    assert set(found.values()) == {1}
    assert len(found) == 1


@alone
def test_an_interruption_ends_the_other_process_too():
    mine = os.getpid()

    def interrupted() -> None:
        if os.getpid() == mine:
            raise KeyboardInterrupt
        time.sleep(60)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        worked_ahead([interrupted, interrupted])
    assert time.monotonic() - began < 30
    with pytest.raises(ChildProcessError):  # none is left to wait for
        os.waitpid(-1, os.WNOHANG)
