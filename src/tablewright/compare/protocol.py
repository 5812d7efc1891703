"""What an engine brings to the comparison: what a design is billed on, and where it may run.

In: nothing; these are protocols and small values. The comparison asks every engine through them
and knows none. An engine whose bill is that of its requests brings `ComparedByBill`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from tablewright.bill.bill import Line
from tablewright.bill.prices import PriceBook
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.values import Evaluation, ResourceFacts


@frozen
class RangeEnd:
    """The offer that would be taken with some constants of the sizing at one end."""

    offer: str
    """Vendor and tier."""
    usd: Decimal
    bound_by: str
    """The resource of it that is used most, needed and available, in words."""
    when: str
    """Which constants are at which end, in words."""


@frozen
class TierResource:
    """A resource of a tier: what the load needs and what there is, in a unit."""

    resource: str
    needed: Decimal
    available: Decimal
    unit: str


@frozen
class Tier:
    """A tier or instance matched with the load of a design at one scale."""

    offer: str
    """Vendor and tier."""
    usd: Decimal | None
    """USD a month; None where the book has no price."""
    resources: tuple[TierResource, ...]
    misses: tuple[str, ...]
    """Needs of the model that it does not meet, by name."""

    @property
    def holds(self) -> bool:
        """Whether every resource suffices."""
        return all(entry.needed <= entry.available for entry in self.resources)


@frozen
class BilledChoice:
    """What a design is billed on: its requests, or the cheapest offer that holds its load."""

    usd: Decimal | None
    """USD a month; None where nobody can say."""
    why: str = ""
    """Why nobody can."""
    offer: str = ""
    """Vendor and tier, of an engine on servers."""
    misses: tuple[str, ...] = ()
    """Needs of the model that the offer does not meet, as "name: why"."""
    bound_by: str = ""
    """The resource of the offer that is used most, needed and available, in words."""
    light: Decimal | None = None
    """USD a month with the constants of a sizing at their light ends; None where none matters."""
    heavy: Decimal | None = None
    ends: tuple[RangeEnd, ...] = ()
    """The offers at the light and at the heavy end, where they are other than this."""


@frozen
class DatabaseLine:
    """The database line of an engine at a scale: its charges, and what free tiers take off."""

    lines: tuple[Line, ...]
    always_free: Decimal = ZERO
    missing: str = ""
    """Why there is none, empty if there is."""
    light: Decimal | None = None
    """USD a month with every constant of the sizing at its light end, where it is a server."""
    heavy: Decimal | None = None
    ends: tuple[RangeEnd, ...] = ()
    """The offers at the light and at the heavy end, where they are other than this."""
    offer: str = ""
    """Vendor and tier, where it is a server."""
    bound_by: str = ""
    """The resource of the offer that is used most, needed and available, in words."""
    misses: tuple[tuple[str, str], ...] = ()
    """Needs of the model that the offer does not meet, and why."""
    zones: int = 0
    """Of the chosen offer: 1 if one instance, 2 if more; 0 where that is not known."""
    elsewhere: bool = False
    """Whether the lines are at the prices of a neighbouring region."""

    @property
    def total(self) -> Decimal:
        """USD a month with what is always free taken off."""
        return sum((line.amount for line in self.lines), ZERO) - self.always_free


@frozen
class TransferCharge:
    """Something that moving data in or out of a database is charged, before it is priced."""

    price_key: str
    quantity: Decimal
    """In the unit of the price."""
    what: str


class Comparing(Protocol):
    """An engine as the comparison sees it."""

    @property
    def title(self) -> str:
        """The name of the engine as its vendor writes it."""
        ...

    def choice(self, evaluation: Evaluation) -> BilledChoice:
        """Return what a design is billed on at its scale."""
        ...

    def offers(self, evaluations: Sequence[Evaluation]) -> tuple[str, ...]:
        """Return the names of the servers that designs may run on, each of vendor and tier."""
        ...

    def tiers(self, evaluation: Evaluation) -> tuple[Tier, ...]:
        """Return every tier or instance matched with the load of a design, the cheapest first."""
        ...

    def memory(self, evaluation: Evaluation) -> str:
        """Say whether the hot pages of a design have to be in memory, and why."""
        ...

    def on_servers(
        self,
        evaluations: Sequence[Evaluation],
        servers: Sequence[str],
        book: PriceBook,
        neighbours: Sequence[str],
    ) -> DatabaseLine:
        """Return the cheapest of some servers that holds any of the designs.

        Args:
            evaluations: of designs of this engine at one scale, all serving as many patterns.
            servers: names of offers, or their beginnings with a * at the end.
            book: the prices.
            neighbours: regions whose prices are used where the own region has none, nearest first.
        """
        ...

    def room(self, evaluation: Evaluation, offer: str) -> Decimal | None:
        """Return how many times the load an offer holds, by the resource that is used most."""
        ...

    def reading_charges(self, data_bytes: Decimal) -> tuple[TransferCharge, ...]:
        """Return what reading so many bytes of items out of it is charged, once."""
        ...

    def writing_charges(
        self, resources: Sequence[ResourceFacts], factor: Decimal
    ) -> tuple[TransferCharge, ...]:
        """Return what filling its tables and indexes is charged, once.

        Args:
            resources: what is stored, at one scale.
            factor: by how much the users are more than those of that scale.
        """
        ...


class ComparedByBill:
    """An engine whose designs cost what their bill says, wherever they run."""

    def __init__(self, title: str) -> None:
        self._title = title

    @property
    def title(self) -> str:
        """The name of the engine as its vendor writes it."""
        return self._title

    def choice(self, evaluation: Evaluation) -> BilledChoice:
        """Return the bill of a design: there is nothing to choose."""
        return BilledChoice(usd=evaluation.bill.figure, why=evaluation.bill.no_figure)

    def offers(self, evaluations: Sequence[Evaluation]) -> tuple[str, ...]:
        """Return none: it has no servers to choose from."""
        return ()

    def tiers(self, evaluation: Evaluation) -> tuple[Tier, ...]:
        """Return none: it has no servers to choose from."""
        return ()

    def memory(self, evaluation: Evaluation) -> str:
        """Say nothing: its memory is not the user's matter."""
        return ""

    def on_servers(
        self,
        evaluations: Sequence[Evaluation],
        servers: Sequence[str],
        book: PriceBook,
        neighbours: Sequence[str],
    ) -> DatabaseLine:
        """Return that none of the servers exists."""
        return DatabaseLine(lines=(), missing=f"a server among {', '.join(servers)}")

    def room(self, evaluation: Evaluation, offer: str) -> Decimal | None:
        """Return None: there is no offer to be full."""
        return None

    def reading_charges(self, data_bytes: Decimal) -> tuple[TransferCharge, ...]:
        """Return nothing: reading is not charged."""
        return ()

    def writing_charges(
        self, resources: Sequence[ResourceFacts], factor: Decimal
    ) -> tuple[TransferCharge, ...]:
        """Return nothing: writing is not charged."""
        return ()
