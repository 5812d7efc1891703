"""The few unit prices that rules compare with, in USD for one unit.

In: a price book and a region. Out: a `Tariff`; what the book does not know is None, and rules that
need it are not assessed. The bill itself is never computed from these.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.bill.rates import Rates
from tablewright.core.frozen import frozen

_RATES = {
    "wru": "write",
    "rru": "read",
    "wcu_hour": "write_hour",
    "rcu_hour": "read_hour",
    "storage_gb": "stored_gb",
    "ia_storage_gb": "ia_stored_gb",
    "ia_wru": "ia_write",
    "export_gb": "export_gb",
    "s3_gb": "object_gb",
    "s3_put": "object_put",
    "s3_get": "object_get",
    "cache_node_hour": "cache_node_hour",
}


@frozen
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
        rates = Rates(book, region)
        return cls(**{name: rates.known(rate) for name, rate in _RATES.items()})

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
