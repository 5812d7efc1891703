"""Who takes the money: a local page, or PayMongo; and what their webhooks say.

In: an order's rental, its amount in centavos. Out: a checkout session; later a signed message.
PayMongo's API and signature: developers.paymongo.com, "Checkout Session resource", "Securing a
webhook", "Events", read 2026-11.
"""

from __future__ import annotations

import base64
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Protocol

from tablewright.core.frozen import frozen
from tablewright_services.common.payments import PaymentFailed
from tablewright_services.common.signatures import hex_signature, is_same
from tablewright_services.mongocollectibles.domain import CURRENCY

PAYMONGO_URL = "https://api.paymongo.com/v1"
METHODS = ("card", "gcash", "paymaya", "grab_pay")
TIMEOUT_SECONDS = 8
TOLERANCE_SECONDS = 300
"""How far a webhook's time stamp may lie from the clock."""
STATUSES = {
    "checkout_session.payment.paid": "completed",
    "payment.paid": "completed",
    "payment.failed": "failed",
    "payment.expired": "expired",
    "payment.refunded": "refunded",
}
"""What types of events tell of a rental; others say nothing."""
REFUND_EVENT = "payment.refund.updated"
REFUND_STATUSES = {"succeeded": "refunded", "failed": "refund_failed"}
"""What the status of a refund tells of its rental, by that event; a pending one says nothing."""


class BadWebhook(Exception):
    """A message is not signed by the provider, or too old, or cannot be read."""


@frozen
class CheckoutCharge:
    """What a customer is asked to pay."""

    rental_id: str
    amount: int
    """Centavos."""
    text: str
    email: str


@frozen
class CheckoutSession:
    """Where a customer pays."""

    id: str
    url: str


@frozen
class PaymentMessage:
    """What a webhook says."""

    event_id: str
    status: str
    """The status a rental has by it; "" where it says nothing of one."""
    rental_id: str
    payment_id: str
    amount: int | None
    """Centavos; None where the message has none."""
    refunded: int | None = None
    """Centavos that were given back; None where the message does not say how many."""
    currency: str


class Checkouts(Protocol):
    """Takes payments."""

    form_origin: str
    """Where a browser is sent to pay, for the policy of pages; "" for this server."""

    def begin(self, charge: CheckoutCharge) -> CheckoutSession:
        """Open a page on which a customer pays.

        Raises:
            PaymentFailed: the provider did not.
        """
        ...

    def end(self, session_id: str) -> None:
        """Close a page that was not paid on; a closed one stays closed.

        Raises:
            PaymentFailed: the provider did not: it may be paid.
        """
        ...

    def payment_of(self, session_id: str) -> str:
        """Return the id of the payment that was made on a page.

        Raises:
            PaymentFailed: the provider knows none.
        """
        ...

    def refund(self, payment_id: str, amount: int, rental_id: str) -> bool:
        """Give an amount in centavos back; what was given back stays so.

        Returns:
            Whether it is back already; else a message says when it is.

        Raises:
            PaymentFailed: the provider did not.
        """
        ...


class LocalCheckouts:
    """A page of the service itself, on which the customer says whether the payment succeeds."""

    form_origin = ""

    def __init__(self, webhook_secret: bytes) -> None:
        self._secret = webhook_secret
        self.ended: set[str] = set()
        self.refunds: dict[str, int] = {}

    def begin(self, charge: CheckoutCharge) -> CheckoutSession:
        """Return the page of a rental."""
        return CheckoutSession(id=f"cs_{secrets.token_hex(12)}", url=f"/pay/{charge.rental_id}")

    def end(self, session_id: str) -> None:
        """Note that it is closed."""
        self.ended.add(session_id)

    def payment_of(self, session_id: str) -> str:
        """Return the payment of a page, of which there is one."""
        return session_id.replace("cs_", "pay_", 1)

    def refund(self, payment_id: str, amount: int, rental_id: str) -> bool:
        """Note what was given back."""
        self.refunds[payment_id] = amount
        return True

    def webhook(self, rental_id: str, kind: str, amount: int, moment: float) -> tuple[bytes, str]:
        """Return the body and the signature of the message that PayMongo would send."""
        payment = {
            "id": f"pay_{secrets.token_hex(12)}",
            "type": "payment",
            "attributes": {
                "amount": amount,
                "currency": CURRENCY,
                "external_reference_number": rental_id,
            },
        }
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "type": "event",
            "attributes": {"type": kind, "livemode": False, "data": payment},
        }
        body = json.dumps({"data": event}).encode()
        return body, signature_header(body, self._secret, int(moment))


class PayMongo:
    """PayMongo over HTTP."""

    form_origin = "https://checkout.paymongo.com"

    def __init__(self, key: str, public_url: str, url: str = PAYMONGO_URL) -> None:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("the payment provider is reached by https")
        self._url, self._public_url = url, public_url
        self._credential = base64.b64encode(f"{key}:".encode()).decode()

    def begin(self, charge: CheckoutCharge) -> CheckoutSession:
        """Create a checkout session; its reference number is the id of the rental."""
        back = f"{self._public_url}/shop/rentals/{charge.rental_id}"
        reply = self._post(
            "checkout_sessions",
            {
                "billing": {"email": charge.email},
                "line_items": [
                    {
                        "amount": charge.amount,
                        "currency": CURRENCY,
                        "name": charge.text,
                        "quantity": 1,
                    }
                ],
                "payment_method_types": list(METHODS),
                "reference_number": charge.rental_id,
                "metadata": {"rental_id": charge.rental_id},
                "description": charge.text,
                "success_url": back,
                "cancel_url": back,
            },
        )
        try:
            return CheckoutSession(
                id=str(reply["data"]["id"]), url=str(reply["data"]["attributes"]["checkout_url"])
            )
        except (KeyError, TypeError) as problem:
            raise PaymentFailed("the answer has no checkout session") from problem

    def end(self, session_id: str) -> None:
        """Expire a checkout session."""
        self._post(f"checkout_sessions/{session_id}/expire", None)

    def payment_of(self, session_id: str) -> str:
        """Return the id of the payment of a checkout session."""
        reply = self._ask("GET", f"checkout_sessions/{session_id}", None)
        try:
            return str(reply["data"]["attributes"]["payments"][0]["id"])
        except (KeyError, TypeError, IndexError) as problem:
            raise PaymentFailed("the session has no payment") from problem

    def refund(self, payment_id: str, amount: int, rental_id: str) -> bool:
        """Refund a payment; a message tells of its end.

        PayMongo refuses to give back more than was paid: where it refuses, and the payment is
        given back already, nothing is left to do.
        """
        attributes = {
            "amount": amount,
            "payment_id": payment_id,
            "reason": "others",
            "metadata": {"rental_id": rental_id},
        }
        try:
            self._post("refunds", attributes)
        except PaymentFailed:
            if not self._is_given_back(payment_id, amount):
                raise
            return True
        return False

    def _is_given_back(self, payment_id: str, amount: int) -> bool:
        reply = self._ask("GET", f"payments/{payment_id}", None)
        try:
            details = reply["data"]["attributes"]
            return details.get("status") == "refunded" or _refunded(details) >= amount
        except (KeyError, TypeError, AttributeError) as problem:
            raise PaymentFailed("the answer has no payment") from problem

    def _post(self, path: str, attributes: Mapping[str, Any] | None) -> Any:
        body = (
            b"" if attributes is None else json.dumps({"data": {"attributes": attributes}}).encode()
        )
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(
            f"{self._url}/{path}",
            body,
            {
                "Authorization": f"Basic {self._credential}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:
                return json.loads(reply.read() or b"{}")
        except urllib.error.HTTPError as problem:
            raise PaymentFailed(f"PayMongo answered {problem.code}") from problem
        except (OSError, ValueError) as problem:
            raise PaymentFailed(type(problem).__name__) from problem


def signature_header(body: bytes, secret: bytes, moment: int, *, is_live: bool = False) -> str:
    """Return the header `Paymongo-Signature` of a body sent at a second since 1970."""
    signature = hex_signature(f"{moment}.".encode() + body, secret)
    test, live = ("", signature) if is_live else (signature, "")
    return f"t={moment},te={test},li={live}"


def verified_message(
    body: bytes, header: str, secret: bytes, now: float, *, is_live: bool
) -> PaymentMessage:
    """Return what a webhook says, if the provider signed it within the tolerance.

    Args:
        body: the raw body.
        header: `Paymongo-Signature`: `t=SECONDS,te=HEX,li=HEX`.
        secret: of the webhook.
        now: seconds since 1970.
        is_live: whether the signature for live mode counts, or the one for test mode.

    Raises:
        BadWebhook: it did not, or the body is no event.
    """
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    moment, given = parts.get("t", ""), parts.get("li" if is_live else "te", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise BadWebhook("no time stamp")
    if not given or not is_same(given, hex_signature(f"{moment}.".encode() + body, secret)):
        raise BadWebhook("another signature")
    if abs(now - int(moment)) > TOLERANCE_SECONDS:
        raise BadWebhook("too old")
    try:
        return _message(json.loads(body), is_live=is_live)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadWebhook("no event") from problem


def _message(content: Any, *, is_live: bool) -> PaymentMessage:
    event = content["data"]
    attributes = event["attributes"]
    if bool(attributes.get("livemode")) is not is_live:
        raise ValueError("of the other mode")
    subject = attributes["data"]
    details = subject["attributes"]
    payment, paid = subject, details
    if subject.get("type") == "checkout_session":
        payments = details.get("payments") or [{}]
        payment = payments[0]
        paid = payment.get("attributes") or {}
    kind = str(attributes["type"])
    status, refunded = STATUSES.get(kind, ""), None
    amount = paid.get("amount")
    if kind == REFUND_EVENT:
        status, refunded = REFUND_STATUSES.get(str(details.get("status")), ""), amount
    elif status == "refunded" and details.get("refunds"):
        refunded = _refunded(details)
    metadata = details.get("metadata") or {}
    reference = (
        metadata.get("rental_id")
        or details.get("reference_number")
        or details.get("external_reference_number")
    )
    return PaymentMessage(
        event_id=str(event["id"]),
        status=status,
        rental_id=str(reference or ""),
        payment_id=str(details.get("payment_id") or payment.get("id", "")),
        amount=amount if isinstance(amount, int) else None,
        refunded=refunded if isinstance(refunded, int) else None,
        currency=str(paid.get("currency", "")),
    )


def _refunded(details: Mapping[str, Any]) -> int:
    """Return how many centavos of a payment were given back, by the list of its refunds."""
    refunds = [each["attributes"] for each in details.get("refunds") or ()]
    return sum(int(each["amount"]) for each in refunds if each.get("status") == "succeeded")


__all__ = [
    "BadWebhook",
    "CheckoutCharge",
    "CheckoutSession",
    "Checkouts",
    "LocalCheckouts",
    "PayMongo",
    "PaymentMessage",
    "signature_header",
    "verified_message",
]
