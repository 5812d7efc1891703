"""PostgreSQL services of the price book as offers: Aurora, RDS, and the other vendors.

In: the price book and a region. Out: offers. Memory and processors of an instance are those its
price entry or its vendor states; what neither states is an assumption and marked so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import PriceUnknownError
from tablewright.core.quantities import GB, HOURS_PER_MONTH, ONE, SECONDS_PER_MONTH, ZERO
from tablewright.engines.servers.sizing import Figures, Load, Offer, figures

Pricing = Callable[[Load, PriceBook, str, Figures], tuple[Line, ...]]

SINGLE_LACKS = (("high_availability", "one instance: a failure of its zone stops it"),)
NO_RECOVERY = (("point_in_time_recovery", "not on this plan"),)

BASELINES = {
    "t4g.micro": Decimal("0.1"),
    "t4g.small": Decimal("0.2"),
    "t4g.medium": Decimal("0.2"),
    "t4g.large": Decimal("0.3"),
}
"""Share of a processor all day long: Amazon EC2 User Guide, "Key concepts for burstable performance
instances". Databases of these classes may go on beyond it, for a charge that is not included."""

LARGEST_ACU = Decimal(256)
PAUSE_AFTER_SECONDS = Decimal(300)
"""The shortest time without connections after which Aurora pauses."""

ELSEWHERE = {
    "google": {"us-east-1": "us-central1", "us-west-2": "us-central1"},
    "azure": {"us-east-1": "eastus", "us-east-2": "eastus", "us-west-2": "westus2"},
}
"""The region of another vendor that stands for one of AWS: a neighbour, not the same place."""


def offers(book: PriceBook) -> tuple[Offer, ...]:
    """Return every service of the price book that runs PostgreSQL."""
    return (
        *_aurora(book),
        *_aurora_instances(),
        *_rds(),
        *_supabase(),
        *_neon(),
        *_planetscale(),
        *_cloud_sql(),
        *_azure(),
        *_digitalocean(),
    )


# ---------------------------------------------------------------- Aurora


def acu_hours(load: Load, given: Figures, pausing: bool) -> Decimal:
    """Return the capacity units an Aurora cluster takes in a month, times hours.

    In each part of the day as much as processors and hot pages ask for, in steps of a half, at
    least a half. A cluster that may pause does so whenever nothing was asked for five minutes: of
    calls that come at random that is the share e^(-rate x 300 s) of the time.
    """
    weights = load.curve.weights
    mean = sum(weights, ZERO) / len(weights)
    total = ZERO
    stored = load.hot_bytes / GB / given.cache_gb(given["acu_memory_gb"])
    each = load.processors_mean / given["cpu_share"] / given["acu_vcpu"]
    for weight, times in Counter(weights).items():
        level = weight / mean if mean else ONE
        busy = each * level
        required = max(busy, stored, Decimal("0.5"))
        steps = (required * 2).to_integral_value(rounding="ROUND_CEILING") / 2
        awake = ONE
        if pausing:
            quiet = ONE if load.curve.assumed else level  # an assumed day has no hours of rest
            rate = float(load.operations_mean * quiet * PAUSE_AFTER_SECONDS)
            awake = ONE - Decimal(math.exp(-min(700.0, rate)))
        total += steps * awake * times
    return total / len(weights) * HOURS_PER_MONTH


def _aurora(book: PriceBook) -> list[Offer]:
    aurora = []
    for kind, words in (("standard", "Standard"), ("ioopt", "I/O-Optimized")):
        for pausing in (False, True):
            name = f"Serverless v2, {words}" + (", pausing at zero" if pausing else "")
            lacks: tuple[tuple[str, str], ...] = SINGLE_LACKS
            note = ""
            if pausing:
                lacks = (*SINGLE_LACKS, ("low_latency", "the first call after a pause waits 15 s"))
                note = "Pauses after five minutes without a call; resumes in about 15 s."
            aurora.append(
                Offer(
                    vendor="Amazon Aurora",
                    name=name,
                    memory_gb=LARGEST_ACU * 2,
                    vcpu=LARGEST_ACU * figures("postgresql")["acu_vcpu"],
                    lacks=lacks,
                    note=note,
                    price=_aurora_price(kind, pausing),
                )
            )
    return aurora


def _aurora_price(kind: str, pausing: bool) -> Pricing:
    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        hours = acu_hours(load, given, pausing)
        mean = (hours / HOURS_PER_MONTH).quantize(Decimal("0.01"))
        unit = book.price(f"aws.aurora-postgresql.sv2.acu.{kind}", region)
        note = f"{mean} ACU on average over the day"
        created = [charge(unit, hours, where="aurora", what="capacity", note=note)]
        memory = hours / HOURS_PER_MONTH * given["acu_memory_gb"]
        return (*created, *_aurora_storage(load, book, region, given, kind, memory))

    return price


def _aurora_storage(
    load: Load, book: PriceBook, region: str, given: Figures, kind: str, memory_gb: Decimal
) -> list[Line]:
    unit = book.price(f"aws.aurora-postgresql.storage.{kind}", region)
    lines = [charge(unit, load.disk_bytes / GB, where="aurora", what="storage")]
    if kind == "standard":
        cache = given.cache_gb(memory_gb) * GB
        # pages are never written to it, only the log
        each_second = load.iops(cache, given, peak=False, per_write="aurora_io_write")
        ios = each_second * SECONDS_PER_MONTH
        unit = book.price("aws.aurora-postgresql.io.standard", region)
        lines.append(charge(unit, ios, where="aurora", what="I/O requests"))
    return lines


def _aurora_instances() -> list[Offer]:
    # vCPU and GB of a class as its family has them; not in the price book: assumed.
    shapes = (("t4g.medium", 2, 4, True), ("t4g.large", 2, 8, True), ("r6g.large", 2, 16, False))
    aurora_instances = []
    for name, vcpu, memory, burstable in shapes:

        def price(
            load: Load,
            book: PriceBook,
            region: str,
            given: Figures,
            name: str = name,
            memory: int = memory,
        ) -> tuple[Line, ...]:
            unit = book.price(f"aws.aurora-postgresql.pg.db.{name}", region)
            created = charge(unit, HOURS_PER_MONTH, where="aurora", what="instance")
            rest = _aurora_storage(load, book, region, given, "standard", Decimal(memory))
            return (created, *rest)

        aurora_instances.append(
            Offer(
                vendor="Amazon Aurora",
                name=f"db.{name}",
                memory_gb=Decimal(memory),
                vcpu=Decimal(vcpu),
                burstable=burstable,
                baseline=BASELINES.get(name),
                connections=_connections(memory),
                lacks=SINGLE_LACKS,
                price=price,
            )
        )
    return aurora_instances


def _connections(memory_gb: Decimal | int | float) -> Decimal:
    """Return the connections RDS and Aurora allow by default: memory in bytes / 9,531,392.

    Sources: Amazon RDS User Guide, "Quotas and constraints", at most 5,000; "Specifying DB
    parameters": a quotient is cut off, not rounded.
    """
    return min(Decimal(5000), Decimal(memory_gb) * GB // 9_531_392)


# ---------------------------------------------------------------- RDS


def _rds() -> list[Offer]:
    rds = []
    for name, memory in (("t4g.micro", 1), ("t4g.small", 2), ("t4g.medium", 4), ("t4g.large", 8)):
        for zones, words in (("single", "one zone"), ("multi", "two zones")):

            def price(
                load: Load,
                book: PriceBook,
                region: str,
                given: Figures,
                name: str = name,
                zones: str = zones,
            ) -> tuple[Line, ...]:
                unit = book.price(f"aws.rds-postgresql.pg.db.{name}.{zones}", region)
                disk = max(Decimal(20), load.disk_bytes / GB / given["disk_fill"])
                storage = book.price(f"aws.rds-postgresql.gp3.{zones}", region)
                return (
                    charge(unit, HOURS_PER_MONTH, where="rds", what="instance"),
                    charge(
                        storage,
                        disk,
                        where="rds",
                        what="storage",
                        note="gp3, at least 20 GB; backups of as much are included",
                    ),
                )

            rds.append(
                Offer(
                    vendor="Amazon RDS",
                    name=f"db.{name}, {words}",
                    memory_gb=Decimal(memory),
                    vcpu=Decimal(2),
                    burstable=True,
                    baseline=BASELINES[name],
                    connections=_connections(memory),
                    iops=figures("postgresql")["ssd_iops"],
                    lacks=SINGLE_LACKS if zones == "single" else (),
                    price=price,
                )
            )
    return rds


# ---------------------------------------------------------------- Supabase


def _supabase() -> list[Offer]:
    supabase = [
        Offer(
            vendor="Supabase",
            name="Free",
            storage_gb=Decimal(500) / 1024,
            memory_gb=Decimal("0.5"),
            vcpu=Decimal(2),
            burstable=True,
            connections=Decimal(60),
            iops=Decimal(250),
            lacks=(
                ("backup", "the free plan has none"),
                ("point_in_time_recovery", "an add-on of the paid plans"),
                ("private_network", "not on this plan"),
                ("audit", "not on this plan"),
                *SINGLE_LACKS,
            ),
            note="Paused after a week without use.",
            price=lambda load, book, region, given: (
                charge(
                    book.price("supabase.platform.plan.free", region),
                    1,
                    where="supabase",
                    what="plan",
                ),
            ),
        )
    ]
    # Supabase docs, "Compute and Disk", read 2026-11: memory, cores, connections, disk operations;
    # a volume has 3,000 of these unless more are bought.
    shapes = (
        ("micro", 1, 2, 60, 500),
        ("small", 2, 2, 90, 1000),
        ("medium", 4, 2, 120, 2000),
        ("large", 8, 2, 160, 3600),
        ("xl", 16, 4, 240, 6000),
        ("2xl", 32, 8, 380, 12_000),
        ("4xl", 64, 16, 480, 20_000),
    )
    for size, memory, vcpu, connections, iops in shapes:
        supabase.append(
            Offer(
                vendor="Supabase",
                name=f"Pro, {size} compute",
                memory_gb=Decimal(memory),
                vcpu=Decimal(vcpu),
                burstable=size in ("micro", "small", "medium"),
                connections=Decimal(connections),
                iops=min(Decimal(iops), figures("postgresql")["ssd_iops"]),
                lacks=(
                    ("private_network", "not on this plan"),
                    ("point_in_time_recovery", "an add-on of 100 USD a month"),
                    *SINGLE_LACKS,
                ),
                price=_supabase_price(size),
            )
        )
    return supabase


def _supabase_price(size: str) -> Pricing:
    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        plan = book.price("supabase.platform.pro", region)
        compute = book.price(f"supabase.platform.compute.{size}", region)
        micro = book.price("supabase.platform.compute.micro", region)
        included = Decimal(10) / micro.usd * micro.per
        hours = HOURS_PER_MONTH
        pricing = [
            charge(plan, 1, where="supabase", what="plan"),
            charge(compute, hours, where="supabase", what="compute"),
            charge(
                micro,
                -min(included, hours * compute.usd / micro.usd),
                where="supabase",
                what="compute included",
                note="10 USD of compute come with the plan",
            ),
        ]
        disk = load.disk_bytes / GB / given["disk_fill"] - 8
        if disk > 0:
            unit = book.price("supabase.platform.disk", region)
            pricing.append(charge(unit, disk, where="supabase", what="disk", note="beyond 8 GB"))
        sent = load.returned_gb - 250
        if sent > 0:
            unit = book.price("supabase.platform.egress", region)
            pricing.append(charge(unit, sent, where="supabase", what="egress"))
        return tuple(pricing)

    return price


# ---------------------------------------------------------------- Neon


def _neon() -> list[Offer]:
    def price_of(plan: str) -> Pricing:
        def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
            # One compute unit has 4 GB, an ACU 2: the same profile, with a quarter as the step.
            hours = acu_hours(load, given, True) / 2
            unit = book.price(f"neon.postgres.{plan}.cu", region)
            storage = book.price("neon.postgres.storage", region)
            neon = [
                charge(
                    unit,
                    hours,
                    where="neon",
                    what="compute",
                    note="follows the day; pauses after five minutes without a call",
                ),
                charge(storage, load.disk_bytes / GB, where="neon", what="storage"),
            ]
            history = book.price("neon.postgres.restore", region)
            written = load.written_gb * 7 / 30
            neon.append(
                charge(history, written, where="neon", what="restore history", note="7 days")
            )
            sent = load.returned_gb - 100
            if sent > 0:
                egress = book.price("neon.postgres.egress", region)
                neon.append(charge(egress, sent, where="neon", what="egress"))
            return tuple(neon)

        return price

    lacks = (("private_network", "not on this plan"), *SINGLE_LACKS)
    largest = Decimal(16)
    return [
        Offer(
            vendor="Neon",
            name=name,
            memory_gb=largest * 4,
            vcpu=largest,
            lacks=lacks if plan == "launch" else SINGLE_LACKS,
            note="Up to 16 compute units are taken as the largest (assumed).",
            price=price_of(plan),
        )
        for plan, name in (("launch", "Launch"), ("scale", "Scale"))
    ]


# ---------------------------------------------------------------- PlanetScale


def _planetscale() -> list[Offer]:
    # What a PS size has is not in the price book: assumed that PS-5 has 1/16 vCPU and 0.5 GB,
    # PS-10 twice as much, and so on.
    planetscale = []
    for kind, step in (
        ("single", 5),
        ("ha", 5),
        ("ha", 10),
        ("ha", 20),
        ("ha", 40),
        ("ha", 80),
        ("ha", 160),
    ):
        words = "one node" if kind == "single" else "three nodes"

        def price(
            load: Load,
            book: PriceBook,
            region: str,
            given: Figures,
            kind: str = kind,
            step: int = step,
        ) -> tuple[Line, ...]:
            unit = book.price(f"planetscale.database.pg.{kind}.ps{step}", region)
            disk = book.price("planetscale.database.pg.storage", region)
            nodes = 1 if kind == "single" else 3
            created = [
                charge(unit, 1, where="planetscale", what="cluster"),
                charge(
                    disk,
                    max(ZERO, load.disk_bytes / GB / given["disk_fill"] - 10) * nodes,
                    where="planetscale",
                    what="storage",
                    note="beyond 10 GB, on each node (assumed)",
                ),
            ]
            sent = load.returned_gb - 100
            if sent > 0:
                egress = book.price("planetscale.database.egress", region)
                created.append(charge(egress, sent, where="planetscale", what="egress"))
            return tuple(created)

        planetscale.append(
            Offer(
                vendor="PlanetScale Postgres",
                name=f"PS-{step}, {words}",
                memory_gb=Decimal(step) / 10,
                vcpu=Decimal(step) / 80,
                lacks=SINGLE_LACKS if kind == "single" else (),
                price=price,
            )
        )
    return planetscale


# ---------------------------------------------------------------- Google, Azure, DigitalOcean


def _elsewhere(vendor: str, region: str, key: str) -> str:
    try:
        return ELSEWHERE[vendor][region]
    except KeyError:
        raise PriceUnknownError(
            key=key, region=region, reason=f"no region of {vendor} is named as its neighbour"
        ) from None


def _cloud_sql() -> list[Offer]:
    def shared(name: str) -> Pricing:
        def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
            key = f"google.cloud-sql-postgresql.{name}"
            place = _elsewhere("google", region, key)
            return (
                charge(book.price(key, place), HOURS_PER_MONTH, where="cloud-sql", what="instance"),
                _cloud_storage(load, book, place, given, ONE),
            )

        return price

    def dedicated(vcpu: int, memory: Decimal, copies: int) -> Pricing:
        def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
            key = "google.cloud-sql-postgresql"
            place = _elsewhere("google", region, f"{key}.vcpu")
            cores, ram = book.price(f"{key}.vcpu", place), book.price(f"{key}.mem", place)
            hours = HOURS_PER_MONTH * copies
            return (
                charge(cores, hours * vcpu, where="cloud-sql", what="processors"),
                charge(ram, hours * memory, where="cloud-sql", what="memory"),
                _cloud_storage(load, book, place, given, Decimal(copies)),
            )

        return price

    cloud_sql = [
        Offer(
            vendor="Google Cloud SQL",
            name=words,
            memory_gb=memory,
            vcpu=ONE,
            burstable=True,
            lacks=(*SINGLE_LACKS, ("sla", "none on a shared core")),
            note="In the neighbouring region of that vendor.",
            price=shared(name),
        )
        for name, words, memory in (
            ("f1micro", "db-f1-micro", Decimal("0.6")),
            ("g1small", "db-g1-small", Decimal("1.7")),
        )
    ]
    for vcpu, size in ((1, "3.75"), (2, "7.5"), (4, "15"), (8, "30"), (16, "60")):
        for copies, words in ((1, "one zone"), (2, "two zones")):
            cloud_sql.append(
                Offer(
                    vendor="Google Cloud SQL",
                    name=f"{vcpu} vCPU, {size} GB, {words}",
                    memory_gb=Decimal(size),
                    vcpu=Decimal(vcpu),
                    lacks=SINGLE_LACKS if copies == 1 else (),
                    note="In the neighbouring region of that vendor.",
                    price=dedicated(vcpu, Decimal(size), copies),
                )
            )
    return cloud_sql


def _cloud_storage(
    load: Load, book: PriceBook, place: str, given: Figures, copies: Decimal
) -> Line:
    unit = book.price("google.cloud-sql-postgresql.ssd", place)
    disk = max(Decimal(10), load.disk_bytes / GB / given["disk_fill"])
    return charge(unit, disk * copies, where="cloud-sql", what="storage", note="at least 10 GB")


def _azure() -> list[Offer]:
    # B1ms, B2s and B2ms as their price entries say; 8 GB of a D2ds_v5 are assumed.
    shapes = (
        ("b1ms", "B1ms", 1, 2, True),
        ("b2s", "B2s", 2, 4, True),
        ("b2ms", "B2ms", 2, 8, True),
        ("d2dsv5", "D2ds_v5", 2, 8, False),
    )
    azure = []
    for key, name, vcpu, memory, burstable in shapes:

        def price(
            load: Load, book: PriceBook, region: str, given: Figures, key: str = key
        ) -> tuple[Line, ...]:
            full = f"azure.postgresql-flexible.{key}"
            place = _elsewhere("azure", region, full)
            storage = book.price("azure.postgresql-flexible.storage", place)
            disk = max(Decimal(32), load.disk_bytes / GB / given["disk_fill"])
            return (
                charge(book.price(full, place), HOURS_PER_MONTH, where="azure", what="instance"),
                charge(storage, disk, where="azure", what="storage", note="at least 32 GB"),
            )

        azure.append(
            Offer(
                vendor="Azure Flexible Server",
                name=name,
                memory_gb=Decimal(memory),
                vcpu=Decimal(vcpu),
                burstable=burstable,
                lacks=SINGLE_LACKS,
                note="In the neighbouring region of that vendor.",
                price=price,
            )
        )
    return azure


def _digitalocean() -> list[Offer]:
    # Connections are not in the price book: 25 for each GB, three of them reserved, are assumed.
    shapes = (("1gb", 1, 1, 10, 22), ("2gb", 1, 2, 30, 47), ("4gb", 2, 4, 60, 97))
    digitalocean = []
    for key, vcpu, memory, storage, connections in shapes:

        def price(
            load: Load, book: PriceBook, region: str, given: Figures, key: str = key
        ) -> tuple[Line, ...]:
            unit = book.price(f"digitalocean.managed-postgresql.{key}", region)
            return (charge(unit, 1, where="digitalocean", what="node"),)

        digitalocean.append(
            Offer(
                vendor="DigitalOcean",
                name=f"{vcpu} vCPU, {memory} GB, one node",
                storage_gb=Decimal(storage),
                memory_gb=Decimal(memory),
                vcpu=Decimal(vcpu),
                connections=Decimal(connections),
                lacks=SINGLE_LACKS,
                price=price,
            )
        )
    return digitalocean
