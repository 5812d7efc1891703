"""Receipts and notifications of the App Store: who signed them, and what they say.

In: a signed text. Out: a mapping with `originalTransactionId`, `transactionId`, `productId`,
`purchaseDate` and `expiresDate` (ISO 8601, UTC), `environment`, and of a notification its
`notificationType`. The local validator takes what is signed with a secret of the service. The other
one takes what Apple signed: the vendor's library goes through the chain of certificates to a root
that the operator trusts. Which environment counts is a setting; a request has no say in it, as the
environments `Xcode` and `LocalTesting` are not signed at all.

Source: the package app-store-server-library 3.1.2, `signed_data_verifier.py`, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.serve.callers import Unauthorized, verified_claims

INSTALL = "pip install 'tablewright[app-store]'"
ENVIRONMENTS = ("Production", "Sandbox")
NEEDED = ("originalTransactionId", "transactionId", "productId", "purchaseDate", "expiresDate")


class BadReceipt(Exception):
    """A receipt is not signed by the store, or of a product that is not sold."""


class Receipts(Protocol):
    """Verifies what the App Store signs; it may block, and runs in a thread."""

    def transaction(self, signed: str, now: float) -> dict[str, Any]:
        """Return what a signed transaction says.

        Raises:
            BadReceipt: it is not signed by the store, or lacks a part.
        """
        ...

    def notification(self, signed: str, now: float) -> dict[str, Any]:
        """Return what a signed notification says, and of which transaction, if of one.

        Raises:
            BadReceipt: it is not signed by the store, or lacks a part.
        """
        ...


class LocalReceipts:
    """Takes what is signed with a secret of the service (HS256): for development.

    Args:
        secret: of the service; empty: nothing is taken.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def transaction(self, signed: str, now: float) -> dict[str, Any]:
        """Return the claims of a token."""
        if not self._secret:
            raise BadReceipt("no validator of receipts is set up")
        try:
            receipt = verified_claims(signed, self._secret, now)
        except Unauthorized as problem:
            raise BadReceipt("it is not signed by the store") from problem
        return _complete(receipt)

    def notification(self, signed: str, now: float) -> dict[str, Any]:
        """Return the claims of a token, which name the type of the notification too."""
        return self.transaction(signed, now)


class AppStoreReceipts:
    """Takes what Apple signed, by the vendor's library.

    Args:
        bundle_id: of the application.
        app_id: the application's number in the App Store; needed in `Production`.
        environment: `Production` or `Sandbox`.
        roots: files with Apple's root certificates (DER), from apple.com/certificateauthority.
        checks_online: whether Apple is asked if a certificate was revoked.

    Raises:
        UsageError: a setting cannot be used.
        UnsupportedError: the vendor's library is not installed.
    """

    def __init__(
        self,
        bundle_id: str,
        app_id: int | None,
        environment: str,
        roots: Sequence[Path],
        *,
        checks_online: bool,
    ) -> None:
        try:
            from appstoreserverlibrary.models.Environment import Environment
            from appstoreserverlibrary.signed_data_verifier import (
                SignedDataVerifier,
                VerificationException,
            )
        except ImportError as problem:
            raise UnsupportedError(
                f"receipts of the App Store need the package {problem.name}",
                remedy=f"install it: {INSTALL}",
            ) from problem
        if environment not in ENVIRONMENTS:
            raise UsageError(
                f"APP_STORE_ENVIRONMENT is {environment!r}",
                remedy=f"set it to {' or '.join(ENVIRONMENTS)}: others are not signed",
            )
        if environment == "Production" and app_id is None:
            raise UsageError("APP_STORE_APP_ID is not set", remedy="set it to the app's number")
        try:
            certificates = [path.read_bytes() for path in roots]
        except OSError as problem:
            raise UsageError(
                f"APP_STORE_ROOTS: {problem.filename} cannot be read",
                remedy="name files with Apple's root certificates",
            ) from problem
        if not certificates:
            raise UsageError(
                "APP_STORE_ROOTS is not set", remedy="name files with Apple's root certificates"
            )
        self._failure = VerificationException
        self._verifier = SignedDataVerifier(
            certificates, checks_online, Environment(environment), bundle_id, app_id
        )

    def transaction(self, signed: str, now: float) -> dict[str, Any]:
        """Return what a transaction says that Apple signed."""
        try:
            said = self._verifier.verify_and_decode_signed_transaction(signed)
        except self._failure as problem:
            raise BadReceipt("it is not signed by the store") from problem
        if said.revocationDate is not None:
            raise BadReceipt("the purchase was revoked")
        return self._of(said)

    def notification(self, signed: str, now: float) -> dict[str, Any]:
        """Return what a notification says that Apple signed, with its transaction."""
        try:
            said = self._verifier.verify_and_decode_notification(signed)
            kind = {"notificationType": str(said.rawNotificationType)}
            inside = said.data.signedTransactionInfo if said.data is not None else None
            if inside is None:
                return kind
            transaction = self._verifier.verify_and_decode_signed_transaction(inside)
        except self._failure as problem:
            raise BadReceipt("it is not signed by the store") from problem
        return {**self._of(transaction), **kind}

    def _of(self, said: Any) -> dict[str, Any]:
        return _complete(
            {
                "originalTransactionId": said.originalTransactionId,
                "transactionId": said.transactionId,
                "productId": said.productId,
                "purchaseDate": _moment(said.purchaseDate),
                "expiresDate": _moment(said.expiresDate),
                "environment": said.rawEnvironment,
            }
        )


def _moment(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    moment = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def _complete(receipt: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(receipt.get(name), str) for name in NEEDED):
        raise BadReceipt("it lacks a part")
    return receipt


__all__ = ["AppStoreReceipts", "BadReceipt", "LocalReceipts", "Receipts"]
