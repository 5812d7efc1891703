"""Addresses of database servers: what may be shown of them, and whether they look like production.

In: a URI. Out: the same without user and password; a judgement. Pure.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tablewright.core.errors import UsageError

PRODUCTION = re.compile(r"(^|[^a-z])(prod|production|live)([^a-z]|$)", re.IGNORECASE)


def shown(address: str) -> str:
    """Return an address as it may be printed: without user and password, and without options.

    Example:
        >>> shown("postgresql://ana:secret@db.example.org:5432/shop?sslmode=require")
        'postgresql://db.example.org:5432/shop'
    """
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    return host in ("", "localhost", "::1") or host.startswith("127.")


def require_no_production(names: tuple[str, ...], server: str, *, is_allowed: bool) -> None:
    """Refuse a server, user or database that is named like production.

    Raises:
        UsageError: one is, and that was not allowed.
    """
    if not is_allowed and any(PRODUCTION.search(name) for name in names):
        raise UsageError(
            f"this looks like production: {server}",
            remedy="choose another server, or say --allow-production if that is meant",
        )
