"""What every engine has in common: routes, what they consume, and the registry of engines.

`Route` is one access pattern on one design: the requests that would be sent, with counts, bytes
and units, and why no cheaper route is correct. Planner and reviewer see engines only through this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tablewright.core.quantities import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A mean over the sample and its standard error, both per call of the pattern."""

    mean: Decimal = ZERO
    error: Decimal = ZERO

    def __add__(self, other: Measure) -> Measure:
        return Measure(mean=self.mean + other.mean, error=(self.error**2 + other.error**2).sqrt())

    def times(self, factor: Decimal) -> Measure:
        """Return it scaled."""
        return Measure(mean=self.mean * factor, error=self.error * abs(factor))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitUse:
    """Units one request takes from one resource: "read" or "write", table or "table/index"."""

    resource: str
    dimension: str
    units: Measure
    why: str = ""
    """The arithmetic in words and figures, such as `ceil(51,204 B / 1 KB) = 51`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One kind of request of a route, as it is sent `calls` times (a mean) for each call."""

    operation: str
    target: str
    """Table, or "table/index"."""
    calls: Decimal = Decimal(1)
    items: Decimal = Decimal(1)
    """Items evaluated by each request, a mean."""
    bytes: Decimal = ZERO
    """Bytes evaluated or written by each request, a mean."""
    pages: Decimal = Decimal(1)
    uses: tuple[UnitUse, ...] = ()
    template: Mapping[str, Any] = field(default_factory=dict)
    """The parameters as boto3 takes them, with `:value` placeholders filled from the sample."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A route that was considered and not taken, and why."""

    route: str
    reason: str
    units: Decimal | None = None
    """What it would have cost per call in USD, where it was correct but dearer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How one design answers one access pattern."""

    pattern: str
    design: str
    requests: tuple[Request, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    cannot: str = ""
    """Not empty: the design cannot serve the pattern, and this is why."""
    target: str = ""
    """Where the answer comes from: table or "table/index"."""
    operation: str = ""
    """get, query, scan, batch, put, update, delete, transact: the main request."""
    depth: int = 1
    """Sequential round trips."""
    matched: Decimal = ZERO
    """Entries that meet the key condition."""
    returned: Decimal = ZERO
    filtered: tuple[str, ...] = ()
    """Conditions that are not in the key: evaluated after the read is billed."""
    fetches: bool = False
    """Items are fetched from the table after the index was read."""
    sorts_in_code: bool = False
    """The order asked for is made by the caller, after reading everything."""
    reads_first: bool = False
    """A write that has to read before: read-modify-write."""
    warnings: tuple[str, ...] = ()

    @property
    def is_served(self) -> bool:
        """Whether the design can serve the pattern."""
        return not self.cannot

    def units(self, dimension: str, resource: str | None = None) -> Measure:
        """Return the read or write units of one call, of one resource or of all."""
        total = Measure()
        for request in self.requests:
            for use in request.uses:
                if use.dimension == dimension and resource in (None, use.resource):
                    total = total + use.units
        return total
