"""Which entities keep their instances when figures of a model change."""

from tablewright import read_model
from tablewright.model.likeness import alike

SHOP = """
app: shop
region: us-east-1
scales: [100, 1000]
entities:
  Customer:
    key: customer_id
    attributes: {customer_id: uuid, email: email, about: text(400)}
  Order:
    of: Customer
    count: 5
    key: order_id
    attributes:
      order_id: uuid
      note: text(80)
      customer_about: {type: text(400), copy_of: customer_id.about}
  Visit:
    of: Customer
    count: 20
    key: visit_id
    attributes: {visit_id: uuid, page: text(40)}
  Product:
    count: 300 total
    key: sku
    attributes: {sku: id, title: text(30)}
  Favourite:
    of: Customer
    count: 2
    key: product
    attributes: {product: ref(Product), since: timestamp}
patterns:
  save: {put: Order, rate: 1/user/day}
"""


def model(*changes: tuple[str, str]):
    text = SHOP
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return read_model(text).model


def unlike(*changes: tuple[str, str]) -> set[str]:
    after = model(*changes)
    return {entity.name for entity in after.entities} - alike(model(), after)


def test_everything_is_alike_where_nothing_changed():
    assert unlike() == set()


def test_an_attribute_that_nobody_repeats_changes_its_own_entity_only():
    assert unlike(("email: email", "email: text(90)")) == {"Customer"}
    assert unlike(("note: text(80)", "note: text(90)")) == {"Order"}


def test_a_copied_attribute_changes_the_entities_that_copy_it():
    assert unlike(("about: text(400)}\n", "about: text(500)}\n")) == {"Customer", "Order"}


def test_a_key_changes_whoever_is_below_or_refers_to_it():
    assert unlike(("sku: id", "sku: uuid")) == {"Product", "Favourite"}
    below = {"Customer", "Order", "Visit", "Favourite"}
    assert unlike(("customer_id: uuid,", "customer_id: text(20),")) == below


def test_how_many_there_are_changes_whoever_refers_to_them():
    assert unlike(("count: 300 total", "count: 600 total")) == {"Product", "Favourite"}
    assert unlike(("count: 20", "count: 40")) == {"Visit"}


def test_another_scale_or_seed_leaves_nothing_alike():
    everything = {"Customer", "Order", "Visit", "Product", "Favourite"}
    assert unlike(("[100, 1000]", "[100, 2000]")) == everything
    assert unlike(("app: shop", "app: shop\nseed: 7")) == everything


def test_a_pattern_or_a_title_changes_no_instance():
    assert unlike(("rate: 1/user/day", "rate: 9/user/day")) == set()
