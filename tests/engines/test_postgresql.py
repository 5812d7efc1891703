"""PostgreSQL designs: reading, DDL, capacity over the day, offers; expected figures by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import tablewright
from server_loads import a_load
from tablewright import load, read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError
from tablewright.engines.postgresql.ddl import ddl
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.postgresql.engine import PostgresEngine
from tablewright.engines.postgresql.offers import acu_hours, offers
from tablewright.engines.postgresql.plan import plan
from tablewright.engines.servers.constants import figures
from tablewright.engines.servers.load import Load
from tablewright.engines.servers.sizing import cheapest, options_for
from tablewright.model.statistics import LoadCurve

APPS = Path(tablewright.__file__).parent / "apps"
GB = Decimal(1024**3)
GIVEN = figures("postgresql")


@pytest.fixture(scope="module")
def collectibles():
    return load(APPS / "mongocollectibles")


def options(load: Load, model, region: str = "us-east-1"):
    book = PriceBook()
    found = options_for(offers(book), load, model, book, region, GIVEN)
    return {one.name: one for one in found}


def test_the_stated_schema_is_read_with_types_keys_and_checks(collectibles):
    design = collectibles.design("postgresql")
    assert isinstance(design, PostgresDesign)
    rentals = design.table("rentals")
    assert rentals.column("total_fee").sql == "decimal(10,2)"
    assert rentals.foreign_keys[0].table == "collectibles"
    assert rentals.column("created_at").default == "NOW()"
    assert design.table("collectibles").column("size").check == "(size IN ('S','M','L'))"


def test_a_reference_that_is_not_enforced_is_no_foreign_key():
    model = read_model(
        "app: a\nregion: us-east-1\nscales: [10]\n"
        "entities:\n"
        "  User: {key: id, attributes: {id: uuid}}\n"
        "  News:\n    key: id\n    attributes:\n"
        "      id: uuid\n      by: ref(User)\n      for: {type: ref, to: User, enforced: no}\n"
        "patterns:\n  news: {list: News, where: for, rate: 1/user/day}\n"
    ).model
    news = plan(model).table("news")
    assert [key.columns for key in news.foreign_keys] == [("by",)]
    assert [column for index in news.indexes for column, _ in index.columns] == ["for", "by"]


def test_what_is_near_is_indexed_by_place_and_only_where_a_value_is_always_asked_for():
    model = read_model(
        "app: a\nregion: us-east-1\nscales: [10]\n"
        "entities:\n"
        "  Taxi: {key: id, attributes: {id: uuid, at: geo, free: 'enum(yes, no)', seats: int}}\n"
        "patterns:\n"
        "  around: {near: Taxi, radius_km: 5, limit: 4, rate: 1/user/day}\n"
        "  free: {near: Taxi, where: {free: 'yes'}, radius_km: 5, limit: 4, rate: 1/user/day}\n"
        "  large: {near: Taxi, where: {seats: {ge: 60%}}, radius_km: 5, limit: 4, rate: 1/day}\n"
    ).model
    places = [index for index in plan(model).table("taxi").indexes if index.using == "gist"]
    assert {index.name: (index.columns, index.where) for index in places} == {
        "taxi_at_near_idx": ((("at", False),), ()),
        "taxi_at_near_free_idx": ((("at", False),), (("free", ("yes",)),)),
    }


def test_a_column_called_id_keeps_the_entitys_own_key(collectibles):
    warehouses = collectibles.design("postgresql").table("warehouses")
    assert warehouses.column("id").attribute == "warehouse_id"


def test_the_ddl_creates_tables_before_the_keys_that_join_them(collectibles):
    statements = ddl(collectibles.design("postgresql"))
    kinds = [statement.split()[0] for statement in statements]
    assert kinds == ["CREATE"] * 3 + ["ALTER"] * 2 + ["CREATE"] * 2
    assert statements[-1] == ('CREATE INDEX "idx_rentals_status" ON "rentals" ("payment_status")')


def test_an_unknown_type_is_pointed_at():
    text = (
        "app: a\nregion: us-east-1\nscales: [10]\n"
        "entities: {A: {key: id, count: 1/user, attributes: {id: uuid, name: name}}}\n"
        "patterns: {get: {get: A, by: id, rate: 1/user/day}}\n"
        "designs:\n  p:\n    engine: postgresql\n    tables:\n"
        "      a: {holds: A, columns: {id: uuid, name: textt, nmae: text}, indexes: {i: [nam]}}\n"
    )
    with pytest.raises(ModelError) as caught:
        read_model(text)
    found = {one.id: one for one in caught.value.diagnostics}
    assert set(found) == {"unknown-type", "unknown-attribute", "unknown-column"}
    assert "`text`" in found["unknown-type"].help


def test_an_idle_aurora_takes_half_a_unit_all_month():
    assert acu_hours(a_load(), GIVEN, False) == Decimal("365")  # 0.5 x 730 h


def test_a_cluster_without_calls_pauses_all_month():
    assert acu_hours(a_load(), GIVEN, True) == 0


def test_a_call_every_five_minutes_keeps_a_cluster_awake_63_per_cent_of_the_time():
    rare = a_load(operations_mean=Decimal(1) / 300)
    assert float(acu_hours(rare, GIVEN, True)) == pytest.approx(365 * (1 - math.exp(-1)))


def test_capacity_follows_the_day_in_steps_of_a_half():
    # 0.3 processors on average, half the day twice that, half none: 0.6 / 0.6 / 0.25 = 4 ACU
    day = replace(a_load(processors_mean=Decimal("0.3")), curve=LoadCurve.of([2] * 12 + [0] * 12))
    assert acu_hours(day, GIVEN, False) == (Decimal(4) + Decimal("0.5")) / 2 * 730


def test_a_little_more_than_the_least_capacity_is_the_next_half():
    # 0.0975 processors / 0.6 / 0.25 = 0.65 ACU, which is 1 all month
    assert acu_hours(a_load(processors_mean=Decimal("0.0975")), GIVEN, False) == 730


def test_a_stated_day_pauses_in_its_hours_of_rest_only():
    # 10 calls a second on average, all of them in half the day: there it never pauses; 0.5 ACU
    day = replace(a_load(operations_mean=Decimal(10)), curve=LoadCurve.of([2] * 12 + [0] * 12))
    assert float(acu_hours(day, GIVEN, True)) == pytest.approx(0.5 * 730 / 2)
    # where the day is assumed to be so, there are no hours of rest: calls come all day
    assumed = replace(day.curve, assumed="half a day is assumed")
    assert float(acu_hours(replace(day, curve=assumed), GIVEN, True)) == pytest.approx(0.5 * 730)


def test_hot_pages_hold_capacity_up():
    # 6 GB / 0.5 / 2 GB = 6 ACU
    assert acu_hours(a_load(hot_bytes=6 * GB), GIVEN, False) == 6 * 730


def test_the_small_bills_add_up_by_hand(collectibles):
    ten = a_load(disk_bytes=10 * GB)
    found = options(ten, collectibles.model)
    # 0.016 x 730 h + 20 GB x 0.115
    assert found["Amazon RDS db.t4g.micro, one zone"].usd == Decimal("13.98")
    # 365 ACU-hours x 0.12 + 10 GB x 0.10; nothing reads
    assert found["Amazon Aurora Serverless v2, Standard"].usd == Decimal("44.8")
    # 365 x 0.156 + 10 x 0.225
    assert found["Amazon Aurora Serverless v2, I/O-Optimized"].usd == Decimal("59.19")
    # 0.0105 x 730 + 10 / 0.9 GB x 0.17
    assert float(found["Google Cloud SQL db-f1-micro"].usd) == pytest.approx(7.665 + 1.7 / 0.9)


def test_much_reading_makes_io_optimized_the_cheaper_kind(collectibles):
    busy = a_load(disk_bytes=100 * GB, writes_mean=Decimal(200), writes_peak=Decimal(200))
    found = options(busy, collectibles.model)
    # 200 requests of the log a second x 2,628,000 s x 0.20 / million = 105.12 USD
    standard = found["Amazon Aurora Serverless v2, Standard"].lines
    (requests,) = [line.amount for line in standard if line.what == "I/O requests"]
    assert requests == Decimal("105.12")
    assert (
        found["Amazon Aurora Serverless v2, I/O-Optimized"].usd
        < found["Amazon Aurora Serverless v2, Standard"].usd
    )


def test_an_unverified_price_is_refused_by_name(collectibles):
    b2s = options(a_load(), collectibles.model)["Azure Flexible Server B2s"]
    assert b2s.usd is None
    assert "azure.postgresql-flexible.b2s" in b2s.not_priced
    assert "never verified" in b2s.not_priced


def test_a_vendor_without_a_region_nearby_is_not_priced(collectibles):
    found = options(a_load(), collectibles.model, region="eu-central-1")
    assert "no region of google" in found["Google Cloud SQL db-f1-micro"].not_priced


def test_more_connections_than_a_small_node_has_exclude_it(collectibles):
    found = options(a_load(connections=Decimal(30)), collectibles.model)
    small = found["DigitalOcean 1 vCPU, 1 GB, one node"]
    assert not small.holds
    assert small.bound_by.resource == "connections"
    assert found["DigitalOcean 1 vCPU, 2 GB, one node"].holds


@pytest.mark.parametrize("app", ["poafix", "llm-proxy", "mongocollectibles", "auxeira"])
def test_every_application_has_a_planned_design_that_can_be_had(app):
    model = load(APPS / app).model
    users = model.scales[0]
    found = PostgresEngine().evaluate(model, plan(model), users, PriceBook(), region="us-east-1")
    assert found.chosen is not None
    assert found.chosen is cheapest(found.options, meeting_needs=True)
    assert found.chosen.misses == ()
    assert [route.pattern for route in found.routes if not route.is_served] == []


def test_a_reader_in_another_zone_costs_the_capacity_again_and_no_second_storage(collectibles):
    found = options(a_load(disk_bytes=10 * GB), collectibles.model)
    # 44.80 of one, and 365 ACU-hours x 0.12 again
    both = found["Amazon Aurora Serverless v2, Standard, with a reader in another zone"]
    assert both.usd == Decimal("88.6")
    # 0.073 x 730 x 2 + 10 GB x 0.10
    large = found["Amazon Aurora db.t4g.medium, with a reader in another zone"]
    assert large.usd == Decimal("107.58")
    # 178 USD of instance and 32 GB x 0.115 of disk, both twice, as the vendor charges a standby
    one, two = (
        found["Azure Flexible Server D2ds_v5"],
        found["Azure Flexible Server D2ds_v5, two zones"],
    )
    assert two.usd == one.usd * 2
    assert found["DigitalOcean 1 vCPU, 1 GB, two nodes"].usd == Decimal(30)


def test_where_two_zones_are_needed_one_zone_is_missed_and_two_nodes_in_one_place_are_too(
    collectibles,
):
    text = collectibles.source.replace(
        "high_availability: {level: preferred", "high_availability: {level: required"
    )
    found = options(a_load(disk_bytes=10 * GB), read_model(text).model)
    assert found["Amazon Aurora Serverless v2, Standard"].misses
    assert not found["Amazon Aurora Serverless v2, Standard, with a reader in another zone"].misses
    assert found["DigitalOcean 1 vCPU, 1 GB, two nodes"].misses == (
        "high_availability: two nodes in one data centre",
    )
