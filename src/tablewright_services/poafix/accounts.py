"""Who calls: sign-up, sign-in, sessions of a day.

A session begins with a sign-in and ends a day later, or when it is signed out of. An access token
of it is good for minutes. A refresh token gives the next pair and is good once: whoever brings it a
second time ends the session. What is ended or used is kept in the cache for as long as it matters.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.serve.callers import Unauthorized, signed_token, verified_claims
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed
from tablewright_services.common.bcrypt_passwords import BcryptPasswords
from tablewright_services.common.caches import Cache
from tablewright_services.common.passwords import problem_of_password
from tablewright_services.common.second_factor import is_second_factor
from tablewright_services.common.service import Now, RequestRefused
from tablewright_services.common.signatures import keyed_digest
from tablewright_services.poafix.domain import KINDS, PERMISSIONS, may, new_id
from tablewright_services.poafix.settings import PoaFixSettings

ACCESS_SECONDS = 15 * 60
SESSION_SECONDS = 24 * 3600
LOCK_SECONDS = 15 * 60
MOST_FAILURES = 10
"""Wrong passwords for an address within `LOCK_SECONDS`; then nobody signs in for the rest of it."""


@frozen(kw_only=False)
class Caller:
    """Who is signed in."""

    id: str
    kind: str
    session: str
    ends: int
    """When the access token runs out, in seconds since 1970."""


class Accounts:
    """Signs clients, providers and administrators up and in."""

    def __init__(
        self,
        store: AsyncStore,
        settings: PoaFixSettings,
        cache: Cache,
        passwords: BcryptPasswords,
        now: Now,
    ) -> None:
        self.store, self.settings, self.cache, self.now = store, settings, cache, now
        self._passwords = passwords

    # ------------------------------------------------------------ signing up

    async def register_client(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Create a client and sign in.

        Raises:
            Refused: the address is taken.
        """
        now = self.now()
        client = {
            "_id": new_id(now, secrets.token_bytes(6)),
            "email": fields["email"].lower(),
            "passwordHash": await self._hash(fields["password"]),
            "name": fields["name"],
            "phone": fields["phone"],
            "address": fields["address"],
            "location": fields["location"],
            "avatarUrl": "",
            "preferences": {},
            "isActive": True,
            "isBlocked": False,
            "createdAt": now,
        }
        try:
            await self.store.registerUser(**client)
        except ConditionFailed as taken:
            raise _taken() from taken
        return self._session(client["_id"], "client")

    async def register_provider(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Create a provider, who is not found before being verified, and sign in.

        Raises:
            Refused: the address is taken.
        """
        now = self.now()
        names = ("businessName", "phone", "serviceType", "location", "hourlyRate")
        provider = {
            "_id": new_id(now, secrets.token_bytes(6)),
            "email": fields["email"].lower(),
            "passwordHash": await self._hash(fields["password"]),
            **{name: fields[name] for name in names},
            "description": fields.get("description") or "",
            "photos": fields.get("photos") or [],
            "documents": fields.get("documents") or [],
            "isAvailable": False,
            "verificationStatus": "pending",
            "rating": 0,
            "totalRatings": 0,
            "calendar": [],
            "calendarVersion": 0,
            "createdAt": now,
        }
        try:
            await self.store.registerProvider(**provider)
        except ConditionFailed as taken:
            raise _taken() from taken
        return self._session(provider["_id"], "provider")

    async def create_admin(self, fields: Mapping[str, Any]) -> str:
        """Create an administrator and return its id.

        Raises:
            Refused: the address is taken, or the password is one that many have.
        """
        problem = problem_of_password(fields["password"])
        if problem:
            problems = [{"field": "password", "message": problem}]
            raise RequestRefused(400, "invalid", "some fields do not fit", fields=problems)
        now = self.now()
        admin = new_id(now, secrets.token_bytes(6))
        try:
            await self.store.createAdmin(
                _id=admin,
                email=fields["email"].lower(),
                name=fields["name"],
                role=fields["role"],
                permissions=sorted(PERMISSIONS[fields["role"]]),
                passwordHash=await self._hash(fields["password"]),
                activity=[],
                lastLoginAt=now,
            )
        except ConditionFailed as taken:
            raise _taken() from taken
        return admin

    async def create_first_admin(self) -> None:
        """Create the administrator that the settings name, unless that address has one."""
        email, password = self.settings.admin_email, self.settings.admin_password
        if not email or not password or await self.store.loginOfAdmin(email=email) is not None:
            return
        first = {"email": email, "password": password, "name": "First", "role": "super"}
        try:
            await self.create_admin(first)
        except RequestRefused:  # another process was faster
            return

    # ------------------------------------------------------------ signing in

    async def login(self, kind: str, email: str, password: str, code: str = "") -> dict[str, Any]:
        """Return tokens of a new session.

        Args:
            kind: of account.
            email: its address.
            password: its password.
            code: of an administrator's authenticator.

        Raises:
            Unauthorized: there is no such account, it is blocked, the password is another, or an
                administrator's code is not of now or was used: all are answered alike.
            Refused: too many wrong passwords for this address.
        """
        address = email.lower()
        failures = f"failures:{kind}:{keyed_digest(address, self.settings.access_secret)}"
        if int(await self.cache.get(failures) or 0) >= MOST_FAILURES:
            raise RequestRefused(
                429, "locked", "too many wrong passwords; wait a quarter of an hour"
            )
        account = await self._login_of(kind, address)
        stored_hash = account.passwordHash if account is not None else None
        try:
            await asyncio.to_thread(self._passwords.require, password, stored_hash)
        except Unauthorized:
            await self.cache.count(failures, LOCK_SECONDS)
            raise
        if kind == "client" and (account.isBlocked or not account.isActive):
            raise Unauthorized
        if kind == "admin" and not await self._is_second_factor(address, code):
            await self.cache.count(failures, LOCK_SECONDS)
            raise Unauthorized
        await self.cache.drop(failures)
        return self._session(account._id, kind)

    async def _is_second_factor(self, address: str, code: str) -> bool:
        factor = self.settings.second_factor
        return await is_second_factor(factor, self.cache, address, code, self.now())

    async def _login_of(self, kind: str, email: str) -> Any:
        if kind == "client":
            return await self.store.loginByEmail(email=email)
        if kind == "provider":
            return await self.store.loginOfProvider(email=email)
        return await self.store.loginOfAdmin(email=email)

    async def refresh(self, token: str) -> dict[str, Any]:
        """Return the next tokens of a session for its refresh token, which is good once.

        Raises:
            Unauthorized: it is none, its session is over, the account is blocked, or it was used
                before: then the session ends.
        """
        now = self.now().timestamp()
        claims = verified_claims(token, self.settings.refresh_secret, now)
        session, id, kind = (str(claims.get(name, "")) for name in ("sid", "sub", "kind"))
        if await self.cache.get(f"ended:{session}"):
            raise Unauthorized
        if not await self.cache.add(f"used:{claims.get('jti')}", True, SESSION_SECONDS):
            await self._end(session)
            raise Unauthorized
        if kind == "client":
            user = await self.store.getUser(_id=id)
            if user is None or user.isBlocked or not user.isActive:
                raise Unauthorized
        return self._tokens(id, kind, session, int(claims["exp"]))

    async def logout(self, caller: Caller) -> None:
        """End a session."""
        await self._end(caller.session)

    async def _end(self, session: str) -> None:
        await self.cache.put(f"ended:{session}", True, SESSION_SECONDS)

    async def caller_of(self, claims: Mapping[str, Any]) -> Caller:
        """Return who holds an access token.

        Raises:
            Unauthorized: the session was ended, or it is no token of this service.
        """
        caller = Caller(
            str(claims.get("sub", "")),
            str(claims.get("kind", "")),
            str(claims.get("sid", "")),
            int(claims["exp"]),
        )
        if caller.kind not in KINDS or await self.cache.get(f"ended:{caller.session}"):
            raise Unauthorized
        return caller

    async def require_permission(self, caller: Caller, permission: str) -> None:
        """Let an administrator pass who may do something.

        Raises:
            Refused: this one may not.
        """
        admin = await self.store.getAdmin(_id=caller.id)
        if admin is None or not may(admin.role, admin.permissions or (), permission):
            raise RequestRefused(403, "forbidden", "your role does not allow this")

    # ------------------------------------------------------------ tokens

    def _session(self, id: str, kind: str) -> dict[str, Any]:
        expires = int(self.now().timestamp()) + SESSION_SECONDS
        return self._tokens(id, kind, secrets.token_hex(12), expires)

    def _tokens(self, id: str, kind: str, session: str, expires: int) -> dict[str, Any]:
        now = int(self.now().timestamp())
        who = {"sub": id, "kind": kind, "sid": session, "iat": now}
        until = min(now + ACCESS_SECONDS, expires)
        refresh = {**who, "jti": secrets.token_hex(12), "exp": expires}
        return {
            "id": id,
            "kind": kind,
            "accessToken": signed_token({**who, "exp": until}, self.settings.access_secret),
            "refreshToken": signed_token(refresh, self.settings.refresh_secret),
            "expiresIn": until - now,
            "sessionEnds": dt.datetime.fromtimestamp(expires, dt.UTC).isoformat(),
        }

    async def _hash(self, password: str) -> str:
        return await asyncio.to_thread(self._passwords.hash, password)


def _taken() -> RequestRefused:
    return RequestRefused(409, "email_in_use", "this e-mail address has an account")


__all__ = ["Accounts", "Caller"]
