"""What is wrong with a database as it runs: findings with evidence and the command that fixes them.

In: nothing; these are values. Out: the same. An engine examines its own database; `doctor` adds
what is the same for all of them and shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import SECONDS_PER_DAY, ZERO

SEVERE, WARNING, NOTE = "severe", "warning", "note"
URGENCIES = (SEVERE, WARNING, NOTE)


@frozen
class HealthFinding:
    """One thing that is wrong, or could be better."""

    check: str
    """What was checked, such as "recovery"."""
    urgency: str
    """severe, warning or note."""
    place: str
    """Table, index or server."""
    says: str
    evidence: str
    """The figures it rests on, and where they come from."""
    fix: str
    """The command, or what to do."""


@frozen
class MetricSeries:
    """The values of one metric over time."""

    metric: str
    """Such as ConsumedReadCapacityUnits."""
    table: str
    index: str = ""
    operation: str = ""
    period_seconds: int = 3600
    points: tuple[tuple[int, Decimal], ...] = ()
    """Seconds since 1970 and the value of the period that begins then."""

    @property
    def total(self) -> Decimal:
        """The sum of all values."""
        return sum((value for _, value in self.points), ZERO)

    @property
    def days(self) -> Decimal:
        """How many days it covers."""
        if not self.points:
            return ZERO
        moments = [moment for moment, _ in self.points]
        covered = max(moments) - min(moments) + self.period_seconds
        return Decimal(covered) / SECONDS_PER_DAY

    @property
    def largest(self) -> Decimal:
        """The largest value of a period."""
        return max((value for _, value in self.points), default=ZERO)

    @property
    def resource(self) -> str:
        """The table, or "table/index"."""
        return f"{self.table}/{self.index}" if self.index else self.table


@frozen
class ObservedAlarm:
    """An alarm that exists."""

    name: str
    metrics: tuple[str, ...]
    tables: tuple[str, ...]
    has_actions: bool = True
    state: str = ""


@frozen
class Observations:
    """What a monitoring service knows of a database; None where it was not asked."""

    series: tuple[MetricSeries, ...] | None = None
    alarms: tuple[ObservedAlarm, ...] | None = None
    source: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """Whose account it is, the region, and the like."""
    refused: tuple[tuple[str, str], ...] = ()
    """What the caller may not ask, and why it matters: right and reason."""
    commands: tuple[tuple[str, str], ...] = ()
    """What asks the service itself for the units of a table: the table and the command."""

    def of(self, metric: str, table: str, index: str = "") -> tuple[MetricSeries, ...]:
        """Return the series of a metric of one table or index."""
        return tuple(
            each
            for each in self.series or ()
            if (each.metric, each.table, each.index) == (metric, table, index)
        )


@frozen
class RecordSizes:
    """How big the records of one container are."""

    container: str
    records: int
    p50: int
    p95: int
    p99: int
    largest: int
    keys: tuple[tuple[str, int], ...]
    """The largest records: key and bytes."""
    is_partial: bool = False
    """Only some of the records were read."""


@frozen
class ObservedCalls:
    """How often something is done a day, beside what the model says."""

    place: str
    """Table or "table/index"."""
    operation: str
    observed_per_day: Decimal
    expected_per_day: Decimal
    patterns: tuple[str, ...]
    """The access patterns that do it."""


@frozen
class CapacityUse:
    """Provisioned capacity of a table or index beside what was consumed of it."""

    place: str
    """Table or "table/index"."""
    dimension: str
    """read or write."""
    provisioned: int
    """Units a second, as they are now."""
    busiest: Decimal
    """Units a second in the busiest period on record."""
    suggested: int
    """Units a second at which the busiest period would have used `target` of them; at least one."""
    target: Decimal
    """Share of the capacity, such as 0.7."""


@frozen
class Examination:
    """What an engine has found in its own database."""

    findings: tuple[HealthFinding, ...] = ()
    unchecked: tuple[tuple[str, str], ...] = ()
    """What was not checked, and why: not checked is not healthy."""
    calls: tuple[ObservedCalls, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    throttled: Mapping[str, Decimal] = field(default_factory=dict)
    """Throttled requests by table or index, where that is known."""
    capacity: tuple[CapacityUse, ...] = ()
    """Of what has provisioned capacity, where consumption is on record."""
