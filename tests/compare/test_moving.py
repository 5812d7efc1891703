"""What moving data between databases is charged; every expected figure is worked out by hand."""

from __future__ import annotations

from decimal import Decimal

from tablewright.bill.prices import PriceBook
from tablewright.compare.migration_cost import Side, move
from tablewright.core.quantities import GB
from tablewright.engines.dynamodb.comparing import write_units
from tablewright.engines.registry import make_engine
from tablewright.engines.servers.sizing import sizes_of
from tablewright.evaluation.values import ResourceFacts, ShapeFacts

BOOK = PriceBook()
MILLION = Decimal(1_000_000)


def holding(name: str, kind: str, count: int, item_bytes: int) -> ResourceFacts:
    shape = ShapeFacts(
        name="Item", entity="Item", count=Decimal(count), sizes=sizes_of([item_bytes])
    )
    return ResourceFacts(name=name, kind=kind, shapes=(shape,))


TABLE = holding("items", "table", 1_000_000, 1500)
INDEX = holding("items/by", "gsi", 1_000_000, 200)


def side(engine: str, place: str, *resources: ResourceFacts, factor: int = 1) -> Side:
    return Side(
        engine=engine,
        comparing=make_engine(engine).comparing,
        place=place,
        resources=resources,
        factor=Decimal(factor),
    )


def charged(old: Side, new: Side) -> dict[str, Decimal]:
    return {line.what: line.amount for line in move(old, new, BOOK, "us-east-1").lines}


def test_the_same_database_is_not_moved() -> None:
    found = move(side("dynamodb", "dynamodb", TABLE), side("dynamodb", "dynamodb"), BOOK, "x")
    assert (found.items, found.usd, found.lines) == (0, 0, ())


def test_tables_are_scanned_at_half_a_unit_for_four_kilobytes() -> None:
    lines = charged(side("dynamodb", "dynamodb", TABLE, INDEX), side("postgresql", "aurora"))
    # 1.5e9 bytes / 4,096 / 2 = 183,105.47 units at 0.125 a million; the index is not read
    assert set(lines) == {"scans of the old tables"}
    assert round(lines["scans of the old tables"], 6) == Decimal("0.022888")


def test_items_are_written_with_their_indexes_by_the_kilobyte_begun() -> None:
    # 1,500 bytes are two units, 200 bytes one: 3 units each, 3 million at 0.625
    assert write_units([TABLE, INDEX]) == 3 * MILLION
    lines = charged(side("mongodb", "atlas", TABLE), side("dynamodb", "dynamodb", TABLE, INDEX))
    assert lines["writes to the new tables and their indexes"] == Decimal("1.875")
    # 1.5e9 / 1024^3 = 1.396984 GB at 0.01
    assert round(lines["data between Atlas and its neighbour"], 6) == Decimal("0.01397")


def test_leaving_aws_is_data_out_and_twice_the_users_are_twice_the_data() -> None:
    found = move(
        side("dynamodb", "dynamodb", TABLE, factor=2),
        side("postgresql", "digitalocean"),
        BOOK,
        "us-east-1",
    )
    out = next(line for line in found.lines if line.what == "data out of AWS")
    assert found.items == 2 * MILLION
    assert found.data_bytes == 3_000_000_000
    assert round(out.amount, 4) == round(Decimal("0.09") * 3_000_000_000 / GB, 4)
    assert out.note == "without the free 100 GB"


def test_what_a_vendor_charges_for_data_that_leaves_is_named_where_it_is_not_known() -> None:
    found = move(side("postgresql", "azure", TABLE), side("postgresql", "rds"), BOOK, "us-east-1")
    assert found.not_priced == ("data out of azure: nothing is known",)
