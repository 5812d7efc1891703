"""Who may see what: sessions of the staff, links for customers.

A session is a signed token that holds for a working day, in a cookie or as a bearer token. Nothing
of it is kept here, so it survives a restart and holds on every instance that has the same secret. A
customer proves an address by opening a link that was sent to it.
"""

from __future__ import annotations

import asyncio
import datetime as dt

from starlette.requests import Request
from starlette.responses import Response

from tablewright.serve.callers import Unauthorized, signed_token, verified_claims
from tablewright_services.common.caches import Cache
from tablewright_services.common.passwords import Passwords
from tablewright_services.common.second_factor import SecondFactor, is_second_factor
from tablewright_services.common.service import LOCAL, Now
from tablewright_services.common.signatures import is_same, keyed_digest

STAFF_HOURS = 8
CUSTOMER_HOURS = 24
COOKIE, SECURE_COOKIE = "staff", "__Host-staff"
"""Names of the cookie on this machine and elsewhere: the prefix needs HTTPS."""
STAFF = "staff"
"""Whose authenticator gives the codes: the staff has one password, and one of these."""


class StaffAccess:
    """Gives out and verifies what proves who somebody is."""

    def __init__(
        self,
        secret: bytes,
        staff_password: str,
        second_factor: SecondFactor | None,
        cache: Cache,
        now: Now,
    ) -> None:
        """Take what sessions need.

        Args:
            secret: signs sessions.
            staff_password: opens one, "" none.
            second_factor: of the staff; None: the password is enough.
            cache: keeps which codes were used.
            now: gives the time.
        """
        self._secret, self._now = secret, now
        self._second_factor, self._cache = second_factor, cache
        self._passwords = Passwords()
        self._kept = self._passwords.hash(staff_password) if staff_password else None

    # ------------------------------------------------------------ staff

    async def sign_in(self, password: str, code: str) -> str:
        """Return a session of the staff.

        Raises:
            Unauthorized: the password is another, or none was set, or the code is not of now, or
                was used: all are answered alike.
        """
        await asyncio.to_thread(self._passwords.require, password, self._kept)
        if not await is_second_factor(self._second_factor, self._cache, STAFF, code, self._now()):
            raise Unauthorized
        return self.staff_token()

    def staff_token(self) -> str:
        """Return a session of the staff, for whoever has shown to be of it."""
        return self._token("staff", "", STAFF_HOURS)

    def require_staff(self, request: Request) -> str:
        """Return the session that a request comes with, in its header or its cookie.

        Raises:
            Unauthorized: there is no valid one.
        """
        session = _bearer(request) or request.cookies.get(_cookie_name(request), "")
        self._claims(session, "staff")
        request.state.caller = "staff"
        return session

    def is_staff(self, request: Request) -> bool:
        """Whether a request comes with a session of the staff."""
        try:
            self.require_staff(request)
        except Unauthorized:
            return False
        return True

    def form_token(self, session: str) -> str:
        """Return what a form of the dashboard has to send, which other sites do not know."""
        return keyed_digest(f"form {session}", self._secret)

    def require_form(self, request: Request, token: str) -> str:
        """Return the session of a form that came from a page of the dashboard.

        Raises:
            Unauthorized: it did not.
        """
        session = self.require_staff(request)
        if not is_same(token, self.form_token(session)):
            raise Unauthorized
        return session

    def keep(self, response: Response, request: Request, session: str) -> Response:
        """Let the browser keep a session, "" for none; over HTTPS unless it is on this machine."""
        response.set_cookie(
            _cookie_name(request),
            session,
            max_age=STAFF_HOURS * 3600 if session else 0,
            path="/",
            secure=not _is_here(request),
            httponly=True,
            samesite="strict",
        )
        return response

    # ------------------------------------------------------------ customers

    def customer_token(self, email: str) -> str:
        """Return what shows the rentals of an address."""
        return self._token("customer", email, CUSTOMER_HOURS)

    def customer(self, request: Request) -> str:
        """Return the address that a request has proved.

        Raises:
            Unauthorized: none.
        """
        return str(self._claims(_bearer(request), "customer")["sub"])

    # ------------------------------------------------------------ tokens

    def _token(self, kind: str, subject: str, hours: int) -> str:
        expires = self._now() + dt.timedelta(hours=hours)
        return signed_token({"aud": kind, "sub": subject, "exp": expires.timestamp()}, self._secret)

    def _claims(self, token: str, kind: str) -> dict[str, object]:
        claims = verified_claims(token, self._secret, self._now().timestamp())
        if claims.get("aud") != kind:
            raise Unauthorized
        return claims


def _is_here(request: Request) -> bool:
    """Whether a request comes from this machine, where no HTTPS is needed."""
    return request.client is not None and request.client.host in LOCAL


def _cookie_name(request: Request) -> str:
    return COOKIE if _is_here(request) else SECURE_COOKIE


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


__all__ = ["COOKIE", "SECURE_COOKIE", "STAFF", "StaffAccess"]
