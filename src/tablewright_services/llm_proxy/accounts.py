"""Who a user is: passwords as argon2id, access tokens of minutes, refresh tokens used once.

A refresh token names the sign-in it belongs to (the user's `lastLoginAt`). Using it replaces that
time in one conditional write, so a token that was used before, or of an older sign-in, is worth
nothing, however many use it at once. A user has one session; signing in elsewhere ends it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from tablewright.serve.callers import Unauthorized, signed_token, verified_claims
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.exports import every_page, without
from tablewright_services.common.passwords import Passwords
from tablewright_services.common.service import Now
from tablewright_services.llm_proxy.domain import PLANS, period_of
from tablewright_services.llm_proxy.settings import ProxySettings
from tablewright_services.llm_proxy.subscriptions import Subscriptions

ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 30 * 86_400
FIRST_MOMENT = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""Before every call that is kept."""


class Accounts:
    """Signs users up and in."""

    def __init__(
        self,
        store: AsyncStore,
        settings: ProxySettings,
        subscriptions: Subscriptions,
        now: Now,
    ) -> None:
        self.store, self.settings, self.now = store, settings, now
        self.subscriptions = subscriptions
        self._passwords = Passwords()

    async def register(self, email: str, password: str) -> dict[str, Any]:
        """Create a user on plan free, and sign in.

        Raises:
            ConditionFailed: the address is taken.
            InvalidArguments: it is none.
        """
        first, last = period_of(self.now())
        user = await self.store.createUser(
            email=email.lower(),
            passwordHash=await asyncio.to_thread(self._passwords.hash, password),
            plan="free",
            limit=PLANS["free"],
            status="active",
            source="none",
            periodStart=first,
            periodEnd=last,
            preferences={},
        )
        return self._tokens(user, user.lastLoginAt)

    async def login(self, email: str, password: str) -> dict[str, Any]:
        """Return new tokens.

        Raises:
            Unauthorized: there is no such user, or the password is another.
        """
        user = await self.store.getUserByEmail(email=email.lower())
        stored_hash = user.passwordHash if user else None
        await asyncio.to_thread(self._passwords.require, password, stored_hash)
        return await self._sign_in(user, user.lastLoginAt)

    async def refresh(self, token: str) -> dict[str, Any]:
        """Return new tokens for a refresh token, which is worth nothing afterwards.

        Raises:
            Unauthorized: it is none, has run out, or was used before.
        """
        now = self.now().timestamp()
        claims = verified_claims(token, self.settings.refresh_secret, now)
        user = await self.store.getUserById(userId=str(claims.get("sub", "")))
        if user is None:
            raise Unauthorized
        return await self._sign_in(user, str(claims.get("login", "")))

    async def export(self, user_id: str) -> dict[str, Any]:
        """Return all that is kept of a user: the account, its calls, its receipts.

        Raises:
            Unauthorized: there is no such user any more.
        """
        user = without(await self.store.getUserById(userId=user_id), ("passwordHash",))
        if user is None:
            raise Unauthorized
        usage = await every_page(
            self.store.listUsageByPeriod,
            userId=user_id,
            timestamp_from=FIRST_MOMENT,
            timestamp_to=self.now() + dt.timedelta(minutes=1),
        )
        receipts = await every_page(self.store.getLatestReceipt, userId=user_id)
        return {
            "user": user,
            "usage": [each.as_dict() for each in usage],
            "receipts": [each.as_dict() for each in receipts],
        }

    async def _sign_in(self, user: Any, expected: str) -> dict[str, Any]:
        before = dt.datetime.fromisoformat(expected)
        moment = max(self.now(), before + dt.timedelta(milliseconds=1))
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        try:
            await self.store.touchLogin(
                userId=user.userId, email=user.email, lastLoginAt=moment, if_lastLoginAt=expected
            )
        except (ConditionFailed, NotFound) as problem:
            raise Unauthorized from problem
        # every quarter of an hour at least, as tokens run out
        await self.subscriptions.lapse(user)
        text = moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
        return self._tokens(user, f"{text}Z")

    def _tokens(self, user: Any, login: str) -> dict[str, Any]:
        now = int(self.now().timestamp())
        who = {"sub": user.userId, "iat": now}
        access = {**who, "email": user.email, "exp": now + ACCESS_SECONDS}
        refresh = {**who, "login": login, "exp": now + REFRESH_SECONDS}
        return {
            "accessToken": signed_token(access, self.settings.access_secret),
            "refreshToken": signed_token(refresh, self.settings.refresh_secret),
            "expiresIn": ACCESS_SECONDS,
        }
