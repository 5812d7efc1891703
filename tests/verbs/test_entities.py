"""The entities of a report: the diagram, and a few records as they are stored."""

from __future__ import annotations

import re

from tablewright.reports.render.er import draw_entities
from tablewright.session import Session, read_model
from tablewright.verbs.entities import design_samples, entity_lines, entity_views

MODEL = """\
app: shop
region: us-east-1
scales: [100]
entities:
  Customer:
    key: customer_id
    attributes: {customer_id: uuid, email: email, name: text(12)}
  Order:
    of: Customer
    key: order_id
    count: 10
    attributes: {order_id: ulid, store: {type: ref, to: Store}, total: money}
  Store: {key: store_id, count: {mean: 3, per: total}, attributes: {store_id: uuid}}
patterns:
  profile: {get: Customer, by: customer_id, rate: 1/user/day}
  orders: {list: Order, where: customer_id, rate: 1/user/day}
designs:
  one:
    engine: dynamodb
    tables:
      customers: {key: customer_id, items: Customer}
      orders: {key: [customer_id, order_id], items: Order}
      stores: {key: store_id, items: Store}
"""


def test_every_entity_names_its_key_its_parent_and_what_it_refers_to():
    customer, order, store = entity_views(read_model(MODEL).model)
    assert (customer.parent, order.parent, store.parent) == ("", "Customer", "")
    assert order.count == "10 per Customer"
    assert store.count == "3"
    assert "Store" in order.refers_to
    assert [a.name for a in order.attributes if a.is_key] == ["order_id"]
    assert entity_lines((customer,)) == ("Customer (1 per user): key customer_id, 3 attributes",)


def test_a_child_stands_below_its_parent_and_a_reference_is_dashed():
    views = entity_views(read_model(MODEL).model)
    drawn = draw_entities(views, "x")
    names = re.findall(r'class="name" x="\d+" y="(\d+)">(\w+)<', drawn)
    tops = {name: int(y) for y, name in names}
    assert tops["Customer"] == tops["Store"] < tops["Order"]
    assert drawn.count('class="parent"') == 1
    assert drawn.count('class="reference"') == 1
    assert "10 per Customer" in drawn


def test_sample_rows_are_records_of_each_kind_with_their_keys():
    session = Session(file=read_model(MODEL))
    samples = design_samples(session, session.design("one"))
    by_kind = {kind.kind: kind for kind in samples.kinds}
    assert set(by_kind) == {"Customer", "Order", "Store"}
    orders = by_kind["Order"]
    assert set(orders.columns) >= {"customer_id", "order_id", "store", "total"}
    assert 1 <= len(orders.rows) <= 3
    customers = {
        row[by_kind["Customer"].columns.index("customer_id")][:20]
        for row in by_kind["Customer"].rows
    }
    # The first orders are those of the first customer.
    assert orders.rows[0][orders.columns.index("customer_id")][:20] in customers
