"""What short texts say: names of people, products and companies, addresses, titles, sentences.

In: what a text is about, its exact length in bytes, the country of the model. Out: a fixed list of
texts of that length, to be chosen from. No seed reaches it. Texts are ASCII, so that characters are
bytes. It does not know attributes beyond their names, nor entities.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from tablewright.core.data import read_text, read_yaml
from tablewright.sample.words import entries, whole, word_of

CHOICES = 256
"""Texts of one length."""
SEVERAL = 40
"""Bytes from which only the beginning of a text says something."""
SHORTEST_BEGINNING, LONGEST_BEGINNING = 18, 100
"""Bytes of that beginning, else a quarter of the text."""
_CANDIDATES = 6000
_RARE = 20
_FEW_WORDS = 18

SENTENCES, PERSON = "sentences", "person"

_BY_NAME = (
    (re.compile(r"address$|street", re.IGNORECASE), "address"),
    (re.compile(r"^(city|town)$|_(city|town)$|(City|Town)$"), "town"),
    (re.compile(r"^(title|headline)$|_title$|Title$"), "title"),
    (re.compile(r"company|organi[sz]ation|business_?name|vendor|firm", re.IGNORECASE), "company"),
    (re.compile(r"product_?name", re.IGNORECASE), "product"),
    (re.compile(r"device_?name", re.IGNORECASE), "device"),
    (re.compile(r"user_?agent", re.IGNORECASE), "client"),
)
"""What attributes of these names are about, where the model does not say."""


@cache
def contents() -> tuple[str, ...]:
    """Return what a text can be about: the words of `content` in a model file."""
    return (PERSON, SENTENCES, *_pieces())


def content_of(name: str, stated: str, otherwise: str) -> str:
    """Return what an attribute is about: as stated, or as its name says.

    Example:
        >>> content_of("delivery_address", "", "sentences"), content_of("note", "", "sentences")
        ('address', 'sentences')
    """
    if stated:
        return stated
    return next((content for pattern, content in _BY_NAME if pattern.search(name)), otherwise)


@cache
def countries() -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of each country: dialling code, a place, towns, streets."""
    result: Mapping[str, Mapping[str, Any]] = read_yaml("tablewright.sample", "data/countries.yaml")
    return result


@cache
def texts(content: str, length: int, country: str = "") -> tuple[str, ...]:
    """Return texts of exactly this many bytes.

    Example:
        >>> {len(text) for text in texts("address", 80)}, {len(t) for t in texts("product", 20)}
        ({80}, {20})
    """
    rng = Random(f"{content} {length} {country}")
    if content == PERSON:
        return tuple(_person(length, rng) for _ in range(CHOICES))
    if content == SENTENCES:
        return tuple(_sentences(length, rng) for _ in range(CHOICES))
    by_length = _phrases(content, country)
    return tuple(_fitted(by_length, length, rng) for _ in range(CHOICES))


@cache
def _pieces() -> Mapping[str, Sequence[Sequence[str]]]:
    result: Mapping[str, Sequence[Sequence[str]]] = read_yaml(
        "tablewright.sample", "data/contents.yaml"
    )
    return result


@cache
def _phrases(content: str, country: str) -> Mapping[int, Sequence[str]]:
    """Return phrases about something, by their length."""
    place = countries().get(country) or {
        "towns": [name for every in countries().values() for name in every["towns"]],
        "streets": [name for every in countries().values() for name in every["streets"]],
    }
    rng = Random(f"{content} {country}")
    result: dict[int, list[str]] = {}
    for _ in range(_CANDIDATES):
        phrase = " ".join(str(rng.choice(piece)) for piece in _pieces()[content])
        phrase = phrase.replace("{town}", rng.choice(place["towns"]))
        phrase = phrase.replace("{street}", rng.choice(place["streets"]))
        result.setdefault(len(phrase), []).append(phrase)
    return result


def _fitted(by_length: Mapping[int, Sequence[str]], length: int, rng: Random) -> str:
    """Return a phrase of this length: whole, several one after another, or cut."""
    sizes = [size for size in by_length if len(by_length[size]) > _RARE] or list(by_length)
    shortest, longest = min(by_length), max(by_length)
    made = ""
    while (room := length - len(made)) > longest:
        fitting = [s for s in sizes if room - s - 2 in by_length or room - s - 2 > longest]
        made += rng.choice(by_length[rng.choice(fitting or [min(sizes)])]) + ", "
    if room in by_length:
        return made + rng.choice(by_length[room])
    near = [size for size in by_length if size > room] or [longest]
    if room < shortest and made:
        near = [shortest]
    return whole(made + rng.choice(by_length[rng.choice(near)]), length, end="")


@cache
def _people() -> tuple[Mapping[int, Sequence[str]], Mapping[int, Sequence[str]]]:
    """Return names of people by their length: first and last, and with one more between."""
    two: dict[int, list[str]] = {}
    three: dict[int, list[str]] = {}
    firsts, lasts = entries("first-names"), entries("last-names")
    for place, first in enumerate(firsts):
        for at, last in enumerate(lasts):
            two.setdefault(len(first) + 1 + len(last), []).append(f"{first} {last}")
            middle = firsts[(place + at + 1) % len(firsts)]
            name = f"{first} {middle} {last}"
            three.setdefault(len(name), []).append(name)
    return two, three


@cache
def people(length: int) -> Sequence[str]:
    """Return all names of people that take this many bytes together; there may be none."""
    two, three = _people()
    return (*two.get(length, ()), *three.get(length, ()))


def _person(length: int, rng: Random) -> str:
    two, three = _people()
    if length in two and (len(two[length]) >= CHOICES // 8 or length not in three):
        return rng.choice(two[length])
    if length in three:
        return rng.choice(three[length])
    if length < min(two):
        short = [name for name in entries("first-names") if len(name) == length]
        return rng.choice(short or [name[:length] for name in entries("last-names")])
    lasts: dict[int, list[str]] = {}
    for last in entries("last-names"):
        lasts.setdefault(len(last), []).append(last)
    made = rng.choice(three[rng.choice(sorted(three)[3:8])])
    while (room := length - len(made) - 1) > max(lasts):
        made += " " + rng.choice(lasts[rng.choice([s for s in lasts if room - s - 1 > 3])])
    return (
        f"{made} {rng.choice(lasts[room])}" if room in lasts else made[:length].ljust(length, "a")
    )


@cache
def _lines() -> Mapping[int, Sequence[str]]:
    """Return short sentences by their length."""
    lines: dict[int, list[str]] = {}
    for line in read_text("tablewright.sample", "data/sentences.txt").splitlines():
        lines.setdefault(len(line), []).append(line)
    return lines


def _sentences(length: int, rng: Random) -> str:
    """Return sentences of a note or a description; of little room a few words."""
    if length < _FEW_WORDS:
        made = word_of(min(length, rng.randrange(3, 8)), rng).capitalize()
        while len(made) < length:
            made += " " + word_of(rng.randrange(3, 8), rng)
        return whole(made, length, end="")
    lines = _lines()
    sizes = [size for size, same in lines.items() for _ in same]
    longest, made = max(lines), ""
    while (room := length - len(made)) > longest:
        fitting = [s for s in sizes if room - s - 1 in lines or room - s - 1 > longest]
        made += rng.choice(lines[rng.choice(fitting)]) + " "
    if rng.random() < 0.5 or room not in lines:  # one sentence, or two
        pairs = [s for s in sizes if room - s - 1 in lines]
        if pairs:
            size = rng.choice(pairs)
            return f"{made}{rng.choice(lines[size])} {rng.choice(lines[room - size - 1])}"
    if room in lines:
        return made + rng.choice(lines[room])
    return whole(made + rng.choice(lines[longest]), length)
