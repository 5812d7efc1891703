"""What raising the warm throughput of tables and indexes costs, once.

In: the load of a table with what it states. Out: sentences for what a monthly bill leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.capacity.limits import NEW_TABLE_READ_UNITS, NEW_TABLE_WRITE_UNITS
from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.loads import TableLoad

PREWARM = "aws.dynamodb.warm-throughput.prewarm"
OF_ITSELF = {"read": Decimal(NEW_TABLE_READ_UNITS), "write": Decimal(NEW_TABLE_WRITE_UNITS)}
"""Units a second that a new on-demand table or index serves at once: the service's default."""


def charged_once(load: TableLoad, book: PriceBook, region: str) -> Iterator[str]:
    """Yield what warming a table and its indexes costs in each region, or that it is not known.

    The charge is for each unit above what a table has by itself. It comes once, so no month has it.
    """
    for place in (region, *load.replicas):
        for resource in load.resources:
            mode = resource.mode or load.mode
            stated = {"read": mode.warm_reads, "write": mode.warm_writes}
            more = {
                word: units - OF_ITSELF[word]
                for word, units in stated.items()
                if units is not None and units > OF_ITSELF[word]
            }
            if resource.kind == "lsi" or not more:
                continue
            units_text = " and ".join(f"{plain(units)} {word}" for word, units in more.items())
            price = book.find(PREWARM, place)
            once = "a charge that comes once and whose price is unknown"
            if price is not None:
                once = f"once {sum(more.values()) * price.usd / price.per:.2f} USD"
            yield (
                f"warming {resource.name} in {place} for {units_text} units a second above what "
                f"it has by itself: {once}"
            )
