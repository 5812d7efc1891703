"""Who calls, and how often: API keys, bearer tokens, a rate for each caller.

In: the headers of a request, settings, the time. Out: the name of the caller, or why it is refused.
Keys are compared by their digests in constant time; nothing says whether a name exists.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tablewright.serve.settings import ServeSettings

MOST_CALLERS = 10_000
"""Callers whose rate is kept; beyond, those that called longest ago are forgotten."""


class Unauthorized(Exception):
    """The caller did not say who it is, or that is not so."""


def caller_of(headers: Mapping[str, str], settings: ServeSettings, now: float) -> str:
    """Return the name of the caller.

    Raises:
        Unauthorized: no valid key or token came with the request.
    """
    if not settings.is_protected:
        return "anybody"
    scheme, _, credential = headers.get("authorization", "").partition(" ")
    key = headers.get("x-api-key", "")
    if scheme.lower() == "bearer" and credential:
        if settings.jwt_secret and credential.count(".") == 2:
            claims = verified_claims(credential.strip(), settings.jwt_secret, now)
            return str(claims.get("sub", "token"))[:100]
        key = credential.strip()
    return _of_key(key, settings)


def _of_key(key: str, settings: ServeSettings) -> str:
    digest = hashlib.sha256(key.encode()).digest()
    matches = [n for n, known in settings.keys.items() if hmac.compare_digest(digest, known)]
    if not key or not matches:
        raise Unauthorized
    return matches[0]


def signed_token(claims: Mapping[str, Any], secret: bytes) -> str:
    """Return a token of these claims, signed with HS256 (RFC 7519)."""
    header = _encoded(b'{"alg":"HS256","typ":"JWT"}')
    signed = f"{header}.{_encoded(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), 'sha256').digest())}"


def verified_claims(token: str, secret: bytes, now: float) -> dict[str, Any]:
    """Return the claims of a token that was signed with HS256 and has not run out.

    Raises:
        Unauthorized: it was not, has, or never does.
    """
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    try:
        if _json(header).get("alg") != "HS256":
            raise Unauthorized
        expected = hmac.new(secret, signed.encode(), "sha256").digest()
        if not hmac.compare_digest(expected, _decoded(signature)):
            raise Unauthorized
        content = _json(claims)
        ends, begins = content.get("exp"), content.get("nbf", 0)
        if not isinstance(ends, int | float) or not isinstance(begins, int | float):
            raise Unauthorized
        if not begins <= now < ends:
            raise Unauthorized
    except (ValueError, binascii.Error, AttributeError) as problem:
        raise Unauthorized from problem
    return content


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(text: str) -> dict[str, Any]:
    content = json.loads(_decoded(text))
    if not isinstance(content, dict):
        raise ValueError("no object")
    return content


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


class CallRates:
    """Lets each caller make so many requests a minute, evenly refilled."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._most, self._per_second, self._clock = float(per_minute), per_minute / 60, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, caller: str) -> int:
        """Count a request; return 0, or after how many seconds one will be let through."""
        now = self._clock()
        with self._lock:
            bucket = self._buckets.pop(caller, None) or _Bucket(self._most, now)
            self._buckets[caller] = bucket
            if len(self._buckets) > MOST_CALLERS:
                self._buckets.popitem(last=False)
            added = (now - bucket.filled) * self._per_second
            bucket.tokens = min(self._most, bucket.tokens + added)
            bucket.filled = now
            if bucket.tokens < 1:
                return math.ceil((1 - bucket.tokens) / self._per_second)
            bucket.tokens -= 1
            return 0
