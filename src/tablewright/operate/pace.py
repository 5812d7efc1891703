"""How fast a migration goes: within a stated rate, and slower where a database refuses.

In: what a piece of work took (units, seconds) and whether it was throttled. Out: pauses. It halves
what it allows when it is throttled and raises it by a twentieth with each piece that is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tablewright.design.migrations import MigrationRate
from tablewright.evaluation.doors import Adapter

SLOWER, FASTER = 0.5, 1.05
LONGEST_PAUSE_SECONDS = 30.0


@dataclass
class Pace:
    """Pauses between pieces of work."""

    limit: float | None = None
    """Units a second; None for no limit."""
    share: float | None = None
    """The share of the time that may be spent working, where no units are counted."""
    sleep: Callable[[float], None] = time.sleep
    allowed: float | None = None
    """Units a second that are allowed now."""
    throttled: int = 0
    """Pieces of work that were throttled."""

    def __post_init__(self) -> None:
        """Begin at the limit."""
        self.allowed = self.limit

    def after(self, units: float, seconds: float, *, is_throttled: bool) -> float:
        """Pause after a piece of work; return for how many seconds.

        Args:
            units: that it took; records where none are counted.
            seconds: that it took.
            is_throttled: whether the database refused a part of it for a while.

        Example:
            >>> pace = Pace(limit=100, sleep=lambda seconds: None)
            >>> pace.after(50, 0.1, is_throttled=False)  # 50 units are half a second's
            0.4
        """
        self._adapt(units, seconds, is_throttled=is_throttled)
        pause = 0.0
        if self.allowed:
            pause = units / self.allowed - seconds
        if self.share:
            pause = max(pause, seconds / self.share - seconds)
        pause = min(max(pause, 0.0), LONGEST_PAUSE_SECONDS)
        if pause:
            self.sleep(pause)
        return pause

    def _adapt(self, units: float, seconds: float, *, is_throttled: bool) -> None:
        if is_throttled:
            self.throttled += 1
            reached = units / seconds if seconds > 0 else units
            self.allowed = max(1.0, min(self.allowed or reached, reached) * SLOWER)
        elif self.allowed is not None:
            faster = self.allowed * FASTER
            self.allowed = faster if self.limit is None else min(self.limit, faster)


@dataclass
class PacedWork:
    """Measures pieces of work on one database and pauses after each."""

    adapter: Adapter
    pace: Pace
    dimension: str
    """read or write."""
    clock: Callable[[], float] = time.perf_counter

    def __post_init__(self) -> None:
        """Begin to measure."""
        self.begin()

    def begin(self) -> None:
        """Forget what was measured: a piece of work begins."""
        self._units, self._throttled = self._consumed(), self.adapter.throttled
        self._started = self.clock()

    def end(self, records: int) -> None:
        """Pause as a piece of work requires, and begin the next."""
        seconds = self.clock() - self._started
        units = float(self._consumed() - self._units) or float(records)
        self.pace.after(units, seconds, is_throttled=self.adapter.throttled > self._throttled)
        self.begin()

    def _consumed(self) -> Decimal:
        return sum(
            (each.units for each in self.adapter.consumed() if each.dimension == self.dimension),
            Decimal(0),
        )


def source_pace(rate: MigrationRate | None, source: Adapter, containers: list[str]) -> Pace:
    """Return the pace at which a source is read: a share of what it serves, or without limit."""
    if rate is None or rate.share is None:
        return Pace()
    capacities = [source.read_capacity(name) for name in containers]
    counted = [capacity for capacity in capacities if capacity is not None]
    if len(counted) == len(capacities) and counted:
        return Pace(limit=float(min(counted) * rate.share))
    return Pace(share=float(rate.share))


def target_pace(rate: MigrationRate | None) -> Pace:
    """Return the pace at which a target is written: the units stated, or without limit."""
    if rate is None or rate.units_per_second is None:
        return Pace()
    return Pace(limit=float(rate.units_per_second))
