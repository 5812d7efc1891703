"""The running bill of a store: what its calls have consumed, by pattern, and what that costs.

In: outcomes of calls, the unit prices of the design's own bill. Out: calls, units and US dollars.
Where requests are not charged one by one (provisioned tables, servers) there is no price, and none
is invented: the units are counted, `usd` is None.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tablewright.bill.dimensions import Dimension
from tablewright.core.quantities import ZERO
from tablewright.evaluation.doors import Outcome
from tablewright.evaluation.values import Evaluation

_DIMENSIONS = {Dimension.READS: "read", Dimension.WRITES: "write"}
PER_REQUEST = ".ondemand."


@dataclass(slots=True)
class PatternUse:
    """What the calls of one pattern took."""

    calls: int = 0
    failures: int = 0
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0
    units: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """By resource and dimension."""

    def of(self, dimension: str) -> Decimal:
        """Return the units of one dimension, "read" or "write"."""
        return sum((u for (_, kind), u in self.units.items() if kind == dimension), ZERO)


class RunningUse:
    """Adds up what calls consume; safe across threads."""

    def __init__(
        self, evaluation: Evaluation, default: Mapping[str, Decimal] | None = None
    ) -> None:
        """Take the prices of a design.

        Args:
            evaluation: its bill has a unit price for each resource that is charged by request.
            default: prices of "read" and "write" where every resource is charged by request, for
                those that the bill has no line of.
        """
        self._prices = unit_prices(evaluation)
        self._default = dict(default or {})
        self._lock = threading.Lock()
        self.patterns: dict[str, PatternUse] = {}

    def add(self, pattern: str, outcome: Outcome, *, failed: bool = False) -> None:
        """Add one request of a call."""
        with self._lock:
            use = self.patterns.setdefault(pattern, PatternUse())
            use.calls += 1
            use.failures += failed
            self._add(use, outcome)

    def add_more(self, pattern: str, outcome: Outcome) -> None:
        """Add what the same call took besides."""
        with self._lock:
            self._add(self.patterns.setdefault(pattern, PatternUse()), outcome)

    def _add(self, use: PatternUse, outcome: Outcome) -> None:
        use.requests += outcome.requests
        use.retries += outcome.retries
        use.seconds += outcome.seconds
        for consumed in outcome.consumed or ():
            key = (consumed.resource, consumed.dimension)
            use.units[key] = use.units.get(key, ZERO) + consumed.units

    def units(self, dimension: str) -> Decimal:
        """Return the read or write units of all calls."""
        with self._lock:
            return sum((use.of(dimension) for use in self.patterns.values()), ZERO)

    @property
    def calls(self) -> int:
        """How many calls were made."""
        with self._lock:
            return sum(use.calls for use in self.patterns.values())

    @property
    def usd(self) -> Decimal | None:
        """What all calls cost in US dollars; None where requests are not charged one by one."""
        with self._lock:
            costs = [self._usd_of(use) for use in self.patterns.values()]
        known = [cost for cost in costs if cost is not None]
        return sum(known, ZERO) if len(known) == len(costs) else None

    def usd_of(self, pattern: str) -> Decimal | None:
        """Return what the calls of one pattern cost; None where that has no price."""
        with self._lock:
            use = self.patterns.get(pattern)
            return ZERO if use is None else self._usd_of(use)

    def _usd_of(self, use: PatternUse) -> Decimal | None:
        total = ZERO
        if not self._prices and not self._default:
            return None
        for (resource, dimension), units in use.units.items():
            price = self._prices.get((resource, dimension), self._default.get(dimension))
            if price is None:
                return None
            total += units * price
        return total


def unit_prices(evaluation: Evaluation) -> dict[tuple[str, str], Decimal]:
    """Return USD of a unit by resource and dimension, where a design is charged by request."""
    prices: dict[tuple[str, str], Decimal] = {}
    for line in evaluation.bill.lines:
        dimension = _DIMENSIONS.get(line.dimension)
        if dimension is not None and PER_REQUEST in line.price_key:
            prices[line.resource, dimension] = line.unit_price / line.per
    return prices
