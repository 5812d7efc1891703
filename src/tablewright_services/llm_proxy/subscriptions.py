"""What a user may do: quota by the month, plans bought in the App Store.

Admission and count are one conditional write. Receipts and notifications are signed; storing one
twice changes nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tablewright.serve.callers import Unauthorized
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.service import Now
from tablewright_services.llm_proxy.domain import (
    GRACE,
    PRODUCTS,
    change_of,
    is_lapsed,
    period_of,
    standing,
)
from tablewright_services.llm_proxy.receipts import BadReceipt, Receipts

RENEWED = ("SUBSCRIBED", "DID_RENEW")
ENDED = ("EXPIRED", "REFUND", "REVOKE")


class QuotaUsedUp(Exception):
    """No call is left in the period; `standing` says when there will be."""

    def __init__(self, standing_now: Mapping[str, Any]) -> None:
        super().__init__("quota used up")
        self.standing = standing_now


class Subscriptions:
    """Counts calls, and changes plans."""

    def __init__(self, store: AsyncStore, receipts: Receipts, now: Now) -> None:
        self.store, self.receipts, self.now = store, receipts, now

    async def standing(self, user_id: str, email: str) -> dict[str, Any] | None:
        """Return plan, calls used, limit and when it starts again; None without a user."""
        user = await self.store.checkQuota(userId=user_id, email=email)
        return None if user is None else standing(user, self.now())

    async def admit(self, user_id: str, email: str, tokens: int) -> dt.datetime:
        """Count a call, if one is left, and return when; a period that is over begins again first.

        Raises:
            QuotaUsedUp: none is left.
            Unauthorized: there is no such user any more.
        """
        moment = self.now()
        try:
            await self.store.incrementUsage(userId=user_id, email=email, tokens=tokens)
            return moment
        except ConditionFailed:
            user = await self.store.checkQuota(userId=user_id, email=email)
            if user is None:
                raise Unauthorized from None
            if dt.datetime.fromisoformat(user.periodEnd) > self.now():
                raise QuotaUsedUp(standing(user, self.now())) from None
            await self._begin_period(user_id, email, user)
            return await self.admit(user_id, email, tokens)

    async def give_back(self, user_id: str, email: str, tokens: int, counted: dt.datetime) -> None:
        """Take back a call that was counted at a moment, unless another period began since.

        Args:
            user_id: Whose call it was.
            email: The address of that user.
            tokens: How many tokens were counted with it.
            counted: What `admit` returned.
        """
        with suppress(ConditionFailed, NotFound):
            await self.store.giveBackUsage(
                userId=user_id, email=email, tokens=-tokens, if_periodStart=counted
            )

    async def _begin_period(self, user_id: str, email: str, user: Any) -> None:
        if is_lapsed(user, self.now()):
            await self.store.changePlan(userId=user_id, email=email, **change_of("free", None))
        first, last = period_of(self.now())
        with suppress(ConditionFailed):  # another call of the user did it first
            await self.store.resetUsagePeriod(
                userId=user_id, email=email, requests=0, periodStart=first, periodEnd=last
            )

    # ------------------------------------------------------------ receipts

    async def buy(self, user_id: str, email: str, signed: str) -> dict[str, Any]:
        """Keep a receipt and set the plan it buys; a second time nothing changes.

        Raises:
            BadReceipt: it is not signed by the store, of another user, of an unknown product, or
                what it bought has run out.
        """
        moment = self.now()
        receipt = _sold(
            await asyncio.to_thread(self.receipts.transaction, signed, moment.timestamp())
        )
        if dt.datetime.fromisoformat(receipt["expiresDate"]) + GRACE <= moment:
            raise BadReceipt("what it bought has run out")
        owner = await self._owner(receipt["originalTransactionId"])
        if owner not in ("", user_id):
            raise BadReceipt("the purchase belongs to somebody else")
        await self._keep(user_id, receipt)
        plan = PRODUCTS[receipt["productId"]]
        await self.store.changePlan(
            userId=user_id, email=email, **change_of(plan, receipt["expiresDate"])
        )
        return {"plan": plan, "expiresAt": receipt["expiresDate"]}

    async def notify(self, signed: str) -> str:
        """Take a notification of the App Store: a renewal, an end, a refund.

        Raises:
            BadReceipt: it is not signed by the store.
        """
        moment = self.now().timestamp()
        receipt = await asyncio.to_thread(self.receipts.notification, signed, moment)
        if "originalTransactionId" not in receipt:
            return "ignored"
        _sold(receipt)
        user_id = await self._owner(receipt["originalTransactionId"])
        user = await self.store.getUserById(userId=user_id) if user_id else None
        if user is None:
            return "unknown"
        kind = str(receipt.get("notificationType", ""))
        if kind in RENEWED:
            await self._keep(user.userId, receipt)
            latest = await self.store.getLatestReceipt(userId=user.userId)
            newest = latest[0]
            change = change_of(PRODUCTS[newest.productId], newest.expiresDate)
        elif kind in ENDED:
            change = change_of("free", None)
        else:
            return "ignored"
        await self.store.changePlan(userId=user.userId, email=user.email, **change)
        return str(change["plan"])

    async def _keep(self, user_id: str, receipt: Mapping[str, Any]) -> None:
        with suppress(ConditionFailed):  # it is kept already
            await self.store.putReceipt(
                userId=user_id,
                originalTransactionId=receipt["originalTransactionId"],
                transactionId=receipt["transactionId"],
                productId=receipt["productId"],
                purchaseDate=receipt["purchaseDate"],
                expiresDate=receipt["expiresDate"],
                environment=receipt.get("environment", "Production"),
                payload={name: value for name, value in receipt.items() if name != "exp"},
            )

    async def _owner(self, transaction: str) -> str:
        owner = await self.store.findUserByOriginalTransaction(originalTransactionId=transaction)
        return str(owner[0].userId) if owner else ""

    async def lapse(self, user: Any) -> None:
        """Let a user fall back to the free plan whose plan and days of grace have run out."""
        if is_lapsed(user, self.now()):
            await self.store.changePlan(
                userId=user.userId, email=user.email, **change_of("free", None)
            )


def _sold(receipt: dict[str, Any]) -> dict[str, Any]:
    if receipt["productId"] not in PRODUCTS:
        raise BadReceipt("the product is not sold")
    return receipt
