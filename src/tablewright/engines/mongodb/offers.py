"""The Atlas tiers of the price book as offers: what each holds, what it lacks, what it costs.

In: the price book. Out: offers; a tier whose price is not known or was never verified stays in the
list, without a price.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.quantities import DAYS_PER_MONTH, GB, HOURS_PER_MONTH, ZERO
from tablewright.engines.servers.sizing import Figures, Load, Offer, figures

VENDOR = "MongoDB Atlas"
SHARED_LACKS = (
    ("point_in_time_recovery", "continuous backup begins with M10"),
    ("private_network", "VPC peering and private endpoints begin with M10"),
    ("audit", "auditing begins with M10"),
    ("multi_region", "several regions begin with M10"),
)
FREE_LACKS = (("backup", "the free tier has no backup"), *SHARED_LACKS)
DEDICATED = ("m10", "m20", "m30", "m40", "m50", "m60", "m80")
FLEX_BANDS = (100, 200, 300, 400, 500)
OPLOG_DAYS = Decimal(1)
"""How long the log of changes is kept for recovery to any point in time."""
SNAPSHOT_COPIES = Decimal("1.5")
"""Bytes of incremental snapshots for one byte of data, over their retention: an assumption."""


def offers(book: PriceBook) -> tuple[Offer, ...]:
    """Return Free, Flex in its bands, and the dedicated tiers."""
    free = Offer(
        vendor=VENDOR,
        name="Free (M0)",
        storage_gb=book.quantity("mongodb.atlas.m0.limit.storage") / 1024,
        operations=book.quantity("mongodb.atlas.m0.limit.ops"),
        connections=book.quantity("mongodb.atlas.m0.limit.conn"),
        transfer_gb=Decimal(10),
        counts_plain_bytes=True,
        lacks=FREE_LACKS,
        note="One for each project; paused after 30 days without use.",
        price=_free,
    )
    return (free, *(_flex(band, book) for band in FLEX_BANDS), *_dedicated(book))


def _free(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
    price = book.price("mongodb.atlas.m0.price", region)
    return (charge(price, 1, where="atlas", what="cluster", resource="atlas M0"),)


def _flex(band: int, book: PriceBook) -> Offer:
    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        hours = book.price(f"mongodb.atlas.flex.{band}ops.hour", region)
        note = f"the band up to {band} operations a second, all month long"
        return (
            charge(
                hours,
                HOURS_PER_MONTH,
                where="atlas",
                what="cluster",
                resource="atlas Flex",
                note=note,
            ),
        )

    return Offer(
        vendor=VENDOR,
        name=f"Flex, up to {band} operations/s",
        storage_gb=book.quantity("mongodb.atlas.flex.storage"),
        operations=min(Decimal(band), book.quantity("mongodb.atlas.flex.limit.ops")),
        query_processors=book.quantity("mongodb.atlas.flex.limit.query") / 100,
        connections=book.quantity("mongodb.atlas.flex.limit.conn"),
        counts_plain_bytes=True,
        lacks=SHARED_LACKS,
        note="A daily snapshot is included, and so is transfer.",
        price=price,
    )


def _dedicated(book: PriceBook) -> list[Offer]:
    return [_tier(tier, book) for tier in DEDICATED]


def _tier(tier: str, book: PriceBook) -> Offer:
    name = tier.upper()
    spec = f"mongodb.atlas.{tier}.spec"
    included = book.quantity(f"{spec}.storage")
    quantity = book.quantity(f"{spec}.storage.most")

    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        hours = book.price(f"mongodb.atlas.{tier}.hour", region)
        created = [
            charge(
                hours,
                HOURS_PER_MONTH,
                where="atlas",
                what="cluster",
                resource=f"atlas {name}",
                note=f"three members of a replica set, {included} GB of storage included",
            )
        ]
        integral_value = (load.disk_bytes / GB / given["disk_fill"]).to_integral_value(
            ROUND_CEILING
        )
        if integral_value > included:
            created.append(
                charge(
                    book.price("mongodb.atlas.storage.gb", region),
                    min(integral_value, quantity),
                    where="atlas",
                    what="storage",
                    note="beyond what the tier comes with all of it is charged",
                )
            )
        return (*created, *_backup(load, book, region), *_transfer(load, book, region))

    return Offer(
        vendor=VENDOR,
        name=name,
        storage_gb=quantity,
        memory_gb=book.quantity(f"{spec}.ram"),
        vcpu=book.quantity(f"{spec}.vcpu"),
        burstable=tier in ("m10", "m20"),
        can_be_sharded=tier not in ("m10", "m20"),
        connections=book.quantity(f"{spec}.conn"),
        iops=figures("mongodb")["ssd_iops"],
        price=price,
    )


def _backup(load: Load, book: PriceBook, region: str) -> list[Line]:
    """Return the charges of recovery to any point in time: snapshots and log of changes together.

    Source: MongoDB Atlas, "Cluster Configuration Costs", restores to a point in time.
    """
    retained = load.disk_bytes / GB * SNAPSHOT_COPIES
    retained += load.written_gb / DAYS_PER_MONTH * OPLOG_DAYS
    lines = []
    remaining = max(ZERO, retained - 5)
    for width, band in ((95, "5-100"), (150, "100-250"), (250, "250-500"), (None, "500")):
        part = remaining if width is None else min(remaining, Decimal(width))
        if part > 0:
            lines.append(
                charge(
                    book.price(f"mongodb.atlas.pitr.{band}", region),
                    part,
                    where="atlas",
                    what="continuous backup",
                    note=f"snapshots of {SNAPSHOT_COPIES} times the data (assumed), and a day of "
                    "changes; the first 5 GB are free",
                )
            )
        remaining -= part
    return lines


def _transfer(load: Load, book: PriceBook, region: str) -> list[Line]:
    price = book.price("mongodb.atlas.transfer.sameregion", "aws")
    return [
        charge(
            price,
            load.returned_gb,
            where="atlas",
            what="data transfer",
            note="answers to an application in the same region",
        )
    ]
