"""What a design with more indexes than it needs costs, part by part: what the planner chooses from.

In: nothing; these are values. An engine quotes, the planner chooses; neither knows the other.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO


@frozen
class QuotedPath:
    """One correct way to find what a slot asks for, with the read units it takes."""

    resources: tuple[str, ...]
    """The tables and indexes it reads, each "table" or "table/index"."""
    units: Decimal
    """Mean read units of one call."""
    operation: str
    depth: int = 1
    fetches: bool = False
    sorts_in_code: bool = False
    by_resource: tuple[tuple[str, Decimal], ...] = ()
    """The units each table and index gives, in the order of the requests."""
    objects: Decimal = ZERO
    """Mean objects of object storage got in one call; together they are one of its round trips."""


@frozen
class Slot:
    """A question a pattern asks: a read, or the search for the key of something written.

    Exactly one of its paths is taken for each call; none means that the design cannot answer.
    """

    pattern: str
    part: int = 0
    paths: tuple[QuotedPath, ...] = ()
    cannot: str = ""


@frozen
class FixedUse:
    """Units that a pattern consumes on a resource whichever paths are taken.

    `dimension` is read or write, or put: objects written to object storage.
    """

    pattern: str
    resource: str
    dimension: str
    units: Decimal


@frozen
class Quotation:
    """What a design with more indexes than it needs costs, part by part.

    An index that is left out takes its own uses and bytes with it, and the paths that read it.
    `EngineQuotes.quote` may promise that only because indexes add nothing to each other; key
    attributes made for an index are part of the item and stay.
    """

    slots: tuple[Slot, ...]
    fixed: tuple[FixedUse, ...]
    stored: tuple[tuple[str, Decimal], ...]
    """Bytes billed for each resource."""
    largest: tuple[tuple[str, int], ...] = ()
    """Bytes of the largest sampled item of each resource."""
    cannot: tuple[tuple[str, str], ...] = ()
    """Writes the design cannot carry out, and why."""
    objects: tuple[tuple[str, Decimal], ...] = ()
    """Bytes each table keeps in object storage."""
    depths: tuple[tuple[str, int], ...] = ()
    """Round trips of each write after one another, without those that search its key."""
