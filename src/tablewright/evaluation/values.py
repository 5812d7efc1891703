"""Values that every engine returns: routes, the requests they are made of, what these consume.

In: nothing; these are values. `Route` is one access pattern on one design: the requests that would
be sent, with counts, bytes and units, and why no cheaper route is correct. No engine, no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tablewright.capacity.limits import STORAGE_OVERHEAD_BYTES
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO, percent

if TYPE_CHECKING:
    from tablewright.bill.bill import Bill
    from tablewright.design.values import Design
    from tablewright.model.values import Model, Pattern


@frozen
class Measure:
    """A mean over the sample and its standard error, both per call of the pattern."""

    mean: Decimal = ZERO
    error: Decimal = ZERO

    def __add__(self, other: Measure) -> Measure:
        return Measure(mean=self.mean + other.mean, error=(self.error**2 + other.error**2).sqrt())

    def times(self, factor: Decimal) -> Measure:
        """Return it scaled."""
        return Measure(mean=self.mean * factor, error=self.error * abs(factor))


MOST_REFUSED = Decimal("0.01")
"""Share of the requests to a table that its capacity may refuse: retries of a client get those
through. What refuses more does not carry the load, and what it costs is not compared."""

VECTOR_WRITE, VECTOR_SEARCH = "vector-write", "vector-search"
"""Dimensions whose units are bytes: written to, and searched in, a vector index."""

INDEX_WRITE, PAGE = "index write", "page"
"""Dimensions of servers: entries written to all indexes of a table, and pages touched."""


@frozen
class UnitUse:
    """Units one request consumes on one resource: "read" or "write", table or "table/index".

    Of object storage, requests: "get" or "put", "table/objects". Of servers, what they read, write
    and touch, which nobody charges.
    """

    resource: str
    dimension: str
    units: Measure
    counts: str = ""
    """What the units are on a server, as `rows` or `index entries`; empty for request units."""
    why: str = ""
    """The arithmetic in words and figures, such as `ceil(51,204 B / 1 KB) = 51`."""


@frozen
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
    keys: tuple[str, ...] = ()
    """Attributes among its parameters that a table or an index is keyed by."""
    statement: str = ""
    """The request in the engine's own language, to be pasted: SQL, or a call of PyMongo."""
    note: str = ""


@frozen
class Rejected:
    """A route that was considered and not taken, and why."""

    route: str
    reason: str
    is_correct: bool = False
    """Whether it gives the right answer, and only takes more."""
    units: Decimal | None = None
    """What it would have cost per call in USD, where it was correct but more expensive."""


@frozen
class Route:
    """How one design answers one access pattern."""

    pattern: str
    design: str
    requests: tuple[Request, ...] = ()
    steps: tuple[Any, ...] = ()
    """The same as the engine's own steps: keys as templates, to be filled for any instance."""
    parts: tuple[Route, ...] = ()
    """Of a `read` whose parts are asked for side by side: the route of each."""
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
    def targets(self) -> tuple[str, ...]:
        """Where the answer comes from: one place, of a `read` side by side that of each part."""
        return tuple(part.target for part in self.parts) or (self.target,)

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


def side_by_side(pattern: Pattern, design: str, parts: Sequence[Route]) -> Route:
    """Return the route of a `read` whose parts are asked for each by itself, all at once."""
    refused = next((part for part in parts if not part.is_served), None)
    if refused is not None:
        return replace(refused, pattern=pattern.name, design=design)
    operations = [part.operation for part in parts]
    return Route(
        pattern=pattern.name,
        design=design,
        parts=tuple(parts),
        requests=tuple(request for part in parts for request in part.requests),
        steps=tuple(step for part in parts for step in part.steps),
        rejected=tuple(
            replace(entry, route=f"{entry.route} for {part.entity}")
            for part, own in zip(pattern.parts, parts, strict=True)
            for entry in own.rejected
        ),
        target=", ".join(dict.fromkeys(part.target for part in parts)),
        operation=next((o for o in ("scan", "query") if o in operations), operations[0]),
        depth=max(part.depth for part in parts),
        matched=sum((part.matched for part in parts), ZERO),
        returned=sum((part.returned for part in parts), ZERO),
        filtered=tuple(dict.fromkeys(name for part in parts for name in part.filtered)),
        fetches=any(part.fetches for part in parts),
        sorts_in_code=any(part.sorts_in_code for part in parts),
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
    )


@frozen
class SizeFacts:
    """How big the items of one shape (or the entries of one index) are, in bytes."""

    mean: Measure
    p50: int
    p95: int
    p99: int
    largest: int
    """The largest of the sample."""
    histogram: tuple[tuple[int, int], ...] = ()
    """Upper bound of the bytes, and how many of the sample fall below it."""


@frozen
class ShapeFacts:
    """One shape of item in a table, or its entries in an index, at one scale."""

    name: str
    entity: str
    count: Decimal
    sizes: SizeFacts


@frozen
class ResourceFacts:
    """A table or an index at one scale. `kind` is table, gsi or lsi."""

    name: str
    """Table, or "table/index"."""
    kind: str
    shapes: tuple[ShapeFacts, ...] = ()

    @property
    def entries(self) -> Decimal:
        """How many items or entries it holds."""
        return sum((shape.count for shape in self.shapes), ZERO)

    @property
    def item_bytes(self) -> Decimal:
        """Bytes of all its items or entries, without the overhead of storage."""
        return sum((shape.count * shape.sizes.mean.mean for shape in self.shapes), ZERO)

    @property
    def stored_bytes(self) -> Decimal:
        """Bytes billed for storage: items and 100 bytes each."""
        return self.item_bytes + self.entries * STORAGE_OVERHEAD_BYTES


@frozen(slots=False)
class Evaluation:
    """One design of one model at one scale: routes, resources and bill."""

    model: Model
    design: Design
    users: int
    routes: tuple[Route, ...]
    resources: tuple[ResourceFacts, ...]
    bill: Bill
    sample_items: int = 0
    """Instances drawn for each entity."""
    bill_error: Decimal = ZERO
    """Standard error of the monthly total, in USD."""
    not_run: tuple[str, ...] = ()
    """What of the design a proof does not run, in words: a cache before a table."""
    sized_by: str = ""
    """Where and when it was measured what the server takes; "" where nothing was."""

    @property
    def unserved(self) -> frozenset[str]:
        """The names of the patterns the design cannot serve."""
        return frozenset(route.pattern for route in self.routes if not route.is_served)

    @property
    def refuses(self) -> bool:
        """Whether its capacity would refuse more requests than a burst explains."""
        return self.bill.refused_share > MOST_REFUSED

    @property
    def shortcoming(self) -> str:
        """Why its figure is none, or not that of the whole application; "" where it is."""
        if self.bill.no_figure:
            return self.bill.no_figure
        names = [f"`{route.pattern}`" for route in self.routes if not route.is_served]
        if names:
            return f"it does not serve {', '.join(names)}"
        if self.refuses:
            return f"its capacity would refuse up to {percent(self.bill.refused_share)} of requests"
        return ""

    def route(self, pattern: str) -> Route:
        """Return the route of a pattern (KeyError if there is none)."""
        return self._by_pattern[pattern]

    @cached_property
    def _by_pattern(self) -> dict[str, Route]:
        return {route.pattern: route for route in reversed(self.routes)}

    def resource(self, name: str) -> ResourceFacts:
        """Return the facts of a table or index (KeyError if there is none)."""
        for resource in self.resources:
            if resource.name == name:
                return resource
        raise KeyError(name)


@frozen(kw_only=False)
class Action:
    """One leaf of an access pattern: the pattern itself, or one part of its transaction."""

    root: Pattern
    part: Pattern
