"""DynamoDB as the comparison sees it: its bill, and what scanning and filling tables is charged."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.capacity.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from tablewright.compare.protocol import ComparedByBill, TransferCharge
from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import ResourceFacts


class DynamoComparing(ComparedByBill):
    """What DynamoDB brings to the comparison."""

    def reading_charges(self, data_bytes: Decimal) -> tuple[TransferCharge, ...]:
        """Return the read units of scans: half a unit for 4 KB, eventually consistent.

        An export to files can be cheaper, where the whole table is wanted as it is.
        """
        return (
            TransferCharge(
                price_key="aws.dynamodb.ondemand.rru.standard",
                quantity=data_bytes / READ_UNIT_BYTES / 2,
                what="scans of the old tables",
            ),
        )

    def writing_charges(
        self, resources: Sequence[ResourceFacts], factor: Decimal
    ) -> tuple[TransferCharge, ...]:
        """Return the write units of putting every item, its index entries with it."""
        return (
            TransferCharge(
                price_key="aws.dynamodb.ondemand.wru.standard",
                quantity=write_units(resources) * factor,
                what="writes to the new tables and their indexes",
            ),
        )


def write_units(resources: Sequence[ResourceFacts]) -> Decimal:
    """Return the write units that filling tables and indexes takes, from mean sizes.

    Each item or entry takes a unit for each KB begun; of sizes around a mean about half of the
    last KB more, which is not counted.
    """
    return sum(
        (
            shape.count
            * max(
                Decimal(1),
                (shape.sizes.mean.mean / WRITE_UNIT_BYTES).to_integral_value("ROUND_CEILING"),
            )
            for resource in resources
            for shape in resource.shapes
        ),
        ZERO,
    )
