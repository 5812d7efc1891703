"""Pauses between repetitions of a request: the one place that knows how long to wait.

In: how often, and the functions that wait. Out: whether to try again. It knows no database.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

RETRIES = 12
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 20.0


def _sleep(seconds: float) -> None:
    """Pause for half of the time up to all of it, so that callers who met do not meet again."""
    time.sleep(seconds * random.uniform(0.5, 1.0))


@dataclass
class Backoff:
    """Waits longer each time, up to a number of repetitions in a row.

    Example:
        >>> pauses = []
        >>> backoff = Backoff(retries=3, sleep=pauses.append)
        >>> [backoff.wait() for _ in range(4)], pauses
        ([True, True, True, False], [0.1, 0.2, 0.4])
    """

    retries: int = RETRIES
    sleep: Callable[[float], None] = _sleep
    attempt: int = field(default=0, init=False)

    def wait(self) -> bool:
        """Pause before the next repetition; False, at once, where there were enough of them."""
        if self.attempt >= self.retries:
            return False
        self.sleep(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**self.attempt))
        self.attempt += 1
        return True

    def reset(self) -> None:
        """Start again: there was progress."""
        self.attempt = 0
