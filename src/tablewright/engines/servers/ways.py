"""One way to find what a pattern asks for, and what it costs a server.

In: an index, or none, of a home, with the entries and rows it meets. Out: the effort by which ways
are compared and the pages they touch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ONE, ZERO
from tablewright.engines.servers.homes import Home, Ordered

_ANYWHERE, _ROW, _ENTRY, _COMPARISON = map(Decimal, ("4", "0.01", "0.005", "0.0025"))
"""PostgreSQL manual, "Planner Cost Constants": random_page_cost and the rest, as they come."""
_LEAF_FILL, _UPPER_FILL = Decimal("0.9"), Decimal("0.7")


@frozen
class AccessPath:
    """One way to find what a pattern asks for."""

    home: Home
    index: Ordered | None
    bound: tuple[str, ...] = ()
    entries: Decimal = ZERO
    fetched: Decimal = ZERO
    matched: Decimal = ZERO
    returned: Decimal = ZERO
    sorts: bool = False
    covered: bool = False
    filtered: tuple[str, ...] = ()
    partitions: Decimal = ONE
    """How many partitions are looked into, each with an index of its own."""
    is_scattered: bool = False
    """It does not name a shard: all of them are asked."""
    keeps_order: bool = False
    """Its order is asked for and not sorted again."""
    stops: bool = False
    """It ends at the limit, before everything that might match was read."""

    @property
    def effort(self) -> Decimal:
        """What decides between ways: a fetched row counts as much as ten entries."""
        sorted_rows = self.matched if self.sorts else ZERO
        # A scan reads in order; a fetch by an index goes anywhere.
        weight = Decimal(10) if self.index is not None else Decimal(5)
        effort = self.entries + weight * self.fetched + 2 * sorted_rows
        return effort + (self.partitions if self.index is not None else ZERO)

    @property
    def page_cost(self) -> Decimal:
        """What PostgreSQL's planner decides by, in pages read in order, about.

        Its documented constants: a page in order 1 and anywhere 4, a row 0.01, an index entry
        0.005, a comparison 0.0025. A bitmap reads the pages of a table in order, each for
        4 - 3 x sqrt(share of the pages read); it can neither keep an order nor stop early. Which
        order the rows lie in is not known, so they are taken to lie anywhere.
        """
        home, pages = self.home, _row_pages(self.home)
        per_row = _ROW + _COMPARISON * len(self.filtered)
        cost = self.fetched * per_row
        if self.sorts and self.matched > 1:
            retained = max(Decimal(2), min(self.matched, 2 * self.returned))
            cost += self.matched * 2 * _COMPARISON * Decimal(math.log2(retained))
        if self.index is None:
            return cost + (pages * self.fetched / home.rows if home.rows else ONE)
        per_leaf = max(ONE, home.page_bytes / max(ONE, self.index.entry_bytes))
        leaves = self.partitions + self.entries / per_leaf
        cost += leaves * _ANYWHERE + self.entries * (_ENTRY + _COMPARISON * len(self.bound))
        touched = pages * Decimal(1 - math.exp(-min(700.0, float(self.fetched / pages))))
        if self.stops or self.keeps_order:
            return cost + touched * _ANYWHERE
        share = min(ONE, touched / pages).sqrt()
        return cost + touched * (_ANYWHERE - (_ANYWHERE - 1) * share)

    @property
    def target(self) -> str:
        """Table, or "table/index"."""
        return self.home.name if self.index is None else f"{self.home.name}/{self.index.name}"


def _row_pages(home: Home) -> Decimal:
    """Return the pages of the rows themselves, long values apart."""
    return max(ONE, (home.stored_bytes - home.outside_bytes) / home.page_bytes)


def rows_per_page(home: Home) -> Decimal:
    """Return how many rows a page holds; one where a row fills several."""
    return max(ONE, home.page_bytes / max(ONE, home.row_bytes))


def touches_of(way: AccessPath) -> tuple[tuple[str, Decimal], ...]:
    """Return the pages a read touches: leaves of the index, and a page for each row fetched."""
    home, index = way.home, way.index
    if index is None:
        return ((home.name, max(ONE, way.fetched / rows_per_page(home))),)
    per_leaf = max(ONE, home.page_bytes / max(ONE, index.entry_bytes))
    leaves = way.partitions + way.entries / per_leaf
    return ((f"{home.name}/{index.name}", leaves), (home.name, _distinct(way.fetched, home)))


def pages_of(way: AccessPath, touches: Iterable[tuple[str, Decimal]]) -> Decimal:
    """Return the pages a read goes through: those it touches and the index's levels above."""
    touched = sum((pages for _, pages in touches), ZERO)
    return touched if way.index is None else touched + way.partitions * _levels_above(way)


def _levels_above(way: AccessPath) -> int:
    """Return how many levels an index has above its leaves, of one partition.

    An entry of an upper level has about the bytes of a leaf's; leaves are filled to 90 %, the
    levels above to 70 % (PostgreSQL source, `BTREE_DEFAULT_FILLFACTOR` and
    `BTREE_NONLEAF_FILLFACTOR` in access/nbtree.h, read 2026-11).
    """
    home, index = way.home, way.index
    if index is None:
        return 0
    per_page = max(Decimal(2), home.page_bytes / max(ONE, index.entry_bytes))
    pages, levels = index.entries / home.partitions / (per_page * _LEAF_FILL), 0
    while pages > 1:
        pages, levels = pages / (per_page * _UPPER_FILL), levels + 1
    return levels


def _distinct(rows: Decimal, home: Home) -> Decimal:
    """Return the different pages among which so many rows lie, spread evenly."""
    pages = max(ONE, home.stored_bytes / home.page_bytes)
    touched = rows * max(ONE, home.row_bytes / home.page_bytes)  # a long one fills several
    return pages * Decimal(1 - math.exp(-min(700.0, float(touched / pages))))
