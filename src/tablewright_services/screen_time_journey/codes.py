"""One-time codes: six digits, ten minutes, five tries, five sends an hour; used once.

What is kept is a digest of the code with a key. Every bound is a condition of the write that
counts, so it holds however many try at once, on however many servers.
"""

from __future__ import annotations

import datetime as dt
import secrets
from contextlib import suppress
from typing import Literal

from tablewright.serve.callers import Unauthorized
from tablewright.store.asynchronous import AsyncStore
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright_services.common.service import Now
from tablewright_services.common.signatures import is_same, keyed_digest

Purpose = Literal["login", "phone"]
PURPOSES: tuple[Purpose, ...] = ("login", "phone")
DIGITS = 6
HOLDS = dt.timedelta(minutes=10)
WINDOW = dt.timedelta(hours=1)


class TooManyCodes(Exception):
    """As many codes as an hour allows were sent."""


class Codes:
    """Makes codes, and takes them once."""

    def __init__(self, store: AsyncStore, secret: bytes, now: Now) -> None:
        self.store, self.now = store, now
        self._secret = secret

    async def new(self, customer_id: str, purpose: Purpose, destination: str) -> str:
        """Return a new code for a customer; the one before is worth nothing any more.

        Raises:
            TooManyCodes: five were sent within the hour.
        """
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        now = self.now()
        record = {
            "code_id": self.id_of(customer_id, purpose),
            "destination": destination,
            "digest": self._digest(customer_id, purpose, destination, code),
            "expires_at": now + HOLDS,
        }
        ends = now + WINDOW
        try:
            await self.store.sendCode(**record, window_ends=ends)
        except ConditionFailed:
            try:
                await self.store.sendCodeAgain(**record)
            except ConditionFailed:
                try:
                    await self.store.sendCodeAfterWindow(**record, window_ends=ends)
                except ConditionFailed as problem:
                    raise TooManyCodes from problem
        return code

    async def spend(self, customer_id: str, purpose: Purpose, code: str) -> str:
        """Take a code; return where it was sent.

        Raises:
            Unauthorized: it is another, has run out, was used, or was tried five times.
        """
        code_id = self.id_of(customer_id, purpose)
        try:
            await self.store.tryCode(code_id=code_id)
            code_record = await self.store.getCode(code_id=code_id)
            if code_record is None:
                raise Unauthorized
            digest = self._digest(customer_id, purpose, code_record.destination, code)
            if not is_same(digest, code_record.digest):
                raise Unauthorized
            await self.store.spendCode(code_id=code_id, if_digest=digest)
        except (ConditionFailed, NotFound) as problem:
            raise Unauthorized from problem
        return str(code_record.destination)

    async def erase(self, customer_id: str) -> None:
        """Delete what is kept of the codes of a customer."""
        for purpose in PURPOSES:
            with suppress(NotFound):
                await self.store.eraseCode(code_id=self.id_of(customer_id, purpose))

    def id_of(self, customer_id: str, purpose: Purpose) -> str:
        """Return the id of what is kept of the last code for a customer and a purpose."""
        return keyed_digest(f"id\n{customer_id}\n{purpose}", self._secret)[:43]

    def _digest(self, customer_id: str, purpose: str, destination: str, code: str) -> str:
        named = "\n".join(("code", customer_id, purpose, destination, code))
        return keyed_digest(named, self._secret)
