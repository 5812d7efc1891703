"""Passwords as bcrypt; an unknown user takes as long as a wrong password.

The package `bcrypt` hashes where it is installed, else the system's libcrypt, which has the same
function under Linux distributions with libxcrypt (Debian, Ubuntu, Fedora, …).
"""

from __future__ import annotations

import ctypes
import hmac
import importlib
import os
import secrets
from collections.abc import Callable

from tablewright.core.errors import UnsupportedError
from tablewright.serve.callers import Unauthorized

LONGEST_BYTES = 72
"""What bcrypt takes into account of a password."""
_ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_CRYPT_STATE_BYTES = 32_768
Hash = Callable[[bytes, bytes], bytes]
"""The hash of a password, under a salt or the settings of an earlier hash."""


class BcryptPasswords:
    """Hashes and verifies passwords.

    Args:
        rounds: the cost factor, 4 to 31: each more takes twice as long.

    Raises:
        UnsupportedError: nothing here computes bcrypt.
    """

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._hash = _implementation()
        # verified where there is no such user, so that both answers take the same time
        self._nobody = self.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is kept of a password: 60 characters that begin with `$2b$`."""
        return self._hash(_bytes(password), self._salt()).decode()

    def require(self, password: str, stored_hash: str | None) -> None:
        """Verify a password against what is kept of it; None where there is no such user.

        Raises:
            Unauthorized: it is another, or there is no such user.
        """
        expected = (stored_hash or self._nobody).encode()
        if not hmac.compare_digest(self._hash(_bytes(password), expected), expected):
            raise Unauthorized
        if stored_hash is None:
            raise Unauthorized

    def _salt(self) -> bytes:
        salt = "".join(secrets.choice(_ALPHABET) for _ in range(21))
        # of the last character only two bits count: 128 bits are 21 characters and these two
        last = secrets.choice(".Oeu")
        return f"$2b${self._rounds:02}${salt}{last}".encode()


def _bytes(password: str) -> bytes:
    return password.encode()[:LONGEST_BYTES].replace(b"\0", b"")


def _implementation() -> Hash:
    try:
        hashpw = importlib.import_module("bcrypt").hashpw
    except ImportError:
        return _libcrypt()

    def hashed(password: bytes, salt: bytes) -> bytes:
        try:
            return bytes(hashpw(password, salt))
        except ValueError:  # what is kept is no hash of bcrypt
            return _no_hash()

    return hashed


def _no_hash() -> bytes:
    """Return what no hash equals."""
    return os.urandom(16)


def _libcrypt() -> Hash:
    """Return the hash of the system's libcrypt, which is safe across threads."""
    try:
        crypt = ctypes.CDLL("libcrypt.so.1").crypt_r
    except (OSError, AttributeError) as problem:
        raise UnsupportedError(
            "nothing here computes bcrypt", remedy="install it: pip install bcrypt"
        ) from problem
    crypt.restype = ctypes.c_char_p
    crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]

    def hashed(password: bytes, salt: bytes) -> bytes:
        state = ctypes.create_string_buffer(_CRYPT_STATE_BYTES)
        result = crypt(password, salt, state)
        if result is None or not result.startswith(b"$2b$"):
            return _no_hash()
        return bytes(result)

    if not hashed(b"", b"$2b$04$" + b"." * 22).startswith(b"$2b$"):
        raise UnsupportedError(
            "this libcrypt has no bcrypt", remedy="install it: pip install bcrypt"
        )
    return hashed


__all__ = ["LONGEST_BYTES", "BcryptPasswords"]
