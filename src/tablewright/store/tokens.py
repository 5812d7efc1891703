"""Tokens that say where the next page of a list begins: opaque, signed, for one question only.

In: a secret, a position as JSON data, what was asked. Out: a text for the caller to send back, or
the position again. A token that was changed, or that belongs to another question, is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from typing import Any

SECRET_VARIABLE = "TABLEWRIGHT_TOKEN_SECRET"
SHORTEST_SECRET = 16
_DIGEST_BYTES = 16


class BadToken(ValueError):
    """A token is not one of this store's for this question."""


class PageTokens:
    """Signs and reads tokens.

    Example:
        >>> tokens = PageTokens(b"a secret of enough bytes")
        >>> token = tokens.token({"offset": 20}, "byUser", {"id": "a"})
        >>> tokens.position(token, "byUser", {"id": "a"})
        {'offset': 20}
    """

    def __init__(self, secret: bytes | None = None) -> None:
        """Sign with a secret: that of the environment, or else a random one of this process.

        Raises:
            ValueError: the secret is shorter than 16 bytes.
        """
        if secret is None:
            configured = os.environ.get(SECRET_VARIABLE, "")
            secret = configured.encode() if configured else os.urandom(32)
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"the secret of page tokens needs {SHORTEST_SECRET} bytes")
        self._secret = hashlib.sha256(b"page tokens " + secret).digest()

    def token(self, position: Any, pattern: str, arguments: Mapping[str, Any]) -> str:
        """Return the token of a position in the answer to a question."""
        body = json.dumps(position, separators=(",", ":"), sort_keys=True).encode()
        return (
            base64.urlsafe_b64encode(self._sign(body, pattern, arguments) + body)
            .decode()
            .rstrip("=")
        )

    def position(self, token: str, pattern: str, arguments: Mapping[str, Any]) -> Any:
        """Return the position of a token.

        Raises:
            BadToken: it was changed, is of another secret, or belongs to another question.
        """
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError) as problem:
            raise BadToken("is no page token") from problem
        signature, body = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        if not hmac.compare_digest(signature, self._sign(body, pattern, arguments)):
            raise BadToken("is no page token of this list with these arguments")
        return json.loads(body)

    def _sign(self, body: bytes, pattern: str, arguments: Mapping[str, Any]) -> bytes:
        question = json.dumps([pattern, arguments], sort_keys=True, default=str).encode()
        digest = hmac.new(
            self._secret, len(question).to_bytes(8, "big") + question + body, "sha256"
        )
        return digest.digest()[:_DIGEST_BYTES]
