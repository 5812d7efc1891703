"""What is paid for: credits, premium types of reports, pledges to projects.

A payment is pending until an event says that it was made. The event settles it together with what
it buys in one transaction whose condition is that it is pending still, so that the same event
counts once, however often and by however many at once it is delivered.

Money that buys nothing any more, or that an administrator gives back, is asked back at Paystack.
What it bought is taken away, and the payment called refunded, by the event that says it is back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool

from tablewright.model.values import Attribute, Kind
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.calling import generated
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.auxeira.domain import (
    CREDIT_PACKS,
    LEAST_PLEDGE,
    MOST_PLEDGE,
    PREMIUM,
    PRICE_CURRENCY,
    REPORT_TYPE_PRICE,
    TAKEN_AWAY,
    BadField,
    one_of,
    whole,
)
from tablewright_services.auxeira.projects import Projects
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.paystack import Payments
from tablewright_services.common.service import Now, RequestRefused

_REFERENCE = Attribute(name="reference", kind=Kind.ULID)
CHARGES = ("charge.success", "charge.failed")
REFUNDS = ("refund.processed", "refund.failed", "refund.needs-attention")
PRODUCTS = ("credits", "report-type", "pledge")


class Purchases:
    """Asks for payments and settles them."""

    def __init__(
        self,
        store: AsyncStore,
        payments: Payments,
        projects: Projects,
        now: Now,
        note: Callable[[str], None],
    ) -> None:
        """Take what purchases need.

        Args:
            store: runs the access patterns.
            payments: takes payments and gives them back.
            projects: what pledges are to.
            now: gives the time.
            note: counts what people should look at, by a word.
        """
        self.store, self.payments, self.projects = store, payments, projects
        self.now, self.note = now, note

    async def begin(self, user_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for the payment of a product; return where it is paid.

        Raises:
            BadField: there is no such product.
            Refused: it cannot be bought, or Paystack does not take payments now.
        """
        product = one_of("product", body.get("product"), PRODUCTS)
        if product == "pledge":
            return await self.pledge(user_id, str(body.get("projectId", "")), body)
        if await self.store.getProfile(userId=user_id) is None:
            raise RequestRefused(409, "profile_incomplete", "begin your profile first")
        if product == "report-type":
            subject = one_of("reportType", body.get("reportType"), PREMIUM)
            return await self._ask(user_id, product, subject, 0, REPORT_TYPE_PRICE, PRICE_CURRENCY)
        credits = body.get("credits")
        if not isinstance(credits, int) or credits not in CREDIT_PACKS:
            packs = ", ".join(str(each) for each in CREDIT_PACKS)
            raise BadField("credits", f"must be one of {packs}")
        price = CREDIT_PACKS[credits]
        return await self._ask(user_id, product, "credits", credits, price, PRICE_CURRENCY)

    async def pledge(
        self, user_id: str, project_id: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask for the payment of a pledge; it counts once it is paid.

        Raises:
            BadField: the amount may not be.
            Refused: there is no such project, or it is not open.
        """
        amount = whole("amount", body.get("amount"), LEAST_PLEDGE, MOST_PLEDGE)
        project = await self.projects.read(project_id)
        if project is None:
            raise RequestRefused(404, "not_found", "there is no such project")
        if project.status != "open":
            raise RequestRefused(409, "not_open", f"the project is {project.status}")
        return await self._ask(user_id, "pledge", project_id, 0, amount, project.currency)

    async def _ask(
        self, user_id: str, product: str, subject: str, units: int, amount: int, currency: str
    ) -> dict[str, Any]:
        user = await self.store.getUserById(userId=user_id)
        if user is None:
            raise RequestRefused(404, "not_found", "there is no such user")
        reference = generated(_REFERENCE, self.now())
        await self.store.createPayment(
            reference=reference,
            payerId=user_id,
            product=product,
            subject=subject,
            units=units,
            amount=amount,
            currency=currency,
        )
        try:
            url = await run_in_threadpool(
                self.payments.ask, reference, amount, currency, user.email
            )
        except PaymentFailed:
            text = "payments are not taken at the moment"
            raise RequestRefused(502, "payments", text) from None
        price = {"amount": amount, "currency": currency}
        return {"reference": reference, "authorizationUrl": url, **price}

    async def read(self, user_id: str, reference: str) -> dict[str, Any] | None:
        """Return a user's own payment; None for none."""
        payment = await self.store.getPayment(reference=reference)
        if payment is None or payment.payerId != user_id:
            return None
        content: dict[str, Any] = payment.as_dict()
        del content["payerId"]
        return content

    # ------------------------------------------------------------ events

    async def take(self, event: Mapping[str, Any]) -> str:
        """Apply an event of Paystack; return what became of it.

        An event that was applied before changes nothing.

        Raises:
            Refused: a refund came before its payment, and has to come again.
        """
        charge = event.get("data")
        kind = str(event.get("event", ""))
        if kind not in (*CHARGES, *REFUNDS) or not isinstance(charge, Mapping):
            return "ignored"
        reference = charge.get("transaction_reference") or charge.get("reference")
        if not isinstance(reference, str) or len(reference) != 26:
            return "unknown"
        payment = await self.store.getPayment(reference=reference)
        if payment is None:
            return "unknown"
        if kind in REFUNDS:
            return await self._take_refund(kind, charge, payment)
        if payment.state == "failed" and kind == "charge.success":
            return await self._owe(payment, charge.get("amount"))  # tried again, and too late
        if payment.state != "pending":
            return "known"
        if kind == "charge.failed":
            return await self._close(payment, "failed")
        paid = (charge.get("amount"), charge.get("currency"))
        if paid != (int(payment.amount), payment.currency):
            return await self._owe(payment, charge.get("amount"))
        try:
            await self._settle(payment)
        except (ConditionFailed, NotFound):
            return await self._why(payment)
        if payment.product == "pledge":
            await self.projects.read(payment.subject)  # which notes that it is funded
        return "paid"

    async def _settle(self, payment: Any) -> None:
        if payment.product == "pledge":
            await self.store.settlePledge(
                reference=payment.reference,
                projectId=payment.subject,
                pledgeId=payment.reference,
                userId=payment.payerId,
                amount=payment.amount,
                paymentReference=payment.reference,
                pledged=payment.amount,
            )
            return
        is_type = payment.product == "report-type"
        await self.store.settlePurchase(
            reference=payment.reference,
            userId=payment.payerId,
            credits=payment.units,
            entitlements=[payment.subject] if is_type else [],
        )

    async def _why(self, payment: Any) -> str:
        """Return why nothing was settled; money that buys nothing any more is to be given back."""
        payment_now = await self.store.getPayment(reference=payment.reference)
        if payment_now is None or payment_now.state != "pending":
            return "known"
        return await self._owe(payment_now, payment.amount)

    async def _owe(self, payment: Any, amount: Any) -> str:
        """Note that money has to go back, and ask for that."""
        state = await self._close(payment, "refund-due")
        if state == "refund-due" and isinstance(amount, int):
            with suppress(PaymentFailed):  # an administrator asks again
                await self._ask_back(payment.reference, amount, "refund-due")
        return state

    async def _close(self, payment: Any, state: str) -> str:
        with suppress(ConditionFailed):
            await self.store.closePayment(
                reference=payment.reference,
                state=state,
                settledAt=self.now(),
                if_state=payment.state,
            )
            return state
        return "known"

    # ------------------------------------------------------------ money that goes back

    async def refund(self, reference: str) -> str:
        """Give a payment back; return its state: an event tells when the money is back.

        Asked for again, nothing more is given back.

        Raises:
            Refused: there is no such payment, it was not made, or Paystack refused.
        """
        payment = await self.store.getPayment(reference=reference)
        if payment is None:
            raise RequestRefused(404, "not_found", "there is no such payment")
        if payment.state == "refunded":
            return "refunded"
        if payment.state not in ("paid", "refund-due"):
            raise RequestRefused(409, "not_paid", f"the payment is {payment.state}")
        try:
            return await self._ask_back(reference, int(payment.amount), payment.state)
        except PaymentFailed:
            text = "the payment was not given back: nothing is noted, try again"
            raise RequestRefused(502, "payments", text) from None

    async def _ask_back(self, reference: str, amount: int, state: str) -> str:
        if not await run_in_threadpool(self.payments.refund, reference, amount):
            return state
        payment = await self.store.getPayment(reference=reference)
        return await self._refunded(payment)

    async def _take_refund(self, kind: str, refund: Mapping[str, Any], payment: Any) -> str:
        if kind != "refund.processed":
            self.note("refund_failed")
            return "refund-failed"
        if payment.state == "pending":
            raise RequestRefused(409, "too_early", "the payment is not known yet: send it again")
        amount = str(refund.get("amount", ""))
        if payment.state == "paid" and amount != str(int(payment.amount)):
            self.note("partly_refunded")
            return "partly-refunded"
        return await self._refunded(payment)

    async def _refunded(self, payment: Any) -> str:
        """Take away what a payment bought, which is back; in one write, so once."""
        if payment.state == "refund-due":
            return await self._close(payment, "refunded")
        if payment.state != "paid":
            return "known"
        try:
            await self._take_away(payment)
        except (ConditionFailed, NotFound):
            return "known"
        return "refunded"

    async def _take_away(self, payment: Any) -> None:
        if payment.product == "pledge":
            await self.store.refundPledge(
                reference=payment.reference,
                projectId=payment.subject,
                pledgeId=payment.reference,
                pledged=-payment.amount,
            )
            return
        is_type = payment.product == "report-type"
        profile = await self.store.getProfile(userId=payment.payerId)
        # credits that were spent are not owed
        left = min(int(payment.units), int(profile.credits or 0)) if profile is not None else 0
        await self.store.refundPurchase(
            reference=payment.reference,
            userId=payment.payerId,
            credits=-left,
            entitlements=[f"{TAKEN_AWAY}{payment.subject}"] if is_type else [],
        )


__all__ = ["PRODUCTS", "Purchases"]
