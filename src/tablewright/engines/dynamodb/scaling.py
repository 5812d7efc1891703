"""Provisioned capacity over a day: what auto scaling provisions, and what exceeds it.

In: request units a second on average, the shape of the day, and the limits of the capacity. Out:
the capacity billed in each of the 24 hours and the share of requests that would be throttled. The
day is simulated minute by minute, because dividing the mean by the target hides both the peaks
that throttle and the nights that are paid for. It does not know prices, tables or patterns.

Sources: AWS Developer Guide, "DynamoDB provisioned capacity mode" (raised after two minutes above
the target; charged by the hour for what is provisioned) and "Burst and adaptive capacity" (up to
300 seconds of unused capacity are kept); AWS Knowledge Center, "DynamoDB auto scaling" (lowered
after 15 minutes at 20 percentage points below the target). That an hour costs its highest capacity,
and how often a day capacity may be lowered, are assumptions; both are in `ASSUMPTIONS`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from tablewright.capacity.limits import BURST_SECONDS
from tablewright.core.frozen import frozen
from tablewright.core.quantities import HOURS_PER_MONTH, ZERO
from tablewright.model.statistics import MINUTES_PER_DAY, LoadCurve

RAISE_AFTER = 2
LOWER_AFTER = 15
LOWER_GAP = Decimal("0.2")
DECREASES_AT_ONCE = 4
DECREASES_A_DAY = 27

ASSUMPTIONS = (
    "auto scaling raises capacity after 2 minutes above the target and lowers it after 15 minutes "
    "at 20 percentage points below; every day is the same and begins at midnight UTC",
    "an hour of provisioned capacity is billed at its highest value in that hour",
    "capacity is lowered at most 4 times at will and then once an hour, 27 times a day (a quota "
    "that was not verified)",
)

_MICRO = 1_000_000  # the simulation counts whole millionths of a unit: exact, and fast


@frozen
class Limits:
    """Bounds of one kind of capacity, in units a second; fixed capacity has `floor == ceiling`.

    `target` is the utilisation that auto scaling holds, above 0 and at most 1.
    """

    floor: int = 1
    ceiling: int = 40_000
    target: Decimal = Decimal("0.7")

    @property
    def is_fixed(self) -> bool:
        """Whether the capacity never changes."""
        return self.floor >= self.ceiling

    def holds(self, a_minute: int) -> bool:
        """Whether the least capacity serves this much a minute (in millionths) on target."""
        over, under = self.target.as_integer_ratio()
        return a_minute * under <= self.floor * 60 * _MICRO * over

    def fitting(self, a_minute: int) -> int:
        """Return the capacity at which this much a minute (in millionths) is just the target."""
        over, under = self.target.as_integer_ratio()
        needed = -(-a_minute * under // (60 * _MICRO * over))
        return min(self.ceiling, max(self.floor, needed))


@frozen
class Provisioned:
    """What was provisioned over a day: units a second, billed hour by hour.

    `throttled` is the share of the requested units that neither capacity nor burst could serve.
    """

    hours: tuple[int, ...]
    throttled: Decimal = ZERO
    raised: int = 0
    lowered: int = 0

    @property
    def unit_hours(self) -> Decimal:
        """Unit-hours a month."""
        return sum(self.hours) * HOURS_PER_MONTH / len(self.hours)


def provision(
    demands: Sequence[tuple[Decimal, Limits]], curve: LoadCurve
) -> tuple[Provisioned, ...]:
    """Return what is provisioned for the capacities of one table or index.

    Args:
        demands: mean units a second and the limits, of reads and of writes; they share the
            quota of decreases.
        curve: the shape of the day, the same for all.

    Example:
        >>> [seven] = provision([(Decimal(7), Limits())], LoadCurve())  # 7 / 0.7
        >>> seven.hours[0], seven.unit_hours
        (10, Decimal('7300'))
    """
    return _provision(tuple(demands), curve)


@lru_cache(maxsize=4096)  # planner and reviewer price the same table in many ways
def _provision(
    demands: tuple[tuple[Decimal, Limits], ...], curve: LoadCurve
) -> tuple[Provisioned, ...]:
    if curve.is_flat:
        return tuple(_steady(mean, limits) for mean, limits in demands)
    load = curve.minutes()
    peak = max(load)
    if all(limits.holds(_a_minute(mean * peak)) for mean, limits in demands):
        return tuple(Provisioned(hours=(limits.floor,) * 24) for _, limits in demands)
    arms = [_Arm.start(mean, limits, load) for mean, limits in demands]
    for _day in range(2):  # the first day only brings every arm into its rhythm
        used = 0
        last = -MINUTES_PER_DAY
        for arm in arms:
            arm.begin_day()
        for minute in range(MINUTES_PER_DAY):
            for arm in arms:
                allowed = used < DECREASES_AT_ONCE or (
                    used < DECREASES_A_DAY and minute - last >= 60
                )
                if arm.step(minute, may_lower=allowed):
                    used, last = used + 1, minute
    return tuple(arm.result() for arm in arms)


def _a_minute(units_a_second: Decimal) -> int:
    """Return the units of a minute, to the nearest millionth."""
    return int((units_a_second * 60 * _MICRO).to_integral_value())


def _steady(mean: Decimal, limits: Limits) -> Provisioned:
    """Return what an unchanging load settles at."""
    units = limits.fitting(_a_minute(mean))
    lost = max(ZERO, mean - units) / mean if mean else ZERO
    return Provisioned(hours=(units,) * 24, throttled=lost)


@dataclass(slots=True, kw_only=True)
class _Arm:
    """One kind of capacity while it is simulated; amounts in millionths of a unit."""

    demand: list[int]
    limits: Limits
    target: tuple[int, int]
    low: tuple[int, int]
    units: int
    burst: int = 0
    above: int = 0
    below: int = 0
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=LOWER_AFTER))
    hours: list[int] = field(default_factory=lambda: [0] * 24)
    lost: int = 0
    raised: int = 0
    lowered: int = 0

    @classmethod
    def start(cls, mean: Decimal, limits: Limits, load: Sequence[Decimal]) -> _Arm:
        demand = [_a_minute(mean * weight) for weight in load]
        low = max(ZERO, limits.target - LOWER_GAP)
        return cls(
            demand=demand,
            limits=limits,
            target=limits.target.as_integer_ratio(),
            low=low.as_integer_ratio(),
            units=limits.fitting(demand[0]),
        )

    def begin_day(self) -> None:
        self.hours, self.lost, self.raised, self.lowered = [0] * 24, 0, 0, 0

    def step(self, minute: int, *, may_lower: bool) -> bool:
        """Serve one minute, then scale; return whether capacity was lowered."""
        units = self.units
        self.hours[minute // 60] = max(self.hours[minute // 60], units)
        consumed = self.serve(self.demand[minute], units * 60 * _MICRO)
        if self.limits.is_fixed:
            return False
        self.recent.append(consumed)
        supply = units * 60 * _MICRO
        self.above = self.above + 1 if consumed * self.target[1] > supply * self.target[0] else 0
        self.below = self.below + 1 if consumed * self.low[1] < supply * self.low[0] else 0
        if self.above >= RAISE_AFTER:
            return self.change(max(self.limits.fitting(consumed), units))
        if self.below >= LOWER_AFTER and may_lower:
            return self.change(min(self.limits.fitting(max(self.recent)), units))
        return False

    def serve(self, wanted: int, supply: int) -> int:
        """Take a minute's units from capacity, then from burst; return what was consumed."""
        retained = supply // 60 * BURST_SECONDS
        self.burst = min(retained, self.burst)
        if wanted <= supply:
            self.burst = min(retained, self.burst + supply - wanted)
            return wanted
        from_burst = min(self.burst, wanted - supply)
        self.burst -= from_burst
        self.lost += wanted - supply - from_burst
        return supply + from_burst

    def change(self, units: int) -> bool:
        was, self.units = self.units, units
        if units != was:
            self.above = self.below = 0
        self.raised += units > was
        self.lowered += units < was
        return units < was

    def result(self) -> Provisioned:
        total = sum(self.demand)
        return Provisioned(
            hours=tuple(self.hours),
            throttled=Decimal(self.lost) / total if total else ZERO,
            raised=self.raised,
            lowered=self.lowered,
        )
