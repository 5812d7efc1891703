"""What is paid for: credits, premium types of reports, pledges to projects.

A payment is pending until an event says that it was made. The event settles it together with what
it buys in one transaction whose condition is that it is pending still, so that the same event
counts once, however often and by however many at once it is delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    BadField,
    one_of,
    whole,
)
from tablewright_services.auxeira.projects import Projects
from tablewright_services.common.paystack import PaymentFailed, Payments
from tablewright_services.common.service import Now, RequestRefused

_REFERENCE = Attribute(name="reference", kind=Kind.ULID)
PRODUCTS = ("credits", "report-type", "pledge")


class Purchases:
    """Asks for payments and settles them."""

    def __init__(self, store: AsyncStore, payments: Payments, projects: Projects, now: Now) -> None:
        self.store, self.payments, self.projects, self.now = store, payments, projects, now

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
        """
        charge = event.get("data")
        kind = event.get("event")
        if kind not in ("charge.success", "charge.failed") or not isinstance(charge, Mapping):
            return "ignored"
        reference = charge.get("reference")
        if not isinstance(reference, str) or len(reference) != 26:
            return "unknown"
        payment = await self.store.getPayment(reference=reference)
        if payment is None:
            return "unknown"
        if payment.state != "pending":
            return "known"
        if kind == "charge.failed":
            return await self._close(payment, "failed")
        paid = (charge.get("amount"), charge.get("currency"))
        if paid != (int(payment.amount), payment.currency):
            return await self._close(payment, "refund-due")
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
        return await self._close(payment, "refund-due")

    async def _close(self, payment: Any, state: str) -> str:
        with suppress(ConditionFailed):
            await self.store.closePayment(
                reference=payment.reference, state=state, settledAt=self.now()
            )
            return state
        return "known"


__all__ = ["PRODUCTS", "Purchases"]
