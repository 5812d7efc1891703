"""Share independent work between two processes, where there are two processors.

In: functions that depend on nothing but what is there already. Out: what they return, by number,
to be kept for when it is asked for. The second process is a copy of this one (`fork`, on Linux), so
that whatever was computed before is known to both; both take the next job that nobody has begun.
What fails has no result: it fails again where it is asked for, so that errors are those of a single
process. Set TABLEWRIGHT_PROCESSES=1 to work in one.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

Job = Callable[[], Any]
SETTING = "TABLEWRIGHT_PROCESSES"
MOST_JOBS = 16_384
"""Two bytes each, they have to fit into a pipe at once."""
_TOKEN_BYTES = 2

_is_sharing = False


def worked_ahead(jobs: Sequence[Job]) -> dict[int, Any]:
    """Return what jobs return, by their place; nothing where there is no second process.

    Two processes work on them, so the results have to be values that pickle can write. Jobs that
    have jobs of their own do them in their own process. Those that take long come first.

    Example:
        >>> worked_ahead([lambda: 1, lambda: 2]) in ({0: 1, 1: 2}, {})
        True
    """
    if not 2 <= len(jobs) <= MOST_JOBS or not can_share():
        return {}
    return _shared(jobs)


def all_of(jobs: Sequence[Job]) -> list[Any]:
    """Return what jobs return, in their order, computed in two processes where that is possible.

    Example:
        >>> all_of([lambda: "a", lambda: "b"])
        ['a', 'b']
    """
    results = worked_ahead(jobs)
    return [results[n] if n in results else job() for n, job in enumerate(jobs)]


def can_share() -> bool:
    """Whether a second process may be made and has a processor."""
    return (
        sys.platform == "linux"
        and not _is_sharing
        and os.environ.get(SETTING, "") != "1"
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1  # a copy of a process has none of its other threads
    )


def _shared(jobs: Sequence[Job]) -> dict[int, Any]:
    """Return what both processes computed, by the number of the job."""
    global _is_sharing
    queue, numbers = os.pipe()
    os.write(numbers, b"".join(n.to_bytes(_TOKEN_BYTES) for n in range(len(jobs))))
    os.close(numbers)
    theirs, answer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, and there are none
        other = os.fork()
    _is_sharing = True
    if not other:
        _work_beside(jobs, queue, answer)
    os.close(answer)
    try:
        with os.fdopen(theirs, "rb") as stream:
            results = dict(_begun(jobs, queue))
            content = stream.read()
        results.update(pickle.loads(content) if content else {})
    except BaseException:
        os.kill(other, signal.SIGKILL)
        raise
    finally:
        _is_sharing = False
        os.close(queue)
        os.waitpid(other, 0)
    return results


def _begun(jobs: Sequence[Job], queue: int) -> Iterator[tuple[int, Any]]:
    """Yield the results of jobs that this process draws from the queue and that do not fail."""
    while token := os.read(queue, _TOKEN_BYTES):
        number = int.from_bytes(token)
        with contextlib.suppress(Exception):
            yield number, jobs[number]()


def _work_beside(jobs: Sequence[Job], queue: int, answer: int) -> NoReturn:
    """Work as the second process: what it has when it ends is sent, and nothing else is done."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process reports an interruption
        gc.disable()  # it ends soon, and looking for garbage would copy the memory
        results = dict(_begun(jobs, queue))
        with os.fdopen(answer, "wb") as stream:
            stream.write(pickle.dumps(results, pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)
