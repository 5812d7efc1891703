"""What it costs once to move the data of one deployment option to another: read, write, send.

In: where the data lies and where it goes, how many items of how many bytes there are, the price
book. Out: charges, and what could not be priced. Reading and writing a server is not charged apart
from the server. Work, tests and time are not money here.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.bill import Line, charge
from tablewright.bill.prices import PriceBook
from tablewright.compare.protocol import Comparing
from tablewright.core.errors import PriceUnknownError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB, ZERO
from tablewright.evaluation.values import ResourceFacts

ON_AWS = ("aurora", "rds", "dynamodb")
"""Where a database line says it is, of those that AWS runs."""
EGRESS = {"supabase": "supabase.platform.egress", "planetscale": "planetscale.database.egress"}
"""What other vendors charge for data that leaves them; of the rest the book says nothing."""


@frozen
class Side:
    """A database: its engine, where it runs, and what it holds at a number of users."""

    engine: str
    comparing: Comparing
    """What its engine brings."""
    place: str
    """The word of its bill for where it runs, such as aurora or atlas."""
    resources: tuple[ResourceFacts, ...]
    factor: Decimal = Decimal(1)
    """By how much the users are more than those the resources are counted for."""

    @property
    def tables(self) -> tuple[ResourceFacts, ...]:
        """What is moved; indexes are built again."""
        return tuple(resource for resource in self.resources if resource.kind == "table")

    @property
    def item_bytes(self) -> Decimal:
        """Bytes of all items."""
        return sum((table.item_bytes for table in self.tables), ZERO) * self.factor

    @property
    def items(self) -> Decimal:
        """How many items there are."""
        return sum((table.entries for table in self.tables), ZERO) * self.factor


@frozen
class Move:
    """What a move takes: items, bytes, charges, and the parts without a price."""

    items: Decimal = ZERO
    data_bytes: Decimal = ZERO
    lines: tuple[Line, ...] = ()
    not_priced: tuple[str, ...] = ()

    @property
    def usd(self) -> Decimal:
        """USD, once."""
        return sum((line.amount for line in self.lines), ZERO)


def is_moved(old: Side, new: Side) -> bool:
    """Whether the data leaves its place: another engine, or the same with another vendor."""
    return old.engine != new.engine or old.place != new.place


def move(old: Side, new: Side, book: PriceBook, region: str) -> Move:
    """Return what moving all items from one database to another is charged.

    What reading and writing is charged is said by the engines. Export and import by files can be
    cheaper, where a whole table is moved as it is.
    """
    if not is_moved(old, new):
        return Move()
    lines: list[Line] = []
    missing: list[str] = []

    def add(key: str, quantity: Decimal, what: str, note: str = "", place: str = region) -> None:
        try:
            price = book.price(key, place)
        except PriceUnknownError as problem:
            missing.append(f"{what}: {problem.key} in {problem.region}")
            return
        lines.append(charge(price, quantity, where="move", what=what, note=note))

    for transfer in (
        *old.comparing.reading_charges(old.item_bytes),
        *new.comparing.writing_charges(new.resources, new.factor),
    ):
        add(transfer.price_key, transfer.quantity, transfer.what)
    gigabytes = old.item_bytes / GB
    if old.place in ON_AWS and new.place not in ON_AWS and new.place != "atlas":
        add("aws.data-transfer.internet", gigabytes, "data out of AWS", "without the free 100 GB")
    elif old.place == "atlas" or new.place == "atlas":
        what = "data between Atlas and its neighbour"
        add("mongodb.atlas.transfer.sameregion", gigabytes, what, place="aws")
    elif old.place not in ON_AWS and old.place in EGRESS:
        add(EGRESS[old.place], gigabytes, "data out of the old vendor", "without what is included")
    elif old.place not in ON_AWS:
        missing.append(f"data out of {old.place}: nothing is known")
    return Move(
        items=old.items, data_bytes=old.item_bytes, lines=tuple(lines), not_priced=tuple(missing)
    )
