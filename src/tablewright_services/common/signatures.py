"""Signatures of webhooks, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac


def hex_signature(content: bytes, secret: bytes, algorithm: str = "sha256") -> str:
    """Return the HMAC of content in hexadecimal digits."""
    return hmac.new(secret, content, algorithm).hexdigest()


def base64_signature(content: bytes, secret: bytes, algorithm: str = "sha256") -> str:
    """Return the HMAC of content in base 64."""
    return base64.b64encode(hmac.new(secret, content, algorithm).digest()).decode()


def is_same(received: str, expected: str) -> bool:
    """Whether two signatures are equal, compared in a time that says nothing of them."""
    return hmac.compare_digest(received.encode(), expected.encode())


def keyed_digest(text: str, secret: bytes) -> str:
    """Return a digest that only the holder of a secret can make: for codes of few digits."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
