"""What a proof says: predicted beside metered, for each pattern and each resource. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tablewright.core.quantities import ZERO
from tablewright.engines.base import Measure

AGREEMENT = Decimal("0.01")
"""Prediction and meter agree when they are within one per cent, or within three standard errors."""

ERRORS_ALLOWED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Units of one kind on one resource: predicted and metered, per call of a pattern."""

    resource: str
    dimension: str
    predicted: Measure
    metered: Measure

    @property
    def difference(self) -> Decimal:
        """Metered less predicted, as a share of the predicted."""
        if self.predicted.mean == 0:
            return ZERO if self.metered.mean == 0 else Decimal(1)
        return (self.metered.mean - self.predicted.mean) / self.predicted.mean

    @property
    def error(self) -> Decimal:
        """Standard error of the difference, as a share of the predicted."""
        if self.predicted.mean == 0:
            return ZERO
        return (self.predicted.error**2 + self.metered.error**2).sqrt() / self.predicted.mean

    @property
    def agrees(self) -> bool:
        """Whether the difference is within one per cent or explained by chance."""
        return abs(self.difference) <= max(AGREEMENT, ERRORS_ALLOWED * self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternProof:
    """One access pattern, run."""

    pattern: str
    calls: int
    requests: int
    reads: Comparison
    writes: Comparison
    resources: tuple[Comparison, ...]
    bill_share: Decimal
    """Share of the monthly requests' cost, by the prediction."""
    wrong: tuple[str, ...] = ()
    """What was wrong with answers, the first few."""
    wrong_calls: int = 0
    failures: tuple[str, ...] = ()
    """Errors that were not expected, the first few."""
    retries: int = 0
    latency_ms: tuple[Decimal, Decimal, Decimal] = (ZERO, ZERO, ZERO)
    """50th, 95th and 99th percentile of a call."""
    cannot: str = ""

    @property
    def is_right(self) -> bool:
        """Whether every answer was right and no request failed unexpectedly."""
        return not self.wrong_calls and not self.failures

    @property
    def agrees(self) -> bool:
        """Whether metered units are the predicted ones."""
        return self.reads.agrees and self.writes.agrees


@dataclass(frozen=True, kw_only=True)
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

    @property
    def is_right(self) -> bool:
        """Whether every answer was right, and the tables hold what they should."""
        return not self.state_problems and all(p.is_right for p in self.patterns if not p.cannot)

    @property
    def agrees(self) -> bool:
        """Whether prediction and meter agree for every pattern that was run."""
        return all(p.agrees for p in self.patterns if not p.cannot)
