"""What a load run is asked for and what it says: values only.

Times are seconds from the start of a run; latency is milliseconds from when a call was due.
"""

from __future__ import annotations

import enum
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO

Percentiles = tuple[Decimal | None, Decimal | None, Decimal | None]
"""The 50th, 95th and 99th, in milliseconds; None where no call came to its end."""


class CallResult(enum.Enum):
    """What became of a call."""

    DONE = "done"
    REFUSED = "refused"
    """Its condition did not hold: callers at once change what each other has read."""
    ERROR = "error"
    NOT_BEGUN = "not begun"


@frozen
class LoadPlan:
    """How many clients call how often for how long."""

    clients: int
    seconds: Decimal
    per_second: Decimal
    """Calls of all patterns a second."""
    spike: Decimal = ONE
    """What the rate is multiplied with in the middle third of the time."""

    @property
    def phases(self) -> tuple[tuple[Decimal, Decimal, Decimal], ...]:
        """Start, end and calls a second of each phase: one, or three with a spike in the middle."""
        if self.spike == ONE:
            return ((ZERO, self.seconds, self.per_second),)
        third = self.seconds / 3
        return (
            (ZERO, third, self.per_second),
            (third, third * 2, self.per_second * self.spike),
            (third * 2, self.seconds, self.per_second),
        )


@frozen
class TimedCall:
    """One call: when it was due, begun and ended, and what became of it."""

    pattern: str
    due: float
    begun: float | None = None
    ended: float = 0.0
    repeats: int = 0
    """Requests that were throttled, or met another transaction, and were sent again."""
    result: CallResult = CallResult.NOT_BEGUN
    message: str = ""


@frozen
class LoadSlice:
    """A stretch of time of a run."""

    start_s: Decimal
    asked_per_second: Decimal
    done_per_second: Decimal
    """Of calls that came to their end in it."""
    waiting: int
    """Calls that were due at its end and had no client yet."""
    repeats: int
    refused: int
    errors: int
    latency_ms: Percentiles
    """Of the calls that were due in it."""


@frozen
class PatternLoad:
    """The calls of one pattern, or of all."""

    pattern: str
    """"" of all."""
    asked: int
    done: int
    refused: int
    errors: int
    not_begun: int
    repeats: int
    latency_ms: Percentiles


@frozen(slots=False)
class LoadRun:
    """A design under load."""

    app: str
    design: str
    database: str
    """The engine of the design."""
    users: int
    engine: str
    """Which server it was."""
    date: str
    machine: str
    is_embedded: bool
    stands_in: bool
    limits: str
    """What a stand-in was told to refuse as the database would; "" where nothing."""
    plan: LoadPlan
    total: PatternLoad
    patterns: tuple[PatternLoad, ...]
    slices: tuple[LoadSlice, ...]
    first_trouble_s: Decimal | None
    """When the first throttled, repeated or failed call ended; None where there was none."""
    own_delay_ms: Decimal | None
    """By how much this program was late to hand over calls, the 99th percentile."""
    errors: tuple[str, ...] = ()
    not_called: tuple[str, ...] = ()
    """Patterns that the design cannot serve or the server does not run, that have no rate, or that
    search for words."""

    @property
    def is_clean(self) -> bool:
        """Whether every call was carried out without an error."""
        return not self.total.errors and not self.total.not_begun
