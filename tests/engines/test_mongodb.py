"""MongoDB designs: routes, tiers and bills, the expected figures from the price facts by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import tablewright
from bson_values import for_pymongo
from server_loads import a_load
from tablewright import load, read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError
from tablewright.core.quantities import DAYS_PER_MONTH
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.mongodb.layout import MongoLayout
from tablewright.engines.mongodb.offers import offers
from tablewright.engines.mongodb.plan import plan
from tablewright.engines.servers.constants import figures
from tablewright.engines.servers.load import Hurried, Load
from tablewright.engines.servers.sizing import cheapest, options_for
from tablewright.sample.sample import Sample

GB = 1024**3
GIVEN = figures("mongodb")
APPS = Path(tablewright.__file__).parent / "apps"


@pytest.fixture(scope="module")
def poafix():
    return load(APPS / "poafix")


@pytest.fixture(scope="module")
def evaluated(poafix):
    engine = MongoEngine()
    return {
        (name, users): engine.evaluate(
            poafix.model, poafix.design(name), users, PriceBook(), region="us-east-1"
        )
        for name in ("current", "recommended")
        for users in (1000, 100_000)
    }


def tier_for(load: Load, model, **chosen):
    book = PriceBook()
    options = options_for(offers(book), load, model, book, "us-east-1", figures("mongodb"))
    return cheapest(options, **chosen)


def test_a_small_load_fits_the_free_tier(poafix):
    option = tier_for(a_load(data_bytes=Decimal(511 * 1024**2)), poafix.model)
    assert (option.offer.name, option.usd) == ("Free (M0)", 0)


def test_513_megabytes_need_flex(poafix):
    option = tier_for(a_load(data_bytes=Decimal(513 * 1024**2)), poafix.model)
    assert option.offer.name == "Flex, up to 100 operations/s"
    assert option.usd == Decimal("8.03")  # 0.011 x 730 h


def test_a_hundred_and_one_operations_a_second_need_the_next_band_of_flex(poafix):
    option = tier_for(a_load(operations_peak=Decimal(101)), poafix.model)
    assert option.usd == Decimal("14.965")  # 0.0205 x 730 h


def test_five_hundred_and_one_operations_a_second_need_an_m10(poafix):
    option = tier_for(a_load(operations_peak=Decimal(501)), poafix.model)
    assert option.offer.name == "M10"
    assert option.usd == Decimal("58.4")  # 0.08 x 730 h


def test_point_in_time_recovery_and_a_private_network_begin_with_m10(poafix):
    option = tier_for(a_load(), poafix.model, meeting_needs=True)
    assert option.offer.name == "M10"
    assert not option.misses


def test_twenty_four_gigabytes_on_disk_are_an_m10_with_custom_storage(poafix):
    option = tier_for(
        a_load(data_bytes=Decimal(24 * GB), disk_bytes=Decimal(24 * GB)), poafix.model
    )
    assert option.offer.name == "M10"
    # 0.08 x 730 h; 24 / 0.9 are 27 GB, all of them at 0.11 x 730 / 200; 1.5 x 24 GB of snapshots
    # of which 5 are free, at 1.00
    assert option.usd == Decimal("58.4") + 27 * Decimal("0.4015") + 31


def test_recovery_is_charged_in_bands_over_snapshots_and_log_together(poafix):
    # the example of the vendor: 115 GB in all are 95 at 1.00 and 15 at 0.75
    load = a_load(disk_bytes=Decimal(70 * GB), written_gb=Decimal(10) * DAYS_PER_MONTH)
    option = tier_for(load, poafix.model, meeting_needs=True)
    backup = [line for line in option.lines if line.what == "continuous backup"]
    assert [line.quantity for line in backup] == [95, 15]
    assert sum(line.amount for line in backup) == Decimal("106.25")


def test_flex_holds_no_load_beyond_what_is_documented(poafix):
    book = PriceBook()

    def flex(load):
        found = options_for(offers(book), load, poafix.model, book, "us-east-1", GIVEN)
        return [one for one in found if one.offer.name.startswith("Flex")]

    assert not any(one.holds for one in flex(a_load(operations_peak=Decimal("500.1"))))
    assert not any(one.holds for one in flex(a_load(connections=Decimal(501))))
    assert not any(one.holds for one in flex(a_load(data_bytes=Decimal(5 * GB + 1))))
    # queries may run all the time of five minutes, one after the other, and no longer
    busy = flex(a_load(operations_peak=Decimal(50), processors_peak=Decimal("1.01")))
    assert {one.bound_by.resource for one in busy} == {"time within queries at the peak"}
    assert not any(one.holds for one in busy)


def test_the_book_of_720_hours_prices_m10_at_57_dollars_60():
    assert PriceBook().price("mongodb.atlas.m10.hour", "us-east-1").usd * 720 == Decimal("57.6")


def test_a_hot_set_larger_than_the_cache_needs_more_memory_where_the_disk_is_too_slow(poafix):
    # half of 8 - 1 GB and a tenth of 8 are 4.3 GB (M30), of 16 GB 9.1 GB (M40)
    hurried = Hurried(pattern="list", pages=Decimal(200), target_ms=Decimal(100))
    load = a_load(data_bytes=Decimal(6 * GB), hot_bytes=Decimal(5 * GB), hurried=hurried)
    option = tier_for(load, poafix.model)
    assert option.offer.name == "M40"
    assert option.bound_by.resource == "memory for hot pages"


def test_elsewhere_a_tier_without_a_price_is_named_and_not_chosen(poafix):
    book = PriceBook()
    options = options_for(
        offers(book), a_load(), poafix.model, book, "eu-north-1", figures("mongodb")
    )
    m10 = next(one for one in options if one.offer.name == "M10")
    assert m10.usd is None
    assert m10.not_priced.startswith("not priced: ")


def test_a_thousand_users_of_poafix_fit_the_free_tier_but_without_backup(evaluated):
    found = evaluated["current", 1000]
    # the file requires recovery, audit and a private network, which M0 has none of
    assert found.chosen.offer.name == "M10"
    assert found.bill.figure == found.chosen.usd > 50
    [warning] = found.bill.warnings
    assert warning.startswith("MongoDB Atlas Free (M0) would hold the load for $0.00 a month")
    assert "point_in_time_recovery" in warning


def test_where_no_tier_has_a_price_there_is_no_figure(poafix):
    book = PriceBook(as_of="2024-10-31")
    design = next(one for one in poafix.designs if one.name == "current")
    found = MongoEngine().evaluate(poafix.model, design, 1000, book)
    assert found.bill.figure is None
    assert found.shortcoming.startswith("the book has no price of MongoDB Atlas M10")


def test_where_no_tier_is_large_enough_there_is_no_figure(poafix):
    design = next(one for one in poafix.designs if one.name == "current")
    found = MongoEngine().evaluate(poafix.model, design, 100_000_000, PriceBook())
    assert found.bill.figure is None
    assert found.bill.lines == ()
    assert "no offer of the price book holds this load; nearest is" in found.shortcoming


def test_fixed_indexes_need_a_smaller_tier(evaluated):
    current, fixed = evaluated["current", 100_000], evaluated["recommended", 100_000]
    assert fixed.bill.total < current.bill.total
    assert fixed.works["upcomingBookings"].rows < current.works["upcomingBookings"].rows / 100


def test_a_query_without_an_index_is_a_collection_scan(evaluated):
    route = evaluated["current", 100_000].route("usersByState")
    assert route.operation == "scan"
    assert "collection scan of `users`" in route.warnings
    assert any("begins with" in one.reason for one in route.rejected)


def test_an_index_in_the_order_equality_sort_range_serves_a_page_without_sorting(evaluated):
    route = evaluated["recommended", 100_000].route("bookingsByProvider")
    assert (route.target, route.sorts_in_code) == ("bookings/provider", False)
    assert route.requests[0].items == 20


def test_the_range_of_the_constants_is_carried_to_the_bill(evaluated):
    found = evaluated["recommended", 100_000]
    assert found.light <= found.bill.total <= found.heavy


def test_a_bill_readds_to_its_total(evaluated):
    bill = evaluated["current", 100_000].bill
    assert sum(line.quantity * line.unit_price / line.per for line in bill.lines) == pytest.approx(
        bill.total
    )


@pytest.mark.parametrize("app", ["poafix", "llm-proxy", "mongocollectibles", "auxeira"])
def test_a_planned_design_scans_no_large_collection(app):
    model = load(APPS / app).model
    design = plan(model)
    users = max(model.scales)
    found = MongoEngine().evaluate(model, design, users, PriceBook(), region="us-east-1")
    for route in found.routes:
        assert route.is_served, route
        pattern = model.pattern(route.pattern)
        if pattern.purpose == "online" and pattern.where and route.operation == "scan":
            assert found.works[route.pattern].rows <= 5_000, route.pattern


def test_no_index_is_planned_for_what_the_key_serves_backwards():
    # The newest calls of a user: the unique index of user, time and number read backwards.
    usages = plan(load(APPS / "llm-proxy").model).collection("usages")
    assert [index.name for index in usages.indexes] == ["key", "timestamp_1"]


def test_documents_hold_times_as_dates_and_identifiers_as_object_ids(poafix):
    bson = pytest.importorskip("bson")
    layout = MongoLayout(poafix.model, poafix.design("current"), Sample(poafix.model), 20)
    for collection in poafix.design("current").collections:
        sizes, _ = layout.column(collection)
        encoded = [len(bson.encode(for_pymongo(one))) for one in layout.documents(collection)]
        assert sizes == encoded


def test_an_index_on_an_unknown_attribute_is_pointed_at():
    text = (
        "app: a\nregion: us-east-1\nscales: [10]\n"
        "entities: {A: {key: id, count: 1/user, attributes: {id: uuid, place: geo}}}\n"
        "patterns: {get: {get: A, by: id, rate: 1/user/day}}\n"
        "designs:\n  m:\n    engine: mongodb\n    collections:\n"
        "      as: {holds: A, indexes: {wrong: {nmae: 1}, near: {place: 1}}}\n"
    )
    with pytest.raises(ModelError) as caught:
        read_model(text)
    found = {(one.id, one.span.line) for one in caught.value.diagnostics}
    assert {("unknown-attribute", 10), ("impossible-key", 10)} <= found
