"""Passwords as argon2id; an unknown user takes as long as a wrong password."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from tablewright.serve.callers import Unauthorized

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128


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


def is_acceptable(password: str) -> bool:
    """Whether a password may be chosen."""
    return SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD


__all__ = ["LONGEST_PASSWORD", "SHORTEST_PASSWORD", "Passwords", "is_acceptable"]
