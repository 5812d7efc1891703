"""The few unit prices that rules compare with, in USD for one unit.

In: a price book and a region. Out: a `Tariff`; what the book does not know is None, and rules that
need it are not assessed. The bill itself is never computed from these.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tablewright.bill.prices import PriceBook

_KEYS = {
    "wru": "aws.dynamodb.ondemand.wru.standard",
    "rru": "aws.dynamodb.ondemand.rru.standard",
    "wcu_hour": "aws.dynamodb.provisioned.wcu.standard",
    "rcu_hour": "aws.dynamodb.provisioned.rcu.standard",
    "storage_gb": "aws.dynamodb.storage.standard",
    "ia_storage_gb": "aws.dynamodb.storage.ia",
    "ia_wru": "aws.dynamodb.ondemand.wru.ia",
    "export_gb": "aws.dynamodb.export.s3",
    "s3_gb": "aws.s3.standard.storage",
    "s3_put": "aws.s3.put",
    "s3_get": "aws.s3.get",
    "cache_node_hour": "aws.dax.t3.small",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """USD for one request unit, unit-hour, GB-month, request or node-hour."""

    wru: Decimal | None = None
    rru: Decimal | None = None
    wcu_hour: Decimal | None = None
    rcu_hour: Decimal | None = None
    storage_gb: Decimal | None = None
    ia_storage_gb: Decimal | None = None
    ia_wru: Decimal | None = None
    export_gb: Decimal | None = None
    s3_gb: Decimal | None = None
    s3_put: Decimal | None = None
    s3_get: Decimal | None = None
    cache_node_hour: Decimal | None = None

    @classmethod
    def of(cls, book: PriceBook, region: str) -> Tariff:
        """Read the prices of a region from a book."""
        found: dict[str, Decimal | None] = {}
        for name, key in _KEYS.items():
            price = book.find(key, region)
            found[name] = price.usd / price.per if price is not None else None
        return cls(**found)

    @property
    def crossover(self) -> Decimal | None:
        """The utilisation from which provisioned writes are cheaper than on-demand ones."""
        if self.wru is None or self.wcu_hour is None:
            return None
        return self.wcu_hour / (3600 * self.wru)

    @property
    def ia_factor(self) -> Decimal | None:
        """What a request costs in Standard-IA over what it costs in Standard."""
        if self.wru is None or self.ia_wru is None:
            return None
        return self.ia_wru / self.wru
