"""Who a user is: bcrypt passwords, access tokens of minutes, refresh tokens used once.

A user has one session. Of its refresh token only a keyed digest is stored, in the user; using the
token replaces the digest in one conditional write, so that of several who use it at once one gets a
new one, and a token that was used before is worth nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool

from tablewright.core.frozen import frozen
from tablewright.serve.callers import Unauthorized, signed_token, verified_claims
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.auxeira.settings import AuxeiraSettings
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.common.service import Now
from tablewright_services.common.signatures import keyed_digest

ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 7 * 86_400
ROLES = ("member", "expert")
"""Roles that can be chosen; administrators are made by the operator."""
ATTEMPTS = 3


@frozen(kw_only=False)
class Caller:
    """Who a valid access token speaks of."""

    user_id: str
    role: str


class SignIns:
    """Signs users up and in."""

    def __init__(self, store: AsyncStore, settings: AuxeiraSettings, now: Now) -> None:
        self.store, self.settings, self.now = store, settings, now
        self.passwords = BcryptPasswords(settings.bcrypt_rounds)

    async def register(self, email: str, password: str, role: str) -> dict[str, Any]:
        """Create a user and sign in.

        Raises:
            ConditionFailed: the address is taken.
            InvalidArguments: it is none.
        """
        user_id = str(uuid4())
        tokens, digest = self._tokens(user_id, role)
        await self.store.registerUser(
            userId=user_id,
            email=email.lower(),
            passwordHash=await run_in_threadpool(self.passwords.hash, password),
            role=role,
            status="active",
            refreshTokenHash=digest,
            settings={},
        )
        return {"userId": user_id, **tokens}

    async def login(self, email: str, password: str) -> dict[str, Any]:
        """Return new tokens.

        Raises:
            Unauthorized: there is no such active user, or the password is another.
        """
        entry = await self.store.getUserByEmail(email=email.lower())
        stored_hash = entry.passwordHash if entry else None
        await run_in_threadpool(self.passwords.require, password, stored_hash)
        for _ in range(ATTEMPTS):
            user = await self._active(entry.userId)
            try:
                return await self._renew(user, user.refreshTokenHash)
            except ConditionFailed:
                continue  # the user signs in elsewhere at this moment
        raise Unauthorized

    async def refresh(self, token: str) -> dict[str, Any]:
        """Return new tokens for a refresh token, which is worth nothing afterwards.

        Raises:
            Unauthorized: it is none, has run out, or was used before.
        """
        secret = self.settings.refresh_secret
        claims = verified_claims(token, secret, self.now().timestamp())
        user = await self._active(str(claims.get("sub", "")))
        try:
            return await self._renew(user, keyed_digest(token, secret))
        except ConditionFailed as problem:
            raise Unauthorized from problem

    def caller(self, claims: Mapping[str, Any]) -> Caller:
        """Return who the claims of an access token speak of."""
        return Caller(str(claims.get("sub", "")), str(claims.get("role", "")))

    async def _active(self, user_id: str) -> Any:
        user = await self.store.getUserById(userId=user_id)
        if user is None or user.status != "active":
            raise Unauthorized
        return user

    async def _renew(self, user: Any, expected: str) -> dict[str, Any]:
        tokens, digest = self._tokens(user.userId, user.role)
        try:
            await self.store.touchLogin(
                userId=user.userId,
                lastLoginAt=self.now(),
                refreshTokenHash=digest,
                if_refreshTokenHash=expected,
            )
        except NotFound as problem:
            raise Unauthorized from problem
        return {"userId": user.userId, **tokens}

    def _tokens(self, user_id: str, role: str) -> tuple[dict[str, Any], str]:
        """Return the tokens of a new session, and what is stored of the refresh token."""
        now = int(self.now().timestamp())
        who = {"sub": user_id, "iat": now, "jti": secrets.token_urlsafe(12)}
        access = {**who, "role": role, "exp": now + ACCESS_SECONDS}
        secret = self.settings.refresh_secret
        refresh = signed_token({**who, "exp": now + REFRESH_SECONDS}, secret)
        tokens = {
            "accessToken": signed_token(access, self.settings.access_secret),
            "refreshToken": refresh,
            "expiresIn": ACCESS_SECONDS,
        }
        return tokens, keyed_digest(refresh, secret)


__all__ = ["ACCESS_SECONDS", "REFRESH_SECONDS", "ROLES", "Caller", "SignIns"]
