"""Money that goes back: asked for by the staff, told of by the payment providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from running_services import test_mongocollectibles as shop_tests
from running_services.running import Running
from running_services.test_auxeira_parts import vendor
from running_services.test_mongocollectibles import (
    event,
    rented,
    send,
    staff,
    status_of,
    stocked,
    told,
)
from running_services.test_poafix import (  # noqa: F401  `paid` is a fixture
    admin_of,
    client_of,
    confirmed,
    paid,
    working,
)
from running_services.test_poafix import charge as charge_of_paystack
from running_services.test_poafix import told as told_by_paystack
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.paystack import PaystackPayments
from tablewright_services.mongocollectibles.app import MongoCollectibles
from tablewright_services.mongocollectibles.payments import CheckoutSession


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    environment = {**shop_tests.ENVIRONMENT, "SIGN_INS_PER_MINUTE": "1000"}
    service = Running(MongoCollectibles, "mongocollectibles", "recommended", environment)
    with service.client:
        yield service


@pytest.fixture
def shop(running: Running) -> Running:
    running.time.restart()
    running.service.payments = running.service.rentals.payments = Provider()
    running.service.noted.clear()
    return running


class Provider:
    """Stands in for PayMongo: takes refunds, and tells of their end later."""

    form_origin = ""

    def __init__(self) -> None:
        self.refunds: list[tuple[str, int, str]] = []
        self.fails = False

    def begin(self, charge: Any) -> Any:
        return CheckoutSession(id=f"cs_{charge.rental_id}", url="https://checkout.example")

    def end(self, session_id: str) -> None:
        pass

    def payment_of(self, session_id: str) -> str:
        return session_id.replace("cs_", "pay_")

    def refund(self, payment_id: str, amount: int, rental_id: str) -> bool:
        if self.fails:
            raise PaymentFailed("PayMongo answered 500")
        self.refunds.append((payment_id, amount, rental_id))
        return False


def refund_event(rental_id: str, status: str, amount: int = 1_010_000) -> dict[str, Any]:
    """Return an event about a refund, as its resource looks; amounts are in centavos."""
    refund = {
        "id": "ref_1",
        "type": "refund",
        "attributes": {
            "amount": amount,
            "currency": "PHP",
            "payment_id": "pay_1",
            "status": status,
            "metadata": {"rental_id": rental_id},
        },
    }
    attributes = {"type": "payment.refund.updated", "livemode": False, "data": refund}
    return {"data": {"id": "evt_1", "type": "event", "attributes": attributes}}


def asked(shop: Running, rental_id: str) -> Any:
    return shop.client.post(f"/api/rentals/{rental_id}/refund", headers=staff(shop))


def paid_rental(shop: Running) -> str:
    rental_id = rented(shop, stocked(shop, [1, 4, 5]))
    assert told(shop, "payment.paid", rental_id) == "completed"
    return rental_id


# ---------------------------------------------------------------- the shop


def test_the_staff_asks_for_a_refund_and_a_message_ends_it(shop: Running) -> None:
    rental_id = paid_rental(shop)
    reply = asked(shop, rental_id)
    assert (reply.status_code, reply.json()["data"]) == (202, {"payment_status": "completed"})
    # ten days at 1,000 pesos and a day's delivery, in centavos
    assert shop.service.payments.refunds == [(f"pay_{rental_id}", 1_010_000, rental_id)]
    results = [
        send(shop, refund_event(rental_id, status)).json()["data"]["result"]
        for status in ("pending", "succeeded", "succeeded", "succeeded")
    ]
    assert results == ["ignored", "refunded", "unchanged", "unchanged"]
    assert status_of(shop, rental_id) == "refunded"
    again = asked(shop, rental_id)
    assert (again.status_code, again.json()["data"]) == (200, {"payment_status": "refunded"})
    assert len(shop.service.payments.refunds) == 1


def test_a_refunded_customer_still_brings_the_copy_back(shop: Running) -> None:
    rental_id = paid_rental(shop)
    send(shop, refund_event(rental_id, "succeeded"))
    returned = shop.client.post(f"/api/rentals/{rental_id}/return", headers=staff(shop))
    assert returned.status_code == 200


def test_only_the_staff_refunds_and_only_what_was_paid(shop: Running) -> None:
    pending = rented(shop, stocked(shop, [1, 4, 5]))
    assert shop.client.post(f"/api/rentals/{pending}/refund").status_code == 401
    refused = asked(shop, pending)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_paid")
    assert asked(shop, "rental-none").status_code == 404
    assert shop.service.payments.refunds == []


def test_a_refund_that_the_provider_refuses_changes_nothing(shop: Running) -> None:
    rental_id = paid_rental(shop)
    shop.service.payments.fails = True
    refused = asked(shop, rental_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "payment_provider")
    shop.service.payments.fails = False
    assert asked(shop, rental_id).status_code == 202
    failed = send(shop, refund_event(rental_id, "failed"))
    assert failed.json()["data"]["result"] == "refund_failed"
    assert status_of(shop, rental_id) == "completed"
    assert shop.service.noted["refund_failed"] == 1


def test_a_part_of_the_fee_is_no_refund(shop: Running) -> None:
    rental_id = paid_rental(shop)
    part = send(shop, refund_event(rental_id, "succeeded", 1_009_999))
    assert part.json()["data"]["result"] == "partly_refunded"
    content = event("payment.refunded", rental_id)
    refunds = [{"attributes": {"amount": 500_000, "status": "succeeded"}}] * 2
    content["data"]["attributes"]["data"]["attributes"]["refunds"] = refunds
    assert send(shop, content).json()["data"]["result"] == "partly_refunded"
    refunds.append({"attributes": {"amount": 10_000, "status": "succeeded"}})
    assert send(shop, content).json()["data"]["result"] == "refunded"


def test_a_refund_that_overtakes_its_payment_or_is_forged_changes_nothing(shop: Running) -> None:
    rental_id = rented(shop, stocked(shop, [1, 4, 5]))
    refund = refund_event(rental_id, "succeeded")
    assert send(shop, refund).status_code == 409  # comes again, as PayMongo repeats it
    assert send(shop, refund, secret="whsk_" + "x" * 24).status_code == 401
    assert send(shop, refund, age=301).status_code == 401
    assert status_of(shop, rental_id) == "pending"
    told(shop, "payment.paid", rental_id)
    assert send(shop, refund).json()["data"]["result"] == "refunded"
    assert told(shop, "payment.paid", rental_id) == "unchanged"
    assert status_of(shop, rental_id) == "refunded"


# ---------------------------------------------------------------- Paystack


def test_paystack_is_asked_for_a_refund_once_with_its_reference() -> None:
    with vendor(200, b'{"status": true, "data": {"status": "pending"}}') as (url, sent):
        payments = PaystackPayments(url, b"sk_test_1")
        assert payments.refund("ref-1", 60_000) is False
    assert sent == [
        {
            "path": "/refund",
            "authorization": "Bearer sk_test_1",
            "body": {"transaction": "ref-1", "amount": 60_000},
        }
    ]


@pytest.mark.parametrize(
    ("status", "message", "is_back"),
    [
        (400, "Transaction has been fully reversed", True),
        (400, "Insufficient balance", False),
        (500, "Transaction has been fully reversed", False),
    ],
)
def test_a_refusal_is_fine_where_the_money_is_back_already(
    status: int, message: str, is_back: bool
) -> None:
    with vendor(status, json.dumps({"status": False, "message": message}).encode()) as (url, _):
        payments = PaystackPayments(url, b"sk_test_1")
        if is_back:
            assert payments.refund("ref-1", 60_000) is True
        else:
            with pytest.raises(PaymentFailed, match=str(status)):
                payments.refund("ref-1", 60_000)


def test_an_administrator_of_poafix_asks_paystack_and_an_event_ends_it(
    paid: Running,  # noqa: F811
) -> None:
    client, provider = client_of(paid), working(paid)
    _, job = confirmed(client, provider)
    reference = client.post(f"/jobs/{job}/payment").json()["payment"]["reference"]
    refund = charge_of_paystack(reference, event="refund.processed")
    # before its payment a refund is of nothing: it comes again, as Paystack repeats it
    assert told_by_paystack(paid, refund).status_code == 409
    told_by_paystack(paid, charge_of_paystack(reference))
    admin = admin_of(paid)
    reply = admin.post(f"/admin/jobs/{job}/refund")
    assert reply.json() == {"id": job, "state": "paid", "refund": "asked"}
    assert paid.service.jobs.payments.refunds == [(reference, 60_000)]
    assert told_by_paystack(paid, refund, "another secret").status_code == 401
    results = [told_by_paystack(paid, refund).json()["result"] for _ in range(3)]
    assert results == ["refunded", "unchanged", "unchanged"]
    assert client.get(f"/jobs/{job}").json()["payment"]["state"] == "refunded"
    assert told_by_paystack(paid, charge_of_paystack(reference)).json() == {"result": "unchanged"}


def test_a_refund_that_paystack_refuses_leaves_the_job_paid(paid: Running) -> None:  # noqa: F811
    client, provider = client_of(paid), working(paid)
    _, job = confirmed(client, provider)
    reference = client.post(f"/jobs/{job}/payment").json()["payment"]["reference"]
    told_by_paystack(paid, charge_of_paystack(reference))
    paid.service.jobs.payments.fails = True
    refused = admin_of(paid).post(f"/admin/jobs/{job}/refund")
    assert (refused.status_code, refused.json()["error"]) == (502, "payment")
    assert client.get(f"/jobs/{job}").json()["payment"]["state"] == "paid"
