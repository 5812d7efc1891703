"""Watch values go by and remember what they are like, never what they are.

In: plain values (text, number, bool, bytes, list, dict, set, None). Out: for each attribute its
types, forms, sizes, presence, distinct values and, of words that are codes, how frequent each is.
Memory does not grow with the number of items.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tablewright.sample.wire import plain_bytes
from tablewright.sources.inference.forms import TEXT, form_of, is_code
from tablewright.sources.inference.sketch import Moments, Sketch, hashed

MOST_CODES = 40
"""Different words after which an attribute is no enum."""
LONGEST_HASHED = 256
FULLY_PROFILED = 4_000
"""Items of a kind that are all looked at closely."""
THINNED = 16
"""After that one in so many is, and counts for as many."""
MOST_ATTRIBUTES = 400
"""Attributes of a kind; a map with more is keyed by data."""
MOST_ELEMENTS = 50
"""Elements of one list that are looked at."""


class AttributeProfile:
    """What the values of one attribute are like."""

    __slots__ = (
        "codes", "elements", "entries", "forms", "geo", "high", "inner", "low", "nulls",
        "packed_bytes", "packed_forms", "places", "present", "profiled", "sizes", "sketch",
        "types",
    )  # fmt: skip

    def __init__(self) -> None:
        self.present = 0
        self.nulls = 0
        self.profiled = 0
        self.types: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        self.sizes = Moments()
        self.sketch = Sketch()
        self.codes: Counter[str] | None = Counter()
        self.low: Decimal | None = None
        self.high: Decimal | None = None
        self.places = 0
        self.geo = 0
        self.elements = Moments()
        """Lengths of lists."""
        self.inner: KindProfile | None = None
        """Of lists of maps: what the elements are like."""
        self.entries: AttributeProfile | None = None
        """Of lists and sets of plain values: what these are like."""
        self.packed_bytes = [0, 0]
        """Of gzip: bytes after and before, where the whole value could be unpacked."""
        self.packed_forms: Counter[str] = Counter()

    def merge(self, more: AttributeProfile) -> None:
        """Note all that another profile has seen."""
        self.present += more.present
        self.nulls += more.nulls
        self.profiled += more.profiled
        self.types.update(more.types)
        self.forms.update(more.forms)
        self.sizes.merge(more.sizes)
        self.sketch.merge(more.sketch)
        self._merge_codes(more.codes)
        self.low = _extreme(min, self.low, more.low)
        self.high = _extreme(max, self.high, more.high)
        self.places = max(self.places, more.places)
        self.geo += more.geo
        self.elements.merge(more.elements)
        self.packed_bytes = [
            a + b for a, b in zip(self.packed_bytes, more.packed_bytes, strict=True)
        ]
        self.packed_forms.update(more.packed_forms)
        if more.inner is not None:
            if self.inner is None:
                self.inner = KindProfile(())
            self.inner.merge(more.inner)
        if more.entries is not None:
            if self.entries is None:
                self.entries = AttributeProfile()
            self.entries.merge(more.entries)

    def _merge_codes(self, codes: Counter[str] | None) -> None:
        if self.codes is None or codes is None:
            self.codes = None
            return
        self.codes.update(codes)
        if len(self.codes) > MOST_CODES:
            self.codes = None

    def see(self, value: Any, weight: int) -> None:
        """Note a value.

        Args:
            value: the value.
            weight: how many values it stands for in shares and sizes; of 0 only its presence and
                its hash count.
        """
        if value is None:
            self.nulls += 1
            return
        self.present += 1
        kind = type(value)
        if kind is str:
            if len(value) <= LONGEST_HASHED:
                code = hashed(value)
                if code < self.sketch.limit:
                    self.sketch.add(code)
        elif kind is int or kind is Decimal:
            self.sketch.add(hashed(str(value)))
        if weight:
            self.profiled += weight
            self._look(value, kind, weight)

    def _look(self, value: Any, kind: type, weight: int) -> None:
        if kind is str:
            self._text(value, weight)
        elif kind is bool:
            self.types["bool"] += weight
            self._count_code("true" if value else "false", weight)
            self.sizes.add(1, weight)
        elif kind is int or kind is Decimal:
            self._number(value, weight)
        elif kind is bytes:
            self.types["binary"] += weight
            self.sizes.add(len(value), weight)
            if value[:2] == b"\x1f\x8b":
                self._gzip(value, weight)
        elif isinstance(value, datetime | date):
            self._text(value.isoformat(), weight)
        elif isinstance(value, Mapping):
            self._map(value, weight)
        elif kind is set or kind is frozenset:
            self._collection("set", value, weight)
        elif kind is list or kind is tuple:
            self._collection("list", value, weight)
        else:
            self.types["other"] += weight

    def _text(self, value: str, weight: int) -> None:
        self.types["text"] += weight
        self.sizes.add(len(value.encode("utf-8", "replace")), weight)
        self.forms[form_of(value)] += weight
        self._count_code(value if is_code(value) else None, weight)

    def _number(self, value: int | Decimal, weight: int) -> None:
        self.types["number"] += weight
        number = Decimal(value)
        self.low = number if self.low is None else min(self.low, number)
        self.high = number if self.high is None else max(self.high, number)
        exponent = number.normalize().as_tuple().exponent if number else 0
        if isinstance(exponent, int) and exponent < 0:
            self.places = max(self.places, -exponent)
        self.sizes.add(plain_bytes(value), weight)

    def _map(self, value: Mapping[str, Any], weight: int) -> None:
        self.types["map"] += weight
        self.sizes.add(_bytes(value), weight)
        if is_point(value):
            self.geo += weight

    def _collection(self, name: str, value: Any, weight: int) -> None:
        self.types[name] += weight
        self.sizes.add(_bytes(value), weight)
        self.elements.add(len(value), weight)
        members = sorted(value, key=str) if name == "set" else value
        for member in list(members)[:MOST_ELEMENTS]:
            if isinstance(member, Mapping):
                if self.inner is None:
                    self.inner = KindProfile(())
                self.inner.see(member, weight)
            else:
                if self.entries is None:
                    self.entries = AttributeProfile()
                self.entries.see(member, weight)

    def _count_code(self, code: str | None, weight: int) -> None:
        if self.codes is None:
            return
        if code is None:
            self.codes = None
            return
        self.codes[code] += weight
        if len(self.codes) > MOST_CODES:
            self.codes = None

    def _gzip(self, value: bytes, weight: int) -> None:
        stream = zlib.decompressobj(wbits=31)
        try:
            text = stream.decompress(value, 1 << 20)
        except zlib.error:
            return
        self.types["gzip"] += weight
        if stream.eof:
            self.packed_bytes[0] += len(value)
            self.packed_bytes[1] += len(text)
        start = text[:1]
        self.packed_forms["map" if start == b"{" else "list" if start == b"[" else TEXT] += weight


def _is_picked(number: int) -> bool:
    """Whether the item of this number is one of the sixteenth that is looked at.

    Scattered, not every 16th: stored data has periods of its own.
    """
    mixed = (number * 0x9E3779B1) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 0x85EBCA77) & 0xFFFFFFFF
    return mixed >> 28 == 0


def _extreme(
    pick: Callable[[Decimal, Decimal], Decimal], first: Decimal | None, second: Decimal | None
) -> Decimal | None:
    if first is None or second is None:
        return first if second is None else second
    return pick(first, second)


def _bytes(value: Any) -> int:
    try:
        return plain_bytes(value if isinstance(value, set | list | dict) else _plain(value))
    except TypeError:
        return plain_bytes(_plain(value))


def _plain(value: Any) -> Any:
    """Return a value with only the types that have a size: dates as text, others by their text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return {_plain(inner) for inner in value}
    if value is None or type(value) in (str, int, bool, bytes, Decimal):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def is_point(value: Mapping[str, Any]) -> bool:
    """Whether a map is a place: latitude and longitude, or a GeoJSON point."""
    names = {str(name).lower() for name in value}
    if {"lat", "lon"} == names or {"lat", "lng"} == names or {"latitude", "longitude"} == names:
        return True
    return names == {"type", "coordinates"} and value.get("type") == "Point"


class KindProfile:
    """What the items of one kind are like: attributes, and how their keys are put together."""

    __slots__ = ("_seen", "attributes", "count", "keys", "labels", "overflow", "sparse")

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        """What tells the kind from others: the constant parts of its keys, a type attribute."""
        self.count = 0
        self._seen = 0
        self.attributes: dict[str, AttributeProfile] = {}
        self.keys: dict[str, KeyProfile] = {}
        self.sparse: dict[str, SparseProfile] = {}
        """Of index keys: beside which values of other attributes they are present."""
        self.overflow = 0
        """Attributes left out because there were too many names."""

    def see(self, item: Mapping[str, Any], weight: int = 1) -> int:
        """Note an item; return for how many items it was looked at, 0 if it was not."""
        self.count += weight
        self._seen += 1
        if self._seen > FULLY_PROFILED:
            weight = weight * THINNED if _is_picked(self._seen) else 0
        attributes = self.attributes
        for name, value in item.items():
            profile = attributes.get(name)
            if profile is None:
                if len(attributes) >= MOST_ATTRIBUTES:
                    self.overflow += 1
                    continue
                profile = attributes[name] = AttributeProfile()
            profile.see(value, weight)
        return weight

    def merge(self, more: KindProfile) -> None:
        """Note all that another profile has seen."""
        self.count += more.count
        self._seen += more._seen
        self.overflow += more.overflow
        for name, profile in more.attributes.items():
            if name not in self.attributes:
                self.attributes[name] = AttributeProfile()
            self.attributes[name].merge(profile)
        for name, key in more.keys.items():
            if name in self.keys:
                self.keys[name].merge(key)
            else:
                self.keys[name] = key
        for name, sparse in more.sparse.items():
            if name in self.sparse:
                self.sparse[name].merge(sparse)
            else:
                self.sparse[name] = sparse

    def presence(self, name: str) -> Decimal:
        """Return the share of the items that have an attribute."""
        profile = self.attributes.get(name)
        if profile is None or not self.count:
            return Decimal(0)
        return min(Decimal(1), Decimal(profile.present) / self.count)


class KeyProfile:
    """How a key attribute is put together, segment by segment."""

    __slots__ = ("fused", "profiled", "segments", "separators")

    def __init__(self) -> None:
        self.profiled = 0
        self.fused: KeyProfile | None = None
        """The same keys taken as parts that run together, where they can be."""
        self.separators: Counter[tuple[str, ...]] = Counter()
        self.segments: list[SegmentProfile] = []

    def merge(self, more: KeyProfile) -> None:
        """Note all that another profile has seen."""
        self.profiled += more.profiled
        self.separators.update(more.separators)
        if more.fused is not None:
            self.fused = self.fused or KeyProfile()
            self.fused.merge(more.fused)
        for place, segment in enumerate(more.segments):
            if place < len(self.segments):
                self.segments[place].merge(segment)
            else:
                self.segments.append(segment)


class SegmentProfile:
    """One segment of a key: constant, equal to an attribute of the same item, or neither."""

    __slots__ = ("forms", "matches", "profiled", "sizes", "sketch", "words")

    def __init__(self) -> None:
        self.profiled = 0
        self.words: Counter[str] | None = Counter()
        self.matches: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        self.sizes = Moments()
        self.sketch = Sketch()

    def merge(self, more: SegmentProfile) -> None:
        """Note all that another profile has seen."""
        self.profiled += more.profiled
        self.matches.update(more.matches)
        self.forms.update(more.forms)
        self.sizes.merge(more.sizes)
        self.sketch.merge(more.sketch)
        if self.words is None or more.words is None:
            self.words = None
        else:
            self.words.update(more.words)
            if len(self.words) > MOST_CODES:
                self.words = None


class SparseProfile:
    """For an index key: how frequent it is beside each code of each other attribute."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, list[int]] | None] = {}

    def see(self, item: Mapping[str, Any], weight: int, *, is_present: bool) -> None:
        """Note an item with or without the key."""
        for name, value in item.items():
            if name in self.counts and self.counts[name] is None:
                continue
            code = code_of(value)
            table = self.counts.setdefault(name, {})
            if code is None or table is None:
                self.counts[name] = None
                continue
            table.setdefault(code, [0, 0])[0 if is_present else 1] += weight
            if len(table) > 12:
                self.counts[name] = None

    def merge(self, more: SparseProfile) -> None:
        """Note all that another profile has seen."""
        for name, table in more.counts.items():
            mine = self.counts.setdefault(name, {})
            if table is None or mine is None:
                self.counts[name] = None
                continue
            for code, (present, absent) in table.items():
                pair = mine.setdefault(code, [0, 0])
                pair[0] += present
                pair[1] += absent


def code_of(value: Any) -> str | None:
    """Return a value that may be a code as text, None for any other."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and is_code(value):
        return value
    return None
