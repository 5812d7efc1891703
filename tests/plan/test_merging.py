"""Tables joined: the cheapest way to share them out, held against every way there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import UnsupportedError
from tablewright.engines.dynamodb.design import DynamoDesign, Table
from tablewright.engines.dynamodb.planning.merging import merge_tables, with_block
from tablewright.session import Options, Session

USERS = 50_000
MODEL = """\
app: shop
region: us-east-1
scales: [50000]
entities:
  Customer: {key: cid, attributes: {cid: uuid, name: name, city: country}}
  Order: {of: Customer, key: [cid, oid], count: 12, attributes: {oid: ulid, total: money}}
  Product: {key: sku, count: 300 total, attributes: {sku: id, price: money, text: text(900)}}
  Visit: {key: vid, count: 40/user, attributes: {vid: uuid, page: text(40), seen: int}}
patterns:
  customer: {get: Customer, by: cid, rate: 2/user/day}
  ofCity: {list: Customer, where: city, limit: 20, rate: 0.1/user/day}
  orders: {list: Order, where: cid, sort: -oid, rate: 1/user/day}
  order: {put: Order, rate: 0.2/user/day}
  product: {get: Product, by: sku, rate: 9/user/day}
  visit: {put: Visit, rate: 9/user/day}
  seen: {get: Visit, by: vid, rate: 1/user/day}
designs:
  apart:
    engine: dynamodb
    tables:
      customers: {key: cid, items: Customer, indexes: {city-index: {key: city, project: all}}}
      orders: {key: [cid, oid], items: Order}
      products: {key: sku, items: Product}
      visits: {key: vid, items: Visit}
"""


def partitions(tables: Sequence[Table]) -> Iterator[list[list[Table]]]:
    if not tables:
        yield []
        return
    first, *rest = tables
    for others in partitions(rest):
        yield [[first], *others]
        for at in range(len(others)):
            yield [*others[:at], [first, *others[at]], *others[at + 1 :]]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(file=read_model(MODEL, "shop.yaml"), options=Options(sample_items=32))


def cost(session: Session, design: DynamoDesign) -> Decimal:
    found = session.evaluate(design, USERS)
    assert all(route.is_served for route in found.routes)
    return found.bill.total


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_other_way_to_join_the_tables_costs_less(session: Session, most: int) -> None:
    apart = session.design("apart")
    assert isinstance(apart, DynamoDesign)
    ways = list(partitions(apart.tables))
    assert len(ways) == 15  # the partitions of four
    costs = []
    for blocks in ways:
        design: DynamoDesign | None = apart
        for block in blocks:
            design = with_block(session.model, design, block) if design is not None else None
        if design is not None and len(design.tables) <= most:
            costs.append(cost(session, design))
    merged, merges = merge_tables(
        session.model, apart, session.evaluate, USERS, most_tables=most, prefer_single=False
    )
    assert len(merged.tables) <= most
    assert len(merges) == 4 - len(merged.tables)
    assert all(merge.is_best for merge in merges)
    assert abs(cost(session, merged) - min(costs)) < Decimal("1E-9")


def test_a_team_that_prefers_one_table_accepts_a_hundredth_for_each_table_less(
    session: Session,
) -> None:
    apart = session.design("apart")
    assert isinstance(apart, DynamoDesign)
    merged, _ = merge_tables(
        session.model, apart, session.evaluate, USERS, most_tables=None, prefer_single=True
    )
    fewer = 4 - len(merged.tables)
    assert fewer >= 1
    assert cost(session, merged) <= cost(session, apart) * Decimal("1.01") ** fewer


def test_tables_that_cannot_be_joined_are_said_to_be_too_many(session: Session) -> None:
    text = MODEL.replace("visits: {key: vid,", "visits: {key: vid, stream: keys-only,")
    other = Session(file=read_model(text, "shop.yaml"), options=Options(sample_items=32))
    apart = other.design("apart")
    assert isinstance(apart, DynamoDesign)
    with pytest.raises(UnsupportedError, match="within 1 tables"):
        merge_tables(other.model, apart, other.evaluate, USERS, most_tables=1, prefer_single=False)
