"""What one unit of DynamoDB or of object storage costs: the one place where it is looked up.

In: a price book and a region. Out: USD for one unit by name. A rate that the book does not know
raises `PriceUnknownError`; it is never zero. Who can do without asks `known`, and gets None.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.core.errors import DataError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB

RATES = {
    "read": ("aws.dynamodb.ondemand.rru.standard", 1),
    "write": ("aws.dynamodb.ondemand.wru.standard", 1),
    "ia_write": ("aws.dynamodb.ondemand.wru.ia", 1),
    "read_hour": ("aws.dynamodb.provisioned.rcu.standard", 1),
    "write_hour": ("aws.dynamodb.provisioned.wcu.standard", 1),
    "stored_gb": ("aws.dynamodb.storage.standard", 1),
    "ia_stored_gb": ("aws.dynamodb.storage.ia", 1),
    "stored_byte": ("aws.dynamodb.storage.standard", GB),
    "recovered_byte": ("aws.dynamodb.pitr", GB),
    "export_gb": ("aws.dynamodb.export.s3", 1),
    "import_gb": ("aws.dynamodb.import.s3", 1),
    "object_put": ("aws.s3.put", 1),
    "object_get": ("aws.s3.get", 1),
    "object_gb": ("aws.s3.standard.storage", 1),
    "object_byte": ("aws.s3.standard.storage", GB),
    "cache_node_hour": ("aws.dax.t3.small", 1),
}
"""Name of a rate: the key of its price, and how many units a priced quantity has."""


@frozen(kw_only=False)
class Rates:
    """USD for one unit in one region.

    Example:
        >>> rates = Rates(PriceBook(), "us-east-1")
        >>> (rates.usd("write") * 1_000_000).normalize()
        Decimal('0.625')
    """

    book: PriceBook
    region: str

    def usd(self, name: str) -> Decimal:
        """Return USD for one unit.

        Raises:
            PriceUnknownError: the book has no such price for the region.
        """
        key, units = _rate(name)
        price = self.book.price(key, self.region)
        return price.usd / price.per / units

    def known(self, name: str) -> Decimal | None:
        """Return USD for one unit, None where the book does not know it."""
        key, units = _rate(name)
        price = self.book.find(key, self.region)
        return None if price is None else price.usd / price.per / units

    def of_units(self, reads: Decimal, writes: Decimal) -> Decimal:
        """Return what on-demand request units cost, in USD.

        Raises:
            PriceUnknownError: the book has no price of them for the region.
        """
        return reads * self.usd("read") + writes * self.usd("write")


def _rate(name: str) -> tuple[str, int]:
    if name not in RATES:
        raise DataError(f"no rate `{name}`")
    return RATES[name]
