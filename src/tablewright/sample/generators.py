"""One generator for each kind of attribute: a run of values from random numbers and positions.

In: an attribute and a `Draw` (which instances, which random numbers). Out: one plain value for each
instance. Generators of identities use no random numbers but a permutation of the instance's number:
so they are unique, and any of them can be made alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from tablewright.capacity.limits import ELEMENT_BYTES
from tablewright.model.statistics import pool
from tablewright.model.values import Attribute, Kind, Spread
from tablewright.sample import pools
from tablewright.sample.contents import PERSON, SENTENCES, content_of, countries, texts
from tablewright.sample.documents import document, elements, text, writer
from tablewright.sample.keys import SiblingPlace, weighted_order
from tablewright.sample.lengths import DOMAIN, compressed_ratio, stated_lengths
from tablewright.sample.spreads import draw, evenly, fixed_value
from tablewright.sample.vectors import vectors
from tablewright.sample.wire import plain_bytes

_MULTIPLIER = 0x9E3779B97F4A7C15F39CC0605CEDC835
_ELEMENT_BITS = 16
_DAY_MS = 86_400_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

DEFAULT_COUNTRY = "KE"
"""Of what telephone numbers and places look like where a model names no country."""


@dataclass(slots=True, kw_only=True)
class Draw:
    """A run of instances for which values are wanted."""

    numbers: Sequence[int]
    """The instances, in order."""
    rng: Random
    salt: int
    """A large number of the attribute's own, for permutations."""
    unique: bool
    times: Callable[[], list[int]]
    """When each instance came into being, in milliseconds since 1970."""
    later: Callable[[], list[int]]
    """A time between that and the end of the data, drawn for this attribute."""
    strata: Callable[[], list[SiblingPlace]] | None
    """Of what tells instances apart: place among those that must not share a value."""
    first_day: int
    """The first whole day, since 1970, on which instances came into being."""
    days: int
    """How many days they came into being on."""
    inner: Callable[[Attribute, Sequence[int]], list[Any]]
    """Values of a field or an element for numbered instances."""
    kept_days: Decimal
    """How long an instance is kept; zero where that is for ever."""
    country: str = ""
    """The model's, as two letters."""
    first: int | None = None
    """Of what may be long (texts, tokens, bytes) only so many values; None for all of them."""

    @property
    def n(self) -> int:
        """How many values are wanted."""
        return len(self.numbers)


Generator = Callable[[Attribute, Draw], list[Any]]


def permuted(numbers: Iterable[int], bits: int, salt: int) -> list[int]:
    """Return scattered numbers below two to the power of `bits`, all different.

    Each step (odd multiplication and addition, exclusive or with the upper bits) can be undone, so
    no two instances meet.

    Example:
        >>> len(set(permuted(range(4096), 12, 99)))
        4096
    """
    mask, half = (1 << bits) - 1, bits // 2 + 1
    factor, offset = (salt | 1) & mask, salt >> 5
    scattered = [(number * factor + offset) & mask for number in numbers]
    scattered = [((mixed ^ (mixed >> half)) * _MULTIPLIER) & mask for mixed in scattered]
    return [mixed ^ (mixed >> half) for mixed in scattered]


def permuted_digits(numbers: Iterable[int], digits: int, salt: int) -> list[int]:
    """Return scattered numbers of up to so many decimal digits, all different.

    Example:
        >>> sorted(permuted_digits(range(100), 2, 12345)) == list(range(100))
        True
    """
    top = 10**digits
    factor = salt % top // 10 * 10 + 7  # ends in 7: no common factor with ten
    offset = salt >> 40
    return [(number * factor + offset) % top for number in numbers]


# Identities


def _uuid(attribute: Attribute, d: Draw) -> list[Any]:
    hexes = [f"{number:030x}" for number in permuted(d.numbers, 120, d.salt)]
    return [f"{h[:8]}-{h[8:12]}-4{h[12:15]}-a{h[15:18]}-{h[18:]}" for h in hexes]


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@cache
def _pairs() -> list[str]:
    return [a + b for a in _CROCKFORD for b in _CROCKFORD]


def _ulid(attribute: Attribute, d: Draw) -> list[Any]:
    pairs = _pairs()
    return [
        "".join([pairs[(ms >> shift) & 1023] for shift in (40, 30, 20, 10, 0)])
        + "".join([pairs[(number >> shift) & 1023] for shift in (70, 60, 50, 40, 30, 20, 10, 0)])
        for ms, number in zip(d.times(), permuted(d.numbers, 80, d.salt), strict=True)
    ]


def _hex(attribute: Attribute, d: Draw, length: int) -> list[str]:
    """Return hexadecimal texts, unique as long as their length allows."""
    head = min(length, 30)
    numbers = permuted(d.numbers, 4 * head, d.salt) if head else [0] * d.n
    heads = [f"{number:0{head}x}"[:head] for number in numbers]
    if length <= head:
        return heads
    pool, rest = pools.token_text(length), length - head
    span = len(pool) - rest
    return [
        h + pool[position : position + rest]
        for h, position in zip(heads, [number % span for number in numbers], strict=True)
    ]


def _id(attribute: Attribute, d: Draw) -> list[Any]:
    length = 12 if attribute.bytes is None else fixed_value(attribute.bytes)
    if length is not None:
        return list(_hex(attribute, d, length))
    assert attribute.bytes is not None
    cuts = draw(attribute.bytes, d.rng, d.n)
    longest = max(cuts)
    # The unique part stands at the end, so that a cut keeps it.
    return [
        created[longest - cut :] for created, cut in zip(_tailed(d, longest), cuts, strict=True)
    ]


def _tailed(d: Draw, length: int) -> list[str]:
    tail = min(length, 30)
    numbers = permuted(d.numbers, 4 * tail, d.salt)
    pool, rest = pools.token_text(length), length - tail
    span = len(pool) - rest
    return [
        pool[position : position + rest] + f"{x:0{tail}x}"
        for x in numbers
        for position in (x % span,)
    ]


def _email(attribute: Attribute, d: Draw) -> list[Any]:
    return [f"{local}{DOMAIN}" for local in _locals(attribute, d, len(DOMAIN), ".")]


def _username(attribute: Attribute, d: Draw) -> list[Any]:
    return list(_locals(attribute, d, 0, "_"))


def _locals(attribute: Attribute, d: Draw, taken: int, joint: str) -> list[str]:
    """Return a stem and the instance's number; digits appear nowhere else, so none meet."""
    numbers = d.numbers
    length = None if attribute.bytes is None else fixed_value(attribute.bytes)
    if attribute.bytes is None:
        picks = permuted(d.numbers, 24, d.salt)
        names = pools.stems() if joint == "." else pools.stems_of_length(7)
        count = len(names)
        return [
            f"{names[pick % count]}{joint}{number}"
            for pick, number in zip(picks, numbers, strict=True)
        ]
    lengths = [length] * d.n if length is not None else draw(attribute.bytes, d.rng, d.n)
    picks = permuted(d.numbers, 24, d.salt)
    return [
        _local(pick, number, max(0, (size or 0) - taken))
        for pick, number, size in zip(picks, numbers, lengths, strict=True)
    ]


def _local(pick: int, number: int, room: int) -> str:
    digits = str(number)
    if room < 8 or len(digits) > room:  # by the room, so that both forms never meet
        return _short_number(number, room)
    names = pools.stems_of_length(room - len(digits))
    return names[pick % len(names)] + digits


def _short_number(number: int, room: int) -> str:
    """Return a number in letters and digits where decimal digits do not fit."""
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    out = ""
    for _ in range(room):
        number, position = divmod(number, 36)
        out = alphabet[position] + out
    return out


def _phone(attribute: Attribute, d: Draw) -> list[Any]:
    length = 12 if attribute.bytes is None else round(attribute.bytes.mean)
    dial = str(countries()[d.country or DEFAULT_COUNTRY]["dial"])
    digits = max(1, length - len(dial))
    prefix = dial[: max(0, length - digits)]
    return [f"{prefix}{x:0{digits}d}" for x in permuted_digits(d.numbers, digits, d.salt)]


def _digits(attribute: Attribute, d: Draw) -> list[Any]:
    length = 6 if attribute.bytes is None else max(1, round(attribute.bytes.mean))
    if d.unique:
        return [f"{x:0{length}d}" for x in permuted_digits(d.numbers, length, d.salt)]
    top, random = 10**length, d.rng.randrange
    if d.strata is not None:
        places = d.strata()
        digits = permuted_digits([place.position for place in places], length, d.salt)
        starts = permuted([place.group for place in places], 32, d.salt)
        pairs = zip(digits, starts, strict=True)
        return [f"{(digit + start) % top:0{length}d}" for digit, start in pairs]
    return [f"{random(top):0{length}d}" for _ in range(d.n)]


def _token(attribute: Attribute, d: Draw) -> list[Any]:
    if d.unique:
        return _id(attribute, d)
    lengths, random = stated_lengths(attribute, d.rng, d.n, 32), d.rng.random
    pool = pools.token_text(max(lengths))
    span = len(pool) - max(lengths)
    return [
        pool[position : position + length]
        for length in lengths[: d.first]
        for position in (int(random() * span),)
    ]


# Texts


def _name(attribute: Attribute, d: Draw) -> list[Any]:
    choice = d.rng.choice
    about = content_of(attribute.name, attribute.content, PERSON)
    if attribute.bytes is None and about == PERSON:
        names = pools.full_names()
        created = [choice(names) for _ in range(d.n)]
    else:
        lengths = stated_lengths(attribute, d.rng, d.n, 20)
        created = [choice(texts(about, length, d.country)) for length in lengths]
    return list(_made_unique(created, d)) if d.unique else list(created)


def _text(attribute: Attribute, d: Draw) -> list[Any]:
    lengths, ratio = stated_lengths(attribute, d.rng, d.n, 24), compressed_ratio(attribute)
    if ratio is not None:
        created = [text(length, d.rng, ratio) for length in lengths[: d.first]]
    else:
        about = content_of(attribute.name, attribute.content, SENTENCES)
        random, write = d.rng.random, writer(max(lengths), about, d.country)
        created = [write(length, random()) for length in lengths[: d.first]]
    return list(_made_unique(created, d)) if d.unique else list(created)


def _made_unique(drawn: Sequence[str], d: Draw) -> list[str]:
    """Put the instance's number at the front of each text and keep its length."""
    return [
        f"{number} {value}"[: len(value)]
        if len(str(number)) < len(value)
        else _short_number(number, len(value))
        for number, value in zip(d.numbers[: len(drawn)], drawn, strict=True)
    ]


def _url(attribute: Attribute, d: Draw) -> list[Any]:
    lengths = stated_lengths(attribute, d.rng, d.n, 48)
    longest = max(lengths)
    stem = "https://cdn.example.com/files/"
    tail = max(12, longest - len(stem))
    return [
        (stem + created)[: length - 12] + created[-12:] if length >= 12 else created[-length:]
        for created, length in zip(_tailed(d, tail), lengths, strict=True)
    ]


def _enum(attribute: Attribute, d: Draw) -> list[Any]:
    names = [name for name, _ in attribute.values]
    shares = list(accumulate(float(share) for _, share in attribute.values))
    if d.strata is None:
        top = shares[-1] * (1 - 1e-12)
        return [names[bisect_right(shares, point * top)] for point in evenly(d.rng, d.n)]
    # One random offset for the whole group: its points lie evenly apart, so that no value with
    # less than their distance is hit twice.
    places = d.strata()
    if all(place.among <= len(names) for place in places):
        return _in_order(names, [float(share) for _, share in attribute.values], places, d)
    out: list[Any] = []
    last = len(names) - 1
    for position, among, group in places:
        (offset,) = permuted((group,), 32, d.salt)
        point = (position + offset / 2**32) / among * shares[-1]
        out.append(names[min(last, bisect_right(shares, point))])
    return out


def _in_order(
    values: Sequence[str], weights: Sequence[float], places: Sequence[SiblingPlace], d: Draw
) -> list[Any]:
    """Return different values within each group: its own order of all values, by their weights."""
    out: list[Any] = []
    group, order = None, list[int]()
    for place in places:
        if place.group != group:
            group = place.group
            order = weighted_order(weights, Random(d.salt + group))
        out.append(values[order[place.position % len(order)]])
    return out


def _country(attribute: Attribute, d: Draw) -> list[Any]:
    if d.strata is not None:
        countries = pool(Kind.COUNTRY)
        places = [place._replace(position=place.position % len(countries)) for place in d.strata()]
        return _in_order(countries, [1.0] * len(countries), places, d)
    return list(d.rng.choices(pool(Kind.COUNTRY), k=d.n))


# Times


@cache
def _minutes() -> list[str]:
    return [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440)]


@cache
def _seconds() -> list[str]:
    return [f"{second:02d}." for second in range(60)]


@cache
def _milliseconds() -> list[str]:
    return [f"{ms:03d}Z" for ms in range(1000)]


@cache
def day_text(day: int) -> str:
    """Return a day since 1970 as ISO 8601 text.

    Example:
        >>> day_text(20_000)
        '2024-10-04'
    """
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


def iso_text(ms: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 text of 24 characters.

    Example:
        >>> iso_text(1_762_783_200_007)
        '2025-11-10T14:00:00.007Z'
    """
    return iso_texts((ms,))[0]


def iso_texts(moments: Iterable[int]) -> list[str]:
    """Return many moments, in milliseconds since 1970, as ISO 8601 texts."""
    texts, days = [], day_text
    minutes, seconds, milliseconds = _minutes(), _seconds(), _milliseconds()
    for ms in moments:
        second, rest = ms // 1000, ms % 1000
        minute = second // 60
        texts.append(
            days(minute // 1440)
            + minutes[minute % 1440]
            + seconds[second % 60]
            + milliseconds[rest]
        )
    return texts


def _moments(attribute: Attribute, d: Draw) -> list[int]:
    is_key = d.unique or d.strata is not None
    is_origin = is_key or attribute.immutable or attribute.role == "time"
    return d.times() if is_origin else d.later()


def _timestamp(attribute: Attribute, d: Draw) -> list[Any]:
    timestamp = iso_texts(_moments(attribute, d))
    if attribute.bytes is None:
        return list(timestamp)
    length = round(attribute.bytes.mean)
    if length == 20:
        return [value[:19] + "Z" for value in timestamp]
    return [value[:length].ljust(length, "0") for value in timestamp]


def _date(attribute: Attribute, d: Draw) -> list[Any]:
    if d.strata is not None:
        return [
            day_text(d.first_day + place.position * d.days // max(place.among, 1))
            for place in d.strata()
        ]
    return [day_text(ms // _DAY_MS) for ms in _moments(attribute, d)]


def _epoch(attribute: Attribute, d: Draw) -> list[Any]:
    kept_seconds = int(d.kept_days * 86_400)
    if kept_seconds:
        return [ms // 1000 + kept_seconds for ms in d.times()]
    return [ms // 1000 for ms in _moments(attribute, d)]


# Numbers


def _range(attribute: Attribute, low: int, high: int) -> tuple[Decimal, Decimal]:
    bottom = Decimal(low) if attribute.low is None else attribute.low
    top = max(bottom, Decimal(high)) if attribute.high is None else attribute.high
    return bottom, top


def _int(attribute: Attribute, d: Draw) -> list[Any]:
    low, high = (int(end) for end in _range(attribute, 0, 1000))
    span = high - low + 1
    if d.strata is not None:  # numbers of a key count from the lowest
        return [low + place.position % span for place in d.strata()]
    if d.unique:
        return [low + number for number in d.numbers]
    if attribute.skew:
        return [low + rank for rank in zipf(d.rng, d.n, span, float(attribute.skew))]
    random = d.rng.random
    return [low + int(random() * span) for _ in range(d.n)]


def _counter(attribute: Attribute, d: Draw) -> list[Any]:
    if attribute.high is not None:
        return _int(attribute, d)
    low = int(attribute.low or 0)
    mean = Decimal(30)  # what nothing else is said about; it makes three bytes at most
    spread = Spread(mean=low + mean, low=Decimal(low), shape="geometric")
    return list(draw(spread, d.rng, d.n))


def _decimal(attribute: Attribute, d: Draw) -> list[Any]:
    return _decimals(attribute, d, 0, 1000)


def _money(attribute: Attribute, d: Draw) -> list[Any]:
    return _decimals(attribute, d, 1, 1000)


def _decimals(attribute: Attribute, d: Draw, low: int, high: int) -> list[Any]:
    places = attribute.places
    bottom, top = (int(end.scaleb(places)) for end in _range(attribute, low, high))
    span, random = top - bottom + 1, d.rng.random
    if d.strata is not None:
        numbers = [bottom + p.position * span // max(p.among, 1) for p in d.strata()]
    else:
        numbers = [bottom + int(random() * span) for _ in range(d.n)]
    if places == 0:
        return list(numbers)
    return [Decimal(number).scaleb(-places) for number in numbers]


def _bool(attribute: Attribute, d: Draw) -> list[Any]:
    share = 0.5 if attribute.top_share is None else float(attribute.top_share)
    for name, stated in attribute.values:
        if name.lower() in ("true", "yes"):
            share = float(stated)
    return [point < share for point in evenly(d.rng, d.n)]


# Bytes, places, containers


def _binary(attribute: Attribute, d: Draw) -> list[Any]:
    lengths, random = stated_lengths(attribute, d.rng, d.n, 64), d.rng.random
    pool = pools.random_bytes(max(lengths))
    span = len(pool) - max(lengths)
    return [
        pool[position : position + length]
        for length in lengths[: d.first]
        for position in (int(random() * span),)
    ]


def _geo(attribute: Attribute, d: Draw) -> list[Any]:
    """Return points around one city of the country, most of them within 16 km."""
    gauss = d.rng.gauss
    lat, lon = countries()[d.country or DEFAULT_COUNTRY]["place"]
    return [
        {
            "lat": Decimal(round(lat + gauss(0, 7_200))).scaleb(-5),
            "lon": Decimal(round(lon + gauss(0, 7_200))).scaleb(-5),
        }
        for _ in range(d.n)
    ]


def _vector(attribute: Attribute, d: Draw) -> list[Any]:
    return vectors(attribute, d.rng, d.n if d.first is None else min(d.n, d.first))


def _map(attribute: Attribute, d: Draw) -> list[Any]:
    if not attribute.fields:
        lengths, ratio = stated_lengths(attribute, d.rng, d.n, 256), compressed_ratio(attribute)
        return [document(length, d.rng, ratio) for length in lengths[: d.first]]
    names = [field.name for field in attribute.fields]
    columns = [d.inner(field, d.numbers) for field in attribute.fields]
    created = [
        {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values in zip(*columns, strict=True)
    ]
    if attribute.bytes is not None:
        for value, size in zip(created, draw(attribute.bytes, d.rng, d.n), strict=True):
            missing = size - plain_bytes(value) - len("more") - ELEMENT_BYTES
            if missing >= 0:
                value["more"] = text(missing, d.rng, compressed_ratio(attribute))
    return list(created)


def _list(attribute: Attribute, d: Draw) -> list[Any]:
    if attribute.element is None:
        lengths, ratio = stated_lengths(attribute, d.rng, d.n, 256), compressed_ratio(attribute)
        return [elements(length, d.rng, ratio) for length in lengths[: d.first]]
    return _runs(attribute, attribute.element, d, 0)


def _set(attribute: Attribute, d: Draw) -> list[Any]:
    if attribute.element is None:
        return [_set_of_bytes(n, d) for n in stated_lengths(attribute, d.rng, d.n, 32)]
    return [set(run) for run in _runs(attribute, attribute.element, d, 1)]


def _set_of_bytes(size: int, d: Draw) -> set[str]:
    """Return a set of different texts, eight bytes each but for the last."""
    count = max(1, size // 8)
    position = int(d.rng.random() * 2**31)
    created = [
        f"{number:08x}" for number in permuted(range(position, position + count), 32, d.salt)
    ]
    rest = size - 8 * count
    created[-1] = created[-1] + "x" * rest if rest >= 0 else created[-1][:size]
    return set(created)


def _runs(attribute: Attribute, element: Attribute, d: Draw, least: int) -> list[list[Any]]:
    """Return runs of elements, each numbered by its instance and its place."""
    counts = element_counts(attribute, d.rng, d.n, least)
    inner = d.inner(element, element_numbers(d.numbers, counts))
    out, position = [], 0
    for count in counts:
        out.append([value for value in inner[position : position + count] if value is not None])
        position += count
    return out


def element_counts(attribute: Attribute, rng: Random, n: int, least: int = 0) -> list[int]:
    """Return how many elements the list or set of each instance has."""
    if attribute.elements is None:
        return [3] * n
    return [max(least, count) for count in draw(attribute.elements, rng, n)]


def element_numbers(numbers: Sequence[int], counts: Sequence[int]) -> list[int]:
    """Return a number for each element of each instance, no two the same."""
    return [
        (number << _ELEMENT_BITS) + position
        for number, count in zip(numbers, counts, strict=True)
        for position in range(count)
    ]


def sequence(attribute: Attribute, d: Draw) -> list[Any]:
    """Return values that count up from the first one: col-001, col-002 and so on."""
    match = re.search(r"\d+(?=\D*$)", attribute.like)
    assert match is not None
    head, tail = attribute.like[: match.start()], attribute.like[match.end() :]
    first, width = int(match[0]), len(match[0])
    counted = d.numbers if d.strata is None else [place.position for place in d.strata()]
    return [f"{head}{first + number:0{width}d}{tail}" for number in counted]


def inner_sequence(attribute: Attribute, d: Draw) -> list[Any]:
    """Return values that count up in each list, or over the instances for a field of a map."""
    inside = [number & ((1 << _ELEMENT_BITS) - 1) for number in d.numbers]
    return sequence(attribute, replace(d, numbers=inside, strata=None))


def example(attribute: Attribute, d: Draw) -> list[Any]:
    """Return values that the model file lists, all alike often."""
    values = attribute.examples
    if d.strata is not None:
        places = [place._replace(position=place.position % len(values)) for place in d.strata()]
        return _in_order(values, [1.0] * len(values), places, d)
    return [values[int(point * len(values))] for point in evenly(d.rng, d.n)]


def as_operand(value: Any) -> Any:
    """Return a drawn value as an expression calculates with it."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def as_kind(attribute: Attribute, value: Any) -> Any:
    """Return what an expression gave as a value of an attribute; None where it is not known."""
    if value is None or not attribute.kind.is_number:
        return None if value is None else str(value)
    places = attribute.places if attribute.kind in (Kind.DECIMAL, Kind.MONEY) else 0
    number = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return number if places else int(number)


def zipf(rng: Random, n: int, among: int, exponent: float) -> list[int]:
    """Return ranks from 0, popular ones more often: the share of rank r falls as (r+1)^-exponent.

    The inverse of the continuous power law stands in for the sum over all ranks.
    """
    random = rng.random
    if among <= 1:
        return [0] * n
    if exponent <= 0:
        return [int(random() * among) for _ in range(n)]
    if abs(exponent - 1) < 1e-6:
        exponent = 1.000001
    power = 1 - exponent
    span, inverse = (among + 1) ** power - 1, 1 / power
    top = among - 1
    return [min(top, int((span * random() + 1) ** inverse) - 1) for _ in range(n)]


GENERATORS: dict[Kind, Generator] = {
    Kind.UUID: _uuid,
    Kind.ULID: _ulid,
    Kind.ID: _id,
    Kind.EMAIL: _email,
    Kind.USERNAME: _username,
    Kind.PHONE: _phone,
    Kind.NAME: _name,
    Kind.TEXT: _text,
    Kind.URL: _url,
    Kind.TOKEN: _token,
    Kind.DIGITS: _digits,
    Kind.ENUM: _enum,
    Kind.COUNTRY: _country,
    Kind.TIMESTAMP: _timestamp,
    Kind.DATE: _date,
    Kind.EPOCH: _epoch,
    Kind.INT: _int,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.COUNTER: _counter,
    Kind.BOOL: _bool,
    Kind.BINARY: _binary,
    Kind.GEO: _geo,
    Kind.MAP: _map,
    Kind.LIST: _list,
    Kind.SET: _set,
    Kind.VECTOR: _vector,
}
"""Of every kind but `ref`, which is another entity's key."""
