"""A message of the shop: who signed it, whether it is fresh, what it says.

In: headers and body as they came. Out: a `ShopMessage`, or why there is none. Shopify signs the
body only (HMAC-SHA256 in base 64): the id, topic and time in the headers are not signed. So what
a message does is taken from its body where the body says it, a body is known by its digest as well
as by its id, and a topic is taken only with a body of its shape.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tablewright.core.frozen import frozen
from tablewright.serve.bodies import BadBody
from tablewright.serve.callers import Unauthorized
from tablewright_services.common.signatures import base64_signature, is_same
from tablewright_services.screen_time_journey.domain import customer_id_of, moment

TOLERANCE = dt.timedelta(days=2)
"""How old a message may be: Shopify repeats one for hours, formerly for two days."""
AHEAD = dt.timedelta(minutes=5)
"""How far a clock may be ahead of ours."""
WEBHOOK_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
CONTRACT_STATUSES = {
    "active": "active",
    "paused": "paused",
    "failed": "paused",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""Of a subscription contract of the shop, and what they are here."""
CUSTOMER_TOPICS = ("customers/create", "customers/update")
ORDER_TOPICS = ("orders/create", "orders/paid")
REDACTION = "customers/redact"


class Stale(Exception):
    """A message is too old, or from the future."""


@frozen
class ShopMessage:
    """What a message of the shop says."""

    topic: str
    delivery_ids: tuple[str, str]
    """Its id, and the digest of its body."""
    customer_id: str
    """Whom it is about; "" where it is about nobody."""
    email: str
    """In small letters; "" where the message has none."""
    status: str
    """What the subscription is from now on; "" where it says nothing of that."""
    happened_at: dt.datetime
    content: Mapping[str, Any]


def read_message(
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Sequence[bytes],
    shop_domain: str,
    now: dt.datetime,
) -> ShopMessage:
    """Return what a message says.

    Args:
        headers: of the request, named without regard to case.
        body: as it came, byte by byte.
        secrets: any of them may have signed it.
        shop_domain: whose messages are taken; "" for those of any shop with a secret.
        now: the time.

    Raises:
        Unauthorized: it is not signed, or of another shop.
        Stale: it is too old, or from the future.
        BadBody: it lacks a part.
    """
    signature = headers.get("x-shopify-hmac-sha256", "")
    # every secret is tried, so that the time says nothing of which one fits
    matches = [is_same(signature, base64_signature(body, secret)) for secret in secrets]
    if not any(matches):
        raise Unauthorized
    if shop_domain and headers.get("x-shopify-shop-domain", "") != shop_domain:
        raise Unauthorized
    webhook_id = headers.get("x-shopify-webhook-id", "")
    topic = headers.get("x-shopify-topic", "")
    if WEBHOOK_ID.fullmatch(webhook_id) is None or not 0 < len(topic) <= 100:
        raise BadBody("X-Shopify-Webhook-Id and X-Shopify-Topic are needed")
    content = _content(body)
    sent_at = _time(headers.get("x-shopify-triggered-at")) or now
    if not now - TOLERANCE <= sent_at <= now + AHEAD:
        raise Stale
    digest = hashlib.sha256(topic.encode() + b"\n" + body).digest()
    customer, email = _customer(topic, content)
    return ShopMessage(
        topic=topic,
        delivery_ids=(webhook_id, f"body.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"),
        customer_id=customer_id_of(customer) if customer else "",
        email=email,
        status=_status(topic, content),
        happened_at=min(_time(content.get("updated_at")) or sent_at, now),
        content=content,
    )


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise BadBody("the body is no JSON") from problem
    if not isinstance(content, dict):
        raise BadBody("the body is no JSON object")
    return content


def _time(text: object) -> dt.datetime | None:
    """Return a time that a message states; None where it states none.

    Raises:
        BadBody: what it states is no time.
    """
    if text is None:
        return None
    try:
        return moment(str(text))
    except ValueError as problem:
        raise BadBody("a time in it is none") from problem


def _customer(topic: str, content: Mapping[str, Any]) -> tuple[str, str]:
    """Return the shop's id of the customer and the e-mail address, "" for what is not there."""
    if topic in CUSTOMER_TOPICS:
        who, email = content.get("id"), content.get("email")
    elif topic in ORDER_TOPICS or topic == REDACTION:
        person = content.get("customer")
        person = person if isinstance(person, dict) else {}
        who, email = person.get("id"), person.get("email") or content.get("email")
    elif topic.startswith("subscription_contracts/"):
        who, email = content.get("customer_id"), None
    else:
        return "", ""
    if isinstance(who, bool) or not isinstance(who, int | str) or not str(who).isdigit():
        raise BadBody("the customer's id is missing")
    return str(who), email.strip().lower() if isinstance(email, str) else ""


def _status(topic: str, content: Mapping[str, Any]) -> str:
    if topic in ORDER_TOPICS:
        return "active" if content.get("financial_status", "paid") == "paid" else ""
    if topic.startswith("subscription_contracts/"):
        return CONTRACT_STATUSES.get(str(content.get("status", "")).lower(), "")
    return ""


__all__ = ["REDACTION", "ShopMessage", "Stale", "read_message"]
