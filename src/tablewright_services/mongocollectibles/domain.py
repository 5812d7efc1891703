"""The rules of the shop: fees, which copy is taken, moves of a payment. Pure: no clock or database.

Money is in Philippine pesos as `Decimal`, exact to the centavo. The formulas are assumed for the
application and kept as values here.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tablewright.core.frozen import frozen

STORES = {"store-a": "Store A", "store-b": "Store B", "store-c": "Store C"}
"""In the order of a copy's distances."""
PESOS_PER_DAY = {"S": Decimal(1_000), "M": Decimal(5_000), "L": Decimal(10_000)}
SHORT_RENTAL_DAYS = 7
"""Fewer days cost double."""
SHORT_RENTAL_FACTOR = 2
PESOS_PER_DISTANCE = Decimal(100)
LONGEST_RENTAL_DAYS = 365
QUOTE_HOLDS = dt.timedelta(minutes=15)
PAYMENT_WAITS = dt.timedelta(minutes=30)
"""A rental that is not paid by then expires."""
CURRENCY = "PHP"


@frozen
class RentalOrder:
    """What a customer asks for."""

    collectible_id: str
    store_id: str
    duration: int
    """Days."""


@frozen
class Quote:
    """What an order costs, and the copy that is nearest."""

    order: RentalOrder
    warehouse_id: str
    distance: int
    """Also the number of days until the copy is in the store."""
    rate: Decimal
    """Pesos a day."""
    factor: int

    @property
    def delivery_fee(self) -> Decimal:
        """Pesos."""
        return PESOS_PER_DISTANCE * self.distance

    @property
    def total_fee(self) -> Decimal:
        """Pesos."""
        return self.rate * self.order.duration * self.factor + self.delivery_fee

    def parts(self) -> dict[str, Any]:
        """Return what the fee is made of."""
        return {
            "rate_per_day": self.rate,
            "factor": self.factor,
            "distance": self.distance,
            "delivery_fee": self.delivery_fee,
        }


def nearest_copy(copies: Iterable[Any], store_id: str) -> tuple[int, str] | None:
    """Return distance and id of the nearest copy, of equally near ones the first by id.

    Args:
        copies: each with `warehouse_id` and `distances_to_stores`.
        store_id: one of `STORES`.
    """
    place = list(STORES).index(store_id)
    distances = [
        (int(copy.distances_to_stores[place]), str(copy.warehouse_id))
        for copy in copies
        if len(copy.distances_to_stores or ()) > place
    ]
    return min(distances, default=None)


def quote(order: RentalOrder, size: str, copies: Iterable[Any]) -> Quote | None:
    """Return what an order costs; None where no copy is left."""
    nearest = nearest_copy(copies, order.store_id)
    if nearest is None:
        return None
    distance, warehouse_id = nearest
    return Quote(
        order=order,
        warehouse_id=warehouse_id,
        distance=distance,
        rate=PESOS_PER_DAY[size],
        factor=SHORT_RENTAL_FACTOR if order.duration < SHORT_RENTAL_DAYS else 1,
    )


def due_at(created: dt.datetime, quoted: Quote) -> dt.datetime:
    """Return when a copy has to be back: the days begin once it is in the store."""
    return created + dt.timedelta(days=quoted.distance + quoted.order.duration)


def centavos(pesos: Decimal) -> int:
    """Return an amount as the payment provider counts it.

    Raises:
        ValueError: it has fractions of a centavo.

    Example:
        >>> centavos(Decimal("10100.50"))
        1010050
    """
    amount = Decimal(pesos) * 100
    if amount != int(amount):
        raise ValueError(f"{pesos} pesos are no whole number of centavos")
    return int(amount)


class Effect(enum.Enum):
    """What a message of the payment provider changes."""

    MOVE = "move"
    """The rental gets the status that the message tells of."""
    NONE = "none"
    """Nothing: it came before, or something later did."""
    LATE = "late"
    """Money came for a rental that is over: it goes back."""
    EARLY = "early"
    """What it builds on has not come yet: it has to come again."""


EFFECTS: Mapping[str, Mapping[str, Effect]] = {
    "completed": {"pending": Effect.MOVE, "failed": Effect.LATE, "expired": Effect.LATE},
    "failed": {"pending": Effect.MOVE},
    "expired": {"pending": Effect.MOVE},
    "refunded": {"completed": Effect.MOVE, "pending": Effect.EARLY},
}
"""By the status that a message tells of, and the one a rental has; otherwise nothing changes."""
FREES_COPY = frozenset({"failed", "expired"})


def effect(reported: str, present: str) -> Effect:
    """Return what a message changes that tells of a status.

    Example:
        >>> effect("completed", "pending"), effect("failed", "completed")
        (<Effect.MOVE: 'move'>, <Effect.NONE: 'none'>)
    """
    return EFFECTS[reported].get(present, Effect.NONE)


def is_overdue(rental: Any, now: dt.datetime) -> bool:
    """Whether a copy that was paid for should be back and is not."""
    if rental.payment_status != "completed" or rental.returned_at is not None:
        return False
    return dt.datetime.fromisoformat(rental.due_at) < now
