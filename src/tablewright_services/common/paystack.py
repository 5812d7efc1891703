"""Payments: asked for at Paystack, and the signature of its webhooks.

In: a payment's reference, amount and payer. Out: the address where it is paid. A webhook carries
the HMAC-SHA512 of its raw body under the secret key, in hexadecimal digits, in the header
`x-paystack-signature`.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Protocol

from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.signatures import hex_signature, is_same

SIGNATURE = "x-paystack-signature"
TIMEOUT_SECONDS = 20
ALREADY = "fully reversed"
"""What Paystack says, with a 400, of a payment that was given back before; not tried with a key."""


class Payments(Protocol):
    """Takes payments."""

    def ask(self, reference: str, amount: int, currency: str, email: str) -> str:
        """Return the address where a payment is made; it may block, and runs in a thread.

        Raises:
            PaymentFailed: it was not taken.
        """
        ...

    def refund(self, reference: str, amount: int) -> bool:
        """Give a payment back; it may block, and runs in a thread. What is back stays so.

        Returns:
            Whether it is back already; else an event `refund.processed` says when it is.

        Raises:
            PaymentFailed: it was not given back.
        """
        ...


class LocalPayments:
    """Pays at the service itself: for development, with a secret that is no key of Paystack's.

    Args:
        path: where the service pays, with `{reference}` in it.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(self, reference: str, amount: int, currency: str, email: str) -> str:
        """Return the path of the service that pays."""
        return self._path.format(reference=reference)

    def refund(self, reference: str, amount: int) -> bool:
        """Return that it is back: nobody's money moved."""
        return True


class PaystackPayments:
    """Paystack, over HTTPS."""

    def __init__(self, url: str, secret: bytes) -> None:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("Paystack is reached by https")
        self._url, self._secret = url.rstrip("/"), secret

    def ask(self, reference: str, amount: int, currency: str, email: str) -> str:
        """Return the address of Paystack's own page for the payment."""
        body = {"reference": reference, "amount": amount, "currency": currency, "email": email}
        try:
            answer = self._post("transaction/initialize", body)
            return str(answer["data"]["authorization_url"])
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise PaymentFailed(type(problem).__name__) from problem

    def refund(self, reference: str, amount: int) -> bool:
        """Ask for a refund, of which an event tells; one that was made before is refused so."""
        try:
            self._post("refund", {"transaction": reference, "amount": amount})
        except urllib.error.HTTPError as problem:
            if problem.code == 400 and ALREADY in problem.read(10_000).decode("utf-8", "replace"):
                return True
            raise PaymentFailed(f"Paystack answered {problem.code}") from problem
        except (OSError, ValueError) as problem:
            raise PaymentFailed(type(problem).__name__) from problem
        return False

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self._url}/{path}",
            json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {self._secret.decode()}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
            return json.load(reply)


def is_signed(body: bytes, signature: str, secret: bytes) -> bool:
    """Whether a webhook comes from who has the secret key."""
    return is_same(signature, hex_signature(body, secret, "sha512"))


def success_event(reference: str, amount: int, currency: str) -> dict[str, Any]:
    """Return the event that says a payment was made, in the parts that are looked at."""
    paid = {"reference": reference, "amount": amount, "currency": currency, "status": "success"}
    return {"event": "charge.success", "data": paid}


__all__ = [
    "SIGNATURE",
    "LocalPayments",
    "Payments",
    "PaystackPayments",
    "is_signed",
    "success_event",
]
