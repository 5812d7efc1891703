"""Effort, pages and processor time of single ways and calls on servers, worked out by hand.

A table of 1,000 rows of 200 B on pages of 8,000 B: 40 rows to a page, 50 pages of 400,000 B stored.
An index of 1,000 entries of 40 B: 200 to a page.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import exp, sqrt

import pytest

from server_loads import a_load
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.load import memory_bytes, processor_us
from tablewright.engines.servers.sizing import Offer, OfferLimit, Option, cheapest, combined
from tablewright.engines.servers.ways import AccessPath, pages_of, rows_per_page, touches_of
from tablewright.engines.servers.work import NOTHING, Work

INDEX = Ordered(
    name="by-day",
    keys=(("day", False),),
    entries=Decimal(1000),
    entry_bytes=Decimal(40),
    stored_bytes=Decimal(50_000),
)
HOME = Home(
    name="orders",
    entity="Order",
    rows=Decimal(1000),
    row_bytes=Decimal(200),
    stored_bytes=Decimal(400_000),
    page_bytes=8000,
    indexes=(INDEX,),
)
SCAN = AccessPath(
    home=HOME, index=None, fetched=Decimal(1000), matched=Decimal(100), returned=Decimal(10)
)
SEEK = AccessPath(
    home=HOME,
    index=INDEX,
    bound=("day",),
    entries=Decimal(100),
    fetched=Decimal(20),
    matched=Decimal(100),
    returned=Decimal(10),
)


def near(figure: Decimal, expected: float) -> bool:
    return float(figure) == pytest.approx(expected, rel=1e-9)


def test_a_row_fetched_anywhere_counts_as_ten_entries_and_in_order_as_five() -> None:
    assert SCAN.effort == 5 * 1000
    assert SEEK.effort == 100 + 10 * 20 + 1
    # sorting counts twice each row; every partition has an index of its own
    assert replace(SCAN, sorts=True).effort == 5 * 1000 + 2 * 100
    assert replace(SEEK, sorts=True, partitions=Decimal(12)).effort == 100 + 200 + 2 * 100 + 12


def test_pages_in_order_cost_one_and_anywhere_four() -> None:
    # 50 pages in order, and 0.01 for each of 1,000 rows; a filter compares each for 0.0025
    assert SCAN.page_cost == 50 + 10
    assert replace(SCAN, filtered=("a", "b")).page_cost == 50 + 10 + 5
    # half of the rows: half of the pages
    assert replace(SCAN, fetched=Decimal(500)).page_cost == 25 + 5
    # an empty table takes a page
    empty = replace(HOME, rows=Decimal(0), stored_bytes=Decimal(0))
    assert replace(SCAN, home=empty, fetched=Decimal(0)).page_cost == 1


def test_sorting_compares_each_row_with_those_that_are_kept() -> None:
    # 100 rows, 20 kept (twice the ten returned): 100 x 2 x 0.0025 x log2(20); of few rows 2 at
    # the least, and of 15 that match no more than those
    assert near(replace(SCAN, sorts=True).page_cost, 60 + 0.5 * 4.321928094887363)
    one = replace(SCAN, sorts=True, returned=Decimal("0.5"))
    assert near(one.page_cost, 60 + 0.5)
    few = replace(SCAN, sorts=True, matched=Decimal(16), returned=Decimal(40))
    assert near(few.page_cost, 60 + 16 * 2 * 0.0025 * 4)
    assert replace(SCAN, sorts=True, matched=Decimal(1)).page_cost == 60


def test_an_index_costs_its_leaves_its_entries_and_the_pages_of_the_rows() -> None:
    # leaves: 1 + 100 / 200, each 4; entries: 100 x (0.005 + 0.0025); rows: 20 x 0.01
    leaves, entries, rows = 1.5 * 4, 0.75, 0.2
    # 20 rows over 50 pages: 50 x (1 - e^-0.4) = 16.48 pages, each 4 where the order is kept
    touched = 50 * (1 - exp(-0.4))
    assert near(replace(SEEK, keeps_order=True).page_cost, leaves + entries + rows + touched * 4)
    assert near(replace(SEEK, stops=True).page_cost, leaves + entries + rows + touched * 4)
    # else a bitmap reads them in order: each for 4 - 3 x the root of their share
    each = 4 - 3 * sqrt(touched / 50)
    assert near(SEEK.page_cost, leaves + entries + rows + touched * each)
    # without a bound the entries are not compared; 12 partitions have 12 first leaves
    apart = replace(SEEK, bound=(), partitions=Decimal(12))
    assert near(apart.page_cost, 12.5 * 4 + 0.5 + rows + touched * each)


def test_long_values_lie_apart_from_the_pages_that_are_read() -> None:
    apart = replace(HOME, outside_bytes=Decimal(240_000))  # 160,000 B of rows: 20 pages
    assert replace(SCAN, home=apart).page_cost == 20 + 10


def test_touches_are_leaves_and_the_different_pages_of_the_rows() -> None:
    assert rows_per_page(HOME) == 40
    assert rows_per_page(replace(HOME, row_bytes=Decimal(24_000))) == 1
    assert touches_of(SCAN) == (("orders", 25),)  # 1,000 rows of 40 a page
    assert touches_of(replace(SCAN, fetched=Decimal(3))) == (("orders", 1),)
    (leaves, rows) = touches_of(SEEK)
    assert leaves == ("orders/by-day", Decimal("1.5"))
    assert rows[0] == "orders"
    assert near(rows[1], 50 * (1 - exp(-0.4)))
    # a row of three pages touches three
    long = replace(HOME, row_bytes=Decimal(24_000), stored_bytes=Decimal(24_000_000))
    assert near(touches_of(replace(SEEK, home=long))[1][1], 3000 * (1 - exp(-60 / 3000)))


def pages(way: AccessPath) -> Decimal:
    return pages_of(way, touches_of(way))


def test_an_index_of_more_than_a_leaf_has_levels_above() -> None:
    assert pages(SCAN) == 25
    touched = 1.5 + 50 * (1 - exp(-0.4))
    # 1,000 / (200 x 0.9) = 5.6 leaves: one level above, of 5.6 / 140 pages
    assert near(pages(SEEK), touched + 1)
    # 180 entries fill one leaf; 30,000 fill 166.7, above them 1.19 and above these one more
    for entries, levels in ((180, 0), (181, 1), (25_200, 1), (30_000, 2)):
        index = replace(INDEX, entries=Decimal(entries))
        assert near(pages(replace(SEEK, index=index)), touched + levels)
    # ten partitions share the entries, and each has its levels: 2,000 are 1.1 leaves in each
    parted = replace(HOME, partitions=Decimal(10))
    index = replace(INDEX, entries=Decimal(2000))
    assert near(
        pages(replace(SEEK, home=parted, index=index, partitions=Decimal(10))),
        10.5 + 50 * (1 - exp(-0.4)) + 10,
    )


WORK = Work(
    entries=Decimal(2),
    rows=Decimal(3),
    row_bytes=Decimal(1024),
    sorted_rows=Decimal(5),
    row_writes=Decimal(7),
    entry_writes=Decimal(11),
    written_bytes=Decimal(2048),
    returned_bytes=Decimal(13),
    vector_searches=Decimal(17),
    touches=(("t", Decimal(1)), ("t/i", Decimal(6))),
    pages=Decimal(19),
)


def test_the_time_of_a_processor_is_the_sum_of_what_a_call_does() -> None:
    figures = {
        "cpu_us_command": Decimal(100),
        "cpu_us_entry": Decimal(10),
        "cpu_us_row": Decimal(1000),
        "cpu_us_kb": Decimal(10_000),
        "cpu_us_sort": Decimal(100_000),
        "cpu_us_write": Decimal(1_000_000),
        "cpu_us_entry_write": Decimal(100_000_000),
    }
    # 1 x 100, 2 x 10, 3 x 1,000, (1 + 2) KB x 10,000, 5 x 100,000, 7 x 1,000,000, 11 x 100,000,000
    assert processor_us(WORK, figures) == 1_107_533_120  # type: ignore[arg-type]


def test_work_adds_and_is_multiplied_field_by_field() -> None:
    both = WORK.plus(WORK, Decimal(2))
    assert both == Work(
        commands=Decimal(3),
        entries=Decimal(6),
        rows=Decimal(9),
        row_bytes=Decimal(3072),
        sorted_rows=Decimal(15),
        row_writes=Decimal(21),
        entry_writes=Decimal(33),
        written_bytes=Decimal(6144),
        returned_bytes=Decimal(39),
        vector_searches=Decimal(51),
        touches=(
            *WORK.touches,
            ("t", Decimal(2)),
            ("t/i", Decimal(12)),
        ),
        pages=Decimal(57),
    )
    assert NOTHING.plus(WORK) == WORK


def test_what_names_no_shard_is_sent_to_each() -> None:
    assert WORK.spread(1, True) == WORK.spread(4, False) == WORK
    # four commands; two entries are one at least on each of four; six pages are enough for all
    assert WORK.spread(4, True) == replace(
        WORK,
        commands=Decimal(4),
        entries=Decimal(4),
        touches=(("t", Decimal(4)), ("t/i", Decimal(6))),
    )
    assert replace(WORK, entries=Decimal(0)).spread(4, True).entries == 0


def test_a_shard_has_its_part_of_rows_and_entries_of_the_same_size() -> None:
    vectors = replace(INDEX, name="alike")
    part = replace(HOME, shards=4, vector_indexes=(vectors,)).on_one_shard()
    assert (part.rows, part.stored_bytes, part.row_bytes) == (250, 100_000, 200)
    for index in (*part.indexes, *part.vector_indexes):
        assert (index.entries, index.stored_bytes, index.entry_bytes) == (250, 12_500, 40)
    assert memory_bytes([HOME, part]) == 450_000 + 112_500


def test_disk_operations_are_what_memory_does_not_hold_and_the_writes() -> None:
    load = a_load(
        hot_bytes=Decimal(1000),
        memory_bytes=Decimal(4000),
        touches_peak=Decimal(100),
        touches_mean=Decimal(10),
        writes_peak=Decimal(8),
        writes_mean=Decimal(4),
    )
    figures = {"cold_share": Decimal("0.1"), "iops_per_write": Decimal(2), "wal": Decimal(3)}
    # all of it is in memory: the writes alone
    assert load.iops(Decimal(4000), figures) == 16  # type: ignore[arg-type]
    # the hot pages are, of 4,000 B a quarter is not: 100 x 0.25 x 0.1
    assert load.iops(Decimal(3000), figures) == Decimal("18.5")  # type: ignore[arg-type]
    # half of the hot pages: 100 x (0.5 + 0.875 x 0.1) + 16; on average 10 x 0.5875 + 8
    assert load.iops(Decimal(500), figures) == Decimal("74.75")  # type: ignore[arg-type]
    assert load.iops(Decimal(500), figures, peak=False) == Decimal("13.875")  # type: ignore[arg-type]
    assert load.iops(Decimal(500), figures, per_write="wal") == Decimal("82.75")  # type: ignore[arg-type]
    # no page is missed more than once
    figures["cold_share"] = Decimal(5)
    assert load.iops(Decimal(500), figures) == 116  # type: ignore[arg-type]


def limit(needed: str, available: str) -> OfferLimit:
    return OfferLimit(
        resource="storage", needed=Decimal(needed), available=Decimal(available), unit="GB"
    )


def option(name: str, *limits: OfferLimit, why: str = "", misses: tuple[str, ...] = ()) -> Option:
    offer = Offer(vendor="Atlas", name=name)
    return Option(offer=offer, limits=limits, not_priced=why, misses=misses)


def test_a_limit_is_shown_with_two_places_below_ten() -> None:
    assert str(limit("9.994", "8.5")) == "storage: 9.99 of 8.50 GB"
    assert str(limit("10.4", "20")) == "storage: 10 of 20 GB"
    assert str(limit("3", "8")) == "storage: 3.00 of 8 GB"
    assert limit("1", "4").use == Decimal("0.25")
    assert limit("1", "0").use == Decimal("Infinity")


def test_an_offer_holds_a_load_to_the_last_byte_and_is_bound_by_what_is_used_most() -> None:
    full, over = option("M10", limit("8", "8"), limit("1", "4")), option("M0", limit("8.01", "8"))
    assert (full.name, full.holds, full.can_be_chosen) == ("Atlas M10", True, True)
    assert full.bound_by == limit("8", "8")
    assert (over.holds, over.can_be_chosen) == (False, False)
    unpriced = option("M20", limit("1", "4"), why="not priced: no figure")
    assert (unpriced.holds, unpriced.can_be_chosen, unpriced.usd) == (True, False, None)
    assert option("M30").bound_by is None
    assert option("M30").usd == 0
    assert cheapest([over, unpriced]) is None
    assert cheapest([over, full]) == full


@pytest.mark.parametrize(
    ("value", "ends", "expected"),
    [
        # ln 2 and ln 2: the root of twice its square, 2 ^ 1.41421 = 2.66514
        (100, (200, 200), "266.51"),
        (100, (50, 50), "37.52"),  # 100 / 2.66514
        (100, (200,), "200.00"),
        (100, (100,), "100.00"),
        (0, (0, 7), "7"),
        (5, (0, 4), "0"),
    ],
)
def test_causes_that_have_nothing_to_do_with_each_other_add_as_squares(
    value: int, ends: tuple[int, ...], expected: str
) -> None:
    assert combined(Decimal(value), map(Decimal, ends)) == Decimal(expected)


def test_an_end_without_a_price_leaves_the_range_open() -> None:
    assert combined(Decimal(100), [Decimal(200), None]) is None
    assert combined(None, [Decimal(200)]) is None
