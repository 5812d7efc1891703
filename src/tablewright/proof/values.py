"""What a proof says: predicted beside metered, for each pattern and each resource. Values only."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import Measure

AGREEMENT = Decimal("0.01")
"""Prediction and meter agree when they are within one per cent."""

MATTERS = Decimal("0.01")
"""Share of the bill above which a pattern has to agree; below it chance is granted as well."""

ERRORS_ALLOWED = 3
"""Standard errors that are granted to chance."""


@frozen
class UnitComparison:
    """Units of one kind on one resource, per call of a pattern: as estimated and as metered."""

    resource: str
    dimension: str
    estimated: Measure
    """Of all instances, which the bill is made of; the error is that of the choice of calls."""
    predicted: Measure
    """Of the instances these calls asked for and wrote."""
    metered: Measure
    """What these calls took; the error is that of its difference from the predicted."""

    @property
    def difference(self) -> Decimal:
        """Metered less predicted, as a share of the predicted."""
        return self._share(self.metered.mean - self.predicted.mean)

    @property
    def error(self) -> Decimal:
        """Standard error of the difference, as a share of the predicted."""
        return self._share(self.metered.error)

    def _share(self, units: Decimal) -> Decimal:
        if self.predicted.mean == 0:
            return ZERO if units == 0 else Decimal(1)
        return units / self.predicted.mean

    @property
    def is_within_one_per_cent(self) -> bool:
        """Whether the difference is at most one per cent."""
        return abs(self.difference) <= AGREEMENT

    @property
    def is_explained(self) -> bool:
        """Whether the difference is at most one per cent, or so small that it may be chance."""
        return self.is_within_one_per_cent or abs(self.difference) <= ERRORS_ALLOWED * self.error

    @property
    def is_typical(self) -> bool:
        """Whether these calls are like those the bill is made of, but for chance.

        Without this a prediction for the calls might be right and the estimate for all wrong.
        """
        apart = abs(self.predicted.mean - self.estimated.mean)
        return apart <= max(AGREEMENT * self.estimated.mean, ERRORS_ALLOWED * self.estimated.error)


@frozen
class PatternProof:
    """One access pattern, run."""

    pattern: str
    calls: int
    requests: int
    reads: UnitComparison
    writes: UnitComparison
    resources: tuple[UnitComparison, ...]
    bill_share: Decimal
    """Share of the monthly requests' cost, by the prediction."""
    of_bill: Decimal = ZERO
    """Share of the whole bill, storage and idle capacity included."""
    wrong: tuple[str, ...] = ()
    """What was wrong with answers, the first few."""
    wrong_calls: int = 0
    failures: tuple[str, ...] = ()
    """Errors that were not expected, the first few."""
    retries: int = 0
    latency_ms: tuple[Decimal, Decimal, Decimal] = (ZERO, ZERO, ZERO)
    """50th, 95th and 99th percentile of a call; the 99th of 100 calls or fewer is the slowest."""
    latency_target_ms: Decimal | None = None
    """The 99th percentile that the model asks for, if it does."""
    cannot: str = ""
    """Why the design does not serve it."""
    not_here: str = ""
    """Why it was not run though the design serves it."""
    planned_access: str = ""
    """Where the estimate finds the answer: table, or "table/index"."""
    access: tuple[str, ...] = ()
    """Where the server found it, as it says itself, the most frequent first."""

    @property
    def was_run(self) -> bool:
        """Whether there are calls to judge it by."""
        return not (self.cannot or self.not_here)

    @property
    def is_right(self) -> bool:
        """Whether every answer was right and no request failed unexpectedly."""
        return not self.wrong_calls and not self.failures

    @property
    def is_in_time(self) -> bool | None:
        """Whether the 99th percentile keeps its target; None without a target or a call."""
        if self.latency_target_ms is None or not self.calls:
            return None
        return self.latency_ms[2] <= self.latency_target_ms

    @property
    def agrees(self) -> bool:
        """Whether metered units are the predicted ones, and these the estimated ones."""
        both = (self.reads, self.writes)
        if self.bill_share > MATTERS and not all(entry.is_within_one_per_cent for entry in both):
            return False
        return all(entry.is_explained and entry.is_typical for entry in both)


@frozen
class LostUpdates:
    """What became of changes that callers made at once, each by reading and writing back."""

    pattern: str
    attribute: str
    """A number, to which each change added one."""
    made: int
    lost: int


@frozen
class ScanComparison:
    """The time of a call that asks by a key, beside that of reading its whole table."""

    pattern: str
    container: str
    """The table that was read."""
    records: int
    """What it stores."""
    scan_ms: Decimal
    """Of one pass over all of them."""
    call_ms: Decimal
    """Of half of the calls, at most."""

    @property
    def factor(self) -> Decimal:
        """How many times as long the pass took; 0 where the call took no time that was measured."""
        return self.scan_ms / self.call_ms if self.call_ms else ZERO


@frozen
class KeptLimit:
    """What became of a limit that several callers met at the same moment."""

    pattern: str
    attribute: str
    """A number to which each caller added one, under a condition."""
    callers: int
    room: int
    """Of them, those that fit below the limit."""
    passed: int
    """Those whose condition was met."""


@frozen(slots=False)
class Proof:
    """A design that was run: the estimate beside the meter."""

    app: str
    design: str
    users: int
    engine: str
    seed: int
    model_digest: str
    patterns: tuple[PatternProof, ...]
    predicted_usd: Decimal
    metered_usd: Decimal
    state_problems: tuple[str, ...] = ()
    """What the tables hold that they should not, or lack, after the run."""
    items_checked: int = 0
    compares_units: bool = True
    """Whether the meter has to agree with the prediction: where requests are charged."""
    date: str = ""
    """When it was run, as YYYY-MM-DD; "" where that was not kept."""
    machine: str = ""
    """Where the calls were made from: system, processor, how many processors."""
    is_embedded: bool = False
    """The server ran on that machine, for the proof only."""
    stands_in: bool = True
    """Another program answered in place of the database: its times are not the database's."""
    lost_updates: tuple[LostUpdates, ...] = ()
    """Of patterns that read, change and write back without a condition."""
    scans: tuple[ScanComparison, ...] = ()
    """Of patterns that ask by a key, where tables were read whole beside them."""
    not_run: tuple[str, ...] = ()
    """What of the design was not run: every call reaches the table behind a cache."""
    kept_limits: tuple[KeptLimit, ...] = ()
    """Of patterns that count under a condition which bounds the number."""

    @property
    def is_right(self) -> bool:
        """Whether every answer was right, and the tables hold what they should."""
        return not self.state_problems and all(p.is_right for p in self.patterns if p.was_run)

    @property
    def agrees(self) -> bool:
        """Whether prediction and meter agree for every pattern that was run.

        Where requests are not charged they are only shown beside each other.
        """
        return not self.compares_units or all(p.agrees for p in self.patterns if p.was_run)

    @property
    def decides_latency(self) -> bool:
        """Whether latency was measured on the database that is meant, over its network."""
        return not self.is_embedded and not self.stands_in

    @property
    def slowest(self) -> PatternProof | None:
        """The pattern that uses most of its latency target; None where none has one."""
        timed = [p for p in self.patterns if p.is_in_time is not None]
        return max(timed, key=lambda p: p.latency_ms[2] / (p.latency_target_ms or 1), default=None)

    @property
    def is_in_time(self) -> bool | None:
        """Whether every pattern with a latency target keeps it; None where none has one."""
        return None if self.slowest is None else self.slowest.is_in_time


def digest_of(source: str) -> str:
    """Return the digest a proof keeps of the model file."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]
