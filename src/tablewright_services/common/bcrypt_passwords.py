"""Passwords as bcrypt; an unknown user takes as long as a wrong password.

bcrypt takes 72 bytes into account. Of a longer password the hash of its digest is kept, so that
every character counts; one that other software kept by its first 72 bytes is still recognised.

The package `bcrypt` hashes where it is installed, else the system's libcrypt, which has the same
function under Linux distributions with libxcrypt (Debian, Ubuntu, Fedora, …).
"""

from __future__ import annotations

import base64
import ctypes
import hmac
import importlib
import os
import secrets
from collections.abc import Callable, Iterator

from tablewright.core.errors import UnsupportedError
from tablewright.serve.callers import Unauthorized

LONGEST_BYTES = 72
"""What bcrypt takes into account of a password."""
_LONG = b"tablewright: a password of more than 72 bytes"
"""Key of the digest, so that what is kept is the hash of no digest that leaked elsewhere."""
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
        return self._hash(_hashed_bytes(password), self._salt()).decode()

    def require(self, password: str, stored_hash: str | None) -> None:
        """Verify a password against what is kept of it; None where there is no such user.

        Raises:
            Unauthorized: it is another, or there is no such user.
        """
        expected = (stored_hash or self._nobody).encode()
        if not any(
            hmac.compare_digest(self._hash(each, expected), expected)
            for each in _verified_bytes(password)
        ):
            raise Unauthorized
        if stored_hash is None:
            raise Unauthorized

    def _salt(self) -> bytes:
        salt = "".join(secrets.choice(_ALPHABET) for _ in range(21))
        # of the last character only two bits count: 128 bits are 21 characters and these two
        last = secrets.choice(".Oeu")
        return f"$2b${self._rounds:02}${salt}{last}".encode()


def _hashed_bytes(password: str) -> bytes:
    """Return what bcrypt is given of a password: all of it, or its digest in 64 characters."""
    content = password.encode().replace(b"\0", b"")
    if len(content) <= LONGEST_BYTES:
        return content
    return base64.b64encode(hmac.new(_LONG, content, "sha384").digest())


def _verified_bytes(password: str) -> Iterator[bytes]:
    """Yield what may have been hashed of a password."""
    yield _hashed_bytes(password)
    content = password.encode().replace(b"\0", b"")
    if len(content) > LONGEST_BYTES:
        yield content[:LONGEST_BYTES]


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
