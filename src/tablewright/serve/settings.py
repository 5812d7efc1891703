"""How a data API is protected and limited: settings, read from the environment.

In: environment variables. Out: `ServeSettings`. Secrets come from nowhere else and are not shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen

KEYS_VARIABLE = "TABLEWRIGHT_API_KEYS"
JWT_VARIABLE = "TABLEWRIGHT_JWT_SECRET"
RATE_VARIABLE = "TABLEWRIGHT_RATE_PER_MINUTE"
BODY_VARIABLE = "TABLEWRIGHT_MAX_BODY_BYTES"
CORS_VARIABLE = "TABLEWRIGHT_CORS_ORIGINS"
SHORTEST_KEY = 16
SHORTEST_JWT_SECRET = 32
RATE_PER_MINUTE = 600
MAX_BODY_BYTES = 1024 * 1024


@frozen
class ServeSettings:
    """What the application asks of its callers."""

    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The SHA-256 of each API key, by the name of its caller."""
    jwt_secret: bytes = field(default=b"", repr=False)
    """Verifies bearer tokens (HS256); empty for none."""
    rate_per_minute: int = RATE_PER_MINUTE
    """Requests a minute of each caller."""
    max_body_bytes: int = MAX_BODY_BYTES
    cors_origins: tuple[str, ...] = ()

    @property
    def is_protected(self) -> bool:
        """Whether callers have to say who they are."""
        return bool(self.keys or self.jwt_secret)


def settings_of(environment: Mapping[str, str]) -> ServeSettings:
    """Return the settings that the environment states.

    TABLEWRIGHT_API_KEYS is a list of `name:key`, separated by commas; TABLEWRIGHT_JWT_SECRET has at
    least 32 characters.

    Raises:
        UsageError: one of them cannot be used; the message does not repeat it.
    """
    secret = environment.get(JWT_VARIABLE, "")
    if secret and len(secret) < SHORTEST_JWT_SECRET:
        raise UsageError(
            f"{JWT_VARIABLE} has {len(secret)} characters",
            remedy=f"take at least {SHORTEST_JWT_SECRET} random ones",
        )
    origins = environment.get(CORS_VARIABLE, "").split(",")
    return ServeSettings(
        keys=_keys(environment.get(KEYS_VARIABLE, "")),
        jwt_secret=secret.encode(),
        rate_per_minute=_positive(environment, RATE_VARIABLE, RATE_PER_MINUTE),
        max_body_bytes=_positive(environment, BODY_VARIABLE, MAX_BODY_BYTES),
        cors_origins=tuple(origin.strip() for origin in origins if origin.strip()),
    )


def require_protection(settings: ServeSettings) -> None:
    """Refuse to serve others than this machine without asking who they are.

    Raises:
        UsageError: neither keys nor a secret of tokens are set.
    """
    if not settings.is_protected:
        raise UsageError(
            "anybody could read and write here: no API key is set",
            remedy=f"set {KEYS_VARIABLE}=name:key or {JWT_VARIABLE}, or listen on 127.0.0.1",
        )


def _keys(text: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, entry in enumerate((part.strip() for part in text.split(",")), 1):
        if not entry:
            continue
        name, separator, key = entry.partition(":")
        if not separator or not name or len(key) < SHORTEST_KEY:
            raise UsageError(
                f"entry {number} of {KEYS_VARIABLE} is not name:key with {SHORTEST_KEY} characters",
                remedy="write names and random keys, such as app:…,report:…",
            )
        keys[name] = hashlib.sha256(key.encode()).digest()
    return keys


def _positive(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise UsageError(f"{name} is `{text}`", remedy="write a whole number above 0")
    return int(text)
