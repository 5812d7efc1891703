"""Words of every length, and how a text is cut so that it ends with a whole one.

Everything here is fixed: no seed reaches it. Texts are ASCII, so that characters are bytes.
"""

from __future__ import annotations

from functools import cache
from random import Random

from tablewright.core.data import read_text

_SHORT = {1: ("a",), 2: ("it", "so", "us", "up")}
_LONGEST = 9


@cache
def entries(name: str) -> tuple[str, ...]:
    """Return one of the packaged lists: words, first-names, last-names."""
    return tuple(read_text("tablewright.sample", f"data/{name}.txt").split())


@cache
def by_length() -> dict[int, tuple[str, ...]]:
    """Return words by their length, one to nine letters."""
    words = {size: tuple(w for w in entries("words") if len(w) == size) for size in range(3, 10)}
    return words | _SHORT


def word_of(length: int, rng: Random) -> str:
    """Return a word of this length, up to nine letters."""
    return rng.choice(by_length()[max(1, min(length, _LONGEST))])


def _pick(length: int, number: int) -> str:
    same = by_length()[length]
    return same[number % len(same)]


@cache
def last_words(length: int) -> str:
    """Return what ends a sentence in this many bytes, at least two.

    Example:
        >>> [len(last_words(length)) for length in (2, 9, 30)]
        [2, 9, 30]
    """
    return _fill(length - 1, length) + "."


def _fill(size: int, seed: int) -> str:
    """Return words of this many letters and blanks."""
    words = ""
    while size > _LONGEST + 3:
        words += _pick(6, seed + size) + " "
        size -= 7
    if size > _LONGEST:
        words += _pick(4, seed) + " "
        size -= 5
    return words + _pick(size, seed)


def whole(text: str, length: int, end: str = ".") -> str:
    """Return a text cut to a length so that its last word is whole, another in place of a part.

    Example:
        >>> whole("Please ring twice at the side gate.", 26)[:21], len(whole("One two three", 9))
        ('Please ring twice at ', 9)
    """
    if len(text) == length:
        return text
    if length < 4:
        return by_length()[max(length, 1)][0].capitalize()[:length]
    if text[length : length + 1] in (" ", "") and len(text) >= length and not end:
        return text[:length].rstrip(" ,.").ljust(length, "s")
    room = text[:length].ljust(length)
    start = room.rfind(" ", 0, length - 2 - len(end))
    size = length - start - 1 - len(end)
    last = _fill(size, sum(map(ord, room[-6:])))
    if start < 1 or room[start - 1] == ".":
        last = last.capitalize()
    return room[: start + 1] + last + end
