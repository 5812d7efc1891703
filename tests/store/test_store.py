"""The store of a small shop on the local DynamoDB, and on PostgreSQL."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

import tablewright
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import (
    ConditionFailed,
    InvalidArguments,
    NotFound,
    NotServed,
)
from tablewright.store.store import Store

SHOP = Path(__file__).parent / "shop.yaml"
NOBODY = "00000000-0000-4000-8000-000000000000"


def ids_by_status(store: Store, status: str) -> list[str]:
    page = store.byStatus(status=status)
    ids = [order.orderId for order in page]
    while page.next:
        page = store.byStatus(status=status, page=page.next)
        ids += [order.orderId for order in page]
    assert len(set(ids)) == len(ids)
    return ids


def test_a_put_returns_what_is_stored_with_its_first_values(
    store: Store, customer: str, email: str
) -> None:
    stored = store.customer(customerId=customer)
    assert UUID(customer).version == 4
    assert stored == store.types["Customer"](
        customerId=customer,
        email=email,
        name="Ana",
        requests=0,
        limit=10,
        status="active",
        periodEnd="2026-12-31T00:00:00.000Z",
        createdAt="2026-11-30T12:00:00.000Z",
    )
    assert store.byEmail(email=email) == stored
    assert store.customer(customerId=NOBODY) is None


def test_a_unique_attribute_is_taken_once(store: Store, customer: str, email: str) -> None:
    with pytest.raises(ConditionFailed):
        store.register(email=email, name="B", limit=1, periodEnd="2027-01-01")


def test_a_hundred_concurrent_increments_end_at_the_limit(store: Store, customer: str) -> None:
    def attempt(_: int) -> bool:
        try:
            store.count(customerId=customer)
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        granted = sum(pool.map(attempt, range(100)))
    assert granted == 10
    assert store.customer(customerId=customer).requests == 10


def test_a_condition_looks_at_the_clock(store: Store) -> None:
    late = store.register(email="late@x.org", name="L", limit=5, periodEnd="2026-11-30T11:59:59Z")
    with pytest.raises(ConditionFailed, match="periodEnd > now"):
        store.count(customerId=late.customerId)
    assert store.customer(customerId=late.customerId).requests == 0
    store.forget(customerId=late.customerId)


def test_what_is_not_there_is_not_written(store: Store) -> None:
    for write in (
        lambda: store.rename(customerId=NOBODY, name="X"),
        lambda: store.count(customerId=NOBODY),
        lambda: store.changeEmail(customerId=NOBODY, email="x@y.z"),
        lambda: store.forget(customerId=NOBODY),
    ):
        with pytest.raises(NotFound):
            write()
    assert store.customer(customerId=NOBODY) is None


def test_an_expected_value_is_compared(store: Store, customer: str) -> None:
    with pytest.raises(ConditionFailed):
        store.close_(customerId=customer, if_status="closed")
    store.close_(customerId=customer, if_status="active")
    assert store.customer(customerId=customer).status == "closed"


def test_a_unique_attribute_moves_with_its_guard(store: Store, customer: str, email: str) -> None:
    other = store.register(email="bo@x.org", name="Bo", limit=1, periodEnd="2027-01-01")
    store.changeEmail(customerId=customer, email=f"new.{email}")
    assert store.byEmail(email=email) is None
    assert store.byEmail(email=f"new.{email}").customerId == customer
    with pytest.raises(ConditionFailed):
        store.changeEmail(customerId=customer, email="bo@x.org")
    store.changeEmail(customerId=customer, email=f"new.{email}")  # the same again
    again = store.register(email=email, name="C", limit=1, periodEnd="2027-01-01")
    store.forget(customerId=again.customerId)
    store.forget(customerId=other.customerId)
    third = store.register(email="bo@x.org", name="D", limit=1, periodEnd="2027-01-01")
    store.forget(customerId=third.customerId)


def test_elements_are_appended(store: Store, customer: str) -> None:
    store.tag(customerId=customer, tags="red")
    store.tag(customerId=customer, tags=["blue", "red"])
    assert store.customer(customerId=customer).tags == ["red", "blue", "red"]


def test_pages_follow_each_other(store: Store, customer: str) -> None:
    made = [store.addOrder(customerId=customer, total=Decimal("1.50")) for _ in range(25)]
    newest = sorted((order.orderId for order in made), reverse=True)
    first = store.orders(customerId=customer)
    second = store.orders(customerId=customer, page=first.next)
    third = store.orders(customerId=customer, page=second.next)
    assert [order.orderId for order in (*first, *second, *third)] == newest
    assert third.next == ""
    few = store.orders(customerId=customer, limit=3)
    more = store.orders(customerId=customer, limit=3, page=few.next)
    assert [order.orderId for order in (*few, *more)] == newest[:6]
    assert first[0].total == Decimal("1.5")
    assert first[0].expiresAt == 1796040000 + 90 * 86400  # NOON and the retention


def test_a_page_token_is_of_one_question_and_cannot_be_changed(store: Store, customer: str) -> None:
    for _ in range(12):
        store.addOrder(customerId=customer, total=1)
    token = store.orders(customerId=customer).next
    forged = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for wrong in (forged, "nonsense", "", "é"):
        if wrong:
            with pytest.raises(InvalidArguments, match="page"):
                store.orders(customerId=customer, page=wrong)
    with pytest.raises(InvalidArguments, match="page"):
        store.orders(customerId=NOBODY, page=token)


@pytest.mark.parametrize("pattern", ["totalsByStatus", "namedByStatus"])
def test_a_list_of_some_attributes_goes_on_after_a_key_that_is_not_among_them(
    pattern: str,
) -> None:
    with tablewright.open_store(SHOP, design="tables", target="memory") as store:
        owner = store.register(email="a@x.org", name="A", limit=1, periodEnd="2027-01-01")
        made = {
            store.addOrder(customerId=owner.customerId, total=n, note="soon").orderId
            for n in range(5)
        }
        listed, page = [], ""
        while True:
            found = store.call(pattern, {"status": "open", "page": page or None})
            listed.append([order.orderId for order in found])
            page = found.next
            if not page:
                break
    assert [len(each) for each in listed] == [2, 2, 1]
    assert {id for each in listed for id in each} == made


def test_ranges_and_other_indexes(store: Store, customer: str) -> None:
    order = store.addOrder(customerId=customer, total=5)
    within = store.ordersBetween(
        customerId=customer, placedAt_from="2026-11-30", placedAt_to="2026-12-01"
    )
    assert [each.orderId for each in within] == [order.orderId]
    later = store.ordersBetween(
        customerId=customer, placedAt_from="2026-12-01", placedAt_to="2026-12-02"
    )
    assert later.items == ()
    assert order.orderId in ids_by_status(store, "open")


def test_an_index_follows_an_update(store: Store, customer: str) -> None:
    order = store.addOrder(customerId=customer, total=5)
    store.pay(customerId=customer, orderId=order.orderId)
    assert order.orderId in ids_by_status(store, "paid")
    assert order.orderId not in ids_by_status(store, "open")
    with pytest.raises(ConditionFailed):
        store.pay(customerId=customer, orderId=order.orderId)


def test_a_write_changes_only_what_all_it_asks_by_names(store: Store, customer: str) -> None:
    order = store.addOrder(customerId=customer, total=5, note="soon")
    key = {"customerId": customer, "orderId": order.orderId}
    with pytest.raises(ConditionFailed):
        store.annotateIn(**key, status="paid", note="later")
    assert store.orders(customerId=customer)[0].note == "soon"
    store.annotateIn(**key, status="open", note="later")
    assert store.orders(customerId=customer)[0].note == "later"


def test_none_takes_an_optional_attribute_away(store: Store, customer: str) -> None:
    order = store.addOrder(customerId=customer, total=5, note="soon")
    store.annotate(customerId=customer, orderId=order.orderId, note=None)
    assert store.orders(customerId=customer)[0].note is None
    with pytest.raises(InvalidArguments, match="name: is missing"):
        store.rename(customerId=customer, name=None)


def test_the_last_copy_is_sold_once(store: Store, customer: str) -> None:
    store.addProducts(
        items=[
            {"productId": "p-1", "stock": 1, "price": 3, "status": "sold"},
            {"productId": "p-2", "stock": 9, "price": 3, "status": "hidden"},
        ]
    )

    def attempt(_: int) -> bool:
        try:
            store.buy(customerId=customer, total=3, productId="p-1")
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert store.product(productId="p-1").stock == 0
    assert len(store.orders(customerId=customer)) == 1
    with pytest.raises(ConditionFailed):
        store.buy(customerId=customer, total=3, productId="p-2")
    with pytest.raises(NotFound):
        store.buy(customerId=customer, total=3, productId="p-3")
    asked = [{"productId": name} for name in ("p-1", "p-2", "p-9")]
    assert sorted(each.productId for each in store.products(items=asked)) == ["p-1", "p-2"]


def test_wrong_arguments_are_all_named(store: Store) -> None:
    with pytest.raises(InvalidArguments) as raised:
        store.register(email="no address", name=5, limit="ten", periodEnd="soon", colour="red")
    assert {p.place: p.message for p in raised.value.problems} == {
        "colour": "is no argument here; there are customerId, email, name, limit, periodEnd, tags",
        "email": "must be an e-mail address",
        "name": "must be a text, not a number",
        "limit": "must be a whole number, not a text",
        "periodEnd": "must be a time such as 2026-11-30T12:00:00Z",
    }
    with pytest.raises(InvalidArguments, match=r"items\[1\]\.stock: is missing"):
        store.addProducts(
            items=[
                {"productId": "a", "stock": 1, "price": 1, "status": "sold"},
                {"productId": "b", "price": 1, "status": "sold"},
            ]
        )
    with pytest.raises(InvalidArguments, match="total: has more than 2 decimals"):
        store.addOrder(customerId=NOBODY, total=Decimal("1.005"))
    with pytest.raises(InvalidArguments, match="customerId: must be a UUID"):
        store.customer(customerId="1; DROP TABLE")


def test_a_value_that_the_database_does_not_take_is_an_argument_too(store: Store) -> None:
    if "PostgreSQL" in store.description or "local engine" in store.description:
        long_key = "x" * 3_000 if "local engine" in store.description else "p"
        huge = 10**30 if "PostgreSQL" in store.description else 1
        product = {"productId": long_key, "stock": huge, "price": 1, "status": "sold"}
        with pytest.raises(InvalidArguments, match="does not take one of the values"):
            store.addProducts(items=[product])


def test_an_unknown_pattern_is_named(store: Store) -> None:
    with pytest.raises(AttributeError, match="did you mean `customer`"):
        store.custmer(customerId=NOBODY)
    with pytest.raises(NotServed):
        store.call("nothing", {})


def test_calls_are_coroutines_too(store: Store, customer: str) -> None:
    async def run() -> list[int]:
        facade = AsyncStore(store)
        await asyncio.gather(*(facade.count(customerId=customer) for _ in range(5)))
        return [(await facade.customer(customerId=customer)).requests]

    assert asyncio.run(run()) == [5]


def test_the_bill_is_that_of_the_rates() -> None:
    with tablewright.open_store(SHOP, design="tables", target="memory") as shop:
        made = shop.register(email="a@b.c", name="A", limit=5, periodEnd="2100-01-01")
        shop.customer(customerId=made.customerId)
        shop.count(customerId=made.customerId, requests=2)
        # a transaction of two items of less than 1 KB: 2 x 2; an increment of one: 1
        assert shop.bill.units("write") == 5
        # one item, eventually consistent: half a unit
        assert shop.bill.units("read") == Decimal("0.5")
        # 0.625 and 0.125 USD a million
        assert (
            shop.bill.usd
            == Decimal("5") * Decimal("0.625") / 10**6 + Decimal("0.5") * Decimal("0.125") / 10**6
        )
        assert shop.bill.patterns["count"].calls == 1
        assert shop.customer(customerId=made.customerId).requests == 2
