"""What DynamoDB charges for a month: quantities in, lines and a bill out.

In: for each table its settings, the request units of each access pattern on each resource, the
bytes stored and what else is used, and a price book. Out: lines, in money and unrounded. It does
not know how units were counted, and reads no file but the price book.

Rules and their sources: AWS Developer Guide ("How global tables billing works", "Point-in-time
recovery", "Reserved capacity", "Table classes") and the price list. Storage counts the 100 bytes
that the service adds to every item and index entry; the caller has added them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.bill.bill import Allowance, Bill, Line, charge, days_read, plain_quantity
from tablewright.bill.book import Price
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError, UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, HOURS_PER_MONTH, SECONDS_PER_MONTH, ZERO
from tablewright.engines.dynamodb.caches import (
    assumed_of_caches,
    cache_lines,
    left_out_of_caches,
)
from tablewright.engines.dynamodb.design import CapacityMode, ModeKind
from tablewright.engines.dynamodb.global_tables import assumed_of_replicas, not_charged_here
from tablewright.engines.dynamodb.loads import (
    ModeCandidate,
    PatternUnits,
    ResourceLoad,
    TableCharges,
    TableLoad,
    Throttled,
)
from tablewright.engines.dynamodb.reserving import Reservable, Reserved, reserve
from tablewright.engines.dynamodb.scaling import (
    ASSUMPTIONS,
    Limits,
    Provisioned,
    provision,
)
from tablewright.engines.dynamodb.warm_throughput import charged_once

READ, WRITE = "read", "write"
TERMS = (1, 3)
DELETED_BY_TTL = "deletions by TTL, replicated"
"""AWS Developer Guide, "How global tables billing works": TTL deletes are free in the region where
they happen, and cost a replicated write in every other."""
ALARMS_OF_AUTO_SCALING = 8
"""On a table or index: a pair for the load and one for the capacity, of reads and of writes.

AWS Developer Guide, "Managing throughput capacity automatically with DynamoDB auto scaling": for
each scalable target Application Auto Scaling makes the alarms, and CloudWatch charges for them.
"""
INTERNET_TIERS_GB = (10_240, 40_960, 102_400)  # the price falls after 10, 50 and 150 TB
DATA_PRICES = "aws.data-transfer"


def bill_for(
    loads: Iterable[TableLoad], book: PriceBook, region: str, *, free_tier: bool = False
) -> Bill:
    """Return the monthly bill of these tables.

    Args:
        loads: the tables, in the order in which they are to be shown.
        book: prices, on the day they are wanted for.
        region: the home region.
        free_tier: whether to show what is always free, as lines of their own.

    Raises:
        PriceUnknownError: a price that is needed is not in the book.
        UsageError: a provisioned table without capacity.

    Example:
        >>> users = ResourceLoad(
        ...     name="users",
        ...     units=(PatternUnits(pattern="mix", reads=Decimal(10_000), writes=Decimal(1_000)),),
        ...     stored_bytes=GB // 10,
        ... )
        >>> load = TableLoad(table="users", resources=(users,))
        >>> bill = bill_for([load], PriceBook(), "us-east-1")
        >>> [str(line.amount) for line in bill.lines][:2]
        ['0.00125', '0.000625']
    """
    tables = tuple(loads)
    reserved = _reservations(tables, book, region)
    charges = [table_charges(load, book, region, reserved) for load in tables]
    lines = tuple(line for each_charge in charges for line in each_charge.lines)
    allowed = tuple(allowances(lines, book))
    free = free_tier_lines(allowed, book) if free_tier else ()
    prices = {(p.key, p.region): p for p in _used(lines, book)}
    return Bill(
        lines=lines,
        region=region,
        prices_as_of=days_read(book.as_of, prices.values()),
        free_tier=free,
        allowances=allowed,
        left_out=_left_out(tables, book, region, free_tier=free_tier),
        assumptions=(
            *_assumptions(tables, tuple(prices.values())),
            *assumed_of_caches(tables, book, region),
        ),
        warnings=tuple(_warning(t) for each_charge in charges for t in each_charge.throttled),
        refused_share=max((each_charge.throttled_share for each_charge in charges), default=ZERO),
    )


def table_charges(
    load: TableLoad, book: PriceBook, region: str, reserved: Reserved | None = None
) -> TableCharges:
    """Return the lines of one table, in every region it lives in.

    Args:
        load: the table.
        book: prices.
        region: the home region.
        reserved: what was reserved for all tables together; for this one alone unless given.
    """
    _check(load)
    if reserved is None:
        reserved = _reservations((load,), book, region)
    lines: list[Line] = []
    throttled: list[Throttled] = []
    for place in (region, *load.replicas):
        if load.mode.kind is ModeKind.ON_DEMAND:
            lines += _on_demand(load, book, place, is_home=place == region)
            throttled += _above_maximum(load, place, is_home=place == region)
        else:
            result, refused = _provisioned(
                load, book, place, is_home=place == region, reserved=reserved
            )
            lines += result
            throttled += refused
        lines += _storage(load, book, place)
    lines += _extras(load, book, region)
    lines += _objects(load, book, region)
    lines += _vectors(load, book, region)
    lines += cache_lines(load, book, region)
    return TableCharges(lines=tuple(lines), throttled=tuple(throttled))


FREE = {
    "aws.dynamodb.storage.standard": "aws.dynamodb.free.storage",
    "aws.dynamodb.provisioned.wcu.standard": "aws.dynamodb.free.wcu-hours",
    "aws.dynamodb.provisioned.rcu.standard": "aws.dynamodb.free.rcu-hours",
    "aws.dynamodb.streams.read": "aws.dynamodb.free.streams",
}
"""What is free per region, for the account as a whole: 25 GB of Standard storage, 18,600 unit-hours
of provisioned reads and as many of writes, 2.5 million reads of streams. Request units, reserved
capacity and Standard-IA have nothing free."""


def allowances(lines: Sequence[Line], book: PriceBook) -> Iterator[Allowance]:
    """Yield what is always free of what these lines use."""
    for key, fact in FREE.items():
        for region in dict.fromkeys(line.region for line in lines if line.price_key == key):
            alike = [line for line in lines if line.price_key == key and line.region == region]
            yield Allowance(
                what=alike[0].what,
                kind="always",
                used=sum((line.quantity for line in alike), ZERO),
                free=book.quantity(fact),
                unit=alike[0].unit,
                region=region,
                price_key=key,
                source=book.fact(fact).note,
            )


def free_tier_lines(allowances: Iterable[Allowance], book: PriceBook) -> tuple[Line, ...]:
    """Return what the free tier takes off, as negative lines."""
    return tuple(
        charge(
            book.price(allowance.price_key, allowance.region),
            -allowance.claimed,
            where="free tier",
            what=f"free tier: {allowance.what}",
            region=allowance.region,
            note=allowance.source,
        )
        for allowance in allowances
        if allowance.claimed > 0
    )


def cheapest_mode(load: TableLoad, book: PriceBook, region: str) -> tuple[ModeCandidate, ...]:
    """Return every way to pay for a table, the cheapest first, those without a price last.

    Compared are on-demand, provisioned with auto scaling, and reserved capacity for one and three
    years; the first two also with Standard-IA; and fixed capacity where the table states it. A
    candidate may throttle: see its charges.
    """
    scaled = load.mode
    if scaled.kind is not ModeKind.AUTO_SCALING:
        scaled = CapacityMode(kind=ModeKind.AUTO_SCALING)
    scaled = replace(scaled, reserved_years=0)
    modes = [("on-demand", CapacityMode(), False), ("auto-scaling", scaled, False)]
    if load.mode.kind is ModeKind.PROVISIONED:
        modes.append(("as stated", replace(load.mode, reserved_years=0), load.infrequent_access))
    modes += [(f"reserved {y}y", replace(scaled, reserved_years=y), False) for y in TERMS]
    modes += [("on-demand, Standard-IA", CapacityMode(), True)]
    modes += [("auto-scaling, Standard-IA", scaled, True)]
    result = []
    for name, mode, infrequent in modes:
        mode = load.mode.carried_to(mode)
        variant = replace(load, mode=mode, infrequent_access=infrequent)
        if mode.kind is not load.mode.kind:
            own_key = tuple(replace(r, mode=None) for r in load.resources)
            variant = replace(variant, resources=own_key)
        try:
            charges = table_charges(variant, book, region)
            result.append(ModeCandidate(name=name, load=variant, charges=charges))
        except PriceUnknownError as unknown:
            result.append(ModeCandidate(name=name, load=variant, cannot=unknown.message))
    return tuple(sorted(result, key=lambda c: (c.total is None, c.total or ZERO)))


def break_even(book: PriceBook, region: str, dimension: str = WRITE) -> Decimal:
    """Return the mean utilisation above which provisioned capacity costs less than on-demand.

    Example:
        >>> round(break_even(PriceBook(), "us-east-1") * 100, 1)
        Decimal('28.9')
    """
    letter = dimension[0]
    hour = book.price(f"aws.dynamodb.provisioned.{letter}cu.standard", region)
    request = book.price(f"aws.dynamodb.ondemand.{letter}ru.standard", region)
    return (hour.usd / hour.per) / (3600 * request.usd / request.per)


def _check(load: TableLoad) -> None:
    mode = load.mode
    if mode.reserved_years and (load.infrequent_access or mode.kind is ModeKind.ON_DEMAND):
        raise UnsupportedError(
            f"`{load.table}`: reserved capacity exists for provisioned Standard tables only"
        )
    if mode.reserved_years not in (0, *TERMS):
        raise UnsupportedError(f"`{load.table}`: reserved capacity is sold for 1 or 3 years")


def _on_demand(load: TableLoad, book: PriceBook, region: str, *, is_home: bool) -> Iterator[Line]:
    for resource in load.resources:
        write, words = _write_unit(load, resource)
        prices = {
            READ: (f"aws.dynamodb.ondemand.rru.{load.price_class}", "read request units"),
            WRITE: (
                f"aws.dynamodb.ondemand.{write}ru.{load.price_class}",
                f"{words} request units",
            ),
        }
        for dimension, (key, what) in prices.items():
            if dimension == READ and not is_home:
                continue
            uses = resource.units
            if resource.kind == "table" and load.expired_writes and not is_home:
                uses += (PatternUnits(pattern="", writes=load.expired_writes),)
            for use in uses:
                units = use.reads if dimension == READ else use.writes
                if units:
                    yield charge(
                        book.price(key, region),
                        units,
                        where=load.table,
                        resource=resource.name,
                        what=what,
                        pattern=use.pattern,
                        region=region,
                        note="" if use.pattern else DELETED_BY_TTL,
                    )


def _write_unit(load: TableLoad, resource: ResourceLoad) -> tuple[str, str]:
    """Return how writes are priced: on a global table all but global indexes are replicated."""
    if load.replicas and resource.kind != "gsi":
        return "rw", "replicated write"
    return "w", "write"


@frozen
class _Capacity:
    """The provisioned capacity of one kind on one table or global index."""

    resource: ResourceLoad
    dimension: str
    price: Price
    what: str
    given: Provisioned
    mode: CapacityMode
    used: tuple[tuple[str, Decimal], ...] = ()
    """Units a month by access pattern."""


def _all_capacities(
    load: TableLoad, book: PriceBook, region: str, *, is_home: bool
) -> list[_Capacity]:
    return [
        capacity
        for resource in load.resources
        if resource.kind != "lsi"
        for capacity in _capacities(load, resource, book, region, is_home=is_home)
    ]


def _reservations(tables: Sequence[TableLoad], book: PriceBook, region: str) -> Reserved:
    """Reserve capacity for all tables that ask for it. Replicated writes cannot be reserved."""
    capacities: list[Reservable] = []
    for load in tables:
        years = load.mode.reserved_years
        if not years or load.mode.kind is ModeKind.ON_DEMAND or load.infrequent_access:
            continue
        for place in (region, *load.replicas):
            capacities += [
                Reservable(
                    table=load.table,
                    resource=c.resource.name,
                    dimension=c.dimension,
                    region=place,
                    years=years,
                    hours=tuple(c.given.hours),
                    usd_per_unit_hour=c.price.usd / c.price.per,
                )
                for c in _all_capacities(load, book, place, is_home=place == region)
                if ".rwcu." not in c.price.key
            ]
    return reserve(capacities, book)


def _provisioned(
    load: TableLoad, book: PriceBook, region: str, *, is_home: bool, reserved: Reserved
) -> tuple[list[Line], list[Throttled]]:
    capacities = _all_capacities(load, book, region, is_home=is_home)
    lines = [line for line in reserved.lines_of(load.table) if line.region == region]
    for entry in sorted(capacities, key=lambda c: c.dimension):
        name = entry.resource.name
        hours = reserved.hours(region, name, entry.dimension, tuple(entry.given.hours))
        lines += [
            charge(
                entry.price,
                quantity,
                where=load.table,
                resource=name,
                what=entry.what,
                pattern=pattern,
                region=region,
                note=_capacity_note(entry),
            )
            for pattern, quantity in _shares(entry, sum(hours) * HOURS_PER_MONTH / 24)
            if quantity
        ]
    lines += _alarms(capacities, load, book, region)
    refused = [
        Throttled(
            resource=c.resource.name,
            dimension=c.dimension,
            region=region,
            share=c.given.throttled,
            kind=c.resource.kind,
        )
        for c in capacities
        if c.given.throttled > 0
    ]
    return lines, refused


def _alarms(
    capacities: Sequence[_Capacity], load: TableLoad, book: PriceBook, region: str
) -> Iterator[Line]:
    """Charge the alarms that auto scaling makes, where their price is known in the region."""
    scaled = dict.fromkeys(
        c.resource.name for c in capacities if c.mode.kind is ModeKind.AUTO_SCALING
    )
    price = _alarm_price(book, region) if scaled else None
    if price is None:
        return
    for name in scaled:
        yield charge(
            price,
            ALARMS_OF_AUTO_SCALING,
            where=load.table,
            resource=name,
            what="CloudWatch alarms of auto scaling",
            region=region,
        )


def _alarm_price(book: PriceBook, region: str) -> Price | None:
    try:
        return book.price("aws.cloudwatch.alarm", region)
    except PriceUnknownError:
        return None


def _shares(one: _Capacity, unit_hours: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Split unit-hours among the patterns that use them; what nobody uses belongs to none.

    The parts add up to the whole exactly.
    """
    total = plain_quantity(unit_hours)
    used = sum((units for _, units in one.used), ZERO)
    capacity = max(one.given.unit_hours * 3600, used)
    rest = total
    for pattern, units in one.used:
        part = min(rest, plain_quantity(total * units / capacity) if units else ZERO)
        rest -= part
        yield pattern, part
    yield "", rest


def _capacities(
    load: TableLoad, resource: ResourceLoad, book: PriceBook, region: str, *, is_home: bool
) -> Iterator[_Capacity]:
    """Provision a table (with its local indexes) or a global index, reads and writes."""
    mode = resource.mode or load.mode
    used = _used_capacity(load, resource, is_home=is_home)
    rates = {d: sum(used[d].values(), ZERO) / SECONDS_PER_MONTH for d in (READ, WRITE)}
    ceiling = int(book.quantity("aws.dynamodb.limit.table.provisioned"))
    limits = {
        READ: _limits(load, mode, mode.rcu, mode.max_rcu, ceiling),
        WRITE: _limits(load, mode, mode.wcu, mode.max_wcu, ceiling),
    }
    provided = provision([(rates[d], limits[d]) for d in (READ, WRITE)], load.curve)
    write, words = _write_unit(load, resource)
    names = {READ: ("r", "read"), WRITE: (write, words)}
    for dimension, result in zip((READ, WRITE), provided, strict=True):
        letter, what = names[dimension]
        yield _Capacity(
            resource=resource,
            dimension=dimension,
            price=book.price(f"aws.dynamodb.provisioned.{letter}cu.{load.price_class}", region),
            what=f"{what} capacity unit-hours",
            given=result,
            mode=mode,
            used=tuple(used[dimension].items()),
        )


def _used_capacity(
    load: TableLoad, resource: ResourceLoad, *, is_home: bool
) -> dict[str, dict[str, Decimal]]:
    """Return units a month by dimension and pattern; a table's local indexes count with it."""
    counted = [resource]
    if resource.kind == "table":
        counted += [r for r in load.resources if r.kind == "lsi"]
    used: dict[str, dict[str, Decimal]] = {READ: {}, WRITE: {}}
    for use in (u for r in counted for u in r.units):
        for dimension, units in ((READ, use.reads if is_home else ZERO), (WRITE, use.writes)):
            used[dimension][use.pattern] = used[dimension].get(use.pattern, ZERO) + units
    if resource.kind == "table" and load.expired_writes and not is_home:
        used[WRITE][""] = used[WRITE].get("", ZERO) + load.expired_writes
    return used


def _above_maximum(load: TableLoad, region: str, *, is_home: bool) -> Iterator[Throttled]:
    """Yield what the maximum of an on-demand table or index refuses.

    A maximum has no price, and burst goes beyond it as beyond fixed capacity.
    """
    for resource in load.resources:
        mode = resource.mode or load.mode
        if resource.kind == "lsi" or not mode.is_capped:
            continue
        used = _used_capacity(load, resource, is_home=is_home)
        for dimension, most in ((READ, mode.max_rcu), (WRITE, mode.max_wcu)):
            if most is None:
                continue
            rate = sum(used[dimension].values(), ZERO) / SECONDS_PER_MONTH
            limits = Limits(floor=int(most), ceiling=int(most))
            (given,) = provision([(rate, limits)], load.curve)
            if given.throttled > 0:
                yield Throttled(
                    resource=resource.name,
                    dimension=dimension,
                    region=region,
                    share=given.throttled,
                    kind=resource.kind,
                    limit="on-demand maximum",
                )


def _limits(
    load: TableLoad,
    mode: CapacityMode,
    units: Decimal | None,
    most: Decimal | None,
    ceiling: int,
) -> Limits:
    if mode.kind is ModeKind.PROVISIONED:
        if units is None:
            raise UsageError(
                f"`{load.table}` is provisioned but states no capacity",
                remedy="give it rcu and wcu, or let it scale",
            )
        return Limits(floor=int(units), ceiling=int(units))
    floor = int(units) if units is not None else 1
    return Limits(
        floor=floor,
        ceiling=max(floor, int(most) if most is not None else ceiling),
        target=mode.target,
    )


def _capacity_note(one: _Capacity) -> str:
    hours = one.given.hours
    if one.mode.kind is ModeKind.PROVISIONED:
        return f"{hours[0]} units, fixed"
    spread = f"{min(hours)}" if min(hours) == max(hours) else f"{min(hours)} to {max(hours)}"
    return f"{spread} units, auto scaling at {one.mode.target:.0%}"


def _storage(load: TableLoad, book: PriceBook, region: str) -> Iterator[Line]:
    for resource in load.resources:
        if resource.stored_bytes:
            yield charge(
                book.price(f"aws.dynamodb.storage.{load.price_class}", region),
                Decimal(resource.stored_bytes) / GB,
                where=load.table,
                resource=resource.name,
                what="storage",
                region=region,
            )


def _extras(load: TableLoad, book: PriceBook, region: str) -> Iterator[Line]:
    recoverable = [r for r in load.resources if r.kind != "gsi"]
    recovered = sum((Decimal(r.stored_bytes) for r in recoverable), ZERO) / GB
    quantities = (
        ("aws.dynamodb.pitr", "point-in-time recovery", recovered if load.pitr else ZERO),
        ("aws.dynamodb.backup.ondemand.warm", "on-demand backups", load.backup_gb),
        ("aws.dynamodb.restore.warm", "restore", load.restore_gb),
        ("aws.dynamodb.export.s3", "export to S3", load.export_gb),
        ("aws.dynamodb.export.s3.incremental", "incremental export", load.incremental_export_gb),
        ("aws.dynamodb.streams.read", "stream reads", load.stream_reads),
        (
            f"{DATA_PRICES}.interregion",
            "replication between regions",
            load.replicated_gb * len(load.replicas),
        ),
        *_internet(load.data_out_gb),
    )
    for key, what, quantity in quantities:
        if quantity:
            price = book.price(key, region)
            yield charge(price, quantity, where=load.table, what=what, region=region)


def _vectors(load: TableLoad, book: PriceBook, region: str) -> Iterator[Line]:
    """Charge bytes written to and searched in vector indexes; storage is that of the table.

    The price list has them for Standard tables in us-east-1; elsewhere the price is not known, and
    that is an error. GB are binary, as AWS's own example of a bill has them.
    """
    suffix = ".ia" if load.infrequent_access else ""
    for index in load.vectors:
        for use in index.units:
            for key, what, size in (
                ("write", "vector index writes", use.writes),
                ("search", "vector searches (likely bytes)", use.reads),
            ):
                if size:
                    yield charge(
                        book.price(f"aws.dynamodb.vector.{key}{suffix}", region),
                        size / GB,
                        where=load.table,
                        resource=index.name,
                        what=what,
                        pattern=use.pattern,
                        region=region,
                    )
        if index.stored_bytes:
            yield charge(
                book.price(f"aws.dynamodb.storage.{load.price_class}", region),
                index.stored_bytes / GB,
                where=load.table,
                resource=index.name,
                what="storage",
                region=region,
            )


def _objects(load: TableLoad, book: PriceBook, region: str) -> Iterator[Line]:
    """Charge what is kept in object storage: S3 Standard, deletes are free.

    Source: https://aws.amazon.com/s3/pricing/ (requests by the thousand, storage by the GB-month).
    """
    place = f"{load.table}/objects"
    for use in load.objects:
        for key, what, count in (
            ("aws.s3.put", "object puts", use.writes),
            ("aws.s3.get", "object gets", use.reads),
        ):
            if count:
                yield charge(
                    book.price(key, region),
                    count,
                    where=load.table,
                    resource=place,
                    what=what,
                    pattern=use.pattern,
                    region=region,
                )
    if load.object_gb:
        yield charge(
            book.price("aws.s3.standard.storage", region),
            load.object_gb,
            where=load.table,
            resource=place,
            what="object storage",
            region=region,
        )


def _internet(gigabytes: Decimal) -> Iterator[tuple[str, str, Decimal]]:
    """Split data sent to the internet over the steps of its price."""
    remaining = gigabytes
    for number, width in enumerate((*INTERNET_TIERS_GB, None), start=1):
        part = remaining if width is None else min(remaining, Decimal(width))
        suffix = "" if number == 1 else f".tier{number}"
        yield f"{DATA_PRICES}.internet{suffix}", "data out to the internet", part
        remaining -= part


def _used(lines: Sequence[Line], book: PriceBook) -> Iterator[Price]:
    for key, region in dict.fromkeys((line.price_key, line.region) for line in lines):
        yield book.price(key, region)


def _left_out(
    tables: Sequence[TableLoad], book: PriceBook, region: str, *, free_tier: bool
) -> tuple[str, ...]:
    out = ["taxes, support plans and discounts (savings plans among them)"]
    if not free_tier:
        out.append("the free tier")
    if not any(load.data_out_gb for load in tables):
        out.append("data sent to the internet (within the region it is free)")
    scaled = [load for load in tables if load.mode.kind is ModeKind.AUTO_SCALING]
    for place in dict.fromkeys(p for load in scaled for p in (region, *load.replicas)):
        if _alarm_price(book, place) is None:
            out.append(f"CloudWatch alarms of auto scaling, whose price in {place} is unknown")
    out += [text for load in tables for text in charged_once(load, book, region)]
    if any(load.replicas for load in tables):
        out.append("filling a new replica region, which is charged like a restore")
    out += [text for load in tables for text in not_charged_here(load)]
    out += left_out_of_caches(tables)
    return tuple(out)


def _assumptions(tables: Sequence[TableLoad], prices: Sequence[Price]) -> tuple[str, ...]:
    out = ["a month has 730 hours, a GB 1,073,741,824 bytes"]
    if any(load.mode.kind is ModeKind.AUTO_SCALING for load in tables):
        out += ASSUMPTIONS
    described = [
        load for load in tables if load.mode.kind is not ModeKind.ON_DEMAND or load.mode.is_capped
    ]
    out += dict.fromkeys(load.curve.assumed for load in described if load.curve.assumed)
    if any(load.mode.reserved_years for load in tables):
        out.append("reserved capacity is bought for all tables of one term together")
    if any(load.replicas for load in tables):
        out.append("all writes of a global table arrive in its home region; reads too")
        out.append("writes to local indexes are replicated like those to their table")
    out += [text for load in tables for text in assumed_of_replicas(load)]
    if any(load.replicas and load.pitr for load in tables):
        out.append("point-in-time recovery is on in the home region only")
    if any(load.objects or load.object_gb for load in tables):
        out.append("objects are kept in S3 Standard at the price of the first 50 TB")
    for price in prices:
        if price.confidence == "derived":
            out.append(f"{price.what} in {price.region} was not read but derived: {price.note}")
        elif price.confidence == "user":
            out.append(f"{price.what} in {price.region} was given by the user ({price.source})")
    return tuple(out)


def _warning(refused: Throttled) -> str:
    share = max(refused.share * 100, Decimal("0.01"))
    text = (
        f"{refused.resource} in {refused.region}: {share:.2f} % of the {refused.dimension}s exceed "
        f"its {refused.limit} and burst, and are throttled"
    )
    if refused.kind == "gsi" and refused.dimension == WRITE:
        text += "; an index short of write capacity holds up the writes of its table"
    return text
