"""What a fix costs once and how long a call takes, lots of reserved capacity, stretches of time."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.buckets import bucket_of, buckets_between
from tablewright.engines.dynamodb.recost import latency, migration, routing_effort
from tablewright.engines.dynamodb.reserving import Reservable, Reserved, reserve
from tablewright.engines.dynamodb.tariff import Tariff

PRICES = Tariff(wru=Decimal("0.000001"), rru=Decimal("0.0000002"))


class Facts:
    """A table of 7,200 items of 2,500 B and an index of 3,600 entries of 100 B."""

    k = {"od_new_wru": Decimal(4000), "call_ms": Decimal(5), "scan_page_ms": Decimal(20)}  # noqa: RUF012
    sizes = {"orders": (7_200, 2_500), "orders/by-day": (3_600, 100)}  # noqa: RUF012

    def __init__(self, route: Any = None) -> None:
        self.places = [
            SimpleNamespace(name=name, table=SimpleNamespace(name="orders")) for name in self.sizes
        ]
        self._route = route

    def entries(self, name: str) -> Decimal:
        return Decimal(self.sizes[name][0])

    def mean_size(self, name: str) -> Decimal:
        return Decimal(self.sizes[name][1])

    def item_bytes(self, name: str) -> Decimal:
        return self.entries(name) * self.mean_size(name)

    def route(self, pattern: Any) -> Any:
        return self._route


def change(kind: str, **fields: str) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, table="orders", **fields)


def test_an_index_that_is_added_is_filled_by_its_own_writes() -> None:
    # 3,600 entries of one unit; at half of 4,000 a second that is 1.8 seconds, 0.0005 h
    usd, hours = migration([change("add_index", index="by-day")], Facts(), PRICES)
    assert usd == Decimal("0.0036")
    assert hours == Decimal("0.0005")


def test_a_table_whose_key_changes_is_read_once_and_written_with_its_indexes() -> None:
    # read: 7,200 x 2,500 B / 4,096 / 2 = 2,197.27 units; written: 7,200 x 3 and 3,600: 25,200
    usd, hours = migration([change("shard_key")], Facts(), PRICES)
    assert usd == Decimal("0.0252") + Decimal(18_000_000) / 4096 / 2 * Decimal("0.0000002")
    assert hours == Decimal("0.0035")


def test_what_moves_nothing_costs_nothing_and_without_a_price_it_is_unknown() -> None:
    assert migration([change("set_option")], Facts(), PRICES) == (0, 0)
    assert migration([], Facts(), PRICES) == (0, 0)
    assert migration([change("shard_key")], Facts(), Tariff()) == (None, None)


def route(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"is_served": True, "operation": "query", "depth": 1, **fields})


def requests(*calls_and_pages: tuple[int, int]) -> tuple[SimpleNamespace, ...]:
    return tuple(
        SimpleNamespace(calls=Decimal(calls), pages=Decimal(pages))
        for calls, pages in calls_and_pages
    )


@pytest.mark.parametrize(
    ("way", "limit", "expected"),
    [
        (route(requests=requests((1, 1))), None, 5),
        (route(requests=requests((1, 1), (1, 1)), depth=2), None, 10),
        # three further pages of 5 ms; with a limit only the first is read
        (route(requests=requests((1, 4))), None, 20),
        (route(requests=requests((1, 4))), 20, 5),
        # a scan reads a page in 20 ms: 5 + 9 x 20
        (route(requests=requests((1, 10)), operation="scan"), None, 185),
        # a request for less than a page still counts as one
        (route(requests=requests((2, 0))), None, 10),
        (route(requests=(), is_served=False), None, 0),
        (None, None, 0),
    ],
)
def test_a_call_takes_its_round_trips_and_the_pages_after_the_first(way, limit, expected) -> None:
    pattern = SimpleNamespace(complete=False, limit=limit)
    assert latency(Facts(way), pattern) == expected


def test_a_pattern_that_is_read_to_its_end_takes_all_pages_in_spite_of_a_limit() -> None:
    pattern = SimpleNamespace(complete=True, limit=20)
    assert latency(Facts(route(requests=requests((1, 4)))), pattern) == 20


@pytest.mark.parametrize(("shapes", "effort"), [(0, 4), (12, 4), (13, 5), (50, 8), (100, 12)])
def test_tables_of_many_kinds_take_more_of_the_budget(shapes: int, effort: int) -> None:
    # four patterns, and a pattern more for every 50 patterns times kinds of items
    model = SimpleNamespace(patterns=(1, 2, 3, 4))
    table = SimpleNamespace(shapes=tuple(range(shapes)))
    small = SimpleNamespace(shapes=())
    assert routing_effort(model, SimpleNamespace(tables=(small, table))) == effort
    assert routing_effort(model, SimpleNamespace(tables=())) == 4


def capacity(table: str, units: int, **fields: Any) -> Reservable:
    return Reservable(
        **{
            "table": table,
            "resource": table,
            "dimension": "write",
            "region": "us-east-1",
            "years": 1,
            "hours": (units,) * 24,
            "usd_per_unit_hour": Decimal("0.00065"),
            **fields,
        }
    )


def test_lots_are_bought_for_all_tables_of_a_term_and_shared_by_what_they_cover() -> None:
    # 150 and 90 units are 240: two lots cover 200, in the order of the tables 150 and 50. A third
    # would cover 40 units that cost 40 x 0.00065 x 730 = 18.98 USD by the hour; a lot costs more
    # than 20: its fee alone is 150 USD / 12 = 12.50, and 0.0128 x 730 = 9.34 by the hour.
    bought = reserve([capacity("a", 150), capacity("b", 90)], PriceBook())
    assert bought.hours("us-east-1", "a", "write", ()) == (0,) * 24
    assert bought.hours("us-east-1", "b", "write", ()) == (40,) * 24
    assert bought.hours("us-east-1", "c", "write", (7,)) == (7,)
    assert [(line.where, line.what) for line in bought.lines] == [
        ("a", "reserved write capacity, 1 year, upfront"),
        ("b", "reserved write capacity, 1 year, upfront"),
        ("a", "reserved write capacity, 1 year, hourly"),
        ("b", "reserved write capacity, 1 year, hourly"),
    ]
    hourly = [line.quantity for line in bought.lines[2:]]
    assert hourly == [150 * 730, 50 * 730]
    upfront = [round(line.quantity, 2) for line in bought.lines[:2]]
    assert upfront == [Decimal("12.50"), Decimal("4.17")]  # 150 / 12 and 50 / 12
    assert bought.lines[0].note == (
        "2 lots of 100 units for a, b together, paid in advance, spread over 12 months"
    )
    assert bought.lines[2].note == "2 lots of 100 units for a, b together"
    assert [line.where for line in bought.lines_of("b")] == ["b", "b"]


def test_what_is_used_in_one_hour_alone_is_not_reserved() -> None:
    # 100 units in one hour of 24: 100 x 0.00065 x 730 / 24 = 1.98 USD, less than any lot
    brief = capacity("a", 0, hours=(100,) + (0,) * 23)
    bought = reserve([brief], PriceBook())
    assert bought == Reserved(rest={("us-east-1", "a", "write"): brief.hours})


def test_regions_dimensions_and_terms_are_pooled_apart() -> None:
    pools = reserve(
        [
            capacity("a", 60),
            capacity("a", 60, dimension="read", usd_per_unit_hour=Decimal("0.00013")),
            capacity("b", 60, years=3),
        ],
        PriceBook(),
    )
    # 60 units by the hour are 28.47 USD a month, more than a lot of 100 for a year or for three
    assert {line.what.rpartition(",")[0] for line in pools.lines} >= {
        "reserved write capacity, 1 year",
        "reserved write capacity, 3 years",
    }
    assert all("together" not in line.note for line in pools.lines)
    assert pools.lines[0].note.startswith("1 lot of 100 units,")


@pytest.mark.parametrize(
    ("low", "high", "unit", "buckets"),
    [
        ("2025-06-01", "2027-01-01", "year", ["2025", "2026", "2027"]),
        ("2025-11-30", "2026-01-01", "month", ["2025-11", "2025-12", "2026-01"]),
        ("2024-02-28", "2024-03-01", "day", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        (
            "2025-12-31T22:59:59Z",
            "2026-01-01T00:00:00Z",
            "hour",
            ["2025-12-31T22", "2025-12-31T23", "2026-01-01T00"],
        ),
        ("2026-01-02", "2026-01-01", "day", []),
        (1_767_225_599, 1_767_225_600, "day", ["2025-12-31", "2026-01-01"]),
    ],
)
def test_every_stretch_of_time_that_a_range_touches_is_named(low, high, unit, buckets) -> None:
    assert buckets_between(low, high, unit) == buckets


def test_a_number_is_seconds_since_1970_in_utc() -> None:
    # 1,767,225,600 = 20,454 days: 1 January 2026
    assert [bucket_of(1_767_225_600, unit) for unit in ("year", "month", "day", "hour")] == [
        "2026", "2026-01", "2026-01-01", "2026-01-01T00",
    ]  # fmt: skip
    assert bucket_of(Decimal(1_767_225_599), "hour") == "2025-12-31T23"
