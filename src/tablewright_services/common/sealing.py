"""Short secrets that have to be shown again, encrypted and bound to what they belong to.

In: a text, a key, what it is about. Out: text to store, and the way back. The cipher is what the
standard library offers: HMAC-SHA256 in counter mode as the key stream, then HMAC-SHA256 over all of
it (encrypt, then authenticate), with a key of its own for each. A value that was changed, or copied
to where it does not belong, is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Sequence

VERSION = "1"
NONCE_BYTES, TAG_BYTES = 12, 16


class Unreadable(Exception):
    """A sealed text was changed, belongs elsewhere, or was sealed with another key."""


def sealed(text: str, key: bytes, about: str) -> str:
    """Return a text encrypted; four characters become 44.

    Args:
        text: the secret.
        key: 32 random characters or more.
        about: what it belongs to, such as the id of a device; needed to open it.
    """
    nonce = os.urandom(NONCE_BYTES)
    box = nonce + _streamed(text.encode(), key, nonce)
    return VERSION + base64.urlsafe_b64encode(box + _tag(box, key, about)).decode().rstrip("=")


def opened(seal: str, keys: Sequence[bytes], about: str) -> str:
    """Return the text of a seal made with one of several keys.

    Raises:
        Unreadable: it was made with none of them, was changed, or belongs elsewhere.
    """
    try:
        content = seal[len(VERSION) :]
        packed = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))
    except (binascii.Error, ValueError) as problem:
        raise Unreadable from problem
    box, tag = packed[:-TAG_BYTES], packed[-TAG_BYTES:]
    if not seal.startswith(VERSION) or len(box) < NONCE_BYTES:
        raise Unreadable
    for key in keys:
        if hmac.compare_digest(tag, _tag(box, key, about)):
            nonce = box[:NONCE_BYTES]
            return _streamed(box[NONCE_BYTES:], key, nonce).decode()
    raise Unreadable


def _streamed(content: bytes, key: bytes, nonce: bytes) -> bytes:
    stream_key = hmac.digest(key, b"tablewright sealing: encryption", "sha256")
    stream = b""
    while len(stream) < len(content):
        counter = (len(stream) // 32).to_bytes(4, "big")
        stream += hmac.digest(stream_key, nonce + counter, "sha256")
    return bytes(a ^ b for a, b in zip(content, stream, strict=False))


def _tag(box: bytes, key: bytes, about: str) -> bytes:
    tag_key = hmac.digest(key, b"tablewright sealing: authentication", "sha256")
    named = about.encode()
    return hmac.digest(tag_key, len(named).to_bytes(4, "big") + named + box, "sha256")[:TAG_BYTES]


__all__ = ["Unreadable", "opened", "sealed"]
