"""Build texts and nested documents of an exact number of bytes.

In: how many bytes DynamoDB shall bill, random numbers, and how well gzip shall do. Out: strings,
maps and lists. It does not know which attribute they are for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

from tablewright.capacity.limits import CONTAINER_BYTES, ELEMENT_BYTES
from tablewright.sample.contents import (
    CHOICES,
    LONGEST_BEGINNING,
    SENTENCES,
    SEVERAL,
    SHORTEST_BEGINNING,
    texts,
)
from tablewright.sample.pools import starts_of_sentences, token_text, words_text
from tablewright.sample.words import last_words

SMALLEST_MAP = CONTAINER_BYTES + ELEMENT_BYTES + 1
"""A map with one field of one letter that holds an empty text."""

_FINE = CHOICES * CHOICES
"""Texts that a number is told apart by."""

_TOKEN_RATIO = 0.765
"""Bytes after gzip over bytes before, for random letters and digits: six bits in eight, and the
coding itself."""

_GOLDEN = 0.6180339887498949

_PHRASE = "the same words again and again, as forms and templates have them; "
_FIELD_NAMES = (
    "title", "detail", "note", "place", "state", "source", "remark", "label",
)  # fmt: skip
_GROUP_NAMES = (
    "address", "customer", "metadata", "history", "settings", "delivery", "totals", "session",
)  # fmt: skip


def text(length: int, rng: Random, ratio: float | None = None) -> str:
    """Return a text of this many bytes; with `ratio` gzip brings it to about that share."""
    if ratio is not None:
        return _mixed_text(length, rng, ratio)
    return written(length, rng.random())


def written(length: int, point: float, content: str = SENTENCES, country: str = "") -> str:
    """Return the text of this many bytes that a number from 0 to 1 stands for.

    Of more than a few words only the beginning says something. The rest are sentences of any
    words, so that compression finds no more in it than in what people write.

    Example:
        >>> [len(written(length, 0.5)) for length in (1, 9, 30, 300, 5000)]
        [1, 9, 30, 300, 5000]
    """
    return writer(length, content, country)(length, point)


def writer(
    longest: int, content: str = SENTENCES, country: str = ""
) -> Callable[[int, float], str]:
    """Return the function that writes texts of up to so many bytes: see `written`."""
    pool, starts = words_text(longest), starts_of_sentences(longest)

    def write(length: int, point: float) -> str:
        place = int(point * _FINE)
        if content != SENTENCES or length < SEVERAL:
            return texts(content, length, country)[place % CHOICES]
        head = min(LONGEST_BEGINNING, max(SHORTEST_BEGINNING, length // 4))
        start = starts[place % len(starts)]
        stop = start + length - head - 1
        last = pool.rfind(" ", start, stop - 3) + 1
        beginning = texts(SENTENCES, head)[place % CHOICES]
        return f"{beginning} {pool[start:last]}{last_words(stop - last)}"

    return write


def _any_words(length: int, point: float) -> str:
    """Return sentences of any words, of which gzip leaves as much as of a text nobody repeats."""
    place = int(point * _FINE)
    if length < SEVERAL // 2:
        return texts(SENTENCES, length)[place % CHOICES]
    pool, starts = _sentences_of(length)
    start = starts[place % len(starts)]
    last = pool.rfind(" ", start, start + length - 3) + 1
    return pool[start:last] + last_words(start + length - last)


@lru_cache(maxsize=4096)
def _sentences_of(length: int) -> tuple[str, tuple[int, ...]]:
    """Return the text that pieces of this length are cut from, and where its sentences begin."""
    return words_text(length), starts_of_sentences(length)


def _mixed_text(length: int, rng: Random, ratio: float) -> str:
    """Mix random characters, which gzip cannot shrink much, with a phrase it removes nearly."""
    pool = token_text(length)
    return _mix(length, pool, int(rng.random() * (len(pool) - length)), ratio)


def _mix(length: int, pool: str, at: int, ratio: float) -> str:
    dense = min(length, int(length * ratio / _TOKEN_RATIO + 0.5))
    return pool[at : at + dense] + _filler(length - dense)


@lru_cache(maxsize=4096)
def _filler(length: int) -> str:
    return (_PHRASE * (length // len(_PHRASE) + 1))[:length]


def document(size: int, rng: Random, ratio: float | None = None) -> dict[str, Any]:
    """Return a nested map that DynamoDB bills at `size` bytes.

    A map has at least three bytes, one with a field at least five: four become five.

    Example:
        >>> from tablewright.sample.wire import plain_bytes
        >>> [plain_bytes(document(n, Random(1))) for n in (3, 5, 100, 1000, 38 * 1024)]
        [3, 5, 100, 1000, 38912]
    """
    plan = _plan(max(size, CONTAINER_BYTES))
    point = rng.random()
    pool = "" if ratio is None else token_text(size)
    position = int(point * (len(pool) - size))

    def cut(start: int, length: int) -> str:
        if ratio is None:
            return _any_words(length, (point + start * _GOLDEN) % 1)
        return _mix(length, pool, start, ratio)

    document: dict[str, Any] = {}
    for group, leaves in plan:
        if isinstance(leaves, tuple):
            inner: dict[str, str] = {}
            for name, length in leaves:
                inner[name] = cut(position, length)
                position += length
            document[group] = inner
        else:
            document[group] = cut(position, leaves)
            position += leaves
    return document


Leaves = tuple[tuple[str, int], ...]


@lru_cache(maxsize=4096)
def _plan(size: int) -> tuple[tuple[str, Leaves | int], ...]:
    """Return the fields of a document of this size: texts by length, or groups of texts."""
    room = size - CONTAINER_BYTES
    if room <= 0:
        return ()
    if room < 400:
        return tuple(_texts(room, 48))
    fields: list[tuple[str, Leaves | int]] = []
    share = max(400, room // 8)
    number = 0
    while room >= share + 200:
        name = _name(_GROUP_NAMES, number)
        inner = share - len(name) - ELEMENT_BYTES - CONTAINER_BYTES
        fields.append((name, tuple(_texts(inner, max(48, inner // 6)))))
        room -= share
        number += 1
    fields.extend(_texts(room, max(100, room // 3)))
    return tuple(fields)


def _texts(room: int, each: int) -> list[tuple[str, int]]:
    """Return names and lengths of texts that fill this room together with their names."""
    fields: list[tuple[str, int]] = []
    while True:
        name = _name(_FIELD_NAMES, len(fields))
        cost = len(name) + ELEMENT_BYTES
        if room < cost + each + 20:
            break
        fields.append((name, each))
        room -= cost + each
    if room < len(name) + ELEMENT_BYTES:
        name = name[: max(1, room - ELEMENT_BYTES)]
    fields.append((name, max(0, room - len(name) - ELEMENT_BYTES)))
    return fields


def _name(names: tuple[str, ...], number: int) -> str:
    turn, position = divmod(number, len(names))
    return names[position] if not turn else f"{names[position]}{turn + 1}"


def elements(size: int, rng: Random, ratio: float | None = None) -> list[Any]:
    """Return a list of documents that DynamoDB bills at `size` bytes.

    Example:
        >>> from tablewright.sample.wire import plain_bytes
        >>> [plain_bytes(elements(n, Random(1))) for n in (3, 7, 500, 4096)]
        [3, 7, 500, 4096]
    """
    room = max(size, CONTAINER_BYTES) - CONTAINER_BYTES
    if room == 0:
        return []
    if room < ELEMENT_BYTES + SMALLEST_MAP:
        return [text(room - ELEMENT_BYTES, rng, ratio)]
    count = max(1, room // 300)
    share = room // count
    elements: list[Any] = [document(share - ELEMENT_BYTES, rng, ratio) for _ in range(count - 1)]
    elements.append(document(room - share * (count - 1) - ELEMENT_BYTES, rng, ratio))
    return elements
