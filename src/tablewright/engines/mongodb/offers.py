"""The Atlas tiers of the price book as offers: what each holds, what it lacks, what it costs.

In: the price book. Out: offers; a tier whose price is not known or was never verified stays in the
list, without a price.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.quantities import DAYS_PER_MONTH, GB, HOURS_PER_MONTH, ZERO
from tablewright.engines.servers import Figures, Load, Offer, figures

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
FLEX_CONNECTIONS = Decimal(500)
"""As many as the free tier has; the book states none for Flex: an assumption."""

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
    return (charge(price, 1, where="atlas", dimension="cluster", resource="atlas M0"),)


def _flex(band: int, book: PriceBook) -> Offer:
    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        hours = book.price(f"mongodb.atlas.flex.{band}ops.hour", region)
        note = f"the band up to {band} operations a second, all month long"
        return (
            charge(
                hours,
                HOURS_PER_MONTH,
                where="atlas",
                dimension="cluster",
                resource="atlas Flex",
                note=note,
            ),
        )

    return Offer(
        vendor=VENDOR,
        name=f"Flex, up to {band} operations/s",
        storage_gb=book.quantity("mongodb.atlas.flex.storage"),
        operations=Decimal(band),
        connections=FLEX_CONNECTIONS,
        counts_plain_bytes=True,
        lacks=SHARED_LACKS,
        note="A daily snapshot is included, and so is transfer.",
        price=price,
    )


def _dedicated(book: PriceBook) -> list[Offer]:
    found = [_tier(tier, "", f"mongodb.atlas.{tier}.hour", ZERO, book) for tier in DEDICATED]
    found.append(_tier("m30", ", 200 GB", "mongodb.atlas.m30.200gb", Decimal(200), book))
    return found


def _tier(tier: str, suffix: str, key: str, storage: Decimal, book: PriceBook) -> Offer:
    name = tier.upper() + suffix

    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        hours = book.price(key, region)
        made = [
            charge(
                hours,
                HOURS_PER_MONTH,
                where="atlas",
                dimension="cluster",
                resource=f"atlas {name}",
                note="three members of a replica set, storage included",
            )
        ]
        return (*made, *_backup(load, book, region), *_transfer(load, book, region))

    spec = f"mongodb.atlas.{tier}.spec"
    return Offer(
        vendor=VENDOR,
        name=name,
        storage_gb=storage or book.quantity(f"{spec}.storage"),
        memory_gb=book.quantity(f"{spec}.ram"),
        vcpu=book.quantity(f"{spec}.vcpu"),
        burstable=tier in ("m10", "m20"),
        connections=book.quantity(f"{spec}.conn"),
        iops=figures("mongodb")["ssd_iops"],
        note="More storage than the tier comes with is not in the price book, M30 apart.",
        price=price,
    )


def _backup(load: Load, book: PriceBook, region: str) -> list[Line]:
    snapshots = book.price("mongodb.atlas.backup.gb", region)
    made = [
        charge(
            snapshots,
            load.disk_bytes / GB * SNAPSHOT_COPIES,
            where="atlas",
            dimension="backup storage",
            note=f"{SNAPSHOT_COPIES} times the data, snapshots being incremental (assumed)",
        )
    ]
    oplog = load.written_gb / DAYS_PER_MONTH * OPLOG_DAYS
    left = max(ZERO, oplog - 5)
    for width, band in ((95, "5-100"), (150, "100-250"), (250, "250-500"), (None, "500")):
        part = left if width is None else min(left, Decimal(width))
        if part > 0:
            price = book.price(f"mongodb.atlas.pitr.{band}", region)
            made.append(charge(price, part, where="atlas", dimension="continuous backup"))
        left -= part
    return made


def _transfer(load: Load, book: PriceBook, region: str) -> list[Line]:
    price = book.price("mongodb.atlas.transfer.sameregion", "aws")
    return [
        charge(
            price,
            load.returned_gb,
            where="atlas",
            dimension="data transfer",
            note="answers to an application in the same region",
        )
    ]
