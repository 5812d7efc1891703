"""Which server holds a workload, and what it costs: shared by MongoDB and PostgreSQL.

In: homes, the work of each pattern, constants with a range, offers (tiers and instances). Out: for
each offer whether it holds the load, by the stated quotas of the offer, what limits it and what it
costs. Nothing here is measured on the vendors' machines.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from operator import mul
from typing import Any

from tablewright.bill.bill import Bill, Line, days_read, total_of
from tablewright.bill.book import Price
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import (
    DAYS_PER_MONTH,
    GB,
    ONE,
    ZERO,
    format_number,
)
from tablewright.engines.servers.constants import ENDS, Figures, figures, shipped_calibration
from tablewright.engines.servers.homes import Home
from tablewright.engines.servers.load import Load, load_of, memory_bytes
from tablewright.engines.servers.routing import Router
from tablewright.engines.servers.versions import VersionSupport, support_notes
from tablewright.engines.servers.words import Words
from tablewright.engines.servers.work import Work
from tablewright.evaluation.calibration import Calibration
from tablewright.evaluation.values import (
    Evaluation,
    Measure,
    ResourceFacts,
    Route,
    ShapeFacts,
    SizeFacts,
)
from tablewright.model.statistics import has_peak, percentile
from tablewright.model.values import Entity, Kind, Model
from tablewright.sample.sample import Sample

CASES = ("value", "server-light", "server-heavy", "habits-light", "habits-heavy")
"""What is calculated with: the values, then the constants of the server and those about habits of
users at each end of their range, the others at their values."""
MOST_TIMES = Decimal(10**9)
"""Times the users up to which is looked how many an offer holds."""
TIMES_PRECISION = Decimal("0.0001")
MOST_DRAWN_BYTES = 64 * 1024 * 1024
"""Of instances of one entity that are drawn with their values."""
FEWEST_DRAWN = 4
"""Instances that are drawn however large they are."""


def combined(value: Decimal | None, ends: Iterable[Decimal | None]) -> Decimal | None:
    """Return how far a cost goes when causes that have nothing to do with each other add up.

    Their ratios to the cost are taken as logarithms, squared, added, and the root is taken: the
    usual rule for independent errors. None where one of the ends has no cost.

    Example:
        >>> combined(Decimal(100), [Decimal(200), Decimal(100)])
        Decimal('200.00')
        >>> round(combined(Decimal(100), [Decimal(50), Decimal(50)]))  # 2 to the power of root 2
        38
    """
    result = list(ends)
    if value is None or any(entry is None for entry in result):
        return None
    costs = [entry for entry in result if entry is not None]
    if not value or not all(costs):
        return max(costs) if value < max(costs) else min(costs)
    logs = [(cost / value).ln() for cost in costs]
    far = sum((log * log for log in logs), ZERO).sqrt()
    return (value * (far if sum(logs) > 0 else -far).exp()).quantize(Decimal("0.01"))


def days_of(model: Model, entity: str) -> Decimal:
    """Return over how many days an entity's rows came in; zero where they do not pile up."""
    result = model.entity(entity)
    if result.count.inflow_per_day is None:
        return ZERO
    return model.age_days(result)


def lies_by_time(entity: Entity, paths: Sequence[str]) -> bool:
    """Return whether the newest entries of an index lie together, for each leading key at least."""
    result = [entity.find(path) for path in paths]
    kinds = [entry.kind if entry is not None else None for entry in result]
    return any(kind in (Kind.TIMESTAMP, Kind.EPOCH, Kind.ULID, Kind.DATE) for kind in kinds)


# ---------------------------------------------------------------- offers


Pricing = Callable[[Load, PriceBook, str, Figures], tuple[Line, ...]]


@frozen
class Offer:
    """A tier or instance that is available. What is None is not limited, or not stated."""

    vendor: str
    name: str
    storage_gb: Decimal | None = None
    memory_gb: Decimal | None = None
    vcpu: Decimal | None = None
    burstable: bool = False
    baseline: Decimal | None = None
    """Share of each processor that a burstable class gives all day long, where it is stated."""
    query_processors: Decimal | None = None
    """Seconds within queries that a second may hold."""
    connections: Decimal | None = None
    operations: Decimal | None = None
    iops: Decimal | None = None
    transfer_gb: Decimal | None = None
    counts_plain_bytes: bool = False
    """The storage limit is on uncompressed data and indexes."""
    lacks: tuple[tuple[str, str], ...] = ()
    """Needs it cannot meet, each with the reason."""
    note: str = ""
    can_be_sharded: bool = False
    price: Pricing = field(default=lambda load, book, region, given: ())


@frozen
class OfferLimit:
    """A resource of an offer: what is needed, what there is."""

    resource: str
    needed: Decimal
    available: Decimal
    unit: str

    @property
    def use(self) -> Decimal:
        """Needed over available: above one the offer does not hold the load."""
        return self.needed / self.available if self.available else Decimal("Infinity")

    def __str__(self) -> str:
        places = 2 if self.needed < 10 else 0
        room = 2 if self.available < 10 and self.available % 1 else 0
        return (
            f"{self.resource}: {format_number(self.needed, places)} of "
            f"{format_number(self.available, room)} {self.unit}"
        )


@frozen
class Option:
    """An offer matched with a load."""

    offer: Offer
    limits: tuple[OfferLimit, ...]
    lines: tuple[Line, ...] = ()
    not_priced: str = ""
    """Why there is no price: "not priced: …"."""
    misses: tuple[str, ...] = ()
    """Needs of the model that the offer cannot meet, each with the reason."""

    @property
    def name(self) -> str:
        """Vendor and offer."""
        return f"{self.offer.vendor} {self.offer.name}"

    @property
    def holds(self) -> bool:
        """Whether every resource suffices."""
        return all(limit.use <= 1 for limit in self.limits)

    @property
    def bound_by(self) -> OfferLimit | None:
        """The resource that is used most."""
        return max(self.limits, key=lambda limit: limit.use, default=None)

    @property
    def usd(self) -> Decimal | None:
        """USD a month; None where it is not priced."""
        return None if self.not_priced else total_of(self.lines)

    @property
    def can_be_chosen(self) -> bool:
        """Whether it holds the load and has a price."""
        return self.holds and not self.not_priced


def limits_of(offer: Offer, load: Load, figures: Figures) -> tuple[OfferLimit, ...]:
    """Return each resource the offer states, needed and available."""
    return (*_capacity_limits(offer, load, figures), *_traffic_limits(offer, load, figures))


def times_held(offer: Offer, load: Load, figures: Figures) -> Decimal | None:
    """Return how many times the users an offer holds; None where no resource of it is limited.

    Found by halving, as reads from disk grow faster than the users once hot pages do not fit.
    """

    def holds(factor: Decimal) -> bool:
        limits = limits_of(offer, load.times(factor, figures), figures)
        return all(limit.use <= 1 for limit in limits)

    low, high = ZERO, ONE
    while holds(high):
        low, high = high, high * 2
        if high > MOST_TIMES:
            return None
    while high - low > high * TIMES_PRECISION and high > TIMES_PRECISION:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low.quantize(Decimal("0.001"))


def _capacity_limits(offer: Offer, load: Load, figures: Figures) -> Iterator[OfferLimit]:
    """Yield storage, memory and processors.

    Hot pages that are not in memory are read from disk, which costs disk operations and time. Where
    an offer states its disk operations and every latency target leaves time for the disk, those
    decide; else all hot pages have to fit. A miss is never counted by both.
    """
    if offer.storage_gb is not None:
        plain = offer.counts_plain_bytes
        stored = load.data_bytes if plain else load.disk_bytes
        room = offer.storage_gb if plain else offer.storage_gb * figures["disk_fill"]
        yield _limit("storage", stored / GB, room, "GB")
    if offer.memory_gb is not None:
        cache = _cache_gb(offer.memory_gb, load, figures)
        if offer.iops is None or load.hurried is not None:
            yield _limit("memory for hot pages", load.hot_bytes / GB, cache, "GB")
    if offer.vcpu is None:
        return
    usable = offer.vcpu * figures["cpu_share"]
    yield _limit("processors at the peak", load.processors_peak, usable, "vCPU")
    if offer.burstable:
        share = figures["burst_baseline"] if offer.baseline is None else offer.baseline
        steady = offer.vcpu * share
        yield _limit("processors all day (burstable)", load.processors_mean, steady, "vCPU")


def _traffic_limits(offer: Offer, load: Load, figures: Figures) -> Iterator[OfferLimit]:
    """Yield time in queries, operations, connections, disk operations and transfer."""
    if offer.query_processors is not None:
        yield _limit(
            "time within queries at the peak",
            load.processors_peak,
            offer.query_processors,
            "of a second",
        )
    if offer.operations is not None:
        yield _limit("operations at the peak", load.operations_peak, offer.operations, "a second")
    if offer.connections is not None:
        yield _limit("connections", load.connections, offer.connections, "connections")
    if offer.iops is not None:
        memory = _cache_gb(offer.memory_gb or ZERO, load, figures) * GB
        usable = offer.iops * figures["disk_share"]
        yield _limit("disk operations", load.iops(memory, figures), usable, "a second")
    if offer.transfer_gb is not None:
        weekly = load.returned_gb * 7 / DAYS_PER_MONTH
        yield _limit("transfer out", weekly, offer.transfer_gb, "GB in 7 days")


def _cache_gb(memory_gb: Decimal, load: Load, figures: Figures) -> Decimal:
    """Return how much of a server's memory holds data beside its connections, in GB."""
    claimed = load.connections * figures["connection_mb"] / 1024
    return max(ZERO, figures.cache_gb(memory_gb) - claimed)


def _limit(resource: str, needed: Decimal, available: Decimal, unit: str) -> OfferLimit:
    return OfferLimit(resource=resource, needed=needed, available=available, unit=unit)


def options_for(
    offers: Iterable[Offer],
    load: Load,
    model: Model,
    book: PriceBook,
    region: str,
    figures: Figures,
) -> tuple[Option, ...]:
    """Return every offer matched with the load, priced where the book knows the price."""
    options = []
    for offer in offers:
        lines: tuple[Line, ...] = ()
        reason = ""
        try:
            lines = offer.price(load, book, region, figures)
        except PriceUnknownError as problem:
            reason = f"not priced: {problem}"
        options.append(
            Option(
                offer=offer,
                limits=limits_of(offer, load, figures),
                lines=lines,
                not_priced=reason,
                misses=misses(offer, model),
            )
        )
    return tuple(options)


def misses(offer: Offer, model: Model) -> tuple[str, ...]:
    """Return the needs of the model that an offer cannot meet."""
    required = model.required_needs
    return tuple(f"{name}: {why}" for name, why in offer.lacks if name in required)


def cheapest(options: Iterable[Option], *, meeting_needs: bool = False) -> Option | None:
    """Return the cheapest option that holds the load, None if there is none."""
    able = [
        option
        for option in options
        if option.can_be_chosen and not (meeting_needs and option.misses)
    ]
    return min(able, key=lambda one: (one.usd or ZERO, one.name), default=None)


def _meeting_needs(options: Iterable[Option]) -> Option | None:
    return cheapest(options, meeting_needs=True)


def _usd(option: Option | None) -> Decimal | None:
    return None if option is None else option.usd


def costs_range(costs: Mapping[str, Decimal | None]) -> tuple[Decimal | None, Decimal | None]:
    """Return both ends of the costs of some cases, None where they were not calculated."""
    value = costs.get("value")
    light, heavy = (
        combined(value, (costs.get(f"{group}-{end}") for group in ("server", "habits")))
        for end in ENDS
    )
    return light, heavy


# ---------------------------------------------------------------- the evaluation


@frozen(slots=False)
class ServerEvaluation(Evaluation):
    """An evaluation of a design that runs on servers: what they must do, and which suffice."""

    load: Load
    works: Mapping[str, Work]
    homes: tuple[Home, ...]
    options: tuple[Option, ...]
    chosen: Option | None
    """The cheapest that holds the load and meets every need of the model."""
    ends: Mapping[str, tuple[Option, ...]]
    """The options matched with the load in each case that was calculated."""
    figures: Figures
    support: VersionSupport | None = None
    """Of the version that the design states; None where it states none."""

    @property
    def light(self) -> Decimal | None:
        """USD a month of the cheapest with the constants towards their light ends."""
        return self.range_of(_meeting_needs)[0]

    @property
    def heavy(self) -> Decimal | None:
        """USD a month of the cheapest with the constants towards their heavy ends."""
        return self.range_of(_meeting_needs)[1]

    def range_of(
        self, choose: Callable[[tuple[Option, ...]], Option | None]
    ) -> tuple[Decimal | None, Decimal | None]:
        """Return USD a month of what is chosen at both ends, server and habits taken together."""
        costs = {case: _usd(choose(options)) for case, options in self.ends.items()}
        return costs_range(costs)

    def option(self, name: str) -> Option:
        """Return an option by vendor and name (KeyError if there is none)."""
        for option in self.options:
            if option.name == name:
                return option
        raise KeyError(name)


@frozen(slots=False)
class Layout:
    """What an engine says of a design at one scale."""

    homes: tuple[Home, ...]
    resources: tuple[ResourceFacts, ...]
    disk_bytes: Decimal
    notes: tuple[str, ...] = ()
    """What was measured on the sample, for the bill."""


def evaluate_server(
    model: Model,
    design: Any,
    users: int,
    book: PriceBook,
    region: str,
    *,
    lay_out: Callable[[Figures], Layout],
    offers: Sequence[Offer],
    words: Words,
    support: VersionSupport | None = None,
    own: Mapping[str, Decimal] | None = None,
    calibration: Calibration | None = None,
    sample_items: int = 0,
    cases: Sequence[str] = CASES,
) -> ServerEvaluation:
    """Return routes, load, options and the bill of the cheapest that holds the load.

    The whole is calculated in each of the cases: once, if there is one. A calibration replaces
    what ships with the engine.
    """
    stored: dict[str, tuple[Option, ...]] = {}
    first: tuple[Layout, dict[str, Route], dict[str, Work], Load, tuple[Option, ...], Figures]
    known: list[_Routed] = []
    for case in cases:
        provided = figures(words.engine, case, own, calibration)
        routed = next((each for each in known if each.holds_for(provided)), None)
        if routed is None:
            routed = _routed(model, design.name, users, words, lay_out, provided)
            known.append(routed)
        layout, routes, works = routed.layout, routed.routes, routed.works
        load = _busiest(model, design.name, users, works, layout, words, provided)
        options = options_for(offers, load, model, book, region, provided)
        stored[case] = options
        if case == "value":
            first = layout, routes, works, load, options, provided
    layout, routes, works, load, options, provided = first
    chosen = cheapest(options, meeting_needs=True)
    used = calibration or shipped_calibration(words.engine)
    sized_by = "" if used is None else str(used)
    notes = (*layout.notes, f"what the server takes is {used}") if used else layout.notes
    if support is not None:
        vendor = chosen.offer.vendor if chosen is not None else ""
        notes += support_notes(support, vendor, book)
    return ServerEvaluation(
        model=model,
        design=design,
        users=users,
        routes=tuple(routes.values()),
        resources=layout.resources,
        bill=_bill(chosen, options, load, book, region, stored, model, provided, notes),
        sample_items=sample_items,
        sized_by=sized_by,
        load=load,
        works=works,
        homes=layout.homes,
        options=options,
        chosen=chosen,
        ends=stored,
        figures=provided,
        support=support,
    )


@frozen
class _Routed:
    """A design laid out and its patterns routed, with the constants that decided the layout."""

    layout: Layout
    routes: dict[str, Route]
    works: dict[str, Work]
    read: Mapping[str, Decimal]

    def holds_for(self, figures: Figures) -> bool:
        """Whether it is the same with other constants: those that it was made with are equal."""
        return all(figures[name] == value for name, value in self.read.items())


class _Noted(dict[str, Decimal]):
    """Constants that note which of them are read."""

    def __init__(self, constants: Mapping[str, Decimal]) -> None:
        super().__init__(constants)
        self.read: dict[str, Decimal] = {}

    def __getitem__(self, name: str) -> Decimal:
        value = self.read[name] = super().__getitem__(name)
        return value


def _routed(
    model: Model,
    design: str,
    users: int,
    words: Words,
    lay_out: Callable[[Figures], Layout],
    figures: Figures,
) -> _Routed:
    noted = _Noted(figures.held)
    layout = lay_out(replace(figures, held=noted))
    router = Router(model, design, layout.homes, users, words)
    routes, works = {}, {}
    for pattern in model.patterns:
        routes[pattern.name], works[pattern.name] = router.route(pattern)
    return _Routed(layout=layout, routes=routes, works=works, read=noted.read)


def _busiest(
    model: Model,
    design: str,
    users: int,
    works: Mapping[str, Work],
    layout: Layout,
    words: Words,
    figures: Figures,
) -> Load:
    """Return the load of the server, or of the shard that also holds what is not sharded."""
    if all(home.shards == 1 for home in layout.homes):
        return load_of(model, users, works, layout.homes, layout.disk_bytes, figures)
    router = Router(model, design, layout.homes, users, words, one_shard=True)
    mine = {pattern.name: router.route(pattern)[1] for pattern in model.patterns}
    homes = [home.on_one_shard() for home in layout.homes]
    share = memory_bytes(homes) / (memory_bytes(layout.homes) or ONE)
    return load_of(model, users, mine, homes, layout.disk_bytes * share, figures)


def sharded(offers: Iterable[Offer], shards: int) -> tuple[Offer, ...]:
    """Return offers of so many shards, each a cluster of that size with as much of the load.

    The load is that of the busiest shard; every line is charged once for each.
    """
    return tuple(
        replace(
            offer,
            name=f"{offer.name} x {shards} shards",
            price=_times(offer.price, shards),
        )
        for offer in offers
    )


def _times(price: Pricing, shards: int) -> Pricing:
    def priced(load: Load, book: PriceBook, region: str, figures: Figures) -> tuple[Line, ...]:
        return tuple(
            replace(
                line,
                quantity=line.quantity * shards,
                amount=line.amount * shards,
                note=f"{line.note}; {shards} shards".removeprefix("; "),
            )
            for line in price(load, book, region, figures)
        )

    return priced


def _bill(
    chosen: Option | None,
    options: Sequence[Option],
    load: Load,
    book: PriceBook,
    region: str,
    ends: Mapping[str, tuple[Option, ...]],
    model: Model,
    figures: Figures,
    notes: Sequence[str],
) -> Bill:
    warnings = []
    able = cheapest(options)
    if chosen is not None and able is not None and able is not chosen:
        warnings.append(
            f"{able.name} would hold the load for ${format_number(able.usd or ZERO, 2)} a month, "
            f"but misses {'; '.join(able.misses)}"
        )
    low, high = costs_range(
        {case: _usd(cheapest(end, meeting_needs=True)) for case, end in ends.items()}
    )
    light, heavy = (
        f"${format_number(usd, 2)}" if usd is not None else "more than any offer holds"
        for usd in (low, high)
    )
    assumptions = [
        "the server is sized by a model with stated constants; with those of the server and those "
        "about the habits of users at the ends of their ranges the cheapest costs "
        f"{light} to {heavy} a month",
    ]
    if chosen is not None and chosen.bound_by is not None:
        assumptions.append(f"{chosen.name} is limited by {chosen.bound_by}")
    if load.curve.assumed:
        assumptions.append(load.curve.assumed)
    assumptions += notes
    if not has_peak(model):
        busiest = figures["unstated_peak"]
        assumptions.append(
            f"no pattern states a peak: the busiest hour is taken as {busiest} times the mean"
        )
    lines = chosen.lines if chosen is not None else ()
    return Bill(
        lines=lines,
        region=region,
        prices_as_of=days_read(book.as_of, _prices_of(lines, book)),
        left_out=_unpriced(options, region, book),
        assumptions=tuple(assumptions),
        warnings=tuple(warnings),
        no_figure="" if chosen is not None else why_none(options),
    )


MOST_NAMED = 4
"""Offers without a price that are named one by one."""


def _unpriced(options: Sequence[Option], region: str, book: PriceBook) -> tuple[str, ...]:
    """Name the offers whose price is not known; of many, how many each vendor has."""
    unpriced = [option for option in options if option.not_priced]
    if not unpriced:
        return ()
    day = f" on {book.as_of}" if book.as_of else ""
    names = [option.name for option in unpriced]
    if len(names) <= MOST_NAMED:
        return (f"offers without a known price in {region}{day}: {', '.join(names)}",)
    counts = Counter(option.offer.vendor for option in unpriced)
    shown = ", ".join(f"{count} of {vendor}" for vendor, count in counts.items())
    return (f"{len(names)} offers without a known price in {region}{day}: {shown}",)


def why_none(options: Sequence[Option]) -> str:
    """Say why none of these options can be chosen: no price, a need, or the load."""
    holding = [option for option in options if option.holds]
    unpriced = [option for option in holding if option.not_priced and not option.misses]
    if unpriced:
        names = ", ".join(option.name for option in unpriced[:3])
        more = f" and {len(unpriced) - 3} more" if len(unpriced) > 3 else ""
        reasons = {option.not_priced.removeprefix("not priced: ") for option in unpriced}
        shared = f" ({reasons.pop()})" if len(reasons) == 1 else ""
        return f"the book has no price of {names}{more}, which would hold this load{shared}"
    priced = [option for option in holding if not option.not_priced]
    if priced:
        least = min(priced, key=lambda option: (option.usd or ZERO, option.name))
        return (
            "no offer that holds this load meets every need: "
            f"{least.name} misses {'; '.join(least.misses)}"
        )
    nearest = min(
        [option for option in options if not option.misses] or list(options),
        key=lambda option: option.bound_by.use if option.bound_by else ZERO,
        default=None,
    )
    reason = "" if nearest is None else f"; nearest is {nearest.name}, {nearest.bound_by}"
    return f"no offer of the price book holds this load{reason}"


def _prices_of(lines: Iterable[Line], book: PriceBook) -> Iterator[Price]:
    """Yield the prices that lines were charged at."""
    for line in lines:
        with contextlib.suppress(PriceUnknownError):
            yield book.price(line.price_key, line.region)


def sizes_of(column: Sequence[int]) -> SizeFacts:
    """Return mean, percentiles and largest of a sampled column of bytes."""
    ordered = sorted(column) or [0]
    n = len(ordered)
    total = sum(ordered)
    squares = sum(map(mul, ordered, ordered))  # whole numbers: nothing is lost
    mean = Decimal(total) / n
    spread = Decimal(n * squares - total * total) / n / max(1, n - 1)
    return SizeFacts(
        mean=Measure(mean=mean, error=(spread / n).sqrt()),
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        p99=percentile(ordered, 99),
        largest=ordered[-1],
    )


def instances_to_draw(sample: Sample, entity: Entity, n: int) -> int:
    """Return how many instances to make up: `n`, or fewer of such as take megabytes each.

    Their sizes, which need no values, are drawn for all `n` first.
    """
    drawn = sum(sum(size or 0 for size in sample.sizes(entity.name, a, n)) for a in entity.names)
    if drawn <= MOST_DRAWN_BYTES:
        return n
    return min(n, max(FEWEST_DRAWN, n * MOST_DRAWN_BYTES // drawn))


def facts_of(
    name: str, kind: str, entity: str, count: Decimal, column: Sequence[int]
) -> ResourceFacts:
    """Return the facts of a table or index that holds one kind of row."""
    shape = ShapeFacts(name=entity, entity=entity, count=count, sizes=sizes_of(column))
    return ResourceFacts(name=name, kind=kind, shapes=(shape,))
