"""Quotes, checkouts, payments and returns.

A copy is reserved by one conditional write, which also says for which rental; it is given back by a
write that holds only while that rental has it. The rental is written before its copy is reserved,
so whenever the process ends, nothing is reserved that no rental speaks of, and every step can be
done again: whoever finds a rental failed, expired or returned gives its copy back once more.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from tablewright.serve.callers import Unauthorized, signed_token, verified_claims
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.alerts import Alerts
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.service import Now, RequestRefused
from tablewright_services.common.signatures import keyed_digest
from tablewright_services.mongocollectibles.domain import (
    CURRENCY,
    FREES_COPY,
    LONGEST_RENTAL_DAYS,
    PAYMENT_WAITS,
    QUOTE_HOLDS,
    STORES,
    Effect,
    Quote,
    RentalOrder,
    centavos,
    due_at,
    effect,
    quote,
)
from tablewright_services.mongocollectibles.messages import Mailer, MailFailed, Message
from tablewright_services.mongocollectibles.payments import (
    CheckoutCharge,
    Checkouts,
    PaymentMessage,
)

ATTEMPTS = 5
"""How often a message is weighed again whose rental others change meanwhile."""


class Rentals:
    """The rentals of one store."""

    def __init__(
        self,
        store: AsyncStore,
        payments: Checkouts,
        mailer: Mailer,
        secret: bytes,
        now: Now,
        note: Callable[[str], None],
        alerts: Alerts,
    ) -> None:
        """Take what rentals need.

        Args:
            store: runs the access patterns.
            payments: takes payments.
            mailer: sends confirmations.
            secret: signs quotes, and makes ids of idempotency keys.
            now: gives the time.
            note: counts what staff should look at, by a word.
            alerts: tells the operators what became of a payment.
        """
        self.store, self.payments, self.mailer = store, payments, mailer
        self.secret, self.now, self.note, self.alerts = secret, now, note, alerts
        self._keeps_copies = False
        """Whether this database was seen to keep which copy a rental has."""

    # ------------------------------------------------------------ quotes

    async def quoted(self, order: RentalOrder) -> Quote:
        """Return what an order costs now; nothing is reserved.

        Raises:
            Refused: 400 for no store or duration, 404 for no collectible, 409 for no copy.
        """
        if order.store_id not in STORES:
            raise RequestRefused(400, "unknown_store", f"there are {', '.join(STORES)}")
        if not 1 <= order.duration <= LONGEST_RENTAL_DAYS:
            text = f"a rental lasts 1 to {LONGEST_RENTAL_DAYS} days"
            raise RequestRefused(400, "bad_duration", text)
        collectible, copies = await asyncio.gather(
            self.store.quoteCollectible(id=order.collectible_id),
            self.store.quoteWarehouses(collectible_id=order.collectible_id),
        )
        if collectible is None:
            raise RequestRefused(404, "not_found", "there is no such collectible")
        terms = quote(order, collectible.size, copies) if collectible.available else None
        if terms is None:
            raise RequestRefused(409, "unavailable", "no copy is available")
        return terms

    def offer(self, quoted: Quote) -> dict[str, Any]:
        """Return a quote as the customer gets it, with a token that holds for its time."""
        expires = (self.now() + QUOTE_HOLDS).replace(microsecond=0)
        order = quoted.order
        claims = {
            **_claims(order),
            "fee": centavos(quoted.total_fee),
            "exp": int(expires.timestamp()),
            "jti": secrets.token_hex(4),
        }
        return {
            "collectible_id": order.collectible_id,
            "store_id": order.store_id,
            "duration": order.duration,
            "warehouse_id": quoted.warehouse_id,
            "days_until_ready": quoted.distance,
            **quoted.parts(),
            "total_fee": quoted.total_fee,
            "currency": CURRENCY,
            "valid_until": expires.isoformat().replace("+00:00", "Z"),
            "quote": signed_token(claims, self.secret),
        }

    def _require_offered(self, token: str, quoted: Quote) -> None:
        """Raise unless a token of a quote holds and says what the order costs now."""
        try:
            claims = verified_claims(token, self.secret, self.now().timestamp())
        except Unauthorized as problem:
            raise RequestRefused(409, "quote_expired", "ask for a new quote") from problem
        expected = {**_claims(quoted.order), "fee": centavos(quoted.total_fee)}
        if any(claims.get(name) != value for name, value in expected.items()):
            raise RequestRefused(
                409, "quote_changed", "the fee is another now", quote=self.offer(quoted)
            )

    # ------------------------------------------------------------ checkout

    async def check_out(
        self, order: RentalOrder, email: str, token: str, key: str
    ) -> dict[str, Any]:
        """Rent the nearest copy; return the rental and where to pay.

        Args:
            order: what is asked for.
            email: of the customer.
            token: of a quote, which then has to hold; "" takes what it costs now.
            key: the same one answers the same again; "" for none.

        Raises:
            Refused: see `quoted`; 409 where another was faster; 502 where the provider failed.
        """
        rental_id = self._rental_id(email, key)
        if key:
            known = await self.store.getRental(id=rental_id)
            if known is not None:
                return _repeated(known, order)
        quoted = await self.quoted(order)
        if token:
            self._require_offered(token, quoted)
        charge = CheckoutCharge(
            rental_id=rental_id,
            amount=centavos(quoted.total_fee),
            text=f"Rental of {order.collectible_id} for {order.duration} days",
            email=email,
        )
        try:
            session = await asyncio.to_thread(self.payments.begin, charge)
        except PaymentFailed as problem:
            raise RequestRefused(
                502, "payment_provider", "the payment provider failed"
            ) from problem
        created = self.now()
        try:
            rental = await self.store.createRental(
                id=rental_id,
                collectible_id=order.collectible_id,
                warehouse_id=quoted.warehouse_id,
                store_id=order.store_id,
                customer_email=email,
                duration=order.duration,
                total_fee=quoted.total_fee,
                payment_status="pending",
                payment_id=session.id,
                checkout_url=session.url,
                quote=quoted.parts(),
                created_at=created,
                due_at=due_at(created, quoted),
            )
        except ConditionFailed:  # the same key at the same time: the other one's answer holds
            await self._end_session(session.id)
            return _repeated(await self.store.getRental(id=rental_id), order)
        await self._require_kept(rental, session.id)
        try:
            await self.store.reserveWarehouseUnit(
                collectible_id=order.collectible_id,
                warehouse_id=quoted.warehouse_id,
                rental_id=rental_id,
            )
        except (ConditionFailed, NotFound) as problem:
            await self._move(rental, "failed")
            await self._end_session(session.id)
            raise RequestRefused(409, "unavailable", "another customer was faster") from problem
        return _answer(rental)

    async def _require_kept(self, rental: Any, session_id: str) -> None:
        """Look once at the first rental: a design may have no place for its copy and payment.

        Raises:
            Refused: 501 where it has none: nobody could ever give the copy back.
        """
        if self._keeps_copies:
            return
        stored = await self.store.getRental(id=rental.id)
        if stored is None or stored.warehouse_id is None or stored.payment_id is None:
            await self._move(rental, "failed")
            await self._end_session(session_id)
            text = "this database has no place for the copy and the payment of a rental"
            raise RequestRefused(501, "not_served", text)
        self._keeps_copies = True

    def _rental_id(self, email: str, key: str) -> str:
        """Return an id nobody guesses; of an idempotency key always the same."""
        if not key:
            return f"rental-{secrets.token_hex(12)}"
        return "rental-" + keyed_digest(f"{email}\n{key}", self.secret)[:24]

    async def _end_session(self, session_id: str) -> None:
        try:
            await asyncio.to_thread(self.payments.end, session_id)
        except PaymentFailed:
            self.note("session_not_ended")

    # ------------------------------------------------------------ payment

    async def receive(self, message: PaymentMessage) -> str:
        """Do what a message of the payment provider says, once; return what was done.

        Raises:
            Refused: 409 where it came too early and has to come again.
        """
        if not message.status or not message.rental_id:
            return "ignored"
        for _ in range(ATTEMPTS):
            rental = await self.store.getRental(id=message.rental_id)
            if rental is None:
                return "unknown"
            if message.status == "completed" and not _is_paid_in_full(message, rental):
                self.note("amount_differs")
                return "amount_differs"
            if message.status == "refund_failed":
                self.note("refund_failed")
                return "refund_failed"
            if _is_partly_refunded(message, rental):
                self.note("partly_refunded")
                return "partly_refunded"
            found = effect(message.status, rental.payment_status)
            if found is Effect.EARLY:
                raise RequestRefused(
                    409, "too_early", "the payment is not known yet: send it again"
                )
            if found is Effect.LATE:
                return await self._give_back(message, rental.id)
            if found is Effect.NONE:
                await self._free(rental)
                return "unchanged"
            if await self._move(rental, message.status):
                return await self._moved(rental, message.status)
        raise RequestRefused(503, "busy", "try again later")

    async def _moved(self, rental: Any, status: str) -> str:
        # without the id, which shows the rental to whoever knows it
        pesos = f"{Decimal(rental.total_fee):.2f}"
        self.alerts.tell(f"payment {status}", collectible=rental.collectible_id, pesos=pesos)
        if status == "completed":
            await self._confirm(rental)
        else:
            await self._free(rental, status)
        return status

    async def _move(self, rental: Any, status: str) -> bool:
        """Move a rental from the status it was read with; return whether it still had that."""
        try:
            await self.store.setPaymentStatus(
                id=rental.id, payment_status=status, if_payment_status=rental.payment_status
            )
        except ConditionFailed:
            return False
        return True

    async def _free(self, rental: Any, status: str = "") -> None:
        """Give the copy of a rental that is over back, unless that was done before."""
        is_over = (status or rental.payment_status) in FREES_COPY or rental.returned_at is not None
        if is_over and rental.warehouse_id is not None:
            with suppress(ConditionFailed, NotFound):
                await self.store.releaseWarehouseUnit(
                    collectible_id=rental.collectible_id,
                    warehouse_id=rental.warehouse_id,
                    if_rental_id=rental.id,
                )

    async def refund(self, rental_id: str) -> str:
        """Give the fee of a paid rental back; return its status: a message tells of the end.

        The copy stays where it is until the customer brings it back. Asked for again, nothing more
        is given back.

        Raises:
            Refused: 404 where there is no such rental, 409 where it is not paid, 502 where the
                provider failed.
        """
        rental = await self.store.getRental(id=rental_id)
        if rental is None:
            raise RequestRefused(404, "not_found", "there is no such rental")
        if rental.payment_status == "refunded":
            return "refunded"
        if rental.payment_status != "completed":
            raise RequestRefused(409, "not_paid", f"this rental is {rental.payment_status}")
        try:
            payment_id = await asyncio.to_thread(self.payments.payment_of, rental.payment_id)
            amount = centavos(Decimal(rental.total_fee))
            is_back = await asyncio.to_thread(self.payments.refund, payment_id, amount, rental_id)
        except PaymentFailed as problem:
            text = "the payment provider failed: nothing is noted, try again"
            raise RequestRefused(502, "payment_provider", text) from problem
        if not is_back:
            return "completed"
        await self._move(rental, "refunded")
        return "refunded"

    async def _give_back(self, message: PaymentMessage, rental_id: str) -> str:
        self.note("late_payment")
        try:
            await asyncio.to_thread(
                self.payments.refund, message.payment_id, int(message.amount or 0), rental_id
            )
        except PaymentFailed as problem:
            raise RequestRefused(503, "refund_failed", "try again later") from problem
        return "given_back"

    async def _confirm(self, rental: Any) -> None:
        text = (
            f"Your rental {rental.id} is paid: {rental.collectible_id} for {rental.duration} days, "
            f"{rental.total_fee:,.2f} pesos. Collect it at {STORES[rental.store_id]}; "
            f"bring it back by {rental.due_at[:10]}."
        )
        message = Message(to=rental.customer_email, subject="Your rental is confirmed", text=text)
        try:
            await asyncio.to_thread(self.mailer.send, message)
        except MailFailed:
            self.note("confirmation_not_sent")

    # ------------------------------------------------------------ the end of a rental

    async def give_back(self, rental_id: str) -> None:
        """Take a copy back from its customer.

        Raises:
            Refused: 404 where there is no such rental, 409 where it is not paid.
        """
        rental = await self.store.getRental(id=rental_id)
        if rental is None:
            raise RequestRefused(404, "not_found", "there is no such rental")
        if rental.returned_at is None:
            try:
                await self.store.returnRental(id=rental_id, returned_at=self.now())
            except ConditionFailed as problem:
                raise RequestRefused(409, "not_out", "this rental is not paid") from problem
            rental = await self.store.getRental(id=rental_id)
        await self._free(rental)

    async def expire(self) -> int:
        """Let rentals that waited too long for their payment expire; return how many."""
        last = self.now() - PAYMENT_WAITS
        count, token = 0, ""
        while True:
            page = await self.store.rentalsByStatus(payment_status="pending", page=token or None)
            for rental in page:
                if dt.datetime.fromisoformat(rental.created_at) > last:
                    return count
                count += await self._expire_one(rental.id)
            token = page.next
            if not token:
                return count

    async def _expire_one(self, rental_id: str) -> bool:
        rental = await self.store.getRental(id=rental_id)
        if rental is None or rental.payment_status != "pending":
            return False
        try:
            await asyncio.to_thread(self.payments.end, rental.payment_id)
        except PaymentFailed:  # perhaps just paid: its webhook says so, or the next round ends it
            self.note("session_not_ended")
            return False
        if not await self._move(rental, "expired"):
            return False
        await self._free(rental, "expired")
        return True


def _claims(order: RentalOrder) -> dict[str, Any]:
    return {"item": order.collectible_id, "store": order.store_id, "days": order.duration}


def _is_paid_in_full(message: PaymentMessage, rental: Any) -> bool:
    return message.currency == CURRENCY and message.amount == centavos(Decimal(rental.total_fee))


def _is_partly_refunded(message: PaymentMessage, rental: Any) -> bool:
    """Whether a message tells of a refund of less than the fee."""
    if message.status != "refunded" or message.refunded is None:
        return False
    return message.refunded < centavos(Decimal(rental.total_fee))


def _answer(rental: Any) -> dict[str, Any]:
    return {
        "rental_id": rental.id,
        "checkout_url": rental.checkout_url,
        "payment_status": "pending",
        "total_fee": rental.total_fee,
        "currency": CURRENCY,
    }


def _repeated(rental: Any, order: RentalOrder) -> dict[str, Any]:
    """Return the answer that the first checkout with a key had."""
    given = (rental.collectible_id, rental.store_id, rental.duration)
    if given != (order.collectible_id, order.store_id, order.duration):
        raise RequestRefused(422, "key_reused", "this Idempotency-Key was used for another order")
    if rental.payment_status == "failed":
        raise RequestRefused(409, "unavailable", "this order failed: order again with another key")
    return _answer(rental)


__all__ = ["Rentals"]
