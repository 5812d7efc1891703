"""What writing a population into a database costs once, by each way to write it.

In: write units, bytes, rates. Out: `Way`s. `migrate --plan` and `seed` say the same of it. A price
that the book does not know makes its way "not priced", with the reason; it never makes it free.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tablewright.bill.rates import Rates
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, ZERO
from tablewright.evaluation.values import Evaluation

SECONDS_PER_HOUR = 3600
ON_DEMAND, PROVISIONED, IMPORT, PLAIN = "on-demand", "provisioned", "import from S3", "bulk load"
BULK_PUT = "bulk put from S3"


@frozen
class Way:
    """One way to write the target, and what that costs once."""

    name: str
    usd: Decimal | None
    """None where it is not priced."""
    calculation: str
    is_possible: bool = True
    reason: str = ""
    """Why it is not possible, or not priced."""


def stored(evaluation: Evaluation) -> tuple[Decimal, Decimal]:
    """Return records and bytes of the tables or collections of a design."""
    homes = [resource for resource in evaluation.resources if "/" not in resource.name]
    records = sum((resource.entries for resource in homes), ZERO)
    return records, sum((resource.item_bytes for resource in homes), ZERO)


def ways_to_load(
    units: Decimal | None, size: Decimal, rates: Rates, *, is_target_new: bool = True
) -> tuple[Way, ...]:
    """Return each way to write records, with what it costs once.

    Args:
        units: write units of all of them, indexes included; None where writes are not charged.
        size: bytes of the items, without those of indexes.
        rates: prices of units in the target's region.
        is_target_new: whether the tables do not exist yet.
    """
    if units is None:
        return (
            Way(
                name=PLAIN,
                usd=ZERO,
                calculation="a server is paid by its size: writing to it costs nothing more",
            ),
        )
    return (
        _priced(
            ON_DEMAND,
            lambda: units * rates.usd("write"),
            f"{units:,.0f} write units, indexes included, by the request",
        ),
        _priced(
            PROVISIONED,
            lambda: units / SECONDS_PER_HOUR * rates.usd("write_hour"),
            f"{units:,.0f} write units / 3,600 s = {units / SECONDS_PER_HOUR:,.1f} unit-hours, "
            "with capacity set for the hours of the move and used in full",
        ),
        _priced(
            IMPORT,
            lambda: size / GB * rates.usd("import_gb"),
            f"{size / GB:,.3f} GB uncompressed; no write units, indexes included",
            "" if is_target_new else "it makes new tables only, and these exist",
        ),
        Way(
            name=BULK_PUT,
            usd=None,
            calculation=f"{size / GB:,.3f} GB",
            # API reference, StartBulkPutItems, 2026-11: counted in bytes; no price was found.
            reason=f"its price is not known: {size / GB:,.3f} GB and the index entries, counted in "
            "bytes",
        ),
    )


def _priced(name: str, usd: Callable[[], Decimal], calculation: str, impossible: str = "") -> Way:
    if impossible:
        return Way(
            name=name, usd=None, calculation=calculation, is_possible=False, reason=impossible
        )
    try:
        return Way(name=name, usd=usd(), calculation=calculation)
    except PriceUnknownError as problem:
        return Way(name=name, usd=None, calculation=calculation, reason=problem.message)
