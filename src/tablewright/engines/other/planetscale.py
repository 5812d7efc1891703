"""PlanetScale's MySQL on Vitess: its clusters matched with the load of a PostgreSQL design.

In: a PostgreSQL evaluation's load. Out: options. Rows of MySQL and PostgreSQL differ by some
tenths: the load is taken as it is, which is an assumption.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.core.quantities import GB, ZERO
from tablewright.engines.servers.constants import Figures, figures
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.sizing import Offer, Option, options_for
from tablewright.model.values import Model

SIZES = (10, 20, 40, 80, 160, 320)
INCLUDED_GB = 10


def offers() -> tuple[Offer, ...]:
    """Return the clusters of the price book."""
    return tuple(_offer(size) for size in SIZES)


def _offer(size: int) -> Offer:
    def price(load: Load, book: PriceBook, region: str, given: Figures) -> tuple[Line, ...]:
        cluster = book.price(f"planetscale.database.vitess.ps{size}", region)
        disk = book.price("planetscale.database.vitess.storage", region)
        more = max(ZERO, load.disk_bytes / GB - INCLUDED_GB)
        return (
            charge(cluster, 1, where="planetscale", what="cluster"),
            charge(disk, more, where="planetscale", what="storage", note="beyond 10 GB"),
        )

    return Offer(
        vendor="PlanetScale Vitess",
        name=f"PS-{size}",
        # Not in the price book: assumed as 1/8 vCPU and 1 GB for a PS-10, and in proportion.
        memory_gb=Decimal(size) / 10,
        vcpu=Decimal(size) / 80,
        lacks=(("relational_integrity", "foreign keys only within a database without shards"),),
        price=price,
    )


def planetscale(load: Load, model: Model, book: PriceBook, region: str) -> tuple[Option, ...]:
    """Return the clusters matched with a load."""
    return options_for(offers(), load, model, book, region, figures("postgresql"))
