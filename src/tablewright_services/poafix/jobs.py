"""The work of a booking: its progress, what is paid for it, the rating it earns.

Progress is appended under the condition of the state before, so that no two entries claim the same
move. A payment moves under the condition of the whole payment before: what Paystack says three
times counts once. A rating is given once to a job, and then counted in the provider's average by a
write on the number of ratings that it was made of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.paystack import Payments
from tablewright_services.common.service import Now, RequestRefused
from tablewright_services.poafix import views
from tablewright_services.poafix.accounts import Caller
from tablewright_services.poafix.domain import (
    JOB_MOVES,
    PAYMENT_MOVES,
    derived_id,
    is_id,
    may_move,
    mean_with,
    stamp,
)
from tablewright_services.poafix.news import News, Notifications
from tablewright_services.poafix.requests import Requests

ATTEMPTS = 50
EVENTS = {
    "charge.success": "paid",
    "charge.failed": "failed",
    "refund.processed": "refunded",
}
"""What events of Paystack make of a payment."""
CENTS = 100


class Jobs:
    """Follows jobs."""

    def __init__(
        self,
        store: AsyncStore,
        requests: Requests,
        news: Notifications,
        payments: Payments,
        now: Now,
    ) -> None:
        self.store, self.requests, self.news = store, requests, news
        self.payments, self.now = payments, now

    async def _of(self, caller: Caller, id: str) -> tuple[Any, Any]:
        """Return a job of the caller and its booking.

        Raises:
            Refused: there is none.
        """
        job = await self.store.getJob(_id=id)
        booking = None if job is None else await self.store.getBooking(_id=job.bookingId)
        if booking is None or caller.id not in (booking.clientId, booking.providerId):
            raise RequestRefused(404, "not_found", "there is no such job")
        return job, booking

    async def job(self, caller: Caller, id: str) -> dict[str, Any]:
        """Return a job of the caller."""
        return views.job((await self._of(caller, id))[0])

    async def of_booking(self, caller: Caller, booking_id: str) -> dict[str, Any]:
        """Return the job of a booking of the caller."""
        await self.requests.booking(caller, booking_id)
        job = await self.store.jobByBooking(bookingId=booking_id)
        if job is None:
            raise RequestRefused(404, "not_found", "the booking has no job yet")
        return views.job(job)

    async def listed(self, provider: Caller, page: str | None) -> dict[str, Any]:
        """Return a page of a provider's jobs, newest first."""
        jobs = await self.store.jobsByProvider(providerId=provider.id, page=page)
        return {"items": [views.job(each) for each in jobs], "next": jobs.next}

    # ------------------------------------------------------------ progress

    async def note(self, provider: Caller, id: str, state: str, note: str) -> dict[str, Any]:
        """Append an entry to the progress of a job.

        Raises:
            Refused: there is none, its booking has not begun, or the state does not follow.
        """
        job, booking = await self._of(provider, id)
        allowed = ("confirmed", "in_progress") if state == "travelling" else ("in_progress",)
        if booking.status not in allowed:
            raise RequestRefused(409, "state", f"the booking is {booking.status}")
        if not may_move(JOB_MOVES, job.state, state):
            raise RequestRefused(409, "state", f"the job is {job.state}")
        entry = {"at": stamp(self.now()), "state": state, "note": note}
        try:
            await self.store.updateJobProgress(
                _id=id, state=state, progress=entry, if_state=job.state
            )
        except ConditionFailed as stale:
            raise RequestRefused(409, "state", "the job was changed meanwhile") from stale
        await self._tell(booking.clientId, "client", "job", f"Job {state}", note, id)
        return {"id": id, "state": state, "entry": entry}

    # ------------------------------------------------------------ payment

    async def pay(self, client: Caller, id: str) -> dict[str, Any]:
        """Begin to pay for a job; an attempt that was cut off is taken up again.

        Raises:
            Refused: there is none, it is paid, or the provider of payments does not answer.
        """
        job, booking = await self._of(client, id)
        payment = dict(job.payment)
        if booking.status == "cancelled":
            raise RequestRefused(409, "state", "the booking is cancelled")
        if payment["state"] != "pending":
            self._require(payment, "pending")
            attempt = derived_id("payment", id, payment["reference"])[:15]
            pending = {**payment, "state": "pending", "reference": f"{id}-{attempt}"}
            await self._record(pending, id, job.payment)
            payment = pending
        user = await self.store.getUser(_id=client.id)
        try:
            address = await asyncio.to_thread(
                self.payments.ask,
                payment["reference"],
                int(Decimal(payment["amount"]) * CENTS),
                payment["currency"],
                user.email,
            )
        except PaymentFailed as failed:
            await self._record({**payment, "state": "failed"}, id, payment)
            raise RequestRefused(
                502, "payment", "the payment could not be begun; try again"
            ) from failed
        shown = {name: payment[name] for name in views.PAYMENT}
        return {"payment": shown, "payAt": address}

    async def settle(self, event: Mapping[str, Any]) -> str:
        """Take an event of Paystack and return what it changed; a second time nothing.

        Raises:
            Refused: another sum was paid than is owed, or for an attempt that was given up: both
                are for people to look at; or a refund came before its payment, and has to come
                again.
        """
        content = event.get("data")
        next_state = EVENTS.get(str(event.get("event", "")), "")
        if not next_state or not isinstance(content, Mapping):
            return "ignored"
        reference = str(content.get("reference") or content.get("transaction_reference") or "")
        id = reference.partition("-")[0]
        job = await self.store.getJob(_id=id) if is_id(id) else None
        if job is None:
            return "unknown"
        payment = dict(job.payment)
        if payment["reference"] != reference:
            if next_state == "paid":
                raise RequestRefused(409, "attempt", "it was paid for an attempt that was given up")
            return "unchanged"
        if next_state == "refunded" and payment["state"] not in ("paid", "refunded"):
            raise RequestRefused(409, "too_early", "the payment is not known yet: send it again")
        if payment["state"] == next_state or not may_move(
            PAYMENT_MOVES, payment["state"], next_state
        ):
            return "unchanged"
        owed = int(Decimal(payment["amount"]) * CENTS)
        if next_state == "paid" and (content.get("amount"), content.get("currency")) != (
            owed,
            payment["currency"],
        ):
            raise RequestRefused(409, "amount", "another sum was paid than is owed")
        try:
            await self._record({**payment, "state": next_state}, id, job.payment)
        except RequestRefused:
            return "unchanged"
        booking = await self.store.getBooking(_id=job.bookingId)
        for recipient, kind in ((booking.providerId, "provider"), (booking.clientId, "client")):
            await self._tell(recipient, kind, "payment", f"Payment {next_state}", "", id)
        return next_state

    async def refund(self, id: str) -> dict[str, Any]:
        """Give the payment of a job back; where Paystack has it, an event tells when it is.

        Raises:
            Refused: there is none, it is not paid, or Paystack did not give it back.
        """
        job = await self.store.getJob(_id=id)
        if job is None:
            raise RequestRefused(404, "not_found", "there is no such job")
        payment = dict(job.payment)
        self._require(payment, "refunded")
        amount = int(Decimal(payment["amount"]) * CENTS)
        try:
            is_back = await asyncio.to_thread(self.payments.refund, payment["reference"], amount)
        except PaymentFailed as failed:
            text = "the payment was not given back; try again"
            raise RequestRefused(502, "payment", text) from failed
        if not is_back:
            return {"id": id, "state": payment["state"], "refund": "asked"}
        await self._record({**payment, "state": "refunded"}, id, job.payment)
        booking = await self.store.getBooking(_id=job.bookingId)
        await self._tell(booking.clientId, "client", "payment", "Payment refunded", "", id)
        return {"id": id, "state": "refunded"}

    def _require(self, payment: Mapping[str, Any], state: str) -> None:
        if not may_move(PAYMENT_MOVES, payment["state"], state):
            raise RequestRefused(409, "state", f"the payment is {payment['state']}")

    async def _record(
        self, payment: Mapping[str, Any], id: str, expected: Mapping[str, Any]
    ) -> None:
        try:
            await self.store.recordJobPayment(_id=id, payment=payment, if_payment=expected)
        except ConditionFailed as stale:
            raise RequestRefused(409, "state", "the payment was changed meanwhile") from stale

    # ------------------------------------------------------------ rating

    async def rate(self, client: Caller, provider_id: str, id: str, stars: int) -> dict[str, Any]:
        """Rate the provider of a completed job, once.

        Raises:
            Refused: there is no such job of the caller and provider, or it is rated already.
        """
        _, booking = await self._of(client, id)
        if booking.providerId != provider_id:
            raise RequestRefused(404, "not_found", "there is no such job")
        if booking.status != "completed":
            raise RequestRefused(409, "state", f"the booking is {booking.status}")
        try:
            await self.store.rateJob(_id=id, rating=stars)
        except ConditionFailed as rated:
            raise RequestRefused(409, "rated", "the job is rated already") from rated
        mean, count = await self._count(provider_id, stars)
        await self._tell(provider_id, "provider", "rating", f"{stars} stars", "", id)
        return {"providerId": provider_id, "rating": round(mean, 2), "totalRatings": count}

    async def _count(self, provider_id: str, stars: int) -> tuple[Decimal, int]:
        """Count a rating of a provider; others may do the same meanwhile."""
        for attempt in range(ATTEMPTS):
            provider = await self.store.getProvider(_id=provider_id)
            count = int(provider.totalRatings or 0)
            mean = mean_with(Decimal(provider.rating or 0), count, stars)
            try:
                await self.store.rateProvider(
                    _id=provider_id, rating=mean, totalRatings=1, if_totalRatings=count
                )
            except ConditionFailed:
                await asyncio.sleep(0.002 * attempt)
                continue
            return mean, count + 1
        raise RequestRefused(503, "busy", "the provider is being rated by many; try again")

    async def _tell(
        self, recipient: str, kind: str, type: str, title: str, body: str, job: str
    ) -> None:
        news = News(recipient, kind, type, title, body[:120], {"jobId": job})
        await self.news.tell(news)


__all__ = ["Jobs"]
