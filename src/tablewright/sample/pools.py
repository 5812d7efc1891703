"""The raw material of samples: words, names, long texts to cut from.

Everything here is fixed: no seed reaches it. Texts are ASCII, so that characters are bytes.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from random import Random

from tablewright.sample.contents import PERSON, people, texts
from tablewright.sample.words import entries

_POOL_BYTES = 1 << 17


def words_text(longest: int) -> str:
    """Return a text of sentences, at least twice as long as the longest cut that is wanted.

    gzip brings a cut of it to about two fifths.
    """
    return _words_text(_pool_bytes(longest))


def token_text(longest: int) -> str:
    """Return random letters and digits, at least twice as long as the longest cut wanted.

    gzip brings a cut of it to about three quarters.
    """
    return _token_text(_pool_bytes(longest))


def random_bytes(longest: int) -> bytes:
    """Return random bytes, at least twice as many as the longest cut wanted."""
    return _random_bytes(_pool_bytes(longest))


def _pool_bytes(longest: int) -> int:
    return max(_POOL_BYTES, 1 << (2 * longest).bit_length())


@cache
def _words_text(size: int) -> str:
    rng = Random(20251110)
    words = rng.choices(entries("words"), k=_POOL_BYTES // 5)
    lengths = rng.choices(range(6, 15), k=len(words) // 6)
    sentences, start = [], 0
    for length in lengths:
        sentences.append(" ".join(words[start : start + length]).capitalize() + ".")
        start += length
        if start >= len(words):
            break
    return (" ".join(sentences) * (size // _POOL_BYTES + 2))[:size]


@cache
def starts_of_sentences(size: int) -> tuple[int, ...]:
    """Return where sentences begin in that text, apart from its second half."""
    text = words_text(size)
    half = len(text) // 2 + 1  # a full stop may be the last letter of the half
    return tuple(end.end() for end in re.finditer(r"\. ", text[:half]))


@cache
def _token_text(size: int) -> str:
    raw = Random(20251111).randbytes(size * 3 // 4)
    return base64.urlsafe_b64encode(raw).decode().replace("=", "A")


@cache
def _random_bytes(size: int) -> bytes:
    return Random(20251112).randbytes(size)


@cache
def full_names() -> tuple[str, ...]:
    """Return every first name with every last name."""
    return tuple(
        f"{first} {last}" for first in entries("first-names") for last in entries("last-names")
    )


@cache
def stems() -> tuple[str, ...]:
    """Return beginnings of addresses and user names: small letters and dots, none ends in a dot."""
    return tuple(name.lower().replace(" ", ".") for name in full_names())


@cache
def stems_of_length(length: int) -> tuple[str, ...]:
    """Return stems of exactly this many bytes."""
    names = people(length) or texts(PERSON, length)
    return tuple(name.lower().replace(" ", ".") for name in names)
